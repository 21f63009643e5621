//! `whydown timeline PATH…`: what happened, in order.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::exit::{self, Failure};
use super::inputs::Inputs;
use crate::pipeline;
use crate::report::{self, events};

/// Width where standard output is no terminal and `COLUMNS` is not set.
const DEFAULT_COLUMNS: u16 = 120;

/// Print deploys, traffic, readiness, starts, crashes and failures of each service, in order.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  whydown timeline export.json\n  whydown timeline logs/ --service orders-api --state service.yaml"
)]
pub struct Timeline {
    #[command(flatten)]
    inputs: Inputs,
    /// Form of the timeline
    #[arg(long, value_enum, default_value_t = FormatName::Text)]
    format: FormatName,
    /// Columns of the text form [default: the terminal's, else 120]
    #[arg(long, value_name = "N", env = "WHYDOWN_WIDTH", value_parser = clap::value_parser!(u16).range(60..=400))]
    width: Option<u16>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatName {
    Text,
    Json,
}

impl Timeline {
    /// Reads, orders, prints.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        let report = self.inputs.watched(pipeline::timeline)?;
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let columns = std::env::var("COLUMNS").ok().and_then(|value| value.parse().ok());
        let width = self.width.or(columns).unwrap_or(DEFAULT_COLUMNS).clamp(60, 400);
        let options = report::Options { width, color: std::io::stdout().is_terminal() && !plain, full: true };
        let format = match self.format {
            FormatName::Text => events::Format::Text,
            FormatName::Json => events::Format::Json,
        };
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        events::render(&report, format, options, &mut out)?;
        out.flush()?;
        Ok(ExitCode::from(exit::ANALYSED))
    }
}
