//! `whydown canary PATH…`: is the new revision as good as the one that serves?

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::exit::{self, Failure};
use super::inputs::Inputs;
use super::look;
use crate::model::canary::{CanaryReport, CanaryVerdict, Limits};
use crate::pipeline;
use crate::reason::canary::Wanted;
use crate::report::{self, PlainFormat};

/// Width where standard output is no terminal and `COLUMNS` is not set.
const DEFAULT_COLUMNS: u16 = 100;

/// Compare a candidate revision with the one that serves, in the same window.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  whydown canary export.json --service orders-api\n  whydown canary logs/ --baseline api-00041-b7k --candidate api-00042-c4n --fail-on rollback\n\nVerdicts: promote (every gate is passed), inconclusive (not proven well), hold (something is wrong,\nbut not proven to be the candidate's doing), rollback (proven worse than its limits and its baseline)."
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
    /// Largest share of requests that may end in 5xx, in per cent
    #[arg(long, value_name = "PERCENT", default_value_t = 1.0, value_parser = percent)]
    max_error_rate: f64,
    /// Largest 95th percentile of latency, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 500.0, value_parser = milliseconds)]
    max_latency: f64,
    /// Fewest requests of the candidate [default: 3 / max-error-rate, the rule of three]
    #[arg(long, value_name = "N")]
    min_requests: Option<u64>,
    /// Shares of traffic on the way to all of it, in per cent
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "5,20,50,100", value_parser = clap::value_parser!(u32).range(1..=100))]
    stages: Vec<u32>,
    /// Form of the comparison
    #[arg(long, value_enum, default_value_t = FormatName::Text)]
    format: FormatName,
    /// Columns of the text form [default: the terminal's, else 100]
    #[arg(long, value_name = "N", env = "WHYDOWN_WIDTH", value_parser = clap::value_parser!(u16).range(40..=400))]
    width: Option<u16>,
    /// Exit with code 3 when a canary has this verdict or a worse one
    #[arg(long, value_enum, value_name = "VERDICT")]
    fail_on: Option<VerdictName>,
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
        let mut stages = self.stages.clone();
        stages.sort_unstable();
        stages.dedup();
        let limits = Limits {
            error_rate: self.max_error_rate / 100.0,
            latency_p95_ms: self.max_latency,
            min_requests: self.min_requests,
            stages,
        };
        Wanted { baseline: self.baseline.clone(), candidate: self.candidate.clone(), limits }
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

fn percent(text: &str) -> Result<f64, String> {
    let value = text.trim_end_matches('%').trim().parse::<f64>().ok();
    value
        .filter(|value| *value > 0.0 && *value < 100.0)
        .ok_or_else(|| format!("{text:?} is no share: write a number above 0 and below 100, for example 0.5"))
}

fn milliseconds(text: &str) -> Result<f64, String> {
    let value = text.trim_end_matches("ms").trim().parse::<f64>().ok();
    value
        .filter(|value| *value > 0.0 && value.is_finite())
        .ok_or_else(|| format!("{text:?} is no latency: write milliseconds above 0, for example 500"))
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
