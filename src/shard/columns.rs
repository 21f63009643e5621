//! Tables as columns: one part a column, so that each is packed by itself; one file a table.
//!
//! In: a chunk of rows, records, lives or names. Out: the bytes of each column, and back. A column of numbers is stored
//! as its lowest bytes, then the next ones, and so on as far as any number reaches: hashes stay what they are, and
//! small numbers cost what they are worth. A column of times is counted in the largest unit that all of them share:
//! clocks write microseconds where nanoseconds are kept.

pub mod lives;
pub mod names;
pub mod records;
pub mod rows;

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

/// A column of numbers in the largest unit that divides them all.
fn pack_in_units(numbers: &[u64]) -> Vec<u8> {
    let unit = numbers.iter().fold(0, |unit, number| greatest_divisor(unit, *number));
    if unit == 0 {
        return Vec::new();
    }
    let mut bytes = unit.to_le_bytes().to_vec();
    bytes.extend(pack(numbers.iter().map(|number| number / unit)));
    bytes
}

/// The same of differences to the number before, which wrap, with their signs.
fn pack_deltas_in_units(numbers: &[i64]) -> Vec<u8> {
    let before = std::iter::once(0).chain(numbers.iter().copied());
    let deltas: Vec<i64> = numbers.iter().zip(before).map(|(number, before)| number.wrapping_sub(before)).collect();
    let unit = deltas.iter().fold(0, |unit, delta| greatest_divisor(unit, delta.unsigned_abs()));
    // As a number, a unit that is no i64 is -2^63, and divides itself.
    let divisor = unit.cast_signed();
    if divisor == 0 {
        return Vec::new();
    }
    let mut bytes = unit.to_le_bytes().to_vec();
    bytes.extend(pack(deltas.iter().map(|delta| zigzag(delta.wrapping_div(divisor)))));
    bytes
}

/// The numbers of a column of `count` differences with its unit.
fn unpack_deltas_in_units(bytes: &[u8], count: usize) -> Result<Vec<i64>, &'static str> {
    let Some((unit, planes)) = bytes.split_first_chunk() else {
        return if bytes.is_empty() { Ok(vec![0; count]) } else { Err(WRONG) };
    };
    let unit = i64::from_le_bytes(*unit);
    let mut sum = 0_i64;
    let add = |delta| {
        sum = sum.wrapping_add(unzigzag(delta).wrapping_mul(unit));
        sum
    };
    Ok(unpack(planes, count)?.into_iter().map(add).collect())
}

/// The numbers of a column of `count` with its unit.
fn unpack_in_units(bytes: &[u8], count: usize) -> Result<Vec<u64>, &'static str> {
    let Some((unit, planes)) = bytes.split_first_chunk() else {
        return if bytes.is_empty() { Ok(vec![0; count]) } else { Err(WRONG) };
    };
    let unit = u64::from_le_bytes(*unit);
    Ok(unpack(planes, count)?.into_iter().map(|number| number.wrapping_mul(unit)).collect())
}

fn greatest_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn word(bytes: &[u8]) -> Result<u64, &'static str> {
    bytes.try_into().map(u64::from_le_bytes).map_err(|_| WRONG)
}

/// The number of rows that a part tells, at most `most`.
fn count_of(part: &[u8], most: usize) -> Result<usize, &'static str> {
    usize::try_from(word(part)?).ok().filter(|count| *count <= most).ok_or(WRONG)
}

/// The part that tells the number of rows.
fn told_count(count: usize) -> Vec<u8> {
    (count as u64).to_le_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        deltas, pack, pack_deltas_in_units, pack_in_units, sums, unpack, unpack_deltas_in_units, unpack_in_units,
    };

    proptest! {
        #[test]
        fn numbers_survive_their_columns(
            numbers in proptest::collection::vec(any::<u64>(), 0..200), small in any::<bool>(), unit in 1u64..5_000,
        ) {
            let numbers: Vec<u64> = numbers.into_iter().map(|number| if small { number % 300 } else { number }).collect();
            prop_assert_eq!(unpack(&pack(numbers.iter().copied()), numbers.len()), Ok(numbers.clone()));
            let times: Vec<u64> = numbers.iter().map(|number| (number >> 16) * unit).collect();
            let packed = pack_in_units(&times);
            prop_assert_eq!(unpack_in_units(&packed, times.len()), Ok(times));
            prop_assert_eq!(unpack_in_units(&pack_in_units(&numbers), numbers.len()), Ok(numbers));
        }

        #[test]
        fn differences_add_up(numbers in proptest::collection::vec(any::<i64>(), 0..100)) {
            prop_assert_eq!(sums(deltas(&numbers)), numbers.clone());
            let even: Vec<i64> = numbers.iter().map(|number| number & !7).collect();
            for numbers in [numbers, even] {
                prop_assert_eq!(unpack_deltas_in_units(&pack_deltas_in_units(&numbers), numbers.len()), Ok(numbers));
            }
        }

        #[test]
        fn columns_that_mislead_are_refused(parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..28)) {
            drop((super::records::unpack(&parts), super::rows::unpack(&parts), super::lives::unpack(&parts)));
            drop(super::names::unpack(&parts));
        }
    }

    #[test]
    fn microseconds_cost_no_nanoseconds() {
        let times: Vec<u64> = (0..1_000).map(|n| n * n % 7_919 * 1_000).collect();
        assert_eq!(pack_in_units(&times).len(), 8 + 2 * times.len());
        let there_and_back: Vec<i64> = times.iter().map(|time| time.cast_signed() - 4_000_000).collect();
        assert_eq!(pack_deltas_in_units(&there_and_back).len(), 8 + 2 * times.len());
    }
}
