//! What is new just before failures that nothing explains: a line that no signature knows, of any severity.
//!
//! In: groups with their drafts, kept lines, kinds of unremarkable lines, the covered time. Out: drafts that name the new
//! line, at most `likely`; what was asked and is not it; and where no time before the onset is covered, that novelty
//! cannot be judged.
//!
//! Two families of hypotheses, each corrected for its size (Holm). *New lines*: after a quarter of the minutes in which the
//! service was seen, so that what every service writes is known, the first entry of a line that has nothing to do with the
//! failures falls anywhere in the rest; that it falls so shortly before the onset has the probability of that stretch.
//! Lines that begin together are one event. *Lines that are more frequent*: minutes with the line in the ten before the
//! onset and in those before them, by the exact Poisson test with known exposure. Lines that an instance writes when it
//! starts are left out: a start is often the consequence.

use std::collections::{BTreeMap, BTreeSet};

use super::Draft;
use super::groups::{Basis, Group};
use super::units::{Unit, UnitKind};
use super::weights::{
    change_before_onset_nanos, clock_nanos, novel, novelty_level, novelty_minutes_min, novelty_units_min,
    rejected_lines_max, same_event_nanos,
};
use super::written::{self, Line};
use crate::facts::Settled;
use crate::facts::clusters::{Cluster, Clusters};
use crate::facts::novelty::{KINDS_MAX, Kinds};
use crate::facts::symbols::Symbol;
use crate::model::report::{ChainLink, RuledOut, ScorePart};
use crate::model::time::{NANOS_PER_MINUTE, minute_of};
use crate::model::{Role, Timestamp, Verdict};
use crate::state::{ServiceState, State};
use crate::stats::poisson::{self, Rate};
use crate::stats::{ALPHA, CONFIDENCE, adjust, number, p_text};

/// What is looked at.
pub struct Scene<'a> {
    /// Facts at rest.
    pub settled: &'a Settled,
    /// Clusters of the rows.
    pub clusters: &'a Clusters,
    /// All units.
    pub units: &'a [Unit],
    /// All groups.
    pub groups: &'a [Group],
    /// State of the services.
    pub state: &'a State,
    /// Paths of the input files, by position.
    pub files: &'a [String],
    /// Clusters that other tests rejected.
    pub rejected: BTreeSet<usize>,
    /// The export holds no entry below WARNING.
    pub filtered: bool,
}

/// The covered time of a service before its failures, in minutes since the epoch.
struct Before {
    /// Minutes in which it was seen, from the end of the first quarter to the onset.
    minutes: Vec<i64>,
    onset: i64,
}

impl Before {
    /// Minutes from a time on.
    fn since(&self, time: i64) -> u64 {
        (self.minutes.len() - self.minutes.partition_point(|at| *at < minute_of(time))) as u64
    }

    /// Seconds of the seen time between a time and the onset; at least one.
    fn seconds_after(&self, time: i64) -> f64 {
        let apart = Timestamp(self.onset).seconds_since(Timestamp(time));
        apart.min(number(self.since(time)) * 60.0).max(1.0)
    }

    fn seconds(&self) -> f64 {
        number(self.minutes.len() as u64) * 60.0
    }
}

/// A hypothesis with what its test gave.
struct Tested<'l> {
    line: &'l Line,
    /// Lines that began with it.
    with: usize,
    p: f64,
    adjusted: f64,
    of: usize,
    is_new: bool,
    seen: String,
}

impl Tested<'_> {
    fn words(&self) -> String {
        let family = if self.is_new { "new" } else { "known" };
        let of = match self.of {
            1 => format!("the only {family} one tested"),
            of => format!("one of {of} {family} ones tested"),
        };
        format!("{} ({of}; {} after correction)", self.seen, p_text(self.adjusted))
    }
}

/// Asks for what is new before the failures of each service that nothing explains: the most of one kind that begin at
/// once. The drafts stand in the order of the
/// groups.
pub fn ask(scene: &Scene<'_>, drafts: &mut [Draft]) -> Vec<RuledOut> {
    let mut rejected = Vec::new();
    // Group and onset.
    let mut most: BTreeMap<Symbol, (usize, i64)> = BTreeMap::new();
    for (at, group) in scene.groups.iter().enumerate().filter(|(_, group)| group.basis == Basis::Unexplained) {
        let serving = group.units.iter().filter(|(unit, _)| serves(&scene.units[*unit])).count();
        let Some(onset) = onset(scene, group).filter(|_| serving >= novelty_units_min()) else { continue };
        // Of equals the first.
        let known = most.entry(group.service).or_insert((at, onset));
        if group.units.len() > scene.groups[known.0].units.len() {
            *known = (at, onset);
        }
    }
    for service in &scene.state.services {
        let Some(&(at, onset)) = most.get(&service.symbol) else { continue };
        rejected.extend(ask_service(scene, service, &scene.groups[at], onset, &mut drafts[at]));
    }
    rejected
}

fn serves(unit: &Unit) -> bool {
    matches!(unit.kind, UnitKind::Request | UnitKind::Worker) || (unit.kind == UnitKind::Instance && !unit.boot)
}

/// The first failure that two more follow soon: one alone may have nothing to do with them.
fn onset(scene: &Scene<'_>, group: &Group) -> Option<i64> {
    let mut ends: Vec<i64> = group.units.iter().map(|(unit, _)| scene.units[*unit].end).collect();
    ends.sort_unstable();
    ends.windows(novelty_units_min())
        .find(|run| run[run.len() - 1] - run[0] <= change_before_onset_nanos())
        .map(|run| run[0])
}

fn ask_service(
    scene: &Scene<'_>,
    service: &ServiceState,
    group: &Group,
    onset: i64,
    draft: &mut Draft,
) -> Vec<RuledOut> {
    let may_tell = |at: usize, cluster: &Cluster| {
        let role = scene.settled.classes[cluster.class.0 as usize].role;
        at != group.root && matches!(role, Role::Cause | Role::Noise) && !scene.rejected.contains(&at)
    };
    let lines = written::lines(scene.settled, scene.clusters, service.symbol, scene.files, may_tell);
    let Some(since) = written::written_since(scene.settled, service.symbol) else { return Vec::new() };
    let seen: Vec<i64> =
        written::seen(scene.settled, service.symbol, since).into_iter().filter(|at| *at <= minute_of(onset)).collect();
    if seen.len() < novelty_minutes_min() {
        draft.finding.missing.push(format!(
            "what {} wrote before the first failure: {} of its minutes before it are in these files, so whether a line is new cannot be judged",
            service.name,
            seen.len().saturating_sub(1)
        ));
        return Vec::new();
    }
    if scene.settled.facts.novelty.of(service.symbol).is_some_and(Kinds::is_sample) {
        draft.finding.missing.push(format!(
            "{} writes more than {KINDS_MAX} kinds of lines: only so many of them were asked whether they are new",
            service.name
        ));
    }
    let before = Before { minutes: seen[seen.len() / 4..].to_vec(), onset };
    let start = before.minutes.first().map_or(onset, |at| at * NANOS_PER_MINUTE);
    let known: Vec<&Line> = lines.iter().filter(|line| !line.at_start && line.first <= onset + clock_nanos()).collect();
    let (new, old): (Vec<&Line>, Vec<&Line>) = known.into_iter().partition(|line| line.first >= start);
    let mut tested = test_new(&new, &before);
    tested.extend(test_old(&old, &before));
    tested.sort_by(|a, b| a.adjusted.total_cmp(&b.adjusted).then_with(|| a.line.text.cmp(&b.line.text)));
    let is_near = |one: &Tested<'_>| !one.is_new || onset - one.line.first <= change_before_onset_nanos();
    let mut told = tested.into_iter().filter(is_near).peekable();
    if let Some(best) = told.next_if(|one| one.adjusted < novelty_level()) {
        let rival = told.peek().is_some_and(|next| next.adjusted < novelty_level());
        tell(scene, service, group, &before, &best, rival, draft);
    }
    let hypothesis = |one: &Tested<'_>| format!("“{}” of {} causes the failures", one.line.text, service.name);
    told.take(rejected_lines_max())
        .map(|one| RuledOut {
            hypothesis: hypothesis(&one),
            reason: one.words(),
            evidence: vec![one.line.evidence.clone()],
        })
        .collect()
}

/// Lines that are new, those that began together as one.
fn test_new<'l>(new: &[&'l Line], before: &Before) -> Vec<Tested<'l>> {
    let mut in_order = new.to_vec();
    in_order.sort_by(|a, b| (a.first, &a.text).cmp(&(b.first, &b.text)));
    let mut events: Vec<(&Line, usize)> = Vec::new();
    for line in in_order {
        match events.last_mut() {
            Some((head, with)) if line.first - head.first <= same_event_nanos() => {
                *with += 1;
                // Of lines that begin together, one that speaks of failure tells most.
                if head.count.is_none() && line.count.is_some() {
                    *head = line;
                }
            }
            _ => events.push((line, 0)),
        }
    }
    let all = before.seconds();
    let p_values: Vec<f64> = events.iter().map(|(line, _)| (before.seconds_after(line.first) / all).min(1.0)).collect();
    let of = events.len();
    let adjusted = adjust::holm(&p_values);
    let told = |((line, with), (p, adjusted)): ((&'l Line, usize), (f64, f64))| Tested {
        line,
        with,
        p,
        adjusted,
        of,
        is_new: true,
        seen: format!(
            "first written {:.1} s before the first failure, and never in the {} minutes before in which the service was seen",
            Timestamp(before.onset).seconds_since(Timestamp(line.first)).max(0.0),
            before.minutes.len()
        ),
    };
    events.into_iter().zip(p_values.into_iter().zip(adjusted)).map(told).collect()
}

/// Lines that are known and more frequent than before.
fn test_old<'l>(old: &[&'l Line], before: &Before) -> Vec<Tested<'l>> {
    let from = minute_of(before.onset - change_before_onset_nanos());
    let late = before.since(before.onset - change_before_onset_nanos());
    let early = before.minutes.len() as u64 - late;
    let mut tested = Vec::new();
    for line in old {
        let Some(minutes) = &line.minutes else { continue };
        let inside = |at: &&i64| before.minutes.binary_search(at).is_ok();
        let (now, then): (Vec<i64>, Vec<i64>) = minutes.iter().filter(inside).partition(|at| **at >= from);
        let (now, then) = (now.len() as u64, then.len() as u64);
        let rates = [(now, late), (then, early)].map(|(events, minutes)| Rate { events, exposure: number(minutes) });
        let compared = poisson::compare(rates[0], rates[1], CONFIDENCE);
        let is_more = |ratio: f64| ratio > 1.0 && now >= novelty_units_min() as u64;
        tested.push(Tested {
            line,
            with: 0,
            p: compared.filter(|compared| is_more(compared.ratio.value)).map_or(1.0, |compared| compared.p),
            adjusted: 1.0,
            of: 1,
            is_new: false,
            seen: format!(
                "written in {now} of the last {late} minutes before the first failure and in {then} of the {early} before them"
            ),
        });
    }
    let p_values: Vec<f64> = tested.iter().map(|one| one.p).collect();
    let of = tested.len();
    for (one, adjusted) in tested.iter_mut().zip(adjust::holm(&p_values)) {
        (one.adjusted, one.of) = (adjusted, of);
    }
    // The others are the same as ever.
    tested.retain(|one| one.p < novelty_level());
    tested
}

/// Names the line in the finding.
fn tell(
    scene: &Scene<'_>,
    service: &ServiceState,
    group: &Group,
    before: &Before,
    best: &Tested<'_>,
    rival: bool,
    draft: &mut Draft,
) {
    let line = best.line;
    let last = group.units.iter().map(|(unit, _)| scene.units[*unit].end).max().unwrap_or(before.onset);
    let is_silent_outside =
        line.minutes.as_ref().is_some_and(|minutes| minutes.iter().all(|at| *at <= minute_of(last) + 1));
    let changed = change_before(service, line.first, before.onset);
    let is_likely =
        best.is_new && best.adjusted < ALPHA && !rival && !scene.filtered && is_silent_outside && changed.is_none();
    let finding = &mut draft.finding;
    finding.verdict = if is_likely { Verdict::Likely } else { Verdict::Possible };
    let how = if best.is_new { "New just before" } else { "More frequent just before" };
    finding.title = format!("{how}: “{}”: {}", line.text, finding.title);
    finding.cause.cluster.clone_from(&line.cluster);
    finding.cause.summary = format!(
        "“{}” was {}. Nothing knows this line; that it came just before does not by itself make it the cause.",
        line.text,
        best.words()
    );
    finding.score += novel();
    finding.score_parts.push(ScorePart {
        name: "novel".to_owned(),
        value: novel(),
        why: format!("a line {}", best.words()),
    });
    finding.chain.insert(
        0,
        ChainLink {
            role: Role::Cause,
            cluster: line.cluster.clone(),
            title: line.text.clone(),
            count: line.count.unwrap_or(1),
            instances: 0,
            join: String::new(),
            evidence: vec![line.evidence.clone()],
        },
    );
    finding.first = finding.first.min(Timestamp(line.first));
    finding.why.retain(|sentence| !sentence.starts_with("no entry of these files comes before"));
    finding.why.push(format!("perhaps because of “{}”, {}", line.text, best.words()));
    if best.with > 0 {
        finding.support.push(format!("{} other lines are new at the same moment", best.with));
    }
    if rival {
        finding.against.push("another line is new before the failures as well".to_owned());
    }
    if !is_silent_outside {
        finding.against.push("the line goes on after the last failure".to_owned());
    }
    finding.against.extend(changed);
    if let Some(missing) = finding.missing.first_mut() {
        "what this line means, and what the application does then".clone_into(missing);
    }
}

/// A change of the service that came with the line, or before it: then the change may be why the line is new.
fn change_before(service: &ServiceState, line: i64, onset: i64) -> Option<String> {
    let window = line - change_before_onset_nanos()..=onset;
    let deployed = service.history.deployments.iter().find(|one| window.contains(&one.time.0) && one.kind != "refused");
    let first_seen = service.revisions.iter().find(|one| one.span.is_some_and(|span| window.contains(&span.first)));
    let what = deployed
        .map(|one| format!("a {} at {}", one.kind, one.time.to_rfc3339()))
        .or_else(|| first_seen.map(|one| format!("{}, first seen then,", one.name)))?;
    Some(format!("{what} came in the ten minutes before it, and may be why the line is new"))
}
