//! Reads one system row of Azure Container Apps as a step of the deployment history.
//!
//! In goes an entry of the system log; out comes an [`AuditFact`] of the same kinds that Cloud Run's audit
//! entries give, or `None` when the row is about replicas. The platform writes no entry of who asked, but it
//! names the revision in every row, so its name stands in for the nonce that joins a call with what it made.
//! Texts: Azure docs, Container Apps, log monitoring and revisions.

use super::spec::{ServiceSpec, ServiceStatus, TrafficTarget};
use super::{AuditFact, AuditKind};
use crate::classify::redact::Level;
use crate::model::{Entry, Platform, Stream, Timestamp};

/// What a row says about deployments.
enum Said<'a> {
    Creates(&'a str),
    Ready(&'a str),
    Failed(&'a str, &'a str),
    Weight(&'a str, u32),
    Updates(&'a str),
    SingleMode,
}

/// Reads a system row; `None` when it says nothing about a deployment.
pub fn azure_fact(entry: &Entry<'_>, time: Timestamp) -> Option<AuditFact> {
    if entry.platform != Platform::AzureContainerApps || entry.stream != Stream::System {
        return None;
    }
    let said = said(&entry.text, &entry.resource.revision)?;
    let revision = match said {
        Said::Creates(name)
        | Said::Ready(name)
        | Said::Failed(name, _)
        | Said::Weight(name, _)
        | Said::Updates(name) => name,
        Said::SingleMode => "",
    };
    let service = revision.split_once("--").map_or("", |(app, _)| app);
    let mut fact = AuditFact {
        project: entry.resource.project.to_string(),
        location: entry.resource.location.to_string(),
        service: if entry.resource.service.is_empty() { service } else { &*entry.resource.service }.to_owned(),
        ..AuditFact::new(time, AuditKind::Other, &entry.reason, entry.position)
    };
    match said {
        Said::Creates(name) => {
            fact.kind = AuditKind::Request;
            "CreateRevision".clone_into(&mut fact.method);
            name.clone_into(&mut fact.nonce);
            fact.spec = Some(ServiceSpec { partial: true, revision_name: name.to_owned(), ..ServiceSpec::default() });
            fact.status_after = Some(ServiceStatus { latest_created: name.to_owned(), ..ServiceStatus::default() });
        }
        Said::Ready(name) => condition(&mut fact, name, true, "", ""),
        Said::Failed(name, reason) => condition(&mut fact, name, false, reason, &entry.text),
        Said::Weight(name, percent) => {
            fact.kind = AuditKind::Request;
            "UpdateTraffic".clone_into(&mut fact.method);
            let target = TrafficTarget { revision: Some(name.to_owned()), percent, tag: None };
            fact.spec = Some(ServiceSpec { partial: true, traffic: vec![target], ..ServiceSpec::default() });
        }
        Said::Updates(name) => {
            fact.kind = AuditKind::Request;
            "UpdateApp".clone_into(&mut fact.method);
            fact.spec = Some(ServiceSpec { partial: true, revision_name: name.to_owned(), ..ServiceSpec::default() });
        }
        Said::SingleMode => "Single".clone_into(&mut fact.condition_reason),
    }
    Some(fact.redacted(Level::default()))
}

fn condition(fact: &mut AuditFact, name: &str, ready: bool, reason: &str, message: &str) {
    fact.kind = AuditKind::Condition;
    "Revision".clone_into(&mut fact.method);
    name.clone_into(&mut fact.revision);
    name.clone_into(&mut fact.nonce);
    fact.ready = Some(ready);
    reason.clone_into(&mut fact.condition_reason);
    message.clone_into(&mut fact.message);
}

fn said<'a>(text: &'a str, of_revision: &'a str) -> Option<Said<'a>> {
    if let Some(name) = text.strip_prefix("Creating a new revision: ") {
        return revision(name).map(Said::Creates);
    }
    if let Some(name) = text.strip_prefix("Successfully provisioned revision ") {
        return revision(name).map(Said::Ready);
    }
    if let Some(rest) = text.strip_prefix("Error provisioning revision ") {
        let reason = rest.split_once("ErrorCode: [").and_then(|(_, code)| code.split_once(']')).map_or("", |(c, _)| c);
        return revision(rest).map(|name| Said::Failed(name, reason));
    }
    if let Some(rest) = text.strip_prefix("Setting traffic weight of '") {
        let (percent, rest) = rest.split_once("%'")?;
        let percent = percent.parse().ok().filter(|percent| *percent <= 100)?;
        return revision(rest.split_once("revision ")?.1).map(|name| Said::Weight(name, percent));
    }
    if let Some(rest) = text.strip_prefix("Revision ").filter(|rest| rest.contains(" updated. No new revision")) {
        return revision(rest).map(Said::Updates);
    }
    if text.starts_with("Deployment Progress Deadline Exceeded") && !of_revision.is_empty() {
        return Some(Said::Failed(of_revision, "DeploymentProgressDeadlineExceeded"));
    }
    text.contains("ActiveRevisionsMode=Single").then_some(Said::SingleMode)
}

/// The revision's name at the start of a text, bare or in quotes.
fn revision(text: &str) -> Option<&str> {
    let text = text.trim_start().trim_start_matches(['\'', '"']);
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(text.len());
    Some(&text[..end]).filter(|name| name.contains("--"))
}

#[cfg(test)]
mod tests {
    use super::{Said, said};

    fn words(text: &str) -> String {
        match said(text, "shop--b") {
            Some(Said::Creates(name)) => format!("creates {name}"),
            Some(Said::Ready(name)) => format!("ready {name}"),
            Some(Said::Failed(name, reason)) => format!("failed {name} {reason}"),
            Some(Said::Weight(name, percent)) => format!("weight {name} {percent}"),
            Some(Said::Updates(name)) => format!("updates {name}"),
            Some(Said::SingleMode) => "single".to_owned(),
            None => String::new(),
        }
    }

    #[test]
    fn rows_about_revisions_are_steps_of_the_history_and_others_are_not() {
        for (text, expected) in [
            ("Creating a new revision: shop--0000007", "creates shop--0000007"),
            ("Successfully provisioned revision 'shop--0000007'", "ready shop--0000007"),
            (
                "Error provisioning revision shop--a1b2c3d. ErrorCode: [ErrImagePull]",
                "failed shop--a1b2c3d ErrImagePull",
            ),
            ("Error provisioning revision shop--a1b2c3d.", "failed shop--a1b2c3d "),
            ("Setting traffic weight of '50%' for revision 'shop--a'", "weight shop--a 50"),
            ("Setting traffic weight of '500%' for revision 'shop--a'", ""),
            ("Revision 'shop--a' updated. No new revision was provisioned.", "updates shop--a"),
            (
                "Deployment Progress Deadline Exceeded. 0/1 replicas ready.",
                "failed shop--b DeploymentProgressDeadlineExceeded",
            ),
            ("Deactivating Old revisions since 'ActiveRevisionsMode=Single'", "single"),
            ("Created container 'shop'", ""),
            ("Creating a new revision: ", ""),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }
}
