//! What texts were found to say, so that equal ones are read once.
//!
//! In: entries and what was made of them. Out: the same answer for an entry that says the same. Unremarkable texts are
//! also known without what is volatile in them; of others the whole text is evidence, so only equal ones are equal.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::Classified;
use super::kind::kind_of;
use super::volatile::without_volatile;
use crate::model::{Entry, Stream};

/// Texts remembered by one worker before it starts afresh; bounds its memory.
const TEXTS_MAX: usize = 32_768;

/// Texts longer than this are read each time rather than remembered.
const TEXT_BYTES_MAX: usize = 16_384;

const HASHER_SEED: u64 = 7;

/// What an entry is worth to the analysis.
#[derive(Debug, Clone)]
pub enum Remark {
    /// Nothing but being counted. A line of an application has a kind: lines that differ in values only have the same
    /// one, on every machine.
    Quiet(Option<u64>),
    /// It may matter.
    Class(Arc<Classified>),
}

/// What is known, under the hash of what entries say.
pub(super) struct Known<V>(HashMap<u64, V, FixedState>);

impl<V> Default for Known<V> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<V> Known<V> {
    /// What is known under a hash.
    pub(super) fn get(&self, hash: u64) -> Option<&V> {
        self.0.get(&hash)
    }

    /// Remembers it.
    pub(super) fn keep(&mut self, hash: u64, value: V) {
        if self.0.len() >= TEXTS_MAX {
            self.0.clear();
        }
        self.0.insert(hash, value);
    }
}

/// What an entry says, whole, as a hash; `None` where it is too long to be remembered.
pub(super) fn hash_of(entry: &Entry<'_>) -> Option<u64> {
    let body = body_of(entry);
    let request = entry.http.as_ref().filter(|_| entry.stream == Stream::Requests);
    let http = request.map(|http| (http.status, &*http.method, &*http.url));
    (body.len() <= TEXT_BYTES_MAX).then(|| hashed(entry, (body, http)))
}

fn body_of<'e>(entry: &'e Entry<'_>) -> &'e str {
    if entry.text.is_empty() { entry.json.as_deref().unwrap_or("") } else { &entry.text }
}

fn hashed(entry: &Entry<'_>, said: impl Hash) -> u64 {
    let place = (entry.platform, entry.stream, entry.severity, &*entry.reason, entry.text.is_empty());
    FixedState::with_seed(HASHER_SEED).hash_one((place, said))
}

/// What entries were worth, of one worker.
#[derive(Default)]
pub(super) struct Memory {
    known: Known<Remark>,
    /// Kinds of texts of applications that were unremarkable, by these texts without what is volatile.
    quiet: Known<Option<u64>>,
    /// The last such text, for its room.
    shape: Vec<u8>,
}

/// Under what an entry is remembered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    whole: u64,
    /// Only of what applications write.
    shape: Option<u64>,
}

/// What is known about an entry.
pub(super) enum Recall {
    /// An equal one was worth this, or one that differs in nothing but times and ids.
    Known(Remark),
    /// Nothing; remember it under this key.
    New(Key),
    /// Nothing, and it is too long to be remembered.
    TooLong,
}

impl Memory {
    /// Looks up an entry.
    pub(super) fn recall(&mut self, entry: &Entry<'_>) -> Recall {
        let Some(whole) = hash_of(entry) else { return Recall::TooLong };
        if let Some(known) = self.known.get(whole) {
            return Recall::Known(known.clone());
        }
        let is_request = entry.http.is_some() && entry.stream == Stream::Requests;
        let shape = (!is_request).then(|| {
            without_volatile(body_of(entry), &mut self.shape);
            hashed(entry, &self.shape)
        });
        if let Some(kind) = shape.and_then(|shape| self.quiet.get(shape)).copied() {
            // Should the very same text come again, its shape need not be made.
            self.known.keep(whole, Remark::Quiet(kind));
            return Recall::Known(Remark::Quiet(kind));
        }
        Recall::New(Key { whole, shape })
    }

    /// Remembers what the entry that was looked up last says, and gives what that is worth.
    pub(super) fn remember(&mut self, key: Key, class: Classified) -> Remark {
        let remark = if class.is_quiet() {
            let kind = key.shape.and_then(|_| kind_of(&self.shape));
            if let Some(shape) = key.shape {
                self.quiet.keep(shape, kind);
            }
            Remark::Quiet(kind)
        } else {
            Remark::Class(Arc::new(class))
        };
        self.known.keep(key.whole, remark.clone());
        remark
    }
}

#[cfg(test)]
mod tests {
    use super::super::volatile::without_volatile;
    use crate::classify::Classifier;
    use crate::classify::matcher::Catalog;
    use crate::model::{Platform, Severity, Stream};

    fn shape(text: &str) -> Vec<u8> {
        let mut shape = Vec::new();
        without_volatile(text, &mut shape);
        shape
    }

    /// The text with other digits in one of its numbers, for each of them.
    fn with_another_number(text: &str) -> Vec<String> {
        let bytes = text.as_bytes();
        let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let starts = (0..bytes.len()).filter(|at| is_digit(*at) && (*at == 0 || !is_digit(at - 1)));
        let changed = |start: usize| {
            let end = (start..=bytes.len()).find(|at| !is_digit(*at)).unwrap_or(start);
            let number: String =
                text[start..end].bytes().map(|digit| char::from(b'0' + (digit - b'0' + 3) % 10)).collect();
            format!("{}{number}{}", &text[..start], &text[end..])
        };
        starts.map(changed).collect()
    }

    #[test]
    fn what_is_volatile_never_decides_whether_a_text_is_remarkable() {
        let classifier = Classifier::new(Catalog::embedded());
        let is_quiet = |text: &str| {
            classifier.classify_text(Platform::CloudRun, Stream::Stderr, Severity::Default, text).is_quiet()
        };
        let mut compared = 0;
        for example in Catalog::embedded().signatures().iter().flat_map(crate::classify::signature::Signature::examples)
        {
            let text = example.text.as_str();
            for other in with_another_number(text).iter().filter(|other| shape(other) == shape(text)) {
                assert_eq!(is_quiet(other), is_quiet(text), "{text:?} and {other:?}");
                compared += 1;
            }
        }
        assert!(compared > 100, "the examples hold {compared} volatile numbers");
    }
}
