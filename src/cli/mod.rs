//! The command line: what was typed, what it means, and how it ends.
//!
//! clap stops here; the library takes plain options. One file for each subcommand. Reports go to standard
//! output, messages to standard error.

mod analyze;
mod cluster;
mod collect;
mod exit;
mod inputs;
mod merge;
mod moment;
mod progress;
mod render;
mod rendering;
mod scan;
mod schema;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use exit::Failure;

/// Why was this service down, and what do I type now?
///
/// Reads exported Cloud Logging files of Cloud Run, offline, and prints ranked root causes with evidence
/// and commands. It runs nothing that it prints.
#[derive(Debug, Parser)]
#[command(name = "whydown", version, after_help = EXAMPLES, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Say more on standard error (-v: steps, -vv: details)
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,
}

const EXAMPLES: &str = "\
Examples:
  whydown analyze export.json
  gcloud logging read 'FILTER' --format=json | whydown analyze - --format markdown > ticket.md

Exit codes: 0 analysed; 1 internal error; 2 usage; 3 findings at or above --fail-on;
4 input unreadable or not log data; 5 too incomplete to judge (--strict).";

#[derive(Debug, Subcommand)]
enum Command {
    /// Find the root causes in log exports
    Analyze(analyze::Analyze),
    /// Read a part of the logs into a Facts file, on any machine
    Scan(scan::Scan),
    /// Join Facts files into the report that one machine would have made
    Merge(merge::Merge),
    /// Print a job that scans and merges on a cluster
    Cluster(cluster::Cluster),
    /// Print the commands that export everything an analysis needs
    Collect(collect::Collect),
    /// Print a stored report in another form
    Render(render::Render),
    /// Print the JSON schema of the reports
    #[command(after_help = schema::EXAMPLE)]
    Schema,
}

/// Parses, runs, and turns the outcome into an exit code.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return exit::usage(&error),
    };
    start_logging(arguments.verbose);
    let outcome = match &arguments.command {
        Command::Analyze(analyze) => analyze.run(),
        Command::Scan(scan) => scan.run(),
        Command::Merge(merge) => merge.run(),
        Command::Cluster(cluster) => cluster.run(),
        Command::Collect(collect) => collect.run(),
        Command::Render(render) => render.run(),
        Command::Schema => schema::run(),
    };
    outcome.unwrap_or_else(Failure::report)
}

/// Messages on standard error; `WHYDOWN_LOG` beats `-v`.
fn start_logging(verbose: u8) {
    let default = match verbose {
        0 => "whydown=warn",
        1 => "whydown=debug",
        _ => "whydown=trace",
    };
    let filter = EnvFilter::try_from_env("WHYDOWN_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let logging = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .without_time()
        .with_target(false);
    // A second initialisation (in tests) keeps the first one.
    drop(logging.try_init());
}
