//! What to read: the arguments that every subcommand with inputs shares.

use std::path::PathBuf;

use clap::Args;

use super::exit::Failure;
use super::policy::Policy;
use super::{moment, progress};
use crate::ingest;
use crate::model::Timestamp;
use crate::pipeline::Options;

/// Inputs, which of their entries to read, and descriptions of what runs.
#[derive(Debug, Args)]
pub struct Inputs {
    #[command(flatten)]
    reading: Reading,
    /// A service or revision description (`gcloud run services describe …`); may be repeated
    #[arg(long = "state", value_name = "FILE")]
    state: Vec<PathBuf>,
}

/// Inputs, and which of their entries to read.
#[derive(Debug, Args)]
pub struct Reading {
    /// Log exports: files, folders, or - for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Leave out entries before this time: RFC 3339, or -3h
    #[arg(long, value_parser = moment::parse, allow_hyphen_values = true, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Leave out entries from this time on
    #[arg(long, value_parser = moment::parse, allow_hyphen_values = true, value_name = "TIME")]
    to: Option<Timestamp>,
    /// Read only this service, job, function or container app
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Read only this revision
    #[arg(long, value_name = "NAME")]
    revision: Option<String>,
    /// Read only this project
    #[arg(long, value_name = "ID")]
    project: Option<String>,
    /// Read only this region
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
    /// Stop unpacking one compressed input after this many bytes
    #[arg(long, value_name = "BYTES", default_value_t = ingest::Options::default().max_decompressed_bytes)]
    max_decompressed_bytes: u64,
    /// Worker threads [default: all cores]; the report does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,
    #[command(flatten)]
    policy: Policy,
}

impl Inputs {
    /// The inputs as typed.
    pub fn paths(&self) -> &[PathBuf] {
        &self.reading.paths
    }

    /// Does the work on these inputs, showing how far reading has come.
    ///
    /// # Errors
    /// Those of [`Self::options`] and of the work.
    pub fn watched<T, E>(&self, work: impl FnOnce(&Options) -> Result<T, E>) -> Result<T, Failure>
    where
        Failure: From<E>,
    {
        let options = self.options()?;
        Ok(progress::watched(&options.ingest.progress, || work(&options))?)
    }

    /// The same for the pipeline.
    ///
    /// # Errors
    /// When the user's rules or ignore file cannot be used.
    pub fn options(&self) -> Result<Options, Failure> {
        Ok(Options { state_files: self.state.clone(), ..self.reading.options()? })
    }
}

impl Reading {
    /// The same for the pipeline.
    ///
    /// # Errors
    /// When the user's rules or ignore file cannot be used.
    pub fn options(&self) -> Result<Options, Failure> {
        let filter = ingest::Filter {
            from: self.from,
            to: self.to,
            service: self.service.clone(),
            revision: self.revision.clone(),
            project: self.project.clone(),
            region: self.region.clone(),
        };
        let ingest = ingest::Options {
            threads: self.threads,
            max_decompressed_bytes: self.max_decompressed_bytes,
            filter,
            ..ingest::Options::default()
        };
        let policy = self.policy.read()?;
        Ok(Options { inputs: self.paths.clone(), ingest, policy, ..Options::default() })
    }
}
