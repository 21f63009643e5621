//! What happened, in order: coverage, deployments, revisions, findings.

use super::view::{clean, time};
use crate::model::Timestamp;
use crate::model::report::{Report, Service};
use crate::model::time::NANOS_PER_SECOND;

/// Lines shown; a longer history keeps the beginning, and the last line counts the rest.
const LINES_MAX: usize = 60;

/// Lines of (time, what), in time order.
pub(super) fn timeline(report: &Report) -> Vec<(String, String)> {
    let mut events: Vec<(Timestamp, u8, String)> = Vec::new();
    let several = report.services.len() > 1;
    for service in &report.services {
        let of = if several { format!(" of {}", service.name) } else { String::new() };
        events.extend(deployments(service, &of));
        events.extend(
            service
                .revisions
                .iter()
                .filter_map(|revision| Some((revision.first?, 2, format!("first entry of {}", revision.name)))),
        );
        let state = &service.revision_state;
        if let (Some(from), Some(to)) = (state.from, state.to) {
            events.push((from, 2, format!("overlap{of} begins ({}: {})", state.state, state.revisions.join(", "))));
            events.push((to, 2, format!("overlap{of} ends")));
        }
    }
    for finding in &report.findings {
        events.push((finding.first, 3, format!("finding {} begins: {}", finding.rank, finding.title)));
        events.push((finding.last, 4, format!("last sign of finding {}", finding.rank)));
    }
    let export = &report.export;
    events.extend(export.first_timestamp.map(|at| (at, 0, "first entry of these files".to_owned())));
    events.extend(export.last_timestamp.map(|at| (at, 5, "last entry of these files".to_owned())));
    // Times are shown to the second, so that is what orders them; within one, the beginning of the files comes first.
    events.sort_by(|a, b| {
        let key = |event: &(Timestamp, u8, String)| (event.0.0.div_euclid(NANOS_PER_SECOND), event.1, event.0);
        key(a).cmp(&key(b)).then_with(|| a.2.cmp(&b.2))
    });
    let left_out = events.len().saturating_sub(LINES_MAX);
    let mut lines: Vec<(String, String)> =
        events.into_iter().take(LINES_MAX).map(|(at, _, what)| (time(at), clean(&what))).collect();
    if left_out > 0 {
        lines.push((String::new(), format!("{left_out} later ones are left out; the JSON report has them")));
    }
    lines
}

/// Numbered as in the pictures.
fn deployments(service: &Service, of: &str) -> Vec<(Timestamp, u8, String)> {
    let lines = service.deployments.iter().enumerate().map(|(number, deployment)| {
        let target = if deployment.revision.is_empty() { String::new() } else { format!(" {}", deployment.revision) };
        let actor = if deployment.actor.is_empty() { String::new() } else { format!(" by {}", deployment.actor) };
        let with = if deployment.client.is_empty() { String::new() } else { format!(" with {}", deployment.client) };
        let traffic = if deployment.traffic_after.is_empty() {
            String::new()
        } else {
            format!("; traffic {}", deployment.traffic_after)
        };
        (deployment.time, 1, format!("D{}{of}: {}{target}{actor}{with}{traffic}", number + 1, deployment.kind))
    });
    lines.collect()
}
