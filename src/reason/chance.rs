//! Lines that stand beside failed requests only because they are written all the time.
//!
//! In: units with the explanations found so far. Out: roots whose lines meet failed requests no more often than
//! their rate on these instances makes them meet. Only the join "on the same instance while the request ran" can
//! arise so; a trace cannot.

use std::collections::{BTreeMap, HashMap, HashSet};

use foldhash::fast::FixedState;
use statrs::distribution::{Binomial, DiscreteCDF};

use super::causes::Causes;
use super::explain::{Explanation, Join, request_window, twin_key};
use super::units::{Unit, UnitKind};
use super::weights::{ANSWER_NANOS, CHANCE_MOST, MOMENTS_ELSEWHERE_MIN};
use crate::facts::Settled;
use crate::facts::clusters::Clusters;
use crate::facts::symbols::{EMPTY, Symbol};

/// Times of one root's lines, and windows of failed requests, on one instance.
#[derive(Default)]
struct Beside {
    moments: Vec<i64>,
    windows: Vec<(i64, i64)>,
}

/// Roots that explain requests by chance, as far as these explanations show.
pub fn by_chance(
    settled: &Settled,
    clusters: &Clusters,
    causes: &Causes,
    units: &[Unit],
    explained: &[Option<Explanation>],
) -> HashSet<usize, FixedState> {
    let mut hits: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, cause) in explained.iter().enumerate() {
        if let Some(cause) = cause.filter(|cause| cause.join == Join::Instance)
            && units[index].kind == UnitKind::Request
        {
            hits.entry(cause.root).or_default().push(index);
        }
    }
    hits.into_iter()
        .filter(|(root, hits)| {
            let alike: HashSet<_, FixedState> = hits.iter().map(|index| twin_key(&units[*index])).collect();
            let exposed: Vec<usize> = (0..units.len())
                .filter(|index| units[*index].kind == UnitKind::Request && units[*index].instance != EMPTY)
                .filter(|index| alike.contains(&twin_key(&units[*index])))
                .filter(|index| explained[*index].is_none_or(|cause| cause.root == *root))
                .collect();
            is_chance(settled, clusters, causes, units, *root, hits.len(), &exposed)
        })
        .map(|(root, _)| root)
        .collect()
}

/// `met` of the exposed requests have a line of the root beside them: is that what its rate gives anyway?
fn is_chance(
    settled: &Settled,
    clusters: &Clusters,
    causes: &Causes,
    units: &[Unit],
    root: usize,
    met: usize,
    exposed: &[usize],
) -> bool {
    let service = clusters.list[root].service;
    let mut places: HashMap<Symbol, Beside, FixedState> = HashMap::default();
    for index in exposed {
        let unit = &units[*index];
        places.entry(unit.instance).or_default().windows.push(request_window(unit));
    }
    let mut elsewhere = 0;
    for ((owner, instance), rows) in &causes.by_instance {
        if *owner != service {
            continue;
        }
        let times = rows.iter().filter(|row| causes.root(clusters, **row) == root).map(|row| settled.rows[*row].time);
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
    if elsewhere < MOMENTS_ELSEWHERE_MIN {
        return false;
    }
    let mut expected = 0.0;
    for index in exposed {
        let unit = &units[*index];
        let (from, to) = request_window(unit);
        let life =
            settled.facts.lives.get(&(service, unit.instance)).map_or(0, |life| life.last.saturating_sub(life.first));
        let lines = places.get(&unit.instance).map_or(0, |place| place.moments.len());
        #[allow(clippy::cast_precision_loss, reason = "nanoseconds of days and counts of lines, as a ratio")]
        let share = (to - from) as f64 / life.max(to - from) as f64 * lines as f64;
        expected += 1.0 - (-share).exp();
    }
    #[allow(clippy::cast_precision_loss, reason = "counts of requests are far below 2^52")]
    let rate = expected / exposed.len().max(1) as f64;
    // At least so many meetings, if each request meets a line with this rate.
    Binomial::new(rate.clamp(0.0, 1.0), exposed.len() as u64)
        .is_ok_and(|meetings| met == 0 || meetings.sf(met as u64 - 1) >= CHANCE_MOST)
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
        if moments.last().is_none_or(|last| time - last > ANSWER_NANOS) {
            moments.push(time);
        }
    }
    moments
}
