//! Interned strings: each distinct name or text is stored once and referred to by a number.
//!
//! Numbers differ between workers and runs; nothing that is printed or sorted may depend on them.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

/// Number of an interned string within one [`Symbols`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Symbol(pub u32);

/// The empty string in every table.
pub const EMPTY: Symbol = Symbol(0);

/// A table of interned strings.
#[derive(Debug, Clone)]
pub struct Symbols {
    texts: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32, FixedState>,
}

impl Default for Symbols {
    fn default() -> Self {
        let mut symbols = Self { texts: Vec::new(), numbers: HashMap::default() };
        symbols.intern("");
        symbols
    }
}

impl Symbols {
    /// The number of a text, new or known. After 2³² distinct texts all further ones are the empty string.
    pub fn intern(&mut self, text: &str) -> Symbol {
        if text.is_empty() && !self.texts.is_empty() {
            return EMPTY;
        }
        if let Some(&number) = self.numbers.get(text) {
            return Symbol(number);
        }
        let Ok(number) = u32::try_from(self.texts.len()) else { return EMPTY };
        let shared: Arc<str> = Arc::from(text);
        self.texts.push(Arc::clone(&shared));
        self.numbers.insert(shared, number);
        Symbol(number)
    }

    /// The number of a text, if it is known.
    pub fn find(&self, text: &str) -> Option<Symbol> {
        if text.is_empty() { Some(EMPTY) } else { self.numbers.get(text).copied().map(Symbol) }
    }

    /// The text of a number of this table.
    pub fn text(&self, symbol: Symbol) -> &str {
        self.texts.get(symbol.0 as usize).map_or("", |text| text)
    }

    /// Gives a number another text for showing. It is still found by the text that it was interned with, and a number
    /// with the same text may be another one.
    pub(super) fn shorten(&mut self, symbol: Symbol, text: impl Fn(&str) -> String) {
        if let Some(known) = self.texts.get_mut(symbol.0 as usize) {
            *known = Arc::from(text(known));
        }
    }

    /// Every text, by number.
    pub fn texts(&self) -> impl ExactSizeIterator<Item = &str> {
        self.texts.iter().map(|text| &**text)
    }

    /// Interns every text of `other` here; the result maps its numbers to ours.
    pub fn absorb(&mut self, other: &Self) -> Vec<Symbol> {
        other.texts.iter().map(|text| self.intern(text)).collect()
    }
}
