//! Finds for each failed unit the cause that the strongest available join gives it.
//!
//! In: units and candidate causes. Out: one [`Explanation`] for each unit that has one. Joins are tried
//! from the strongest: same instance, same trace, same revision and window. A symptom explains nothing.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::causes::{Causes, strength};
use super::units::{Unit, UnitKind};
use super::weights::{
    ANSWER_NANOS, BETWEEN_STARTS_NANOS, CLOCK_NANOS, DEATH_NANOS_MAX, LOST_WITH_INSTANCE_NANOS, REVISION_WINDOW_NANOS,
};
use super::{callers, chance, probe_kills};
use crate::classify::Strength;
use crate::classify::mark::Mark;
use crate::facts::Settled;
use crate::facts::clusters::Clusters;
use crate::facts::symbols::{EMPTY, Symbol};

/// How a unit hangs together with its cause; strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Join {
    /// The unit's own message names the cause.
    Itself,
    /// Both on one instance.
    Instance,
    /// Both in one trace.
    Trace,
    /// Both in one job execution.
    Execution,
    /// The deploy of the revision whose instance shows it.
    Deploy,
    /// Both on one revision, within the window.
    Revision,
}

/// Why a unit failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// Cluster that represents the cause.
    pub root: usize,
    /// Row of the cause.
    pub row: usize,
    /// How they are joined.
    pub join: Join,
    /// Nanoseconds from the cause to the failure; negative when the line was written after it.
    pub distance: i64,
    /// Whether other causes of equal strength were in reach.
    pub rivals: bool,
}

/// Explains each unit; `None` where no entry does.
pub fn explain(settled: &Settled, clusters: &Clusters, causes: &Causes, units: &[Unit]) -> Vec<Option<Explanation>> {
    let mut view = View {
        settled,
        clusters,
        causes,
        units,
        strengths: settled.classes.iter().map(strength).collect(),
        traced: callers::by_trace(units),
        refused: HashSet::default(),
    };
    let mut explained = view.strongly(units);
    // What is written all the time meets failed requests by chance; without it, another line may be the nearest.
    loop {
        let known = view.refused.len();
        view.refused.extend(chance::by_chance(settled, clusters, causes, units, &explained));
        if view.refused.len() == known {
            break;
        }
        explained = view.strongly(units);
    }
    probe_kills::attach(settled, clusters, causes, units, &mut explained);
    attach_lost_requests(&view, units, &mut explained);
    callers::attach_callers(settled, clusters, units, &view.traced, &mut explained);
    attach_deploys(&view, units, &mut explained);
    attach_by_revision(units, &mut explained);
    // A line that only speaks of failure is asked last, when nothing better explains the unit.
    let left: Vec<usize> = (0..units.len()).filter(|index| explained[*index].is_none()).collect();
    let weakly: Vec<Option<Explanation>> = left.par_iter().map(|index| view.directly(&units[*index])).collect();
    for (&index, found) in left.iter().zip(weakly) {
        explained[index] = found;
    }
    let refused = chance::by_chance(settled, clusters, causes, units, &explained);
    for &index in &left {
        explained[index] =
            explained[index].filter(|cause| cause.join != Join::Instance || !refused.contains(&cause.root));
    }
    explained
}

/// When a line on the instance of a request can be about it.
pub(super) fn request_window(unit: &Unit) -> (i64, i64) {
    (unit.start - CLOCK_NANOS / 10, unit.end + ANSWER_NANOS)
}

struct View<'a> {
    settled: &'a Settled,
    clusters: &'a Clusters,
    causes: &'a Causes,
    units: &'a [Unit],
    /// What each class can claim, by its number: asked for every row near a failure.
    strengths: Vec<Strength>,
    /// Failed requests by trace.
    traced: callers::ByTrace,
    /// Roots that stand beside failed requests by chance.
    refused: HashSet<usize, FixedState>,
}

impl View<'_> {
    /// What explains each unit directly, and is more than a line that speaks of failure.
    fn strongly(&self, units: &[Unit]) -> Vec<Option<Explanation>> {
        units
            .par_iter()
            .map(|unit| self.directly(unit).filter(|cause| self.strength(cause.row) != Strength::Suspect))
            .collect()
    }

    fn directly(&self, unit: &Unit) -> Option<Explanation> {
        self.by_own_message(unit).or_else(|| match unit.kind {
            UnitKind::Instance | UnitKind::Job => {
                self.on_other_port(unit).or_else(|| self.on_instance(unit)).or_else(|| self.in_execution(unit))
            }
            UnitKind::Request => self.of_request(unit),
            UnitKind::Deploy | UnitKind::Build | UnitKind::Worker => None,
        })
    }

    /// The trace is the closer join, but a line of it that only speaks of failure does not hide an error that was written
    /// beside it without a trace: many runtimes print exceptions so.
    fn of_request(&self, unit: &Unit) -> Option<Explanation> {
        let is_strong = |cause: &Explanation| self.strength(cause.row) < Strength::Suspect;
        let traced = self.in_trace(unit);
        if traced.as_ref().is_some_and(is_strong) {
            return traced;
        }
        let beside = self.during_request(unit);
        if beside.as_ref().is_some_and(is_strong) { beside } else { traced.or(beside) }
    }

    /// A message that names its own cause (memory limit, image not found, secret refused).
    fn by_own_message(&self, unit: &Unit) -> Option<Explanation> {
        let row = unit.rows.iter().copied().find(|row| {
            let class = self.settled.class(&self.settled.rows[*row]);
            class.role == crate::model::Role::Cause && class.strength <= Strength::Named
        })?;
        Some(self.explanation(row, Join::Itself, unit, false))
    }

    /// The startup probe of a port failed while the application says that it listens on another one.
    fn on_other_port(&self, unit: &Unit) -> Option<Explanation> {
        let class_of = |row: usize| self.settled.class(&self.settled.rows[row]);
        let probe = unit
            .rows
            .iter()
            .copied()
            .find(|row| matches!(class_of(*row).mark, Mark::ProbeFailed | Mark::ProbeTried))?;
        let described = || self.causes.probed.get(&unit.service).map(String::as_str);
        let probed = port_in(self.settled.text(self.settled.rows[probe].text)).or_else(described)?;
        let announced = self.causes.ports.get(&(unit.service, unit.instance))?;
        let port_of = |row: usize| class_of(row).capture("port");
        if announced.iter().any(|row| port_of(*row) == probed) {
            return None;
        }
        let row = announced.iter().copied().find(|row| !port_of(*row).is_empty() && self.time(*row) <= unit.end)?;
        Some(self.explanation(row, Join::Instance, unit, false))
    }

    fn on_instance(&self, unit: &Unit) -> Option<Explanation> {
        if unit.instance == EMPTY {
            return None;
        }
        let rows = self.causes.by_instance.get(&(unit.service, unit.instance))?;
        self.root_before(unit, self.between(rows, i64::MIN, unit.end + CLOCK_NANOS).to_vec(), Join::Instance)
    }

    fn in_execution(&self, unit: &Unit) -> Option<Explanation> {
        let rows = self.causes.by_execution.get(&unit.execution).filter(|_| unit.execution != EMPTY)?;
        self.root_before(unit, self.between(rows, i64::MIN, unit.end + CLOCK_NANOS).to_vec(), Join::Execution)
    }

    /// Of rows in time order, those from one time to another, both included.
    fn between<'r>(&self, rows: &'r [usize], from: i64, to: i64) -> &'r [usize] {
        let rows = &rows[rows.partition_point(|row| self.time(*row) < from)..];
        &rows[..rows.partition_point(|row| self.time(*row) <= to)]
    }

    /// Of the lines before a death: the strongest kind, and of these the first of the last few seconds,
    /// because what comes after the first exception is mostly its consequence.
    fn root_before(&self, unit: &Unit, rows: Vec<usize>, join: Join) -> Option<Explanation> {
        let specific: Vec<usize> = rows
            .iter()
            .copied()
            .filter(|row| !self.causes.is_unspecific(self.causes.root(self.clusters, *row)))
            .collect();
        let rows = if specific.is_empty() { rows } else { specific };
        let best = rows.iter().map(|row| self.strength(*row)).min()?;
        let of_best: Vec<usize> = rows.into_iter().filter(|row| self.strength(*row) == best).collect();
        let last = self.time(*of_best.last()?);
        if best >= Strength::UnknownError && unit.end - last > DEATH_NANOS_MAX {
            return None;
        }
        if best == Strength::Suspect && !unit.boot {
            return None;
        }
        let first = of_best.iter().copied().find(|row| last - self.time(*row) <= DEATH_NANOS_MAX)?;
        Some(self.explanation(first, join, unit, false))
    }

    fn in_trace(&self, unit: &Unit) -> Option<Explanation> {
        let rows = self.causes.by_trace.get(&unit.trace).filter(|_| unit.trace != EMPTY)?;
        let service_of = |row: &usize| self.settled.rows[*row].service;
        let (own, other): (Vec<usize>, Vec<usize>) =
            rows.iter().copied().partition(|row| service_of(row) == unit.service);
        if !own.is_empty() {
            return self.root_of_answer(unit, own, Join::Trace);
        }
        // What a caller says of this request is its effect.
        let failed = self.traced.get(&unit.trace).into_iter().flatten().map(|index| &self.units[*index]);
        let callers: Vec<Symbol> =
            failed.filter(|outer| callers::is_inside(unit, outer)).map(|outer| outer.service).collect();
        let called = other.into_iter().filter(|row| !callers.contains(&service_of(row))).collect();
        self.root_of_answer(unit, called, Join::Trace)
    }

    fn during_request(&self, unit: &Unit) -> Option<Explanation> {
        let rows = self.causes.by_instance.get(&(unit.service, unit.instance)).filter(|_| unit.instance != EMPTY)?;
        let (from, to) = request_window(unit);
        let reachable: Vec<usize> = self
            .between(rows, from, to)
            .iter()
            .copied()
            .filter(|row| !self.refused.contains(&self.causes.root(self.clusters, *row)))
            .collect();
        self.root_of_answer(unit, reachable, Join::Instance)
    }

    /// Of the lines of one request: the strongest kind, nearest to the answer, and of these the first.
    fn root_of_answer(&self, unit: &Unit, rows: Vec<usize>, join: Join) -> Option<Explanation> {
        let best = rows.iter().map(|row| self.strength(*row)).min()?;
        let of_best: Vec<usize> = rows.into_iter().filter(|row| self.strength(*row) == best).collect();
        let nearest = of_best.iter().copied().min_by_key(|row| ((self.time(*row) - unit.end).abs(), *row))?;
        let first = of_best.iter().copied().find(|row| (self.time(nearest) - self.time(*row)).abs() <= ANSWER_NANOS)?;
        let root = self.causes.root(self.clusters, first);
        let rivals = of_best.iter().any(|row| self.causes.root(self.clusters, *row) != root);
        Some(self.explanation(first, join, unit, rivals))
    }

    fn explanation(&self, row: usize, join: Join, unit: &Unit, rivals: bool) -> Explanation {
        Explanation {
            root: self.causes.root(self.clusters, row),
            row,
            join,
            distance: unit.end - self.time(row),
            rivals,
        }
    }

    fn time(&self, row: usize) -> i64 {
        self.settled.rows[row].time
    }

    fn strength(&self, row: usize) -> Strength {
        self.strengths[self.settled.rows[row].class.0 as usize]
    }
}

/// The port of `… on port 8080…`.
fn port_in(text: &str) -> Option<&str> {
    let rest = text.split_once("on port ")?.1;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0).then(|| &rest[..digits])
}

/// A request that was lost when its instance died has that instance's cause.
fn attach_lost_requests(view: &View<'_>, units: &[Unit], explained: &mut [Option<Explanation>]) {
    let deaths: HashMap<(Symbol, Symbol), usize, FixedState> = units
        .iter()
        .enumerate()
        .filter(|(_, unit)| unit.kind == UnitKind::Instance && unit.instance != EMPTY)
        .map(|(index, unit)| ((unit.service, unit.instance), index))
        .collect();
    for index in 0..units.len() {
        let unit = &units[index];
        if unit.kind != UnitKind::Request {
            continue;
        }
        let Some(&death) = deaths.get(&(unit.service, unit.instance)) else { continue };
        if (units[death].end - unit.end).abs() <= LOST_WITH_INSTANCE_NANOS
            && let Some(cause) = explained[death]
        {
            let distance = unit.end - view.time(cause.row);
            explained[index] = Some(Explanation { distance, join: Join::Instance, ..cause });
        }
    }
}

/// A revision that never became ready has the cause of its instances' failures, or of its own errors.
fn attach_deploys(view: &View<'_>, units: &[Unit], explained: &mut [Option<Explanation>]) {
    let mut of_revision: HashMap<(Symbol, Symbol), Explanation, FixedState> = HashMap::default();
    for (unit, cause) in units.iter().zip(explained.iter()).filter(|(unit, _)| unit.kind == UnitKind::Instance) {
        if let Some(cause) = cause {
            of_revision.entry((unit.service, unit.revision)).or_insert(*cause);
        }
    }
    for index in 0..units.len() {
        let unit = &units[index];
        if explained[index].is_some() || unit.kind != UnitKind::Deploy || unit.revision == EMPTY {
            continue;
        }
        let of_instance = of_revision.get(&(unit.service, unit.revision)).copied();
        let cause = of_instance.map(|cause| (cause.row, cause.rivals, Join::Deploy)).or_else(|| {
            let rows = view.causes.by_revision.get(&(unit.service, unit.revision))?;
            let before = rows.iter().copied().filter(|row| view.time(*row) <= unit.end + CLOCK_NANOS).collect();
            view.root_before(unit, before, Join::Revision).map(|cause| (cause.row, cause.rivals, Join::Revision))
        });
        if let Some((row, rivals, join)) = cause {
            explained[index] = Some(view.explanation(row, join, unit, rivals));
        }
    }
}

/// What is left: the same failure on the same revision as explained ones, and requests that found no
/// instance while instances of their revision failed to start.
fn attach_by_revision(units: &[Unit], explained: &mut [Option<Explanation>]) {
    // Closely explained units by what they are alike in, in time order (units are sorted by their end).
    let mut twins: HashMap<TwinKey, Vec<(i64, Explanation)>, FixedState> = HashMap::default();
    for (unit, cause) in units.iter().zip(explained.iter()) {
        if let Some(cause) = cause.filter(|cause| cause.join < Join::Revision) {
            twins.entry(twin_key(unit)).or_default().push((unit.end, cause));
        }
    }
    for index in 0..units.len() {
        if explained[index].is_some() {
            continue;
        }
        let unit = &units[index];
        let alike = nearest(twins.get(&twin_key(unit)), unit.end).filter(|(end, _)| {
            matches!(unit.kind, UnitKind::Instance | UnitKind::Request)
                || (end - unit.end).abs() <= REVISION_WINDOW_NANOS
        });
        let found = alike.or_else(|| {
            // A platform failure without an instance of its own, while instances of the revision fail.
            let refused = unit.kind == UnitKind::Request && (unit.instance == EMPTY || unit.status != 500);
            let starts = [true, false].map(|boot| (UnitKind::Instance, unit.service, unit.revision, EMPTY, 0, boot));
            let deploy = (UnitKind::Deploy, unit.service, unit.revision, EMPTY, 0, false);
            let between = || starts.iter().find_map(|key| between(twins.get(key), unit.end));
            let failing = starts.iter().chain([&deploy]).filter_map(|key| nearest(twins.get(key), unit.end));
            let near = failing
                .filter(|(end, _)| refused && (end - unit.end).abs() <= REVISION_WINDOW_NANOS)
                .min_by_key(|(end, cause)| ((end - unit.end).abs(), cause.row));
            near.or_else(|| between().filter(|_| refused && unit.instance == EMPTY))
        });
        if let Some((end, cause)) = found {
            let distance = cause.distance + unit.end - end;
            explained[index] = Some(Explanation { join: Join::Revision, distance, ..cause });
        }
    }
}

/// Units that fail alike: kind, service, revision, target, status, and whether at boot.
pub(super) type TwinKey = (UnitKind, Symbol, Symbol, Symbol, u16, bool);

pub(super) fn twin_key(unit: &Unit) -> TwinKey {
    let boot = unit.kind == UnitKind::Instance && unit.boot;
    (unit.kind, unit.service, unit.revision, unit.target, unit.status, boot)
}

/// The element before a time, where the next one follows soon and has the same cause: nothing came up in between.
fn between(list: Option<&Vec<(i64, Explanation)>>, time: i64) -> Option<(i64, Explanation)> {
    let list = list?;
    let after = list.partition_point(|(end, _)| *end < time);
    let (before, next) = (list.get(after.checked_sub(1)?)?, list.get(after)?);
    (next.0 - before.0 <= BETWEEN_STARTS_NANOS && next.1.root == before.1.root).then_some(*before)
}

/// The element nearest to a time in a list sorted by time.
fn nearest(list: Option<&Vec<(i64, Explanation)>>, time: i64) -> Option<(i64, Explanation)> {
    let list = list?;
    let after = list.partition_point(|(end, _)| *end < time);
    let around = [after.checked_sub(1), Some(after)];
    around
        .into_iter()
        .flatten()
        .filter_map(|i| list.get(i))
        .min_by_key(|(end, cause)| ((end - time).abs(), cause.row))
        .copied()
}
