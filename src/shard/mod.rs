//! Facts that leave the process: `scan` writes a shard, `merge` joins any number of them into the report.
//!
//! In: what was read of any part of the input. Out: a [`Shard`] in one form, however the part was cut, ordered,
//! nested or repeated, so that a merge gives byte for byte the report of one process over all of the input.
//!
//! What makes that exact:
//! - Facts merge by sums, minima and maxima, and nothing is settled before the end, so that traces, requests and
//!   instances that lie across shards come out whole.
//! - A shard keeps a [`record`](crate::facts::record) of every counted entry. An entry that several shards hold is
//!   found by its identity, and what its copies added to the counts is taken back.
//! - A file is one file wherever it is read: its path, size, form and a sum over its entries are compared. Read
//!   twice, it counts once, like a path that is given twice.
//! - Names, classes, rows and counts are ordered by what they say, so that equal shards have equal bytes.
//!
//! `union` joins shards, `write` and `read` are the file, `format` its blocks and `columns` its columns; `within` finds
//! the record of a kept entry in its row. `kept` is a folder of shards that a digest leaves.

pub mod error;
pub mod kept;

mod columns;
mod format;
mod part;
mod read;
mod union;
mod within;
mod write;

#[cfg(test)]
mod tests;

pub use error::Error;
pub use part::{described, part};
pub use read::list;
pub use union::Union;
pub use write::save;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::facts::Facts;
use crate::facts::record::{Origin, Record, Share};
use crate::ingest::{Damage, Unrecognised};
use crate::model::report::InputFile;
use crate::state::history::Document;
use format::Checked;

/// What was read of a part of the input.
#[derive(Default)]
pub struct Shard {
    /// Files in the order of their names; positions refer to them.
    pub files: Vec<FilePart>,
    /// Whether a filter kept entries out.
    pub is_filtered: bool,
    /// What was asked for, as arguments; empty = everything. Several where parts were read differently.
    pub scopes: BTreeSet<String>,
    /// What was wrong with the files; no secrets.
    pub damage: Vec<Damage>,
    /// Descriptions of services and revisions.
    pub documents: Vec<Described>,
    /// Counts and rows, and the names that everything here refers to.
    pub facts: Facts,
    /// Origins by number.
    pub origins: Vec<Origin>,
    /// How many entries without an identity have the same share, by file.
    pub anonymous: Vec<(u32, Share, u64)>,
}

impl Shard {
    /// Files that are no logs, by number, with what they seem to be.
    pub fn unrecognised(&self) -> Vec<(usize, Unrecognised)> {
        let looks_like = |(number, file): (usize, &FilePart)| {
            let looks_like = file.looks_like.clone()?;
            Some((number, Unrecognised { path: file.info.path.clone(), looks_like }))
        };
        self.files.iter().enumerate().filter_map(looks_like).collect()
    }
}

/// One input file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FilePart {
    /// As the report shows it.
    pub info: InputFile,
    /// A sum over its entries; see [`crate::facts::record::Recorder`].
    pub fingerprint: u64,
    /// What it seems to be, where it holds neither an entry nor a state document.
    pub looks_like: Option<String>,
}

/// One resource as it was described.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Described {
    /// File that describes it.
    pub path: String,
    /// Number within that file: a list may hold equal ones.
    pub number: u32,
    /// What it says; no secrets.
    pub document: Document,
}

/// Where the records of a shard are.
pub enum Records {
    /// In memory, as a scan leaves them.
    Memory(Vec<Record>),
    /// In a Facts file, in the order of their identities, but for those that its rows hold.
    File {
        /// The file.
        checked: Checked,
        /// What its rows hold, in the order of their identities.
        kept: Vec<Record>,
    },
}

/// Where a counted entry stands in the one form of a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// It is only counted.
    Alone,
    /// It is kept as the row of this number.
    Beside(u32),
    /// So it is, and that row says all that its record says.
    Within(u32),
}
