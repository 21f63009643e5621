//! One kept entry, in numbers: everything that is not plainly healthy.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::symbols::Symbol;
use crate::classify::level::Level;
use crate::model::{Position, Stream};

/// Number of a class within one [`super::Facts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClassId(pub u32);

/// A kept entry. Times are nanoseconds since the epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// When it happened. A request fails at its end: `timestamp + latency`.
    pub time: i64,
    /// `timestamp` as written; a request's arrival.
    pub written: i64,
    /// What it says.
    pub class: ClassId,
    /// Service; empty for what belongs to none.
    pub service: Symbol,
    /// Revision; may be empty.
    pub revision: Symbol,
    /// Instance; may be empty.
    pub instance: Symbol,
    /// Trace; may be empty.
    pub trace: Symbol,
    /// A job's execution; may be empty.
    pub execution: Symbol,
    /// `insertId`; may be empty.
    pub insert_id: CompactString,
    /// Cleaned text, bounded.
    pub text: Symbol,
    /// Method and path template of a request; empty elsewhere.
    pub target: Symbol,
    /// HTTP status of a request entry; 0 elsewhere.
    pub status: u16,
    /// Log it stands in.
    pub stream: Stream,
    /// Level of the entry.
    pub level: Level,
    /// Entries it stands for (an aggregated Azure row may repeat).
    pub repeats: u32,
    /// Identity for finding other copies; 0 where there is none.
    pub identity: u64,
    /// Where it stands.
    pub position: Position,
}
