//! Groups: what one cause did, what nothing explains, and errors that harmed nothing visible.
//!
//! In: units with their explanations. Out: one [`Group`] for each cause, for each kind of unexplained
//! failure, and for each error that no failure hangs on. Every unit is in exactly one group.

use std::collections::{BTreeMap, HashSet};

use foldhash::fast::FixedState;

use super::causes::{Causes, strength};
use super::explain::Explanation;
use super::units::{Unit, UnitKind};
use super::weights::{DEATH_NANOS_MAX, SAME_EVENT_NANOS};
use crate::classify::mark::Mark;
use crate::classify::{ClassKey, Strength};
use crate::facts::Settled;
use crate::facts::clusters::Clusters;
use crate::facts::symbols::{EMPTY, Symbol};
use crate::model::Role;

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
) -> Vec<Group> {
    let mut by_root: BTreeMap<usize, Vec<(usize, Option<Explanation>)>> = BTreeMap::new();
    let mut left: BTreeMap<LeftKey, Vec<(usize, Option<Explanation>)>> = BTreeMap::new();
    for (index, cause) in explained.iter().enumerate() {
        match cause {
            Some(cause) => by_root.entry(cause.root).or_default().push((index, Some(*cause))),
            None => left.entry(left_key(settled, &units[index])).or_default().push((index, None)),
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
    groups.extend(left.into_values().map(|members| {
        let rows: Vec<usize> = members.iter().flat_map(|(unit, _)| units[*unit].rows.iter().copied()).collect();
        Group {
            basis: Basis::Unexplained,
            root: clusters.of_row[rows[0]],
            service: units[members[0].0].service,
            units: members,
            rows,
            consequences: Vec::new(),
        }
    }));
    groups.extend(unattached(settled, clusters, causes, &taken));
    groups
}

/// Unexplained failures are one group when they are of one kind on one revision.
type LeftKey = (UnitKind, Symbol, Symbol, u16, Mark, Symbol);

fn left_key(settled: &Settled, unit: &Unit) -> LeftKey {
    let mark = settled.class(&settled.rows[unit.rows[0]]).mark;
    // Requests that the platform cut or refused share a reason whatever their path; the application's own do not.
    let target = if unit.kind == UnitKind::Request && mark == Mark::None && unit.status != 504 { unit.target } else { EMPTY };
    (unit.kind, unit.service, unit.revision, unit.status, mark, target)
}

fn rows_of(clusters: &Clusters, causes: &Causes, root: usize) -> Vec<usize> {
    let mut rows: Vec<usize> = causes.tellings(root).into_iter().flat_map(|cluster| clusters.list[cluster].rows.clone()).collect();
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
    for root in candidate_roots(settled, clusters, causes) {
        if taken.contains(&root) {
            continue;
        }
        let rows = rows_of(clusters, causes, root);
        let mut best: Option<(usize, usize)> = None;
        for (number, group) in groups.iter().enumerate().filter(|(_, group)| group.service == clusters.list[root].service) {
            let inside = rows.iter().filter(|row| within_group(settled, units, group, **row)).count();
            if inside * 5 >= rows.len() * 4 && best.is_none_or(|(_, most)| inside > most) {
                best = Some((number, inside));
            }
        }
        if let Some((number, _)) = best {
            groups[number].consequences.push(root);
            taken.insert(root);
        }
    }
}

/// Whether a row stands beside the cause of one of the group's units: same instance or execution, around its end.
fn within_group(settled: &Settled, units: &[Unit], group: &Group, row: usize) -> bool {
    let row = &settled.rows[row];
    group.units.iter().any(|(unit, _)| {
        let unit = &units[*unit];
        let same_place = (row.instance != EMPTY && row.instance == unit.instance)
            || (row.trace != EMPTY && row.trace == unit.trace)
            || (row.execution != EMPTY && row.execution == unit.execution);
        let until = unit.end + DEATH_NANOS_MAX;
        let since = if unit.kind == UnitKind::Request { unit.start - SAME_EVENT_NANOS } else { unit.end - 6 * DEATH_NANOS_MAX };
        same_place && (since..=until).contains(&row.time)
    })
}

/// Every cause cluster that represents itself, in report order.
fn candidate_roots(settled: &Settled, clusters: &Clusters, causes: &Causes) -> Vec<usize> {
    (0..clusters.list.len())
        .filter(|cluster| {
            let class = &settled.classes[clusters.list[*cluster].class.0 as usize];
            class.role == Role::Cause && strength(class) < Strength::None && causes.root(clusters, clusters.list[*cluster].rows[0]) == *cluster
        })
        .collect()
}

/// Errors that no failure hangs on; those that follow another within moments, each time, are its consequences.
fn unattached(settled: &Settled, clusters: &Clusters, causes: &Causes, taken: &HashSet<usize, FixedState>) -> Vec<Group> {
    let mut roots: Vec<usize> = candidate_roots(settled, clusters, causes)
        .into_iter()
        .filter(|root| !taken.contains(root))
        .filter(|root| strength(&settled.classes[clusters.list[*root].class.0 as usize]) <= Strength::UnknownError)
        .collect();
    roots.sort_by_key(|root| {
        let cluster = &clusters.list[*root];
        let class = &settled.classes[cluster.class.0 as usize];
        (strength(class), class.signature.is_empty(), cluster.first, *root)
    });
    let mut groups: Vec<Group> = Vec::new();
    for root in roots {
        let cluster = &clusters.list[root];
        let rows = rows_of(clusters, causes, root);
        let leader = groups.iter().position(|group| group.service == cluster.service && follows(settled, &group.rows, &rows));
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

/// Whether at least four of five `later` rows stand within moments of an `earlier` row on the same instance.
fn follows(settled: &Settled, earlier: &[usize], later: &[usize]) -> bool {
    let near = later
        .iter()
        .filter(|row| {
            let row = &settled.rows[**row];
            earlier.iter().any(|leader| {
                let leader = &settled.rows[*leader];
                leader.instance == row.instance
                    && leader.revision == row.revision
                    && (row.time - leader.time).abs() <= DEATH_NANOS_MAX
            })
        })
        .count();
    near * 5 >= later.len() * 4
}

/// Whether the class is an application's own 5xx, whose text is only the request line.
pub fn is_plain_request(key: &ClassKey) -> bool {
    matches!(key, ClassKey::FailedRequest { .. })
}
