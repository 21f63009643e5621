//! Finds for each failed unit the cause that the strongest available join gives it.
//!
//! In: units and candidate causes. Out: one [`Explanation`] for each unit that has one. Joins are tried
//! from the strongest: same instance, same trace, same revision and window. A symptom explains nothing.

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::causes::Causes;
use super::chance::{self, Tried};
use super::units::{Unit, UnitKind};
use super::weights::{answer_nanos, clock_nanos, death_nanos_max};
use super::{attach, callers, probe_kills};
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

/// What explains the units, and which lines were asked for it.
pub struct Explained {
    /// By number of the unit; `None` where no entry explains it.
    pub units: Vec<Option<Explanation>>,
    /// Lines that were tested, and those that only stand beside failed requests.
    pub tried: Tried,
}

/// Explains each unit.
pub fn explain(settled: &Settled, clusters: &Clusters, causes: &Causes, units: &[Unit]) -> Explained {
    let mut view = View { settled, clusters, causes, units, traced: callers::by_trace(units), tried: Tried::default() };
    loop {
        let mut explained = strong(&mut view, units);
        // A line that only speaks of failure is asked last, when nothing better explains the unit.
        let left: Vec<usize> = (0..units.len()).filter(|index| explained[*index].is_none()).collect();
        let refused = loop {
            let weakly: Vec<_> = left.par_iter().map(|index| view.directly(&units[*index])).collect();
            for (&index, found) in left.iter().zip(weakly) {
                explained[index] = found;
            }
            let refused = chance::ask(settled, clusters, causes, units, &explained, Strength::Suspect, &mut view.tried);
            let is_strong = |root: &usize| causes.claim(*root) < Strength::Suspect;
            if refused.is_empty() || refused.iter().any(is_strong) {
                break refused;
            }
        };
        // The more lines were asked, the less one of them proves: one that was taken before may not hold any more.
        if refused.is_empty() {
            return Explained { units: explained, tried: view.tried };
        }
    }
}

/// What explains each unit and is more than a line that speaks of failure.
fn strong(view: &mut View<'_>, units: &[Unit]) -> Vec<Option<Explanation>> {
    let (settled, clusters) = (view.settled, view.clusters);
    let mut explained = view.strongly(units);
    // What is written all the time meets failed requests by chance; without it, another line may be the nearest.
    let weakest = Strength::UnknownError;
    while !chance::ask(settled, clusters, view.causes, units, &explained, weakest, &mut view.tried).is_empty() {
        explained = view.strongly(units);
    }
    probe_kills::attach(settled, clusters, view.causes, units, &mut explained);
    attach::attach_lost_requests(view, units, &mut explained);
    callers::attach_callers(settled, clusters, units, &view.traced, &mut explained);
    attach::attach_deploys(view, units, &mut explained);
    attach::attach_by_revision(units, &mut explained);
    explained
}

/// When a line on the instance of a request can be about it.
pub(super) fn request_window(unit: &Unit) -> (i64, i64) {
    (unit.start - clock_nanos() / 10, unit.end + answer_nanos())
}

pub(super) struct View<'a> {
    settled: &'a Settled,
    clusters: &'a Clusters,
    pub(super) causes: &'a Causes,
    units: &'a [Unit],
    /// Failed requests by trace.
    traced: callers::ByTrace,
    /// Roots that were asked whether they stand beside failed requests by chance.
    tried: Tried,
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
        let before = self.between(rows, i64::MIN, unit.end + clock_nanos()).iter().copied();
        let is_refused = |row: &usize| self.tried.is_refused(self.causes.root(self.clusters, *row), unit.kind);
        let before: Vec<usize> = before.filter(|row| !is_refused(row)).collect();
        self.root_before(unit, &before, Join::Instance)
    }

    fn in_execution(&self, unit: &Unit) -> Option<Explanation> {
        let rows = self.causes.by_execution.get(&unit.execution).filter(|_| unit.execution != EMPTY)?;
        self.root_before(unit, self.between(rows, i64::MIN, unit.end + clock_nanos()), Join::Execution)
    }

    /// Of rows in time order, those from one time to another, both included.
    fn between<'r>(&self, rows: &'r [usize], from: i64, to: i64) -> &'r [usize] {
        let rows = &rows[rows.partition_point(|row| self.time(*row) < from)..];
        &rows[..rows.partition_point(|row| self.time(*row) <= to)]
    }

    /// Of the lines before a death: the strongest kind, and of these the first of the last few seconds,
    /// because what comes after the first exception is mostly its consequence.
    pub(super) fn root_before(&self, unit: &Unit, rows: &[usize], join: Join) -> Option<Explanation> {
        let specific: Vec<usize> = rows
            .iter()
            .copied()
            .filter(|row| !self.causes.is_unspecific(self.causes.root(self.clusters, *row)))
            .collect();
        // What nothing knows and healthy instances write as well explains no death.
        let known = || rows.iter().copied().filter(|row| self.strength(*row) <= Strength::Named).collect();
        let rows: Vec<usize> = if specific.is_empty() { known() } else { specific };
        let best = rows.iter().map(|row| self.strength(*row)).min()?;
        let of_best: Vec<usize> = rows.into_iter().filter(|row| self.strength(*row) == best).collect();
        let last = self.time(*of_best.last()?);
        if best >= Strength::UnknownError && unit.end - last > death_nanos_max() {
            return None;
        }
        if best == Strength::Suspect && !unit.boot {
            return None;
        }
        let first = of_best.iter().copied().find(|row| last - self.time(*row) <= death_nanos_max())?;
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
            .filter(|row| !self.tried.is_refused(self.causes.root(self.clusters, *row), UnitKind::Request))
            .collect();
        self.root_of_answer(unit, reachable, Join::Instance)
    }

    /// Of the lines of one request: the strongest kind, nearest to the answer, and of these the first.
    fn root_of_answer(&self, unit: &Unit, rows: Vec<usize>, join: Join) -> Option<Explanation> {
        let best = rows.iter().map(|row| self.strength(*row)).min()?;
        let of_best: Vec<usize> = rows.into_iter().filter(|row| self.strength(*row) == best).collect();
        let nearest = of_best.iter().copied().min_by_key(|row| ((self.time(*row) - unit.end).abs(), *row))?;
        let first =
            of_best.iter().copied().find(|row| (self.time(nearest) - self.time(*row)).abs() <= answer_nanos())?;
        let root = self.causes.root(self.clusters, first);
        let rivals = of_best.iter().any(|row| self.causes.root(self.clusters, *row) != root);
        Some(self.explanation(first, join, unit, rivals))
    }

    pub(super) fn explanation(&self, row: usize, join: Join, unit: &Unit, rivals: bool) -> Explanation {
        Explanation {
            root: self.causes.root(self.clusters, row),
            row,
            join,
            distance: unit.end - self.time(row),
            rivals,
        }
    }

    pub(super) fn time(&self, row: usize) -> i64 {
        self.settled.time(row)
    }

    fn strength(&self, row: usize) -> Strength {
        self.causes.claim(self.clusters.of_row(row))
    }
}

/// The port of `… on port 8080…`.
fn port_in(text: &str) -> Option<&str> {
    let rest = text.split_once("on port ")?.1;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0).then(|| &rest[..digits])
}
