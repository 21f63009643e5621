//! Why a shard cannot be read or written. Each message names the file and what to do.

use std::io;
use std::path::{Path, PathBuf};

use super::format::{MAJOR, MINOR};

/// Why a shard is refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be opened or read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// As given.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It cannot be written.
    #[error("cannot write {}: {source}\n  name a file in a folder that exists and has room with -o", path.display())]
    Write {
        /// As given.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It does not begin like a Facts file.
    #[error(
        "{} is no Facts file: it begins with {begins}\n  logs become one with: whydown scan {} -o shard.facts",
        path.display(), path.display()
    )]
    NotFacts {
        /// As given.
        path: PathBuf,
        /// Its first bytes, printable.
        begins: String,
    },
    /// Its format has another major version.
    #[error(
        "{} has Facts format {major}.{minor}, written by whydown {writer}; this whydown {} reads format {MAJOR}.0 to {MAJOR}.{MINOR} \
         \n  scan its inputs again with this version, or merge with whydown {writer}",
        path.display(), env!("CARGO_PKG_VERSION")
    )]
    Version {
        /// As given.
        path: PathBuf,
        /// Its major version.
        major: u16,
        /// Its minor version.
        minor: u16,
        /// The version of whydown that wrote it.
        writer: String,
    },
    /// It has no end.
    #[error("{} is cut: it ends after {length} bytes without its end mark\n  copy it again, or scan its inputs again", path.display())]
    Cut {
        /// As given.
        path: PathBuf,
        /// Its length in bytes.
        length: u64,
    },
    /// A byte of it is not what was written.
    #[error("{} is damaged at byte {offset}: {what}\n  copy it again, or scan its inputs again", path.display())]
    Damaged {
        /// As given.
        path: PathBuf,
        /// Where it shows.
        offset: u64,
        /// What is wrong.
        what: String,
    },
    /// There is nothing to merge.
    #[error("no Facts file in {}: a folder is searched for names that end in .facts", path.display())]
    NoShards {
        /// The folder.
        path: PathBuf,
    },
    /// The folder of kept facts cannot be used.
    #[error("cannot keep facts in {}: {source}\n  give a folder that this user may write to with --state", path.display())]
    Keep {
        /// Folder or file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// No facts are kept where they are asked for.
    #[error(
        "no facts are kept in {}\n  `whydown digest --state DIR --keep-facts INPUT` keeps those of each run",
        path.display()
    )]
    NothingKept {
        /// The folder.
        path: PathBuf,
    },
    /// Kept facts and this run answer different questions.
    #[error(
        "{}: facts of {one} and facts of {other} do not add up\n  use the same --from, --to, --service, --revision, --project and --region for all of them \
         (whole exports need none), or another folder with --state", path.display()
    )]
    OtherScope {
        /// The folder.
        path: PathBuf,
        /// One of them.
        one: String,
        /// Another one.
        other: String,
    },
    /// A name is given to several inputs.
    #[error("--name {name} names one input, but {inputs} are read\n  scan each input by itself, or leave --name out")]
    ManyNamed {
        /// The name.
        name: String,
        /// How many inputs there are.
        inputs: usize,
    },
}

impl Error {
    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Read { path: path.to_owned(), source }
    }

    pub(super) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Write { path: path.to_owned(), source }
    }

    pub(super) fn keep(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Keep { path: path.to_owned(), source }
    }

    /// Whether a file is gone that was there before.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    pub(super) fn damaged(path: &Path, offset: u64, what: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), offset, what: what.into() }
    }
}
