//! Lines that stand beside failures only because they are written all the time.
//!
//! In: units with the explanations found so far. Out: roots whose lines meet failed requests, or the deaths of instances,
//! no more often than their rate on these instances makes them meet. Only the join "on the same instance while the
//! request ran", or "just before it died", can arise so; a trace cannot. Deaths are asked of lines that nothing knows,
//! and not at boot, where the life of the instance is its death.
//!
//! The family of the correction is every line that could have met one of these failures, whether it did or not: of a
//! hundred lines that mean nothing, one meets failures as often as one in a hundred should.

use std::collections::{BTreeMap, HashMap, HashSet};

use foldhash::fast::FixedState;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use statrs::distribution::{Binomial, DiscreteCDF};

use crate::stats::{adjust, number, p_text};

use super::attach::{TwinKey, twin_key};
use super::causes::Causes;
use super::explain::{Explanation, Join, request_window};
use super::units::{Unit, UnitKind};
use super::weights::{answer_nanos, chance_most, clock_nanos, death_nanos_max, moments_elsewhere_min};
use crate::classify::Strength;
use crate::facts::Settled;
use crate::facts::clusters::Clusters;
use crate::facts::symbols::{EMPTY, Symbol};

/// How often the lines of one root met failures of one kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Meeting {
    /// Requests, or deaths of instances.
    pub kind: UnitKind,
    /// Those with one of its lines beside them.
    pub met: u64,
    /// Those that could have met one.
    pub exposed: u64,
    /// Mean probability of meeting one by chance.
    pub by_chance: f64,
    /// Probability of so many meetings, or more, by chance.
    p: f64,
    /// The same after correction for all lines tested.
    pub adjusted: f64,
    /// Lines tested.
    pub of: usize,
}

impl Meeting {
    /// `it stands beside 2 of 40 failed requests on their instances, 3.10 % of them by its rate alone (one of 14 lines
    /// tested; p = 0.351 after correction)`.
    pub fn words(&self) -> String {
        let what = if self.kind == UnitKind::Request { "failed requests" } else { "deaths" };
        format!(
            "it stands beside {} of {} {what} on their instances, where its rate alone gives {:.2} % of them ({}; {} after correction)",
            self.met,
            self.exposed,
            self.by_chance * 100.0,
            one_of(self.of),
            p_text(self.adjusted)
        )
    }
}

/// `one of 14 lines tested`.
pub(super) fn one_of(lines: usize) -> String {
    if lines == 1 { "the only line tested".to_owned() } else { format!("one of {lines} lines tested") }
}

/// A line and the kind of failure that it was asked about.
type Question = (usize, UnitKind);

/// Every line that was asked whether it stands beside failures by chance.
#[derive(Debug, Default)]
pub struct Tried {
    meetings: BTreeMap<Question, Meeting>,
    /// Every line that could have met a failure of the tests, those that met none included.
    asked: HashSet<Question, FixedState>,
    /// Kinds of failure, and claims, whose lines are among these already.
    covered: HashSet<(UnitKind, Strength), FixedState>,
    refused: HashSet<Question, FixedState>,
}

impl Tried {
    /// The last tests of a root.
    pub fn meetings(&self, root: usize) -> impl Iterator<Item = &Meeting> {
        let kinds = [UnitKind::Instance, UnitKind::Request];
        kinds.into_iter().filter_map(move |kind| self.meetings.get(&(root, kind)))
    }

    /// Whether a root stands beside failures of a kind by chance.
    pub fn is_refused(&self, root: usize, kind: UnitKind) -> bool {
        self.refused.contains(&(root, kind))
    }

    /// The tests that refuse a root.
    pub fn refused(&self) -> impl Iterator<Item = (usize, &Meeting)> {
        let refused = self.meetings.iter().filter(|(question, _)| self.refused.contains(question));
        refused.map(|((root, _), meeting)| (*root, meeting))
    }

    /// Adds tests and corrects all of them for their number. The roots that are refused and were not before.
    fn judge(&mut self, meetings: Vec<(Question, Meeting)>) -> Vec<usize> {
        self.meetings.extend(meetings);
        let mut p_values: Vec<f64> = self.meetings.values().map(|meeting| meeting.p).collect();
        // What met none has the p-value 1.
        p_values.extend(self.asked.iter().filter(|asked| !self.meetings.contains_key(asked)).map(|_| 1.0));
        let of = p_values.len();
        let mut refused = Vec::new();
        for ((question, meeting), adjusted) in self.meetings.iter_mut().zip(adjust::holm(&p_values)) {
            (meeting.adjusted, meeting.of) = (adjusted, of);
            if adjusted >= chance_most() && self.refused.insert(*question) {
                refused.push(question.0);
            }
        }
        refused
    }
}

/// Whether a failure of this kind can meet a line by chance, given what the line can claim.
fn is_asked(unit: &Unit, strength: Strength) -> bool {
    unit.instance != EMPTY
        && match unit.kind {
            UnitKind::Request => true,
            UnitKind::Instance => !unit.boot && strength >= Strength::UnknownError,
            _ => false,
        }
}

/// When a line on the instance of a unit is taken for its cause.
fn window(unit: &Unit) -> (i64, i64) {
    if unit.kind == UnitKind::Request {
        request_window(unit)
    } else {
        (unit.end - death_nanos_max(), unit.end + clock_nanos())
    }
}

/// Times of one root's lines, and windows of failures, on one instance.
#[derive(Default)]
struct Beside {
    moments: Vec<i64>,
    windows: Vec<(i64, i64)>,
}

/// Asks every root that explains requests by its instance; `weakest` is the least that the lines asked so far can claim.
/// The roots that are refused and were not before.
pub fn ask(
    settled: &Settled,
    clusters: &Clusters,
    causes: &Causes,
    units: &[Unit],
    explained: &[Option<Explanation>],
    weakest: Strength,
    tried: &mut Tried,
) -> Vec<usize> {
    let mut hits: BTreeMap<Question, Vec<usize>> = BTreeMap::new();
    for (index, cause) in explained.iter().enumerate() {
        if let Some(cause) = cause.filter(|cause| cause.join == Join::Instance)
            && is_asked(&units[index], causes.claim(cause.root))
        {
            hits.entry((cause.root, units[index].kind)).or_default().push(index);
        }
    }
    hits.retain(|(root, kind), _| !tried.is_refused(*root, *kind));
    let hits: Vec<(Question, Vec<usize>)> = hits.into_iter().collect();
    let mut twins: HashMap<TwinKey, Vec<usize>, FixedState> = HashMap::default();
    if !hits.is_empty() {
        for (index, unit) in units.iter().enumerate().filter(|(_, unit)| unit.instance != EMPTY) {
            twins.entry(twin_key(unit)).or_default().push(index);
        }
    }
    let met = hits.into_par_iter().filter_map(|((root, kind), hits)| {
        let alike: HashSet<_, FixedState> = hits.iter().map(|index| twin_key(&units[*index])).collect();
        let mut exposed: Vec<usize> = alike
            .iter()
            .flat_map(|key| &twins[key])
            .copied()
            .filter(|index| explained[*index].is_none_or(|cause| cause.root == root))
            .collect();
        exposed.sort_unstable();
        let root = Line { root, kind };
        Some(((root.root, kind), root.meeting(settled, clusters, causes, units, hits.len(), &exposed)?))
    });
    let met: Vec<(Question, Meeting)> = met.collect();
    for kind in [UnitKind::Instance, UnitKind::Request] {
        if met.iter().any(|((_, asked), _)| *asked == kind) && tried.covered.insert((kind, weakest)) {
            let places: HashSet<(Symbol, Symbol), FixedState> = units
                .iter()
                .filter(|unit| unit.kind == kind && is_asked(unit, Strength::UnknownError))
                .map(|unit| (unit.service, unit.instance))
                .collect();
            let rows = places.iter().filter_map(|place| causes.by_instance.get(place)).flatten();
            let written: HashSet<usize, FixedState> = rows.map(|row| clusters.of_row(*row)).collect();
            for cluster in written.into_iter().filter(|cluster| causes.claim(*cluster) <= weakest) {
                tried.asked.insert((causes.root_of(cluster), kind));
            }
        }
    }
    tried.judge(met)
}

/// A line, asked about one kind of failure.
struct Line {
    root: usize,
    kind: UnitKind,
}

impl Line {
    /// `met` of the exposed failures have a line of the root beside them: is that what its rate gives anyway? `None` where
    /// the line stands beside most of them and hardly anywhere else, so that there is nothing to ask.
    fn meeting(
        &self,
        settled: &Settled,
        clusters: &Clusters,
        causes: &Causes,
        units: &[Unit],
        met: usize,
        exposed: &[usize],
    ) -> Option<Meeting> {
        let root = self.root;
        let service = clusters.list[root].service;
        let mut places: HashMap<Symbol, Beside, FixedState> = HashMap::default();
        for index in exposed {
            let unit = &units[*index];
            places.entry(unit.instance).or_default().windows.push(window(unit));
        }
        let mut elsewhere = 0;
        for instance in causes.instances.get(&service).into_iter().flatten() {
            let rows = causes.by_instance.get(&(service, *instance)).into_iter().flatten();
            let times = rows.filter(|row| causes.root(clusters, **row) == root).map(|row| settled.time(*row));
            let moments = apart(times);
            let windows = places.get(instance).map_or_else(Vec::new, |place| joined(&place.windows));
            let is_within = |time: &i64| {
                let last = windows.partition_point(|(from, _)| from <= time).checked_sub(1);
                last.is_some_and(|last| windows[last].1 >= *time)
            };
            elsewhere += moments.iter().filter(|time| !is_within(time)).count();
            if let Some(place) = places.get_mut(instance) {
                place.moments = moments;
            }
        }
        if elsewhere < moments_elsewhere_min() && met * 2 >= exposed.len() {
            return None;
        }
        let mut expected = 0.0;
        for index in exposed {
            let unit = &units[*index];
            let (from, to) = window(unit);
            let life = settled
                .facts
                .lives
                .get(&(service, unit.instance))
                .map_or(0, |life| life.last.saturating_sub(life.first));
            let lines = places.get(&unit.instance).map_or(0, |place| place.moments.len());
            #[allow(clippy::cast_precision_loss, reason = "nanoseconds of days and counts of lines, as a ratio")]
            let share = (to - from) as f64 / life.max(to - from) as f64 * lines as f64;
            expected += 1.0 - (-share).exp();
        }
        let (met, exposed) = (met as u64, exposed.len() as u64);
        let by_chance = (expected / number(exposed.max(1))).clamp(0.0, 1.0);
        // At least so many meetings, if each failure meets a line with this rate.
        let meetings = Binomial::new(by_chance, exposed).ok()?;
        let p = if met == 0 { 1.0 } else { meetings.sf(met - 1) };
        Some(Meeting { kind: self.kind, met, exposed, by_chance, p, adjusted: p, of: 1 })
    }
}

/// Windows in order, those that overlap as one.
fn joined(windows: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut sorted = windows.to_vec();
    sorted.sort_unstable();
    let mut joined: Vec<(i64, i64)> = Vec::new();
    for (from, to) in sorted {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// Times more than a moment apart: one event may be told in several lines.
fn apart(times: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut moments: Vec<i64> = Vec::new();
    for time in times {
        if moments.last().is_none_or(|last| time - last > answer_nanos()) {
            moments.push(time);
        }
    }
    moments
}
