//! `whydown patterns PATH…`: which kinds of messages there are, how often and when.

use std::io::{BufWriter, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::exit::{self, Failure};
use super::inputs::Inputs;
use super::look;
use crate::model::patterns::{ChangeKind, Pattern};
use crate::pipeline;
use crate::report::patterns::{self as report, Format};

/// Width where standard output is no terminal and `COLUMNS` is not set.
const DEFAULT_COLUMNS: u16 = 120;

/// Patterns in the text form without `--full`.
const ROWS_MAX: usize = 60;

/// List the kinds of messages in log exports.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  whydown patterns export.json\n  whydown patterns export.json --sort rarity --full\n  whydown patterns --lines --format csv app.log\n\nbits: -log2 of the share, 1 for every second entry, 10 for one in a thousand.\nchange: against entries spread evenly over the covered time, told at p < 0.001."
)]
pub struct Patterns {
    #[command(flatten)]
    inputs: Inputs,
    /// Read plain text, one message a line; with csv, print the template of each line
    #[arg(long)]
    lines: bool,
    /// Form of the list
    #[arg(long, value_enum, default_value_t = FormatName::Text)]
    format: FormatName,
    /// Order of the list
    #[arg(long, value_enum, default_value_t = Order::Count)]
    sort: Order,
    /// Show every pattern in the text form
    #[arg(long)]
    full: bool,
    /// Columns of the text form [default: the terminal's, else 120]
    #[arg(long, value_name = "N", env = "WHYDOWN_WIDTH", value_parser = clap::value_parser!(u16).range(40..=400))]
    width: Option<u16>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatName {
    Text,
    Json,
    Csv,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Order {
    /// The most frequent first
    Count,
    /// The rarest first
    Rarity,
    /// The earliest first
    First,
    /// The least explained by chance first
    Change,
}

impl Patterns {
    /// Reads, mines, prints.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        let mut out = BufWriter::new(std::io::stdout().lock());
        let mut patterns = if self.lines {
            let (found, keys) = pipeline::patterns_of_lines(self.inputs.paths())?;
            if matches!(self.format, FormatName::Csv) {
                let templates = found.templates();
                report::write_lines(&templates, keys.into_iter().map(|key| found.of(key)), &mut out)?;
                out.flush()?;
                return Ok(ExitCode::from(exit::ANALYSED));
            }
            found.describe(Vec::new())
        } else {
            self.inputs.watched(pipeline::patterns)?
        };
        sort(&mut patterns.patterns, self.sort);
        let width = look::width(self.width, DEFAULT_COLUMNS, 40);
        let rows_max = if self.full { usize::MAX } else { ROWS_MAX };
        report::render(&patterns, self.format.into(), report::Options { width, rows_max }, &mut out)?;
        out.flush()?;
        Ok(ExitCode::from(exit::ANALYSED))
    }
}

/// Sorts patterns that stand in order of their count; equal ones stay in that order.
fn sort(patterns: &mut [Pattern], order: Order) {
    match order {
        Order::Count => {}
        Order::Rarity => patterns.sort_by_key(|pattern| pattern.count),
        Order::First => patterns.sort_by_key(|pattern| (pattern.first.is_none(), pattern.first)),
        Order::Change => patterns.sort_by(|a, b| {
            let rank = |pattern: &Pattern| matches!(pattern.change.kind, ChangeKind::Steady | ChangeKind::TooFew);
            rank(a).cmp(&rank(b)).then(a.change.p_value.total_cmp(&b.change.p_value))
        }),
    }
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Text => Self::Text,
            FormatName::Json => Self::Json,
            FormatName::Csv => Self::Csv,
        }
    }
}
