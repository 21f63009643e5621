//! Groups: what one cause did, what nothing explains, and errors that harmed nothing visible.
//!
//! In: units with their explanations. Out: one [`Group`] for each cause, for each kind of unexplained
//! failure, and for each error that no failure hangs on. Every unit is in exactly one group.

use std::collections::{BTreeMap, HashMap, HashSet};

use foldhash::fast::FixedState;

use super::causes::Causes;
use super::explain::Explanation;
use super::rejected::Rejected;
use super::units::{Unit, UnitKind};
use super::weights::{death_nanos_max, refused_callers_min, same_event_nanos};
use crate::classify::Strength;
use crate::classify::level::Level;
use crate::classify::mark::Mark;
use crate::facts::Settled;
use crate::facts::clusters::Clusters;
use crate::facts::symbols::{EMPTY, Symbol};
use crate::model::{Category, Role, Stream};

/// Why a group exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// A cause, with the failures that hang on it.
    Explained,
    /// Failures that no entry explains.
    Unexplained,
    /// An error that no visible failure hangs on.
    Unattached,
}

/// One story.
#[derive(Debug, Clone)]
pub struct Group {
    /// Why it exists.
    pub basis: Basis,
    /// Cluster of the cause; for unexplained failures the cluster that reports them.
    pub root: usize,
    /// Service.
    pub service: Symbol,
    /// Units, with how each is joined.
    pub units: Vec<(usize, Option<Explanation>)>,
    /// Rows that tell the cause, in time order.
    pub rows: Vec<usize>,
    /// Clusters of role cause that are consequences of this one: named, never ranked.
    pub consequences: Vec<usize>,
}

/// Groups everything.
pub fn groups(
    settled: &Settled,
    clusters: &Clusters,
    causes: &Causes,
    units: &[Unit],
    explained: &[Option<Explanation>],
    rejected: &Rejected,
) -> Vec<Group> {
    let mut by_root: BTreeMap<usize, Vec<(usize, Option<Explanation>)>> = BTreeMap::new();
    let mut left: BTreeMap<LeftKey, Vec<(usize, Option<Explanation>)>> = BTreeMap::new();
    let failed_instances: HashSet<(Symbol, Symbol), FixedState> = units
        .iter()
        .zip(explained)
        .filter(|(unit, cause)| unit.kind == UnitKind::Instance && cause.is_none())
        .map(|(unit, _)| (unit.service, unit.revision))
        .collect();
    let workers: HashMap<Symbol, Vec<i64>, FixedState> = lost_workers(units);
    for (index, cause) in explained.iter().enumerate() {
        match cause {
            Some(cause) => by_root.entry(cause.root).or_default().push((index, Some(*cause))),
            None => left
                .entry(left_key(settled, &units[index], &failed_instances, &workers))
                .or_default()
                .push((index, None)),
        }
    }
    let mut groups: Vec<Group> = by_root
        .into_iter()
        .map(|(root, members)| Group {
            basis: Basis::Explained,
            root,
            service: clusters.list[root].service,
            units: members,
            rows: rows_of(clusters, causes, root),
            consequences: Vec::new(),
        })
        .collect();
    let mut taken: HashSet<usize, FixedState> = groups.iter().map(|group| group.root).collect();
    mark_consequences(settled, clusters, causes, units, &mut groups, &mut taken);
    // By the first of their failures: numbers of names differ from run to run, and whoever asks groups takes the first of
    // equal ones.
    let mut left: Vec<Vec<(usize, Option<Explanation>)>> = left.into_values().collect();
    left.sort_unstable_by_key(|members| members[0].0);
    groups.extend(left.into_iter().map(|members| {
        let rows: Vec<usize> = members.iter().flat_map(|(unit, _)| units[*unit].rows.iter().copied()).collect();
        let instance =
            members.iter().find(|(unit, _)| matches!(units[*unit].kind, UnitKind::Instance | UnitKind::Worker));
        let told_by = instance.and_then(|(unit, _)| units[*unit].rows.first()).copied().unwrap_or(rows[0]);
        Group {
            basis: Basis::Unexplained,
            root: clusters.of_row(told_by),
            service: units[members[0].0].service,
            units: members,
            rows,
            consequences: Vec::new(),
        }
    }));
    // A line that was asked and is not the cause is told with the numbers that reject it, not as an error of its own.
    taken.extend(rejected.roots());
    groups.extend(unattached(settled, clusters, causes, &taken));
    groups
}

/// Unexplained failures are one group when they are of one kind on one revision.
type LeftKey = (UnitKind, Symbol, Symbol, u16, Mark, Symbol);

/// When each instance lost a worker.
fn lost_workers(units: &[Unit]) -> HashMap<Symbol, Vec<i64>, FixedState> {
    let mut lost: HashMap<Symbol, Vec<i64>, FixedState> = HashMap::default();
    for unit in units.iter().filter(|unit| unit.kind == UnitKind::Worker && unit.instance != EMPTY) {
        lost.entry(unit.instance).or_default().push(unit.end);
    }
    lost
}

fn left_key(
    settled: &Settled,
    unit: &Unit,
    failed_instances: &HashSet<(Symbol, Symbol), FixedState>,
    workers: &HashMap<Symbol, Vec<i64>, FixedState>,
) -> LeftKey {
    let mark = settled.class(&settled.rows[unit.rows[0]]).mark;
    // Requests that the platform cut or refused share a reason whatever their path; the application's own do not.
    let target =
        if unit.kind == UnitKind::Request && mark == Mark::None && unit.status != 504 { unit.target } else { EMPTY };
    let with_worker = |unit: &Unit| {
        let lost = workers.get(&unit.instance);
        lost.is_some_and(|times| times.iter().any(|time| (unit.end - time).abs() <= same_event_nanos()))
    };
    match unit.kind {
        // A request that was lost with its worker is told with it: the server named what it gave up.
        UnitKind::Request if mark == Mark::RequestLost && with_worker(unit) => {
            (UnitKind::Worker, unit.service, EMPTY, 0, Mark::WorkerLost, EMPTY)
        }
        // A request that was lost with an instance is told with it.
        UnitKind::Request if mark == Mark::RequestLost && failed_instances.contains(&(unit.service, unit.revision)) => {
            (UnitKind::Instance, unit.service, unit.revision, 0, Mark::None, EMPTY)
        }
        // A server that loses workers does so on every revision that runs it.
        UnitKind::Worker => (unit.kind, unit.service, EMPTY, 0, Mark::WorkerLost, EMPTY),
        // A deploy that failed with its instances is told with them.
        UnitKind::Deploy if unit.revision != EMPTY && failed_instances.contains(&(unit.service, unit.revision)) => {
            (UnitKind::Instance, unit.service, unit.revision, 0, Mark::None, EMPTY)
        }
        UnitKind::Instance if unit.revision != EMPTY => (unit.kind, unit.service, unit.revision, 0, Mark::None, EMPTY),
        _ => (unit.kind, unit.service, unit.revision, unit.status, mark, target),
    }
}

fn rows_of(clusters: &Clusters, causes: &Causes, root: usize) -> Vec<usize> {
    let mut rows: Vec<usize> =
        causes.tellings(root).into_iter().flat_map(|cluster| clusters.list[cluster].rows.clone()).collect();
    rows.sort_unstable();
    rows
}

/// A cause cluster whose lines stand in failed lives and requests that another cause explains is that
/// cause's consequence: the error printed after the first error.
fn mark_consequences(
    settled: &Settled,
    clusters: &Clusters,
    causes: &Causes,
    units: &[Unit],
    groups: &mut [Group],
    taken: &mut HashSet<usize, FixedState>,
) {
    let mut roots = candidate_roots(settled, clusters, causes);
    roots.retain(|root| !taken.contains(root));
    if roots.is_empty() {
        return;
    }
    let places: Vec<Places> = groups.iter().map(|group| Places::of(units, group)).collect();
    for root in roots {
        let rows = rows_of(clusters, causes, root);
        let mut best: Option<(usize, usize)> = None;
        let mut inside_any = vec![false; rows.len()];
        let service = clusters.list[root].service;
        for number in (0..groups.len()).filter(|number| reaches(units, &groups[*number], service)) {
            let mut inside = 0;
            for (position, row) in rows.iter().enumerate() {
                if places[number].hold(settled, units, *row) {
                    inside += 1;
                    inside_any[position] = true;
                }
            }
            if inside > 0 && best.is_none_or(|(_, most)| inside > most) {
                best = Some((number, inside));
            }
        }
        let covered = inside_any.iter().filter(|inside| **inside).count();
        if let Some((number, _)) = best.filter(|_| covered * 5 >= rows.len() * 4) {
            groups[number].consequences.push(root);
            taken.insert(root);
        }
    }
}

/// Whether a group holds failures of a service: its own, or those of its callers.
fn reaches(units: &[Unit], group: &Group, service: Symbol) -> bool {
    group.service == service || group.units.iter().any(|(unit, _)| units[*unit].service == service)
}

/// Where a group's units failed.
struct Places {
    /// Rows that report a unit.
    rows: HashSet<usize, FixedState>,
    /// Units by the name of their instance, trace or execution.
    units: HashMap<Symbol, Vec<usize>, FixedState>,
}

impl Places {
    fn of(units: &[Unit], group: &Group) -> Self {
        let mut places = Self { rows: HashSet::default(), units: HashMap::default() };
        for &(index, _) in &group.units {
            let unit = &units[index];
            places.rows.extend(&unit.rows);
            for name in [unit.instance, unit.trace, unit.execution].into_iter().filter(|name| *name != EMPTY) {
                places.units.entry(name).or_default().push(index);
            }
        }
        places
    }

    /// Whether a row reports one of the units, or stands beside the cause of one: same instance, trace or execution,
    /// around its end.
    fn hold(&self, settled: &Settled, units: &[Unit], index: usize) -> bool {
        let row = &settled.rows[index];
        let names = [row.instance, row.trace, row.execution];
        let beside = |unit: &usize| {
            let unit = &units[*unit];
            let same_place = (row.instance != EMPTY && row.instance == unit.instance)
                || (row.trace != EMPTY && row.trace == unit.trace)
                || (row.execution != EMPTY && row.execution == unit.execution);
            let until = unit.end + death_nanos_max();
            let since = if unit.kind == UnitKind::Request {
                unit.start - same_event_nanos()
            } else {
                unit.end - 6 * death_nanos_max()
            };
            same_place && (since..=until).contains(&row.time)
        };
        self.rows.contains(&index)
            || names.iter().filter_map(|name| self.units.get(name)).any(|known| known.iter().any(beside))
    }
}

/// Every cause cluster that represents itself, in report order.
fn candidate_roots(settled: &Settled, clusters: &Clusters, causes: &Causes) -> Vec<usize> {
    (0..clusters.list.len())
        .filter(|cluster| {
            let class = &settled.classes[clusters.list[*cluster].class.0 as usize];
            class.role == Role::Cause
                && causes.claim(*cluster) < Strength::None
                && causes.root(clusters, clusters.list[*cluster].rows[0]) == *cluster
        })
        .collect()
}

/// Errors that no failure hangs on; those that follow another within moments, each time, are its consequences.
fn unattached(
    settled: &Settled,
    clusters: &Clusters,
    causes: &Causes,
    taken: &HashSet<usize, FixedState>,
) -> Vec<Group> {
    let mut roots: Vec<usize> = candidate_roots(settled, clusters, causes)
        .into_iter()
        .filter(|root| !taken.contains(root))
        .filter(|root| speaks_for_itself(settled, clusters, causes, *root))
        .filter(|root| !is_few_refused_callers(settled, clusters, *root))
        .collect();
    roots.sort_by_key(|root| {
        let cluster = &clusters.list[*root];
        let class = &settled.classes[cluster.class.0 as usize];
        (class.strength, class.signature.is_empty(), cluster.first, *root)
    });
    let mut groups: Vec<Group> = Vec::new();
    for root in roots {
        let cluster = &clusters.list[root];
        let rows = rows_of(clusters, causes, root);
        let category = settled.classes[cluster.class.0 as usize].category;
        let leader = (0..groups.len())
            .filter(|number| {
                // Two known causes of different kinds are two causes, however close they stand.
                let leading = settled.classes[clusters.list[groups[*number].root].class.0 as usize].category;
                groups[*number].service == cluster.service && (category == Category::Unknown || category == leading)
            })
            .filter_map(|number| follows(settled, &groups[number].rows, &rows).map(|distance| (distance, number)))
            .min();
        let leader = leader.map(|(_, number)| number);
        match leader {
            Some(leader) => groups[leader].consequences.push(root),
            None => groups.push(Group {
                basis: Basis::Unattached,
                root,
                service: cluster.service,
                units: Vec::new(),
                rows,
                consequences: Vec::new(),
            }),
        }
    }
    groups
}

/// Refused callers are an incident only where they are most of the requests; otherwise they are scanners, or
/// a private service that does what it should.
fn is_few_refused_callers(settled: &Settled, clusters: &Clusters, root: usize) -> bool {
    let cluster = &clusters.list[root];
    let first = &settled.rows[cluster.rows[0]];
    if first.stream != Stream::Requests || first.status >= 500 {
        return false;
    }
    let of_service = settled.facts.health.iter().filter(|((service, _), _)| *service == cluster.service);
    let requests: u64 = of_service.map(|(_, health)| health.requests).sum();
    cluster.count < refused_callers_min() || cluster.count * 2 < requests
}

/// An error, or a known cause at warning level even where the application says that it went on.
fn speaks_for_itself(settled: &Settled, clusters: &Clusters, causes: &Causes, root: usize) -> bool {
    let class = &settled.classes[clusters.list[root].class.0 as usize];
    causes.claim(root) <= Strength::UnknownError || (class.strength == Strength::Named && class.level >= Level::Warning)
}

/// If at least four of five `later` rows stand within moments of an `earlier` row on the same instance:
/// the smallest distance between two of them, in nanoseconds.
fn follows(settled: &Settled, earlier: &[usize], later: &[usize]) -> Option<i64> {
    let mut near = 0;
    let mut smallest = i64::MAX;
    let time_of = |row: &usize| settled.time(*row);
    for row in later.iter().map(|row| &settled.rows[*row]) {
        // Both are in time order.
        let near_by = &earlier[earlier.partition_point(|leader| time_of(leader) < row.time - death_nanos_max())..];
        let distance = near_by
            .iter()
            .map(|leader| &settled.rows[*leader])
            .take_while(|leader| leader.time <= row.time + death_nanos_max())
            .filter(|leader| leader.instance == row.instance && leader.revision == row.revision)
            .map(|leader| (row.time - leader.time).abs())
            .min()
            .filter(|distance| *distance <= death_nanos_max());
        near += usize::from(distance.is_some());
        smallest = smallest.min(distance.unwrap_or(i64::MAX));
    }
    (near * 5 >= later.len() * 4).then_some(smallest)
}
