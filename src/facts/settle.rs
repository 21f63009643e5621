//! Ends a scan: rows in their final order, copies resolved, lines joined, loose stack lines dropped.

use std::collections::BTreeMap;

use super::assemble::{self, ClassView};
use super::audit::AuditFact;
use super::classes::Classes;
use super::life::Life;
use super::row::{ClassId, Row};
use super::symbols::{EMPTY, Symbol};
use super::{Facts, Home, Map, home, order};
use crate::classify::{ClassKey, Classified, Classifier};
use crate::model::report::Evidence;
use crate::model::{Platform, Position, Stream, Timestamp};

/// Facts at rest: nothing is added any more, and rows stand in time order.
pub struct Settled {
    /// Everything that was counted; its `rows` are empty.
    pub facts: Facts,
    /// Kept entries by (time, insertId, service, position).
    pub rows: Vec<Row>,
    /// What most look-ups ask of a row.
    index: RowIndex,
    /// Classes by number.
    pub classes: Vec<Classified>,
    /// Index of the rows of each service.
    by_service: Map<Symbol, Vec<u32>>,
    /// Instances of each service.
    instances: Map<Symbol, Vec<Symbol>>,
    /// Index of the audit facts of each service.
    audit: Map<Symbol, Vec<u32>>,
}

/// Some columns of the rows: rows are wide, and whoever asks many of them for no more than this waits for memory.
struct RowIndex {
    times: Vec<i64>,
    classes: Vec<ClassId>,
    streams: Vec<Stream>,
}

impl RowIndex {
    fn of(rows: &[Row]) -> Self {
        let mut times = Vec::with_capacity(rows.len());
        let (mut classes, mut streams) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for row in rows {
            times.push(row.time);
            classes.push(row.class);
            streams.push(row.stream);
        }
        Self { times, classes, streams }
    }
}

impl Settled {
    /// The text behind a symbol.
    pub fn text(&self, symbol: Symbol) -> &str {
        self.facts.symbols.text(symbol)
    }

    /// The numbers of a service's rows.
    pub fn numbers_of(&self, service: Symbol) -> impl Iterator<Item = usize> {
        self.by_service.get(&service).into_iter().flatten().map(|number| *number as usize)
    }

    /// The rows of a service, with their numbers.
    pub fn rows_of(&self, service: Symbol) -> impl Iterator<Item = (usize, &Row)> {
        self.numbers_of(service).map(|number| (number, &self.rows[number]))
    }

    /// What the audit entries say about a service, in time order.
    pub fn audit_of(&self, service: Symbol) -> impl Iterator<Item = &AuditFact> {
        let numbers = self.audit.get(&service).into_iter().flatten();
        numbers.map(|number| &self.facts.audit[*number as usize])
    }

    /// The instances of a service, in no order.
    pub fn instances_of(&self, service: Symbol) -> impl Iterator<Item = (Symbol, &Life)> {
        let instances = self.instances.get(&service).into_iter().flatten();
        instances.filter_map(move |instance| Some((*instance, self.facts.lives.get(&(service, *instance))?)))
    }

    /// When a row happened, in nanoseconds since the epoch, by its number.
    pub fn time(&self, row: usize) -> i64 {
        self.index.times[row]
    }

    /// The log that a row stands in, by its number.
    pub fn stream(&self, row: usize) -> Stream {
        self.index.streams[row]
    }

    /// The class of a row, by its number.
    pub fn class_at(&self, row: usize) -> &Classified {
        &self.classes[self.index.classes[row].0 as usize]
    }

    /// The rows of a service whose classes are asked for, with their numbers.
    pub fn rows_of_classes(
        &self,
        service: Symbol,
        is_wanted: impl Fn(&Classified) -> bool,
    ) -> impl Iterator<Item = (usize, &Row)> {
        let wanted: Vec<bool> = self.classes.iter().map(is_wanted).collect();
        let wanted = move |number: &usize| wanted[self.index.classes[*number].0 as usize];
        self.numbers_of(service).filter(wanted).map(|number| (number, &self.rows[number]))
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
        for (identity, place) in self.novelty.places_mut() {
            *place = first(identity, *place);
        }
    }

    /// Which service each audit fact is about: the one of its name and place; where several can be meant, the one that
    /// is known by the same words.
    fn audit_by_service(&self) -> Map<Symbol, Vec<u32>> {
        let mut by_name: BTreeMap<&str, Vec<(&Home, Symbol)>> = BTreeMap::new();
        for (service, home) in &self.homes {
            by_name.entry(home::name_of(self.symbols.text(*service))).or_default().push((home, *service));
        }
        let mut found: Map<Symbol, Vec<u32>> = Map::default();
        for (number, fact) in (0..).zip(&self.audit) {
            let named = by_name.get(fact.service.as_str()).map_or(&[][..], Vec::as_slice);
            let mut fitting = named.iter().filter(|(home, _)| home.holds(&fact.project, &fact.location));
            let of = match (fitting.next(), fitting.next()) {
                (one, None) => one,
                _ => named.iter().find(|(home, _)| home.project == fact.project && home.location == fact.location),
            };
            if let Some((_, service)) = of {
                found.entry(*service).or_default().push(number);
            }
        }
        found
    }

    /// Ends the scan.
    pub fn settle(mut self, classifier: &Classifier) -> Settled {
        self.gather();
        self.resolve_copies();
        self.novelty.clean(classifier.redaction);
        let mut rows = std::mem::take(&mut self.rows);
        if !self.is_ordered {
            rows = order::in_order(rows, &self.symbols);
        }
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
        let mut is_joined = joined.into_iter();
        rows.retain(|row| !is_joined.next().unwrap_or(false) && !is_loose[row.class.0 as usize]);
        self.audit.sort();
        let audit = self.audit_by_service();
        for service in self.homes.keys() {
            self.symbols.shorten(*service, |key| home::name_of(key).to_owned());
        }
        let (index, (by_service, instances)) = rayon::join(
            || RowIndex::of(&rows),
            || {
                let mut by_service: Map<Symbol, Vec<u32>> = Map::default();
                for (number, row) in (0..).zip(&rows) {
                    by_service.entry(row.service).or_default().push(number);
                }
                let mut instances: Map<Symbol, Vec<Symbol>> = Map::default();
                for (service, instance) in self.lives.keys() {
                    instances.entry(*service).or_default().push(*instance);
                }
                (by_service, instances)
            },
        );
        Settled { facts: self, rows, index, classes, by_service, instances, audit }
    }
}
