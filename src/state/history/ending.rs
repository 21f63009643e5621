//! How a service stands at the end of what is known.
//!
//! In go the timeline and the documents; out comes the newest revision, the newest ready
//! one, the instances kept running and the kind of startup probe. A document goes before
//! the entries unless its generation is older than theirs.

use super::timeline::{Timeline, status_of};
use crate::facts::audit::spec::{ServiceSpec, revision_number};
use crate::facts::audit::{AuditFact, AuditKind};
use crate::state::history::document::Document;

/// The state at the end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Ending {
    pub latest_created: Option<String>,
    pub latest_ready: Option<String>,
    pub min_instances: Option<u32>,
    pub startup_probe_is_default_tcp: Option<bool>,
}

/// The last known minimums and probe.
#[derive(Default)]
struct Settings {
    known: bool,
    revision_min: Option<u32>,
    service_min: Option<u32>,
    default_probe: Option<bool>,
}

/// Follows the facts to their end, then lets newer documents speak.
pub(crate) fn ending(timeline: &Timeline, documents: &[&Document]) -> Ending {
    let mut ending = Ending::default();
    let mut settings = Settings::default();
    for fact in &timeline.facts {
        follow_revisions(&mut ending, fact);
        let counts = matches!(fact.kind, AuditKind::Request | AuditKind::Condition);
        let is_newest = fact.revision.is_empty() || ending.latest_created.as_deref() == Some(fact.revision.as_str());
        if let Some(spec) = fact.spec.as_ref().filter(|_| counts && is_newest) {
            // What a creating call leaves out is unset, whatever an update mask leaves out is unknown.
            let whole = !spec.partial || fact.method.starts_with("Create");
            settings.take(spec, fact.revision.is_empty(), whole);
        }
    }
    let generation =
        timeline.facts.iter().filter(|fact| fact.kind == AuditKind::Condition).filter_map(|f| f.generation).max();
    let generation = generation.max(timeline.facts.iter().filter_map(|fact| fact.generation).max());
    for document in documents.iter().filter(|document| document.revision.is_empty()) {
        if document.generation.is_some_and(|of_document| generation.is_some_and(|known| of_document < known)) {
            continue;
        }
        if let Some(status) = &document.status {
            set(&mut ending.latest_created, &status.latest_created);
            set(&mut ending.latest_ready, &status.latest_ready);
        }
        if let Some(spec) = &document.spec {
            settings.take(spec, true, true);
        }
    }
    if settings.known {
        ending.min_instances = Some(settings.revision_min.max(settings.service_min).unwrap_or(0));
    }
    ending.startup_probe_is_default_tcp = settings.default_probe;
    ending
}

fn follow_revisions(ending: &mut Ending, fact: &AuditFact) {
    if let Some(status) = status_of(fact) {
        set(&mut ending.latest_created, &status.latest_created);
        set(&mut ending.latest_ready, &status.latest_ready);
    }
    if fact.kind == AuditKind::Condition && !fact.revision.is_empty() {
        if is_newer(&fact.revision, ending.latest_created.as_deref()) {
            set(&mut ending.latest_created, &fact.revision);
        }
        let is_latest = ending.latest_created.as_deref() == Some(fact.revision.as_str());
        if fact.ready == Some(true) && (is_latest || is_newer(&fact.revision, ending.latest_ready.as_deref())) {
            set(&mut ending.latest_ready, &fact.revision);
        }
    }
}

/// Whether a revision is numbered higher than the known one, or is the only one known.
fn is_newer(revision: &str, known: Option<&str>) -> bool {
    let Some(known) = known else { return true };
    revision_number(revision).zip(revision_number(known)).is_some_and(|(number, known)| number > known)
}

fn set(slot: &mut Option<String>, name: &str) {
    if !name.is_empty() {
        *slot = Some(name.to_owned());
    }
}

impl Settings {
    fn take(&mut self, spec: &ServiceSpec, of_service: bool, whole: bool) {
        if spec.has_template {
            self.known |= whole;
            if whole || spec.min_instances.is_some() {
                self.revision_min = spec.min_instances;
            }
            self.default_probe = spec.startup_probe_is_default.or(self.default_probe);
        }
        if of_service && (whole || spec.service_min.is_some()) {
            self.service_min = spec.service_min;
        }
    }
}
