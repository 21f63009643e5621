//! What `whydown patterns` says, as plain data: every kind of message with how often and when it occurs.
//!
//! Fields may be added freely; none may be renamed. Times are RFC 3339 in UTC. Counts are of unique entries.

use serde::{Deserialize, Serialize};

use super::Timestamp;
use super::report::{Evidence, Generator, InputFile, RevisionCount};

/// Version of the contract written into `schema_version`.
pub const SCHEMA_VERSION: u32 = 1;

/// Every pattern of one set of inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Patterns {
    /// Always [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Which program wrote it.
    pub generator: Generator,
    /// What was read, by name.
    pub files: Vec<InputFile>,
    /// Log records read, duplicates included; lines, where plain text was read.
    pub entries: u64,
    /// After removing equal (insertId, timestamp, logName): what shares are of.
    pub unique_entries: u64,
    /// Entries without a readable time: counted in `entries`, part of no pattern.
    pub untimed: u64,
    /// Records that could not be read.
    pub rejected: u64,
    /// First entry.
    pub first_timestamp: Option<Timestamp>,
    /// Last entry.
    pub last_timestamp: Option<Timestamp>,
    /// Width of the windows that `change` compares, in seconds; 0 where nothing has a time.
    pub window_seconds: u64,
    /// Windows that hold any entry.
    pub windows_covered: u64,
    /// Patterns, the most frequent first.
    pub patterns: Vec<Pattern>,
}

/// What makes entries one pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PatternKind {
    /// A message that the catalogue knows.
    Signature,
    /// One exception: type, masked message, place.
    Exception,
    /// Requests of one method, path and status.
    Request,
    /// Lines of stack traces and structured blocks, all together.
    StackLine,
    /// A mined template.
    Template,
}

impl PatternKind {
    /// The word used in every format.
    pub fn word(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Exception => "exception",
            Self::Request => "request",
            Self::StackLine => "stack-line",
            Self::Template => "template",
        }
    }
}

/// One kind of message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pattern {
    /// Stable id: the same for the same pattern in every run and on every machine.
    pub id: String,
    /// What makes it one pattern.
    pub kind: PatternKind,
    /// Template with `<*>` for each value; title of a signature or exception; request target and status.
    pub template: String,
    /// Catalogue id of a signature; empty elsewhere.
    pub signature: String,
    /// Whether it stands for texts of too many shapes to be kept apart.
    pub is_rest: bool,
    /// Highest level of its entries; `unknown` where none names one.
    pub level: String,
    /// Entries.
    pub count: u64,
    /// Part of all unique entries, from 0 to 1.
    pub share: f64,
    /// `-log2(share)`: 1 for every second entry, 10 for one in a thousand.
    pub rarity_bits: f64,
    /// First entry.
    pub first: Option<Timestamp>,
    /// Last entry.
    pub last: Option<Timestamp>,
    /// Entries per service, by name; an empty name is what belongs to none.
    pub services: Vec<ServiceCount>,
    /// Entries per revision, by name; entries without one left out.
    pub revisions: Vec<RevisionCount>,
    /// How its rate changed within the covered time.
    pub change: Change,
    /// Its first entry.
    pub sample: Option<Evidence>,
}

/// Entries of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceCount {
    /// Service, job, function or container app.
    pub name: String,
    /// Entries.
    pub count: u64,
}

/// How the rate of a pattern changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// Too few entries or windows to say.
    TooFew,
    /// No change that chance does not explain.
    Steady,
    /// One window holds more than chance explains.
    Burst,
    /// Absent from the first windows for longer than chance explains.
    Appeared,
    /// Absent from the last windows for longer than chance explains.
    Ceased,
}

impl ChangeKind {
    /// The word used in every format.
    pub fn word(self) -> &'static str {
        match self {
            Self::TooFew => "too-few",
            Self::Steady => "steady",
            Self::Burst => "burst",
            Self::Appeared => "appeared",
            Self::Ceased => "ceased",
        }
    }
}

/// A change of rate, against the rest of the covered time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// Start of the window it happened in: the fullest, the first or the last that holds the pattern.
    pub at: Option<Timestamp>,
    /// Entries in the fullest window.
    pub peak: u64,
    /// Entries that a window holds on average elsewhere in the covered time.
    pub elsewhere: f64,
    /// Upper bound of the probability that entries spread evenly over the windows show such a change, all
    /// windows considered.
    pub p_value: f64,
}
