//! `whydown schema`: what `--format json` looks like, for programs that read it.

use std::process::ExitCode;

use clap::Args;

use super::exit::{self, Failure};
use crate::report;

/// Print the JSON schema of the reports.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  whydown schema > whydown-report.schema.json")]
pub struct Schema {}

impl Schema {
    /// Prints the schema.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        report::schema::write(&mut std::io::stdout().lock())?;
        Ok(ExitCode::from(exit::ANALYSED))
    }
}
