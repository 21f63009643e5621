//! Deploys that change nothing: traffic is pinned to a revision by name, and later ones get none.
//!
//! In: a service's history. Out: at most one draft. A pin that was set after the newest deploy is a
//! rollback somebody wanted, and a newest revision with a tag is a canary: neither is told.

use super::weights::pinned_score;
use super::{Draft, FailurePhase, stated};
use crate::facts::Settled;
use crate::model::report::{Cause, ChainLink, Evidence, Finding};
use crate::model::{Category, Role, Timestamp, Verdict};
use crate::state::ServiceState;

/// The finding, if later deploys of the service were ready and got no traffic.
pub(super) fn pinned(settled: &Settled, index: usize, service: &ServiceState, files: &[String]) -> Option<Draft> {
    let last = service.history.traffic.last()?;
    let follows_latest = last.targets.iter().any(|target| target.revision.is_none() && target.percent > 0);
    let pin = last.targets.iter().find(|target| target.percent == 100)?.revision.clone()?;
    let since = pinned_since(service, &pin);
    let is_tagged =
        |name: &str| last.targets.iter().any(|target| target.tag.is_some() && target.revision.as_deref() == Some(name));
    let later: Vec<&crate::model::report::Deployment> = service
        .history
        .deployments
        .iter()
        .filter(|deployment| deployment.kind == "deploy" && deployment.time > since && deployment.revision != pin)
        .filter(|deployment| {
            service.history.readiness.get(&deployment.revision).is_some_and(|state| state.ready == Some(true))
        })
        .filter(|deployment| !is_tagged(&deployment.revision))
        .collect();
    let newest = later.last()?;
    if follows_latest {
        return None;
    }
    let names: Vec<String> = later.iter().map(|deployment| deployment.revision.clone()).collect();
    let title = format!(
        "Traffic of {} is pinned to {pin} by name: {} became ready and {} no traffic",
        service.name,
        names.join(", "),
        if names.len() == 1 { "gets" } else { "get" }
    );
    let evidence: Vec<Evidence> = settled
        .audit_of(service.symbol)
        .filter(|fact| fact.time == since || later.iter().any(|deployment| deployment.time == fact.time))
        .take(4)
        .map(|fact| Evidence {
            timestamp: fact.time,
            insert_id: fact.insert_id.clone(),
            file: files.get(fact.position.file as usize).cloned().unwrap_or_default(),
            line: fact.position.line,
            text: format!("{} {} ({})", fact.method, fact.service, fact.client),
        })
        .collect();
    let link = ChainLink {
        role: Role::Cause,
        cluster: String::new(),
        title: format!("{pin} is set to 100 % by name since {}", since.to_rfc3339()),
        count: evidence.len() as u64,
        instances: 0,
        join: String::new(),
        evidence,
    };
    let base = stated::finding(service, "pinned", pinned_score(), ("state", "the control plane's own objects say so"));
    let finding = Finding {
        why: vec![format!(
            "a revision pinned by name keeps all traffic until {}; {} deploys came after it",
            service.home.platform.follow_latest(),
            names.len()
        )],
        impact: vec![format!("users still get {pin}; no failed request hangs on it")],
        cause: Cause {
            category: Category::TrafficState,
            summary: format!("{title}. A pin by name outlasts every deploy."),
            ..base.cause.clone()
        },
        title,
        verdict: Verdict::Likely,
        revisions: [vec![pin], names].concat(),
        first: since,
        last: newest.time,
        chain: vec![link],
        ..base
    };
    Some(stated::draft(finding, index, FailurePhase::Serving, newest.time.0))
}

/// When traffic was first set to this revision alone, in the last unbroken run.
fn pinned_since(service: &ServiceState, pin: &str) -> Timestamp {
    let alone = |targets: &[crate::facts::audit::TrafficTarget]| {
        targets.iter().any(|target| target.percent == 100 && target.revision.as_deref() == Some(pin))
    };
    service
        .history
        .traffic
        .iter()
        .rev()
        .take_while(|change| alone(&change.targets))
        .last()
        .map_or(Timestamp(i64::MAX), |change| change.time)
}
