//! What each counted entry added to the counts, so that a merge of shards can take back what a copy added twice.
//!
//! In: the entries that [`Facts::observe`] sees. Out: one [`Record`] an entry, by identity. Only `scan` keeps them:
//! one process removes copies while it reads ([`super::seen`]), but a copy that stands in another shard shows only
//! when the shards meet. Times need no record: a first and a last are the same however many copies there are.
//! Entries without an insertId are never copies of each other, but their whole file may come twice; they are counted
//! by file.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use super::audit::AuditFact;
use super::home::{self, RecentOrigins};
use super::seen::Seen;
use super::symbols::{EMPTY, Symbol, Symbols};
use super::{Facts, Home, Map, health};
use crate::classify::{self, Classifier};
use crate::model::time::minute_of;
use crate::model::{Entry, Severity, Stream};

/// [`Share::minute`] of an entry without a readable time.
pub const UNTIMED: i64 = i64::MIN;

/// What many entries have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// Service.
    pub service: Symbol,
    /// Revision; may be empty.
    pub revision: Symbol,
    /// Project; may be empty.
    pub project: Symbol,
    /// Log it stands in.
    pub stream: Stream,
    /// As written.
    pub severity: Option<Severity>,
    /// Name of that log: with insertId and time it makes an entry's identity. Empty where it holds a secret.
    pub log: Symbol,
}

/// What one entry added to the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Share {
    /// Minute since the epoch, or [`UNTIMED`].
    pub minute: i64,
    /// Number of its [`Origin`].
    pub origin: u32,
    /// Instance; may be empty.
    pub instance: Symbol,
    /// Of a request `1 + 8 × status`, one more with a platform text, two more where it was not a user's, and four more
    /// for a health check; 0 elsewhere.
    pub outcome: u32,
    /// Of a request `1 +` the bucket of its latency; 0 where there is none.
    pub latency: u16,
}

/// One counted entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    /// Equal for copies of one entry, on every machine; see [`Seen::identity`].
    pub identity: u64,
    /// What it added.
    pub share: Share,
}

/// Keeps the records of one worker, or of all of them together.
#[derive(Default)]
pub struct Recorder {
    /// Names that the origins and shares refer to.
    pub names: Symbols,
    /// Origins by number.
    pub origins: Vec<Origin>,
    /// Entries with an identity, in no order.
    pub records: Vec<Record>,
    /// How many entries without one have the same share, by file.
    pub anonymous: Map<(u32, Share), u64>,
    /// What tells two readings of one file from two files of one name: a sum over its entries, by file.
    pub fingerprints: Map<u32, u64>,
    numbers: Map<Origin, u32>,
    recent: RecentOrigins,
    logs: Map<String, Symbol>,
}

impl Recorder {
    /// Lets `facts` see entries and keeps what they added.
    pub fn observe(&mut self, facts: &mut Facts, classifier: &mut Classifier, seen: &Seen, entries: &[Entry<'_>]) {
        let mut audited = facts.audit.len();
        facts.observe_with(classifier, seen, entries, |facts, entry, identity, is_new| {
            let fact = facts.audit.get(audited);
            audited = facts.audit.len();
            let sum = self.fingerprints.entry(entry.position.file).or_default();
            *sum = sum.wrapping_add(fingerprint(entry, identity));
            if is_new {
                self.record(entry, identity, fact);
            }
        });
    }

    fn record(&mut self, entry: &Entry<'_>, identity: Option<u64>, fact: Option<&AuditFact>) {
        let is_audit = entry.audit.is_some();
        let home::Origin { service, revision, project } = self.place(entry, fact);
        let origin = Origin {
            service,
            revision,
            project,
            stream: entry.stream,
            severity: entry.severity,
            log: self.log(&entry.log_name),
        };
        let request = entry.http.as_ref().filter(|_| entry.stream == Stream::Requests && !is_audit);
        let share = Share {
            minute: entry.timestamp.map_or(UNTIMED, |time| minute_of(time.0)),
            origin: self.origin(origin),
            instance: if is_audit { EMPTY } else { self.names.intern(&entry.instance) },
            outcome: request.map_or(0, |http| {
                let flags = [
                    !entry.text.is_empty(),
                    classify::caller_of(http) != classify::Caller::User,
                    classify::is_health_check(http),
                ];
                let bits: u32 = (0..).zip(flags).map(|(bit, is_set)| u32::from(is_set) << bit).sum();
                1 + 8 * u32::from(classify::status_of(http)) + bits
            }),
            latency: request.and_then(|http| health::latency_bucket(http.latency_nanos)).map_or(0, |bucket| 1 + bucket),
        };
        match identity {
            Some(identity) => self.records.push(Record { identity, share }),
            None => *self.anonymous.entry((entry.position.file, share)).or_default() += 1,
        }
    }

    /// The names that [`Facts`] counts an entry under.
    fn place(&mut self, entry: &Entry<'_>, fact: Option<&AuditFact>) -> home::Origin {
        let is_audit = entry.audit.is_some();
        if let Some(known) = self.recent.find(entry).filter(|_| !is_audit) {
            return known;
        }
        let (service, revision, home) = match fact.filter(|_| is_audit) {
            Some(fact) => (fact.service.as_str(), fact.revision.as_str(), Home::of_fact(entry, fact)),
            None if is_audit => (&*entry.resource.service, "", Home::of(entry)),
            None => (&*entry.resource.service, &*entry.resource.revision, Home::of(entry)),
        };
        let origin = home::Origin {
            service: self.names.intern(&home::key(service, &home)),
            revision: self.names.intern(revision),
            project: self.names.intern(&entry.resource.project),
        };
        if !is_audit {
            self.recent.remember(entry, origin);
        }
        origin
    }

    fn log(&mut self, name: &str) -> Symbol {
        if let Some(log) = self.logs.get(name) {
            return *log;
        }
        let log = if classify::redact::redact(name) == name { self.names.intern(name) } else { EMPTY };
        self.logs.insert(name.to_owned(), log);
        log
    }

    fn origin(&mut self, origin: Origin) -> u32 {
        *self.numbers.entry(origin).or_insert_with(|| {
            self.origins.push(origin);
            u32::try_from(self.origins.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// Adds what another worker kept.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        let names = self.names.absorb(&other.names);
        let ours = |symbol: Symbol| names[symbol.0 as usize];
        let origins: Vec<u32> = other.origins.iter().map(|origin| self.origin(origin.renamed(&ours))).collect();
        let share = |share: Share| share.renamed(&ours, &origins);
        self.records.extend(other.records.into_iter().map(|record| Record { share: share(record.share), ..record }));
        for ((file, theirs), count) in other.anonymous {
            *self.anonymous.entry((file, share(theirs))).or_default() += count;
        }
        for (file, print) in other.fingerprints {
            let sum = self.fingerprints.entry(file).or_default();
            *sum = sum.wrapping_add(print);
        }
        self
    }
}

impl Origin {
    /// The same in the numbers of another table.
    #[must_use]
    pub fn renamed(self, ours: &impl Fn(Symbol) -> Symbol) -> Self {
        Self {
            service: ours(self.service),
            revision: ours(self.revision),
            project: ours(self.project),
            log: ours(self.log),
            ..self
        }
    }
}

impl Share {
    /// The same in the numbers of other tables; `origins` maps the numbers of origins.
    #[must_use]
    pub fn renamed(self, ours: &impl Fn(Symbol) -> Symbol, origins: &[u32]) -> Self {
        Self {
            instance: ours(self.instance),
            origin: origins.get(self.origin as usize).copied().unwrap_or(u32::MAX),
            ..self
        }
    }
}

/// What an entry adds to the fingerprint of its file. Sums do not depend on order.
fn fingerprint(entry: &Entry<'_>, identity: Option<u64>) -> u64 {
    let size = (entry.text.len(), entry.json.as_deref().map_or(0, str::len));
    FixedState::with_seed(23).hash_one((identity, entry.timestamp, entry.position.line, size))
}

impl Facts {
    /// Takes back what `times` copies of an entry added. Names are those of these facts.
    pub fn take_back(&mut self, share: &Share, origin: &Origin, times: u64) {
        self.unique_entries = self.unique_entries.saturating_sub(times);
        if share.minute == UNTIMED {
            self.untimed = self.untimed.saturating_sub(times);
            return;
        }
        let less = |count: &mut u64| *count = count.saturating_sub(times);
        let Origin { service, revision, project, stream, severity, .. } = *origin;
        if let Some(span) = self.coverage.get_mut(&(service, stream, severity)) {
            less(&mut span.count);
        }
        for count in [self.minutes.get_mut(&share.minute), self.projects.get_mut(&project)].into_iter().flatten() {
            less(count);
        }
        if let Some(span) = self.revisions.get_mut(&(service, revision)) {
            less(&mut span.count);
        }
        let (mut status, mut failed) = (0, false);
        if let Some(outcome) = share.outcome.checked_sub(1) {
            let [platform_text, aside, is_check] = [0, 1, 2].map(|bit| outcome >> bit & 1 == 1);
            status = u16::try_from(outcome / 8).unwrap_or(u16::MAX);
            failed = classify::is_failed_request(status, platform_text);
            if let Some(health) = self.health.get_mut(&(service, revision)) {
                let bucket = share.latency.checked_sub(1);
                health.take_back(status, platform_text, bucket, times);
                health.slots.take_back(share.minute, health::outcome(status, platform_text, bucket, aside), times);
                if is_check {
                    health.take_back_health_check(failed, times);
                }
            }
            let minutes = self.traffic.get_mut(&(service, revision));
            if let Some(counts) = minutes.and_then(|minutes| minutes.get_mut(&share.minute)) {
                less(&mut counts.0);
                if failed {
                    less(&mut counts.1);
                }
            }
        }
        if let Some(life) = self.lives.get_mut(&(service, share.instance)) {
            if failed {
                less(&mut life.failed);
            } else if status > 0 {
                less(&mut life.answered);
            }
        }
    }
}
