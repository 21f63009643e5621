//! Every fixture's report against the truth that a person wrote beside it.

use regex::Regex;
use whydown::model::Verdict;
use whydown::model::report::{Finding, Report};

use crate::support::{Incident, TrueCause, analyze, incidents};

#[test]
fn every_fixture_is_told_as_its_truth_file_says() {
    let mut wrong = String::new();
    for incident in incidents() {
        let report = analyze(&incident.inputs(), &incident.state_files(), 2);
        let problems = problems(&incident, &report);
        if !problems.is_empty() {
            wrong.push_str(&format!("\n{}\n  {}\n{}", incident.name, problems.join("\n  "), ranking(&report)));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn problems(incident: &Incident, report: &Report) -> Vec<String> {
    let truth = &incident.truth;
    let mut problems = Vec::new();
    let mut expect = |holds: bool, problem: String| {
        if !holds {
            problems.push(problem);
        }
    };
    expect(
        report.export.entries == truth.entries,
        format!("entries: {} instead of {}", report.export.entries, truth.entries),
    );
    expect(
        report.export.unique_entries == truth.unique_entries,
        format!("unique entries: {} instead of {}", report.export.unique_entries, truth.unique_entries),
    );
    if truth.outcome == "quiet" {
        expect(report.findings.is_empty(), "a quiet fixture has findings".to_owned());
    }
    for cause in &truth.cause {
        expect(has_cause(report, cause), format!("no finding as wanted at rank {}: {}", cause.rank, cause.text));
    }
    for must_not in &truth.must_not {
        let pattern = Regex::new(&must_not.text).expect("a pattern of a truth file");
        let found = report.findings.iter().find(|finding| {
            finding.verdict >= Verdict::Likely
                && (pattern.is_match(&finding.title) || pattern.is_match(&finding.cause.summary))
        });
        expect(found.is_none(), format!("says what it must not: {}", must_not.text));
    }
    if let Some(wanted) = &truth.revision_state {
        let seen = report
            .services
            .iter()
            .find(|service| service.name == wanted.service)
            .map(|service| &service.revision_state);
        let holds = seen.is_some_and(|seen| wanted.state.contains(&seen.state) && wanted.role.contains(&seen.role));
        let words = seen.map_or_else(|| "none".to_owned(), |seen| format!("{}/{}", seen.state, seen.role));
        expect(holds, format!("revision state {words}, wanted {:?}/{:?}", wanted.state, wanted.role));
    }
    if let Some(rollback) = &truth.rollback {
        let offered = offered_rollbacks(report);
        let holds = offered.iter().all(|target| *target == rollback.target);
        expect(holds, format!("rollbacks offered: {offered:?}, wanted {:?}", rollback.target));
    }
    let codes: Vec<&str> = report.export.notices.iter().map(|notice| notice.code.as_str()).collect();
    for code in &truth.notices.present {
        expect(codes.contains(&code.as_str()), format!("notice {code} is missing from {codes:?}"));
    }
    for code in &truth.notices.absent {
        expect(!codes.contains(&code.as_str()), format!("notice {code} is a false alarm"));
    }
    problems
}

fn has_cause(report: &Report, wanted: &TrueCause) -> bool {
    let pattern = Regex::new(&wanted.text).expect("a pattern of a truth file");
    report.findings.iter().filter(|finding| wanted.rank == 0 || finding.rank == wanted.rank).any(|finding| {
        let roles: Vec<String> = finding.chain.iter().map(|link| link.role.word()).collect();
        pattern.is_match(&text_of(finding))
            && wanted.category.contains(&finding.cause.category.word())
            && wanted.verdict.contains(&finding.verdict.word())
            && wanted.service == finding.service
            && wanted.revisions.iter().all(|revision| finding.revisions.contains(revision))
            && wanted.chain.iter().all(|role| roles.contains(role))
    })
}

fn text_of(finding: &Finding) -> String {
    let quotes = finding.chain.iter().flat_map(|link| link.evidence.iter()).map(|evidence| evidence.text.as_str());
    [finding.title.as_str(), finding.cause.summary.as_str()].into_iter().chain(quotes).collect::<Vec<_>>().join("\n")
}

/// Revisions that some command would send all traffic to.
fn offered_rollbacks(report: &Report) -> Vec<String> {
    let pattern = Regex::new(r"(?:--to-revisions=|--revision-weight )([a-z0-9-]+)=100").expect("a fixed pattern");
    let mut targets: Vec<String> = report
        .findings
        .iter()
        .flat_map(|finding| finding.actions.iter())
        .filter_map(|action| pattern.captures(&action.command).map(|found| found[1].to_owned()))
        .collect();
    targets.sort();
    targets.dedup();
    targets
}

fn ranking(report: &Report) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        text.push_str(&format!(
            "    {} [{} {:.1}] {} ({}, {:?})\n",
            finding.rank,
            finding.verdict.word(),
            finding.score,
            finding.title,
            finding.cause.category.word(),
            finding.chain.iter().map(|link| link.role.word()).collect::<Vec<_>>()
        ));
    }
    text
}

#[test]
fn a_revision_with_proof_of_health_is_offered_as_rollback_target() {
    for name in ["bad-revision-with-rollback-target", "schema-behind-code"] {
        let incident = incidents().into_iter().find(|incident| incident.name == name).expect("the fixture");
        let report = analyze(&incident.inputs(), &incident.state_files(), 2);
        let target = &incident.truth.rollback.as_ref().expect("a target").target;
        assert_eq!(&offered_rollbacks(&report), std::slice::from_ref(target), "{name}");
    }
}

#[test]
fn an_incident_that_a_deploy_ended_is_told_as_over() {
    let incident = incidents().into_iter().find(|incident| incident.name == "cause-then-fix").expect("the fixture");
    let report = analyze(&incident.inputs(), &incident.state_files(), 2);
    let support = report.findings[0].support.join("\n");
    assert!(support.contains("it ends with"), "{support}");
}
