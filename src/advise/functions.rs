//! The ladder for first-generation functions.
//!
//! In: a [`Situation`]. Out: actions. A function has no revisions to go back to: a deploy replaces it, and
//! uploads the current folder unless a source is named (Cloud SDK: functions deploy).

use super::step::{self, Change};
use super::{Situation, logs, names, shell};
use crate::model::report::Action;
use crate::model::{Category, Stage};

/// Every action for a function.
pub(super) fn ladder(situation: &Situation<'_>) -> Vec<Action> {
    let project = format!("--project={}", step::valid_or(situation.project, names::is_project, "PROJECT"));
    let region_name = situation.location.rsplit('/').next().unwrap_or_default();
    let region = format!("--region={}", step::valid_or(region_name, names::is_region, "REGION"));
    let name = step::valid_or(situation.service, names::is_function, "FUNCTION");
    let functions = |words: &[&str]| shell::command(&[&["gcloud", "functions"], words, &[&region, &project]].concat());
    let read = |filter: &str, rest: &[&str]| {
        let filter = format!("{} AND {filter}", logs::resource_filter("cloud_function", situation.service));
        let format = "--format=value(timestamp,severity,labels.execution_id,textPayload)";
        shell::command(&[&["gcloud", "logging", "read", &filter, &project], rest, &[format]].concat())
    };
    let window = logs::between(situation.from, situation.to);
    let look_for = step::look_for(situation, "The first error of a failing execution");
    let deploy = |flags: &[&str]| functions(&[&["deploy", name], flags].concat());
    let change = |title: &str, flag: &str, undo: &str, expect: &str| {
        Change {
            stage: Stage::Fix,
            title,
            command: deploy(&["--no-gen2", flag]),
            precondition: "Run it in the folder of the deployed source, at the deployed commit: a deploy uploads the current folder",
            undo: deploy(&["--no-gen2", undo]),
            expect,
        }
        .reversible()
    };
    let mut steps = vec![
        step::look(
            Stage::Inspect,
            "Read the failing executions",
            read(&format!("{window} AND severity>=WARNING"), &["--order=asc", "--limit=1000"]),
            &look_for,
        ),
        step::look(
            Stage::Inspect,
            "See the function's settings",
            functions(&["describe", name]),
            "Status, memory, timeout, variables, service account, update time",
        ),
        step::note(
            Stage::Mitigate,
            "A function has no revision to go back to: deploy the last good source again",
            "Its update time lies shortly before the first failure",
            "Executions end with status ok",
        ),
    ];
    match situation.category {
        Category::Memory => {
            let (raised, former) = step::memory_step(situation).map_or_else(
                || ("MEMORY".to_owned(), "FORMER_MEMORY".to_owned()),
                |(former, raised)| (format!("{raised}MB"), format!("{former}MB")),
            );
            let expect = "No execution ends at the memory limit";
            steps.push(change(
                "Raise the memory",
                &format!("--memory={raised}"),
                &format!("--memory={former}"),
                expect,
            ));
        }
        Category::Timeout => {
            steps.push(change(
                "Give an execution more time (at most 540 s)",
                "--timeout=TIMEOUT",
                "--timeout=FORMER_TIMEOUT",
                "Executions end before the limit",
            ));
        }
        Category::Config => {
            steps.push(change(
                "Set the variable",
                "--update-env-vars=KEY=VALUE",
                "--remove-env-vars=KEY",
                "The function loads",
            ));
        }
        Category::Capacity => {
            steps.push(change(
                "Raise the limit of instances",
                "--max-instances=MAX_INSTANCES",
                "--max-instances=FORMER_MAX",
                "No execution is refused",
            ));
        }
        _ => {}
    }
    steps.push(step::repair(situation, "Repair the source and deploy it"));
    let gone = read("severity>=ERROR", &["--freshness=15m", "--limit=20"]);
    steps.push(step::look(
        Stage::Verify,
        "The errors are gone",
        gone,
        "No rows, 15 minutes after the fix and with executions since",
    ));
    steps.push(step::look(
        Stage::Verify,
        "The function is active",
        functions(&["describe", name, "--format=value(status,versionId,updateTime)"]),
        "ACTIVE, with the version of the fix",
    ));
    steps
}
