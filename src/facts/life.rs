//! One instance from its first to its last sign, as far as single entries show it.

use serde::{Deserialize, Serialize};

use super::symbols::{EMPTY, Symbol, Symbols};

/// An instance's life. Times are nanoseconds since the epoch; `i64::MAX` and `i64::MIN` mean none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Life {
    /// Revision it ran.
    pub revision: Symbol,
    /// First entry (a request counts with its arrival).
    pub first: i64,
    /// Last entry (a request counts with its end).
    pub last: i64,
    /// Requests answered below 500.
    pub answered: u64,
    /// First such answer's end.
    pub first_answer: i64,
    /// Last such answer's end.
    pub last_answer: i64,
    /// Requests that failed.
    pub failed: u64,
}

impl Default for Life {
    fn default() -> Self {
        Self {
            revision: EMPTY,
            first: i64::MAX,
            last: i64::MIN,
            answered: 0,
            first_answer: i64::MAX,
            last_answer: i64::MIN,
            failed: 0,
        }
    }
}

impl Life {
    /// Adds the signs of another part of the same life. `revision` must already be in our numbers. An
    /// instance runs one revision; should entries name several, the first by name stands, whatever came first.
    pub fn merge(&mut self, other: &Self, revision: Symbol, symbols: &Symbols) {
        if self.revision != revision && revision != EMPTY {
            let is_first = self.revision == EMPTY || symbols.text(revision) < symbols.text(self.revision);
            self.revision = if is_first { revision } else { self.revision };
        }
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.answered += other.answered;
        self.first_answer = self.first_answer.min(other.first_answer);
        self.last_answer = self.last_answer.max(other.last_answer);
        self.failed += other.failed;
    }
}
