//! Requests that failed because the service they called failed: the loudest component is often a victim.
//!
//! In: units with their own explanations. Out: the caller's request takes the explanation of the request that it
//! waited for, known by its trace, or by the name that the caller's own error gives.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;

use super::explain::{Explanation, Join};
use super::units::{Unit, UnitKind};
use super::weights::{called_share_min, clock_nanos};
use crate::facts::Settled;
use crate::facts::clusters::Clusters;
use crate::facts::symbols::{EMPTY, Symbol};

/// Failed requests by trace, in the order of their beginnings.
pub type ByTrace = HashMap<Symbol, Vec<usize>, FixedState>;

/// Indexes failed requests whose traces hold failed requests of other services, too: only these can wait for each other.
pub fn by_trace(units: &[Unit]) -> ByTrace {
    let mut index = ByTrace::default();
    for (number, unit) in units.iter().enumerate() {
        if unit.kind == UnitKind::Request && unit.trace != EMPTY {
            index.entry(unit.trace).or_default().push(number);
        }
    }
    index.retain(|_, numbers| numbers.iter().any(|number| units[*number].service != units[numbers[0]].service));
    for numbers in index.values_mut() {
        numbers.sort_by_key(|number| (units[*number].start, *number));
    }
    index
}

/// When a request that another one waited for can have begun, at the earliest.
fn earliest(outer: &Unit) -> i64 {
    outer.start - clock_nanos() / 10
}

/// When it can have ended, at the latest.
fn latest(outer: &Unit) -> i64 {
    outer.end + clock_nanos() / 10
}

/// Whether `inner` ran while `outer`, of another service, waited.
pub fn is_inside(inner: &Unit, outer: &Unit) -> bool {
    inner.service != outer.service
        && inner.start >= earliest(outer)
        && inner.end <= latest(outer)
        && inner.end - inner.start <= outer.end - outer.start
}

/// Gives callers the explanation of what they called.
pub fn attach_callers(
    settled: &Settled,
    clusters: &Clusters,
    units: &[Unit],
    traced: &ByTrace,
    explained: &mut [Option<Explanation>],
) {
    // Shortest first, so that a chain of callers passes one explanation on.
    let mut order: Vec<usize> = (0..units.len()).filter(|index| units[*index].kind == UnitKind::Request).collect();
    order.sort_by_key(|index| (units[*index].end - units[*index].start, *index));
    for &index in &order {
        let unit = &units[index];
        let Some(traced) = traced.get(&unit.trace) else { continue };
        let first = traced.partition_point(|other| units[*other].start < earliest(unit));
        let called = traced[first..]
            .iter()
            .copied()
            .take_while(|other| units[*other].start <= latest(unit))
            .filter(|other| is_inside(&units[*other], unit))
            .min_by_key(|other| (units[*other].end - units[*other].start, *other));
        if let Some(cause) = called.and_then(|called| explained[called]) {
            explained[index] = Some(passed_on(settled, unit, cause, Join::Trace));
        }
    }
    attach_named(settled, clusters, units, &order, explained);
}

fn passed_on(settled: &Settled, unit: &Unit, cause: Explanation, join: Join) -> Explanation {
    Explanation { join, distance: unit.end - settled.time(cause.row), ..cause }
}

/// Without a shared trace: the caller's error names a service of these files, whose requests fail inside the caller's.
fn attach_named(
    settled: &Settled,
    clusters: &Clusters,
    units: &[Unit],
    requests: &[usize],
    explained: &mut [Option<Explanation>],
) {
    let mut of_service: BTreeMap<Symbol, Vec<usize>> = BTreeMap::new();
    for &index in requests.iter().filter(|index| explained[**index].is_some()) {
        of_service.entry(units[index].service).or_default().push(index);
    }
    // Of several that are named, the last one by name and first request is meant, whatever their numbers are.
    let mut of_service: Vec<(Symbol, Vec<usize>)> = of_service.into_iter().collect();
    of_service.sort_by_key(|(service, requests)| (settled.text(*service).to_owned(), requests[0]));
    let mut by_root: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for &index in requests {
        let own = explained[index].filter(|cause| clusters.list[cause.root].service == units[index].service);
        if let Some(cause) = own {
            by_root.entry(cause.root).or_default().push(index);
        }
    }
    let mut found: Vec<(usize, Explanation)> = Vec::new();
    for (root, callers) in by_root {
        let text = settled.text(settled.rows[clusters.list[root].rows[0]].text);
        let named = of_service
            .iter()
            .filter(|(service, _)| *service != clusters.list[root].service && names_host(text, settled.text(*service)));
        for (_, called) in named {
            let inside: Vec<(usize, Explanation)> = callers
                .iter()
                .filter_map(|caller| {
                    let within = called.iter().copied().find(|other| is_inside(&units[*other], &units[*caller]))?;
                    let cause = explained[within].filter(|cause| cause.root != root)?;
                    Some((*caller, passed_on(settled, &units[*caller], cause, Join::Revision)))
                })
                .collect();
            #[allow(clippy::cast_precision_loss, reason = "counts of requests are far below 2^52")]
            let share = inside.len() as f64 / callers.len() as f64;
            if share >= called_share_min() {
                found.extend(inside);
            }
        }
    }
    for (index, cause) in found {
        explained[index] = Some(cause);
    }
}

/// Whether a text holds an address of a service: `//inventory-x4p2qmd7ka-uc.a.run.app`, `//inventory.internal`, `//inventory:8080`.
fn names_host(text: &str, service: &str) -> bool {
    !service.is_empty()
        && text
            .match_indices(service)
            .any(|(at, _)| text[..at].ends_with("//") && text[at + service.len()..].starts_with(['-', '.', ':', '/']))
}

#[cfg(test)]
mod tests {
    use super::names_host;

    #[test]
    fn a_service_is_named_by_its_host_only() {
        assert!(names_host("GET https://inventory-x4p2qmd7ka-uc.a.run.app/api: 500", "inventory"));
        assert!(names_host("http://inventory:8080/", "inventory"));
        assert!(!names_host("inventory is empty", "inventory"));
        assert!(!names_host("https://inventories.example.com/", "inventory"));
        assert!(!names_host("https://example.com/inventory-x/", "inventory"));
    }
}
