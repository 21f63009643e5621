//! Ends a scan: rows in their final order, copies resolved, lines joined, loose stack lines dropped.

use super::assemble::{self, ClassView};
use super::classes::Classes;
use super::life::Life;
use super::row::{ClassId, Row};
use super::symbols::{EMPTY, Symbol};
use super::{Facts, Home, Map, order};
use crate::classify::{ClassKey, Classified, Classifier};
use crate::model::report::Evidence;
use crate::model::{Platform, Position, Timestamp};

/// Facts at rest: nothing is added any more, and rows stand in time order.
pub struct Settled {
    /// Everything that was counted; its `rows` are empty.
    pub facts: Facts,
    /// Kept entries by (time, insertId, service, position).
    pub rows: Vec<Row>,
    /// Classes by number.
    pub classes: Vec<Classified>,
    /// Index of the rows of each service.
    by_service: Map<Symbol, Vec<u32>>,
    /// Instances of each service.
    instances: Map<Symbol, Vec<Symbol>>,
}

impl Settled {
    /// The text behind a symbol.
    pub fn text(&self, symbol: Symbol) -> &str {
        self.facts.symbols.text(symbol)
    }

    /// The rows of a service, with their numbers.
    pub fn rows_of(&self, service: Symbol) -> impl Iterator<Item = (usize, &Row)> {
        let numbers = self.by_service.get(&service).into_iter().flatten();
        numbers.map(|number| (*number as usize, &self.rows[*number as usize]))
    }

    /// The instances of a service, in no order.
    pub fn instances_of(&self, service: Symbol) -> impl Iterator<Item = (Symbol, &Life)> {
        let instances = self.instances.get(&service).into_iter().flatten();
        instances.filter_map(move |instance| Some((*instance, self.facts.lives.get(&(service, *instance))?)))
    }

    /// The class of a row.
    pub fn class(&self, row: &Row) -> &Classified {
        &self.classes[row.class.0 as usize]
    }

    /// A kept entry as proof; `paths` are the input files in the report's order.
    pub fn evidence(&self, row: &Row, paths: &[String]) -> Evidence {
        let mut text = self.text(row.text).to_owned();
        if row.target != EMPTY {
            #[allow(clippy::cast_precision_loss, reason = "printed with three decimals")]
            let seconds = (row.time - row.written) as f64 / 1e9;
            text.push_str(&format!(" {seconds:.3}s"));
        }
        Evidence {
            timestamp: Timestamp(row.written),
            insert_id: row.insert_id.to_string(),
            file: paths.get(row.position.file as usize).cloned().unwrap_or_default(),
            line: row.position.line,
            text,
        }
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
    /// Gives every kept entry the first of the places where its copies stand.
    pub(super) fn resolve_copies(&mut self) {
        let copies = std::mem::take(&mut self.duplicates);
        let first = |identity: u64, position: Position| {
            copies.get(&identity).filter(|_| identity != 0).map_or(position, |copy| position.min(*copy))
        };
        for row in &mut self.rows {
            row.position = first(row.identity, row.position);
        }
        for fact in &mut self.audit {
            fact.position = first(fact.identity, fact.position);
        }
    }

    /// Ends the scan.
    pub fn settle(mut self, classifier: &Classifier) -> Settled {
        self.gather();
        self.resolve_copies();
        let mut rows = std::mem::take(&mut self.rows);
        order::put_in_order(&mut rows, &self.symbols);
        super::repeats::count_once(&mut rows);
        let classes = std::mem::take(&mut self.classes);
        let known = classes.snapshot();
        let mut open = Open(classes, known);
        let platforms: Map<Symbol, Platform> =
            self.homes.iter().map(|(service, home)| (*service, home.platform)).collect();
        let platform_of = |service: Symbol| platforms.get(&service).copied().unwrap_or(Platform::Other);
        let joined = assemble::join_lines(&mut rows, &mut self.symbols, &mut open, classifier, &platform_of);
        let classes = open.0.into_known();
        let is_loose: Vec<bool> = classes.iter().map(|class| class.key == ClassKey::StackLine).collect();
        let mut index = 0;
        rows.retain(|row| {
            let stays = !joined[index] && !is_loose[row.class.0 as usize];
            index += 1;
            stays
        });
        self.audit.sort();
        let mut by_service: Map<Symbol, Vec<u32>> = Map::default();
        for (number, row) in (0..).zip(&rows) {
            by_service.entry(row.service).or_default().push(number);
        }
        let mut instances: Map<Symbol, Vec<Symbol>> = Map::default();
        for (service, instance) in self.lives.keys() {
            instances.entry(*service).or_default().push(*instance);
        }
        Settled { facts: self, rows, classes, by_service, instances }
    }
}
