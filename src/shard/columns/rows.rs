//! Kept entries in the order of their times, each with what its record says beyond it.
//!
//! Entries of one kind (the same class, text, status …) differ in little else, so kinds are told once and named by
//! number; what depends on the kind (revision, log, latency) is stored kind by kind.

use std::collections::HashMap;

use super::{
    WRONG, count_of, deltas, narrow, pack as column, pack_deltas_in_units, pack_in_units, sums, told_count,
    unpack as numbers, unpack_deltas_in_units, unpack_in_units, unzigzag, zigzag,
};
use crate::classify::level::Level;
use crate::facts::record::Share;
use crate::facts::row::{ClassId, Row};
use crate::facts::symbols::{EMPTY, Symbol};
use crate::model::{Position, Stream};

/// Rows in one block.
pub const ROWS_IN_BLOCK: usize = 16_384;

/// Numbers that many rows have together: class, text, target, status, stream, level, repeats, and outcome of the record.
const KIND: usize = 8;

type Kind = [u64; KIND];

/// What the record of a kept entry says that its row does not; see [`crate::shard::within`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Number of its origin, which names service and revision, too.
    pub origin: u32,
    /// As in [`crate::facts::record::Share`].
    pub outcome: u32,
    /// As in [`crate::facts::record::Share`].
    pub latency: u16,
}

impl Told {
    /// What it is in the share of a record.
    pub fn of(share: &Share) -> Self {
        Self { origin: share.origin, outcome: share.outcome, latency: share.latency }
    }
}

fn kind_of(row: &Row, told: Option<Told>) -> Kind {
    // The outcome of a request is little more than its status.
    let outcome = told.map_or(0, |told| told.outcome.wrapping_sub(8 * u32::from(row.status)));
    [
        u64::from(row.class.0),
        u64::from(row.text.0),
        u64::from(row.target.0),
        u64::from(row.status),
        row.stream as u64,
        row.level as u64,
        u64::from(row.repeats),
        u64::from(outcome),
    ]
}

/// Rows by kind, then in their order.
fn by_kind(kinds: &[usize]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..kinds.len()).collect();
    order.sort_by_key(|at| kinds[*at]);
    order
}

/// Columns of rows in their order. Service and revision of a row whose record stands in it are those of the origin.
pub fn pack(rows: &[(Row, Option<Told>)]) -> Vec<Vec<u8>> {
    let mut known: HashMap<Kind, usize> = HashMap::new();
    let (mut table, mut kinds, mut marks) = (Vec::new(), Vec::new(), Vec::new());
    for (row, told) in rows {
        let kind = kind_of(row, *told);
        let number = *known.entry(kind).or_insert(table.len());
        // The next new kind is 0: texts that never repeat cost no numbers.
        marks.push(if number == table.len() { 0 } else { 1 + number as u64 });
        if number == table.len() {
            table.push(kind);
        }
        kinds.push(number);
    }
    let order = by_kind(&kinds);
    let in_kinds = || order.iter().map(|at| &rows[*at]);
    let name = |of: fn(&Row) -> Symbol| column(rows.iter().map(move |(row, _)| u64::from(of(row).0)));
    let apart = |of: fn(&Row) -> Symbol| {
        column(in_kinds().map(move |(row, told)| if told.is_some() { 0 } else { u64::from(of(row).0) }))
    };
    let written: Vec<i64> = rows.iter().map(|(row, _)| row.written).collect();
    let after: Vec<u64> = in_kinds().map(|(row, _)| zigzag(row.time.wrapping_sub(row.written))).collect();
    let lines: Vec<i64> = rows.iter().map(|(row, _)| i64::from(row.position.line)).collect();
    let mut parts = vec![told_count(rows.len()), told_count(table.len()), column(marks.iter().copied())];
    parts.extend((0..KIND).map(|at| column(table.iter().map(move |kind: &Kind| kind[at]))));
    parts.extend([
        pack_deltas_in_units(&written),
        pack_in_units(&after),
        column(in_kinds().map(|(_, told)| told.map_or(0, |told| 1 + u64::from(told.origin)))),
        column(in_kinds().map(|(_, told)| told.map_or(0, |told| u64::from(told.latency)))),
        apart(|row| row.service),
        apart(|row| row.revision),
        name(|row| row.instance),
        name(|row| row.trace),
        name(|row| row.execution),
        column(rows.iter().map(|(row, _)| row.insert_id.len() as u64)),
        rows.iter().flat_map(|(row, _)| row.insert_id.bytes()).collect(),
        column(rows.iter().map(|(row, _)| u64::from(row.position.file))),
        column(deltas(&lines)),
    ]);
    parts
}

/// Rows of columns, without their identities, and without service and revision where their record stands in them.
pub fn unpack(parts: &[Vec<u8>]) -> Result<Vec<(Row, Option<Told>)>, &'static str> {
    let [count, of_kinds, marks, rest @ ..] = parts else { return Err(WRONG) };
    let count = count_of(count, ROWS_IN_BLOCK)?;
    let of_kinds = count_of(of_kinds, count)?;
    let (table, rest) = rest.split_at_checked(KIND).ok_or(WRONG)?;
    let table: Vec<Vec<u64>> = table.iter().map(|part| numbers(part, of_kinds)).collect::<Result<_, _>>()?;
    let mut new = 0;
    let mut kind_of = |mark: u64| {
        let number = if mark == 0 { new } else { usize::try_from(mark - 1).unwrap_or(usize::MAX) };
        new += usize::from(mark == 0);
        if number < of_kinds { Ok(number) } else { Err("a kept entry is of a kind that is not there") }
    };
    let kinds: Vec<usize> = numbers(marks, count)?.into_iter().map(&mut kind_of).collect::<Result<_, _>>()?;
    let [written, after, origin, latency, service, revision, instance, trace, execution, lengths, ids, file, lines] =
        rest
    else {
        return Err(WRONG);
    };
    let of_row = |part: &Vec<u8>| numbers(part, count);
    let order = by_kind(&kinds);
    let in_kinds = |numbers: Vec<u64>| {
        let mut found = vec![0; count];
        order.iter().zip(numbers).for_each(|(at, number)| found[*at] = number);
        found
    };
    let (written, lines) = (unpack_deltas_in_units(written, count)?, sums(of_row(lines)?));
    let (after, origin) = (in_kinds(unpack_in_units(after, count)?), in_kinds(of_row(origin)?));
    let (latency, service) = (in_kinds(of_row(latency)?), in_kinds(of_row(service)?));
    let revision = in_kinds(of_row(revision)?);
    let (instance, trace, execution) = (of_row(instance)?, of_row(trace)?, of_row(execution)?);
    let (lengths, file) = (of_row(lengths)?, of_row(file)?);
    let mut ids = std::str::from_utf8(ids).map_err(|_| "insertIds are not UTF-8")?;
    (0..count)
        .map(|at| {
            let (insert_id, more) = usize::try_from(lengths[at])
                .ok()
                .and_then(|length| ids.split_at_checked(length))
                .ok_or("insertIds are shorter than they say")?;
            ids = more;
            let of_kind = |column: usize| table[column][kinds[at]];
            let status: u16 = narrow(of_kind(3))?;
            let told = match origin[at].checked_sub(1) {
                None => None,
                Some(origin) => Some(Told {
                    origin: narrow(origin)?,
                    outcome: narrow::<u32>(of_kind(7))?.wrapping_add(8 * u32::from(status)),
                    latency: narrow(latency[at])?,
                }),
            };
            let name = |column: &[u64]| narrow(column[at]).map(Symbol);
            let apart = |column: &[u64]| if told.is_some() { Ok(EMPTY) } else { name(column) };
            let row = Row {
                time: written[at].wrapping_add(unzigzag(after[at])),
                written: written[at],
                class: ClassId(narrow(of_kind(0))?),
                service: apart(&service)?,
                revision: apart(&revision)?,
                instance: name(&instance)?,
                trace: name(&trace)?,
                execution: name(&execution)?,
                insert_id: insert_id.into(),
                text: Symbol(narrow(of_kind(1))?),
                target: Symbol(narrow(of_kind(2))?),
                status,
                stream: stream_of(of_kind(4))?,
                level: level_of(of_kind(5))?,
                repeats: narrow(of_kind(6))?,
                identity: 0,
                position: Position {
                    file: narrow(file[at])?,
                    line: u32::try_from(lines[at]).map_err(|_| "a line is no line")?,
                },
            };
            Ok((row, told))
        })
        .collect()
}

fn stream_of(number: u64) -> Result<Stream, &'static str> {
    Stream::ALL.into_iter().find(|stream| *stream as u64 == number).ok_or("a stream is none that is known")
}

fn level_of(number: u64) -> Result<Level, &'static str> {
    const ALL: [Level; 6] = [Level::Unknown, Level::Debug, Level::Info, Level::Warning, Level::Error, Level::Fatal];
    ALL.into_iter().find(|level| *level as u64 == number).ok_or("a level is none that is known")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_survive_their_columns(seeds in proptest::collection::vec((any::<i64>(), any::<u32>(), 0u32..6), 0..80)) {
            let rows: Vec<(Row, Option<Told>)> = seeds
                .into_iter()
                .map(|(time, n, kind)| {
                    let told = (n % 3 > 0).then_some(Told { origin: n % 7, outcome: n % 90, latency: (n % 448) as u16 });
                    let name = |apart: bool| if apart && told.is_some() { EMPTY } else { Symbol(n % 11) };
                    let row = Row {
                        time: time.wrapping_add(i64::from(n % 2) * 1_000),
                        written: time,
                        class: ClassId(kind),
                        service: name(true),
                        revision: name(true),
                        instance: name(false),
                        trace: Symbol(n),
                        execution: EMPTY,
                        insert_id: format!("é{n}").into(),
                        text: Symbol(kind * 2),
                        target: EMPTY,
                        status: if kind == 2 { 503 } else { 0 },
                        stream: Stream::ALL[kind as usize % Stream::ALL.len()],
                        level: Level::Error,
                        repeats: 1 + kind,
                        identity: 0,
                        position: Position { file: n % 2, line: n },
                    };
                    (row, told)
                })
                .collect();
            prop_assert_eq!(unpack(&pack(&rows)), Ok(rows));
        }
    }
}
