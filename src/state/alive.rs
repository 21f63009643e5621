//! How many instances were alive at the same time, out of instance lives.
//!
//! In: the instances of a service and the covered time. Out: for the service and each of its revisions the most at one
//! time, when, and the median over covered time. Distinct instance ids are lives, not instances: a crash loop on one
//! instance shows as many ids as it has lives. A life lasts from its first sign to its last one, so an instance that
//! lives on in silence is not counted then, and the numbers are what is seen at least.

use std::collections::BTreeMap;

use super::ServiceState;
use super::instances::InstanceState;
use crate::facts::Settled;
use crate::facts::symbols::EMPTY;
use crate::model::Timestamp;
use crate::model::report::InstancesAlive;

/// The whole service first (its `revision` is empty), then each revision by name; nothing where no instance is known.
/// `stretches` are the covered time, nanoseconds since the epoch, in order and apart.
pub fn alive(settled: &Settled, service: &ServiceState, stretches: &[(i64, i64)]) -> Vec<InstancesAlive> {
    let mut by_revision: BTreeMap<&str, Vec<&InstanceState>> = BTreeMap::new();
    for instance in service.instances.iter().filter(|instance| instance.life.first <= instance.life.last) {
        by_revision.entry("").or_default().push(instance);
        if instance.revision != EMPTY {
            by_revision.entry(settled.text(instance.revision)).or_default().push(instance);
        }
    }
    by_revision
        .into_iter()
        .filter_map(|(revision, instances)| {
            let lives: Vec<(i64, i64)> =
                instances.iter().map(|instance| (instance.life.first, instance.life.last)).collect();
            let (most, at) = most(&lives)?;
            let (median, covered_seconds) = median(&lives, stretches).unwrap_or((most, 0.0));
            Some(InstancesAlive {
                revision: revision.to_owned(),
                lives: lives.len() as u64,
                failed: instances.iter().filter(|instance| instance.failed()).count() as u64,
                most,
                most_at: Timestamp(at),
                median,
                covered_seconds,
            })
        })
        .collect()
}

/// Most lives at one time; 0 without a life.
pub fn most_at_once(service: &ServiceState) -> u64 {
    let lives: Vec<(i64, i64)> = service
        .instances
        .iter()
        .map(|instance| (instance.life.first, instance.life.last))
        .filter(|(first, last)| first <= last)
        .collect();
    most(&lives).map_or(0, |(most, _)| most)
}

/// `, at most 1 alive at once`, where there were more lives than that; else nothing.
pub fn at_once_words(service: &ServiceState) -> String {
    let most = most_at_once(service);
    if most > 0 && most < service.instances.len() as u64 {
        format!(", at most {most} alive at once")
    } else {
        String::new()
    }
}

/// Beginnings and ends in order: (time, change). At one moment an end comes before a beginning, because a replacement
/// does not live beside what it replaces; a life of one moment ends after it.
fn steps(lives: &[(i64, i64)]) -> Vec<(i64, i8)> {
    let mut steps: Vec<(i64, u8, i8)> = Vec::with_capacity(lives.len() * 2);
    for (first, last) in lives {
        steps.push((*first, 1, 1));
        steps.push((*last, if first == last { 2 } else { 0 }, -1));
    }
    steps.sort_unstable();
    steps.into_iter().map(|(time, _, change)| (time, change)).collect()
}

/// Most at one time, and the first time at which they were so many; `None` without a life.
fn most(lives: &[(i64, i64)]) -> Option<(u64, i64)> {
    let (mut alive, mut most) = (0u64, (0u64, 0i64));
    for (time, change) in steps(lives) {
        alive = alive.saturating_add_signed(i64::from(change));
        if alive > most.0 {
            most = (alive, time);
        }
    }
    (most.0 > 0).then_some(most)
}

/// The number that at least half of the covered time between the first and the last sign had or fell short of, and the
/// length of that time in seconds; `None` where all signs fall into no covered time.
fn median(lives: &[(i64, i64)], stretches: &[(i64, i64)]) -> Option<(u64, f64)> {
    let mut nanos_by_count: BTreeMap<u64, i64> = BTreeMap::new();
    let mut from = lives.iter().map(|(first, _)| *first).min()?;
    let mut alive = 0u64;
    // Stretches and steps both ascend, so no stretch is looked at again once it has ended.
    let mut open = stretches.iter().copied().peekable();
    for (time, change) in steps(lives) {
        let mut covered = 0;
        while let Some((start, end)) = open.peek().copied() {
            covered += (end.min(time) - start.max(from)).max(0);
            if end > time {
                break;
            }
            open.next();
        }
        if covered > 0 {
            *nanos_by_count.entry(alive).or_default() += covered;
        }
        alive = alive.saturating_add_signed(i64::from(change));
        from = time;
    }
    let all: i64 = nanos_by_count.values().sum();
    let mut reached = 0;
    let median = nanos_by_count.iter().find_map(|(count, nanos)| {
        reached += nanos;
        (reached >= all - reached).then_some(*count)
    })?;
    Some((median, Timestamp(all).seconds_since(Timestamp(0))))
}

#[cfg(test)]
mod tests {
    use super::{median, most};

    const SECOND: i64 = 1_000_000_000;

    fn lives(seconds: &[(i64, i64)]) -> Vec<(i64, i64)> {
        seconds.iter().map(|(first, last)| (first * SECOND, last * SECOND)).collect()
    }

    #[test]
    fn a_crash_loop_of_many_lives_is_one_instance_at_a_time() {
        let loop_of_46: Vec<(i64, i64)> = (0..46).map(|number| (number * 8, number * 8 + 8)).collect();
        let lives = lives(&loop_of_46);
        assert_eq!(most(&lives), Some((1, 0)));
        assert_eq!(median(&lives, &[(0, 368 * SECOND)]), Some((1, 368.0)));
    }

    #[test]
    fn the_most_stand_at_the_first_moment_that_has_them() {
        assert_eq!(most(&lives(&[(0, 10), (4, 9), (5, 5), (20, 30), (21, 22), (21, 29)])), Some((3, 5 * SECOND)));
        assert_eq!(most(&[]), None);
    }

    #[test]
    fn the_median_is_over_covered_time_only() {
        // Two alive for 60 s, none for 240 s that no entry covers, one for 50 s.
        let lives = lives(&[(0, 60), (0, 60), (300, 350)]);
        let covered = [(0, 60 * SECOND), (300 * SECOND, 350 * SECOND)];
        assert_eq!(median(&lives, &covered), Some((2, 110.0)));
        assert_eq!(median(&lives, &[(0, 350 * SECOND)]), Some((0, 350.0)));
        assert_eq!(median(&lives, &[(70 * SECOND, 80 * SECOND)]), Some((0, 10.0)));
        assert_eq!(median(&lives, &[]), None);
    }

    #[test]
    fn a_stretch_that_several_lives_share_is_counted_once() {
        let lives = lives(&[(0, 100), (10, 20), (30, 40), (35, 50)]);
        assert_eq!(median(&lives, &[(0, 100 * SECOND)]), Some((1, 100.0)));
    }
}
