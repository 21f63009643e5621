//! Lives of instances in the order of their names.
//!
//! An answer ends a life as often as not, and a single one is first and last at once, so times are told by how far they
//! lie from the one that they most likely are.

use super::{
    WRONG, count_of, deltas, narrow, pack as column, pack_in_units, sums, told_count, unpack as numbers,
    unpack_in_units, unzigzag, zigzag,
};
use crate::facts::life::Life;
use crate::facts::symbols::Symbol;

/// Lives in one block.
pub const LIVES_IN_BLOCK: usize = 16_384;

/// A life with its service and instance.
pub type Lived = ((Symbol, Symbol), Life);

/// How far `time` lies before `other`; 0 where it is `none`.
fn told(time: i64, none: i64, other: i64) -> u64 {
    if time == none { 0 } else { zigzag(other.wrapping_sub(time)).saturating_add(1) }
}

fn time_of(told: u64, none: i64, other: i64) -> i64 {
    told.checked_sub(1).map_or(none, |before| other.wrapping_sub(unzigzag(before)))
}

/// Columns of lives.
pub fn pack(lives: &[Lived]) -> Vec<Vec<u8>> {
    let base = lives.iter().map(|(_, life)| life.first).min().unwrap_or(0);
    let number = |of: fn(&Lived) -> u64| column(lives.iter().map(of));
    let since = |of: &dyn Fn(&Life) -> u64| pack_in_units(&lives.iter().map(|(_, life)| of(life)).collect::<Vec<_>>());
    let instances: Vec<i64> = lives.iter().map(|((_, instance), _)| i64::from(instance.0)).collect();
    vec![
        told_count(lives.len()),
        base.to_le_bytes().to_vec(),
        number(|((service, _), _)| u64::from(service.0)),
        column(deltas(&instances)),
        number(|(_, life)| u64::from(life.revision.0)),
        since(&|life| life.first.wrapping_sub(base).cast_unsigned()),
        since(&|life| zigzag(life.last.wrapping_sub(life.first))),
        // A place behind the mark for "none" has no unit.
        column(lives.iter().map(|(_, life)| told(life.last_answer, i64::MIN, life.last))),
        column(lives.iter().map(|(_, life)| told(life.first_answer, i64::MAX, life.last_answer))),
        number(|(_, life)| life.answered),
        number(|(_, life)| life.failed),
    ]
}

/// Lives of columns.
pub fn unpack(parts: &[Vec<u8>]) -> Result<Vec<Lived>, &'static str> {
    let [count, base, service, instance, revision, first, last, last_answer, first_answer, answered, failed] = parts
    else {
        return Err(WRONG);
    };
    let count = count_of(count, LIVES_IN_BLOCK)?;
    let base = super::word(base)?.cast_signed();
    let (service, instance) = (numbers(service, count)?, sums(numbers(instance, count)?));
    let (revision, first) = (numbers(revision, count)?, unpack_in_units(first, count)?);
    let (last, last_answer) = (unpack_in_units(last, count)?, numbers(last_answer, count)?);
    let (first_answer, answered) = (numbers(first_answer, count)?, numbers(answered, count)?);
    let failed = numbers(failed, count)?;
    (0..count)
        .map(|at| {
            let instance = u32::try_from(instance[at]).map_err(|_| "an instance has no name")?;
            let first = base.wrapping_add(first[at].cast_signed());
            let last = first.wrapping_add(unzigzag(last[at]));
            let last_answer = time_of(last_answer[at], i64::MIN, last);
            let life = Life {
                revision: Symbol(narrow(revision[at])?),
                first,
                last,
                answered: answered[at],
                first_answer: time_of(first_answer[at], i64::MAX, last_answer),
                last_answer,
                failed: failed[at],
            };
            Ok(((Symbol(narrow(service[at])?), Symbol(instance)), life))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lives_survive_their_columns(seeds in proptest::collection::vec((0i64..1 << 60, 0i64..1 << 40, any::<u16>()), 0..60)) {
            let lives: Vec<Lived> = seeds
                .into_iter()
                .zip(0..)
                .map(|((first, length, n), number)| {
                    let life = Life {
                        revision: Symbol(u32::from(n % 4)),
                        first,
                        last: first + length,
                        answered: u64::from(n % 3),
                        first_answer: if n % 3 == 0 { i64::MAX } else { first + length / 2 },
                        last_answer: if n % 3 == 0 { i64::MIN } else { first + length / i64::from(n % 3) },
                        failed: u64::from(n),
                    };
                    ((Symbol(u32::from(n) % 3), Symbol(number)), life)
                })
                .chain([((Symbol(1), Symbol(2)), Life::default())])
                .collect();
            prop_assert_eq!(unpack(&pack(&lives)), Ok(lives));
        }
    }
}
