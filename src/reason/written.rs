//! What the application of a service wrote, by kind of line, and in which minutes the service was seen.
//!
//! In: kept lines by cluster, and kinds of unremarkable lines. Out: [`Line`]s with their first entry.

use std::collections::BTreeSet;

use super::weights::startup_nanos;
use crate::facts::Settled;
use crate::facts::clusters::{Cluster, Clusters};
use crate::facts::novelty::Kinds;
use crate::facts::symbols::Symbol;
use crate::model::Timestamp;
use crate::model::report::Evidence;
use crate::model::time::minute_of;

/// A line of a service. Times are nanoseconds since the epoch.
pub(super) struct Line {
    pub(super) text: String,
    pub(super) cluster: String,
    pub(super) first: i64,
    pub(super) count: Option<u64>,
    /// Minutes in which it was written; `None` where they are too many.
    pub(super) minutes: Option<BTreeSet<i64>>,
    pub(super) evidence: Evidence,
    pub(super) at_start: bool,
}

/// Since when the application's output of a service is in the files.
pub(super) fn written_since(settled: &Settled, service: Symbol) -> Option<i64> {
    let of_service =
        settled.facts.coverage.iter().filter(|((known, stream, _), _)| *known == service && stream.is_output());
    of_service.map(|(_, span)| span.first).min()
}

/// Minutes in which a service answered requests or wrote lines, from a time on.
pub(super) fn seen(settled: &Settled, service: Symbol, from: i64) -> BTreeSet<i64> {
    let of_service = settled.facts.traffic.iter().filter(|((known, _), _)| *known == service);
    let mut minutes: BTreeSet<i64> = of_service.flat_map(|(_, minutes)| minutes.keys().copied()).collect();
    // Rows stand in time order, many of them in one minute.
    let output = settled.numbers_of(service).filter(|row| settled.stream(*row).is_output());
    let mut written: Vec<i64> = output.map(|row| minute_of(settled.time(row))).collect();
    written.dedup();
    minutes.extend(written);
    minutes.extend(settled.facts.novelty.of(service).into_iter().flat_map(Kinds::spoke));
    minutes.split_off(&minute_of(from))
}

/// What the application of a service wrote, by kind: the clusters that are asked for, and kinds of unremarkable lines.
pub(super) fn lines(
    settled: &Settled,
    clusters: &Clusters,
    service: Symbol,
    files: &[String],
    is_asked: impl Fn(usize, &Cluster) -> bool,
) -> Vec<Line> {
    let told = |cluster: &Cluster| {
        let row = &settled.rows[cluster.rows[0]];
        Line {
            text: settled.classes[cluster.class.0 as usize].title.clone(),
            cluster: cluster.id.clone(),
            first: cluster.first,
            count: Some(cluster.count),
            minutes: Some(cluster.rows.iter().map(|row| minute_of(settled.time(*row))).collect()),
            evidence: settled.evidence(row, files),
            at_start: is_start(settled, service, row.instance, row.time),
        }
    };
    let is_own = |cluster: &Cluster| cluster.service == service && settled.stream(cluster.rows[0]).is_output();
    let own = clusters.list.iter().enumerate().filter(|(at, cluster)| is_own(cluster) && is_asked(*at, cluster));
    let mut lines: Vec<Line> = own.map(|(_, cluster)| told(cluster)).collect();
    let kinds = settled.facts.novelty.of(service).into_iter().flat_map(Kinds::iter);
    lines.extend(kinds.map(|kind| {
        let place = kind.position();
        let evidence = Evidence {
            timestamp: Timestamp(kind.first.time),
            insert_id: kind.first.insert_id.clone(),
            file: files.get(place.file as usize).cloned().unwrap_or_default(),
            line: place.line,
            text: kind.first.text.clone(),
        };
        let instance = settled.facts.symbols.find(&kind.first.instance);
        Line {
            text: kind.first.text.clone(),
            cluster: String::new(),
            first: kind.first.time,
            count: None,
            minutes: kind.minutes().cloned(),
            evidence,
            at_start: instance.is_some_and(|instance| is_start(settled, service, instance, kind.first.time)),
        }
    }));
    lines
}

/// Whether an instance had just started.
fn is_start(settled: &Settled, service: Symbol, instance: Symbol, time: i64) -> bool {
    settled.facts.lives.get(&(service, instance)).is_some_and(|life| time - life.first <= startup_nanos())
}
