//! What texts were found to say, so that equal ones are read once.
//!
//! In: entries and what was made of them. Out: the same answer for an entry that says the same. Unremarkable texts are
//! also known without what is volatile in them; of others the whole text is evidence, so only equal ones are equal.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::Classified;
use super::volatile::without_volatile;
use crate::model::{Entry, Stream};

/// Texts remembered by one worker before it starts afresh; bounds its memory.
const TEXTS_MAX: usize = 32_768;

/// Texts longer than this are read each time rather than remembered.
const TEXT_BYTES_MAX: usize = 16_384;

/// The memory of one worker.
pub(super) struct Memory {
    known: HashMap<u64, Arc<Classified>, FixedState>,
    /// Texts of applications that were unremarkable, without what is volatile.
    quiet: HashSet<u64, FixedState>,
    /// What these say.
    unremarkable: Arc<Classified>,
    /// The last such text, for its room.
    shape: Vec<u8>,
    hasher: FixedState,
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
    /// An equal one said this, or one that differs in nothing but times and ids.
    Known(Arc<Classified>),
    /// Nothing; remember it under this key.
    New(Key),
    /// Nothing, and it is too long to be remembered.
    TooLong,
}

impl Memory {
    /// Nothing yet. `unremarkable` is the answer for texts that say nothing.
    pub(super) fn new(unremarkable: Arc<Classified>) -> Self {
        Self {
            unremarkable,
            known: HashMap::default(),
            quiet: HashSet::default(),
            shape: Vec::new(),
            hasher: FixedState::with_seed(7),
        }
    }

    /// Looks up an entry.
    pub(super) fn recall(&mut self, entry: &Entry<'_>) -> Recall {
        let body: &str = if entry.text.is_empty() { entry.json.as_deref().unwrap_or("") } else { &entry.text };
        if body.len() > TEXT_BYTES_MAX {
            return Recall::TooLong;
        }
        let request = entry.http.as_ref().filter(|_| entry.stream == Stream::Requests);
        let http = request.map(|http| (http.status, &*http.method, &*http.url));
        let place = (entry.platform, entry.stream, entry.severity, &*entry.reason, entry.text.is_empty());
        let whole = self.hasher.hash_one((place, body, http));
        if let Some(known) = self.known.get(&whole) {
            return Recall::Known(Arc::clone(known));
        }
        let shape = request.is_none().then(|| {
            without_volatile(body, &mut self.shape);
            self.hasher.hash_one((place, &self.shape))
        });
        if shape.is_some_and(|shape| self.quiet.contains(&shape)) {
            // Should the very same text come again, its shape need not be made.
            let unremarkable = Arc::clone(&self.unremarkable);
            self.keep(whole, Arc::clone(&unremarkable));
            return Recall::Known(unremarkable);
        }
        Recall::New(Key { whole, shape })
    }

    /// Remembers what an entry says.
    pub(super) fn remember(&mut self, key: Key, class: &Arc<Classified>) {
        if let Some(shape) = key.shape.filter(|_| class.is_quiet()) {
            if self.quiet.len() >= TEXTS_MAX {
                self.quiet.clear();
            }
            self.quiet.insert(shape);
        }
        self.keep(key.whole, Arc::clone(class));
    }

    fn keep(&mut self, whole: u64, class: Arc<Classified>) {
        if self.known.len() >= TEXTS_MAX {
            self.known.clear();
        }
        self.known.insert(whole, class);
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
