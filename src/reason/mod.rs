//! Why it broke: causes, the failures that hang on them, and how far each is proven.
//!
//! In: settled facts, clusters and state. Out: [`Draft`]s in rank order and what was ruled out.
//! The rules: an impact is never a cause; join before you correlate (instance, trace, revision and
//! window); one cause told many ways is one; where no entry explains a failure the finding says so.
//!
//! `units` lists what failed, `causes` what could be a root, `explain` joins them, `groups` makes one
//! story of each, `teller` tells it: `verdict` weighs it, `chain`, `words` and `why` put it into sentences.

pub mod canary;
pub mod explain;
pub mod groups;
pub mod ignore;
pub mod tally;
pub mod units;
pub mod weights;

mod attach;
mod callers;
mod causes;
mod chain;
mod chance;
mod clash;
mod inactive;
mod novel;
mod occurrences;
mod pinned;
mod probe_kills;
mod refusing;
mod rejected;
mod ruled_out;
mod specific;
mod stated;
mod teller;
mod unread;
mod upstream;
mod verdict;
mod why;
mod words;
mod written;

use std::time::Instant;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::classify::matcher::Catalog;
use crate::facts::Settled;
use crate::facts::clusters::Clusters;
use crate::model::report::{Finding, RuledOut, Suppressed};
use crate::model::tally::Occurrence;
use crate::state::State;
use crate::state::coverage::Coverage;
use ignore::Ignore;

/// When in the life of a service it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailurePhase {
    /// Instances fail before they serve.
    Boot,
    /// Instances fail, or requests do, while it serves.
    Serving,
    /// Deploys fail, and no request with them.
    Deploy,
    /// A job's execution.
    Job,
    /// A build.
    Build,
}

/// A finding without its actions, and what the advisor has to know about it.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The finding; `actions` is empty.
    pub finding: Finding,
    /// Index of its service in the state; `None` for what belongs to none.
    pub service: Option<usize>,
    /// Captures of the cause's signature.
    pub captures: Vec<(String, String)>,
    /// An instance that shows it; may be empty.
    pub instance: String,
    /// A failing path; may be empty.
    pub path: String,
    /// When in the life of the service it fails.
    pub phase: FailurePhase,
    /// Whether the startup probe passed before the failures.
    pub probe_passed: bool,
    /// Whether min instances keep the loop turning.
    pub minimum_keeps_it_going: bool,
    /// Revision whose deploy ended it.
    pub resolved_by: Option<String>,
    /// When it happened: what it explains, or its entries where nothing failed; in time order.
    pub occurrences: Vec<Occurrence>,
}

/// Everything the reasoning found.
pub struct Reasoned {
    /// Findings in rank order.
    pub drafts: Vec<Draft>,
    /// Findings that the user's ignore file takes out of the ranking.
    pub suppressed: Vec<Suppressed>,
    /// Hypotheses that did not hold.
    pub ruled_out: Vec<RuledOut>,
    /// Findings beyond the limit of a report, which are not among the drafts.
    pub left_out: usize,
}

/// Finds the causes.
pub fn reason(
    settled: &Settled,
    clusters: &Clusters,
    state: &State,
    catalog: &Catalog,
    files: &[String],
    ignore: &Ignore,
    coverage: &Coverage,
) -> Reasoned {
    let start = Instant::now();
    let (units, causes) = rayon::join(|| units::units(settled, state), || causes::causes(settled, clusters, state));
    tracing::debug!(units = units.len(), elapsed = ?start.elapsed(), "failures and candidates listed");
    let explained = explain::explain(settled, clusters, &causes, &units);
    tracing::debug!(elapsed = ?start.elapsed(), "failures explained");
    let rejected = rejected::rejected(clusters, &causes, &units, &explained);
    let groups = groups::groups(settled, clusters, &causes, &units, &explained.units, &rejected);
    let harm = verdict::Harm::of(&units);
    let filtered = coverage.lowest_severity.is_some();
    let teller = teller::Teller {
        settled,
        clusters,
        state,
        catalog,
        files,
        units: &units,
        causes: &causes,
        tried: &explained.tried,
        harm: &harm,
        filtered,
    };
    let mut drafts: Vec<Draft> = groups.par_iter().map(|group| teller.draft(group)).collect();
    tracing::debug!(groups = groups.len(), elapsed = ?start.elapsed(), "findings told");
    let scene = novel::Scene {
        settled,
        clusters,
        units: &units,
        groups: &groups,
        state,
        files,
        rejected: rejected.roots().collect(),
        filtered,
    };
    let not_new = novel::ask(&scene, &mut drafts);
    upstream::apply(&upstream::links(settled, clusters, &units, &groups, &coverage.stretches), &mut drafts);
    let states = state.services.iter().enumerate();
    drafts.extend(states.clone().filter_map(|(index, service)| pinned::pinned(settled, index, service, files)));
    drafts.extend(states.clone().filter_map(|(index, service)| inactive::inactive(index, service)));
    let unread: Vec<Draft> = states.filter_map(|(index, service)| unread::unread(index, service, &drafts)).collect();
    drafts.extend(unread);
    let states = state.services.iter().enumerate();
    let refusing: Vec<Draft> = states
        .filter_map(|(index, service)| refusing::refusing(settled, clusters, index, service, files, &drafts))
        .collect();
    drafts.extend(refusing);
    tell_apart(state, &mut drafts);
    drafts.sort_by(|a, b| {
        b.finding.score.total_cmp(&a.finding.score).then_with(|| {
            let named = |draft: &Draft| {
                let Finding { first, title, service, place, .. } = &draft.finding;
                (*first, title.clone(), service.clone(), place.clone())
            };
            named(a).cmp(&named(b))
        })
    });
    // Before anything is suppressed: a cause that somebody ignores is not thereby ruled out.
    let told = drafts.len().min(weights::findings_max());
    let mut ruled_out = ruled_out::ruled_out(settled, clusters, state, &drafts[..told]);
    ruled_out.extend(rejected.told(settled, clusters, &causes, files));
    ruled_out.extend(not_new);
    // Many small lists, and the work goes on without them.
    rayon::spawn(move || drop((units, causes, explained, groups)));
    let suppressed = ignore.suppress(&mut drafts, coverage.last());
    let left_out = drafts.len().saturating_sub(weights::findings_max());
    drafts.truncate(weights::findings_max());
    for (rank, draft) in drafts.iter_mut().enumerate() {
        draft.finding.rank = u32::try_from(rank + 1).unwrap_or(u32::MAX);
    }
    Reasoned { drafts, suppressed, ruled_out, left_out }
}

/// Says where each service runs that shares its name with another one of these files, and gives each of them
/// fingerprints of its own.
fn tell_apart(state: &State, drafts: &mut [Draft]) {
    for draft in drafts {
        let Some(service) = draft.service.map(|index| &state.services[index]) else { continue };
        if state.services.iter().filter(|other| other.name == service.name).count() > 1 {
            let place = service.place();
            let hash = occurrences::id_of(&(&draft.finding.fingerprint, place.words()));
            draft.finding.fingerprint = format!("1:{hash:016x}");
            draft.finding.place = Some(place);
        }
    }
}
