//! What might have been the cause and is not, with the numbers that reject it.

use super::Draft;
use crate::classify::mark::Mark;
use crate::facts::Settled;
use crate::facts::clusters::Clusters;
use crate::model::Category;
use crate::model::report::RuledOut;
use crate::state::{ServiceState, State};

/// The usual suspects of each service that has a finding.
pub fn ruled_out(settled: &Settled, clusters: &Clusters, state: &State, drafts: &[Draft]) -> Vec<RuledOut> {
    let mut rejected = Vec::new();
    for (index, service) in state.services.iter().enumerate() {
        let findings: Vec<&Draft> = drafts.iter().filter(|draft| draft.service == Some(index)).collect();
        if findings.is_empty() {
            continue;
        }
        rejected.extend(two_revisions(service));
        rejected.extend(deployments(service, &findings));
        rejected.extend(memory(settled, clusters, service, &findings));
    }
    rejected
}

fn two_revisions(service: &ServiceState) -> Option<RuledOut> {
    let state = &service.revision_state;
    let written = service.revisions.iter().filter(|revision| revision.span.is_some()).count();
    if matches!(state.role.as_str(), "cause" | "unknown") {
        return None;
    }
    let reason = if written < 2 {
        let only = service.revisions.iter().find(|revision| revision.span.is_some())?;
        format!("only {} wrote entries in these files", only.name)
    } else {
        state.evidence.join("; ")
    };
    Some(RuledOut {
        hypothesis: format!("two live revisions of {} cause the failures ({})", service.name, state.state),
        reason,
        evidence: Vec::new(),
    })
}

/// Deployments between failures that look alike before and after them changed nothing about the cause.
fn deployments(service: &ServiceState, findings: &[&Draft]) -> Option<RuledOut> {
    let leading = findings.first()?;
    let (first, last) = (leading.finding.first, leading.finding.last);
    let within: Vec<_> = service
        .history
        .deployments
        .iter()
        .filter(|deployment| deployment.time > first && deployment.time < last)
        .collect();
    (!within.is_empty() && leading.finding.revisions.len() > 1).then(|| RuledOut {
        hypothesis: format!("the deployments of {} cause the failures", service.name),
        reason: format!(
            "{} changes were made between {} and {}, and the same cause shows before and after them, on {}",
            within.len(),
            first.to_rfc3339(),
            last.to_rfc3339(),
            leading.finding.revisions.join(" and ")
        ),
        evidence: Vec::new(),
    })
}

/// Server texts guess at memory; the platform says so when the limit was crossed.
fn memory(settled: &Settled, clusters: &Clusters, service: &ServiceState, findings: &[&Draft]) -> Option<RuledOut> {
    if findings.iter().any(|draft| draft.finding.cause.category == Category::Memory) {
        return None;
    }
    let guess = clusters.list.iter().find(|cluster| {
        let class = &settled.classes[cluster.class.0 as usize];
        cluster.service == service.symbol
            && class.mark != Mark::InstanceCrashed
            && class.text.to_ascii_lowercase().contains("out of memory")
    })?;
    Some(RuledOut {
        hypothesis: format!("instances of {} ran out of memory", service.name),
        reason: format!(
            "{} lines guess at it ({}), but the platform logged no crossed memory limit; the server prints this guess whenever it kills a worker that missed its heartbeat",
            guess.count, guess.id
        ),
        evidence: Vec::new(),
    })
}
