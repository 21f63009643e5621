//! `whydown merge SHARD…`: the report over all parts, or a larger part.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::analyze::Printing;
use super::exit::{self, Failure};
use super::output::Output;
use super::policy::Policy;
use crate::classify::redact::Level;
use crate::{pipeline, shard};

/// Join Facts files into the report that one machine would have made.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  whydown merge shards/ --format markdown\n  whydown merge 00.facts 01.facts -o morning.facts\n\nThe report is that of `whydown analyze` over all inputs, for any split, order, nesting and repetition of shards."
)]
pub struct Merge {
    /// Facts files of `whydown scan` or `whydown merge -o`, and folders with .facts files
    #[arg(required = true, value_name = "SHARD")]
    shards: Vec<PathBuf>,
    /// A service or revision description that no shard has; may be repeated
    #[arg(long = "state", value_name = "FILE")]
    state: Vec<PathBuf>,
    /// Write one larger Facts file instead of the report; - for standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    policy: Policy,
    #[command(flatten)]
    printing: Printing,
}

impl Merge {
    /// Joins and prints or writes.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        let policy = self.policy.read()?;
        let union = pipeline::join(&self.shards, &self.state)?;
        let Some(output) = &self.output else {
            // Shards hold no secrets, so nothing less can be kept out of the report.
            let redaction = self.printing.redaction().max(Level::Secrets);
            let scan = pipeline::Scan { redaction, ..pipeline::whole(union)? };
            return self.printing.print(&pipeline::conclude(scan, &policy)?, &Output::default());
        };
        shard::save(union, output).map_err(pipeline::Error::from)?;
        Ok(ExitCode::from(exit::ANALYSED))
    }
}
