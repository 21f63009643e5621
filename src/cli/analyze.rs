//! `whydown analyze PATH…`: the main job.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::exit::{self, Failure};
use super::inputs::Inputs;
use super::rendering::Rendering;
use crate::model::Verdict;
use crate::model::report::Report;
use crate::pipeline;

/// Find the root causes in log exports.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  whydown analyze export.json\n  whydown analyze logs/ --state service.yaml --format html > report.html\n  whydown analyze export.json --commands > steps.sh"
)]
pub struct Analyze {
    #[command(flatten)]
    inputs: Inputs,
    #[command(flatten)]
    rendering: Rendering,
    /// Exit with code 3 when a finding has this verdict or a stronger one
    #[arg(long, value_enum, value_name = "VERDICT")]
    fail_on: Option<VerdictName>,
    /// Exit with code 5 when the export is too incomplete to judge
    #[arg(long)]
    strict: bool,
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
        let report = self.inputs.watched(pipeline::analyze)?;
        self.rendering.print(&report)?;
        Ok(ExitCode::from(self.exit_code(&report)))
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
