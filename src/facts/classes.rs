//! The classes that rows refer to: one for each distinct cluster identity.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::row::ClassId;
use crate::classify::{ClassKey, Classified};

/// A table of classes. Of several texts with one identity, a deterministic one lends its title.
#[derive(Default)]
pub(super) struct Classes {
    known: Vec<Classified>,
    numbers: HashMap<ClassKey, u32, FixedState>,
}

impl Classes {
    /// The number of a class, new or known.
    pub(super) fn intern(&mut self, class: &Classified) -> ClassId {
        if let Some(&number) = self.numbers.get(&class.key) {
            let known = &mut self.known[number as usize];
            if rank(class) < rank(known) {
                *known = class.clone();
            }
            return ClassId(number);
        }
        let number = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        self.known.push(class.clone());
        self.numbers.insert(class.key.clone(), number);
        ClassId(number)
    }

    /// Interns every class of `other`; the result maps its numbers to ours.
    pub(super) fn absorb(&mut self, other: &Self) -> Vec<ClassId> {
        other.known.iter().map(|class| self.intern(class)).collect()
    }

    /// A copy of all classes, by number.
    pub(super) fn snapshot(&self) -> Vec<Classified> {
        self.known.clone()
    }

    /// All classes, by number.
    pub(super) fn into_known(self) -> Vec<Classified> {
        self.known
    }
}

/// The strongest reading represents its class; the text decides between equals.
fn rank(class: &Classified) -> (crate::classify::Strength, bool, &str, &str) {
    (class.strength, !class.told_as_exception, &class.title, &class.text)
}
