//! Everything that a person reads, computed once: numbers, times, sentences, tables.
//!
//! In: the report. Out: a [`View`] of plain strings, free of control characters. Renderers lay it out and
//! compute nothing.

use super::escape;
use crate::model::report::{Action, Cluster, Evidence, Finding, Report, Service};
use crate::model::{Risk, Timestamp};

/// Longest sentence made of log text, in characters.
const SENTENCE_MAX: usize = 300;

/// Findings shown in short after the first.
const OTHERS_MAX: usize = 5;

/// Clusters shown in the summary.
const CLUSTERS_MAX: usize = 10;

/// The whole page.
pub(super) struct View {
    /// First line: verdict and title, or that nothing was found.
    pub headline: String,
    /// Word of the first finding's verdict; empty where nothing was found.
    pub verdict: String,
    /// `name: value` lines under the headline.
    pub facts: Vec<(String, String)>,
    /// The findings that are told in full.
    pub findings: Vec<FindingView>,
    /// The others, a line each.
    pub others: Vec<String>,
    /// How many findings are not shown.
    pub others_left_out: usize,
    /// Notices: (code, message, effect, command).
    pub notices: Vec<(String, String, String, String)>,
    /// Rejected hypotheses: (hypothesis, reason).
    pub ruled_out: Vec<(String, String)>,
    /// Tables.
    pub tables: Vec<Table>,
    /// Sentences about each service's revision state.
    pub states: Vec<String>,
    /// Last line.
    pub footer: String,
}

/// One finding in full.
pub(super) struct FindingView {
    /// `1. confirmed: …`.
    pub heading: String,
    /// Name and value: service, revisions, window, category.
    pub facts: Vec<(String, String)>,
    /// What it is, in a sentence or two.
    pub summary: String,
    /// What was hit.
    pub impact: Vec<String>,
    /// The chain as sentences.
    pub why: Vec<String>,
    /// Links with their evidence.
    pub chain: Vec<LinkView>,
    /// What speaks for, against, and what is missing.
    pub weighing: Vec<String>,
    /// Actions.
    pub actions: Vec<ActionView>,
}

/// One link of a chain.
pub(super) struct LinkView {
    /// Role, count and title.
    pub line: String,
    /// How it is joined; may be empty.
    pub join: String,
    /// Quotes: (where, lines of text).
    pub evidence: Vec<(String, Vec<String>)>,
}

/// One action.
pub(super) struct ActionView {
    /// Stage, title and risk.
    pub line: String,
    /// Command, as it is to be typed; empty where there is none.
    pub command: String,
    /// Precondition, expectation and undo, each with its word.
    pub notes: Vec<String>,
}

/// A table.
pub(super) struct Table {
    /// Heading.
    pub title: String,
    /// Column names.
    pub columns: Vec<&'static str>,
    /// Cells.
    pub rows: Vec<Vec<String>>,
    /// A line below it; may be empty.
    pub note: String,
}

/// Computes the page.
pub(super) fn view(report: &Report, full: bool) -> View {
    let first = report.findings.first();
    let told = if full { report.findings.len() } else { 1 };
    let others: Vec<&Finding> = report.findings.iter().skip(told).collect();
    View {
        headline: headline(report),
        verdict: first.map_or_else(String::new, |finding| finding.verdict.word()),
        facts: export_facts(report),
        findings: report.findings.iter().take(told).map(|finding| finding_view(finding, full)).collect(),
        others: others.iter().take(OTHERS_MAX).map(|finding| short(finding)).collect(),
        others_left_out: others.len().saturating_sub(OTHERS_MAX),
        notices: report
            .export
            .notices
            .iter()
            .map(|notice| {
                let command = notice.command.clone().unwrap_or_default();
                (notice.code.clone(), clean(&notice.message), clean(&notice.effect), command)
            })
            .collect(),
        ruled_out: report.ruled_out.iter().map(|one| (clean(&one.hypothesis), clean(&one.reason))).collect(),
        tables: tables(report, full),
        states: report.services.iter().filter(|service| service.revisions.len() > 1).map(state).collect(),
        footer: format!(
            "{} {}, report schema {}",
            report.generator.name, report.generator.version, report.schema_version
        ),
    }
}

fn headline(report: &Report) -> String {
    match report.findings.first() {
        Some(finding) => format!("{}: {}", capital(&finding.verdict.word()), clean(&finding.title)),
        None => "No incident found in these files".to_owned(),
    }
}

fn export_facts(report: &Report) -> Vec<(String, String)> {
    let export = &report.export;
    let mut facts = Vec::new();
    if let (Some(first), Some(last)) = (export.first_timestamp, export.last_timestamp) {
        facts.push(("Covered".to_owned(), format!("{} ({})", range(first, last), duration(export.covered_seconds))));
    }
    let duplicates = export.entries.saturating_sub(export.unique_entries);
    let mut read = format!("{} entries", export.unique_entries);
    if duplicates > 0 {
        read.push_str(&format!(", {duplicates} duplicates left out"));
    }
    if export.rejected > 0 {
        read.push_str(&format!(", {} unreadable", export.rejected));
    }
    read.push_str(&format!(
        "; {} instances, {} revisions, {} deployments",
        export.distinct_instances,
        report.services.iter().map(|service| service.revisions.len()).sum::<usize>(),
        export.deployments
    ));
    facts.push(("Read".to_owned(), read));
    facts
}

fn finding_view(finding: &Finding, full: bool) -> FindingView {
    let mut facts = Vec::new();
    if !finding.service.is_empty() {
        facts.push(("Service".to_owned(), clean(&finding.service)));
    }
    if !finding.revisions.is_empty() {
        facts.push(("Revision".to_owned(), clean(&finding.revisions.join(", "))));
    }
    facts.push(("Seen".to_owned(), range(finding.first, finding.last)));
    facts.push(("Category".to_owned(), finding.cause.category.word()));
    let weighing = [("For", &finding.support), ("Against", &finding.against), ("Missing", &finding.missing)];
    FindingView {
        heading: format!("{}. {}: {}", finding.rank, finding.verdict.word(), clean(&finding.title)),
        facts,
        summary: clean(&finding.cause.summary),
        impact: finding.impact.iter().map(|sentence| clean(sentence)).collect(),
        why: finding.why.iter().map(|sentence| clean(sentence)).collect(),
        chain: finding
            .chain
            .iter()
            .map(|link| {
                let on = if link.instances > 0 {
                    format!(" on {} {}", link.instances, plural(link.instances, "instance"))
                } else {
                    String::new()
                };
                LinkView {
                    line: format!("{}: {} × {}{on}", link.role.word(), link.count, clean(&link.title)),
                    join: clean(&link.join),
                    evidence: link.evidence.iter().take(if full { 9 } else { 1 }).map(quote).collect(),
                }
            })
            .collect(),
        weighing: weighing
            .into_iter()
            .flat_map(|(word, sentences)| sentences.iter().map(move |sentence| format!("{word}: {}", clean(sentence))))
            .collect(),
        actions: finding.actions.iter().map(action).collect(),
    }
}

fn quote(evidence: &Evidence) -> (String, Vec<String>) {
    let id = if evidence.insert_id.is_empty() { String::new() } else { format!(", insertId {}", evidence.insert_id) };
    let place = format!("{}, {}:{}{id}", evidence.timestamp.to_rfc3339(), evidence.file, evidence.line);
    (clean(&place), tail(&evidence.text))
}

/// A trace names its error last; other texts begin with what matters.
fn tail(text: &str) -> Vec<String> {
    let mut lines = escape::lines(text, 60, 200);
    if text.starts_with("Traceback") && lines.len() > 4 {
        let first = lines.remove(0);
        let keep = lines.split_off(lines.len().saturating_sub(3));
        lines = [vec![first, "  …".to_owned()], keep].concat();
    }
    lines.truncate(6);
    lines
}

fn action(action: &Action) -> ActionView {
    let risk = match action.risk {
        Risk::ReadOnly => "read-only",
        Risk::Reversible => "reversible",
        Risk::Destructive => "DESTRUCTIVE",
    };
    let notes = [("before", &action.precondition), ("expect", &action.expect), ("undo", &action.undo)];
    ActionView {
        line: format!("{}: {} ({risk})", action.stage.word(), clean(&action.title)),
        command: escape::lines(&action.command, 40, 4_000).join("\n"),
        notes: notes
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(word, text)| format!("{word}: {}", clean(text)))
            .collect(),
    }
}

fn short(finding: &Finding) -> String {
    let service = if finding.service.is_empty() { String::new() } else { format!(" [{}]", clean(&finding.service)) };
    format!("{}. {}: {}{service}", finding.rank, finding.verdict.word(), clean(&finding.title))
}

fn state(service: &Service) -> String {
    let state = &service.revision_state;
    format!("{}: {} (role: {}). {}", service.name, state.state, state.role, clean(&state.evidence.join("; ")))
}

fn tables(report: &Report, full: bool) -> Vec<Table> {
    let mut tables = Vec::new();
    let rows: Vec<Vec<String>> = report.services.iter().flat_map(revision_rows).collect();
    if !rows.is_empty() {
        tables.push(Table {
            title: "Revisions".to_owned(),
            columns: vec!["revision", "reqs", "5xx", "p95", "inst", "exits", "crash", "share", "state"],
            rows,
            note: String::new(),
        });
    }
    let rows: Vec<Vec<String>> = report.services.iter().flat_map(deployment_rows).collect();
    if !rows.is_empty() {
        tables.push(Table {
            title: "Deployments".to_owned(),
            columns: vec!["time", "kind", "revision", "by", "changed", "traffic after"],
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
                vec![check.name.clone(), check.threshold.clone(), check.observed.clone(), check.status.clone()]
            })
            .collect(),
        note: String::new(),
    });
    tables
}

fn revision_rows(service: &Service) -> Vec<Vec<String>> {
    service
        .revisions
        .iter()
        .map(|revision| {
            vec![
                clean(&revision.name),
                revision.requests.to_string(),
                revision.errors_5xx.to_string(),
                revision.latency_p95_ms.map_or_else(|| "-".to_owned(), latency),
                revision.instances.to_string(),
                revision.exits.to_string(),
                revision.crashes.to_string(),
                revision.traffic_percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent} %")),
                revision.verdict.split(':').next().unwrap_or("").to_owned(),
            ]
        })
        .collect()
}

fn deployment_rows(service: &Service) -> Vec<Vec<String>> {
    service
        .deployments
        .iter()
        .map(|deployment| {
            let fields: Vec<&str> = deployment.changes.iter().map(|change| change.field.as_str()).collect();
            vec![
                time(deployment.time),
                deployment.kind.clone(),
                clean(&deployment.revision),
                clean(&[deployment.actor.as_str(), deployment.client.as_str()].join(" ")),
                clean(&fields.join(", ")),
                clean(&deployment.traffic_after),
            ]
        })
        .collect()
}

fn cluster_table(report: &Report, full: bool) -> Table {
    let most = if full { usize::MAX } else { CLUSTERS_MAX };
    let extent = report.export.first_timestamp.zip(report.export.last_timestamp);
    Table {
        title: "Clusters".to_owned(),
        columns: vec!["id", "role", "count", "instances", "over time", "what it says"],
        rows: report
            .clusters
            .iter()
            .take(most)
            .map(|cluster| {
                vec![
                    cluster.id.clone(),
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

fn clean(text: &str) -> String {
    escape::line(text, SENTENCE_MAX * 4)
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn plural(count: u64, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

/// `2025-09-16 01:42:17Z`.
fn time(at: Timestamp) -> String {
    format!("{} {}Z", at.to_date(), at.to_clock())
}

/// Both ends, the date only once where it is the same.
fn range(first: Timestamp, last: Timestamp) -> String {
    if first.to_date() == last.to_date() {
        format!("{} to {}Z", time(first).trim_end_matches('Z'), last.to_clock())
    } else {
        format!("{} to {}", time(first), time(last))
    }
}

/// `2 min 06 s`.
fn duration(seconds: f64) -> String {
    #[allow(clippy::cast_possible_truncation, reason = "an export covers far less than 2^63 seconds")]
    let whole = seconds.round() as i64;
    match whole {
        ..60 => format!("{seconds:.1} s"),
        60..3_600 => format!("{} min {:02} s", whole / 60, whole % 60),
        3_600..86_400 => format!("{} h {:02} min", whole / 3_600, whole % 3_600 / 60),
        _ => format!("{} d {:02} h", whole / 86_400, whole % 86_400 / 3_600),
    }
}

fn latency(ms: f64) -> String {
    if ms >= 1_000.0 { format!("{:.1} s", ms / 1_000.0) } else { format!("{ms:.0} ms") }
}
