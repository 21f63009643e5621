//! Without a word from the control plane: how long, and how, did requests or entries of two revisions overlap?
//!
//! A revision that is replaced gets no new requests within seconds, but it finishes those that it has, and a WebSocket
//! may hold it for an hour: that is a drain however long it lasts. Two revisions have traffic when new requests keep
//! arriving at both. Files that show neither the beginning nor the end of a short overlap cannot tell the two apart.

use super::{Window, blank, evidence, is_sick, role_of_both};
use crate::model::Timestamp;
use crate::model::report::RevisionState;
use crate::state::ServiceState;
use crate::state::aligned::side_by_side;
use crate::state::revisions::RevisionFacts;

/// Arrivals that overlap up to this long are a switch of traffic: real ones take seconds, slow ones minutes.
const DRAIN_NANOS_MAX: i64 = 300_000_000_000;

/// An overlap shows its beginning or its end when more than this part of the time of all requests lies outside of it.
const EDGE_PART: i64 = 10;

/// Two revisions and the time that they share, nanoseconds since the epoch.
struct Overlap<'a> {
    from: i64,
    to: i64,
    pair: [&'a RevisionFacts; 2],
}

impl Overlap<'_> {
    fn nanos(&self) -> i64 {
        self.to.saturating_sub(self.from)
    }
}

/// What the overlap of those that wrote entries means; `serving` are those among them with requests.
pub(super) fn by_overlap(
    service: &ServiceState,
    written: &[&RevisionFacts],
    serving: &[&RevisionFacts],
) -> RevisionState {
    let by_requests = serving.len() > 1;
    let span = |revision: &RevisionFacts| {
        if by_requests {
            (revision.health.first, revision.health.last)
        } else {
            revision.span.map_or((0, 0), |span| (span.first, span.last))
        }
    };
    let pool = if by_requests { serving } else { written };
    let Some(arrivals) = longest(pool, span) else { return blank("single", "none") };
    let held = |revision: &RevisionFacts| (span(revision).0, span(revision).1.max(last_end(service, revision)));
    let overlap = match longest(pool, held) {
        // Nothing arrived at both, but one was still finishing what it had.
        Some(held) if by_requests && arrivals.nanos() <= 0 && held.nanos() > 0 => held,
        _ => arrivals,
    };
    let tell = |answer: &mut RevisionState, text: String| {
        answer.revisions = overlap.pair.iter().map(|revision| revision.name.clone()).collect();
        answer.evidence = vec![text];
        answer.evidence.extend(evidence(&overlap.pair));
    };
    if overlap.nanos() <= 0 {
        let mut answer = blank("single", "none");
        tell(&mut answer, "revisions follow each other in these files; no two were active at one time".to_owned());
        return answer;
    }
    let new_arrivals = overlap_of_arrivals(&overlap, span);
    let state = match () {
        () if new_arrivals > DRAIN_NANOS_MAX && by_requests => "dual-traffic",
        () if overlap.nanos() > DRAIN_NANOS_MAX && !by_requests => "cannot-be-told",
        () if new_arrivals > 0 && by_requests && !has_edges(&overlap, span) => "cannot-be-told",
        () => "rollover-drain",
    };
    let (role, why) = role(service, &overlap, by_requests);
    let mut answer = blank(state, role);
    (answer.from, answer.to) = (Some(Timestamp(overlap.from)), Some(Timestamp(overlap.to)));
    let reading = match (by_requests, new_arrivals > 0) {
        (true, true) => "requests",
        (true, false) => "requests in flight",
        (false, _) => "entries (no requests of both)",
    };
    let seconds = Timestamp(overlap.to).seconds_since(Timestamp(overlap.from));
    let open = if state == "cannot-be-told" && by_requests {
        "; both have requests from the first to the last in these files, too short a time to tell a switch of traffic from two revisions that share it"
    } else {
        ""
    };
    let [a, b] = overlap.pair;
    tell(&mut answer, format!("{reading} of {} and {} overlap for {seconds:.1} s{open}{why}", a.name, b.name));
    answer
}

/// The role, and what follows in the sentence.
fn role(service: &ServiceState, overlap: &Overlap<'_>, by_requests: bool) -> (&'static str, String) {
    if !by_requests {
        let sick = overlap.pair.iter().any(|revision| is_sick(revision));
        if overlap.nanos() <= DRAIN_NANOS_MAX {
            return (if sick { "bystander" } else { "none" }, String::new());
        }
        let why = "; without request entries of both it cannot be told whether both had traffic";
        return ("unknown", why.to_owned());
    }
    let sick: Vec<&RevisionFacts> = overlap.pair.into_iter().filter(|revision| is_sick(revision)).collect();
    match sick.as_slice() {
        [] => ("none", "; neither failed".to_owned()),
        [sick] => {
            let other = overlap.pair.iter().find(|revision| revision.name != sick.name);
            let compared = other.and_then(|other| side_by_side(sick, other, overlap.from, overlap.to));
            let compared = compared.map_or_else(String::new, |text| format!(": {text}"));
            ("bystander", format!("; failures follow one revision{compared}"))
        }
        _ => {
            let (role, why) = role_of_both(service, &overlap.pair, Window::Together);
            (role, format!("; {why}"))
        }
    }
}

/// The pair that shares the longest time, or that is the least apart; `None` for fewer than two.
fn longest<'a>(pool: &[&'a RevisionFacts], span: impl Fn(&RevisionFacts) -> (i64, i64)) -> Option<Overlap<'a>> {
    let mut longest: Option<Overlap<'a>> = None;
    for (index, a) in pool.iter().enumerate() {
        for b in &pool[index + 1..] {
            let (from, to) = (span(a).0.max(span(b).0), span(a).1.min(span(b).1));
            let one = Overlap { from, to, pair: [a, b] };
            if longest.as_ref().is_none_or(|known| one.nanos() > known.nanos()) {
                longest = Some(one);
            }
        }
    }
    longest
}

/// How long new requests arrived at both of the pair, in nanoseconds; negative where they follow each other.
fn overlap_of_arrivals(overlap: &Overlap<'_>, span: impl Fn(&RevisionFacts) -> (i64, i64)) -> i64 {
    let [a, b] = overlap.pair.map(span);
    a.1.min(b.1).saturating_sub(a.0.max(b.0))
}

/// When the last request ended that an instance of the revision held; it may have arrived long before.
fn last_end(service: &ServiceState, revision: &RevisionFacts) -> i64 {
    let own = service.instances.iter().filter(|instance| instance.revision == revision.symbol);
    own.map(|instance| instance.life.last_answer).max().unwrap_or(i64::MIN)
}

/// Whether the arrivals before the overlap, or after it, show that it began or ended in these files.
fn has_edges(overlap: &Overlap<'_>, span: impl Fn(&RevisionFacts) -> (i64, i64)) -> bool {
    let [a, b] = overlap.pair.map(span);
    let whole = a.1.max(b.1).saturating_sub(a.0.min(b.0));
    overlap.nanos() < whole - whole / EDGE_PART
}
