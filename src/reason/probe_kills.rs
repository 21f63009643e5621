//! Instances that the platform stopped because their liveness probe failed: what they ran into before.
//!
//! In: explained units. Out: the same; a kill that its own message "explains" is given the known cause that nearly all
//! killed instances of the service log shortly before. The probe only tells that the instance no longer answered.

use std::collections::BTreeMap;

use super::causes::Causes;
use super::explain::{Explanation, Join};
use super::units::{Unit, UnitKind};
use super::weights::{before_kill_nanos, clock_nanos, killed_alike_min, killed_alike_share};
use crate::classify::Strength;
use crate::classify::mark::Mark;
use crate::facts::Settled;
use crate::facts::clusters::Clusters;
use crate::facts::symbols::{EMPTY, Symbol};
use crate::model::Role;

/// Gives kills by a liveness probe the cause before them, where they share one.
pub(super) fn attach(
    settled: &Settled,
    clusters: &Clusters,
    causes: &Causes,
    units: &[Unit],
    explained: &mut [Option<Explanation>],
) {
    let killed_itself = |index: &usize| {
        let by_own_words = explained[*index].filter(|cause| cause.join == Join::Itself);
        units[*index].kind == UnitKind::Instance
            && units[*index].instance != EMPTY
            && by_own_words.is_some_and(|cause| settled.class(&settled.rows[cause.row]).mark == Mark::ProbeKilled)
    };
    let mut by_service: BTreeMap<Symbol, Vec<usize>> = BTreeMap::new();
    for index in (0..units.len()).filter(killed_itself) {
        by_service.entry(units[index].service).or_default().push(index);
    }
    for kills in by_service.into_values() {
        // Root → the first row of it before each kill.
        let mut shared: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
        for &kill in &kills {
            for (root, row) in before(settled, clusters, causes, &units[kill]) {
                shared.entry(root).or_default().push((kill, row));
            }
        }
        let most = shared.into_iter().max_by_key(|(root, shown)| (shown.len(), std::cmp::Reverse(*root)));
        let Some((root, shown)) = most else { continue };
        #[allow(clippy::cast_precision_loss, reason = "counts of instances are far below 2^52")]
        let alike = shown.len() as f64 >= killed_alike_share() * kills.len() as f64;
        if shown.len() < killed_alike_min() || !alike {
            continue;
        }
        for (kill, row) in shown {
            let distance = units[kill].end - settled.time(row);
            explained[kill] = Some(Explanation { root, row, join: Join::Instance, distance, rivals: false });
        }
    }
}

/// Known causes that the instance of a kill logs shortly before it, each with its first row.
fn before(settled: &Settled, clusters: &Clusters, causes: &Causes, kill: &Unit) -> BTreeMap<usize, usize> {
    let mut found = BTreeMap::new();
    let rows = causes.by_instance.get(&(kill.service, kill.instance)).map_or(&[][..], Vec::as_slice);
    let window = kill.end - before_kill_nanos()..=kill.end + clock_nanos();
    for &row in rows.iter().filter(|row| window.contains(&settled.time(**row))) {
        let class = settled.class(&settled.rows[row]);
        let root = causes.root(clusters, row);
        // Whatever the application says of going on: it did not.
        let known = class.role == Role::Cause && class.strength <= Strength::Named && class.mark != Mark::ProbeKilled;
        if known && !causes.is_unspecific(root) {
            found.entry(root).or_insert(row);
        }
    }
    found
}
