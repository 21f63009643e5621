//! Moving traffic: going back to a revision that served, saying why not, pinning and unpinning, and quota.
//!
//! In: a target. Out: its mitigation and release actions. `--to-revisions` pins: later deploys get no traffic
//! until `--to-latest` (Cloud SDK: run services update-traffic). Tagged revisions keep their own minimum
//! instances and cannot be deleted (Cloud Run docs: managing revisions).

use super::super::mitigate::{Mitigation, OLDER_SERVES, mitigation};
use super::super::step::{self, Change};
use super::super::{logs, names, shell};
use super::states;
use super::target::Target;
use crate::model::report::Action;
use crate::model::time::NANOS_PER_SECOND;
use crate::model::{Category, Stage};

/// How far back a healthy revision is looked for.
const LOOK_BACK_NANOS: i64 = 7 * 86_400 * NANOS_PER_SECOND;
/// Fields that show the split and whether the last rollout is through.
pub(super) const TRAFFIC_FIELDS: &str = "metadata.generation,status.observedGeneration,status.latestCreatedRevisionName,status.latestReadyRevisionName,status.traffic";

/// What stops the harm now.
pub(super) fn steps(target: &Target<'_>) -> Vec<Action> {
    let situation = target.situation;
    if target.job {
        return Vec::new();
    }
    match mitigation(situation, "The verify step prints no rows") {
        Mitigation::OlderServes => vec![Action {
            precondition: states::fix_forward(target),
            ..step::look(
                Stage::Mitigate,
                OLDER_SERVES,
                target.describe(TRAFFIC_FIELDS),
                "latestReadyRevisionName is the older revision and has 100 % of the traffic",
            )
        }],
        Mitigation::Nothing(action) => vec![action],
        Mitigation::RollBack { good, proof } => vec![roll_back(target, good, proof)],
        Mitigation::Find { why } => find_healthy(target, why),
    }
}

/// The rollback, with what it does to later deploys.
fn roll_back(target: &Target<'_>, good: &str, proof: &str) -> Action {
    let still = if target.situation.ongoing { "" } else { "Only if it still fails (the verify step prints rows). " };
    let record = target.run(&["services", "describe", target.name, "--format=export"]);
    let precondition =
        format!("{still}Evidence for {good}: {}. Keep a record of the present state: {record}", step::prose(proof));
    Change {
        stage: Stage::Mitigate,
        title: &format!("Send all traffic to {good}; this pins it: later deploys get no traffic until --to-latest"),
        command: target.pin(good),
        precondition: &precondition,
        undo: states::former_split(target),
        expect: &format!(
            "status.traffic shows {good} at 100 %; within 5 minutes fewer than 1 % of requests end in 5xx"
        ),
    }
    .reversible()
}

/// Commands that find a revision that served, when the files show none.
fn find_healthy(target: &Target<'_>, why: &str) -> Vec<Action> {
    let from = target.situation.from.plus(-LOOK_BACK_NANOS);
    let window = logs::between(from, target.situation.to);
    let filter = format!("{} AND {window} AND {}", target.resource(), logs::ANSWERED_REQUESTS);
    let format = "--format=value(resource.labels.revision_name)";
    let read = target.cloud(&["logging", "read", &filter, "--limit=5000", format]);
    let count = format!("{read} | sort | uniq -c | sort -rn");
    let expect = format!(
        "A revision with many answered requests and no 5xx of its own; go back to it with: {}",
        target.pin("REVISION")
    );
    let mut search = step::look(Stage::Mitigate, "Find a revision that answered requests", count, &expect);
    search.precondition = format!("No rollback target is proven in these files: {}", step::prose(why));
    let service = format!("--service={}", target.name);
    let columns = "--format=table(metadata.name,metadata.creationTimestamp,spec.containers[0].image)";
    let list = target.run(&["revisions", "list", &service, columns]);
    vec![
        search,
        step::look(
            Stage::Mitigate,
            "List the revisions and their images",
            list,
            "The candidate exists and has another image or settings",
        ),
    ]
}

/// Takes the pin off again, once the fix is proven; empty where nothing is pinned.
pub(super) fn release(target: &Target<'_>) -> Option<Action> {
    let situation = target.situation;
    let pinned = situation.pinned || (situation.ongoing && target.good().is_some() && !situation.newest_not_ready);
    if target.job || !pinned || situation.category == Category::TrafficState {
        return None;
    }
    Some(to_latest(target, "Let traffic follow the newest ready revision again"))
}

/// `--to-latest`, with the way back.
fn to_latest(target: &Target<'_>, title: &str) -> Action {
    Change {
        stage: Stage::Fix,
        title,
        command: target.traffic("--to-latest"),
        precondition: &format!("The newest revision is Ready and answered on its tag address. {}", states::FOLLOWS),
        undo: if target.situation.category == Category::TrafficState {
            states::former_split(target)
        } else {
            target.pin(target.good().unwrap_or("REVISION"))
        },
        expect: "status.traffic shows the newest revision at 100 %; fewer than 1 % of its requests end in 5xx",
    }
    .reversible()
}

/// Traffic goes to the wrong revision, or a tag points at a deleted one.
pub(super) fn state(target: &Target<'_>) -> Vec<Action> {
    let mut steps = vec![step::look(
        Stage::Inspect,
        "See where traffic goes",
        target.describe(TRAFFIC_FIELDS),
        "Which revisions have a percentage or a tag, and whether one is named instead of latestRevision",
    )];
    if step::speaks_of(target.situation, &["deleted", "tag"]) {
        let tag = step::capture(target.situation, &["tag"], names::is_tag, "TAG");
        steps.push(
            Change {
                stage: Stage::Fix,
                title: "Remove the tag that points at a deleted revision",
                command: target.traffic(&format!("--remove-tags={tag}")),
                precondition: "status.traffic lists the tag with a revision that revisions list does not show",
                undo: target.traffic(&format!("--update-tags={tag}=REVISION")),
                expect: "The command ends without error and RoutesReady is True",
            }
            .reversible(),
        );
    }
    steps.extend(states::follow_again(target));
    steps.push(to_latest(target, "Let traffic follow the newest ready revision"));
    steps
}

/// Enables an API that is off in the project.
fn enable(target: &Target<'_>) -> Action {
    fn is_api(text: &str) -> bool {
        text.ends_with(".googleapis.com") && names::is_host(text)
    }
    let api = step::capture(target.situation, &["api"], is_api, "API.googleapis.com");
    Change {
        stage: Stage::Fix,
        title: "Enable the API in the project",
        command: target.cloud(&["services", "enable", api]),
        precondition: "The message names this API and project",
        undo: target.cloud(&["services", "disable", api]),
        expect: "Calls succeed within 5 minutes",
    }
    .reversible()
}

/// Quota, billing and manual scaling to zero.
pub(super) fn quota(target: &Target<'_>) -> Vec<Action> {
    let situation = target.situation;
    if step::speaks_of(situation, &["billing-disabled"]) {
        let command = shell::command(&["gcloud", "billing", "projects", "describe", target.project]);
        return vec![
            step::look(Stage::Inspect, "See whether billing is on", command, "billingEnabled: true"),
            step::repair(situation, "Link an active billing account; recovery can take 30 minutes"),
        ];
    }
    if step::speaks_of(situation, &["api-not-enabled"]) {
        return vec![
            enable(target),
            step::repair(situation, "Enable the API where the project is described (Terraform)"),
        ];
    }
    if step::speaks_of(situation, &["billing/quota-exceeded"]) {
        return vec![step::repair(situation, "Send fewer calls, with back-off, or ask for more quota")];
    }
    let limits =
        "metadata.annotations,spec.template.metadata.annotations,spec.template.spec.containers[0].resources.limits";
    let mut steps = vec![step::look(
        Stage::Inspect,
        "See scaling limits and sizes",
        target.describe(limits),
        "CPU and memory times maximum instances, summed over revisions, against the quota of the region",
    )];
    if target.job {
        steps.push(step::repair(situation, "Lower tasks or parallelism, or ask for more quota"));
        return steps;
    }
    steps.push(
        Change {
            stage: Stage::Fix,
            title: "Lower the service's maximum instances",
            command: target.update(&["--max=MAX_INSTANCES"]),
            precondition: "MAX_INSTANCES still covers the peak; this makes no new revision",
            undo: target.update(&["--max=default"]),
            expect: "The next deploy is accepted",
        }
        .reversible(),
    );
    steps.push(step::repair(situation, "Ask for more quota in the region"));
    steps.push(
        Change {
            stage: Stage::Fix,
            title: "Last resort: delete an idle revision that still counts towards the quota",
            command: target.run(&["revisions", "delete", "IDLE_REVISION", "--quiet"]),
            precondition: "The revision has no traffic and no tag, and is not a rollback target",
            undo: "None: deploy its image again".to_owned(),
            expect: "The sum over revisions falls below the quota",
        }
        .destructive(),
    );
    steps
}
