//! Records and kept entries as columns: one part a column, so that each is packed by itself.
//!
//! In: a chunk of records or rows. Out: the bytes of each column, and back. A column of numbers is stored as its lowest
//! bytes, then the next ones, and so on as far as any number reaches: hashes stay what they are, and small numbers
//! cost what they are worth.

use crate::classify::level::Level;
use crate::facts::record::{Record, Share, UNTIMED};
use crate::facts::row::{ClassId, Row};
use crate::facts::symbols::Symbol;
use crate::model::{Position, Stream};

/// Records in one block: what a merge holds of each shard at a time.
pub const RECORDS_IN_BLOCK: usize = 4_096;

/// Rows in one block.
pub const ROWS_IN_BLOCK: usize = 16_384;

/// Whether these bytes are columns is known by the checksum; this is for a file that was made to mislead.
const WRONG: &str = "a column has another length than its neighbours";

/// A column of numbers.
fn pack(numbers: impl IntoIterator<Item = u64, IntoIter: Clone>) -> Vec<u8> {
    let numbers = numbers.into_iter();
    let all = numbers.clone().fold(0, |all, number| all | number);
    let width = (64 - all.leading_zeros()).div_ceil(8);
    let mut bytes = Vec::new();
    for plane in 0..width {
        bytes.extend(numbers.clone().map(|number| number.to_le_bytes()[plane as usize]));
    }
    bytes
}

/// The numbers of a column of `count`.
fn unpack(bytes: &[u8], count: usize) -> Result<Vec<u64>, &'static str> {
    if count == 0 || !bytes.len().is_multiple_of(count) || bytes.len() / count > 8 {
        return if bytes.is_empty() { Ok(vec![0; count]) } else { Err(WRONG) };
    }
    let mut numbers = vec![0; count];
    for (plane, bytes) in bytes.chunks(count).enumerate() {
        for (number, byte) in numbers.iter_mut().zip(bytes) {
            *number |= u64::from(*byte) << (8 * plane);
        }
    }
    Ok(numbers)
}

/// A signed number with its sign in the lowest bit.
fn zigzag(number: i64) -> u64 {
    (number.wrapping_shl(1) ^ (number >> 63)).cast_unsigned()
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

/// Differences to the number before; they wrap.
fn deltas(numbers: &[i64]) -> Vec<u64> {
    let before = std::iter::once(0).chain(numbers.iter().copied());
    numbers.iter().zip(before).map(|(number, before)| zigzag(number.wrapping_sub(before))).collect()
}

fn sums(deltas: Vec<u64>) -> Vec<i64> {
    let mut sum = 0_i64;
    let add = |delta| {
        sum = sum.wrapping_add(unzigzag(delta));
        sum
    };
    deltas.into_iter().map(add).collect()
}

fn narrow<T: TryFrom<u64>>(number: u64) -> Result<T, &'static str> {
    T::try_from(number).map_err(|_| "a number is larger than its column allows")
}

/// Columns of records in the order of their identities, each with 1 + the number of the row that its entry is kept
/// as, or 0. Rows have no column of identities: most of those eight bytes would be there twice.
pub fn pack_records(records: &[(Record, u32)]) -> Vec<Vec<u8>> {
    let mut before = 0;
    let identities: Vec<u64> = records
        .iter()
        .map(|(record, _)| record.identity.wrapping_sub(std::mem::replace(&mut before, record.identity)))
        .collect();
    let first =
        records.iter().map(|(record, _)| record.share.minute).filter(|minute| *minute != UNTIMED).min().unwrap_or(0);
    let minute = |share: &Share| if share.minute == UNTIMED { 0 } else { 1 + (share.minute - first).cast_unsigned() };
    let shares = || records.iter().map(|(record, _)| &record.share);
    vec![
        (records.len() as u64).to_le_bytes().to_vec(),
        first.to_le_bytes().to_vec(),
        pack(identities.iter().copied()),
        pack(shares().map(minute)),
        pack(shares().map(|share| u64::from(share.origin))),
        pack(shares().map(|share| u64::from(share.instance.0))),
        pack(shares().map(|share| u64::from(share.outcome))),
        pack(shares().map(|share| u64::from(share.latency))),
        pack(records.iter().map(|(_, row)| u64::from(*row))),
    ]
}

/// Records of columns.
pub fn unpack_records(parts: &[Vec<u8>]) -> Result<Vec<Record>, &'static str> {
    let [count, first, identities, minutes, origins, instances, outcomes, latencies, _] = parts else {
        return Err(WRONG);
    };
    let count = usize::try_from(word(count)?).ok().filter(|count| *count <= RECORDS_IN_BLOCK).ok_or(WRONG)?;
    let first = word(first)?.cast_signed();
    let (identities, minutes) = (unpack(identities, count)?, unpack(minutes, count)?);
    let (origins, instances) = (unpack(origins, count)?, unpack(instances, count)?);
    let (outcomes, latencies) = (unpack(outcomes, count)?, unpack(latencies, count)?);
    let mut identity = 0_u64;
    (0..count)
        .map(|at| {
            identity = identity.wrapping_add(identities[at]);
            let minute = minutes[at].checked_sub(1).map_or(UNTIMED, |after| first.wrapping_add(after.cast_signed()));
            let share = Share {
                minute,
                origin: narrow(origins[at])?,
                instance: Symbol(narrow(instances[at])?),
                outcome: narrow(outcomes[at])?,
                latency: narrow(latencies[at])?,
            };
            Ok(Record { identity, share })
        })
        .collect()
}

/// Of the records of columns that are kept as rows, the number of the row and the identity.
pub fn unpack_kept(parts: &[Vec<u8>]) -> Result<Vec<(usize, u64)>, &'static str> {
    let [count, _, identities, .., rows] = parts else { return Err(WRONG) };
    let count = usize::try_from(word(count)?).ok().filter(|count| *count <= RECORDS_IN_BLOCK).ok_or(WRONG)?;
    let mut identity = 0_u64;
    let mut kept = Vec::new();
    for (delta, row) in unpack(identities, count)?.into_iter().zip(unpack(rows, count)?) {
        identity = identity.wrapping_add(delta);
        if let Some(row) = row.checked_sub(1) {
            kept.push((narrow::<u32>(row)? as usize, identity));
        }
    }
    Ok(kept)
}

fn word(bytes: &[u8]) -> Result<u64, &'static str> {
    bytes.try_into().map(u64::from_le_bytes).map_err(|_| WRONG)
}

/// Columns of rows in their order.
pub fn pack_rows(rows: &[Row]) -> Vec<Vec<u8>> {
    let times: Vec<i64> = rows.iter().map(|row| row.time).collect();
    let lines: Vec<i64> = rows.iter().map(|row| i64::from(row.position.line)).collect();
    let name = |of: fn(&Row) -> Symbol| pack(rows.iter().map(move |row| u64::from(of(row).0)));
    let ids: Vec<u8> = rows.iter().flat_map(|row| row.insert_id.bytes()).collect();
    vec![
        (rows.len() as u64).to_le_bytes().to_vec(),
        pack(deltas(&times).into_iter()),
        pack(rows.iter().map(|row| zigzag(row.time.wrapping_sub(row.written)))),
        pack(rows.iter().map(|row| u64::from(row.class.0))),
        name(|row| row.service),
        name(|row| row.revision),
        name(|row| row.instance),
        name(|row| row.trace),
        name(|row| row.execution),
        name(|row| row.text),
        name(|row| row.target),
        pack(rows.iter().map(|row| row.insert_id.len() as u64)),
        ids,
        pack(rows.iter().map(|row| u64::from(row.status))),
        pack(rows.iter().map(|row| row.stream as u64)),
        pack(rows.iter().map(|row| row.level as u64)),
        pack(rows.iter().map(|row| u64::from(row.repeats))),
        pack(rows.iter().map(|row| u64::from(row.position.file))),
        pack(deltas(&lines).into_iter()),
    ]
}

/// Rows of columns, without their identities.
pub fn unpack_rows(parts: &[Vec<u8>]) -> Result<Vec<Row>, &'static str> {
    let [count, columns @ ..] = parts else { return Err(WRONG) };
    let count = usize::try_from(word(count)?).ok().filter(|count| *count <= ROWS_IN_BLOCK).ok_or(WRONG)?;
    let [times, after, class, service, revision, instance, trace, execution, text, target, lengths, ids, rest @ ..] =
        columns
    else {
        return Err(WRONG);
    };
    let [status, stream, level, repeats, file, lines] = rest else { return Err(WRONG) };
    let numbers = |column: &Vec<u8>| unpack(column, count);
    let (times, lines, after) = (sums(numbers(times)?), sums(numbers(lines)?), numbers(after)?);
    let (class, status, stream, level) = (numbers(class)?, numbers(status)?, numbers(stream)?, numbers(level)?);
    let (repeats, file) = (numbers(repeats)?, numbers(file)?);
    let (service, revision, instance) = (numbers(service)?, numbers(revision)?, numbers(instance)?);
    let (trace, execution, text, target) = (numbers(trace)?, numbers(execution)?, numbers(text)?, numbers(target)?);
    let lengths = numbers(lengths)?;
    let mut ids = std::str::from_utf8(ids).map_err(|_| "insertIds are not UTF-8")?;
    (0..count)
        .map(|at| {
            let name = |column: &[u64]| narrow(column[at]).map(Symbol);
            let (insert_id, more) = usize::try_from(lengths[at])
                .ok()
                .and_then(|length| ids.split_at_checked(length))
                .ok_or("insertIds are shorter than they say")?;
            ids = more;
            Ok(Row {
                time: times[at],
                written: times[at].wrapping_sub(unzigzag(after[at])),
                class: ClassId(narrow(class[at])?),
                service: name(&service)?,
                revision: name(&revision)?,
                instance: name(&instance)?,
                trace: name(&trace)?,
                execution: name(&execution)?,
                insert_id: insert_id.into(),
                text: name(&text)?,
                target: name(&target)?,
                status: narrow(status[at])?,
                stream: stream_of(stream[at])?,
                level: level_of(level[at])?,
                repeats: narrow(repeats[at])?,
                identity: 0,
                position: Position {
                    file: narrow(file[at])?,
                    line: u32::try_from(lines[at]).map_err(|_| "a line is no line")?,
                },
            })
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

    use super::{deltas, pack, pack_records, sums, unpack, unpack_kept, unpack_records};
    use crate::facts::record::{Record, Share, UNTIMED};
    use crate::facts::symbols::Symbol;

    proptest! {
        #[test]
        fn numbers_survive_their_columns(numbers in proptest::collection::vec(any::<u64>(), 0..200), small in any::<bool>()) {
            let numbers: Vec<u64> = numbers.into_iter().map(|number| if small { number % 300 } else { number }).collect();
            prop_assert_eq!(unpack(&pack(numbers.iter().copied()), numbers.len()), Ok(numbers));
        }

        #[test]
        fn differences_add_up(numbers in proptest::collection::vec(any::<i64>(), 0..100)) {
            prop_assert_eq!(sums(deltas(&numbers)), numbers);
        }

        #[test]
        fn records_survive_their_columns(identities in proptest::collection::btree_set(any::<u64>(), 0..100)) {
            let records: Vec<Record> = identities
                .into_iter()
                .enumerate()
                .map(|(at, identity)| {
                    let n = u32::try_from(at).unwrap();
                    let minute = if at % 7 == 3 { UNTIMED } else { 29_000_000 - i64::from(n) * 1_000 };
                    let share = Share { minute, origin: n % 3, instance: Symbol(n * n), outcome: n * 17, latency: 448 };
                    Record { identity, share }
                })
                .collect();
            let kept: Vec<(Record, u32)> = records.iter().map(|record| (*record, record.share.outcome % 5)).collect();
            let parts = pack_records(&kept);
            prop_assert_eq!(unpack_records(&parts), Ok(records));
            let kept = kept.into_iter().filter(|(_, row)| *row > 0);
            prop_assert_eq!(unpack_kept(&parts), Ok(kept.map(|(record, row)| (row as usize - 1, record.identity)).collect()));
        }

        #[test]
        fn columns_that_mislead_are_refused(parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..24)) {
            drop((unpack_records(&parts), super::unpack_rows(&parts)));
        }
    }
}
