//! `whydown cluster --engine spark`: prints a job for an engine that people already run.

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::exit::{self, Failure};

/// The job for Apache Spark; it says itself how to start it.
const SPARK: &str = include_str!("cluster/spark.py");

/// Print a job that scans and merges on a cluster.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  whydown cluster --engine spark > whydown_spark.py\n  whydown cluster --engine spark | less\n\nThen, where Spark is:\n  spark-submit whydown_spark.py --binary ./whydown --output report.md gs://acme-logs/"
)]
pub struct Cluster {
    /// What runs it
    #[arg(long, value_enum)]
    engine: Engine,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Engine {
    Spark,
}

impl Cluster {
    /// Prints the job.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        let job = match self.engine {
            Engine::Spark => SPARK,
        };
        std::io::stdout().lock().write_all(job.as_bytes())?;
        Ok(ExitCode::from(exit::ANALYSED))
    }
}
