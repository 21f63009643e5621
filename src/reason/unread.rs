//! Runs of a pipeline that failed while another was under way, where the files hold no error of theirs.
//!
//! In: a service's history and the findings so far. Out: at most one draft, inconclusive: two runs that overlap are
//! a reason to ask, not an answer. The run's own transcript settles it, and the first action fetches it.

use super::weights::unread_score;
use super::{Draft, FailurePhase, stated};
use crate::model::report::{Cause, ChainLink, Finding};
use crate::model::{Category, Role};
use crate::state::ServiceState;
use crate::state::history::Run;
use crate::state::history::pipeline::holder;

/// The finding, unless a refused deployment of the service is told already.
pub(super) fn unread(index: usize, service: &ServiceState, drafts: &[Draft]) -> Option<Draft> {
    let told = |draft: &Draft| draft.service == Some(index) && draft.finding.cause.category == Category::DeployConflict;
    if drafts.iter().any(told) {
        return None;
    }
    let runs = &service.history.runs;
    let is_own = |run: &Run| {
        let failed = service.history.deployments.iter().filter(|deployment| deployment.kind == "failed");
        let words = run.words();
        !run.id.is_empty() && failed.into_iter().any(|deployment| deployment.client.ends_with(&words))
    };
    let met: Vec<(&Run, &Run)> = runs
        .iter()
        .filter(|run| run.failed() && is_own(run))
        .filter_map(|run| holder(runs, Some(run), run.started).map(|other| (run, other)))
        .collect();
    let (first, last) = (met.first()?, met.last()?);
    let title = format!(
        "{} of the pipeline of {} failed while another was under way; the files do not hold {}",
        if met.len() == 1 { "A run".to_owned() } else { format!("{} runs", met.len()) },
        service.name,
        if met.len() == 1 { "its error" } else { "their errors" },
    );
    let link = ChainLink {
        role: Role::Failure,
        cluster: String::new(),
        title: "runs that failed beside another one".to_owned(),
        count: met.len() as u64,
        instances: 0,
        join: String::new(),
        evidence: Vec::new(),
    };
    let sentence = |(run, other): &(&Run, &Run)| {
        format!(
            "{} began at {} and failed; {}, begun at {}, was under way then",
            run.words(),
            run.started.to_rfc3339(),
            other.words(),
            other.started.to_rfc3339()
        )
    };
    let base = stated::finding(service, "unread-runs", unread_score(), ("overlap", "runs of one pipeline overlap"));
    let finding = Finding {
        cause: Cause {
            category: Category::DeployConflict,
            summary: format!("{title}. Whether the platform refused a second change, only the transcript can say."),
            ..base.cause.clone()
        },
        title,
        first: first.0.started,
        last: last.0.ended.unwrap_or(last.0.started),
        why: met.iter().take(4).map(sentence).collect(),
        impact: vec![format!(
            "{} failed",
            if met.len() == 1 { "1 run".to_owned() } else { format!("{} runs", met.len()) }
        )],
        missing: vec!["what the failed runs printed: gh run view RUN_ID --log-failed".to_owned()],
        chain: vec![link],
        ..base
    };
    Some(stated::draft(finding, index, FailurePhase::Deploy, last.0.started.0))
}
