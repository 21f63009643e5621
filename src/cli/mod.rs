//! The command line: what was typed, what it means, and how it ends.
//!
//! clap stops here; the library takes plain options. One file for each subcommand. Reports go to standard
//! output, messages to standard error.

mod analyze;
mod canary;
mod cluster;
mod collect;
mod completions;
mod config;
mod diff;
mod digest;
mod eval;
mod exit;
mod explain;
mod gates;
mod inputs;
mod layout;
mod look;
mod man;
mod merge;
mod moment;
mod nearest;
mod output;
mod patterns;
mod policy;
mod progress;
mod render;
mod rendering;
mod rule_dirs;
mod rules;
mod scan;
mod schema;
mod settings;
#[cfg(test)]
mod tests;
mod thresholds;
mod timeline;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use exit::Failure;
use settings::Settings;

/// Why was this service down, and what do I type now?
///
/// Reads exported Cloud Logging files of Cloud Run, offline, and prints ranked root causes with evidence
/// and commands. It runs nothing that it prints.
#[derive(Debug, Parser)]
#[command(name = "whydown", version, before_help = EXAMPLES, after_help = EXIT_CODES, max_term_width = 100)]
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
  whydown patterns export.json --sort change";

const EXIT_CODES: &str = "\
Exit codes: 0 analysed; 1 internal error; 2 usage; 3 findings at or above --fail-on;
4 input unreadable or not log data; 5 too incomplete to judge (--strict).";

#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one, and it is parsed once")]
enum Command {
    /// Find the root causes in log exports
    Analyze(analyze::Analyze),
    /// Compare a candidate revision with the one that serves
    Canary(canary::Canary),
    /// Print what happened, in order
    Timeline(timeline::Timeline),
    /// Tell what changed since the last run, in one screen
    Digest(digest::Digest),
    /// Check with newer logs that what a report found is over
    Verify(verify::Verify),
    /// Compare two reports
    Diff(diff::Diff),
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
    /// List the kinds of messages in log exports, with how often and when each occurs
    Patterns(patterns::Patterns),
    /// Explain one signature, or one exit code
    Explain(explain::Explain),
    /// List, print and test signatures: the built-in ones and your own
    Rules(rules::Rules),
    /// Show the settings in force, and where each came from
    Config(config::Config),
    /// Print a completion script for your shell
    Completions(completions::Completions),
    /// Print a manual page
    Man(man::Man),
    /// Score the reports on labelled cases
    Eval(eval::Eval),
}

/// Parses, runs, and turns the outcome into an exit code.
pub fn run() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    start_logging(arguments.verbose);
    let outcome = match &arguments.command {
        Command::Analyze(analyze) => analyze.run(),
        Command::Canary(canary) => canary.run(),
        Command::Digest(digest) => digest.run(),
        Command::Verify(verify) => verify.run(),
        Command::Diff(diff) => diff.run(),
        Command::Scan(scan) => scan.run(),
        Command::Merge(merge) => merge.run(),
        Command::Cluster(cluster) => cluster.run(),
        Command::Collect(collect) => collect.run(),
        Command::Render(render) => render.run(),
        Command::Schema => schema::run(),
        Command::Patterns(patterns) => patterns.run(),
        Command::Explain(explain) => explain.run(),
        Command::Rules(rules) => rules.run(),
        Command::Config(config) => config.run(),
        Command::Completions(completions) => completions.run(),
        Command::Man(man) => man.run(),
        Command::Timeline(timeline) => timeline.run(),
        Command::Eval(eval) => eval.run(),
    };
    outcome.unwrap_or_else(Failure::report)
}

/// Subcommands that do the same whatever the settings are; a shell runs them when it starts, in any folder.
const WITHOUT_SETTINGS: [&str; 2] = ["completions", "man"];

/// What was typed, with the settings in place of what was not.
fn arguments() -> Result<Arguments, ExitCode> {
    let usage = |error: clap::Error| exit::usage(&error);
    // Alone first: help, and an error of typing, do not depend on a settings file.
    let mut matches = command().try_get_matches().map_err(usage)?;
    if !matches.subcommand_name().is_some_and(|name| WITHOUT_SETTINGS.contains(&name)) {
        let settings = Settings::of_process(&command()).map_err(|error| Failure::from(error).report())?;
        matches = settings.as_defaults(command()).try_get_matches().map_err(usage)?;
    }
    Arguments::from_arg_matches(&matches).map_err(usage)
}

/// The command line as clap sees it, with the worked examples of each subcommand before everything else.
fn command() -> clap::Command {
    fn examples_first(command: clap::Command) -> clap::Command {
        let template = "{about}{after-help}\n\n{usage-heading} {usage}\n\n{all-args}";
        command.help_template(template).mut_subcommands(examples_first)
    }
    let template = "{about-with-newline}\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}";
    Arguments::command().mut_subcommands(examples_first).help_template(template)
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
