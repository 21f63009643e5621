//! Everything that a person reads, computed once: numbers, times, sentences, tables.
//!
//! In: the report. Out: a [`View`] of plain strings, free of control characters. Renderers lay it out and
//! compute nothing.

use super::{escape, suppressed, tables, timeline};
use crate::model::report::{Action, Evidence, Finding, Report, Service};
use crate::model::time::human_duration;
use crate::model::{Risk, Timestamp};

/// Longest sentence made of log text, in characters.
const SENTENCE_MAX: usize = 300;

/// Findings shown in short after the first.
const OTHERS_MAX: usize = 5;

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
    /// Findings taken out by the ignore file, a line each.
    pub suppressed: Vec<String>,
    /// Notices: (code, message, effect, command).
    pub notices: Vec<(String, String, String, String)>,
    /// Rejected hypotheses: (hypothesis, reason).
    pub ruled_out: Vec<(String, String)>,
    /// What happened, in order: (time, what).
    pub timeline: Vec<(String, String)>,
    /// Tables.
    pub tables: Vec<Table>,
    /// Tables for who wants to check the report: inputs, scores.
    pub appendix: Vec<Table>,
    /// What was replaced by pseudonyms.
    pub redaction: String,
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
    /// Whether it only reads, can be taken back, or cannot.
    pub risk: Risk,
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
        suppressed: suppressed::lines(report),
        notices: report
            .export
            .notices
            .iter()
            .map(|notice| {
                let command = notice.command.as_deref().map(escape::command).unwrap_or_default();
                (clean(&notice.code), clean(&notice.message), clean(&notice.effect), command)
            })
            .collect(),
        ruled_out: report.ruled_out.iter().map(|one| (clean(&one.hypothesis), clean(&one.reason))).collect(),
        timeline: timeline::timeline(report),
        tables: tables::tables(report, full),
        appendix: tables::appendix(report),
        redaction: redaction(report),
        states: report
            .services
            .iter()
            .filter(|service| service.revisions.len() > 1)
            .map(|one| state(report, one))
            .collect(),
        footer: format!("{}, report schema {}", program(report), report.schema_version),
    }
}

/// `whydown 0.1.0`.
pub(super) fn program(report: &Report) -> String {
    escape::line(&format!("{} {}", report.generator.name, report.generator.version), 60)
}

fn headline(report: &Report) -> String {
    match report.findings.first() {
        Some(finding) => format!("{}: {}", capital(&finding.verdict.word()), clean(&finding.title)),
        None if report.export.unique_entries == 0 => {
            "No entry is left to judge: the filter leaves out all of them".to_owned()
        }
        None if !report.suppressed.is_empty() => suppressed::headline(report),
        None => "No incident found in these files".to_owned(),
    }
}

fn export_facts(report: &Report) -> Vec<(String, String)> {
    let export = &report.export;
    let mut facts = Vec::new();
    if let (Some(first), Some(last)) = (export.first_timestamp, export.last_timestamp) {
        facts.push((
            "Covered".to_owned(),
            format!("{} ({})", range(first, last), human_duration(export.covered_seconds)),
        ));
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
        "; {}, {}, {}",
        lives(report),
        counted(report.services.iter().map(|service| service.revisions.len() as u64).sum(), "revision"),
        counted(export.deployments, "deployment")
    ));
    facts.push(("Read".to_owned(), read));
    facts.extend(suppressed::fact(report));
    facts
}

/// `46 instance lives, at most 3 at once`: ids are lives, and not how many instances there were.
fn lives(report: &Report) -> String {
    let count = report.export.distinct_instances;
    let lives = if count == 1 { "1 instance life".to_owned() } else { format!("{count} instance lives") };
    let whole = |service: &Service| service.instances_alive.first().map(|alive| alive.most);
    let most: Vec<u64> = report.services.iter().filter_map(whole).collect();
    match most.as_slice() {
        [] => lives,
        [most] => format!("{lives}, at most {most} at once"),
        several => format!("{lives}, at most {} at once in a service", several.iter().max().unwrap_or(&0)),
    }
}

fn finding_view(finding: &Finding, full: bool) -> FindingView {
    let mut facts = Vec::new();
    if !finding.service.is_empty() {
        let place = finding.place.as_ref().map_or_else(String::new, |place| format!(" ({})", place.words()));
        facts.push(("Service".to_owned(), clean(&format!("{}{place}", finding.service))));
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
                    format!(" on {}", counted(link.instances, "instance"))
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

pub(super) fn quote(evidence: &Evidence) -> (String, Vec<String>) {
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

pub(super) fn action(action: &Action) -> ActionView {
    let risk = match action.risk {
        Risk::ReadOnly => "read-only",
        Risk::Reversible => "reversible",
        Risk::Destructive => "DESTRUCTIVE",
    };
    let notes = [("before", &action.precondition), ("expect", &action.expect), ("undo", &action.undo)];
    ActionView {
        line: format!("{}: {} ({risk})", action.stage.word(), clean(&action.title)),
        risk: action.risk,
        command: escape::command(&action.command),
        notes: notes
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(word, text)| format!("{word}: {}", clean(text)))
            .collect(),
    }
}

fn short(finding: &Finding) -> String {
    let place = finding.place.as_ref().map_or_else(String::new, |place| format!(", {}", place.words()));
    let service = match finding.service.as_str() {
        "" => String::new(),
        service => format!(" {}", clean(&format!("[{service}{place}]"))),
    };
    format!("{}. {}: {}{service}", finding.rank, finding.verdict.word(), clean(&finding.title))
}

fn state(report: &Report, service: &Service) -> String {
    let state = &service.revision_state;
    let evidence = state.evidence.join("; ");
    let place = report.told_apart(service);
    clean(&format!("{}{place}: {} (role: {}). {evidence}", service.name, state.state, state.role))
}

/// `Replaced by pseudonyms (level secrets): 2 e-mail addresses at 5 places.`
fn redaction(report: &Report) -> String {
    let level = match report.export.redaction.as_str() {
        "none" => return "Nothing was replaced by pseudonyms (level none): this report may hold secrets.".to_owned(),
        level @ ("secrets" | "strict") => level,
        _ => return String::new(),
    };
    let counts: Vec<String> = report
        .export
        .redactions
        .iter()
        .map(|one| {
            let places = counted(one.places, "place");
            format!("{} at {places}", counted(one.values, &format!("{} value", clean(&one.kind))))
        })
        .collect();
    let counts = if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") };
    format!("Replaced by pseudonyms (level {level}): {counts}.")
}

pub(super) fn clean(text: &str) -> String {
    escape::line(text, SENTENCE_MAX * 4)
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// `1 instance`, `2 instances`.
pub(super) fn counted(count: u64, word: &str) -> String {
    format!("{count} {}", plural(count, word))
}

fn plural(count: u64, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

/// `2025-09-16 01:42:17Z`.
pub(super) fn time(at: Timestamp) -> String {
    format!("{} {}Z", at.to_date(), at.to_clock())
}

/// Both ends, the date only once where it is the same.
pub(super) fn range(first: Timestamp, last: Timestamp) -> String {
    if first.to_date() == last.to_date() {
        format!("{} to {}Z", time(first).trim_end_matches('Z'), last.to_clock())
    } else {
        format!("{} to {}", time(first), time(last))
    }
}
