//! What the pictures show: instance lives, failures by window, traffic splits; bounded and the same for any order.
//!
//! In: facts and state. Out: the contract's `instance_lives`, `activity` and `traffic`, so that a picture drawn from
//! a stored report is the one drawn at analysis.

use std::collections::BTreeMap;

use crate::classify::is_failed_request;
use crate::facts::Settled;
use crate::model::report::{ActivityWindow, InstanceLife, LifeEnd, TrafficSet, TrafficShare};
use crate::model::time::NANOS_PER_MINUTE;
use crate::model::{Role, Stream, Timestamp};
use crate::state::instances::{End, InstanceState};
use crate::state::revisions::RevisionFacts;
use crate::state::{ServiceState, State};

/// Lives listed for one revision; the number of all of them is its `instances`.
const LIVES_MAX: usize = 40;

/// Lives listed in one report; revisions beyond it list none.
const LIVES_IN_ALL_MAX: usize = 2_000;

/// Splits listed for one service, the newest ones.
const SPLITS_MAX: usize = 100;

/// Widths that windows may have, in seconds: the smallest that needs at most [`WINDOWS_MAX`].
const WIDTHS_SECONDS: [i64; 12] = [1, 2, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 21_600, 86_400];

/// Enough for a picture as wide as a page.
const WINDOWS_MAX: i64 = 60;

const NANOS: i64 = 1_000_000_000;
/// Windows of one length, in seconds, over all files.
#[derive(Clone, Copy)]
pub(super) struct Windows(pub(super) i64);

impl Windows {
    /// The shortest windows of which a bounded number covers the files.
    pub(super) fn over(extent: Option<(i64, i64)>) -> Self {
        let seconds = extent.map_or(0, |(first, last)| last.saturating_sub(first) / NANOS + 1);
        Self(WIDTHS_SECONDS.into_iter().find(|width| seconds <= width * WINDOWS_MAX).unwrap_or(86_400))
    }

    fn start(self, nanos: i64) -> i64 {
        nanos.div_euclid(self.0 * NANOS) * self.0 * NANOS
    }
}

/// How many lives each revision may list, so that a report over many services stays small.
pub(super) fn lives_each(state: &State) -> usize {
    let revisions = state.services.iter().map(|service| service.revisions.len()).sum::<usize>().max(1);
    LIVES_MAX.min(LIVES_IN_ALL_MAX / revisions)
}

/// The lives of a revision's instances: failed ones before others where not all are listed, then by first sign.
pub(super) fn lives(
    settled: &Settled,
    service: &ServiceState,
    revision: &RevisionFacts,
    most: usize,
) -> Vec<InstanceLife> {
    let own = service.instances.iter();
    let own = own.filter(|instance| instance.revision == revision.symbol && revision.span.is_some());
    let (mut listed, healthy): (Vec<&InstanceState>, Vec<&InstanceState>) = own.partition(|instance| instance.failed());
    // Instances stand by first sign and id.
    listed.extend(healthy);
    listed.truncate(most);
    listed.sort_by_key(|instance| (instance.life.first, settled.text(instance.symbol)));
    listed.into_iter().map(|instance| life(settled, instance)).collect()
}

fn life(settled: &Settled, instance: &InstanceState) -> InstanceLife {
    let (end, ended) = match instance.end {
        End::Open => (LifeEnd::Open, None),
        End::Stopped(time) => (LifeEnd::Stopped, Some(time)),
        End::Failed(time) if instance.failed_at_boot() => (LifeEnd::FailedToStart, Some(time)),
        End::Failed(time) => (LifeEnd::Crashed, Some(time)),
    };
    InstanceLife {
        instance: settled.text(instance.symbol).to_owned(),
        first: Timestamp(instance.life.first),
        last: Timestamp(instance.life.last),
        end,
        ended: ended.map(Timestamp),
        exit_code: instance.exit_code,
        answered: instance.life.answered,
        failed: instance.life.failed,
    }
}

/// Requests and failures of a revision, by window. Whole minutes are counted for every request; in shorter windows
/// only failed requests are known.
pub(super) fn activity(
    settled: &Settled,
    service: &ServiceState,
    revision: &RevisionFacts,
    windows: Windows,
) -> Vec<ActivityWindow> {
    let by_minute = windows.0 * NANOS >= NANOS_PER_MINUTE;
    let mut known: BTreeMap<i64, ActivityWindow> = BTreeMap::new();
    let mut window = |nanos: i64, add: &dyn Fn(&mut ActivityWindow)| {
        let start = windows.start(nanos);
        add(known.entry(start).or_insert_with(|| ActivityWindow {
            start: Timestamp(start),
            requests: by_minute.then_some(0),
            failed_requests: 0,
            crashes: 0,
        }));
    };
    if by_minute {
        for (minute, (all, failed)) in &revision.minutes {
            window(minute * NANOS_PER_MINUTE, &|window| {
                window.requests = window.requests.map(|requests| requests + all);
                window.failed_requests += failed;
            });
        }
    } else if revision.span.is_some() {
        let requests = settled.numbers_of(service.symbol).filter(|row| settled.stream(*row) == Stream::Requests);
        let rows = requests.map(|row| &settled.rows[row]).filter(|row| row.revision == revision.symbol);
        for row in rows.filter(|row| is_failed_request(row.status, settled.class(row).role == Role::Impact)) {
            window(row.time, &|window| window.failed_requests += u64::from(row.repeats));
        }
    }
    for instance in service.instances.iter().filter(|instance| instance.revision == revision.symbol) {
        if let (End::Failed(time), true) = (instance.end, revision.span.is_some()) {
            window(time, &|window| window.crashes += 1);
        }
    }
    known.into_values().collect()
}

/// Splits of a service's traffic: those in effect where the files show any, otherwise those asked for.
pub(super) fn traffic(service: &ServiceState) -> Vec<TrafficSet> {
    let changes = &service.history.traffic;
    let in_effect = changes.iter().any(|change| change.in_effect);
    let mut splits: Vec<TrafficSet> = Vec::new();
    for change in changes.iter().filter(|change| change.in_effect == in_effect) {
        let mut shares: BTreeMap<&str, u32> = BTreeMap::new();
        for target in change.targets.iter().filter(|target| target.percent > 0) {
            let share = shares.entry(target.revision.as_deref().unwrap_or("")).or_default();
            *share = share.saturating_add(target.percent);
        }
        let shares = shares
            .into_iter()
            .map(|(revision, percent)| TrafficShare { revision: revision.to_owned(), percent })
            .collect();
        if splits.last().is_none_or(|last| last.shares != shares) {
            splits.push(TrafficSet { time: change.time, shares });
        }
    }
    splits.drain(..splits.len().saturating_sub(SPLITS_MAX));
    splits
}
