//! Finds the places of messages that hold names, by looking at one place at a time.
//!
//! In: distinct shapes. Out: the same, with names replaced by `<*>`. A *slot* is a shape with one word left
//! out; the words that fill it are what distinguishes messages that are otherwise equal. Many different
//! words in one slot are values. So are a few, if a number fills the slot as well, or if the same words
//! fill other slots too: things have names, and are spoken of in more than one message.
//!
//! Every round looks at all slots before it changes any, so the outcome depends on the set of shapes only.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;

use super::miner::mix;
use super::vocabulary::{VALUE, Vocabulary, Word};

/// Rounds; each can only make shapes more general, and two are usual.
const ROUNDS_MAX: usize = 8;

/// So many common words make two slots speak of the same things.
const COMMON_WORDS: usize = 3;

/// Larger slots are not compared by their words; they are values by their number.
const COMPARED_WORDS_MAX: usize = 8;

/// With more slots than this, none are compared: bounds time and memory.
const COMPARED_SLOTS_MAX: usize = 200_000;

/// Shapes that differ in one place only.
struct Slot {
    column: usize,
    /// The rows, each with another word in the column.
    rows: Vec<u32>,
    /// Those words, in order; no value among them.
    words: Vec<Word>,
    /// Whether a value fills the slot too.
    has_value: bool,
    /// Whether its words say what the message is about or what happened: no other word stands before it, or
    /// it is the value of a key that speaks.
    fixed: bool,
}

/// Replaces names by values, row by row.
pub(super) fn generalize(mut rows: Vec<Box<[Word]>>, vocabulary: &Vocabulary<'_>) -> Vec<Box<[Word]>> {
    for _ in 0..ROUNDS_MAX {
        let mut distinct: Vec<&[Word]> = rows.iter().map(AsRef::as_ref).collect();
        distinct.sort_unstable_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
        distinct.dedup();
        let slots = slots(&distinct, vocabulary);
        let shared = shared_words(&slots);
        let mut changed: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for slot in slots.iter().filter(|slot| holds_names(slot, &shared, vocabulary)) {
            for row in &slot.rows {
                if distinct[*row as usize][slot.column] != VALUE {
                    changed.entry(*row).or_default().push(slot.column);
                }
            }
        }
        if changed.is_empty() {
            break;
        }
        let general: HashMap<Box<[Word]>, Box<[Word]>, FixedState> = changed
            .into_iter()
            .map(|(row, columns)| {
                let old: Box<[Word]> = distinct[row as usize].into();
                let mut new = old.clone();
                for column in columns {
                    new[column] = VALUE;
                }
                (old, new)
            })
            .collect();
        for row in &mut rows {
            if let Some(new) = general.get(row) {
                row.clone_from(new);
            }
        }
    }
    rows
}

/// All slots that more than one row fills; `rows` stand in order of length.
fn slots(rows: &[&[Word]], vocabulary: &Vocabulary<'_>) -> Vec<Slot> {
    let mut found = Vec::new();
    let mut start = 0;
    while start < rows.len() {
        let length = rows[start].len();
        let end = start + rows[start..].iter().take_while(|row| row.len() == length).count();
        let group = &rows[start..end];
        let sums: Vec<u64> = group
            .iter()
            .map(|row| row.iter().enumerate().fold(0_u64, |sum, (column, word)| sum.wrapping_add(mark(column, *word))))
            .collect();
        for column in 0..length {
            // The sum without one column is equal for rows that differ there only.
            let mut holes: Vec<(u64, Word, u32)> = group
                .iter()
                .zip(&sums)
                .zip(start..)
                .filter(|((row, _), _)| row[column] == VALUE || vocabulary.is_word(row[column]))
                .map(|((row, sum), index)| {
                    (sum.wrapping_sub(mark(column, row[column])), row[column], u32::try_from(index).unwrap_or(u32::MAX))
                })
                .collect();
            holes.sort_unstable();
            for same in holes.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
                found.extend(slot(column, same, rows[same[0].2 as usize], vocabulary));
            }
        }
        start = end;
    }
    found
}

/// A slot, unless nothing but names and punctuation would be left of the message.
fn slot(column: usize, same: &[(u64, Word, u32)], row: &[Word], vocabulary: &Vocabulary<'_>) -> Option<Slot> {
    let first = (0..row.len()).find(|other| *other != column && vocabulary.is_word(row[*other]))?;
    let words: Vec<Word> = same.iter().map(|(_, word, _)| *word).filter(|word| *word != VALUE).collect();
    Some(Slot {
        column,
        rows: same.iter().map(|(_, _, row)| *row).collect(),
        has_value: words.len() < same.len(),
        words,
        fixed: column < first || vocabulary.speaks(row, column),
    })
}

fn mark(column: usize, word: Word) -> u64 {
    mix((column as u64) << 32 | u64::from(word))
}

/// Groups of words that fill more than one slot.
fn shared_words(slots: &[Slot]) -> HashMap<[Word; COMMON_WORDS], u32, FixedState> {
    let mut shared = HashMap::default();
    if slots.len() <= COMPARED_SLOTS_MAX {
        for group in slots.iter().flat_map(|slot| groups(&slot.words)) {
            *shared.entry(group).or_insert(0) += 1;
        }
    }
    shared
}

/// Every choice of [`COMMON_WORDS`] of a few words.
fn groups(words: &[Word]) -> Vec<[Word; COMMON_WORDS]> {
    let mut found = Vec::new();
    if words.len() > COMPARED_WORDS_MAX {
        return found;
    }
    for (i, first) in words.iter().enumerate() {
        for (j, second) in words.iter().enumerate().skip(i + 1) {
            found.extend(words.iter().skip(j + 1).map(|third| [*first, *second, *third]));
        }
    }
    found
}

fn holds_names(
    slot: &Slot,
    shared: &HashMap<[Word; COMMON_WORDS], u32, FixedState>,
    vocabulary: &Vocabulary<'_>,
) -> bool {
    if slot.words.is_empty() {
        return false;
    }
    if slot.words.len() >= vocabulary.words_max(&slot.words, slot.fixed) {
        return true;
    }
    if slot.fixed {
        return false;
    }
    let is_spoken_of_elsewhere = || groups(&slot.words).iter().any(|group| shared.get(group).is_some_and(|n| *n > 1));
    slot.has_value || (!vocabulary.are_states(&slot.words) && is_spoken_of_elsewhere())
}
