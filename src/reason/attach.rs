//! What a failure shares with another one that is explained: the death of its instance, its deploy, its kind.
//!
//! In: units with the explanations of their own. Out: explanations for units that none of their own lines explains.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::explain::{Explanation, Join, View};
use super::units::{Unit, UnitKind};
use super::weights::{between_starts_nanos, clock_nanos, lost_with_instance_nanos, revision_window_nanos};
use crate::facts::symbols::{EMPTY, Symbol};

/// A request that was lost when its instance died has that instance's cause.
pub(super) fn attach_lost_requests(view: &View<'_>, units: &[Unit], explained: &mut [Option<Explanation>]) {
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
        if (units[death].end - unit.end).abs() <= lost_with_instance_nanos()
            && let Some(cause) = explained[death]
        {
            let distance = unit.end - view.time(cause.row);
            explained[index] = Some(Explanation { distance, join: Join::Instance, ..cause });
        }
    }
}

/// A revision that never became ready has the cause of its instances' failures, or of its own errors.
pub(super) fn attach_deploys(view: &View<'_>, units: &[Unit], explained: &mut [Option<Explanation>]) {
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
            let before: Vec<usize> =
                rows.iter().copied().filter(|row| view.time(*row) <= unit.end + clock_nanos()).collect();
            view.root_before(unit, &before, Join::Revision).map(|cause| (cause.row, cause.rivals, Join::Revision))
        });
        if let Some((row, rivals, join)) = cause {
            explained[index] = Some(view.explanation(row, join, unit, rivals));
        }
    }
}

/// What is left: the same failure on the same revision as explained ones, and requests that found no
/// instance while instances of their revision failed to start.
pub(super) fn attach_by_revision(units: &[Unit], explained: &mut [Option<Explanation>]) {
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
                || (end - unit.end).abs() <= revision_window_nanos()
        });
        let found = alike.or_else(|| {
            // A platform failure without an instance of its own, while instances of the revision fail.
            let refused = unit.kind == UnitKind::Request && (unit.instance == EMPTY || unit.status != 500);
            let starts = [true, false].map(|boot| (UnitKind::Instance, unit.service, unit.revision, EMPTY, 0, boot));
            let deploy = (UnitKind::Deploy, unit.service, unit.revision, EMPTY, 0, false);
            let between = || starts.iter().find_map(|key| between(twins.get(key), unit.end));
            let failing = starts.iter().chain([&deploy]).filter_map(|key| nearest(twins.get(key), unit.end));
            let near = failing
                .filter(|(end, _)| refused && (end - unit.end).abs() <= revision_window_nanos())
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
    (next.0 - before.0 <= between_starts_nanos() && next.1.root == before.1.root).then_some(*before)
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
