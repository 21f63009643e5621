//! `whydown scan PATH… -o shard.facts`: the half of an analysis that can be done in parts.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::exit::{self, Failure};
use super::inputs::Inputs;
use crate::{pipeline, shard};

/// Read a part of the logs into a Facts file.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  whydown scan logs/10.ndjson.gz -o 10.facts\n  whydown scan logs/11.ndjson.gz -o 11.facts\n  whydown merge 10.facts 11.facts"
)]
pub struct Scan {
    #[command(flatten)]
    inputs: Inputs,
    /// Facts file to write, or - for standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// What the report calls the only input, where it comes through a pipe: its URL
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

impl Scan {
    /// Reads and writes.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        let union = self.inputs.watched(|options| pipeline::scan_part(options, self.name.as_deref()))?;
        shard::save(union, &self.output).map_err(pipeline::Error::from)?;
        Ok(ExitCode::from(exit::ANALYSED))
    }
}
