//! The report as one page for a browser or a printer: no script, no outside request, light and dark.
//!
//! All text passes the library's escaping, and the page forbids everything else by its content security policy: even
//! its one style sheet is named by its hash. Pictures are drawn from the report (`lanes`, `bars`, `latency`).

mod bars;
mod lanes;
mod latency;
mod picture;
mod scale;

use std::io::{self, Write};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::tables::SPARKLINE;
use super::view::{ActionView, FindingView, Table, View};
use crate::model::Risk;
use crate::model::report::{Report, Service};
use picture::Picture;

/// The style sheet.
const STYLE: &str = include_str!("html/style.css");

/// SHA-256 of the style sheet in base64; a test computes it.
const STYLE_HASH: &str = "w4Pv8dGg/c0llbFbnBl3C3WBGSdzl3uDk5egmp76sz8=";

/// Services with pictures; those of findings come first.
const PICTURED_MAX: usize = 6;

/// Actions that are not folded.
const ACTIONS_OPEN: usize = 3;

/// Writes the page.
pub(super) fn write(report: &Report, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let policy = format!("default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; form-action 'none'");
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                title { (view.headline) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header { (head(view)) }
                main {
                    @if let Some(first) = view.findings.first() { (now(first)) }
                    @for picture in pictures(report) { (picture.markup()) }
                    @if let Some(first) = view.findings.first() { (evidence(first)) }
                    (others(view))
                    (rest(view))
                }
                footer {
                    @if !view.redaction.is_empty() { p { (view.redaction) } }
                    p { (view.footer) }
                }
            }
        }
    };
    out.write_all(page.into_string().as_bytes())?;
    out.write_all(b"\n")
}

fn head(view: &View) -> Markup {
    let (verdict, title) =
        view.headline.split_once(": ").filter(|_| !view.verdict.is_empty()).unwrap_or(("", &view.headline));
    html! {
        h1 {
            @if !verdict.is_empty() { span class={ "verdict " (view.verdict) } { (verdict) } " " }
            (title)
        }
        @if let Some(first) = view.findings.first() { (facts(&first.facts)) }
        (facts(&view.facts))
    }
}

fn facts(facts: &[(String, String)]) -> Markup {
    html! {
        dl class="facts" { @for (name, value) in facts { div { dt { (name) } dd { (value) } } } }
    }
}

/// What broke, who was hit, what to type: the first screen.
fn now(finding: &FindingView) -> Markup {
    let (open, folded) = finding.actions.split_at(finding.actions.len().min(ACTIONS_OPEN));
    html! {
        section {
            p class="summary" { (finding.summary) }
            h2 { "Who was hit" }
            (list(&finding.impact))
            h2 { "Why" }
            (list(&finding.why))
            h2 { "What to type now" }
            @for one in open { (action(one)) }
            @if !folded.is_empty() {
                details { summary { (folded.len()) " more: fix, verify, prevent" } @for one in folded { (action(one)) } }
            }
        }
    }
}

fn action(action: &ActionView) -> Markup {
    let class = match action.risk {
        Risk::ReadOnly => "action",
        Risk::Reversible => "action changes",
        Risk::Destructive => "action destroys",
    };
    html! {
        div class=(class) {
            h3 { (action.line) }
            @if !action.command.is_empty() { pre tabindex="0" { code { (action.command) } } }
            (list(&action.notes))
        }
    }
}

fn evidence(finding: &FindingView) -> Markup {
    html! {
        section {
            h2 { "Evidence" }
            @for link in &finding.chain {
                div class="link" {
                    h3 { (link.line) }
                    @if !link.join.is_empty() { p { (link.join) } }
                    @for (number, (place, lines)) in link.evidence.iter().enumerate() {
                        @if number == 0 { (quote(place, lines)) }
                    }
                    @if link.evidence.len() > 1 {
                        details { summary { (link.evidence.len() - 1) " more entries" }
                            @for (place, lines) in &link.evidence[1..] { (quote(place, lines)) }
                        }
                    }
                }
            }
            (list(&finding.weighing))
        }
    }
}

fn quote(place: &str, lines: &[String]) -> Markup {
    html! {
        p class="place" { (place) }
        pre tabindex="0" { (lines.join("\n")) }
    }
}

fn others(view: &View) -> Markup {
    html! {
        @if view.findings.len() > 1 {
            section {
                h2 { "Also found" }
                @for finding in &view.findings[1..] {
                    details { summary { (finding.heading) } (facts(&finding.facts)) (now(finding)) (evidence(finding)) }
                }
            }
        }
    }
}

fn rest(view: &View) -> Markup {
    let find = |title: &str| view.tables.iter().find(|table| table.title == title && !table.rows.is_empty());
    html! {
        @if !view.timeline.is_empty() {
            section {
                h2 { "Timeline" }
                table class="timeline" { tbody { @for (time, what) in &view.timeline { tr { th scope="row" { (time) } td { (what) } } } } }
            }
        }
        @if !view.suppressed.is_empty() { section { h2 { "Suppressed by the ignore file" } (list(&view.suppressed)) } }
        @if !view.ruled_out.is_empty() {
            section {
                h2 { "Ruled out" }
                ul { @for (what, why) in &view.ruled_out { li { (what) ": no, " (why) } } }
            }
        }
        @if !view.notices.is_empty() {
            section {
                h2 { "What these files lack" }
                @for (code, message, effect, command) in &view.notices {
                    p { b { (code) } ": " (message) "; " (effect) }
                    @if !command.is_empty() { details { summary { "A complete export" } pre tabindex="0" { code { (command) } } } }
                }
            }
        }
        @if let Some(one) = find("Revisions") { section { h2 { "Revisions" } (table(one)) (list(&view.states)) } }
        @for title in ["Clusters", "Checks", "Deployments"] {
            @if let Some(one) = find(title) { details class="part" { summary { (title) } (table(one)) } }
        }
        @for one in view.appendix.iter().filter(|table| !table.rows.is_empty()) {
            details class="part" { summary { (one.title) } (table(one)) }
        }
    }
}

fn list(sentences: &[String]) -> Markup {
    html! { @if !sentences.is_empty() { ul { @for sentence in sentences { li { (sentence) } } } } }
}

fn table(table: &Table) -> Markup {
    html! {
        div class="scroll" role="region" tabindex="0" aria-label=(table.title) {
            table {
                thead { tr { @for name in &table.columns { th scope="col" { (name) } } } }
                tbody { @for row in &table.rows { tr { @for (cell, column) in row.iter().zip(&table.columns) { td class=[(*column == SPARKLINE).then_some("spark")] { (cell) } } } } }
            }
        }
        @if !table.note.is_empty() { p { (table.note) } }
    }
}

/// Pictures of the services: those of findings first, in rank order, then the others by name.
fn pictures(report: &Report) -> Vec<Picture> {
    let rank = |service: &Service| report.findings.iter().position(|finding| finding.is_about(service));
    let rank = |service: &Service| rank(service).unwrap_or(usize::MAX);
    let mut services: Vec<_> = report.services.iter().collect();
    services.sort_by_key(|service| rank(service));
    let drawn = services.iter().take(PICTURED_MAX).enumerate().flat_map(|(number, service)| {
        [
            lanes::lanes(report, service, number),
            bars::bars(report, service, number),
            latency::latencies(service, number),
        ]
    });
    drawn.flatten().collect()
}
