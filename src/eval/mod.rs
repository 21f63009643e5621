//! Scores the reports on labelled cases: so that whoever changes a rule sees what it does.
//!
//! In: a folder of cases, each a folder with `case.toml` and log files. Out: [`Scores`]. A case says what is
//! true; `case` reads it, `judge` holds one report against it, `scores` adds up. Nothing here knows how a
//! report came to be: the same labels can be held against any program that writes the report contract.

pub mod case;
pub mod judge;
pub mod scores;

use std::path::{Path, PathBuf};

use crate::ingest;
use crate::pipeline;
use case::Case;
use scores::{CaseScore, Scores};

/// Why the cases could not be scored.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A folder or a label file cannot be read.
    #[error("{}: {source}; give a folder of case folders, each with a case.toml that can be read", path.display())]
    Unreadable {
        /// What was to be read.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// No case below the folder.
    #[error("{}: no case.toml in it or below it; a case is a folder with case.toml and its log files", .0.display())]
    NoCases(PathBuf),
    /// A label file is not what it should be; the message of the TOML reader names line and column.
    #[error("{}: {message}", path.display())]
    Label {
        /// The label file.
        path: PathBuf,
        /// What is wrong, where, and what belongs there.
        message: String,
    },
    /// A case could not be analysed.
    #[error("case {case}: {source}")]
    Analysis {
        /// Its id.
        case: String,
        /// Why there is no report.
        source: pipeline::Error,
    },
}

/// Analyses every case below a folder, in the order of their paths, and scores the reports.
/// `threads` is the number of reading threads of each analysis (0 = all cores); the scores do not depend on it.
pub fn evaluate(folder: &Path, threads: usize) -> Result<Scores, Error> {
    let scored = case::cases(folder)?.iter().map(|case| score(case, threads)).collect::<Result<Vec<_>, _>>()?;
    Ok(Scores::of(scored))
}

/// Analyses one case and scores its report.
pub fn score(case: &Case, threads: usize) -> Result<CaseScore, Error> {
    let options = pipeline::Options {
        inputs: case.inputs(),
        state_files: case.state_files(),
        ingest: ingest::Options { threads, ..ingest::Options::default() },
        ..pipeline::Options::default()
    };
    let report =
        pipeline::analyze(&options).map_err(|source| Error::Analysis { case: case.label.id.clone(), source })?;
    Ok(judge::judge(case, &report))
}
