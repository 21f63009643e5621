//! One order of kept entries for all runs: time, insertId, service, place in the files.
//!
//! Rows are wide, so their times are ordered, by all cores, and each row then moves once, to its place.

use std::cmp::Ordering;

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use super::row::Row;
use super::symbols::Symbols;

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

/// Rows in order.
pub(super) fn in_order(rows: Vec<Row>, symbols: &Symbols) -> Vec<Row> {
    if rows.is_sorted_by(|a, b| compare(a, b, symbols).is_le()) {
        return rows;
    }
    let mut ordered = Vec::new();
    places(&rows, symbols).par_iter().map(|(_, place)| rows[*place].clone()).collect_into_vec(&mut ordered);
    ordered
}

/// Rows of two workers in order. Of the second one the places are known; `renamed` gives a row of it the numbers of the
/// first, which `symbols` belong to.
pub(super) fn joined(
    ours: &[Row],
    (theirs, their_places): (&[Row], Vec<(i64, usize)>),
    renamed: impl Fn(&Row) -> Row + Sync,
    symbols: &Symbols,
) -> Vec<Row> {
    let our_places = places(ours, symbols);
    let mut their_places = their_places.into_iter().peekable();
    // Places in the two lists, the second one's behind those of the first.
    let mut order: Vec<usize> = Vec::with_capacity(ours.len() + theirs.len());
    for (time, place) in our_places {
        let is_earlier = |(other, at): &(i64, usize)| {
            let told_apart = || compare(&renamed(&theirs[*at]), &ours[place], symbols);
            other.cmp(&time).then_with(told_apart).is_lt()
        };
        while let Some((_, at)) = their_places.next_if(is_earlier) {
            order.push(ours.len() + at);
        }
        order.push(place);
    }
    order.extend(their_places.map(|(_, at)| ours.len() + at));
    let mut joined = Vec::new();
    let row_at = |place: &usize| ours.get(*place).cloned().unwrap_or_else(|| renamed(&theirs[*place - ours.len()]));
    order.par_iter().map(row_at).collect_into_vec(&mut joined);
    joined
}

/// Times and places of rows, in the order of the rows.
pub(super) fn places(rows: &[Row], symbols: &Symbols) -> Vec<(i64, usize)> {
    let mut places: Vec<(i64, usize)> = rows.iter().enumerate().map(|(place, row)| (row.time, place)).collect();
    places.par_sort_unstable_by(|(a_time, a), (b_time, b)| {
        a_time.cmp(b_time).then_with(|| compare(&rows[*a], &rows[*b], symbols))
    });
    places
}
