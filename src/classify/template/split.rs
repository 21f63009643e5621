//! Separates messages of one length into templates, from the top down.
//!
//! In: shapes of one length whose single names are values already. Out: for each the template it belongs
//! to. Messages with most words in common that differ in several places at once have names there, if many
//! different words fill each of them. Otherwise the place with the fewest different words tells messages
//! apart, and the search goes on among those that agree there.

use std::collections::HashSet;

use foldhash::fast::FixedState;

use super::vocabulary::{VALUE, Vocabulary, Word};

/// Different words of one place that are counted; there may be more.
const COUNTED_WORDS_MAX: usize = 64;

/// The template of each row, in the same order. All rows have one length.
pub(super) fn split(rows: &[Box<[Word]>], vocabulary: &Vocabulary<'_>) -> Vec<Box<[Word]>> {
    let mut templates = rows.to_vec();
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_unstable_by(|a, b| rows[*a].cmp(&rows[*b]));
    let mut open = vec![(order, 0_u128)];
    while let Some((group, values)) = open.pop() {
        let columns = columns(&group, values, rows);
        match next(&columns, rows[group[0]].as_ref(), vocabulary) {
            Next::Done => {
                for row in group {
                    for (column, word) in templates[row].iter_mut().enumerate() {
                        if values & (1 << column) != 0 {
                            *word = VALUE;
                        }
                    }
                }
            }
            Next::Value(column) => open.push((group, values | 1 << column)),
            Next::Split(column) => {
                let mut group = group;
                group.sort_by_key(|row| rows[*row][column]);
                open.extend(
                    group.chunk_by(|a, b| rows[*a][column] == rows[*b][column]).map(|part| (part.to_vec(), values)),
                );
            }
        }
    }
    templates
}

enum Next {
    Done,
    Value(usize),
    Split(usize),
}

/// The different words of each place, up to a limit; empty where the place is a value.
fn columns(group: &[usize], values: u128, rows: &[Box<[Word]>]) -> Vec<Vec<Word>> {
    (0..rows[group[0]].len())
        .map(|column| {
            let mut words: Vec<Word> = Vec::new();
            if values & (1 << column) != 0 {
                return words;
            }
            let mut seen: HashSet<Word, FixedState> = HashSet::default();
            let mut last = None;
            for row in group {
                let word = rows[*row][column];
                if last == Some(word) {
                    continue;
                }
                last = Some(word);
                if seen.insert(word) {
                    words.push(word);
                    if words.len() > COUNTED_WORDS_MAX {
                        break;
                    }
                }
            }
            words
        })
        .collect()
}

fn next(columns: &[Vec<Word>], row: &[Word], vocabulary: &Vocabulary<'_>) -> Next {
    let open = || columns.iter().enumerate().filter(|(_, words)| words.len() > 1);
    let mut constants =
        columns.iter().enumerate().filter(|(column, words)| words.len() == 1 && vocabulary.is_word(row[*column]));
    let first_constant = constants.next().map(|(column, _)| column);
    let constant_count = usize::from(first_constant.is_some()) + constants.count();
    if let Some(first) = first_constant
        && constant_count >= open().count()
    {
        for (column, found) in open() {
            if found.iter().any(|word| *word != VALUE && !vocabulary.is_word(*word)) {
                continue;
            }
            let words: Vec<Word> = found.iter().copied().filter(|word| *word != VALUE).collect();
            if words.len() >= vocabulary.words_max(&words, column < first || vocabulary.speaks(row, column)) {
                return Next::Value(column);
            }
        }
    }
    match open().min_by_key(|(column, words)| (words.len(), *column)) {
        Some((column, _)) => Next::Split(column),
        None => Next::Done,
    }
}
