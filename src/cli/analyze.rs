//! `whydown analyze PATH…`: the main job.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::exit::{self, Failure};
use super::inputs::Inputs;
use crate::model::Verdict;
use crate::model::report::Report;
use crate::pipeline;
use crate::report::{self, Format};

/// Width where standard output is no terminal and `COLUMNS` is not set.
const DEFAULT_COLUMNS: u16 = 100;

/// Find the root causes in log exports.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  whydown analyze export.json\n  whydown analyze logs/ --state service.yaml --format json"
)]
pub struct Analyze {
    #[command(flatten)]
    inputs: Inputs,
    #[command(flatten)]
    printing: Printing,
}

/// How a report is printed and judged; every subcommand that makes one has these.
#[derive(Debug, Args)]
pub struct Printing {
    /// Form of the report
    #[arg(long, value_enum, default_value_t = FormatName::Text)]
    format: FormatName,
    /// Show every cluster, every piece of evidence and every action
    #[arg(long)]
    full: bool,
    /// Columns of the text report [default: the terminal's, else 100]
    #[arg(long, value_name = "N", env = "WHYDOWN_WIDTH", value_parser = clap::value_parser!(u16).range(40..=400))]
    width: Option<u16>,
    /// When to colour the text report
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    color: Color,
    /// Exit with code 3 when a finding has this verdict or a stronger one
    #[arg(long, value_enum, value_name = "VERDICT")]
    fail_on: Option<VerdictName>,
    /// Exit with code 5 when the export is too incomplete to judge
    #[arg(long)]
    strict: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatName {
    Text,
    Markdown,
    Json,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum VerdictName {
    Inconclusive,
    Possible,
    Likely,
    Confirmed,
}

impl Analyze {
    /// Reads, reasons, prints.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        self.printing.print(&self.inputs.watched(pipeline::analyze)?)
    }
}

impl Printing {
    /// Prints a report; the exit code says what was found.
    pub fn print(&self, report: &Report) -> Result<ExitCode, Failure> {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        report::render(report, self.format.into(), &self.rendering(), &mut out)?;
        out.flush()?;
        Ok(ExitCode::from(self.exit_code(report)))
    }

    fn rendering(&self) -> report::Options {
        let terminal = std::io::stdout().is_terminal();
        let color = match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        };
        let columns = std::env::var("COLUMNS").ok().and_then(|value| value.parse().ok());
        let width = self.width.or(columns).unwrap_or(DEFAULT_COLUMNS).clamp(40, 400);
        report::Options { width, color, full: self.full }
    }

    fn exit_code(&self, report: &Report) -> u8 {
        let strongest = report.findings.iter().map(|finding| finding.verdict).max();
        if let (Some(limit), Some(strongest)) = (self.fail_on, strongest)
            && strongest >= limit.into()
        {
            return exit::FINDINGS;
        }
        let incomplete = report.export.notices.iter().any(|notice| {
            matches!(
                notice.code.as_str(),
                "export-cut-by-limit" | "capped-per-severity" | "severity-filtered" | "missing-application-output"
            )
        });
        if self.strict && incomplete && strongest.is_none_or(|verdict| verdict < Verdict::Likely) {
            return exit::INCOMPLETE;
        }
        exit::ANALYSED
    }
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Text => Self::Text,
            FormatName::Markdown => Self::Markdown,
            FormatName::Json => Self::Json,
        }
    }
}

impl From<VerdictName> for Verdict {
    fn from(name: VerdictName) -> Self {
        match name {
            VerdictName::Inconclusive => Self::Inconclusive,
            VerdictName::Possible => Self::Possible,
            VerdictName::Likely => Self::Likely,
            VerdictName::Confirmed => Self::Confirmed,
        }
    }
}
