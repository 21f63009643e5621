//! A newest revision that did not become ready: a failed deploy, and no second live revision.

use super::blank;
use crate::model::report::RevisionState;
use crate::state::ServiceState;
use crate::state::revisions::RevisionFacts;

/// The newest revision was called not ready, or one that wrote entries was, beside others. A newest revision of which
/// nothing is said yet is starting, and not failed.
pub(super) fn newest_not_ready(service: &ServiceState, written: &[&RevisionFacts]) -> Option<RevisionState> {
    let history = &service.history;
    let mut answer = blank("newest-not-ready", "consequence");
    if let (Some(created), Some(ready)) = (&history.latest_created, &history.latest_ready)
        && created != ready
        && history.readiness.get(created).is_some_and(|readiness| readiness.ready == Some(false))
    {
        answer.revisions = vec![created.clone(), ready.clone()];
        let serving = service.revision(ready).is_some_and(|revision| revision.health.succeeded > 0);
        let keeps = if serving { "keeps serving" } else { "keeps the traffic" };
        answer.evidence = vec![format!(
            "{created} never became ready and gets no traffic; {ready} {keeps}: a failed deploy, not two live revisions"
        )];
        return Some(answer);
    }
    let failed = written.iter().find(|revision| revision.ready == Some(false)).filter(|_| written.len() > 1)?;
    answer.evidence = vec![format!("{} never became ready, so it gets no traffic beside the others", failed.name)];
    Some(answer)
}
