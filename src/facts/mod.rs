//! What a scan keeps: mergeable counts, bounded rows, and the names they refer to.
//!
//! In: entries with what they say. Out: [`Facts`]. A scan of any split of the input, merged in any
//! order, gives the same facts: counts are sums, times are minima and maxima, and every choice
//! between equals is made by content, never by arrival. Plainly healthy entries are only counted;
//! everything that may matter is kept as a [`Row`]. Memory therefore grows with failures and
//! distinct names, not with raw text.
//!
//! [`Facts::settle`] ends the scan: rows are put in order, lines of one stack trace are joined, and
//! [`columns`] (the only importer of Polars) aggregates them.

pub mod audit;
pub mod clusters;
pub mod columns;
pub mod file_span;
pub mod health;
pub mod life;
pub mod novelty;
pub mod patterns;
pub mod record;
pub mod row;
pub mod seen;
pub mod slots;
pub mod symbols;
pub mod tables;

mod adopt;
mod assemble;
mod classes;
mod home;
mod instances;
mod order;
mod places;
mod repeats;
mod settle;
mod span;
mod tallies;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use compact_str::CompactString;
use foldhash::fast::FixedState;

use crate::classify::{self, Classified, Classifier, Remark};
use crate::model::{Entry, Position, Severity, Stream, Timestamp};
use audit::AuditFact;
use classes::Classes;
use file_span::FileSpan;
use health::Health;
pub use home::Home;
use home::{GroupOrigins, Origin, RecentOrigins};
use instances::{InstanceNumbers, Sign};
use life::Life;
use novelty::Novelty;
use row::{ClassId, Row};
use seen::Seen;
pub use settle::Settled;
pub use span::Span;
use symbols::{Symbol, Symbols};
use tallies::Tallies;

/// Classes remembered by address before the memory starts afresh.
const RECENT_MAX: usize = 16_384;

type Map<K, V> = HashMap<K, V, FixedState>;

/// What one worker, or all of them together, know so far.
#[derive(Default)]
pub struct Facts {
    /// Names and texts.
    pub symbols: Symbols,
    /// Log records read, duplicates included.
    pub entries: u64,
    /// After removing duplicates.
    pub unique_entries: u64,
    /// Entries without a readable time: counted, but not placed.
    pub untimed: u64,
    /// Kept entries.
    pub rows: Vec<Row>,
    /// Instances by (service, instance).
    pub lives: Map<(Symbol, Symbol), Life>,
    /// Requests by (service, revision).
    pub health: Map<(Symbol, Symbol), Health>,
    /// Requests and failed requests by minute since the epoch, by (service, revision).
    pub traffic: Map<(Symbol, Symbol), BTreeMap<i64, (u64, u64)>>,
    /// Entries by (service, revision).
    pub revisions: Map<(Symbol, Symbol), Span>,
    /// Entries by (service, stream, severity).
    pub coverage: Map<(Symbol, Stream, Option<Severity>), Span>,
    /// Entries by (file, stream, severity), duplicates included: shows limits, orders, gaps between streams.
    pub files: Map<(u32, Stream, Option<Severity>), FileSpan>,
    /// Entries by minute since the epoch: shows gaps.
    pub minutes: BTreeMap<i64, u64>,
    /// Platform, project and region by service.
    pub homes: Map<Symbol, Home>,
    /// Projects named by any entry.
    pub projects: Map<Symbol, u64>,
    /// Deployment history.
    pub audit: Vec<AuditFact>,
    /// Kinds of lines that are only counted.
    pub novelty: Novelty,
    classes: Classes,
    duplicates: Map<u64, Position>,
    recent: Map<usize, (Arc<Classified>, KnownClass)>,
    origins: RecentOrigins,
    tallies: Tallies,
    numbers: InstanceNumbers,
    /// Whether the rows are known to be in their final order.
    is_ordered: bool,
    signs: Vec<Sign>,
}

/// Numbers of a class, of its text and of its request target.
#[derive(Debug, Clone, Copy)]
struct KnownClass {
    class: ClassId,
    text: Symbol,
    target: Symbol,
}

impl Facts {
    /// Adds entries.
    pub fn observe(&mut self, classifier: &mut Classifier, seen: &Seen, entries: &[Entry<'_>]) {
        self.observe_with(classifier, seen, entries, |_, _, _, _| ());
    }

    /// Adds entries and shows each to `also`, with its identity and whether it is no copy of one before.
    fn observe_with(
        &mut self,
        classifier: &mut Classifier,
        seen: &Seen,
        entries: &[Entry<'_>],
        mut also: impl FnMut(&Self, &Entry<'_>, Option<u64>, bool),
    ) {
        let identities: Vec<Option<u64>> = entries.iter().map(|entry| seen.identity(entry)).collect();
        let mut are_new = Vec::new();
        seen.are_new(&identities, &mut are_new);
        let instances: Vec<Symbol> = entries.iter().map(|entry| self.instance(&entry.instance)).collect();
        let mut origins = GroupOrigins::default();
        for (((entry, instance), identity), is_new) in entries.iter().zip(instances).zip(identities).zip(are_new) {
            let names = Names { instance, identity, is_new };
            self.observe_entry(classifier, entry, names, &mut origins);
            also(self, entry, identity, is_new);
        }
        self.tell_lives();
    }

    fn observe_entry<'e>(
        &mut self,
        classifier: &mut Classifier,
        entry: &'e Entry<'e>,
        names: Names,
        origins: &mut GroupOrigins<'e>,
    ) {
        let Names { instance, identity, is_new } = names;
        self.entries += 1;
        let is_tallied = is_new && entry.audit.is_none();
        if let Some(time) = entry.timestamp.filter(|_| !is_tallied) {
            self.files.entry((entry.position.file, entry.stream, entry.severity)).or_default().add(entry, time);
        }
        if let Some(identity) = identity
            && !is_new
        {
            let known = self.duplicates.entry(identity).or_insert(entry.position);
            *known = (*known).min(entry.position);
            return;
        }
        self.unique_entries += 1;
        let Some(time) = entry.timestamp else {
            self.untimed += 1;
            return;
        };
        if entry.audit.is_some() {
            self.observe_audit(classifier, entry, time, identity.unwrap_or(0));
            return;
        }
        let remark = classifier.remark(entry);
        let origin = origins.find_or_insert_with(entry, || self.origin(entry));
        self.tally(entry, origin, time);
        let end = self.observe_life(entry, origin, instance, time);
        self.audit.extend(audit::azure_fact(entry, time));
        let identity = identity.unwrap_or(0);
        match remark {
            Remark::Quiet(Some(kind)) => self.novelty.add(origin.service, entry, kind, time, identity),
            Remark::Quiet(None) => {}
            Remark::Class(class) => {
                let place = Place { origin, instance, time: end, written: time, identity };
                self.keep(entry, &class, &place);
            }
        }
    }

    /// Numbers of the entry's service, revision and project; a new origin tells where its service runs.
    fn origin(&mut self, entry: &Entry<'_>) -> Origin {
        if let Some(origin) = self.origins.find(entry) {
            return origin;
        }
        let origin = self.learn_home(entry, &entry.resource.service, Home::of(entry), &entry.resource.revision);
        self.origins.remember(entry, origin);
        origin
    }

    fn learn_home(&mut self, entry: &Entry<'_>, service: &str, home: Home, revision: &str) -> Origin {
        let service = self.symbols.intern(&home::key(service, &home));
        let revision = self.symbols.intern(revision);
        let project = self.symbols.intern(&entry.resource.project);
        self.homes.entry(service).and_modify(|known| known.merge(&home)).or_insert(home);
        Origin { service, revision, project }
    }

    /// An audit entry: a step of the deployment history, and what its message says.
    fn observe_audit(&mut self, classifier: &Classifier, entry: &Entry<'_>, time: Timestamp, identity: u64) {
        let fact = entry
            .audit
            .as_deref()
            .and_then(|json| audit::audit_fact(json, time, &entry.insert_id, entry.position, &entry.resource));
        let Some(fact) = fact else {
            let origin = self.learn_home(entry, &entry.resource.service, Home::of(entry), "");
            self.count_audit(entry, origin, time);
            return;
        };
        let origin = self.learn_home(entry, &fact.service, Home::of_fact(entry, &fact), &fact.revision);
        self.count_audit(entry, origin, time);
        let message = if fact.message.is_empty() { &fact.status_message } else { &fact.message };
        let severity = entry.severity.unwrap_or_default();
        let mut class = classifier.classify_text(entry.platform, entry.stream, severity, message);
        class.text = format!(
            "{} {}: {message}",
            fact.method,
            if fact.revision.is_empty() { &fact.service } else { &fact.revision }
        );
        let class = class.redacted(classifier.redaction);
        if !message.is_empty() && !class.is_quiet() {
            let instance = self.symbols.intern(&entry.instance);
            let place = Place { origin, instance, time, written: time, identity };
            self.keep(entry, &Arc::new(class), &place);
        }
        self.audit.push(AuditFact { identity, ..fact.redacted(classifier.redaction) });
    }

    fn keep(&mut self, entry: &Entry<'_>, class: &Arc<Classified>, place: &Place) {
        let known = self.known_class(class);
        let row = Row {
            time: place.time.0,
            written: place.written.0,
            class: known.class,
            service: place.origin.service,
            revision: place.origin.revision,
            instance: place.instance,
            trace: self.symbols.intern(&entry.trace),
            execution: self.symbols.intern(&entry.execution),
            insert_id: CompactString::new(&entry.insert_id),
            text: known.text,
            target: known.target,
            status: entry.http.as_ref().map_or(0, classify::status_of),
            stream: entry.stream,
            level: class.level,
            repeats: entry.repeats.max(1),
            identity: place.identity,
            position: entry.position,
        };
        self.rows.push(row);
        self.is_ordered = false;
    }

    /// Numbers of a class and its texts. Equal texts share one `Classified`, so its address finds them again
    /// without hashing the text; the kept reference makes sure that no other one gets the same address.
    fn known_class(&mut self, class: &Arc<Classified>) -> KnownClass {
        let address = Arc::as_ptr(class) as usize;
        if let Some((_, known)) = self.recent.get(&address) {
            return *known;
        }
        let known = KnownClass {
            class: self.classes.intern(class),
            text: self.symbols.intern(&class.text),
            target: self.symbols.intern(&class.target),
        };
        if self.recent.len() >= RECENT_MAX {
            self.recent.clear();
        }
        self.recent.insert(address, (Arc::clone(class), known));
        known
    }

    /// Adds what another worker knows.
    #[must_use]
    pub fn merge(mut self, mut other: Self) -> Self {
        rayon::join(|| self.gather(), || other.gather());
        let theirs = std::mem::take(&mut other.symbols);
        let (names, places) = rayon::join(|| self.symbols.absorb(&theirs), || order::places(&other.rows, &theirs));
        let ours = |symbol: Symbol| names[symbol.0 as usize];
        let classes = self.classes.absorb(&other.classes);
        self.entries += other.entries;
        self.unique_entries += other.unique_entries;
        self.untimed += other.untimed;
        let renamed = |row: &Row| Row {
            class: classes[row.class.0 as usize],
            service: ours(row.service),
            revision: ours(row.revision),
            instance: ours(row.instance),
            trace: ours(row.trace),
            execution: ours(row.execution),
            text: ours(row.text),
            target: ours(row.target),
            ..row.clone()
        };
        let rows = order::joined(&self.rows, (&other.rows, places), renamed, &self.symbols);
        let old = (std::mem::replace(&mut self.rows, rows), std::mem::take(&mut other.rows), theirs);
        // Many megabytes, and the work goes on without them.
        rayon::spawn(move || drop(old));
        self.is_ordered = true;
        for ((service, instance), life) in other.lives {
            self.lives.entry((ours(service), ours(instance))).or_default().merge(
                &life,
                ours(life.revision),
                &self.symbols,
            );
        }
        for ((service, revision), health) in other.health {
            self.health.entry((ours(service), ours(revision))).or_default().merge(&health);
        }
        for ((service, revision), minutes) in other.traffic {
            let mine = self.traffic.entry((ours(service), ours(revision))).or_default();
            for (minute, (all, failed)) in minutes {
                let counts = mine.entry(minute).or_default();
                *counts = (counts.0 + all, counts.1 + failed);
            }
        }
        for ((service, revision), span) in other.revisions {
            self.revisions.entry((ours(service), ours(revision))).or_default().merge(span);
        }
        for ((service, stream, severity), span) in other.coverage {
            self.coverage.entry((ours(service), stream, severity)).or_default().merge(span);
        }
        for (key, span) in other.files {
            self.files.entry(key).or_default().merge(span);
        }
        for (minute, count) in other.minutes {
            *self.minutes.entry(minute).or_default() += count;
        }
        for (service, home) in other.homes {
            self.homes.entry(ours(service)).and_modify(|known| known.merge(&home)).or_insert(home);
        }
        self.novelty.merge(other.novelty, ours);
        for (project, count) in other.projects {
            *self.projects.entry(ours(project)).or_default() += count;
        }
        self.audit.extend(other.audit);
        for (identity, position) in other.duplicates {
            let known = self.duplicates.entry(identity).or_insert(position);
            *known = (*known).min(position);
        }
        self
    }
}

/// What was looked up about an entry beforehand.
#[derive(Clone, Copy)]
struct Names {
    instance: Symbol,
    identity: Option<u64>,
    is_new: bool,
}

/// Where and when a kept entry belongs.
struct Place {
    origin: Origin,
    instance: Symbol,
    time: Timestamp,
    written: Timestamp,
    identity: u64,
}
