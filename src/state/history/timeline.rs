//! The facts of one service in time order, with the joins between them.
//!
//! In go facts in any order; out come answers such as "which revision did this call make?".
//! The joins, strongest first: the nonce that a template and its revision share; the
//! generation, one higher after a call than before it; the moment a revision was created.
//! Each answers only where it is exact, so that a missing entry gives no answer, not a wrong one.

use std::collections::BTreeMap;

use crate::facts::audit::spec::ServiceStatus;
use crate::facts::audit::{AuditFact, AuditKind};
use crate::model::Timestamp;
use crate::model::time::NANOS_PER_SECOND;

/// A revision is created within a second of the call that asks for it; a minute allows for a slow control plane.
const CREATED_WITHIN_NANOS: i64 = 60 * NANOS_PER_SECOND;

/// A function is built before its revision is created, and a revision may wait for its first readiness this long.
pub(crate) const SETTLED_WITHIN_NANOS: i64 = 15 * 60 * NANOS_PER_SECOND;

/// Two clocks write the time of a call and of a creation; they may differ by this much.
const CLOCK_SKEW_NANOS: i64 = 2 * NANOS_PER_SECOND;

/// The first thing heard of a revision.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Birth<'a> {
    /// Name.
    pub revision: &'a str,
    /// Nonce of the template it was made from.
    pub nonce: &'a str,
    /// When it was created, if an entry says.
    pub created: Option<Timestamp>,
    /// First condition that says ready or not ready.
    pub seen: Timestamp,
}

impl Birth<'_> {
    /// When it was made, as far as is known.
    fn at(&self) -> Timestamp {
        self.created.unwrap_or(self.seen)
    }

    /// Whether it was made by a call at `call`, and before the call at `next`.
    fn follows(&self, call: Timestamp, next: Timestamp, within: i64) -> bool {
        let within = if self.created.is_some() { within } else { SETTLED_WITHIN_NANOS };
        self.at() >= call.plus(-CLOCK_SKEW_NANOS) && self.at() < next && self.at() <= call.plus(within)
    }
}

/// The facts of one service in time order, indexed so that no question reads all of them.
pub(crate) struct Timeline<'a> {
    /// Sorted, each entry once.
    pub facts: Vec<&'a AuditFact>,
    /// First sign of every revision that has a condition of its own, in order of that sign.
    pub births: Vec<Birth<'a>>,
    births_by_nonce: BTreeMap<&'a str, Vec<Birth<'a>>>,
    conditions: BTreeMap<&'a str, Vec<&'a AuditFact>>,
    service_conditions: Vec<&'a AuditFact>,
    by_generation: BTreeMap<i64, Vec<&'a AuditFact>>,
    by_newest: BTreeMap<&'a str, &'a AuditFact>,
    last_request_at: BTreeMap<i64, &'a AuditFact>,
    newest_at: BTreeMap<i64, &'a str>,
    first_named: BTreeMap<&'a str, Timestamp>,
}

impl<'a> Timeline<'a> {
    /// Sorts by time and id, and drops the copies that overlapping files hold.
    pub fn new(facts: &'a [AuditFact]) -> Self {
        let mut facts: Vec<&AuditFact> = facts.iter().collect();
        facts.sort_unstable();
        facts.dedup_by(|later, earlier| {
            let key = |fact: &AuditFact| (fact.time, fact.kind);
            key(later) == key(earlier)
                && later.insert_id == earlier.insert_id
                && later.method == earlier.method
                && later.revision == earlier.revision
        });
        let births = births(&facts);
        let mut timeline = Self {
            births_by_nonce: BTreeMap::new(),
            conditions: BTreeMap::new(),
            service_conditions: facts.iter().copied().filter(|fact| is_service_condition(fact)).collect(),
            by_generation: BTreeMap::new(),
            by_newest: BTreeMap::new(),
            last_request_at: BTreeMap::new(),
            newest_at: BTreeMap::new(),
            first_named: BTreeMap::new(),
            births,
            facts,
        };
        timeline.index();
        timeline
    }

    fn index(&mut self) {
        for birth in self.births.iter().filter(|birth| !birth.nonce.is_empty()) {
            self.births_by_nonce.entry(birth.nonce).or_default().push(*birth);
        }
        for fact in &self.service_conditions {
            if let Some(generation) = fact.generation {
                self.by_generation.entry(generation).or_default().push(fact);
            }
            if let Some(status) = fact.status_after.as_ref().filter(|status| !status.latest_created.is_empty()) {
                self.by_newest.entry(&status.latest_created).or_insert(fact);
            }
        }
        for fact in self.facts.iter().copied() {
            if fact.kind == AuditKind::Condition && !fact.revision.is_empty() {
                self.conditions.entry(&fact.revision).or_default().push(fact);
            }
            if let Some(before) = fact.generation.filter(|_| fact.kind == AuditKind::Request && fact.spec.is_some()) {
                self.last_request_at.insert(before, fact);
            }
        }
        self.index_statuses();
    }

    fn index_statuses(&mut self) {
        for fact in self.facts.iter().copied() {
            let mut name = |revision: &'a str| {
                if !revision.is_empty() {
                    self.first_named.entry(revision).or_insert(fact.time);
                }
            };
            name(fact.revision.as_str());
            let Some(status) = status_of(fact) else { continue };
            name(&status.latest_created);
            name(&status.latest_ready);
            status.traffic.iter().filter_map(|target| target.revision.as_deref()).for_each(&mut name);
            if let Some(generation) = fact.generation.filter(|_| !status.latest_created.is_empty())
                && status.observed_generation.is_none_or(|observed| observed >= generation)
            {
                self.newest_at.insert(generation, &status.latest_created);
            }
        }
    }

    /// The generation that the call led to; `None` where it is not known, or where a later call
    /// still found the same generation, so that this one changed nothing.
    pub fn generation_after(&self, call: &AuditFact) -> Option<i64> {
        let Some(before) = call.generation else { return call.method.starts_with("Create").then_some(1) };
        let last = self.last_request_at.get(&before);
        last.is_none_or(|last| std::ptr::eq(*last, call)).then(|| before.saturating_add(1))
    }

    /// The newest revision right after the call, where the next generation is in the facts.
    fn newest_after(&self, call: &AuditFact) -> Option<&'a str> {
        self.generation_after(call).and_then(|generation| self.newest_at.get(&generation).copied())
    }

    /// The revision that a template-changing call made; empty where it cannot be told.
    ///
    /// `next` is the time of the next call, which later revisions belong to.
    pub fn revision_of(&self, call: &'a AuditFact, next: Timestamp) -> &'a str {
        if let Some(birth) = self.birth_by_nonce(call) {
            return birth.revision;
        }
        if let Some(newest) = self.newest_after(call).filter(|newest| *newest != newest_before(call)) {
            return newest;
        }
        let asked = call.spec.as_ref().map_or("", |spec| spec.revision_name.as_str());
        self.birth_by_time(call, next).map_or(asked, |birth| birth.revision)
    }

    fn made_with_nonce(&self, call: &AuditFact) -> &[Birth<'a>] {
        self.births_by_nonce.get(call.nonce.as_str()).map_or(&[], Vec::as_slice)
    }

    fn birth_by_nonce(&self, call: &AuditFact) -> Option<&Birth<'a>> {
        let since = call.time.plus(-CLOCK_SKEW_NANOS);
        self.made_with_nonce(call).iter().find(|birth| birth.at() >= since)
    }

    fn birth_by_time(&self, call: &AuditFact, next: Timestamp) -> Option<&Birth<'a>> {
        let within = if call.method.ends_with("Function") { SETTLED_WITHIN_NANOS } else { CREATED_WITHIN_NANOS };
        let other_nonce =
            |birth: &Birth| !birth.nonce.is_empty() && !call.nonce.is_empty() && birth.nonce != call.nonce;
        let from = self.births.partition_point(|birth| birth.seen < call.time.plus(-CLOCK_SKEW_NANOS));
        // A revision is heard of at the latest when its first readiness is settled.
        let until = call.time.plus(within.saturating_add(SETTLED_WITHIN_NANOS));
        let candidates = self.births[from..].iter().take_while(|birth| birth.seen <= until);
        candidates.into_iter().find(|birth| !other_nonce(birth) && birth.follows(call.time, next, within))
    }

    /// Whether the facts prove that the call made a revision, or that it made none.
    pub fn proven(&self, call: &AuditFact, next: Timestamp) -> Option<bool> {
        if self.birth_by_nonce(call).is_some_and(|birth| birth.created.is_some()) {
            return Some(true);
        }
        let before = newest_before(call);
        if let Some(newest) = self.newest_after(call).filter(|_| !before.is_empty()) {
            return Some(newest != before);
        }
        if self.birth_by_time(call, next).is_some_and(|birth| birth.created.is_some()) {
            return Some(true);
        }
        // The nonce is that of an older revision: its template was left as it is.
        self.made_with_nonce(call).iter().any(|birth| birth.at() < call.time).then_some(false)
    }

    /// Conditions of the service (or job) that tell how the call ended, in time order.
    ///
    /// They are known by their generation, or else by standing between this call and the next.
    pub fn conditions_after(&self, call: &AuditFact, next: Timestamp) -> Vec<&'a AuditFact> {
        if let Some(found) = self.generation_after(call).and_then(|generation| self.by_generation.get(&generation)) {
            return found.clone();
        }
        let until = next.min(call.time.plus(SETTLED_WITHIN_NANOS));
        let between = slice_of(&self.service_conditions, call.time, until);
        let other_generation = |fact: &AuditFact| call.generation.is_some() && fact.generation.is_some();
        between.iter().copied().filter(|fact| !other_generation(fact)).collect()
    }

    /// The service as it stood once the call had been applied, or once the revision was the newest.
    pub fn service_after(&self, call: Option<&AuditFact>, revision: &str) -> Option<&'a AuditFact> {
        let by_generation = call.and_then(|call| self.generation_after(call)).and_then(|g| self.by_generation.get(&g));
        by_generation.and_then(|found| found.first()).or_else(|| self.by_newest.get(revision)).copied()
    }

    /// Conditions of one revision, in time order.
    pub fn conditions_of(&self, revision: &str) -> &[&'a AuditFact] {
        self.conditions.get(revision).map_or(&[], Vec::as_slice)
    }

    /// Facts from `from` up to, without, `until`.
    pub fn between(&self, from: Timestamp, until: Timestamp) -> &[&'a AuditFact] {
        slice_of(&self.facts, from, until)
    }

    /// Whether a revision first shows up around `time`, rather than having existed long before.
    pub fn is_new_at(&self, revision: &str, time: Timestamp) -> bool {
        self.first_named.get(revision).is_none_or(|first| *first >= time.plus(-SETTLED_WITHIN_NANOS))
    }
}

/// The status an entry carries, whichever time it is about.
pub(crate) fn status_of(fact: &AuditFact) -> Option<&ServiceStatus> {
    fact.status_before.as_ref().or(fact.status_after.as_ref())
}

/// The newest revision before a call; empty where it does not say.
pub(crate) fn newest_before(call: &AuditFact) -> &str {
    call.status_before.as_ref().map_or("", |status| &status.latest_created)
}

/// The newest revision at a condition of a service; empty where it does not say.
pub(crate) fn newest_of(condition: &AuditFact) -> &str {
    condition.status_after.as_ref().map_or("", |status| &status.latest_created)
}

/// Whether it is the condition of a service or job, not of a revision.
pub(crate) fn is_service_condition(fact: &AuditFact) -> bool {
    fact.kind == AuditKind::Condition && fact.revision.is_empty()
}

fn slice_of<'s, 'a>(facts: &'s [&'a AuditFact], from: Timestamp, until: Timestamp) -> &'s [&'a AuditFact] {
    let start = facts.partition_point(|fact| fact.time < from);
    let end = facts.partition_point(|fact| fact.time < until);
    facts.get(start..end).unwrap_or_default()
}

fn births<'a>(facts: &[&'a AuditFact]) -> Vec<Birth<'a>> {
    let mut births: BTreeMap<&str, Birth<'a>> = BTreeMap::new();
    for fact in facts {
        if fact.kind != AuditKind::Condition || fact.revision.is_empty() || fact.ready.is_none() {
            continue;
        }
        let birth = births.entry(&fact.revision).or_insert(Birth {
            revision: &fact.revision,
            nonce: &fact.nonce,
            created: fact.created,
            seen: fact.time,
        });
        birth.created = birth.created.or(fact.created);
        if birth.nonce.is_empty() {
            birth.nonce = &fact.nonce;
        }
    }
    let mut births: Vec<Birth> = births.into_values().collect();
    births.sort_unstable_by_key(|birth| (birth.seen, birth.revision));
    births
}
