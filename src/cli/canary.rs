//! `whydown canary PATH…`: is the new revision as good as the one that serves?

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::exit::{self, Failure};
use super::gates::Gates;
use super::inputs::Inputs;
use super::look;
use crate::model::canary::{CanaryReport, CanaryVerdict};
use crate::pipeline;
use crate::reason::canary::Wanted;
use crate::report::{self, PlainFormat};

/// Width where standard output is no terminal and `COLUMNS` is not set.
const DEFAULT_COLUMNS: u16 = 100;

/// Compare a candidate revision with the one that serves, in the same window.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  whydown canary export.json --service orders-api\n  whydown canary logs/ --baseline api-00041-b7k --candidate api-00042-c4n --fail-on rollback\n\nVerdicts: promote (every gate is passed), inconclusive (not proven well), hold (something is wrong,\nbut not proven to be the candidate's doing), rollback (proven worse than its limits and its baseline).\nGates can be set in whydown.toml, section [canary]; `whydown config show` lists them."
)]
pub struct Canary {
    #[command(flatten)]
    inputs: Inputs,
    /// Revision that serves already [default: the other one of the split]
    #[arg(long, value_name = "REVISION")]
    baseline: Option<String>,
    /// Revision that is tried [default: the newest one of the split]
    #[arg(long, value_name = "REVISION")]
    candidate: Option<String>,
    /// Form of the comparison
    #[arg(long, value_enum, default_value_t = FormatName::Text)]
    format: FormatName,
    /// Columns of the text form [default: the terminal's, else 100]
    #[arg(long, value_name = "N", env = "WHYDOWN_WIDTH", value_parser = clap::value_parser!(u16).range(40..=400))]
    width: Option<u16>,
    /// Exit with code 3 when a canary has this verdict or a worse one
    #[arg(long, value_enum, value_name = "VERDICT")]
    fail_on: Option<VerdictName>,
    // Last, because its heading stands over everything behind it.
    #[command(flatten)]
    gates: Gates,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatName {
    Text,
    Markdown,
    Json,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum VerdictName {
    Inconclusive,
    Hold,
    Rollback,
}

impl Canary {
    /// Reads, compares, prints.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        let report = self.inputs.watched(|options| pipeline::canary(options, &self.wanted()))?;
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        report::canary::render(&report, self.format.into(), self.rendering(), &mut out)?;
        out.flush()?;
        Ok(ExitCode::from(self.exit_code(&report)))
    }

    fn wanted(&self) -> Wanted {
        Wanted { baseline: self.baseline.clone(), candidate: self.candidate.clone(), limits: self.gates.limits() }
    }

    fn rendering(&self) -> report::Options {
        let width = look::width(self.width, DEFAULT_COLUMNS, 40);
        report::Options { width, color: look::has_color(std::io::stdout().is_terminal()), full: false }
    }

    fn exit_code(&self, report: &CanaryReport) -> u8 {
        let limit = match self.fail_on {
            None => return exit::ANALYSED,
            Some(VerdictName::Inconclusive) => CanaryVerdict::Inconclusive,
            Some(VerdictName::Hold) => CanaryVerdict::Hold,
            Some(VerdictName::Rollback) => CanaryVerdict::Rollback,
        };
        if report.canaries.iter().any(|canary| canary.verdict >= limit) { exit::FINDINGS } else { exit::ANALYSED }
    }
}

impl From<FormatName> for PlainFormat {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Text => Self::Text,
            FormatName::Markdown => Self::Markdown,
            FormatName::Json => Self::Json,
        }
    }
}
