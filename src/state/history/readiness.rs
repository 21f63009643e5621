//! Which revisions became ready, when, and what the platform said.
//!
//! In go the timeline of a service and its documents; out comes the last known readiness
//! of each revision. A first "Ready True" without a message can come seconds before the
//! revision can serve; the one with "Deploying revision succeeded" is the one that counts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::timeline::{Timeline, is_service_condition, newest_of};
use crate::model::Timestamp;
use crate::state::history::document::Document;

/// The last known readiness of a revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Readiness {
    /// Whether it is ready; `None` while unknown.
    pub ready: Option<bool>,
    /// Since when.
    pub since: Timestamp,
    /// What the platform said, for example why it is not ready.
    pub message: String,
    /// Reason of the condition, for example `HealthCheckContainerError`.
    pub reason: String,
    /// How long the deployment took, in seconds, where the platform says.
    pub deploy_seconds: Option<f64>,
}

/// Last known readiness by revision.
pub(crate) fn readiness(timeline: &Timeline, documents: &[&Document]) -> BTreeMap<String, Readiness> {
    let mut all: BTreeMap<String, Readiness> = BTreeMap::new();
    for fact in &timeline.facts {
        let news = Readiness {
            ready: fact.ready,
            since: fact.time,
            message: fact.message.clone(),
            reason: fact.condition_reason.clone(),
            deploy_seconds: deploy_seconds(&fact.status_message),
        };
        if fact.kind == crate::facts::audit::AuditKind::Condition && !fact.revision.is_empty() {
            update(&mut all, &fact.revision, news);
        } else if is_service_condition(fact) && fact.ready == Some(false) {
            // The service tells of a newest revision that does not come up; the revision's own conditions say more.
            let newest = newest_of(fact);
            let is_named = fact.message.contains(&format!("'{newest}'"));
            let is_broken = fact.status_after.as_ref().is_some_and(|status| status.newest_ready == Some(false));
            if !newest.is_empty() && (is_named || is_broken) && timeline.conditions_of(newest).is_empty() {
                update(&mut all, newest, news);
            }
        }
    }
    for document in documents {
        // A service's document tells of its newest revision, where nothing else does.
        let Some(status) = document.status.as_ref().filter(|status| status.newest_ready == Some(false)) else {
            continue;
        };
        if let Some(since) = document.ready_since.filter(|_| !all.contains_key(&status.latest_created)) {
            let (message, reason) = (document.message.clone(), document.reason.clone());
            let news = Readiness { ready: Some(false), since, message, reason, deploy_seconds: None };
            update(&mut all, &status.latest_created, news);
        }
    }
    for document in documents.iter().filter(|document| !document.revision.is_empty()) {
        let Some(since) = document.ready_since else { continue };
        if all.get(&document.revision).is_none_or(|known| known.since <= since && known.ready != document.ready) {
            let (message, reason) = (document.message.clone(), document.reason.clone());
            update(
                &mut all,
                &document.revision,
                Readiness { ready: document.ready, since, message, reason, deploy_seconds: None },
            );
        }
    }
    all
}

fn update(all: &mut BTreeMap<String, Readiness>, revision: &str, news: Readiness) {
    match all.get_mut(revision) {
        None => {
            all.insert(revision.to_owned(), news);
        }
        Some(known) => {
            let deploy_seconds = news.deploy_seconds.or(known.deploy_seconds);
            if known.ready != news.ready || news.deploy_seconds.is_some() {
                *known = news;
            }
            known.deploy_seconds = deploy_seconds;
        }
    }
}

/// Seconds in "… Deploying revision succeeded in 1m19.29s."
pub(crate) fn deploy_seconds(message: &str) -> Option<f64> {
    let (_, rest) = message.split_once("Deploying revision succeeded in ")?;
    let duration = rest.split_whitespace().next()?.trim_end_matches('.').trim_end_matches('s');
    let (minutes, seconds) = duration.split_once('m').unwrap_or(("0", duration));
    let (hours, minutes) = minutes.split_once('h').unwrap_or(("0", minutes));
    let number = |text: &str| text.parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0);
    let seconds = if seconds.is_empty() { 0.0 } else { number(seconds)? };
    Some(number(hours)? * 3_600.0 + number(minutes)? * 60.0 + seconds)
}

#[cfg(test)]
mod tests {
    use super::deploy_seconds;

    #[test]
    fn the_duration_of_a_deployment_is_read_in_minutes_and_seconds() {
        let said =
            |duration: &str| deploy_seconds(&format!("… with message: Deploying revision succeeded in {duration}."));
        assert_eq!(said("23.02s"), Some(23.02));
        assert_eq!(said("1m19.5s"), Some(79.5));
        assert_eq!(said("4m"), Some(240.0));
        assert_eq!(said("soon"), None);
        assert_eq!(deploy_seconds("Ready condition status changed to True for Revision x."), None);
    }
}
