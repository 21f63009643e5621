//! Rows that carry a running total: each stands only for the repeats since the row before it.
//!
//! In go rows in their final order; out come the same rows, whose repeats add up to how often the message
//! was seen. Azure Container Apps counts per replica and message, and writes the total so far: 177 and then
//! 178 are 178 failed probes, not 355.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::row::{ClassId, Row};
use super::symbols::Symbol;
use crate::model::Stream;

/// One series of a running total.
type Series = (Symbol, Symbol, Symbol, ClassId, Symbol);

/// Turns running totals into increments. A total that does not grow begins a new series.
pub(super) fn count_once(rows: &mut [Row]) {
    if !rows.iter().any(|row| row.repeats > 1) {
        return;
    }
    let mut totals: HashMap<Series, u32, FixedState> = HashMap::default();
    for row in rows.iter_mut().filter(|row| row.stream == Stream::System) {
        let total = row.repeats;
        let before = totals.insert((row.service, row.revision, row.instance, row.class, row.text), total);
        match before {
            Some(before) if total > before => row.repeats = total - before,
            // The same total once more is the same event read from another file, or one more of its kind.
            Some(before) if total == before => row.repeats = 1,
            _ => {}
        }
    }
}
