//! Names and texts in their order: what each has in common with the one before it is told as a length.
//!
//! Ids of instances are long and differ in their last characters. Classes repeat texts, so they stand behind the names
//! in the same part and are packed with them.

use super::{WRONG, count_of, pack as column, told_count, unpack as numbers};

/// Names in one block.
pub const NAMES_IN_BLOCK: usize = 65_536;

/// Bytes of names in one block, unless a single one is larger.
pub const NAMES_BYTES: usize = 4 << 20;

/// What a reader unfolds at most; a writer stays far below.
const UNFOLDED_BYTES_MAX: usize = 256 << 20;

/// The names of a block, and the bytes that stand behind them.
type Unpacked = (Vec<String>, Vec<u8>);

/// How many of the names fit one block, at least one of any.
pub fn fitting(names: &[String]) -> usize {
    let mut bytes = 0;
    let fits = names.iter().take(NAMES_IN_BLOCK).take_while(|name| {
        bytes += name.len();
        bytes <= NAMES_BYTES
    });
    fits.count().max(usize::from(!names.is_empty()))
}

/// Columns of names, with `behind` after the last.
pub fn pack(names: &[String], behind: &[u8]) -> Vec<Vec<u8>> {
    let mut before: &[u8] = &[];
    let (mut shared, mut lengths, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
    for name in names {
        let name = name.as_bytes();
        let same = name.iter().zip(before).take_while(|(a, b)| a == b).count();
        shared.push(same as u64);
        lengths.push((name.len() - same) as u64);
        bytes.extend_from_slice(&name[same..]);
        before = name;
    }
    bytes.extend_from_slice(behind);
    vec![told_count(names.len()), column(shared.iter().copied()), column(lengths.iter().copied()), bytes]
}

/// Names of columns, and what stands behind them.
pub fn unpack(parts: &[Vec<u8>]) -> Result<Unpacked, &'static str> {
    let [count, shared, lengths, bytes] = parts else { return Err(WRONG) };
    let count = count_of(count, NAMES_IN_BLOCK)?;
    let (shared, lengths) = (numbers(shared, count)?, numbers(lengths, count)?);
    let (mut rest, mut unfolded) = (bytes.as_slice(), 0_usize);
    let mut names: Vec<String> = Vec::with_capacity(count);
    for (shared, length) in shared.into_iter().zip(lengths) {
        let before = names.last().map_or(&[][..], |name| name.as_bytes());
        let same = usize::try_from(shared).ok().and_then(|shared| before.get(..shared));
        let own = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length));
        let (Some(same), Some((own, after))) = (same, own) else { return Err("a name is longer than its bytes") };
        rest = after;
        unfolded += same.len() + own.len();
        if unfolded > UNFOLDED_BYTES_MAX {
            return Err("names are larger than any that whydown writes");
        }
        let name = [same, own].concat();
        names.push(String::from_utf8(name).map_err(|_| "a name is not UTF-8")?);
    }
    Ok((names, rest.to_vec()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{NAMES_BYTES, fitting, pack, unpack};

    proptest! {
        #[test]
        fn names_survive_their_columns(names in proptest::collection::btree_set("[aäb€c]{0,6}", 0..60), behind in any::<Vec<u8>>()) {
            let names: Vec<String> = names.into_iter().collect();
            prop_assert_eq!(unpack(&pack(&names, &behind)), Ok((names, behind)));
        }
    }

    #[test]
    fn a_block_holds_so_many_bytes_or_one_name() {
        let long = "x".repeat(NAMES_BYTES / 2);
        assert_eq!(fitting(&[long.clone(), long.clone(), long.clone()]), 2);
        assert_eq!((fitting(&[long.repeat(3), long]), fitting(&[])), (1, 0));
    }

    #[test]
    fn a_few_bytes_do_not_unfold_to_gigabytes() {
        let long = "x".repeat(1 << 20);
        let names: Vec<String> = (0..600).map(|n| format!("{long}{n}")).collect();
        assert!(unpack(&pack(&names, &[])).unwrap_err().contains("larger"));
    }
}
