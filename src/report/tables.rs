//! The tables of the report: revisions, deployments, clusters, checks.

use super::escape;
use super::view::{Table, clean, time};
use crate::model::Timestamp;
use crate::model::report::{Cluster, Report, Service};

/// Clusters shown in the summary.
const CLUSTERS_MAX: usize = 10;

/// Name of the column whose cells are pictures made of characters: blanks in it count.
pub(super) const SPARKLINE: &str = "over time";

/// All tables, in the order of the page.
pub(super) fn tables(report: &Report, full: bool) -> Vec<Table> {
    let mut tables = Vec::new();
    let rows: Vec<Vec<String>> = report.services.iter().flat_map(|service| revision_rows(report, service)).collect();
    if !rows.is_empty() {
        tables.push(Table {
            title: "Revisions".to_owned(),
            columns: vec!["revision", "reqs", "5xx", "p95", "lives", "at once", "exits", "crash", "share", "state"],
            rows,
            note: String::new(),
        });
    }
    let rows: Vec<Vec<String>> = report.services.iter().flat_map(|service| deployment_rows(report, service)).collect();
    if !rows.is_empty() {
        tables.push(Table {
            title: "Deployments".to_owned(),
            columns: vec!["time", "kind", "revision", "what"],
            rows,
            note: String::new(),
        });
    }
    tables.push(cluster_table(report, full));
    tables.push(Table {
        title: "Checks".to_owned(),
        columns: vec!["check", "threshold", "observed", "status"],
        rows: report
            .checks
            .iter()
            .map(|check| {
                [&check.name, &check.threshold, &check.observed, &check.status].map(|text| clean(text)).to_vec()
            })
            .collect(),
        note: String::new(),
    });
    tables
}

/// Tables for who wants to check the report.
pub(super) fn appendix(report: &Report) -> Vec<Table> {
    let inputs = report.export.files.iter().map(|file| {
        let packed = if file.compression == "none" { "" } else { file.compression.as_str() };
        let form = format!("{} {} {packed}", file.format, file.encoding);
        let counts = [file.bytes, file.entries, file.rejected].map(|count| count.to_string());
        [vec![clean(&file.path), clean(&form)], counts.to_vec()].concat()
    });
    let scores = report.findings.iter().flat_map(|finding| {
        finding.score_parts.iter().map(|part| {
            vec![finding.rank.to_string(), clean(&part.name), format!("{:.1}", part.value), clean(&part.why)]
        })
    });
    vec![
        Table {
            title: "Inputs".to_owned(),
            columns: vec!["file", "form", "bytes", "entries", "unreadable"],
            rows: inputs.collect(),
            note: String::new(),
        },
        Table {
            title: "Scores".to_owned(),
            columns: vec!["finding", "part", "value", "why"],
            rows: scores.collect(),
            note: String::new(),
        },
    ]
}

fn revision_rows(report: &Report, service: &Service) -> Vec<Vec<String>> {
    let place = report.told_apart(service);
    service
        .revisions
        .iter()
        .map(|revision| {
            vec![
                clean(&format!("{}{place}", revision.name)),
                revision.requests.to_string(),
                revision.errors_5xx.to_string(),
                revision.latency_p95_ms.map_or_else(|| "-".to_owned(), latency),
                revision.instances.to_string(),
                at_once(service, &revision.name),
                revision.exits.to_string(),
                revision.crashes.to_string(),
                revision.traffic_percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent} %")),
                clean(revision.verdict.split(':').next().unwrap_or("")),
            ]
        })
        .collect()
}

/// Most instances of a revision alive at one time.
fn at_once(service: &Service, revision: &str) -> String {
    service.alive(revision).map_or_else(|| "-".to_owned(), |alive| alive.most.to_string())
}

fn deployment_rows(report: &Report, service: &Service) -> Vec<Vec<String>> {
    let place = report.told_apart(service);
    service
        .deployments
        .iter()
        .map(|deployment| {
            let mut what: Vec<String> = Vec::new();
            if !deployment.client.is_empty() {
                what.push(deployment.client.clone());
            }
            if !deployment.actor.is_empty() {
                what.push(format!("by {}", deployment.actor));
            }
            what.extend(deployment.changed_fields().map(|fields| format!("changed {fields}")));
            if !deployment.traffic_after.is_empty() {
                what.push(format!("traffic {}", deployment.traffic_after));
            }
            vec![
                time(deployment.time),
                clean(&deployment.kind),
                clean(&format!("{}{place}", deployment.revision)),
                clean(&what.join("; ")),
            ]
        })
        .collect()
}

fn cluster_table(report: &Report, full: bool) -> Table {
    let most = if full { usize::MAX } else { CLUSTERS_MAX };
    let extent = report.export.first_timestamp.zip(report.export.last_timestamp);
    Table {
        title: "Clusters".to_owned(),
        columns: vec!["id", "role", "count", "instances", SPARKLINE, "what it says"],
        rows: report
            .clusters
            .iter()
            .take(most)
            .map(|cluster| {
                vec![
                    clean(&cluster.id),
                    cluster.role.word(),
                    cluster.count.to_string(),
                    cluster.instances.to_string(),
                    extent.map_or_else(String::new, |(first, last)| sparkline(cluster, first, last)),
                    escape::line(&cluster.title, 160),
                ]
            })
            .collect(),
        note: match report.clusters.len().saturating_sub(most) {
            0 => String::new(),
            more => format!("{more} more with --full"),
        },
    }
}

/// Twelve cells over the covered time; a blank cell has no entry.
fn sparkline(cluster: &Cluster, first: Timestamp, last: Timestamp) -> String {
    const CELLS: usize = 12;
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let mut counts = [0u64; CELLS];
    let span = (i128::from(last.0) - i128::from(first.0)).max(1);
    for window in &cluster.windows {
        let at = (i128::from(window.start.0) - i128::from(first.0)).max(0) * CELLS as i128 / span;
        let cell = &mut counts[usize::try_from(at).unwrap_or(0).min(CELLS - 1)];
        *cell = cell.saturating_add(window.count);
    }
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    counts
        .iter()
        .map(|count| {
            if *count == 0 {
                ' '
            } else {
                BARS[usize::try_from(count.saturating_mul(8).div_ceil(most) - 1).unwrap_or(7).min(7)]
            }
        })
        .collect()
}

/// `340 ms`, `7.6 s`.
pub(super) fn latency(ms: f64) -> String {
    if ms >= 1_000.0 { format!("{:.1} s", ms / 1_000.0) } else { format!("{ms:.0} ms") }
}
