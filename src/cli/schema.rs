//! `whydown schema`: what `--format json` looks like, for programs that read it.

use std::process::ExitCode;

use super::exit::{self, Failure};
use crate::report;

/// Shown under the help.
pub const EXAMPLE: &str = "Examples:\n  whydown schema > whydown-report.schema.json\n  whydown schema | less";

/// Prints the schema.
pub fn run() -> Result<ExitCode, Failure> {
    report::schema::write(&mut std::io::stdout().lock())?;
    Ok(ExitCode::from(exit::ANALYSED))
}
