//! Checks and findings as test cases (`JUnit` XML), for CI systems that show nothing else.
//!
//! A check that failed is a failure, one that could not be judged is skipped. A finding that is confirmed or likely is
//! a failure; a weaker one is skipped, because nobody should be paged by it.

use std::io::{self, Write};

use maud::{Markup, PreEscaped, html};

use super::escape;
use crate::model::Verdict;
use crate::model::report::{Check, Finding, Report};

/// Longest text, in characters.
const TEXT_MAX: usize = 2_000;

/// Writes the test suites.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let tests = report.checks.len() + report.findings.len().max(1);
    let failed_checks = report.checks.iter().filter(|check| is_failure(check)).count();
    let skipped_checks = report.checks.iter().filter(|check| check.status == "not-judged").count();
    let failed = report.findings.iter().filter(|finding| fails(finding)).count();
    let skipped = report.findings.len() - failed;
    let page = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
        testsuites name="whydown" tests=(tests) failures=(failed_checks + failed) skipped=(skipped_checks + skipped) errors="0" {
            (line())
            testsuite name="findings" tests=(report.findings.len().max(1)) failures=(failed) skipped=(skipped) errors="0" {
                (line())
                @if report.findings.is_empty() {
                    testcase classname="whydown.findings" name="no incident found in these files" {}
                    (line())
                }
                @for finding in &report.findings { (finding_case(finding)) (line()) }
            }
            (line())
            testsuite name="checks" tests=(report.checks.len()) failures=(failed_checks) skipped=(skipped_checks) errors="0" {
                (line())
                @for check in &report.checks { (check_case(check)) (line()) }
            }
            (line())
        }
        (line())
    };
    out.write_all(page.into_string().as_bytes())
}

fn finding_case(finding: &Finding) -> Markup {
    let mut details = vec![format!("fingerprint {}", finding.fingerprint), finding.cause.summary.clone()];
    details.extend(finding.impact.iter().map(|sentence| format!("impact: {sentence}")));
    details.extend(finding.why.iter().cloned());
    details.extend(finding.chain.iter().filter_map(|link| link.evidence.first()).map(|evidence| {
        format!("{}:{}: {}", evidence.file, evidence.line, evidence.text.lines().next_back().unwrap_or(""))
    }));
    let details: Vec<String> = details.iter().map(|text| clean(text)).collect();
    let details = format!("\n{}\n", details.join("\n"));
    let message = format!("{}: {}", finding.verdict.word(), clean(&finding.title));
    let service = if finding.service.is_empty() { "no service".to_owned() } else { clean(&finding.service) };
    html! {
        testcase classname={ "whydown.findings." (service) } name=(clean(&finding.title)) {
            @if fails(finding) {
                failure message=(message) type=(finding.verdict.word()) { (details) }
            } @else {
                skipped message=(message) { (details) }
            }
        }
    }
}

fn check_case(check: &Check) -> Markup {
    let seen = clean(&format!("{}: {} (limit {})", check.name, check.observed, check.threshold));
    html! {
        testcase classname="whydown.checks" name=(clean(&check.name)) {
            @if is_failure(check) {
                failure message=(seen) type="threshold" {}
            } @else if check.status == "not-judged" {
                skipped message=(seen) {}
            } @else {
                system-out { (seen) }
            }
        }
    }
}

fn is_failure(check: &Check) -> bool {
    check.status == "fail"
}

fn fails(finding: &Finding) -> bool {
    finding.verdict >= Verdict::Likely
}

/// One element a line, so that reports can be compared.
fn line() -> PreEscaped<&'static str> {
    PreEscaped("\n")
}

fn clean(text: &str) -> String {
    escape::line(text, TEXT_MAX)
}
