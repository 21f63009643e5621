//! How the program ends: exit codes and the last message on standard error.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use super::settings::ConfigError;
use crate::classify::matcher::CatalogError;
use crate::compare::store;
use crate::eval;
use crate::pipeline;
use crate::reason::ignore::IgnoreError;
use crate::shard;

/// Analysed.
pub const ANALYSED: u8 = 0;
/// A defect, or an output that cannot be written.
pub const INTERNAL: u8 = 1;
/// Wrong usage.
pub const USAGE: u8 = 2;
/// Findings at or above `--fail-on`.
pub const FINDINGS: u8 = 3;
/// Input unreadable or not log data.
pub const UNREADABLE: u8 = 4;
/// Too incomplete to judge, with `--strict`.
pub const INCOMPLETE: u8 = 5;

/// Why a subcommand did not do its job.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// No report.
    #[error(transparent)]
    Pipeline(#[from] pipeline::Error),
    /// A stored report could not be read.
    #[error(transparent)]
    Report(#[from] crate::report::read::Error),
    /// What a digest remembers cannot be read or written.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// No scores.
    #[error(transparent)]
    Eval(#[from] eval::Error),
    /// Standard output is closed or full.
    #[error("cannot write the report: {0}")]
    Output(#[from] std::io::Error),
    /// A file cannot be written; it is what it was before.
    #[error("cannot write {path}: {source}", path = path.display())]
    OutputFile {
        /// File.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The user's rules cannot be used.
    #[error("{}", lines(.0))]
    Rules(Vec<CatalogError>),
    /// The ignore file cannot be used.
    #[error(transparent)]
    Ignore(#[from] IgnoreError),
    /// The settings cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An argument names nothing that exists.
    #[error("{0}")]
    Usage(String),
}

fn lines(problems: &[CatalogError]) -> String {
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    told.join("\nwhydown: ")
}

impl Failure {
    /// Prints the message and gives the exit code. A broken pipe is quiet: the reader has what it wanted.
    pub fn report(self) -> ExitCode {
        let code = match &self {
            Self::Output(source)
            | Self::OutputFile { source, .. }
            | Self::Pipeline(pipeline::Error::Shard(shard::Error::Write { source, .. }))
                if source.kind() == std::io::ErrorKind::BrokenPipe =>
            {
                return ExitCode::from(ANALYSED);
            }
            Self::Rules(_)
            | Self::Ignore(_)
            | Self::Config(_)
            | Self::Usage(_)
            | Self::Store(store::Error::OtherWindow { .. } | store::Error::Newer { .. }) => USAGE,
            Self::Output(_) | Self::OutputFile { .. } | Self::Store(_) => INTERNAL,
            Self::Pipeline(error) | Self::Eval(eval::Error::Analysis { source: error, .. }) => code_of(error),
            Self::Report(_) | Self::Eval(_) => UNREADABLE,
        };
        say(&format!("whydown: {self}"));
        ExitCode::from(code)
    }
}

fn code_of(error: &pipeline::Error) -> u8 {
    match error {
        pipeline::Error::Columns(_)
        | pipeline::Error::Report(_)
        | pipeline::Error::Shard(shard::Error::Write { .. } | shard::Error::Keep { .. }) => INTERNAL,
        pipeline::Error::Shard(shard::Error::ManyNamed { .. } | shard::Error::OtherScope { .. })
        | pipeline::Error::Canary(_) => USAGE,
        pipeline::Error::Shard(_) | pipeline::Error::Ingest(_) => UNREADABLE,
    }
}

/// Help and version go to standard output with code 0, everything else is a usage error.
pub fn usage(error: &clap::Error) -> ExitCode {
    // Nothing can be done if the terminal is gone.
    drop(error.print());
    ExitCode::from(if error.use_stderr() { USAGE } else { ANALYSED })
}

/// Prints a message on standard error.
pub fn say(message: &str) {
    // Messages quote files and logs, which may hold what moves a cursor.
    let mut safe = String::with_capacity(message.len());
    for c in message.chars() {
        if c.is_control() && c != '\n' { safe.extend(c.escape_unicode()) } else { safe.push(c) }
    }
    // Nothing can be done if standard error is gone.
    drop(writeln!(std::io::stderr().lock(), "{safe}"));
}
