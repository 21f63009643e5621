//! Lines that were asked whether they are the cause, and are not: the loud one that a reviewer would ask about.
//!
//! In: the tests of [`super::chance`] and [`super::specific`]. Out: what to say about the few strongest of them, and how
//! many others there are.

use std::collections::{BTreeMap, HashSet};

use foldhash::fast::FixedState;

use super::causes::Causes;
use super::explain::Explained;
use super::units::{Unit, UnitKind};
use super::weights::{rejected_lines_max, rejecting_units_min};
use crate::classify::Strength;
use crate::facts::Settled;
use crate::facts::clusters::Clusters;
use crate::facts::symbols::{EMPTY, Symbol};
use crate::model::report::RuledOut;

/// Rejected lines.
#[derive(Debug, Default)]
pub struct Rejected {
    /// Why each is rejected, by its cluster.
    reasons: BTreeMap<usize, Vec<String>>,
}

/// Collects the lines that nothing knows and that the tests reject. A known cause or an exception stays a finding of its
/// own, whatever it stands beside.
pub fn rejected(clusters: &Clusters, causes: &Causes, units: &[Unit], explained: &Explained) -> Rejected {
    let mut reasons: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (root, meeting) in explained.tried.refused() {
        reasons.entry(root).or_default().push(meeting.words());
    }
    for (root, shown) in causes.specificity.unspecific() {
        reasons.entry(root).or_default().push(shown.words());
    }
    for (root, reason) in beside_none(clusters, causes, units, explained) {
        reasons.entry(root).or_insert_with(|| vec![reason]);
    }
    // What stands beside one kind of failure by chance may still be joined to another by its trace.
    let holds: HashSet<usize, FixedState> = explained.units.iter().flatten().map(|cause| cause.root).collect();
    reasons.retain(|root, _| {
        matches!(causes.claim(*root), Strength::UnknownError | Strength::Suspect) && !holds.contains(root)
    });
    Rejected { reasons }
}

/// Lines of a service whose failures nothing explains, on whose instances they were written, and beside none of which
/// they stand.
fn beside_none(clusters: &Clusters, causes: &Causes, units: &[Unit], explained: &Explained) -> BTreeMap<usize, String> {
    let mut left: BTreeMap<Symbol, (usize, usize)> = BTreeMap::new();
    for (unit, _) in units.iter().zip(&explained.units).filter(|(_, cause)| cause.is_none()) {
        let counts = left.entry(unit.service).or_default();
        match unit.kind {
            UnitKind::Request if unit.instance != EMPTY => counts.0 += 1,
            UnitKind::Instance if unit.instance != EMPTY => counts.1 += 1,
            _ => {}
        }
    }
    left.retain(|_, (requests, instances)| *requests + *instances >= rejecting_units_min());
    let mut found = BTreeMap::new();
    let mut is_met = vec![false; clusters.list.len()];
    for ((service, _), rows) in &causes.by_instance {
        let Some((requests, instances)) = left.get(service) else { continue };
        for row in rows {
            let root = causes.root(clusters, *row);
            if std::mem::replace(&mut is_met[root], true) {
                continue;
            }
            found.entry(root).or_insert_with(|| {
                let counted = |count: usize, one: &str, many: &str| match count {
                    0 => None,
                    1 => Some(format!("the one {one}")),
                    count => Some(format!("the {count} {many}")),
                };
                let parts = [
                    counted(*requests, "failed request", "failed requests"),
                    counted(*instances, "failed instance", "failed instances"),
                ];
                let parts: Vec<String> = parts.into_iter().flatten().collect();
                format!("it stands beside none of {} that nothing explains", parts.join(" and "))
            });
        }
    }
    found
}

impl Rejected {
    /// Their clusters.
    pub fn roots(&self) -> impl Iterator<Item = usize> {
        self.reasons.keys().copied()
    }

    /// What to say about them: errors before warnings, of these the loudest first.
    pub fn told(&self, settled: &Settled, clusters: &Clusters, causes: &Causes, files: &[String]) -> Vec<RuledOut> {
        let mut roots: Vec<usize> = self.roots().collect();
        roots.sort_by_key(|root| (causes.claim(*root), u64::MAX - clusters.list[*root].count, *root));
        let mut told: Vec<RuledOut> =
            roots.iter().take(rejected_lines_max()).map(|root| self.one(settled, clusters, files, *root)).collect();
        let others = &roots[told.len()..];
        if !others.is_empty() {
            let entries: u64 = others.iter().map(|root| clusters.list[*root].count).sum();
            told.push(RuledOut {
                hypothesis: format!("{} other lines cause the failures", others.len()),
                reason: format!("they were tested alike and rejected alike; {entries} entries in all"),
                evidence: Vec::new(),
            });
        }
        told
    }

    fn one(&self, settled: &Settled, clusters: &Clusters, files: &[String], root: usize) -> RuledOut {
        let cluster = &clusters.list[root];
        let class = &settled.classes[cluster.class.0 as usize];
        RuledOut {
            hypothesis: format!(
                "“{}” of {} causes the failures ({}, {} times)",
                class.title,
                settled.text(cluster.service),
                cluster.id,
                cluster.count
            ),
            reason: self.reasons.get(&root).map_or_else(String::new, |reasons| reasons.join("; ")),
            evidence: cluster.rows.iter().take(1).map(|row| settled.evidence(&settled.rows[*row], files)).collect(),
        }
    }
}
