//! What has to be explained: failed instances, failed requests, failed deploys, failed jobs.
//!
//! In: settled facts, clusters and state. Out: units, each counted once however many lines report it.

use std::collections::{BTreeMap, HashSet};

use foldhash::fast::FixedState;

use super::weights::{one_deploy_nanos, same_event_nanos};
use crate::classify::ClassKey;
use crate::classify::level::Level;
use crate::classify::mark::Mark;
use crate::facts::Settled;
use crate::facts::row::Row;
use crate::facts::symbols::{EMPTY, Symbol};
use crate::model::{Platform, Role, Stream};
use crate::state::State;
use crate::state::instances::{End, first_of_last_group, is_failure};

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnitKind {
    /// An instance crashed or never started.
    Instance,
    /// A request was answered 5xx, lost, refused or cut.
    Request,
    /// A revision, service or job never became ready, or a deploy was refused.
    Deploy,
    /// A job's execution failed.
    Job,
    /// A build failed.
    Build,
    /// A server lost a worker and went on.
    Worker,
}

/// One thing that failed. Times are nanoseconds since the epoch.
#[derive(Debug, Clone)]
pub struct Unit {
    /// What failed.
    pub kind: UnitKind,
    /// Its service; may be empty.
    pub service: Symbol,
    /// Its revision; may be empty.
    pub revision: Symbol,
    /// Its instance; may be empty.
    pub instance: Symbol,
    /// Its trace; may be empty.
    pub trace: Symbol,
    /// Its job execution; may be empty.
    pub execution: Symbol,
    /// Method and path template of a request; empty elsewhere.
    pub target: Symbol,
    /// HTTP status of a request; 0 elsewhere.
    pub status: u16,
    /// Since when it could have failed: first sign of an instance, arrival of a request.
    pub start: i64,
    /// When it failed.
    pub end: i64,
    /// Rows that report it, in time order.
    pub rows: Vec<usize>,
    /// Whether an instance failed before it ever answered.
    pub boot: bool,
}

/// Everything that failed, in time order.
pub fn units(settled: &Settled, state: &State) -> Vec<Unit> {
    let mut units = failed_instances(settled, state);
    for index in 0..settled.rows.len() {
        let (class, stream) = (settled.class_at(index), settled.stream(index));
        if class.mark == Mark::None && !matches!(stream, Stream::Requests | Stream::Build) {
            continue;
        }
        let row = &settled.rows[index];
        if stream == Stream::Requests && is_failed_request(settled, row) {
            units.push(Unit { target: row.target, status: row.status, ..Unit::of(UnitKind::Request, row, index) });
        } else if class.mark == Mark::BuildFailed || (stream == Stream::Build && class.role == Role::Cause) {
            units.push(Unit::of(UnitKind::Build, row, index));
        } else if class.mark == Mark::WorkerLost {
            lost_worker(&mut units, row, index);
        } else if class.mark.ends_instance() && class.mark != Mark::ProbeTried && row.instance == EMPTY {
            // The name of the instance is not told.
            let platform = settled.home(row.service).map_or(Platform::Other, |home| home.platform);
            let code = class.capture("code").parse().ok();
            if class.mark == Mark::ContainerExited && !is_failure(code, platform, End::Open) {
                continue;
            }
            let kind = if row.execution == EMPTY { UnitKind::Instance } else { UnitKind::Job };
            units.push(Unit { boot: true, ..Unit::of(kind, row, index) });
        }
    }
    units.extend(failed_deploys(settled));
    let succeeded = succeeded_executions(settled);
    units.retain(|unit| unit.execution == EMPTY || !succeeded.contains(settled.text(unit.execution)));
    units.sort_by(|a, b| (a.end, a.kind, &a.rows).cmp(&(b.end, b.kind, &b.rows)));
    units
}

/// Executions of jobs that ended well: what failed in them was a try of a task, and was tried again.
fn succeeded_executions(settled: &Settled) -> HashSet<&str, FixedState> {
    let is_end = |row: &usize| settled.class_at(*row).mark == Mark::JobSucceeded;
    let texts = (0..settled.rows.len()).filter(is_end).map(|row| settled.text(settled.rows[row].text));
    texts.filter_map(|text| text.split_once("Execution ")?.1.split_whitespace().next()).collect()
}

/// 5xx, or a platform text that says that the request was lost, refused or cut.
fn is_failed_request(settled: &Settled, row: &Row) -> bool {
    let class = settled.class(row);
    matches!(class.key, ClassKey::FailedRequest { .. })
        || matches!(class.mark, Mark::RequestLost | Mark::RequestRefused | Mark::RequestTimedOut)
        || (row.status >= 500 && class.role != Role::Noise)
}

fn failed_instances(settled: &Settled, state: &State) -> Vec<Unit> {
    let mut units = Vec::new();
    for service in &state.services {
        for instance in &service.instances {
            let End::Failed(end) = instance.end else { continue };
            let rows: Vec<usize> = instance
                .failures
                .iter()
                .copied()
                .filter(|index| settled.rows[*index].stream != Stream::Requests)
                .collect();
            let lost =
                instance.failures.iter().copied().filter(|index| settled.rows[*index].stream == Stream::Requests);
            let first = rows.first().copied().or_else(|| lost.clone().next());
            let Some(first) = first else { continue };
            let row = &settled.rows[first];
            let unit = Unit {
                instance: instance.symbol,
                revision: instance.revision,
                start: instance.life.first,
                end,
                boot: instance.failed_at_boot(),
                ..Unit::of(if row.execution == EMPTY { UnitKind::Instance } else { UnitKind::Job }, row, first)
            };
            let rows = if rows.is_empty() { lost.collect() } else { rows };
            units.extend(lives(settled, &instance.restarts, Unit { rows, ..unit }));
        }
    }
    units
}

/// One unit for each life of an instance: a container that is started again in place can fail again.
fn lives(settled: &Settled, restarts: &[i64], whole: Unit) -> Vec<Unit> {
    if restarts.is_empty() {
        return vec![whole];
    }
    let life_of = |row: usize| restarts.partition_point(|start| *start <= settled.time(row));
    let last = whole.rows.last().map(|row| life_of(*row));
    let mut by_life: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for row in &whole.rows {
        by_life.entry(life_of(*row)).or_default().push(*row);
    }
    let one = |(life, rows): (usize, Vec<usize>)| {
        let signs: Vec<i64> = rows.iter().map(|row| settled.time(*row)).collect();
        let end = if Some(life) == last { Some(whole.end) } else { first_of_last_group(&signs) };
        let start = life.checked_sub(1).map_or(whole.start, |before| restarts[before]);
        Unit { start, end: end.unwrap_or(whole.end), rows, ..whole.clone() }
    };
    by_life.into_iter().map(one).collect()
}

/// A worker that does not answer is told when it is given up and again when it is killed: one unit.
fn lost_worker(units: &mut Vec<Unit>, row: &Row, index: usize) {
    let same = units.iter_mut().rev().take_while(|unit| row.time - unit.end <= one_deploy_nanos()).find(|unit| {
        unit.kind == UnitKind::Worker
            && unit.instance == row.instance
            && unit.service == row.service
            && row.time - unit.end <= same_event_nanos()
    });
    match same {
        Some(unit) => unit.rows.push(index),
        None => units.push(Unit::of(UnitKind::Worker, row, index)),
    }
}

/// Error conditions of the control plane, and refused admin calls: one unit for each deploy, although
/// the revision and the service both report it.
fn failed_deploys(settled: &Settled) -> Vec<Unit> {
    let mut by_service: BTreeMap<Symbol, Vec<Unit>> = BTreeMap::new();
    for index in 0..settled.rows.len() {
        let (class, stream) = (settled.class_at(index), settled.stream(index));
        let of_control_plane =
            matches!(stream, Stream::Activity | Stream::DataAccess | Stream::Policy | Stream::SystemEvent);
        let says_so = matches!(class.mark, Mark::DeployFailed | Mark::DeployRefused);
        if class.role == Role::State || !(of_control_plane || says_so) {
            continue;
        }
        let row = &settled.rows[index];
        if !says_so && row.level < Level::Error {
            continue;
        }
        let job = class.mark == Mark::JobFailed || settled.text(row.text).starts_with("RunJob");
        let unit = Unit::of(if job { UnitKind::Job } else { UnitKind::Deploy }, row, index);
        let known = by_service.entry(row.service).or_default();
        let same = known.iter_mut().rev().find(|known| {
            known.kind == unit.kind
                && if known.revision != EMPTY && unit.revision != EMPTY {
                    known.revision == unit.revision
                } else {
                    unit.end - known.end <= one_deploy_nanos()
                }
        });
        match same {
            Some(known) => {
                known.rows.push(index);
                known.end = known.end.max(unit.end);
                if known.revision == EMPTY {
                    known.revision = unit.revision;
                }
            }
            None => known.push(unit),
        }
    }
    by_service.into_values().flatten().collect()
}

impl Unit {
    fn of(kind: UnitKind, row: &Row, index: usize) -> Self {
        Self {
            kind,
            service: row.service,
            revision: row.revision,
            instance: row.instance,
            trace: row.trace,
            execution: row.execution,
            target: EMPTY,
            status: 0,
            start: row.written,
            end: row.time,
            rows: vec![index],
            boot: false,
        }
    }
}
