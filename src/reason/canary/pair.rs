//! Who is compared with whom, and in which window.
//!
//! In: a service's state and what was asked for. Out: a [`Pair`], or a sentence that says why there is none.
//! What the control plane says about traffic comes first, then requests that two revisions answered at once.

use std::collections::BTreeMap;

use super::{Error, Wanted};
use crate::facts::audit::revision_number;
use crate::model::Timestamp;
use crate::model::canary::Share;
use crate::model::time::human_duration;
use crate::state::revisions::RevisionFacts;
use crate::state::{ServiceState, State};

/// Two revisions that answer side by side for longer than this are no rollover: an old revision has until the
/// request timeout, by default 300 s, to finish its work.
const DRAIN_NANOS_MAX: i64 = 300_000_000_000;

/// How it is known that there is something to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Basis {
    /// Traffic is split between the two.
    Split,
    /// The candidate has a tag and no share.
    Tag,
    /// Both answered requests at the same time.
    Requests,
    /// The user named them.
    Named,
}

impl Basis {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Split => "traffic-split",
            Self::Tag => "tag",
            Self::Requests => "requests",
            Self::Named => "named",
        }
    }
}

/// Two revisions and the window. Times are nanoseconds since the epoch.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pair {
    /// The revision that serves already.
    pub(super) baseline: String,
    /// The revision that is tried.
    pub(super) candidate: String,
    pub(super) basis: Basis,
    /// The split in the window; empty where nothing says it.
    pub(super) shares: Vec<Share>,
    /// Start of the window.
    pub(super) from: i64,
    /// End of the window.
    pub(super) to: i64,
    /// What ended the split before the end of the files.
    pub(super) ended: Option<String>,
    /// Whether both are seen in the same window; else each is seen over its own time, which proves less.
    pub(super) aligned: bool,
}

impl Pair {
    /// Share of a revision in the window.
    pub(super) fn share_of(&self, revision: &str) -> Option<u32> {
        self.shares.iter().find(|share| share.revision == revision).map(|share| share.percent)
    }
}

/// A stretch of time with one split.
struct Period {
    from: i64,
    to: i64,
    shares: BTreeMap<String, u32>,
}

/// Refuses names that cannot be compared.
pub(super) fn check_names(state: &State, wanted: &Wanted) -> Result<(), Error> {
    let owner = |name: &str| state.services.iter().position(|service| service.revision(name).is_some());
    let named: Vec<&String> = [&wanted.baseline, &wanted.candidate].into_iter().flatten().collect();
    for name in &named {
        if owner(name).is_none() {
            let known: Vec<&str> = state
                .services
                .iter()
                .flat_map(|service| service.revisions.iter())
                .map(|revision| revision.name.as_str())
                .take(20)
                .collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(Error::UnknownRevision { revision: (*name).clone(), known });
        }
    }
    if let [baseline, candidate] = named[..] {
        if baseline == candidate {
            return Err(Error::SameRevision { revision: baseline.clone() });
        }
        if owner(baseline) != owner(candidate) {
            return Err(Error::DifferentServices { baseline: baseline.clone(), candidate: candidate.clone() });
        }
    }
    Ok(())
}

/// The pair of a service.
pub(super) fn find(service: &ServiceState, extent: (i64, i64), wanted: &Wanted) -> Result<Pair, String> {
    let named = [&wanted.baseline, &wanted.candidate].into_iter().flatten();
    if named.clone().any(|name| service.revision(name).is_none()) {
        return Err("the named revisions belong to another service".to_owned());
    }
    let fits = |baseline: &str, candidate: &str| {
        wanted.baseline.as_deref().is_none_or(|name| name == baseline)
            && wanted.candidate.as_deref().is_none_or(|name| name == candidate)
    };
    let periods = periods(service, extent);
    for found in [by_split(service, &periods, wanted), by_tag(service, extent, &periods), by_requests(service, wanted)]
    {
        if let Some(pair) = found.filter(|pair| fits(&pair.baseline, &pair.candidate)) {
            return Ok(pair);
        }
    }
    if let (Some(baseline), Some(candidate)) = (&wanted.baseline, &wanted.candidate) {
        return Ok(apart(baseline, candidate, extent));
    }
    if named.count() > 0 {
        return Err(
            "no other revision shares the traffic with the named one; name both to compare them anyway".to_owned()
        );
    }
    Err(why_none(service))
}

/// What traffic was set to, over time.
fn periods(service: &ServiceState, extent: (i64, i64)) -> Vec<Period> {
    let history = &service.history;
    let mut periods: Vec<Period> = Vec::new();
    for change in &history.traffic {
        let mut shares = BTreeMap::new();
        for target in change.targets.iter().filter(|target| target.percent > 0) {
            if let Some(name) = target.revision.clone().or_else(|| history.latest_ready.clone()) {
                *shares.entry(name).or_insert(0) += target.percent;
            }
        }
        if shares.is_empty() || periods.last().is_some_and(|last| last.shares == shares) {
            continue;
        }
        if let Some(last) = periods.last_mut() {
            last.to = change.time.0;
        }
        periods.push(Period { from: change.time.0.max(extent.0), to: extent.1, shares });
    }
    periods
}

/// The last time that traffic was split.
fn by_split(service: &ServiceState, periods: &[Period], wanted: &Wanted) -> Option<Pair> {
    let is_wanted = |period: &Period| {
        [&wanted.baseline, &wanted.candidate].into_iter().flatten().all(|name| period.shares.contains_key(name))
    };
    let at = periods.iter().rposition(|period| period.shares.len() > 1 && is_wanted(period))?;
    let period = &periods[at];
    let candidate = match (&wanted.candidate, &wanted.baseline) {
        (Some(name), _) => name.clone(),
        (None, baseline) => period
            .shares
            .keys()
            .filter(|name| baseline.as_ref() != Some(*name))
            .max_by_key(|name| age(service, name))?
            .clone(),
    };
    let baseline = if let Some(name) = &wanted.baseline {
        name.clone()
    } else {
        let others = period.shares.iter().filter(|(name, _)| **name != candidate);
        others.max_by_key(|(name, percent)| (**percent, std::cmp::Reverse((*name).clone())))?.0.clone()
    };
    let shares = period.shares.iter().map(|(name, percent)| Share { revision: name.clone(), percent: *percent });
    let ended = periods.get(at + 1).map(|next| {
        let split: Vec<String> = next.shares.iter().map(|(name, percent)| format!("{name}={percent}")).collect();
        format!("traffic was set to {} at {}", split.join(" and "), Timestamp(next.from).to_rfc3339())
    });
    let pair = Pair {
        basis: Basis::Split,
        shares: shares.collect(),
        from: period.from,
        to: period.to,
        ended,
        aligned: true,
        baseline,
        candidate,
    };
    if pair.from < pair.to {
        return Some(pair);
    }
    // A description fetched after the last entry knows the split but not its time: requests show when.
    let (from, to) = overlap(service.revision(&pair.candidate)?, service.revision(&pair.baseline)?)?;
    Some(Pair { from, to, ..pair })
}

/// A newer revision that has a tag and no share of the traffic.
fn by_tag(service: &ServiceState, extent: (i64, i64), periods: &[Period]) -> Option<Pair> {
    let last = service.history.traffic.last()?;
    let serving = periods.last()?;
    let baseline = serving.shares.iter().max_by_key(|(_, percent)| **percent)?.0;
    let candidate = last
        .targets
        .iter()
        .filter(|target| target.tag.is_some() && target.percent == 0)
        .filter_map(|target| target.revision.as_ref())
        .filter(|name| !serving.shares.contains_key(*name) && age(service, name) > age(service, baseline))
        .max_by_key(|name| age(service, name))?;
    Some(Pair {
        baseline: baseline.clone(),
        candidate: candidate.clone(),
        basis: Basis::Tag,
        shares: [(baseline, 100), (candidate, 0)]
            .map(|(name, percent)| Share { revision: name.clone(), percent })
            .to_vec(),
        from: last.time.0.clamp(extent.0, extent.1),
        to: extent.1,
        ended: None,
        aligned: true,
    })
}

/// Two revisions that answered side by side for longer than a rollover takes.
fn by_requests(service: &ServiceState, wanted: &Wanted) -> Option<Pair> {
    let serving: Vec<&RevisionFacts> =
        service.revisions.iter().filter(|revision| revision.health.requests > 0).collect();
    let is_named = |name: &String| [&wanted.baseline, &wanted.candidate].into_iter().flatten().any(|own| own == name);
    let named = [&wanted.baseline, &wanted.candidate].into_iter().flatten().count();
    let mut best: Option<(i64, i64, &RevisionFacts, &RevisionFacts)> = None;
    for candidate in &serving {
        for baseline in &serving {
            let younger = age(service, &candidate.name) > age(service, &baseline.name);
            let ordered = if named == 2 { wanted.candidate.as_ref() == Some(&candidate.name) } else { younger };
            let involved = usize::from(is_named(&candidate.name)) + usize::from(is_named(&baseline.name)) == named;
            let Some((from, to)) = overlap(candidate, baseline).filter(|_| ordered && involved) else { continue };
            let length = to.saturating_sub(from);
            if length > DRAIN_NANOS_MAX && best.is_none_or(|(start, end, _, _)| length > end.saturating_sub(start)) {
                best = Some((from, to, candidate, baseline));
            }
        }
    }
    let (from, to, candidate, baseline) = best?;
    Some(Pair {
        baseline: baseline.name.clone(),
        candidate: candidate.name.clone(),
        basis: Basis::Requests,
        shares: Vec::new(),
        from,
        to,
        ended: None,
        aligned: true,
    })
}

/// Two named revisions that never served together: each over its own time.
fn apart(baseline: &str, candidate: &str, extent: (i64, i64)) -> Pair {
    Pair {
        baseline: baseline.to_owned(),
        candidate: candidate.to_owned(),
        basis: Basis::Named,
        shares: Vec::new(),
        from: extent.0,
        to: extent.1,
        ended: None,
        aligned: false,
    }
}

fn overlap(a: &RevisionFacts, b: &RevisionFacts) -> Option<(i64, i64)> {
    let served = a.health.requests > 0 && b.health.requests > 0 && a.name != b.name;
    let (from, to) = (a.health.first.max(b.health.first), a.health.last.min(b.health.last));
    (served && to > from).then_some((from, to))
}

/// Orders revisions by newness: by the numbers in their names where all have one, else by the first that is
/// known of them.
fn age<'a>(service: &ServiceState, name: &'a str) -> (Option<u32>, i64, &'a str) {
    let numbered = service.revisions.iter().all(|revision| revision_number(&revision.name).is_some());
    let written = service.revision(name).and_then(|revision| revision.span).map(|span| span.first);
    let deployed =
        service.history.deployments.iter().find(|change| change.revision == name).map(|change| change.time.0);
    let first = written.into_iter().chain(deployed).min().unwrap_or(i64::MIN);
    (revision_number(name).filter(|_| numbered), first, name)
}

fn why_none(service: &ServiceState) -> String {
    let serving: Vec<&RevisionFacts> =
        service.revisions.iter().filter(|revision| revision.health.requests > 0).collect();
    if serving.is_empty() {
        return "no revision has a request entry, and no traffic split is known".to_owned();
    }
    if let [only] = serving[..] {
        return format!("only {} answered requests, and no traffic split is known", only.name);
    }
    let longest = serving
        .iter()
        .flat_map(|a| serving.iter().filter_map(|b| overlap(a, b)))
        .map(|(from, to)| Timestamp(to).seconds_since(Timestamp(from)))
        .fold(0.0, f64::max);
    if longest > 0.0 {
        format!(
            "no traffic split is known, and revisions answered side by side for at most {}, as in any rollover",
            human_duration(longest)
        )
    } else {
        "no traffic split is known, and the revisions followed each other".to_owned()
    }
}
