//! Traffic that is sent to a revision which is not active, as the control plane's own objects show.
//!
//! In: a service's history. Out: at most one draft. Azure keeps a deactivated revision in the split, and accepts a
//! split that names one; what users get then is not in these objects, so the verdict stays at likely.

use super::weights::inactive_score;
use super::{Draft, FailurePhase, stated};
use crate::model::report::{Cause, ChainLink, Finding};
use crate::model::{Category, Role, Timestamp, Verdict};
use crate::state::ServiceState;
use crate::state::history::Condition;

/// The finding, if a described split names a revision that the description calls not active.
pub(super) fn inactive(index: usize, service: &ServiceState) -> Option<Draft> {
    let history = &service.history;
    let split = history.traffic.last().filter(|change| change.source == "document")?;
    let is_off = |condition: &Condition| condition.active == Some(false) && condition.replicas.unwrap_or(0) == 0;
    let (revision, percent) = split.targets.iter().find_map(|target| {
        let name = target.revision.as_ref().filter(|_| target.percent > 0)?;
        history.conditions.get(name).filter(|condition| is_off(condition)).map(|_| (name.clone(), target.percent))
    })?;
    let title = format!("{percent} % of the traffic of {} is sent to {revision}, which is deactivated", service.name);
    let time = history.deployments.iter().map(|deployment| deployment.time).chain([split.time]).max()?;
    let link = ChainLink {
        role: Role::Cause,
        cluster: String::new(),
        title: format!("{revision} has weight {percent} and is not active"),
        count: 1,
        instances: 0,
        join: String::new(),
        evidence: Vec::new(),
    };
    let base =
        stated::finding(service, "inactive", inactive_score(), ("state", "the control plane's own objects say so"));
    let finding = Finding {
        cause: Cause {
            category: Category::TrafficState,
            summary: format!("{title}. A deactivated revision has no replicas, so requests sent to it find none."),
            ..base.cause.clone()
        },
        title,
        verdict: Verdict::Likely,
        revisions: vec![revision.clone()],
        first: if split.time == Timestamp(0) { time } else { split.time },
        last: time,
        why: vec![format!(
            "the split names {revision} with weight {percent} while the revision is not active: neither the split nor the deactivation takes the other back"
        )],
        impact: vec!["what users were answered is not known from the description alone".to_owned()],
        missing: vec!["request entries (ContainerAppHTTPLogs) of the time since".to_owned()],
        chain: vec![link],
        ..base
    };
    Some(Draft {
        captures: vec![("deactivated".to_owned(), revision)],
        ..stated::draft(finding, index, FailurePhase::Serving, time.0)
    })
}
