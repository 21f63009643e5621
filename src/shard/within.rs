//! The record of a kept entry, from its row: most of what a record says stands in the row already.
//!
//! In: a row, its origin, and what only the record says. Out: the record. An identity is a hash of insertId, time and
//! log, so a Facts file does not store it for an entry that it keeps. A writer checks that exactly the record comes
//! out; one that differs stands among the others.

use super::columns::rows::Told;
use crate::facts::record::{Origin, Record, Share};
use crate::facts::row::Row;
use crate::facts::seen::identity_of;
use crate::facts::symbols::EMPTY;
use crate::model::Timestamp;
use crate::model::time::minute_of;

/// The record, if it can be told from the row; `log` is the text of the origin's log.
pub fn record(row: &Row, told: Told, origin: &Origin, log: &str) -> Option<Record> {
    if origin.log == EMPTY || (row.service, row.revision) != (origin.service, origin.revision) {
        return None;
    }
    let identity = identity_of(&row.insert_id, Some(Timestamp(row.written)), log)?;
    let Told { origin, outcome, latency } = told;
    let minute = minute_of(row.written);
    Some(Record { identity, share: Share { minute, origin, instance: row.instance, outcome, latency } })
}
