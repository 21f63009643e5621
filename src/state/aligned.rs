//! Failure rates of two revisions, aligned in time: while both served, before, and after.
//!
//! In: a service and two of its revisions. Out: counts over known minutes with exact tests, and what they say.
//! Whether an overlap matters is a question of rates with and without it, not of how many failures fell into it.

use super::ServiceState;
use super::instances::End;
use super::revisions::RevisionFacts;
use crate::model::time::minute_of;
use crate::stats::fisher::{Group, two_sided};
use crate::stats::poisson::{self, Rate};
use crate::stats::{ALPHA, CONFIDENCE, Estimate, difference, number, p_text};

/// Fewer requests than this outside an overlap are too few to compare with.
const REQUESTS_MIN: u64 = 10;

/// Failures that belong to the overlap are at least this many times as frequent in it: they begin and end with
/// it, rather than being a little more frequent.
const RATIO_MIN: f64 = 4.0;

/// Whether failures depend on the overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dependence {
    /// Far more frequent while both served, by more than chance.
    Depends,
    /// Not far more frequent.
    Independent,
    /// Far more frequent, but chance explains it as well.
    Unproven,
    /// Hardly any request outside of the overlap.
    NothingOutside,
}

/// Which minutes an overlap is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Window {
    /// Those in which requests arrived at both of the pair.
    Together,
    /// Those from one moment to another, nanoseconds since the epoch: what was set holds whether a request came or not.
    Between(i64, i64),
    /// Those in which an instance of the last of the pair lived: it has no requests of its own.
    Beside,
}

/// Stretches of minutes since the epoch in which an instance of a revision lived, in order and apart.
fn alive_minutes(service: &ServiceState, revision: &RevisionFacts) -> Vec<(i64, i64)> {
    let own = service.instances.iter().filter(|instance| instance.revision == revision.symbol);
    let mut lives: Vec<(i64, i64)> =
        own.map(|instance| (minute_of(instance.life.first), minute_of(instance.life.last))).collect();
    lives.sort_unstable();
    let mut merged: Vec<(i64, i64)> = Vec::new();
    for (from, to) in lives.into_iter().filter(|(from, to)| from <= to) {
        match merged.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => merged.push((from, to)),
        }
    }
    merged
}

/// Counts of requests around an overlap.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Around {
    /// Requests of the service in minutes in which both revisions served.
    pub(super) inside: Group,
    /// Its requests in all other minutes.
    pub(super) outside: Group,
    /// Of `outside`: before the first minute of the overlap.
    before: Group,
    /// Of `outside`: after its last minute.
    after: Group,
    /// Failed instances and minutes inside, and outside.
    crashes: [(u64, u64); 2],
}

impl Around {
    /// Counts the minutes of a service inside and outside of what a pair shares.
    pub(super) fn of(service: &ServiceState, pair: &[&RevisionFacts], window: Window) -> Self {
        let beside = match window {
            Window::Beside => pair.last().map(|idle| alive_minutes(service, idle)).unwrap_or_default(),
            Window::Together | Window::Between(..) => Vec::new(),
        };
        let together = |minute: i64| match window {
            Window::Together => pair.iter().filter(|revision| revision.minutes.contains_key(&minute)).count() > 1,
            Window::Between(from, to) => (minute_of(from)..=minute_of(to)).contains(&minute),
            Window::Beside => {
                let after = beside.partition_point(|(from, _)| *from <= minute);
                after.checked_sub(1).and_then(|at| beside.get(at)).is_some_and(|(_, to)| minute <= *to)
            }
        };
        let mut minutes: Vec<i64> =
            service.revisions.iter().flat_map(|revision| revision.minutes.keys().copied()).collect();
        minutes.sort_unstable();
        minutes.dedup();
        let overlap: Vec<i64> = minutes.iter().copied().filter(|minute| together(*minute)).collect();
        let mut around = Self::default();
        for revision in &service.revisions {
            for (minute, (all, failed)) in &revision.minutes {
                let more = |group: &mut Group| *group = Group::new(group.failed + failed, group.all + all);
                if together(*minute) {
                    more(&mut around.inside);
                    continue;
                }
                more(&mut around.outside);
                if overlap.first().is_some_and(|first| minute < first) {
                    more(&mut around.before);
                } else if overlap.last().is_some_and(|last| minute > last) {
                    more(&mut around.after);
                }
            }
        }
        around.crashes[0].1 = overlap.len() as u64;
        around.crashes[1].1 = (minutes.len() - overlap.len()) as u64;
        for instance in &service.instances {
            if let End::Failed(time) = instance.end {
                let minute = minute_of(time);
                if minutes.binary_search(&minute).is_ok() {
                    around.crashes[usize::from(!together(minute))].0 += 1;
                }
            }
        }
        around
    }

    /// Failures per request inside over those outside, with its interval; `None` without a failure.
    fn ratio(&self) -> Option<Estimate> {
        let rate = |group: Group| Rate { events: group.failed, exposure: number(group.all) };
        poisson::compare(rate(self.inside), rate(self.outside), CONFIDENCE).map(|comparison| comparison.ratio)
    }

    /// Whether failures depend on the overlap.
    pub(super) fn dependence(&self) -> Dependence {
        if self.outside.all < REQUESTS_MIN {
            return Dependence::NothingOutside;
        }
        if self.ratio().is_none_or(|ratio| ratio.value.is_nan() || ratio.value < RATIO_MIN) {
            return Dependence::Independent;
        }
        if two_sided(self.inside, self.outside) < ALPHA { Dependence::Depends } else { Dependence::Unproven }
    }

    /// The counts, and the test where there is something to test.
    pub(super) fn told(&self) -> String {
        let mut text = format!(
            "{} of {} requests failed in minutes in which both served, {} of {} in the others",
            self.inside.failed, self.inside.all, self.outside.failed, self.outside.all
        );
        if self.before.all > 0 && self.after.all > 0 {
            text.push_str(&format!(
                " (before {} of {}, after {} of {})",
                self.before.failed, self.before.all, self.after.failed, self.after.all
            ));
        }
        if let Some(ratio) = self.ratio() {
            let p = p_text(two_sided(self.inside, self.outside));
            text.push_str(&format!(", rate ratio {}, Fisher's {p}", ratio_text(ratio)));
        }
        let [inside, outside] = self.crashes;
        let rate = |(events, minutes): (u64, u64)| Rate { events, exposure: number(minutes) };
        if let Some(found) = poisson::compare(rate(inside), rate(outside), CONFIDENCE) {
            text.push_str(&format!(
                "; {} instances failed in {} such minutes, {} in {} others, rate ratio {}, exact Poisson test {}",
                inside.0,
                inside.1,
                outside.0,
                outside.1,
                ratio_text(found.ratio),
                p_text(found.p)
            ));
        }
        text
    }
}

/// 5xx of the sick revision against the other one in the window in which both served; `None` where one of them
/// answered nothing in it.
pub(super) fn side_by_side(sick: &RevisionFacts, other: &RevisionFacts, from: i64, to: i64) -> Option<String> {
    let group = |revision: &RevisionFacts| {
        let outcomes = revision.health.slots.between(from, to).outcomes;
        Group::new(outcomes.errors_app + outcomes.errors_platform, outcomes.requests)
    };
    let (ours, theirs) = (group(sick), group(other));
    if ours.all == 0 || theirs.all == 0 || ours.failed + theirs.failed == 0 {
        return None;
    }
    let points = difference::risk(ours, theirs, CONFIDENCE);
    Some(format!(
        "in the same window {} of {} requests of {} answered 5xx and {} of {} of {}: difference {:+.1} points (95 % interval {:+.1} to {:+.1}), Fisher's {}",
        ours.failed,
        ours.all,
        sick.name,
        theirs.failed,
        theirs.all,
        other.name,
        points.value * 100.0,
        points.low * 100.0,
        points.high * 100.0,
        p_text(two_sided(ours, theirs))
    ))
}

/// `12 (95 % interval 3.1 to 60)`; a ratio over nothing has no upper end.
fn ratio_text(ratio: Estimate) -> String {
    let end = |value: f64| if value.is_finite() { figure(value) } else { "∞".to_owned() };
    format!("{} (95 % interval {} to {})", end(ratio.value), end(ratio.low), end(ratio.high))
}

fn figure(value: f64) -> String {
    match value {
        value if value >= 99.5 => format!("{value:.0}"),
        value if value >= 9.95 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Around, Dependence, Group};

    fn around(inside: (u64, u64), outside: (u64, u64)) -> Around {
        let group = |(failed, all)| Group::new(failed, all);
        Around { inside: group(inside), outside: group(outside), ..Around::default() }
    }

    #[test]
    fn failures_depend_on_an_overlap_only_by_more_than_chance_and_by_much() {
        assert_eq!(around((9, 15), (0, 21)).dependence(), Dependence::Depends);
        assert_eq!(around((1, 15), (0, 21)).dependence(), Dependence::Unproven);
        // Significant, but only twice as frequent.
        assert_eq!(around((400, 10_000), (200, 10_000)).dependence(), Dependence::Independent);
        assert_eq!(around((9, 15), (0, 3)).dependence(), Dependence::NothingOutside);
        assert_eq!(around((0, 40), (0, 40)).dependence(), Dependence::Independent);
        assert_eq!(around((0, 40), (5, 40)).dependence(), Dependence::Independent);
    }

    #[test]
    fn the_numbers_are_told_with_their_test() {
        let text = around((9, 15), (0, 21)).told();
        assert!(text.contains("9 of 15") && text.contains("rate ratio ∞ (95 % interval"), "{text}");
        assert!(text.contains("Fisher's p = 5.") && text.ends_with("e-5"), "{text}");
        assert!(!around((0, 5), (0, 5)).told().contains("ratio"));
    }
}
