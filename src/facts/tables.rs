//! Facts as ordered tables: the form in which they leave the process, and come back.
//!
//! In: [`Facts`], whose numbers and hash maps differ from run to run. Out: [`Tables`], the same for the same entries:
//! names and classes are numbered in their own order, and every table is sorted. What comes back is checked, so that a
//! number that points nowhere is an error and not a panic.

use serde::{Deserialize, Serialize};

use super::audit::AuditFact;
use super::file_span::FileSpan;
use super::health::Health;
use super::life::Life;
use super::row::{ClassId, Row};
use super::symbols::Symbol;
use super::{Facts, Home, Map, Span};
use crate::classify::Classified;
use crate::model::{Position, Severity, Stream};

/// No honest count is larger, and sums of as many of them as there can be shards do not overflow.
const COUNT_MAX: u64 = 1 << 48;

/// A table with two names as its key.
type ByPair<T> = Vec<((Symbol, Symbol), T)>;

/// Service, log and severity.
type LogKey = (Symbol, Stream, Option<Severity>);

/// File, log and severity.
type FileKey = (u32, Stream, Option<Severity>);

/// All facts, ordered.
#[derive(Debug, Default)]
pub struct Tables {
    /// Names and texts by number; the first is empty.
    pub names: Vec<String>,
    /// Classes by number.
    pub classes: Vec<Classified>,
    /// Kept entries by time.
    pub rows: Vec<Row>,
    /// Instances by service and name.
    pub lives: ByPair<Life>,
    /// Deployment history.
    pub audit: Vec<AuditFact>,
    /// Everything that is counted.
    pub counts: Counts,
}

/// What is counted; see the fields of the same names in [`Facts`].
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Counts {
    entries: u64,
    unique_entries: u64,
    untimed: u64,
    health: ByPair<Health>,
    traffic: ByPair<Vec<(i64, (u64, u64))>>,
    revisions: ByPair<Span>,
    coverage: Vec<(LogKey, Span)>,
    files: Vec<(FileKey, FileSpan)>,
    minutes: Vec<(i64, u64)>,
    homes: Vec<(Symbol, Home)>,
    projects: Vec<(Symbol, u64)>,
}

/// A table points to what is not there, or holds what cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unsound(pub &'static str);

impl Facts {
    /// The same facts with names and classes numbered in their order, copies resolved and rows sorted; and which
    /// number each name has now. Texts that only the caller refers to must be interned before.
    pub fn ordered(mut self) -> (Self, Vec<Symbol>) {
        self.resolve_copies();
        let mut texts: Vec<&str> = self.symbols.texts().collect();
        texts.sort_unstable();
        let mut ordered = Self::default();
        for text in texts {
            ordered.symbols.intern(text);
        }
        let mut classes = self.classes.snapshot();
        classes.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        for class in &classes {
            ordered.classes.intern(class);
        }
        let names = ordered.symbols.absorb(&self.symbols);
        let mut ordered = ordered.merge(self);
        ordered.drop_copies();
        ordered.rows.sort_unstable_by(|a, b| order(a).cmp(&order(b)));
        ordered.audit.sort();
        (ordered, names)
    }

    /// Keeps the first of the kept entries with one identity. Numbers must be in the order of what they stand for.
    fn drop_copies(&mut self) {
        self.rows.sort_unstable_by(|a, b| {
            (a.identity, a.position).cmp(&(b.identity, b.position)).then_with(|| order(a).cmp(&order(b)))
        });
        self.rows.dedup_by(|copy, first| copy.identity != 0 && copy.identity == first.identity);
        self.audit
            .sort_unstable_by(|a, b| (a.identity, a.position).cmp(&(b.identity, b.position)).then_with(|| a.cmp(b)));
        self.audit.dedup_by(|copy, first| copy.identity != 0 && copy.identity == first.identity);
    }

    /// Gives files other numbers: `ours[n]` for `n`. Where that is `None`, the file was read before, and its first
    /// reading told what is forgotten here: where its entries stand, and its spans. Counts stay.
    pub fn renumber_files(&mut self, ours: &[Option<u32>]) -> Result<(), Unsound> {
        let known = |file: u32| ours.get(file as usize).copied().ok_or(Unsound("a position names no file"));
        let mut wrong = Ok(());
        let mut place = |position: &mut Position| match known(position.file) {
            Ok(Some(file)) => {
                position.file = file;
                true
            }
            Ok(None) => false,
            Err(error) => {
                wrong = Err(error);
                false
            }
        };
        self.rows.retain_mut(|row| place(&mut row.position));
        self.audit.retain_mut(|fact| place(&mut fact.position));
        wrong?;
        let mut files = Map::default();
        for ((file, stream, severity), span) in std::mem::take(&mut self.files) {
            if let Some(file) = known(file)? {
                files.insert((file, stream, severity), span);
            }
        }
        self.files = files;
        Ok(())
    }

    /// The tables of ordered facts.
    pub fn into_tables(self) -> Tables {
        let traffic = self.traffic.into_iter().map(|(key, minutes)| (key, minutes.into_iter().collect()));
        Tables {
            names: self.symbols.texts().map(str::to_owned).collect(),
            classes: self.classes.into_known(),
            rows: self.rows,
            lives: sorted(self.lives),
            audit: self.audit,
            counts: Counts {
                entries: self.entries,
                unique_entries: self.unique_entries,
                untimed: self.untimed,
                health: sorted(self.health),
                traffic: sorted(traffic),
                revisions: sorted(self.revisions),
                coverage: sorted(self.coverage),
                files: sorted(self.files),
                minutes: sorted(self.minutes),
                homes: sorted(self.homes),
                projects: sorted(self.projects),
            },
        }
    }

    /// Facts again.
    pub fn from_tables(tables: Tables) -> Result<Self, Unsound> {
        let Tables { names, classes, rows, lives, audit, counts } = tables;
        counts.check(&lives, names.len())?;
        let is_class = |id: ClassId| (id.0 as usize) < classes.len();
        let is_name = |symbol: Symbol| (symbol.0 as usize) < names.len();
        let is_row_sound = |row: &Row| {
            is_class(row.class)
                && [row.service, row.revision, row.instance, row.trace, row.execution, row.text, row.target]
                    .into_iter()
                    .all(is_name)
        };
        if !rows.iter().all(is_row_sound) {
            return Err(Unsound("a kept entry names what is not there"));
        }
        let mut facts = Self { rows, audit, ..Self::default() };
        for (number, text) in names.iter().enumerate() {
            if facts.symbols.intern(text).0 as usize != number {
                return Err(Unsound("a name is there twice"));
            }
        }
        for (number, class) in classes.iter().enumerate() {
            if facts.classes.intern(class).0 as usize != number {
                return Err(Unsound("a class is there twice"));
            }
        }
        facts.entries = counts.entries;
        facts.unique_entries = counts.unique_entries;
        facts.untimed = counts.untimed;
        facts.lives = lives.into_iter().collect();
        facts.health = counts.health.into_iter().collect();
        facts.traffic = counts.traffic.into_iter().map(|(key, minutes)| (key, minutes.into_iter().collect())).collect();
        facts.revisions = counts.revisions.into_iter().collect();
        facts.coverage = counts.coverage.into_iter().collect();
        facts.files = counts.files.into_iter().collect();
        facts.minutes = counts.minutes.into_iter().collect();
        facts.homes = counts.homes.into_iter().collect();
        facts.projects = counts.projects.into_iter().collect();
        Ok(facts)
    }
}

impl Counts {
    /// Whether all numbers point into a table of that many names, and all counts can be.
    fn check(&self, lives: &[((Symbol, Symbol), Life)], names: usize) -> Result<(), Unsound> {
        let is_name = |symbol: Symbol| (symbol.0 as usize) < names;
        let is_pair = |(a, b): (Symbol, Symbol)| is_name(a) && is_name(b);
        let is_complete = lives.iter().all(|(key, life)| is_pair(*key) && is_name(life.revision))
            && self.health.iter().all(|(key, _)| is_pair(*key))
            && self.traffic.iter().all(|(key, _)| is_pair(*key))
            && self.revisions.iter().all(|(key, _)| is_pair(*key))
            && self.coverage.iter().all(|((service, ..), _)| is_name(*service))
            && self.homes.iter().all(|(service, _)| is_name(*service))
            && self.projects.iter().all(|(project, _)| is_name(*project));
        if !is_complete {
            return Err(Unsound("a count names what is not there"));
        }
        let spans = self.revisions.iter().map(|(_, span)| span);
        let spans = spans.chain(self.coverage.iter().map(|(_, span)| span));
        let spans = spans.chain(self.files.iter().map(|(_, file)| &file.span)).map(|span| span.count);
        let minutes = self.traffic.iter().flat_map(|(_, minutes)| minutes.iter().map(|(_, counts)| counts.0));
        let lives = lives.iter().flat_map(|(_, life)| [life.answered, life.failed]);
        let plain = [self.entries, self.unique_entries, self.untimed].into_iter();
        let others = self.minutes.iter().map(|(_, count)| *count);
        let others = others.chain(self.projects.iter().map(|(_, count)| *count));
        let mut all = spans.chain(minutes).chain(lives).chain(plain).chain(others);
        if all.any(|count| count > COUNT_MAX) || !self.health.iter().all(|(_, health)| health.is_sound(COUNT_MAX)) {
            return Err(Unsound("a count is larger than any log"));
        }
        Ok(())
    }
}

fn sorted<K: Ord, V>(table: impl IntoIterator<Item = (K, V)>) -> Vec<(K, V)> {
    let mut table: Vec<(K, V)> = table.into_iter().collect();
    table.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    table
}

/// One order for the rows of ordered facts: that of [`Facts::settle`], then everything else.
fn order(row: &Row) -> impl Ord + '_ {
    let place = (row.time, &row.insert_id, row.service, row.position);
    let said = (row.text, row.instance, row.revision, row.trace, row.target);
    let rest = (row.written, row.stream, row.status, row.level, row.repeats, row.class, row.execution, row.identity);
    (place, said, rest)
}
