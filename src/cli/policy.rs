//! What the user decided about the analysis: rules, ignored findings, limits.

use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::Failure;
use super::rule_dirs::RuleDirs;
use super::thresholds::Checks;
use crate::pipeline;
use crate::reason::ignore::Ignore;

/// The ignore file that is read without being named, where there is one.
const IGNORE_FILE: &str = ".whydown-ignore.toml";

/// The arguments of every subcommand that makes a report.
#[derive(Debug, Args)]
pub struct Policy {
    #[command(flatten)]
    rules: RuleDirs,
    /// Findings to suppress, each with reason and expiry [default: .whydown-ignore.toml where there is one]
    #[arg(long, value_name = "FILE")]
    ignore: Option<PathBuf>,
    #[command(flatten)]
    checks: Checks,
}

impl Policy {
    /// The same for the pipeline.
    ///
    /// # Errors
    /// When the user's rules or ignore file cannot be used.
    pub fn read(&self) -> Result<pipeline::Policy, Failure> {
        let rules = self.rules.catalog()?;
        let ignore = match &self.ignore {
            Some(path) => Ignore::read(path)?,
            None if Path::new(IGNORE_FILE).exists() => Ignore::read(Path::new(IGNORE_FILE))?,
            None => Ignore::default(),
        };
        Ok(pipeline::Policy { rules, ignore, thresholds: self.checks.thresholds() })
    }
}
