//! Every kind of message of an export, with how often and when it occurs.
//!
//! In: entries. Out: [`PatternFacts`], mergeable like [`super::Facts`], and from them
//! [`Patterns`]. What the catalogue knows, exceptions and requests are patterns by themselves; all other
//! text is mined for templates. Nothing is kept of an entry but its part in the counts and, of each
//! pattern's first entry, its redacted text.

mod change;
mod histogram;
mod tally;
#[cfg(test)]
mod tests;

use super::Span;
use super::audit;
use super::seen::Seen;
use super::symbols::Symbols;
use crate::classify::level::Level;
use crate::classify::template::{Mined, Miner, ShapeKey, Template};
use crate::classify::{self, ClassKey, Classified, Classifier, redact};
use crate::model::patterns::{Pattern, PatternKind, Patterns, SCHEMA_VERSION, ServiceCount};
use crate::model::report::{Evidence, Generator, InputFile, RevisionCount};
use crate::model::{Entry, Severity, Stream, Timestamp};
use change::Covered;
use histogram::{Histogram, WIDTHS};
use tally::Tally;

/// Windows that changes are sought in: at most this many.
const WINDOWS_MAX: i64 = 60;

/// What stands between the parts of a key; no text of a catalogue has it.
const SEPARATOR: char = '\u{1f}';

/// What one worker, or all of them together, have counted.
#[derive(Default)]
pub struct PatternFacts {
    symbols: Symbols,
    entries: u64,
    untimed: u64,
    span: Span,
    times: Histogram,
    text: Miner<Tally>,
    /// Known messages and requests, kept apart so that many paths cannot crowd out text.
    known: Miner<Tally>,
}

impl PatternFacts {
    /// Adds entries.
    pub fn observe(&mut self, classifier: &mut Classifier, seen: &Seen, entries: &[Entry<'_>]) {
        let identities: Vec<Option<u64>> = entries.iter().map(|entry| seen.identity(entry)).collect();
        let mut are_new = Vec::new();
        seen.are_new(&identities, &mut are_new);
        for (entry, is_new) in entries.iter().zip(are_new) {
            self.observe_entry(classifier, entry, is_new);
        }
        self.text.tidy();
        self.known.tidy();
    }

    /// Another copy of an entry counts for nothing, but it may be the one that stands first.
    fn observe_entry(&mut self, classifier: &mut Classifier, entry: &Entry<'_>, is_new: bool) {
        self.entries += 1;
        let Some(time) = entry.timestamp else {
            self.untimed += u64::from(is_new);
            return;
        };
        let origin = (self.symbols.intern(&entry.resource.service), self.symbols.intern(&entry.resource.revision));
        if is_new {
            self.span.add(time.0);
            self.times.add(time.0);
        }
        let (tally, level, shown) = match told(classifier, entry) {
            Told::Known { kind, key, title, level, text } => {
                let (_, tally) = self.known.fixed(kind as u8, &key);
                tally.name(&title);
                (tally, level, text)
            }
            Told::Text { line, level } => (self.text.line(&line).1, level, line),
        };
        if is_new {
            tally.add(time.0, origin, level);
        }
        tally.show(time.0, &entry.insert_id, entry.position, &shown);
    }

    /// Adds one line of plain text, which has neither time nor place.
    pub fn line(&mut self, line: &str) -> ShapeKey {
        self.entries += 1;
        let clean = classify::message::clean(line);
        let json = if clean.starts_with('{') { classify::message::from_json(&clean) } else { None };
        let (key, tally) = self.text.line(json.as_ref().map_or(&*clean, |json| &json.message));
        tally.span.count += 1;
        self.text.tidy();
        key
    }

    /// Adds what another worker has counted.
    #[must_use]
    pub fn merge(mut self, mut other: Self) -> Self {
        let names = self.symbols.absorb(&other.symbols);
        other.text.tallies_mut().chain(other.known.tallies_mut()).for_each(|tally| tally.rename(&names));
        self.entries += other.entries;
        self.untimed += other.untimed;
        self.span.merge(other.span);
        self.times.merge(other.times);
        self.text = self.text.merge(other.text);
        self.known = self.known.merge(other.known);
        self
    }

    /// Finds the templates, and where among the patterns each line of [`Self::line`] belongs.
    pub fn mine(self) -> Found {
        let covered = self.covered();
        let Self { symbols, entries, untimed, span, text, known, .. } = self;
        Found { symbols, entries, untimed, span, covered, text: text.mine(), known: known.mine() }
    }

    /// The narrowest windows that are few enough, and which of them hold anything.
    fn covered(&self) -> Covered {
        if self.span.count == 0 {
            return Covered { width: 0, windows: Vec::new() };
        }
        let second = |nanos: i64| nanos.div_euclid(crate::model::time::NANOS_PER_SECOND);
        let (first, last) = (second(self.span.first), second(self.span.last));
        let fits = |width: &i64| last.div_euclid(*width) - first.div_euclid(*width) < WINDOWS_MAX;
        let width = WIDTHS.iter().position(fits).unwrap_or(WIDTHS.len() - 1);
        Covered { width, windows: self.times.windows(width).into_keys().collect() }
    }
}

/// Patterns that are not mined, by the number that the miner keeps them apart with.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Signature,
    Exception,
    Request,
    StackLine,
}

/// What an entry says.
enum Told {
    Known { kind: Kind, key: String, title: String, level: Level, text: String },
    Text { line: String, level: Level },
}

/// What an entry says.
fn told(classifier: &mut Classifier, entry: &Entry<'_>) -> Told {
    if let Some(json) = entry.audit.as_deref() {
        return audited(classifier, entry, json);
    }
    let class = classifier.classify(entry);
    match (&class.key, &entry.http) {
        (ClassKey::Quiet, Some(http)) if entry.stream == Stream::Requests => {
            let target = format!("{} {}", http.method, classify::path_template(classify::path_of(&http.url)));
            let key = format!("{target} {}", classify::status_of(http));
            Told::Known { kind: Kind::Request, title: key.clone(), key, level: class.level, text: target }
        }
        (ClassKey::Template { .. } | ClassKey::Quiet, _) => {
            let line = class.text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
            Told::Text { line: line.to_owned(), level: class.level }
        }
        _ => known(&class),
    }
}

/// What a class that is not mined says.
fn known(class: &Classified) -> Told {
    let (kind, key, title) = match &class.key {
        ClassKey::Signature { id, identity } => {
            (Kind::Signature, format!("{id}{SEPARATOR}{identity}"), class.title.clone())
        }
        ClassKey::Exception { key } => (Kind::Exception, key.clone(), class.title.clone()),
        ClassKey::FailedRequest { status, target } => {
            let key = format!("{target} {status}");
            (Kind::Request, key.clone(), key)
        }
        ClassKey::StackLine | ClassKey::Template { .. } | ClassKey::Quiet => {
            (Kind::StackLine, String::new(), "lines of stack traces and structured blocks".to_owned())
        }
    };
    let text = class.text.lines().next().unwrap_or("").to_owned();
    Told::Known { kind, key, title, level: class.level, text }
}

/// An audit entry: its message, or who was asked to do what.
fn audited(classifier: &Classifier, entry: &Entry<'_>, json: &str) -> Told {
    let time = entry.timestamp.unwrap_or(Timestamp(0));
    let fact = audit::audit_fact(json, time, &entry.insert_id, entry.position, &entry.resource);
    let (method, message) = fact.map_or_else(Default::default, |fact| {
        (fact.method, if fact.message.is_empty() { fact.status_message } else { fact.message })
    });
    if message.is_empty() {
        return Told::Text { line: format!("{} {method}", entry.stream.word()), level: Level::Unknown };
    }
    let class =
        classifier.classify_text(entry.platform, entry.stream, entry.severity.unwrap_or(Severity::Default), &message);
    match class.key {
        ClassKey::Signature { .. } | ClassKey::Exception { .. } => known(&class),
        _ => Told::Text { line: redact::redact(&message).into_owned(), level: class.level },
    }
}

/// The patterns of a set of entries or lines.
pub struct Found {
    symbols: Symbols,
    entries: u64,
    untimed: u64,
    span: Span,
    covered: Covered,
    text: Mined<Tally>,
    known: Mined<Tally>,
}

impl Found {
    /// Id and redacted text of the template of each line, by [`Self::of`].
    pub fn templates(&self) -> Vec<(String, String)> {
        self.text
            .templates
            .iter()
            .map(|template| (template.id.to_string(), redact::redact(&template.text).into_owned()))
            .collect()
    }

    /// Index into [`Self::templates`] of a line.
    pub fn of(&self, key: ShapeKey) -> usize {
        self.text.of(key)
    }

    /// Everything that is said about the patterns.
    pub fn describe(self, files: Vec<InputFile>) -> Patterns {
        let Self { symbols, entries, untimed, span, covered, text, known } = self;
        let paths: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
        let templates = text.templates.into_iter().chain(known.templates);
        let counted: Vec<Template<Tally>> = templates.filter(|template| template.tally.span.count > 0).collect();
        let all = counted.iter().map(|template| template.tally.span.count).sum();
        let mut patterns: Vec<Pattern> =
            counted.into_iter().map(|template| pattern(template, all, &covered, &symbols, &paths)).collect();
        patterns.sort_by(|a, b| {
            b.count.cmp(&a.count).then_with(|| (a.kind, &a.template, &a.id).cmp(&(b.kind, &b.template, &b.id)))
        });
        let time = |nanos: i64| (span.count > 0).then_some(Timestamp(nanos));
        Patterns {
            schema_version: SCHEMA_VERSION,
            generator: Generator {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            entries,
            unique_entries: all + untimed,
            untimed,
            rejected: files.iter().map(|file| file.rejected).sum(),
            files,
            first_timestamp: time(span.first),
            last_timestamp: time(span.last),
            window_seconds: if span.count > 0 { WIDTHS[covered.width].unsigned_abs() } else { 0 },
            windows_covered: covered.windows.len() as u64,
            patterns,
        }
    }
}

fn pattern(template: Template<Tally>, all: u64, covered: &Covered, symbols: &Symbols, paths: &[String]) -> Pattern {
    let Template { id, kind, text, is_rest, tally } = template;
    let (kind, signature) = match kind {
        Some(kind) if kind == Kind::Signature as u8 => (PatternKind::Signature, text.split(SEPARATOR).next()),
        Some(kind) if kind == Kind::Exception as u8 => (PatternKind::Exception, None),
        Some(kind) if kind == Kind::Request as u8 => (PatternKind::Request, None),
        Some(_) => (PatternKind::StackLine, None),
        None => (PatternKind::Template, None),
    };
    let signature = signature.unwrap_or_default().to_owned();
    let shown = tally.title.as_deref().filter(|_| !is_rest).unwrap_or(&text);
    let mut services: Vec<ServiceCount> = Vec::new();
    let mut revisions: Vec<RevisionCount> = Vec::new();
    for ((service, revision), count) in &tally.origins {
        let (service, revision) = (symbols.text(*service), symbols.text(*revision));
        match services.iter_mut().find(|known| known.name == service) {
            Some(known) => known.count += count,
            None => services.push(ServiceCount { name: service.to_owned(), count: *count }),
        }
        match revisions.iter_mut().find(|known| known.name == revision) {
            _ if revision.is_empty() => {}
            Some(known) => known.count += count,
            None => revisions.push(RevisionCount { name: revision.to_owned(), count: *count }),
        }
    }
    services.sort_by(|a, b| a.name.cmp(&b.name));
    revisions.sort_by(|a, b| a.name.cmp(&b.name));
    let timed = tally.span.first <= tally.span.last;
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let share = tally.span.count as f64 / all.max(1) as f64;
    Pattern {
        id: id.to_string(),
        kind,
        template: redact::redact(shown).into_owned(),
        signature,
        is_rest,
        level: level_word(tally.level.unwrap_or(Level::Unknown)).to_owned(),
        count: tally.span.count,
        share,
        rarity_bits: (1.0 / share).log2(),
        first: timed.then_some(Timestamp(tally.span.first)),
        last: timed.then_some(Timestamp(tally.span.last)),
        services,
        revisions,
        change: change::change(&tally.times.windows(covered.width), covered),
        sample: tally.sample.map(|sample| Evidence {
            timestamp: Timestamp(sample.time),
            insert_id: sample.insert_id.into(),
            file: paths.get(sample.position.file as usize).cloned().unwrap_or_default(),
            line: sample.position.line,
            text: sample.text.into(),
        }),
    }
}

fn level_word(level: Level) -> &'static str {
    match level {
        Level::Unknown => "unknown",
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Error => "error",
        Level::Fatal => "fatal",
    }
}
