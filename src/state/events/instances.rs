//! Instances: when they were started, when they first answered, when they failed.

use super::{Scene, counted, moment, runs, tally};
use crate::model::Timestamp;
use crate::model::timeline::{Event, EventKind};
use crate::state::instances::{End, InstanceState};

pub(super) fn starts(scene: &Scene<'_>) -> Vec<Event> {
    let started = |instance: &InstanceState| instance.started.as_ref().map(|(time, _)| *time);
    grouped(scene, started, |revision, group| {
        let (first, last) = (*group.first()?, *group.last()?);
        let count = group.len() as u64;
        let reasons = tally(group.iter().filter_map(|(_, instance)| Some(instance.started.as_ref()?.1.clone())));
        let reasons = if reasons.is_empty() { String::new() } else { format!(" ({reasons})") };
        Some(Event {
            until: (first.0 < last.0).then_some(Timestamp(last.0)),
            count,
            ..moment(
                Timestamp(first.0),
                EventKind::Starts,
                revision,
                format!("{} started{reasons}", counted(count, "instance")),
            )
        })
    })
}

pub(super) fn crashes(scene: &Scene<'_>) -> Vec<Event> {
    let failed = |instance: &InstanceState| match instance.end {
        End::Failed(time) => Some(time),
        End::Open | End::Stopped(_) => None,
    };
    grouped(scene, failed, |revision, group| {
        let (first, last) = (*group.first()?, *group.last()?);
        let count = group.len() as u64;
        let at_boot = group.iter().filter(|(_, instance)| instance.failed_at_boot()).count();
        let codes =
            tally(group.iter().filter_map(|(_, instance)| instance.exit_code).map(|code| format!("exit code {code}")));
        let mut details = Vec::new();
        if at_boot > 0 {
            details.push(format!("{at_boot} before the first answer"));
        }
        if !codes.is_empty() {
            details.push(codes);
        }
        let details = if details.is_empty() { String::new() } else { format!(" ({})", details.join("; ")) };
        let row = group.iter().find_map(|(_, instance)| instance.failures.first());
        Some(Event {
            until: (first.0 < last.0).then_some(Timestamp(last.0)),
            count,
            evidence: row.map(|row| scene.quote(&scene.settled.rows[*row])),
            ..moment(
                Timestamp(first.0),
                EventKind::Crashes,
                revision,
                format!("{} failed{details}", counted(count, "instance")),
            )
        })
    })
}

/// The first request that an instance of each revision answered, and how long after its deploy that was.
pub(super) fn first_answers(scene: &Scene<'_>) -> Vec<Event> {
    let service = scene.service;
    service
        .revisions
        .iter()
        .filter_map(|revision| {
            let own = service.instances.iter().filter(|instance| instance.revision == revision.symbol);
            let first = own.map(|instance| instance.life.first_answer).min().filter(|first| *first != i64::MAX)?;
            let deployed = service
                .history
                .deployments
                .iter()
                .filter(|deployment| matches!(deployment.kind.as_str(), "deploy" | "failed"))
                .filter(|deployment| deployment.revision == revision.name && deployment.time.0 <= first)
                .map(|deployment| deployment.time)
                .next_back();
            let text = match deployed {
                Some(deployed) => format!(
                    "first answered request in these files, {:.1} s after its deploy",
                    Timestamp(first).seconds_since(deployed)
                ),
                None => "first answered request in these files".to_owned(),
            };
            Some(moment(Timestamp(first), EventKind::FirstAnswer, &revision.name, text))
        })
        .collect()
}

/// Instances by revision and time, told together where they follow each other closely.
fn grouped(
    scene: &Scene<'_>,
    when: impl Fn(&InstanceState) -> Option<i64>,
    tell: impl Fn(&str, &[(i64, &InstanceState)]) -> Option<Event>,
) -> Vec<Event> {
    let mut by_revision: std::collections::BTreeMap<&str, Vec<(i64, &InstanceState)>> =
        std::collections::BTreeMap::new();
    for instance in &scene.service.instances {
        if let Some(time) = when(instance) {
            by_revision.entry(scene.settled.text(instance.revision)).or_default().push((time, instance));
        }
    }
    let mut events = Vec::new();
    for (revision, mut instances) in by_revision {
        // Instances stand by first sign and id, so equal times keep one order.
        instances.sort_by_key(|(time, _)| *time);
        events.extend(runs(&instances, |(time, _)| *time).filter_map(|group| tell(revision, group)));
    }
    events
}
