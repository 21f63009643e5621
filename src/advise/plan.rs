//! From what was found to what to type: actions for each finding, notices for what the files lack,
//! and verdicts capped by it.

use super::notices::notices;
use super::standing::Standing;
use super::{Phase, Rollback, Situation, Surroundings, actions, export_command};
use crate::classify::matcher::Catalog;
use crate::model::report::{Finding, Notice};
use crate::model::{Category, Platform, Role, Timestamp};
use crate::reason::{Draft, FailurePhase, Reasoned};
use crate::state::coverage::Coverage;
use crate::state::history::{Condition, pipeline};
use crate::state::revisions::RevisionFacts;
use crate::state::{ServiceState, State};

/// Findings with actions, and notices.
pub struct Advised {
    /// In rank order.
    pub findings: Vec<Finding>,
    /// What limits the report.
    pub notices: Vec<Notice>,
}

/// Adds the actions.
pub fn advise(reasoned: &Reasoned, state: &State, coverage: &Coverage, catalog: &Catalog, paths: &[String]) -> Advised {
    let findings = reasoned
        .drafts
        .iter()
        .map(|draft| {
            let service = draft.service.map(|index| &state.services[index]);
            let mut finding = draft.finding.clone();
            finding.actions = plan(draft, service, coverage, catalog);
            finding
        })
        .collect();
    Advised { findings, notices: notices(state, coverage, paths) }
}

fn plan(
    draft: &Draft,
    service: Option<&ServiceState>,
    coverage: &Coverage,
    catalog: &Catalog,
) -> Vec<crate::model::report::Action> {
    let finding = &draft.finding;
    let signature = catalog.get(&finding.cause.signature);
    let empty = Vec::new();
    let home = service.map(|service| &service.home);
    let words = RollbackWords::of(draft, service);
    let standing = service.and_then(Standing::of).filter(|standing| standing.concerns(finding));
    let last_entry = coverage.extent.map_or(finding.last.0, |(_, last)| last);
    let situation = Situation {
        platform: home.map_or(Platform::Other, |home| home.platform),
        project: home.map_or("", |home| &home.project),
        location: home.map_or("", |home| &home.location),
        service: &finding.service,
        revisions: &finding.revisions,
        category: finding.cause.category,
        signature: &finding.cause.signature,
        captures: &draft.captures,
        advice_fix: signature.map_or(&empty, |signature| &signature.advice().fix),
        advice_check: signature.map_or(&empty, |signature| &signature.advice().check),
        from: finding.first,
        to: finding.last,
        instance: &draft.instance,
        rollback: words.rollback(),
        phase: phase(draft.phase),
        ongoing: draft.resolved_by.is_none() && last_entry - finding.last.0 < 600_000_000_000,
        resolved_by: draft.resolved_by.as_deref(),
        min_instances_keep_it_going: draft.minimum_keeps_it_going,
        tcp_probe_passed: draft.probe_passed,
        newest_not_ready: draft.phase == FailurePhase::Deploy
            && service.is_some_and(|service| older_serves(service, finding)),
        pinned: finding.cause.category == Category::TrafficState,
        path: draft.path.split_once(' ').map_or("", |(_, path)| path),
        around: service.map_or_else(Surroundings::default, |service| Surroundings {
            standing: standing.as_ref(),
            target_is_active: words.target().is_some_and(|name| service.revision(name).is_some_and(is_active)),
            ..surroundings(service, finding)
        }),
    };
    actions(&situation)
}

/// Whether a revision that does not fail is known to have been ready, to answer, or to have the traffic.
fn older_serves(service: &ServiceState, finding: &Finding) -> bool {
    let other = |name: &String| !finding.revisions.contains(name);
    service.history.latest_ready.as_ref().is_some_and(other)
        || service.revisions.iter().filter(|revision| other(&revision.name)).any(|revision| {
            revision.ready == Some(true) || revision.health.succeeded > 0 || revision.traffic_percent.unwrap_or(0) > 0
        })
}

/// What the state of the service adds to a finding about it.
fn surroundings<'a>(service: &'a ServiceState, finding: &Finding) -> Surroundings<'a> {
    let history = &service.history;
    let failing = |revision: &RevisionFacts| finding.revisions.contains(&revision.name);
    let is_good = |revision: &RevisionFacts| revision.condition.as_ref().is_some_and(Condition::is_good);
    let serving = service
        .revisions
        .iter()
        .filter(|revision| revision.traffic_percent.unwrap_or(0) > 0 && is_good(revision) && !failing(revision))
        .max_by_key(|revision| (revision.traffic_percent, &revision.name));
    let idle =
        service.revisions.iter().find(|revision| is_active(revision) && revision.traffic_percent.unwrap_or(0) == 0);
    let failing_image = finding.revisions.last().and_then(|revision| history.images.get(revision));
    let refused = pipeline::failed_at(&history.runs, finding.last);
    let running = history.runs.iter().find(|run| run.ended.is_none() && run.status == "in_progress");
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a run ends within a day or two")]
    let minutes = |seconds: f64| (seconds / 60.0).ceil().clamp(1.0, 100_000.0) as u32;
    Surroundings {
        shares_its_name: finding.place.is_some(),
        group: &history.group,
        mode: &history.mode,
        serving: serving.map_or("", |revision| &revision.name),
        idle: idle.map_or("", |revision| &revision.name),
        image: failing_image.map_or("", String::as_str),
        memory: &history.memory,
        refused_run: refused.map_or("", |run| &run.id),
        running_run: running.map_or("", |run| &run.id),
        target_is_active: false,
        target_port: history.target_port,
        standing: None,
        typical_minutes: pipeline::typical_seconds(&history.runs).map(|(seconds, runs)| (minutes(seconds), runs)),
    }
}

fn is_active(revision: &RevisionFacts) -> bool {
    revision.condition.as_ref().is_some_and(|condition| condition.active == Some(true))
}

fn phase(phase: FailurePhase) -> Phase {
    match phase {
        FailurePhase::Boot => Phase::Boot,
        FailurePhase::Serving => Phase::Serving,
        FailurePhase::Deploy => Phase::Deploy,
        FailurePhase::Job => Phase::Job,
        FailurePhase::Build => Phase::Build,
    }
}

/// What may be said about a rollback: a target needs evidence of health of its own in these files.
enum RollbackWords {
    To(String, String),
    NotNeeded(String),
    WouldNotHelp(String),
    Unknown(String),
}

impl RollbackWords {
    fn of(draft: &Draft, service: Option<&ServiceState>) -> Self {
        let finding = &draft.finding;
        let Some(service) = service else { return Self::NotNeeded("no service is concerned".to_owned()) };
        if let Some(revision) = &draft.resolved_by {
            return Self::NotNeeded(format!("it ended with {revision}"));
        }
        if draft.phase == FailurePhase::Deploy {
            let serving = service
                .revisions
                .iter()
                .find(|revision| revision.health.succeeded > 0 && !finding.revisions.contains(&revision.name));
            return Self::NotNeeded(serving.map_or_else(
                || "a revision that never became ready gets no traffic".to_owned(),
                |revision| format!("{} keeps serving", revision.name),
            ));
        }
        let misdirected = draft.captures.iter().any(|(name, _)| name == "deactivated");
        if !misdirected && !finding.chain.iter().any(|link| matches!(link.role, Role::Failure | Role::Impact)) {
            return Self::NotNeeded("no failure hangs on it in these files".to_owned());
        }
        let healthy = service
            .revisions
            .iter()
            .filter(|revision| !finding.revisions.contains(&revision.name))
            .filter_map(|revision| {
                revision.proof_of_health().map(|proof| (revision.health.last_success, revision, proof))
            })
            .max_by_key(|(last, revision, _)| (*last, revision.name.clone()));
        let failing: Vec<&str> = finding.revisions.iter().map(String::as_str).collect();
        let has_all = |revision: &RevisionFacts| revision.traffic_percent == Some(100);
        let is_reached = finding.chain.iter().any(|link| link.role == Role::Impact);
        match healthy {
            Some((_, revision, _)) if has_all(revision) && !is_reached => Self::NotNeeded(format!(
                "{} has all the traffic already, and no request failed on {}",
                revision.name,
                failing.join(" and ")
            )),
            Some((_, revision, proof)) => Self::To(revision.name.clone(), proof),
            None if failing.len() > 1 => Self::WouldNotHelp(format!(
                "{} fail of the same cause, so going back among them changes nothing",
                failing.join(" and ")
            )),
            None => Self::Unknown("no other revision shows a successful request in these files".to_owned()),
        }
    }

    /// The revision to go back to.
    fn target(&self) -> Option<&str> {
        if let Self::To(revision, _) = self { Some(revision) } else { None }
    }

    fn rollback(&self) -> Rollback<'_> {
        match self {
            Self::To(revision, proof) => Rollback::To { revision, proof },
            Self::NotNeeded(why) => Rollback::NotNeeded { why },
            Self::WouldNotHelp(why) => Rollback::WouldNotHelp { why },
            Self::Unknown(why) => Rollback::Unknown { why },
        }
    }
}

/// The command that exports one service without losing entries, with a margin around the window.
pub(super) fn complete_export(service: &ServiceState, first: i64, last: i64) -> String {
    const MARGIN_NANOS: i64 = 1_800_000_000_000;
    let kind = match service.home.platform {
        Platform::CloudRunJob => "cloud_run_job",
        Platform::AzureContainerApps => "container_app",
        _ => "cloud_run_revision",
    };
    export_command(
        &service.home.project,
        &service.name,
        kind,
        Timestamp(first - MARGIN_NANOS),
        Timestamp(last + MARGIN_NANOS),
    )
}
