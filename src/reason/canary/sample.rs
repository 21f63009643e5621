//! What one revision did in the window: requests, latencies, instances and how they failed.

use crate::classify::mark::Mark;
use crate::facts::Settled;
use crate::facts::health::bucket_ms;
use crate::facts::slots::Outcomes;
use crate::facts::symbols::Symbol;
use crate::model::canary::Limits;
use crate::model::report::Evidence;
use crate::model::{Category, Timestamp};
use crate::state::ServiceState;
use crate::state::instances::{End, InstanceState};
use crate::stats::fisher::Group;

use super::pair::Pair;

/// Entries quoted for each kind of failure.
const QUOTED_MAX: usize = 3;

/// How an instance failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Its memory limit was crossed.
    Memory,
    /// It never came to serve.
    Startup,
    /// It served, then crashed.
    Crash,
}

impl Kind {
    pub(super) fn phrase(self) -> &'static str {
        match self {
            Self::Memory => "ran out of memory",
            Self::Startup => "failed while starting",
            Self::Crash => "crashed",
        }
    }
}

/// One revision in the window.
pub(super) struct Sample {
    pub(super) revision: String,
    pub(super) outcomes: Outcomes,
    /// Answered requests by latency bucket, ascending.
    pub(super) latencies: Vec<(u16, u64)>,
    /// Instances that lived in the window.
    pub(super) instances: u64,
    /// Failed instances.
    pub(super) failures: Vec<Kind>,
    /// What the control plane said about readiness.
    pub(super) ready: Option<bool>,
    /// Length of the slots that requests are counted by, in seconds.
    pub(super) slot_seconds: i64,
    /// Rows of failed requests and failed instances, for quoting.
    pub(super) rows: Vec<usize>,
}

impl Sample {
    /// Counts a revision in the window of a pair.
    pub(super) fn of(settled: &Settled, service: &ServiceState, pair: &Pair, name: &str) -> Self {
        let Some(revision) = service.revision(name) else { return Self::empty(name) };
        let stretch = revision.health.slots.between(pair.from, pair.to);
        // An instance starts before its first request, so the candidate's own start belongs to the window.
        let since = candidate_since(service, pair).min(pair.from);
        let mut sample = Self {
            outcomes: stretch.outcomes,
            latencies: stretch.latencies,
            ready: revision.ready,
            slot_seconds: revision.health.slots.slot_seconds(),
            ..Self::empty(name)
        };
        let own = |instance: &&InstanceState| settled.text(instance.revision) == name;
        for instance in service.instances.iter().filter(own) {
            if instance.life.first > pair.to || instance.life.last < since {
                continue;
            }
            sample.instances += 1;
            if let End::Failed(time) = instance.end
                && (since..=pair.to).contains(&time)
            {
                sample.failures.push(kind(settled, instance));
                sample.rows.extend(instance.failures.first());
            }
        }
        sample.failures.sort_unstable();
        sample.rows.truncate(QUOTED_MAX);
        // A lost request shows both: its instance's end and itself.
        let requests = failed_requests(settled, service.symbol, revision.symbol, pair);
        let more: Vec<usize> = requests.filter(|row| !sample.rows.contains(row)).take(QUOTED_MAX).collect();
        sample.rows.extend(more);
        sample
    }

    fn empty(name: &str) -> Self {
        Self {
            revision: name.to_owned(),
            outcomes: Outcomes::default(),
            latencies: Vec::new(),
            instances: 0,
            failures: Vec::new(),
            ready: None,
            slot_seconds: 60,
            rows: Vec::new(),
        }
    }

    /// Requests that failed, whoever failed them.
    pub(super) fn errors(&self) -> Group {
        Group::new(self.outcomes.errors_app + self.outcomes.errors_platform, self.outcomes.requests)
    }

    /// Answered requests.
    pub(super) fn succeeded(&self) -> u64 {
        let outcomes = self.outcomes;
        let bad = outcomes.errors_app + outcomes.errors_platform + outcomes.refused + outcomes.client_errors;
        outcomes.requests.saturating_sub(bad)
    }

    /// Failed instances of all.
    pub(super) fn crashed(&self) -> Group {
        Group::new(self.failures.len() as u64, self.instances)
    }

    /// Answered requests slower than the limit, of those whose latency is known.
    pub(super) fn slow(&self, limits: &Limits) -> Group {
        let of = |slow: bool| {
            let is_slow = |bucket: u16| bucket_ms(usize::from(bucket)) > limits.latency_p95_ms;
            self.latencies.iter().filter(|(bucket, _)| !slow || is_slow(*bucket)).map(|(_, count)| count).sum()
        };
        Group::new(of(true), of(false))
    }

    /// Latency that the given share of answered requests stayed below.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank among far fewer than 2^52 requests"
    )]
    pub(super) fn latency_ms(&self, share: f64) -> Option<f64> {
        let all: u64 = self.latencies.iter().map(|(_, count)| count).sum();
        let rank = ((share * all as f64).ceil() as u64).max(1);
        let mut passed = 0;
        self.latencies.iter().find_map(|(bucket, count)| {
            passed += count;
            (passed >= rank).then(|| bucket_ms(usize::from(*bucket)))
        })
    }

    /// The entries that show its failures.
    pub(super) fn evidence(&self, settled: &Settled, files: &[String]) -> Vec<Evidence> {
        self.rows
            .iter()
            .map(|row| {
                let row = &settled.rows[*row];
                Evidence {
                    timestamp: Timestamp(row.written),
                    insert_id: row.insert_id.to_string(),
                    file: files.get(row.position.file as usize).cloned().unwrap_or_default(),
                    line: row.position.line,
                    text: settled.text(row.text).to_owned(),
                }
            })
            .collect()
    }
}

/// First sign of the candidate.
fn candidate_since(service: &ServiceState, pair: &Pair) -> i64 {
    if !pair.aligned {
        return pair.from;
    }
    service.revision(&pair.candidate).and_then(|revision| revision.span).map_or(pair.from, |span| span.first)
}

fn kind(settled: &Settled, instance: &InstanceState) -> Kind {
    let classes = || instance.failures.iter().map(|row| settled.class(&settled.rows[*row]));
    if classes().any(|class| class.category == Category::Memory) {
        Kind::Memory
    } else if instance.failed_at_boot() || classes().any(|class| class.mark == Mark::ProbeFailed) {
        Kind::Startup
    } else {
        Kind::Crash
    }
}

fn failed_requests(settled: &Settled, service: Symbol, revision: Symbol, pair: &Pair) -> impl Iterator<Item = usize> {
    let (from, to) = (pair.from, pair.to);
    settled
        .rows
        .iter()
        .enumerate()
        .filter(move |(_, row)| {
            row.service == service
                && row.revision == revision
                && row.status >= 500
                && (from..=to).contains(&row.written)
        })
        .map(|(index, _)| index)
}
