//! How the program ends: exit codes and the last message on standard error.

use std::io::Write;
use std::process::ExitCode;

use crate::ingest;
use crate::pipeline;
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
    /// Standard output is closed or full.
    #[error("cannot write the report: {0}")]
    Output(#[from] std::io::Error),
}

impl Failure {
    /// Prints the message and gives the exit code. A broken pipe is quiet: the reader has what it wanted.
    pub fn report(self) -> ExitCode {
        let code = match &self {
            Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return ExitCode::from(ANALYSED),
            Self::Output(_)
            | Self::Pipeline(
                pipeline::Error::Columns(_)
                | pipeline::Error::Report(_)
                | pipeline::Error::Shard(shard::Error::Write { .. }),
            ) => INTERNAL,
            Self::Pipeline(pipeline::Error::Shard(shard::Error::ManyNamed { .. })) => USAGE,
            Self::Pipeline(pipeline::Error::Shard(_)) => UNREADABLE,
            Self::Report(_) => UNREADABLE,
            Self::Pipeline(pipeline::Error::Ingest(error)) => code_of(error),
        };
        say(&format!("whydown: {self}"));
        ExitCode::from(code)
    }
}

fn code_of(_error: &ingest::Error) -> u8 {
    UNREADABLE
}

/// Help and version go to standard output with code 0, everything else is a usage error.
pub fn usage(error: &clap::Error) -> ExitCode {
    // Nothing can be done if the terminal is gone.
    drop(error.print());
    ExitCode::from(if error.use_stderr() { USAGE } else { ANALYSED })
}

fn say(message: &str) {
    // Nothing can be done if standard error is gone.
    drop(writeln!(std::io::stderr().lock(), "{message}"));
}
