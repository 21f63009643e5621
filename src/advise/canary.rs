//! What to type about a canary: the next share, the way back, or how to get the entries that are missing.
//!
//! In: a judged canary. Out: its [`Action`]s. Names that do not pass the platform's rules become placeholders.

use super::step::{self, Change};
use super::{names, shell};
use crate::model::canary::{Canary, CanaryReport, CanaryVerdict};
use crate::model::report::Action;
use crate::model::{Platform, Stage};

/// Fills in the actions of every canary.
pub fn with_actions(mut report: CanaryReport) -> CanaryReport {
    for canary in &mut report.canaries {
        canary.actions = actions(canary);
    }
    report
}

struct Names<'a> {
    project: &'a str,
    region: &'a str,
    service: &'a str,
    candidate: &'a str,
    baseline: &'a str,
}

fn actions(canary: &Canary) -> Vec<Action> {
    let region = canary.location.rsplit('/').next().unwrap_or_default();
    let names = Names {
        project: step::valid_or(&canary.project, names::is_project, "PROJECT"),
        region: step::valid_or(region, names::is_region, "REGION"),
        service: step::valid_or(&canary.service, names::is_service, "SERVICE"),
        candidate: step::valid_or(&canary.candidate.revision, names::is_revision, "CANDIDATE"),
        baseline: step::valid_or(&canary.baseline.revision, names::is_revision, "BASELINE"),
    };
    if let Some(ended) = &canary.ended {
        let title = "The split is over: nothing to do about its traffic";
        return vec![step::note(Stage::Verify, title, ended, "Later entries show how the revision does without it")];
    }
    match canary.verdict {
        CanaryVerdict::Promote => promote(canary, &names),
        CanaryVerdict::Rollback => vec![roll_back(canary, &names), look_at(canary, &names)],
        CanaryVerdict::Hold => vec![look_at(canary, &names), export(canary, &names)],
        CanaryVerdict::Inconclusive => vec![export(canary, &names)],
    }
}

fn promote(canary: &Canary, names: &Names<'_>) -> Vec<Action> {
    let Some(next) = canary.next_stage else {
        let why = "The files do not say which share the candidate has, or it has all of it";
        return vec![step::note(Stage::Verify, "No next stage is known", why, "The share is known")];
    };
    let rest = 100 - next.min(100);
    let title = if rest == 0 {
        format!("Give {} all traffic; this pins it: later deploys get no traffic until --to-latest", names.candidate)
    } else {
        format!("Give {} {next} % of the traffic", names.candidate)
    };
    let mut shares = vec![(names.candidate, next)];
    if rest > 0 {
        shares.push((names.baseline, rest));
    }
    let expect =
        format!("The split is in effect; compare again with entries from after it, before the step beyond {next} %");
    let change = Change {
        stage: Stage::Fix,
        title: &title,
        command: set_traffic(canary, names, &shares),
        precondition: "The split is still the one named here, and no deploy is under way",
        undo: present(canary, names),
        expect: &expect,
    };
    vec![change.reversible()]
}

fn roll_back(canary: &Canary, names: &Names<'_>) -> Action {
    let proof = format!(
        "{} answered {} requests in the same window, {} of them with 5xx",
        names.baseline,
        canary.baseline.requests,
        canary.baseline.errors_app + canary.baseline.errors_platform
    );
    Change {
        stage: Stage::Mitigate,
        title: &format!(
            "Send all traffic back to {}; this pins it: later deploys get no traffic until --to-latest",
            names.baseline
        ),
        command: set_traffic(canary, names, &[(names.baseline, 100)]),
        precondition: &step::prose(&proof),
        undo: present(canary, names),
        expect: &format!("{} gets no request any more, and 5xx end", names.candidate),
    }
    .reversible()
}

/// The split as it is now; the way back from any change of it.
fn present(canary: &Canary, names: &Names<'_>) -> String {
    if canary.split.is_empty() {
        return format!("Set the shares as they were: {}", describe(canary, names));
    }
    let shares: Vec<(&str, u32)> = canary
        .split
        .iter()
        .filter(|share| share.percent > 0)
        .map(|share| (step::valid_or(&share.revision, names::is_revision, "REVISION"), share.percent))
        .collect();
    set_traffic(canary, names, &shares)
}

fn set_traffic(canary: &Canary, names: &Names<'_>, shares: &[(&str, u32)]) -> String {
    let weights: Vec<String> = shares.iter().map(|(revision, percent)| format!("{revision}={percent}")).collect();
    if canary.platform == Platform::AzureContainerApps {
        let mut words = vec!["az", "containerapp", "ingress", "traffic", "set", "--name", names.service];
        words.extend(["--resource-group", resource_group(canary), "--revision-weight"]);
        words.extend(weights.iter().map(String::as_str));
        return shell::command(&words);
    }
    let flag = format!("--to-revisions={}", weights.join(","));
    run(names, &["services", "update-traffic", names.service, &flag])
}

fn resource_group(canary: &Canary) -> &str {
    step::valid_or(&canary.project, names::is_resource_group, "RESOURCE_GROUP")
}

fn run(names: &Names<'_>, words: &[&str]) -> String {
    let (region, project) = (format!("--region={}", names.region), format!("--project={}", names.project));
    shell::command(&[&["gcloud", "run"], words, &[&region, &project]].concat())
}

fn describe(canary: &Canary, names: &Names<'_>) -> String {
    if canary.platform == Platform::AzureContainerApps {
        let group = ["--resource-group", resource_group(canary)];
        return shell::command(
            &[&["az", "containerapp", "ingress", "traffic", "show", "--name", names.service], &group[..]].concat(),
        );
    }
    run(names, &["services", "describe", names.service, "--format=yaml(spec.traffic,status.traffic)"])
}

fn look_at(canary: &Canary, names: &Names<'_>) -> Action {
    let expect = "Which revisions have a share now, and which have a tag";
    step::look(Stage::Inspect, "See how traffic is split now", describe(canary, names), expect)
}

/// The export that would settle it: everything since the split began.
fn export(canary: &Canary, names: &Names<'_>) -> Action {
    let from = canary.from.to_rfc3339();
    let mut words = vec!["whydown", "collect", "--service", names.service];
    if canary.platform == Platform::AzureContainerApps {
        words.extend(["--platform", "azure-container-apps", "--project", resource_group(canary)]);
    } else {
        words.extend(["--project", names.project, "--region", names.region]);
    }
    words.extend(["--from", &from, "--script"]);
    let expect = "A script that exports every entry since the split began; compare again with its files";
    step::look(Stage::Inspect, "Collect a complete and longer export", shell::command(&words), expect)
}
