//! Templates of log lines: what a program meant to print, with the values taken out.
//!
//! ```text
//! line ──► lex ──► shape ──► miner ──► slots ──► split ──► template
//!          tokens  values    distinct  names by  names by  id and text
//!                  masked    shapes    one place several
//! ```
//! The templates depend on the set of lines alone: any order, any split over workers and any merging give
//! the same ones. There is one configuration; no rule knows a product or a format.

mod lex;
mod miner;
mod shape;
mod slots;
mod split;
mod values;
mod vocabulary;

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;

pub use miner::{Miner, SHAPES_MAX, ShapeKey};
pub use shape::PLACEHOLDER;

use miner::{Bucket, Known};
use vocabulary::{Vocabulary, Word};

/// First bucket of what is counted without being mined; buckets below are numbers of tokens.
const FIRST_KIND: Bucket = 200;

/// How many kinds of fixed templates there may be.
pub const KINDS_MAX: u8 = Bucket::MAX - FIRST_KIND;

/// What is counted of each template. Merging must not depend on order.
pub trait Tally: Default {
    /// Adds what another one counted.
    fn merge(&mut self, other: Self);
}

impl Tally for u64 {
    fn merge(&mut self, other: Self) {
        *self = self.saturating_add(other);
    }
}

/// A stable name: equal templates have equal ids in every run and on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateId(u64);

impl TemplateId {
    fn of(kind: Option<u8>, tokens: &str) -> Self {
        let seed = kind.map_or(0, |kind| u64::from(kind) + 1);
        Self(miner::mix(miner::digest(tokens.as_bytes()) ^ seed) >> 16)
    }
}

impl std::fmt::Display for TemplateId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:012x}", self.0)
    }
}

/// One template and what was counted of its lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Template<T> {
    /// Name.
    pub id: TemplateId,
    /// What it was added as; `None` where it was mined.
    pub kind: Option<u8>,
    /// Text, `<*>` for each value.
    pub text: String,
    /// Whether it stands for lines of many shapes that there was no room for.
    pub is_rest: bool,
    /// What was counted.
    pub tally: T,
}

/// The templates of a set of lines.
#[derive(Debug)]
pub struct Mined<T> {
    /// Templates by text.
    pub templates: Vec<Template<T>>,
    of: HashMap<ShapeKey, u32, FixedState>,
    rest: HashMap<Bucket, u32, FixedState>,
}

impl<T> Mined<T> {
    /// The template of a line that was added; an index into [`Self::templates`].
    pub fn of(&self, key: ShapeKey) -> usize {
        self.of.get(&key).or_else(|| self.rest.get(&key.bucket())).map_or(0, |index| *index as usize)
    }
}

/// Words and gaps of a template in the making.
struct Draft<T> {
    kind: Option<u8>,
    text: String,
    gaps: u128,
    keys: Vec<ShapeKey>,
    tally: T,
}

/// Finds the templates of distinct shapes, which stand in order of their text.
fn mine<T: Tally>(known: Vec<(ShapeKey, Known<T>)>, spilled: BTreeMap<Bucket, T>) -> Mined<T> {
    let mut drafts: BTreeMap<(Option<u8>, String), Draft<T>> = BTreeMap::new();
    let (lines, fixed): (Vec<_>, Vec<_>) = known.into_iter().partition(|(key, _)| key.bucket() < FIRST_KIND);
    let texts = texts(&lines);
    let kind = |key: ShapeKey| key.bucket().checked_sub(FIRST_KIND);
    let fixed = fixed.into_iter().map(|(key, shape)| (String::from(&*shape.text), key, shape));
    for (text, key, shape) in texts.into_iter().zip(lines).map(|(text, (key, shape))| (text, key, shape)).chain(fixed) {
        match drafts.entry((kind(key), text)) {
            std::collections::btree_map::Entry::Vacant(free) => {
                let text = free.key().1.clone();
                free.insert(Draft { kind: kind(key), text, gaps: shape.gaps, keys: vec![key], tally: shape.tally });
            }
            std::collections::btree_map::Entry::Occupied(mut draft) => {
                let draft = draft.get_mut();
                draft.gaps |= shape.gaps;
                draft.keys.push(key);
                draft.tally.merge(shape.tally);
            }
        }
    }
    finish(drafts.into_values(), spilled)
}

/// The template of each shape, tokens joined by one space.
fn texts<T>(lines: &[(ShapeKey, Known<T>)]) -> Vec<String> {
    let (vocabulary, rows) = Vocabulary::number(lines.iter().map(|(_, shape)| &*shape.text));
    let rows = slots::generalize(rows, &vocabulary);
    let mut by_length: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        by_length.entry(row.len()).or_default().push(index);
    }
    let mut texts = vec![String::new(); rows.len()];
    for group in by_length.into_values() {
        let members: Vec<Box<[Word]>> = group.iter().map(|index| rows[*index].clone()).collect();
        for (index, template) in group.into_iter().zip(split::split(&members, &vocabulary)) {
            let words: Vec<&str> = template.iter().map(|word| vocabulary.text(*word)).collect();
            texts[index] = words.join(" ");
        }
    }
    texts
}

fn finish<T: Tally>(drafts: impl Iterator<Item = Draft<T>>, spilled: BTreeMap<Bucket, T>) -> Mined<T> {
    let mut mined = Mined { templates: Vec::new(), of: HashMap::default(), rest: HashMap::default() };
    let number = |mined: &Mined<T>| u32::try_from(mined.templates.len()).unwrap_or(u32::MAX);
    for draft in drafts {
        for key in &draft.keys {
            mined.of.insert(*key, number(&mined));
        }
        let text = if draft.kind.is_some() { draft.text.clone() } else { spaced(&draft.text, draft.gaps) };
        let id = TemplateId::of(draft.kind, &draft.text);
        mined.templates.push(Template { id, kind: draft.kind, text, is_rest: false, tally: draft.tally });
    }
    for (bucket, tally) in spilled {
        mined.rest.insert(bucket, number(&mined));
        let kind = bucket.checked_sub(FIRST_KIND);
        let text = PLACEHOLDER.to_owned();
        let id = TemplateId::of(kind, &format!("rest {bucket}"));
        mined.templates.push(Template { id, kind, text, is_rest: true, tally });
    }
    mined
}

/// The tokens with white space only where lines have it.
fn spaced(tokens: &str, gaps: u128) -> String {
    let mut text = String::with_capacity(tokens.len());
    for (index, token) in tokens.split(' ').enumerate() {
        if gaps & (1 << index) != 0 {
            text.push(' ');
        }
        text.push_str(token);
    }
    text
}

#[cfg(test)]
mod tests;
