//! A revision that refuses its users: nearly every request is answered 4xx, where the revision before it answered them.
//!
//! In: a service's revisions with their requests, and kinds of unremarkable lines. Out: at most one draft. No request
//! failed as the platform counts it, and many applications log a refusal as an ordinary line (a host that is not
//! allowed, an origin, a token's audience), so nothing else would speak of it. What the files keep of such requests are
//! counts and not their paths; crawlers on a revision without users look alike, so the verdict stays at possible.

use std::collections::BTreeSet;

use super::weights::{refusal_told_share, refused_requests_min, refusing_score, refusing_share, serving_share};
use super::written::{self, Line};
use super::{Draft, FailurePhase, stated};
use crate::facts::Settled;
use crate::facts::clusters::Clusters;
use crate::model::report::{Cause, ChainLink, Finding};
use crate::model::time::minute_of;
use crate::model::{Category, Role, Timestamp, Verdict};
use crate::state::ServiceState;
use crate::state::revisions::RevisionFacts;
use crate::stats::fisher::{self, Group};
use crate::stats::{number, p_text};

/// Characters of the line that a title quotes.
const QUOTED_CHARS_MAX: usize = 160;

/// Requests of users to a revision, and how many of them were answered 4xx.
fn users(revision: &RevisionFacts) -> Group {
    let stretch = revision.health.slots.between(i64::MIN, i64::MAX);
    Group::new(stretch.outcomes.client_errors, stretch.outcomes.requests)
}

/// The same of all requests: long connections and health checks prove as well that a revision refused nobody.
fn everyone(revision: &RevisionFacts) -> Group {
    Group::new(revision.health.client_errors, revision.health.requests)
}

/// The finding, if the revision that got requests last refuses them and the one before it did not. Nothing where a
/// finding names that revision already.
pub(super) fn refusing(
    settled: &Settled,
    clusters: &Clusters,
    index: usize,
    service: &ServiceState,
    files: &[String],
    drafts: &[Draft],
) -> Option<Draft> {
    let mut asked: Vec<&RevisionFacts> =
        service.revisions.iter().filter(|revision| everyone(revision).all >= refused_requests_min()).collect();
    asked.sort_by_key(|revision| (revision.health.first, revision.name.clone()));
    let [.., before, revision] = asked.as_slice() else { return None };
    let (served, refused) = (everyone(before), users(revision));
    let is_told = |draft: &Draft| draft.service == Some(index) && draft.finding.revisions.contains(&revision.name);
    if refused.all < refused_requests_min() || drafts.iter().any(is_told) {
        return None;
    }
    let took_over = before.health.last_success < revision.health.last
        && revision.health.first > before.health.first
        && before.health.succeeded > 0;
    if !took_over || refused.rate() < refusing_share() || served.rate() > serving_share() {
        return None;
    }
    let p = fisher::two_sided(refused, served);
    let line = reason(settled, clusters, service, revision, files);
    let since = Timestamp(revision.health.first);
    let counts = format!("{} of {}", refused.failed, refused.all);
    let title = match &line {
        Some(line) => {
            let quoted: String = line.text.chars().take(QUOTED_CHARS_MAX).collect();
            format!("{counts} requests to {} are answered 4xx: “{quoted}”", revision.name)
        }
        None => format!("{counts} requests to {} are answered 4xx and no error entry says why", revision.name),
    };
    let impact = format!(
        "{counts} requests to {} were answered 4xx; {} of {} to {}",
        revision.name, served.failed, served.all, before.name
    );
    let verdict = if line.is_some() { Verdict::Possible } else { Verdict::Inconclusive };
    let cluster = line.as_ref().map_or_else(String::new, |line| line.cluster.clone());
    let chain = [
        line.map(|line| ChainLink {
            role: Role::Cause,
            cluster: line.cluster,
            title: line.text,
            count: 1,
            instances: 0,
            join: "first written after the revision's first request, and in most minutes with requests".to_owned(),
            evidence: vec![line.evidence],
        }),
        Some(ChainLink {
            role: Role::Impact,
            cluster: String::new(),
            title: "requests answered 4xx".to_owned(),
            count: refused.failed,
            instances: 0,
            join: format!("since {} got its first request; {} by Fisher's exact test", revision.name, p_text(p)),
            evidence: Vec::new(),
        }),
    ];
    let deployed = service.history.deployments.iter().rev().find(|deployment| deployment.revision == revision.name);
    let base = stated::finding(
        service,
        "refusing",
        refusing_score(),
        ("contrast", "one revision refuses nearly every request, the one before it hardly any"),
    );
    let finding = Finding {
        cause: Cause {
            cluster,
            category: Category::Config,
            summary: format!("{title}. {} answered them before.", before.name),
            ..base.cause.clone()
        },
        title,
        verdict,
        revisions: vec![revision.name.clone()],
        first: since,
        last: Timestamp(revision.health.last),
        why: vec![
            impact.clone(),
            deployed.map_or_else(
                || "no deployment of it is in these files".to_owned(),
                |deployment| format!("it was deployed at {}", deployment.time.to_rfc3339()),
            ),
        ],
        impact: vec![impact],
        against: vec!["crawlers on a revision without users look alike: the counts do not tell paths".to_owned()],
        missing: vec!["which paths were refused, with which status: the request entries of the revision".to_owned()],
        chain: chain.into_iter().flatten().collect(),
        ..base
    };
    Some(stated::draft(finding, index, FailurePhase::Serving, revision.health.last))
}

/// The line that goes with the refusals: first written once requests came, and in most minutes in which they did.
fn reason(
    settled: &Settled,
    clusters: &Clusters,
    service: &ServiceState,
    revision: &RevisionFacts,
    files: &[String],
) -> Option<Line> {
    let asked: BTreeSet<i64> = revision.minutes.keys().copied().collect();
    let share = |line: &Line| {
        let written = line.minutes.as_ref().map_or(asked.len(), |minutes| minutes.intersection(&asked).count());
        number(written as u64) / number(asked.len().max(1) as u64)
    };
    written::lines(settled, clusters, service.symbol, files, |_, _| true)
        .into_iter()
        // The words of a class are general; here the entry itself is quoted.
        .map(|line| Line { text: line.evidence.text.lines().next().unwrap_or("").trim().to_owned(), ..line })
        .filter(|line| minute_of(line.first) >= minute_of(revision.health.first) && line.first <= revision.health.last)
        .filter(|line| !line.text.is_empty() && share(line) >= refusal_told_share())
        .min_by(|a, b| (a.first, &a.text).cmp(&(b.first, &b.text)))
}
