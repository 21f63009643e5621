//! Records in the order of their identities: what a merge reads side by side from all shards.

use super::{WRONG, count_of, narrow, pack as column, told_count, unpack as numbers, word};
use crate::facts::record::{Record, Share, UNTIMED};
use crate::facts::symbols::Symbol;

/// Records in one block: what a merge holds of each shard at a time.
pub const RECORDS_IN_BLOCK: usize = 4_096;

/// Columns of records in the order of their identities, each with 1 + the number of the row that its entry is kept
/// as, or 0. Rows have no column of identities: most of those eight bytes would be there twice.
pub fn pack(records: &[(Record, u32)]) -> Vec<Vec<u8>> {
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
        told_count(records.len()),
        first.to_le_bytes().to_vec(),
        column(identities.iter().copied()),
        column(shares().map(minute)),
        column(shares().map(|share| u64::from(share.origin))),
        column(shares().map(|share| u64::from(share.instance.0))),
        column(shares().map(|share| u64::from(share.outcome))),
        column(shares().map(|share| u64::from(share.latency))),
        column(records.iter().map(|(_, row)| u64::from(*row))),
    ]
}

/// Records of columns.
pub fn unpack(parts: &[Vec<u8>]) -> Result<Vec<Record>, &'static str> {
    let [count, first, identities, minutes, origins, instances, outcomes, latencies, _] = parts else {
        return Err(WRONG);
    };
    let count = count_of(count, RECORDS_IN_BLOCK)?;
    let first = word(first)?.cast_signed();
    let (identities, minutes) = (numbers(identities, count)?, numbers(minutes, count)?);
    let (origins, instances) = (numbers(origins, count)?, numbers(instances, count)?);
    let (outcomes, latencies) = (numbers(outcomes, count)?, numbers(latencies, count)?);
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
    let count = count_of(count, RECORDS_IN_BLOCK)?;
    let mut identity = 0_u64;
    let mut kept = Vec::new();
    for (delta, row) in numbers(identities, count)?.into_iter().zip(numbers(rows, count)?) {
        identity = identity.wrapping_add(delta);
        if let Some(row) = row.checked_sub(1) {
            kept.push((narrow::<u32>(row)? as usize, identity));
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{pack, unpack, unpack_kept};
    use crate::facts::record::{Record, Share, UNTIMED};
    use crate::facts::symbols::Symbol;

    proptest! {
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
            let parts = pack(&kept);
            prop_assert_eq!(unpack(&parts), Ok(records));
            let kept = kept.into_iter().filter(|(_, row)| *row > 0);
            prop_assert_eq!(unpack_kept(&parts), Ok(kept.map(|(record, row)| (row as usize - 1, record.identity)).collect()));
        }
    }
}
