//! The distinct tokens of all shapes, by number, and what kind of word each is.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::shape::PLACEHOLDER;
use super::values::is_speaking_key;

/// Number of a token. [`VALUE`] is `<*>`; the others follow the sorted shapes, so they do not depend on
/// the order of lines.
pub(super) type Word = u32;

/// The number of `<*>`.
pub(super) const VALUE: Word = 0;

/// What is known of one token.
#[derive(Debug, Clone, Copy, Default)]
struct Traits {
    /// Has a letter: could be a name as well as a word of the message.
    is_word: bool,
    /// Written like a state: an upper-case constant, or an English participle (`started`, `closing`).
    is_state: bool,
    /// Only letters, as words of a language have.
    is_plain: bool,
}

/// All tokens.
#[derive(Default)]
pub(super) struct Vocabulary<'s> {
    texts: Vec<&'s str>,
    traits: Vec<Traits>,
}

impl<'s> Vocabulary<'s> {
    /// Numbers the tokens of the shapes; gives the shapes in numbers.
    pub(super) fn number(shapes: impl Iterator<Item = &'s str>) -> (Self, Vec<Box<[Word]>>) {
        let mut vocabulary = Self { texts: vec![PLACEHOLDER], traits: vec![Traits::default()] };
        let mut numbers: HashMap<&str, Word, FixedState> = HashMap::default();
        numbers.insert(PLACEHOLDER, VALUE);
        let rows = shapes
            .map(|shape| {
                shape
                    .split(' ')
                    .map(|text| {
                        *numbers.entry(text).or_insert_with(|| {
                            vocabulary.texts.push(text);
                            vocabulary.traits.push(traits(text));
                            u32::try_from(vocabulary.texts.len() - 1).unwrap_or(VALUE)
                        })
                    })
                    .collect()
            })
            .collect();
        (vocabulary, rows)
    }

    /// The text of a token.
    pub(super) fn text(&self, word: Word) -> &'s str {
        self.texts[word as usize]
    }

    /// Whether it could be a name: no punctuation, no value.
    pub(super) fn is_word(&self, word: Word) -> bool {
        self.traits[word as usize].is_word
    }

    /// Whether the word at a place is the value of a key that says what happened: `status=ready`,
    /// `"reason": "drained"`.
    pub(super) fn speaks(&self, row: &[Word], column: usize) -> bool {
        let mut before = row[..column].iter().rev().map(|word| self.text(*word)).filter(|text| *text != "\"");
        matches!(before.next(), Some("=" | ":")) && before.next().is_some_and(|key| is_speaking_key(key.as_bytes()))
    }

    /// How many different words one place of a message may take before they are taken for values.
    ///
    /// The first word of a message says what it is about, and states say what happened (`fixed`): there may
    /// be many of either. What is not even spelled like a word (`shop.orders`, `nginx_proxy`) is a name sooner.
    pub(super) fn words_max(&self, words: &[Word], fixed: bool) -> usize {
        const OF_MANY: usize = 20;
        const OF_WORDS: usize = 6;
        const OF_NAMES: usize = 3;
        let plain = words.iter().filter(|word| self.traits[**word as usize].is_plain).count();
        if fixed || self.are_states(words) {
            OF_MANY
        } else if plain * 2 > words.len() {
            OF_WORDS
        } else {
            OF_NAMES
        }
    }

    /// Whether more than three quarters of the words are states.
    pub(super) fn are_states(&self, words: &[Word]) -> bool {
        words.iter().filter(|word| self.traits[**word as usize].is_state).count() * 4 > words.len() * 3
    }
}

fn traits(text: &str) -> Traits {
    let is_letter = |b: u8| b.is_ascii_alphabetic() || b >= 0x80;
    let last = text.rsplit('.').next().unwrap_or(text);
    let is_constant = last.len() > 1
        && last.bytes().any(|b| b.is_ascii_uppercase())
        && !last.bytes().any(|b| b.is_ascii_lowercase() || b >= 0x80);
    Traits {
        is_word: text.bytes().any(is_letter),
        is_state: is_constant || text.ends_with("ed") || text.ends_with("ing"),
        is_plain: text.bytes().all(|b| is_letter(b) || b == b'-'),
    }
}
