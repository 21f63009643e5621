//! One order of kept entries for all runs: time, insertId, service, place in the files.
//!
//! Each worker puts its own rows in order, at the same time as the others, and joining two of them keeps it.

use std::cmp::Ordering;

use rayon::slice::ParallelSliceMut;

use super::Facts;
use super::row::Row;
use super::symbols::Symbols;

impl Facts {
    /// Ends a worker's part: counts are gathered, and rows are in order.
    #[must_use]
    pub fn ended(mut self) -> Self {
        self.gather();
        put_in_order(&mut self.rows, &self.symbols);
        self
    }
}

/// Entries without an insertId that stand on one line are told apart by what they say.
fn compare(a: &Row, b: &Row, symbols: &Symbols) -> Ordering {
    a.time.cmp(&b.time).then_with(|| {
        a.insert_id
            .cmp(&b.insert_id)
            .then_with(|| symbols.text(a.service).cmp(symbols.text(b.service)))
            .then_with(|| a.position.cmp(&b.position))
            .then_with(|| said(a, symbols).cmp(&said(b, symbols)))
    })
}

/// What a row says, for telling rows apart that stand at one time and place.
fn said<'a>(row: &Row, symbols: &'a Symbols) -> impl Ord + use<'a> {
    let texts = [row.text, row.instance, row.revision, row.trace, row.target].map(|symbol| symbols.text(symbol));
    (texts, row.written, row.stream, row.status, row.level, row.repeats)
}

/// Sorts rows. They are large, so their times are sorted and each row then moves to its place.
pub(super) fn put_in_order(rows: &mut [Row], symbols: &Symbols) {
    if rows.is_sorted_by(|a, b| compare(a, b, symbols).is_le()) {
        return;
    }
    let mut order: Vec<(i64, usize)> = rows.iter().enumerate().map(|(index, row)| (row.time, index)).collect();
    order.par_sort_unstable_by(|(a_time, a), (b_time, b)| {
        a_time.cmp(b_time).then_with(|| compare(&rows[*a], &rows[*b], symbols))
    });
    // Cycle by cycle: each place takes the row that belongs there, until the cycle closes.
    for start in 0..order.len() {
        let mut place = start;
        loop {
            let from = std::mem::replace(&mut order[place].1, place);
            if from == place || from == start {
                break;
            }
            rows.swap(place, from);
            place = from;
        }
    }
}

/// Joins two lists in order to one in order. Lists in another order are joined, too, to one in none.
pub(super) fn interleave(ours: Vec<Row>, theirs: impl ExactSizeIterator<Item = Row>, symbols: &Symbols) -> Vec<Row> {
    let mut joined = Vec::with_capacity(ours.len() + theirs.len());
    let mut theirs = theirs.peekable();
    for row in ours {
        while let Some(earlier) = theirs.next_if(|other| compare(other, &row, symbols).is_lt()) {
            joined.push(earlier);
        }
        joined.push(row);
    }
    joined.extend(theirs);
    joined
}
