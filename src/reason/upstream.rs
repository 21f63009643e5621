//! A caller whose errors name nobody: neither a trace nor a host joins them to the service that it waits for.
//!
//! In: groups, and the covered time. Out: [`Link`]s from a caller's group to the group of a service that fails of its own
//! cause (it crashes, runs out of memory, cannot reach its database) in the same minutes. Asked are: the order in time,
//! the dose (most minutes in which the callee fails have errors of the caller), silence outside, and Fisher's exact test
//! over the covered minutes, corrected for all pairs of groups that were asked (Holm).
//!
//! The minutes of one outage are not independent of each other, so a link proves no cause. It weakens the caller's
//! finding and ranks it below the callee's: the loudest component is usually a victim.

use std::collections::{BTreeMap, BTreeSet};

use super::Draft;
use super::chance::one_of;
use super::groups::{Basis, Group};
use super::units::{Unit, UnitKind};
use super::weights::{
    answer_nanos, called_share_min, caller_errors_min, caller_lag_nanos, caller_minutes_min, caller_share,
};
use crate::classify::Classified;
use crate::classify::mark::Mark;
use crate::facts::Settled;
use crate::facts::clusters::Clusters;
use crate::model::report::ScorePart;
use crate::model::time::minute_of;
use crate::model::{Category, Timestamp, Verdict};
use crate::stats::fisher::{Group as Share, two_sided};
use crate::stats::{ALPHA, adjust, p_text};

/// Words by which an error says that it waited for, or was turned away by, a service. Compared in lower case.
const WAITED: [&str; 18] = [
    "upstream",
    "timed out",
    "timeout",
    "etimedout",
    "deadline exceeded",
    "connection refused",
    "econnrefused",
    "connection reset",
    "econnreset",
    "socket hang up",
    "fetch failed",
    "bad gateway",
    "service unavailable",
    "gateway time",
    "no healthy",
    "status code 5",
    "status code 429",
    "too many requests",
];

/// Words that name what is waited for, and it is no service of these files.
const ELSEWHERE: [&str; 14] = [
    "postgres",
    "mysql",
    "redis",
    "mongo",
    "database",
    "sql",
    ":5432",
    ":3306",
    ":6379",
    ":27017",
    "kafka",
    "pubsub",
    "smtp",
    "googleapis.com",
];

/// A caller's group and the group that it waits for.
pub struct Link {
    caller: usize,
    callee: usize,
    /// What joins them, with its numbers.
    words: String,
}

/// What one pair of groups shows.
struct Asked {
    caller: usize,
    callee: usize,
    /// Minutes in which the callee fails: with errors of the caller, and all.
    within: Share,
    /// The others.
    outside: Share,
    seconds_after: f64,
    holds: bool,
}

/// Finds the links. `stretches` is the covered time, nanoseconds since the epoch.
pub fn links(
    settled: &Settled,
    clusters: &Clusters,
    units: &[Unit],
    groups: &[Group],
    stretches: &[(i64, i64)],
) -> Vec<Link> {
    let of = |group: &Group| &settled.classes[clusters.list[group.root].class.0 as usize];
    let callers: Vec<usize> = (0..groups.len()).filter(|at| waits(of(&groups[*at]), units, &groups[*at])).collect();
    let failing: Vec<usize> =
        (0..groups.len()).filter(|at| fails_itself(of(&groups[*at]), units, &groups[*at])).collect();
    let covered: BTreeSet<i64> = stretches.iter().flat_map(|(from, to)| minute_of(*from)..=minute_of(*to)).collect();
    let mut asked = Vec::new();
    for &caller in &callers {
        for &called in failing.iter().filter(|other| groups[**other].service != groups[caller].service) {
            asked.extend(ask(settled, clusters, units, groups, &covered, (caller, called)));
        }
    }
    let p_values: Vec<f64> = asked.iter().map(|pair| two_sided(pair.within, pair.outside)).collect();
    let of = asked.len();
    let adjusted = adjust::holm(&p_values);
    let mut links: Vec<(f64, Link)> = Vec::new();
    for (pair, p) in asked.iter().zip(adjusted).filter(|(pair, p)| pair.holds && *p < ALPHA) {
        let name = settled.text(groups[pair.callee].service);
        let order = match pair.seconds_after {
            seconds if seconds >= 0.0 => format!("{seconds:.1} s after"),
            _ => "together with".to_owned(),
        };
        let words = format!(
            "its errors stand in {} of the {} minutes in which {name} fails or just failed, and in {} of the {} others ({}; {} after correction), the first of them {order} the first failure there",
            pair.within.failed,
            pair.within.all,
            pair.outside.failed,
            pair.outside.all,
            one_of(of).replace("line", "pair"),
            p_text(p)
        );
        let link = Link { caller: pair.caller, callee: pair.callee, words };
        match links.iter_mut().find(|(_, known)| known.caller == pair.caller) {
            Some(known) if p < known.0 => *known = (p, link),
            Some(_) => {}
            None => links.push((p, link)),
        }
    }
    links.into_iter().map(|(_, link)| link).collect()
}

/// Weakens the callers' findings; the drafts stand in the order of the groups.
pub fn apply(links: &[Link], drafts: &mut [Draft]) {
    for Link { caller, callee, words } in links {
        let called = drafts[*callee].finding.clone();
        let finding = &mut drafts[*caller].finding;
        let told = format!("“{}” of {} most likely waits for it: {words}", finding.title, finding.service);
        if finding.verdict > Verdict::Possible {
            finding.verdict = Verdict::Possible;
        }
        finding.against.push(format!("{words}; so it most likely waits for {}: “{}”", called.service, called.title));
        finding.why.push(format!(
            "{} fails of its own cause in the same minutes ({words}), and neither a trace nor an address says which service these errors are about",
            called.service
        ));
        let surplus = finding.score - (called.score * caller_share());
        if surplus > 0.0 {
            finding.score -= surplus;
            finding.score_parts.push(ScorePart {
                name: "caller".to_owned(),
                value: -surplus,
                why: format!("{} fails of its own cause in the same minutes", called.service),
            });
        }
        drafts[*callee].finding.support.push(told);
    }
}

/// Whether a group is what a caller would say: requests that failed, and an error that speaks of somebody else without
/// a name; or gateway errors of the application itself, without a word.
fn waits(class: &Classified, units: &[Unit], group: &Group) -> bool {
    if !group
        .units
        .iter()
        .all(|(unit, _)| units[*unit].kind == UnitKind::Request && units[*unit].service == group.service)
    {
        return false;
    }
    if group.basis == Basis::Unexplained {
        let is_gateway = |unit: &Unit| matches!(unit.status, 502 | 504);
        return class.mark == Mark::None && group.units.iter().all(|(unit, _)| is_gateway(&units[*unit]));
    }
    let text = class.text.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let is_upstream =
        matches!(class.category, Category::Upstream | Category::Timeout | Category::Network | Category::Unknown);
    is_upstream && says(&WAITED) && !says(&ELSEWHERE) && !text.contains("://")
}

/// Whether a group is a service that fails of a cause of its own.
fn fails_itself(class: &Classified, units: &[Unit], group: &Group) -> bool {
    let own = |kind: UnitKind| {
        group
            .units
            .iter()
            .filter(|(unit, _)| units[*unit].kind == kind && units[*unit].service == group.service)
            .count()
    };
    let is_own_cause = !matches!(
        class.category,
        Category::Upstream | Category::Timeout | Category::Network | Category::Client | Category::Unknown
    );
    match group.basis {
        Basis::Explained => is_own_cause && own(UnitKind::Instance) + own(UnitKind::Request) > 0,
        // A crash is the service's own, even where no entry says why; and so is the limit of its instances.
        Basis::Unexplained => own(UnitKind::Instance) > 0 || class.mark == Mark::RequestRefused,
        Basis::Unattached => false,
    }
}

fn ask(
    settled: &Settled,
    clusters: &Clusters,
    units: &[Unit],
    groups: &[Group],
    covered: &BTreeSet<i64>,
    (outer, inner): (usize, usize),
) -> Option<Asked> {
    let (calling, called) = (&groups[outer], &groups[inner]);
    let ends = |group: &Group| -> Vec<i64> { group.units.iter().map(|(unit, _)| units[*unit].end).collect() };
    let own = calling.rows.iter().filter(|row| clusters.of_row(**row) == calling.root);
    let errors: Vec<i64> = match calling.basis {
        Basis::Unexplained => ends(calling),
        _ => own.map(|row| settled.time(*row)).collect(),
    };
    let failures = ends(called);
    let first_sign = failures.iter().copied().chain(called.rows.iter().map(|row| settled.time(*row))).min()?;
    let first_error = errors.iter().copied().min()?;
    // An error is written when the caller gives up waiting.
    let given_up = |end: i64| minute_of(end.saturating_add(caller_lag_nanos()));
    let failing: BTreeSet<i64> = failures.iter().flat_map(|end| minute_of(*end)..=given_up(*end)).collect();
    let failing: BTreeSet<i64> = failing.intersection(covered).copied().collect();
    let with_errors: BTreeSet<i64> = errors.iter().map(|time| minute_of(*time)).collect();
    let within = with_errors.intersection(&failing).count() as u64;
    let outside = with_errors.len() as u64 - within;
    let quiet = (covered.len() - failing.len()) as u64;
    if errors.len() < caller_errors_min() || quiet < caller_minutes_min() {
        return None;
    }
    let inside = errors.iter().filter(|time| failing.contains(&minute_of(**time))).count();
    // Minutes in which it fails, and until when its caller may wait.
    let mut failed_at: BTreeMap<i64, i64> = BTreeMap::new();
    for end in &failures {
        let until = failed_at.entry(minute_of(*end)).or_default();
        *until = given_up(*end).max(*until);
    }
    let answered = failed_at.iter().filter(|(at, until)| with_errors.range(*at..=*until).next().is_some());
    #[allow(clippy::cast_precision_loss, reason = "counts of errors are far below 2^52")]
    let is_silent_outside = inside as f64 >= called_share_min() * errors.len() as f64;
    Some(Asked {
        caller: outer,
        callee: inner,
        within: Share::new(within, failing.len() as u64),
        outside: Share::new(outside, quiet),
        seconds_after: Timestamp(first_error).seconds_since(Timestamp(first_sign)),
        holds: first_error >= first_sign - answer_nanos()
            && is_silent_outside
            && answered.count() * 2 >= failed_at.len(),
    })
}
