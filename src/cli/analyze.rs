//! `whydown analyze PATH…`: the main job.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::exit::{self, Failure};
use super::inputs::Inputs;
use super::output::Output;
use super::rendering::Rendering;
use crate::classify::redact::Level;
use crate::model::Verdict;
use crate::model::report::Report;
use crate::pipeline::{self, Options};

/// Find the root causes in log exports.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  whydown analyze export.json\n  whydown analyze logs/ --state service.yaml --format html > report.html\n  whydown analyze export.json --commands > steps.sh"
)]
pub struct Analyze {
    #[command(flatten)]
    inputs: Inputs,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    output: Output,
}

/// How a report is printed and judged; every subcommand that makes one has these.
#[derive(Debug, Args)]
pub struct Printing {
    #[command(flatten)]
    rendering: Rendering,
    /// What to replace by pseudonyms: nothing; secrets, tokens, keys, passwords and e-mail addresses; or also IP
    /// addresses, query strings and user names
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = RedactName::Secrets)]
    redact: RedactName,
    /// Exit with code 3 when a finding has this verdict or a stronger one
    #[arg(long, value_enum, value_name = "VERDICT", default_value_t = VerdictName::Never)]
    fail_on: VerdictName,
    /// Exit with code 5 when the export is too incomplete to judge; --strict=false beats the settings
    #[arg(
        long, value_name = "BOOL", default_value_t = false, default_missing_value = "true", num_args = 0..=1,
        require_equals = true, action = clap::ArgAction::Set, hide_default_value = true, hide_possible_values = true
    )]
    strict: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum VerdictName {
    Never,
    Inconclusive,
    Possible,
    Likely,
    Confirmed,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RedactName {
    None,
    Secrets,
    Strict,
}

impl From<RedactName> for Level {
    fn from(name: RedactName) -> Self {
        match name {
            RedactName::None => Self::None,
            RedactName::Secrets => Self::Secrets,
            RedactName::Strict => Self::Strict,
        }
    }
}

impl Analyze {
    /// Reads, reasons, prints.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        self.output.check()?;
        let redaction = self.printing.redaction();
        let analyze = |options: &Options| pipeline::analyze(&Options { redaction, ..options.clone() });
        self.printing.print(&self.inputs.watched(analyze)?, &self.output)
    }
}

impl Printing {
    /// What is kept out of the report.
    pub fn redaction(&self) -> Level {
        self.redact.into()
    }

    /// Prints a report; the exit code says what was found.
    pub fn print(&self, report: &Report, output: &Output) -> Result<ExitCode, Failure> {
        self.rendering.print(report, output)?;
        Ok(ExitCode::from(self.exit_code(report)))
    }

    fn exit_code(&self, report: &Report) -> u8 {
        let strongest = report.findings.iter().map(|finding| finding.verdict).max();
        if let (Some(limit), Some(strongest)) = (self.fail_on.verdict(), strongest)
            && strongest >= limit
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

impl VerdictName {
    fn verdict(self) -> Option<Verdict> {
        match self {
            Self::Never => None,
            Self::Inconclusive => Some(Verdict::Inconclusive),
            Self::Possible => Some(Verdict::Possible),
            Self::Likely => Some(Verdict::Likely),
            Self::Confirmed => Some(Verdict::Confirmed),
        }
    }
}
