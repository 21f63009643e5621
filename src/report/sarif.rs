//! The findings as SARIF 2.1.0, for code hosts and viewers: one result a finding, at the log lines that show it.
//!
//! `ruleId` is the signature (or the fingerprint where no signature knows the cause), the level follows the verdict,
//! and `partialFingerprints` carries the stable fingerprint. A SARIF `fix` replaces text in a file, and a log line is
//! not what has to be repaired; what to do is told as text, in `properties.fixes`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::{escape, json as json_format};
use crate::model::Verdict;
use crate::model::report::{Action, Evidence, Finding, Notice, Report};

/// Places shown beside the first of one result.
const RELATED_MAX: usize = 20;

/// Longest message, in characters.
const TEXT_MAX: usize = 2_000;

/// Writes the log.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut rules: BTreeMap<String, &Finding> = BTreeMap::new();
    for finding in &report.findings {
        rules.entry(rule_id(finding)).or_insert(finding);
    }
    let names: Vec<&String> = rules.keys().collect();
    let results: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| result(finding, names.binary_search(&&rule_id(finding)).unwrap_or(0)))
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": clean(&report.generator.name),
                "version": clean(&report.generator.version),
                "rules": rules.iter().map(|(id, finding)| rule(id, finding)).collect::<Vec<_>>(),
            }},
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": report.export.notices.iter().map(notification).collect::<Vec<_>>(),
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    json_format::write(&log, out)
}

fn rule_id(finding: &Finding) -> String {
    clean(if finding.cause.signature.is_empty() { &finding.fingerprint } else { &finding.cause.signature })
}

/// The general words for a rule are its category: titles carry names of one incident.
fn rule(id: &str, finding: &Finding) -> Value {
    json!({
        "id": id,
        "shortDescription": { "text": format!("Root cause of category {}", finding.cause.category.word()) },
        "properties": { "category": finding.cause.category.word() },
    })
}

fn result(finding: &Finding, rule_index: usize) -> Value {
    let mut places = finding.chain.iter().flat_map(|link| link.evidence.iter());
    let locations: Vec<Value> = places.next().map(location).into_iter().collect();
    let related: Vec<Value> = places
        .take(RELATED_MAX)
        .enumerate()
        .map(|(number, evidence)| {
            let mut place = location(evidence);
            place["id"] = json!(number + 1);
            place
        })
        .collect();
    let impact: Vec<String> = finding.impact.iter().map(|sentence| clean(sentence)).collect();
    let impact = if impact.is_empty() { String::new() } else { format!(" Impact: {}.", impact.join("; ")) };
    let text = format!("{}: {}.{impact}", finding.verdict.word(), clean(&finding.title));
    json!({
        "ruleId": rule_id(finding),
        "ruleIndex": rule_index,
        "level": level(finding.verdict),
        "message": { "text": message(&text) },
        "locations": locations,
        "relatedLocations": related,
        "partialFingerprints": { "whydown/v1": clean(&finding.fingerprint) },
        "properties": {
            "rank": finding.rank,
            "verdict": finding.verdict.word(),
            "category": finding.cause.category.word(),
            "service": clean(&finding.service),
            "revisions": finding.revisions.iter().map(|name| clean(name)).collect::<Vec<_>>(),
            "first": finding.first.to_rfc3339(),
            "last": finding.last.to_rfc3339(),
            "why": finding.why.iter().map(|sentence| clean(sentence)).collect::<Vec<_>>(),
            "fixes": finding.actions.iter().map(fix).collect::<Vec<_>>(),
        },
    })
}

fn level(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Confirmed => "error",
        Verdict::Likely => "warning",
        Verdict::Possible | Verdict::Inconclusive => "note",
    }
}

fn fix(action: &Action) -> Value {
    json!({
        "stage": action.stage.word(),
        "title": clean(&action.title),
        "command": escape::command(&action.command),
        "precondition": clean(&action.precondition),
        "undo": clean(&action.undo),
        "expect": clean(&action.expect),
        "risk": action.risk.word(),
    })
}

fn location(evidence: &Evidence) -> Value {
    let mut place = json!({ "artifactLocation": { "uri": uri(&evidence.file) } });
    if evidence.line > 0 {
        place["region"] = json!({ "startLine": evidence.line });
    }
    let what = evidence.text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("");
    json!({ "physicalLocation": place, "message": { "text": message(&clean(what)) } })
}

fn notification(notice: &Notice) -> Value {
    let text = format!("{}; {}", clean(&notice.message), clean(&notice.effect));
    json!({ "descriptor": { "id": clean(&notice.code) }, "level": "note", "message": { "text": message(&text) } })
}

/// A path as a URI: relative as it is, absolute with `file://`; everything that is not plain is percent-encoded.
fn uri(path: &str) -> String {
    let mut text = if path.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// Text without SARIF's own marks: brackets would be links, braces placeholders (section 3.11).
fn message(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '[' | ']' => out.extend(['\\', c]),
            '{' | '}' => out.extend([c, c]),
            c => out.push(c),
        }
    }
    out
}

fn clean(text: &str) -> String {
    escape::line(text, TEXT_MAX)
}

#[cfg(test)]
mod tests {
    use super::{message, uri};

    #[test]
    fn text_makes_no_link_and_no_placeholder() {
        assert_eq!(message("[x](http://e) {0} \\"), "\\[x\\](http://e) {{0}} \\\\");
    }

    #[test]
    fn a_path_is_a_uri() {
        assert_eq!(uri("/var/log/a b.json"), "file:///var/log/a%20b.json");
        assert_eq!(uri("logs/a.json"), "logs/a.json");
        assert_eq!(uri("javascript:alert(1)"), "javascript%3Aalert%281%29");
    }
}
