//! Ends a scan: rows in their final order, copies resolved, lines joined, loose stack lines dropped.

use rayon::slice::ParallelSliceMut;

use super::assemble::{self, ClassView};
use super::classes::Classes;
use super::row::{ClassId, Row};
use super::symbols::{Symbol, Symbols};
use super::{Facts, Home, Map};
use crate::classify::{ClassKey, Classified, Classifier};
use crate::model::Platform;

/// Facts at rest: nothing is added any more, and rows stand in time order.
pub struct Settled {
    /// Everything that was counted; its `rows` are empty.
    pub facts: Facts,
    /// Kept entries by (time, insertId, service, position).
    pub rows: Vec<Row>,
    /// Classes by number.
    pub classes: Vec<Classified>,
}

impl Settled {
    /// The text behind a symbol.
    pub fn text(&self, symbol: Symbol) -> &str {
        self.facts.symbols.text(symbol)
    }

    /// The class of a row.
    pub fn class(&self, row: &Row) -> &Classified {
        &self.classes[row.class.0 as usize]
    }

    /// Where a service runs.
    pub fn home(&self, service: Symbol) -> Option<&Home> {
        self.facts.homes.get(&service)
    }
}

struct Open(Classes, Vec<Classified>);

impl ClassView for Open {
    fn class(&self, id: ClassId) -> &Classified {
        &self.1[id.0 as usize]
    }

    fn intern(&mut self, class: &Classified) -> ClassId {
        let id = self.0.intern(class);
        if id.0 as usize == self.1.len() {
            self.1.push(class.clone());
        }
        id
    }
}

impl Facts {
    /// Ends the scan.
    pub fn settle(mut self, classifier: &Classifier) -> Settled {
        let mut rows = std::mem::take(&mut self.rows);
        for row in &mut rows {
            if let Some(copy) = self.duplicates.get(&row.identity).filter(|_| row.identity != 0) {
                row.position = row.position.min(*copy);
            }
        }
        sort(&mut rows, &self.symbols);
        super::repeats::count_once(&mut rows);
        let classes = std::mem::take(&mut self.classes);
        let known = classes.snapshot();
        let mut open = Open(classes, known);
        let platforms: Map<Symbol, Platform> =
            self.homes.iter().map(|(service, home)| (*service, home.platform)).collect();
        let platform_of = |service: Symbol| platforms.get(&service).copied().unwrap_or(Platform::Other);
        let rows = assemble::join_lines(rows, &mut self.symbols, &mut open, classifier, &platform_of);
        let classes = open.0.into_known();
        let rows = rows.into_iter().filter(|row| classes[row.class.0 as usize].key != ClassKey::StackLine).collect();
        self.audit.sort();
        Settled { facts: self, rows, classes }
    }
}

/// One order for all runs: time, insertId, service, place in the files.
fn sort(rows: &mut [Row], symbols: &Symbols) {
    rows.par_sort_unstable_by(|a, b| {
        a.time
            .cmp(&b.time)
            .then_with(|| a.insert_id.cmp(&b.insert_id))
            .then_with(|| symbols.text(a.service).cmp(symbols.text(b.service)))
            .then_with(|| a.position.cmp(&b.position))
    });
}
