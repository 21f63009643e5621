//! `whydown render REPORT.json`: a stored report in another form, without the logs.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::exit::{self, Failure};
use super::output::Output;
use super::rendering::Rendering;
use crate::report::read;

/// Print a stored report in another form.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  whydown render report.json --format html > report.html\n  whydown render report.json --commands > fix.sh\n  \
                        whydown analyze export.json --format json | whydown render - --format markdown"
)]
pub struct Render {
    /// What `whydown analyze --format json` wrote, or - for standard input
    #[arg(value_name = "REPORT")]
    report: PathBuf,
    #[command(flatten)]
    rendering: Rendering,
    #[command(flatten)]
    output: Output,
}

impl Render {
    /// Reads and prints; the bytes are those of an analysis with this form.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        self.output.check()?;
        self.rendering.print(&read::read(&self.report)?, &self.output)?;
        Ok(ExitCode::from(exit::ANALYSED))
    }
}
