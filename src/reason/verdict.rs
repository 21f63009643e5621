//! How far a group is proven, and its score with the reason of each part.

use std::collections::BTreeMap;

use super::causes::Causes;
use super::explain::Join;
use super::groups::{Basis, Group};
use super::units::{Unit, UnitKind};
use super::weights::{self as w, same_event_nanos};
use crate::classify::Strength;
use crate::classify::level::Level;
use crate::classify::mark::Mark;
use crate::facts::Settled;
use crate::facts::clusters::Clusters;
use crate::facts::symbols::Symbol;
use crate::model::report::ScorePart;
use crate::model::{Stream, Timestamp, Verdict};

/// Counts of a group's units by how they are joined.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Joined {
    /// All units.
    pub all: usize,
    /// Joined inside one instance, trace or execution, or named by the unit itself.
    pub closely: usize,
    /// Of these, named by the unit's own message.
    pub itself: usize,
    /// Units for which another cause of equal strength was in reach.
    pub rivals: usize,
}

/// Counts the joins of a group.
pub fn joined(group: &Group) -> Joined {
    let mut counts = Joined { all: group.units.len(), ..Joined::default() };
    for cause in group.units.iter().filter_map(|(_, cause)| cause.as_ref()) {
        counts.closely += usize::from(cause.join < Join::Revision);
        counts.itself += usize::from(cause.join == Join::Itself);
        counts.rivals += usize::from(cause.rivals);
    }
    counts
}

/// The verdict before coverage caps it.
/// `filtered`: the export holds no entry below WARNING, so that most of what an application prints is not in it.
pub fn verdict(
    settled: &Settled,
    clusters: &Clusters,
    causes: &Causes,
    units: &[Unit],
    group: &Group,
    filtered: bool,
) -> Verdict {
    let class = &settled.classes[clusters.list[group.root].class.0 as usize];
    match group.basis {
        // Cloud Run docs: troubleshooting. 429 with this text is the instance limit, unless a crash loop leaves no instance.
        Basis::Unexplained if class.mark == Mark::RequestRefused && only_limit(units, group) => Verdict::Likely,
        Basis::Unexplained => Verdict::Inconclusive,
        // Two ports written by the application and by the platform, on one instance.
        Basis::Explained if class.mark == Mark::PortAnnounced => Verdict::Likely,
        // A refused caller may be refused rightly: the log does not know who should be let in.
        Basis::Unattached
            if causes.claim(group.root) == Strength::PlatformCause
                && settled.rows[group.rows[0]].stream != Stream::Requests =>
        {
            Verdict::Likely
        }
        Basis::Unattached => Verdict::Possible,
        // A line that nothing knows may be the loudest of what a filter left over.
        Basis::Explained if filtered && causes.claim(group.root) >= Strength::UnknownError => Verdict::Possible,
        Basis::Explained => {
            let moments = moments(settled, clusters, group);
            // Lines that are mostly written without a failed request join one by chance.
            let beside = only_requests(units, group)
                && group.units.iter().filter_map(|(_, cause)| *cause).all(|cause| cause.join == Join::Instance)
                && moments > w::moments_for_each_unit() * group.units.len() + 2;
            let unspecific = beside || causes.is_unspecific(group.root);
            explained_verdict(
                Proof {
                    strength: causes.claim(group.root),
                    level: class.level,
                    unspecific,
                    moments,
                    at_answer: at_answer(group),
                },
                joined(group),
                units,
                group,
            )
        }
    }
}

/// What is known about the cause of an explained group.
#[derive(Clone, Copy)]
struct Proof {
    strength: Strength,
    level: Level,
    /// Seen as often where nothing failed.
    unspecific: bool,
    /// At how many different moments its lines were written.
    moments: usize,
    /// Whether they were written when the failures ended, and not just while they went on.
    at_answer: bool,
}

/// Four of five failures ended within moments of the line that explains them. A request of minutes holds many lines.
fn at_answer(group: &Group) -> bool {
    let near =
        group.units.iter().filter_map(|(_, cause)| *cause).filter(|cause| cause.distance.abs() <= same_event_nanos());
    near.count() * 5 >= group.units.len() * 4
}

/// Lines of the cause more than a second apart.
fn moments(settled: &Settled, clusters: &Clusters, group: &Group) -> usize {
    let own = group.rows.iter().filter(|row| clusters.of_row(**row) == group.root).map(|row| settled.time(*row));
    let mut last = i64::MIN;
    own.filter(|time| {
        let apart = time.saturating_sub(last) > w::answer_nanos();
        if apart {
            last = *time;
        }
        apart
    })
    .count()
}

fn only_requests(units: &[Unit], group: &Group) -> bool {
    group.units.iter().all(|(unit, _)| units[*unit].kind == UnitKind::Request)
}

fn explained_verdict(proof: Proof, joined: Joined, units: &[Unit], group: &Group) -> Verdict {
    let Proof { strength, level, unspecific, moments, at_answer } = proof;
    // One line that nothing knows, somewhere in many long requests, was written during them, not because of them.
    let beside_each = at_answer || moments * 2 >= joined.all;
    let mostly_close = joined.closely * 5 >= joined.all * 4 || joined.closely >= 5;
    if strength == Strength::PlatformCause && joined.itself > 0 {
        return Verdict::Confirmed;
    }
    if unspecific || joined.closely == 0 {
        return if strength <= Strength::Named && joined.all >= 3 && !unspecific {
            Verdict::Likely
        } else {
            Verdict::Possible
        };
    }
    // A request may run beside others on its instance; only a trace, or nothing else in reach, is proof.
    let ambiguous = only_requests(units, group) && joined.rivals * 2 > joined.all;
    match strength {
        Strength::PlatformCause | Strength::Named if mostly_close && !ambiguous => Verdict::Confirmed,
        Strength::PlatformCause | Strength::Named => Verdict::Likely,
        // The same line in every failing trace, and in no other: at most likely, because nothing knows it.
        Strength::Suspect
            if level >= Level::Warning
                && joined.closely >= 3
                && joined.closely == joined.all
                && joined.rivals == 0
                && moments <= joined.all + 1
                && beside_each =>
        {
            Verdict::Likely
        }
        Strength::UnknownError if joined.closely >= 2 && mostly_close && !ambiguous && beside_each => Verdict::Likely,
        _ => Verdict::Possible,
    }
}

/// Every request of the group was refused with 429, and no instance of the service failed.
fn only_limit(units: &[Unit], group: &Group) -> bool {
    group.units.iter().all(|(unit, _)| units[*unit].status == 429)
        && !units.iter().any(|unit| unit.kind == UnitKind::Instance && unit.service == group.service)
}

/// The weight of all failed units of the files.
pub struct Harm {
    all: f64,
    by_service: BTreeMap<Symbol, f64>,
    units: usize,
}

impl Harm {
    /// Adds it up.
    pub fn of(units: &[Unit]) -> Self {
        let mut by_service = BTreeMap::new();
        for unit in units {
            *by_service.entry(unit.service).or_default() += weight(unit);
        }
        Self { all: units.iter().map(weight).sum(), by_service, units: units.len() }
    }
}

/// Whether the lines of a group's root began while its service was watched, and were not written from the start.
pub fn began(settled: &Settled, clusters: &Clusters, group: &Group) -> bool {
    let of_service = settled.facts.coverage.iter().filter(|((service, ..), _)| *service == group.service);
    let spans = of_service.map(|(_, span)| (span.first, span.last));
    let Some((first, last)) = spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else { return false };
    let before = Timestamp(clusters.list[group.root].first).seconds_since(Timestamp(first));
    before > w::onset_share() * Timestamp(last).seconds_since(Timestamp(first))
}

/// The score, part by part. `began`: see [`began`].
pub fn score(causes: &Causes, units: &[Unit], group: &Group, harm: &Harm, began: bool) -> Vec<ScorePart> {
    let total = harm.all;
    let explains: f64 = group.units.iter().map(|(unit, _)| weight(&units[*unit])).sum();
    let joined = joined(group);
    let mut parts = Vec::new();
    let mut part = |name: &str, value: f64, why: String| {
        if value > 0.0 {
            parts.push(ScorePart { name: name.to_owned(), value: (value * 10.0).round() / 10.0, why });
        }
    };
    let share = if total > 0.0 { explains / total } else { 0.0 };
    let proof = match group.basis {
        Basis::Explained => w::proof_least() + (1.0 - w::proof_least()) * (share / w::proof_whole_share()).min(1.0),
        _ => 1.0,
    };
    part("explains", w::explains_all() * share, format!("{} of {} failures hang on it", group.units.len(), harm.units));
    let mut harmed: Vec<_> = group.units.iter().map(|(unit, _)| units[*unit].service).collect();
    harmed.push(group.service);
    harmed.sort_unstable();
    harmed.dedup();
    let of_service: f64 = harmed.iter().filter_map(|service| harm.by_service.get(service)).sum();
    if total > 0.0 {
        let share = of_service / total;
        part(
            "service",
            w::service_harm() * share,
            format!("{:.0} % of all failures are its service's, or its callers'", share * 100.0),
        );
    }
    if group.basis == Basis::Unexplained {
        return parts;
    }
    let (value, word) = match causes.claim(group.root) {
        Strength::PlatformCause => (w::platform_cause(), "the platform names the cause"),
        Strength::Named => (w::named_cause(), "an exception, or a known cause"),
        Strength::UnknownError => (w::unknown_error(), "an error message that no signature knows"),
        Strength::Suspect => (w::suspect(), "a line that only speaks of failure"),
        Strength::None => (0.0, ""),
    };
    part("strength", proof * value, word.to_owned());
    let consequences = group.consequences.len().min(w::consequences_max());
    #[allow(clippy::cast_precision_loss, reason = "at most five")]
    part(
        "consequences",
        w::consequence() * consequences as f64,
        format!("{} other errors follow it each time", group.consequences.len()),
    );
    if joined.closely > 0 {
        let share = share_of(joined.closely, joined.all);
        part(
            "join",
            proof * w::joined_by_instance() * share,
            format!("{} of {} on the same instance, trace or execution", joined.closely, joined.all),
        );
    } else if joined.all > 0 {
        part(
            "join",
            proof * w::joined_by_revision(),
            format!("{} of {} on the same revision and window", joined.all, joined.all),
        );
    }
    if began && group.basis == Basis::Unattached {
        part("onset", w::onset(), "it began while the service was watched".to_owned());
    }
    if joined.all > 0 && !causes.is_unspecific(group.root) {
        part("specific", proof * w::specific(), "healthy instances do not show it".to_owned());
    }
    parts
}

/// Weight of one unit.
fn weight(unit: &Unit) -> f64 {
    match unit.kind {
        UnitKind::Request => 1.0,
        UnitKind::Worker => w::worker_weight(),
        UnitKind::Deploy => w::deploy_weight(),
        _ => w::unit_weight(),
    }
}

fn share_of(part: usize, whole: usize) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "counts of units are far below 2^52")]
    let share = part as f64 / whole.max(1) as f64;
    share
}
