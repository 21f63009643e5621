//! What one file holds of one stream and severity: extent, order, and what is odd about its entries.
//!
//! Everything is a sum, a smallest or a largest, so parts of a file merge in any order.

use serde::{Deserialize, Serialize};

use super::Span;
use crate::model::{Entry, Timestamp};

/// Clocks of one machine and another differ by less than this.
const CLOCK_NANOS_MAX: i64 = 1_000_000_000;

/// Logs are received within seconds; a longer way means that the end of an export may still be filling up.
const WAY_NANOS_MAX: i64 = 600_000_000_000;

/// Entries of one file, stream and severity, duplicates included. Times are nanoseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSpan {
    /// Count and extent.
    pub span: Span,
    /// Line and time of the entry that stands first in the file.
    pub top: (u32, i64),
    /// Line and time of the entry that stands last.
    pub bottom: (u32, i64),
    /// Entries written later than they were received.
    pub ahead: u64,
    /// The largest of these differences, in nanoseconds.
    pub ahead_nanos: i64,
    /// Entries received more than ten minutes after they were written (a request: after it ended).
    pub late: u64,
    /// The largest of these differences, in nanoseconds.
    pub late_nanos: i64,
    /// Entries that say nothing: no text, no JSON, no request, no audit record.
    pub bare: u64,
}

impl Default for FileSpan {
    fn default() -> Self {
        Self {
            span: Span::default(),
            top: (u32::MAX, 0),
            bottom: (0, 0),
            ahead: 0,
            ahead_nanos: 0,
            late: 0,
            late_nanos: 0,
            bare: 0,
        }
    }
}

impl FileSpan {
    /// Counts one entry.
    pub(super) fn add(&mut self, entry: &Entry<'_>, time: Timestamp) {
        self.span.add(time.0);
        let here = (entry.position.line, time.0);
        self.top = self.top.min(here);
        self.bottom = self.bottom.max(here);
        if let Some(received) = entry.receive_timestamp {
            let latency = entry.http.as_ref().and_then(|http| http.latency_nanos).unwrap_or(0);
            let way = received.0.saturating_sub(time.0);
            if way < -CLOCK_NANOS_MAX {
                self.ahead += 1;
                self.ahead_nanos = self.ahead_nanos.max(-way);
            } else if way.saturating_sub(latency) > WAY_NANOS_MAX {
                self.late += 1;
                self.late_nanos = self.late_nanos.max(way - latency);
            }
        }
        let says = !entry.text.is_empty() || entry.json.is_some() || entry.http.is_some() || entry.audit.is_some();
        self.bare += u64::from(!says);
    }

    /// Adds another part of the same file, stream and severity.
    pub fn merge(&mut self, other: Self) {
        self.span.merge(other.span);
        self.top = self.top.min(other.top);
        self.bottom = self.bottom.max(other.bottom);
        self.ahead += other.ahead;
        self.ahead_nanos = self.ahead_nanos.max(other.ahead_nanos);
        self.late += other.late;
        self.late_nanos = self.late_nanos.max(other.late_nanos);
        self.bare += other.bare;
    }

    /// Whether the newest entry stands on top.
    pub fn is_newest_first(&self) -> bool {
        self.top.0 < self.bottom.0 && self.top.1 > self.bottom.1
    }
}
