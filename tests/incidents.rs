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

/// The fixture of a name, and its report.
fn told(name: &str) -> Report {
    let incident = incidents().into_iter().find(|incident| incident.name == name).expect("the fixture");
    analyze(&incident.inputs(), &incident.state_files(), 2)
}

#[test]
fn services_of_one_name_are_told_apart_and_commands_go_to_the_right_place() {
    for (name, healthy, ours, theirs) in [
        ("same-name-in-two-projects", "us-central1", "--project=acme-eu-prod", "acme-us-prod"),
        ("same-name-in-two-regions", "europe-west4", "--region=asia-southeast1", "europe-west4"),
    ] {
        let report = told(name);
        assert_eq!(report.services.len(), 2, "{name}");
        let well = report.services.iter().find(|service| service.location == healthy).expect("the healthy one");
        assert_eq!((well.revisions.len(), well.revisions[0].errors_5xx), (1, 0), "{name}");
        assert!(well.revisions[0].verdict.starts_with("healthy"), "{name}");
        assert_eq!(report.findings.len(), 1, "{name}");
        let finding = &report.findings[0];
        assert!(!finding.is_about(well), "{name}");
        let commands: Vec<&str> = finding.actions.iter().map(|action| action.command.as_str()).collect();
        assert!(commands.iter().any(|command| command.contains(ours)), "{name}: {commands:?}");
        for command in commands.iter().filter(|command| command.contains("gcloud ")) {
            assert!(!command.contains(theirs), "{name}: {command}");
            let location =
                format!("resource.labels.location=\"{}\"", finding.place.as_ref().expect("a place").location);
            assert!(!command.contains("service_name=") || command.contains(&location), "{name}: {command}");
        }
    }
}

#[test]
fn an_azure_app_and_a_google_service_of_one_name_are_two() {
    let report = told("same-name-on-azure-and-google");
    assert_eq!(report.services.len(), 2);
    let (azure, google) = (&report.services[1], &report.services[0]);
    assert!(report.findings[0].is_about(azure) && !report.findings[0].is_about(google));
    assert!(report.findings[0].actions.iter().all(|action| !action.command.contains("gcloud")));
    assert_eq!((google.deployments.len(), azure.deployments.len()), (0, 1));
}

#[test]
fn a_caller_that_names_nobody_says_whom_it_waits_for_and_one_with_its_own_reason_does_not() {
    let report = told("caller-without-trace-or-host");
    let [leading, caller] = report.findings.as_slice() else { panic!("two findings") };
    assert!(leading.score > caller.score);
    let against = caller.against.join(" ");
    assert!(against.contains("waits for payments") && against.contains("after correction"), "{against}");
    assert!(leading.support.iter().any(|sentence| sentence.contains("of shop-front most likely waits for it")));
    let sum: f64 = caller.score_parts.iter().map(|part| part.value).sum();
    assert!((sum - caller.score).abs() < 1e-9, "the parts give the score");

    let report = told("caller-with-a-reason-of-its-own");
    assert_eq!(report.findings.len(), 2);
    assert!(report.findings.iter().all(|finding| finding.against.is_empty()));
}

#[test]
fn a_refused_deployment_names_the_run_in_its_way_the_serving_revision_and_a_safe_order() {
    let report = told("azure-deploys-in-conflict");
    let finding = &report.findings[0];
    let why = finding.why.join("\n");
    assert!(why.contains("run 71000000417") && why.contains("while run 71000000416"), "{why}");
    assert!(why.contains("13 min 57 s (median of 2)"), "the interval comes from the runs: {why}");
    assert!(
        finding.impact.join("\n").contains("catalog-api--0000042 has 100 % of the traffic"),
        "{:?}",
        finding.impact
    );
    let commands: Vec<&str> = finding.actions.iter().map(|action| action.command.as_str()).collect();
    let place = |what: &str| commands.iter().position(|command| command.contains(what));
    let wait = place("gh run watch RUN_ID --exit-status").expect("waiting comes before repeating");
    let healthy = place("revision show").expect("the serving revision is looked at");
    let again = place("gh run rerun 71000000418 --failed").expect("the refused run is repeated");
    let retire = place("revision deactivate").expect("the idle revision may go");
    assert!(healthy < retire && wait < again && again < retire, "{commands:?}");
    assert!(!commands.iter().any(|command| command.contains("gh run cancel")), "{commands:?}");
    assert!(commands.iter().all(|command| !command.contains("RESOURCE_GROUP")), "{commands:?}");
}

#[test]
fn runs_that_overlap_without_their_errors_are_asked_about_and_not_blamed() {
    let incident =
        incidents().into_iter().find(|incident| incident.name == "azure-deploys-in-conflict").expect("the fixture");
    let files: Vec<_> = incident.inputs().into_iter().filter(|path| !path.ends_with("failed.log")).collect();
    let report = analyze(&files, &[], 2);
    let finding = &report.findings[0];
    assert_eq!((finding.verdict, report.findings.len()), (Verdict::Inconclusive, 1), "{}", ranking(&report));
    assert!(finding.actions[0].command.starts_with("gh run view 71000000418 --log-failed"), "{:?}", finding.actions[0]);
}

#[test]
fn documents_and_runs_alone_are_enough_for_a_report() {
    let incident =
        incidents().into_iter().find(|incident| incident.name == "azure-deploys-in-conflict").expect("the fixture");
    let is_document = |path: &std::path::PathBuf| path.extension().is_some_and(|extension| extension == "json");
    let files: Vec<_> = incident.inputs().into_iter().filter(is_document).collect();
    let report = analyze(&files, &[], 2);
    let service = &report.services[0];
    assert_eq!((service.name.as_str(), service.platform.word().as_str()), ("catalog-api", "azure-container-apps"));
    assert_eq!(service.revision_state.state, "tagged-at-zero");
    assert_eq!(service.deployments.iter().filter(|deployment| deployment.kind == "failed").count(), 2);
}

#[test]
fn services_of_two_clouds_keep_their_platform_and_their_commands() {
    let names = ["azure-split-with-bad-half", "bad-revision-with-rollback-target"];
    let files: Vec<_> = incidents()
        .into_iter()
        .filter(|incident| names.contains(&incident.name.as_str()))
        .flat_map(|incident| incident.inputs())
        .collect();
    let report = analyze(&files, &[], 2);
    let platforms: std::collections::BTreeSet<String> =
        report.services.iter().map(|service| service.platform.word()).collect();
    assert_eq!(platforms.into_iter().collect::<Vec<_>>(), ["azure-container-apps", "cloud-run"]);
    for finding in &report.findings {
        let is_azure = finding.service == "basket-web";
        for action in finding.actions.iter().filter(|action| !action.command.is_empty()) {
            assert_eq!(action.command.starts_with("az "), is_azure, "{}: {}", finding.service, action.command);
        }
    }
    assert!(report.findings.iter().any(|finding| finding.service == "basket-web"));
    assert!(report.findings.iter().any(|finding| finding.service != "basket-web"));
}
