//! Parses batches into entries and folds them.
//!
//! In goes one batch of whole records; out come calls of the fold, counts per file, and damage. A
//! record goes through the fast parser first. What it refuses is repaired, then read as a loose JSON
//! value and converted; only what still holds no entry is counted as lost.

use std::borrow::Cow;

use serde_json::Value;

use crate::model::entry::{Entry, Position};

use super::canonical::{self, Canonical};
use super::cut::{Cutter, Mode, Step};
use super::damage::Damages;
use super::repair::repair;
use super::source::{Batch, Content};
use super::wire::{Met, Record};
use super::{Options, console, entry, nesting, yaml};
use crate::model::time::Clock;

/// Entries handed on together: few enough to stay in the first-level cache.
const GROUP_LEN: usize = 32;

/// Entries of one batch on their way, and what was met in it.
#[derive(Default)]
struct Group<'b> {
    entries: Vec<Entry<'b>>,
    met: Met<'b>,
}

/// Entries and lost records of one file.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub entries: u64,
    pub rejected: u64,
}

/// One worker: its own state of the fold and what it counted.
pub(super) struct Worker<'w, T, F> {
    pub state: T,
    pub counts: Vec<Counts>,
    pub damages: Damages,
    pub filtered_out: u64,
    fold: &'w F,
    options: &'w Options,
}

/// Where a record stands and what may be said about it.
#[derive(Debug, Clone, Copy)]
struct Place {
    position: Position,
    /// Foreign objects are worth a notice.
    is_strict: bool,
    /// The text ends with this record.
    is_last: bool,
}

impl<'w, T, F: Fn(&mut T, &[Entry<'_>])> Worker<'w, T, F> {
    pub(super) fn new(state: T, files: usize, fold: &'w F, options: &'w Options) -> Self {
        Self {
            state,
            counts: vec![Counts::default(); files],
            damages: Damages::default(),
            filtered_out: 0,
            fold,
            options,
        }
    }

    /// Parses and folds every record of a batch.
    pub(super) fn batch(&mut self, batch: &Batch) {
        let all = std::str::from_utf8(&batch.bytes).ok();
        match &batch.content {
            Content::Lines => self.lines(batch, all),
            Content::Rows(header) => header.rows(&batch.bytes, |lines, row| {
                let place = Self::place(batch, batch.first_line.saturating_add(lines), true);
                if self.value(row, place) == 0 {
                    self.reject("not-an-entry", place, "");
                }
            }),
            Content::Records { .. } | Content::Documents | Content::Copied => {
                let last = batch.spans.len().saturating_sub(1);
                let mut group = Group::default();
                for (index, span) in batch.spans.iter().enumerate() {
                    let mut place =
                        Self::place(batch, span.line, matches!(batch.content, Content::Records { is_strict: true }));
                    place.is_last &= index == last;
                    let text = self.text(all, &batch.bytes, span.start, span.end, place);
                    match batch.content {
                        Content::Documents => self.document(&text, place),
                        Content::Copied => {
                            if let Some(found) = console::canonical(&text) {
                                self.converted(&found, place);
                            }
                        }
                        _ => self.record(text, place, &mut group),
                    }
                }
                self.accept(&mut group.entries);
            }
        }
    }

    fn place(batch: &Batch, line: u32, is_strict: bool) -> Place {
        Place { position: Position { file: batch.file, line }, is_strict, is_last: batch.is_last }
    }

    /// The text of a record; where the batch holds invalid UTF-8, decoded record by record.
    fn text<'b>(
        &mut self,
        all: Option<&'b str>,
        bytes: &'b [u8],
        start: usize,
        end: usize,
        place: Place,
    ) -> Cow<'b, str> {
        if let Some(text) = all.and_then(|all| all.get(start..end)) {
            return Cow::Borrowed(text);
        }
        let text = String::from_utf8_lossy(&bytes[start..end]);
        if matches!(text, Cow::Owned(_)) {
            self.damages.add(place.position.file, "invalid-utf8", place.position.line, &bytes[start..end]);
        }
        text
    }

    fn lines(&mut self, batch: &Batch, all: Option<&str>) {
        let bytes = &*batch.bytes;
        let (mut start, mut line) = (0, batch.first_line);
        let mut group = Group::default();
        for &end in &batch.line_ends {
            let mut place = Self::place(batch, line, true);
            place.is_last &= end == bytes.len();
            if start < end {
                let text = self.text(all, bytes, start, end, place);
                let text = match text {
                    Cow::Borrowed(text) => Cow::Borrowed(bare_line(text)),
                    Cow::Owned(text) => Cow::Owned(bare_line(&text).to_owned()),
                };
                if !matches!(&*text, "" | "[" | "]") {
                    self.record(text, place, &mut group);
                }
            }
            start = end + 1;
            line = line.saturating_add(1);
        }
        self.accept(&mut group.entries);
    }

    /// One JSON record. Its entry joins the group; only damaged text is not the batch's own and goes by itself.
    fn record<'b>(&mut self, text: Cow<'b, str>, place: Place, group: &mut Group<'b>) {
        let text = match text {
            Cow::Borrowed(text) => {
                if let Some(entry) = fast_entry(text, place, &mut group.met) {
                    group.entries.push(entry);
                    if group.entries.len() == GROUP_LEN {
                        self.accept(&mut group.entries);
                    }
                    return;
                }
                Cow::Borrowed(text)
            }
            Cow::Owned(text) => {
                if let Some(entry) = fast_entry(&text, place, &mut Met::default()) {
                    return self.accept(&mut vec![entry]);
                }
                Cow::Owned(text)
            }
        };
        let text = &*text;
        if !nesting::is_safe(text) {
            return self.reject("nesting-too-deep", place, text);
        }
        self.loose_record(text, place, true);
    }

    /// A record that the fast path refused.
    #[cold]
    fn loose_record(&mut self, text: &str, place: Place, may_split: bool) {
        if let Ok(value) = serde_json::from_str::<Value>(text) {
            if self.value(value, place) == 0 && place.is_strict {
                self.reject("not-an-entry", place, text);
            }
            return;
        }
        let repaired = repair(text);
        if let Ok(value) = serde_json::from_str::<Value>(&repaired.text) {
            if self.value(value, place) == 0 {
                if place.is_strict {
                    self.reject("not-an-entry", place, text);
                }
                return;
            }
            let Position { file, line } = place.position;
            for (kind, is_found) in [
                ("nul-bytes", repaired.nul_bytes),
                ("control-characters", repaired.control_characters),
                ("invalid-escape", repaired.invalid_escape),
            ] {
                if is_found {
                    self.damages.add(file, kind, line, text.as_bytes());
                }
            }
            return;
        }
        if !(may_split && self.glued(text, place)) {
            let kind = if place.is_last { "cut-tail" } else { "invalid-json" };
            self.reject(kind, place, text);
        }
    }

    /// Records that stand on one line without a line break between them; `false` when there is only one.
    fn glued(&mut self, text: &str, place: Place) -> bool {
        let mut cutter = Cutter::new(Mode::Json, usize::MAX, place.position.line);
        let mut is_found = false;
        loop {
            match cutter.step(text.as_bytes(), true) {
                Step::Record { start, end } => {
                    let Some(part) = text.get(start..end).filter(|part| part.len() < text.len()) else {
                        return is_found;
                    };
                    is_found = true;
                    match fast_entry(part, place, &mut Met::default()) {
                        Some(entry) => self.accept(&mut vec![entry]),
                        None => self.loose_record(part, place, false),
                    }
                }
                Step::Broken { .. } | Step::CutTail { .. } if is_found => self.reject("invalid-json", place, text),
                Step::Broken { .. } | Step::TooLong { .. } => {}
                Step::CutTail { .. } | Step::NeedMore | Step::End => return is_found,
            }
        }
    }

    /// One YAML document.
    fn document(&mut self, text: &str, place: Place) {
        let document = yaml::without_heading(text.strip_prefix("---").unwrap_or(text));
        if document.trim().is_empty() {
            return;
        }
        match yaml::parse(document) {
            Some(value) => {
                self.value(value, place);
            }
            None if document.contains("insertId:") => {
                self.reject(if place.is_last { "cut-tail" } else { "invalid-yaml" }, place, document);
            }
            None => {}
        }
    }

    /// Folds every entry in a loose value; returns how many there were.
    fn value(&mut self, value: Value, place: Place) -> usize {
        let found = canonical::entries(value);
        for entry in &found {
            self.converted(entry, place);
        }
        found.len()
    }

    fn converted(&mut self, canonical: &Canonical, place: Place) {
        let text = Value::Object(canonical.object.clone()).to_string();
        match Record::parse(&text) {
            Ok(mut record) => {
                self.accept(&mut vec![entry::build(
                    &mut record,
                    place.position,
                    canonical.converted,
                    &mut Clock::default(),
                )]);
            }
            Err(_) => self.reject("invalid-json", place, &text),
        }
    }

    /// Counts and folds a group, which is empty afterwards.
    fn accept(&mut self, group: &mut Vec<Entry<'_>>) {
        let before = group.len();
        group.retain(|entry| self.options.filter.admits(entry));
        self.filtered_out += (before - group.len()) as u64;
        if let Some(first) = group.first() {
            if let Some(counts) = self.counts.get_mut(first.position.file as usize) {
                counts.entries += group.len() as u64;
            }
            (self.fold)(&mut self.state, group);
            self.options.progress.add_entries(group.len() as u64);
        }
        group.clear();
    }

    #[cold]
    fn reject(&mut self, kind: &'static str, place: Place, text: &str) {
        let Position { file, line } = place.position;
        self.damages.add(file, kind, line, text.as_bytes());
        if let Some(counts) = self.counts.get_mut(file as usize) {
            counts.rejected += 1;
        }
    }
}

/// The entry of a record that needs no repair.
fn fast_entry<'b>(text: &'b str, place: Place, met: &mut Met<'b>) -> Option<Entry<'b>> {
    let mut record = Record::default();
    record.read(text, met).ok()?;
    (record.is_entry() && record.has_payload())
        .then(|| entry::build(&mut record, place.position, false, &mut met.clock))
}

/// The bracket and commas of an array written one element a line are no part of the records.
fn bare_line(text: &str) -> &str {
    if text.starts_with('{') && text.ends_with('}') {
        return text;
    }
    text.trim_matches(|character: char| character.is_whitespace() || matches!(character, '\0' | ',' | '\u{feff}'))
}
