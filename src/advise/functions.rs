//! The ladder for first-generation functions.
//!
//! In: a [`Situation`]. Out: actions. A function has no revisions to go back to: a deploy replaces it, and
//! uploads the current folder unless a source is named (Cloud SDK: functions deploy).

use super::step::{self, Change};
use super::{Situation, logs, names, shell};
use crate::model::report::Action;
use crate::model::{Category, Stage};

/// Names of one function, valid or placeholders, as flags.
struct Function<'a> {
    situation: &'a Situation<'a>,
    name: &'a str,
    region: String,
    project: String,
}

impl Function<'_> {
    /// `gcloud functions WORDS --region --project`.
    fn run(&self, words: &[&str]) -> String {
        shell::command(&[&["gcloud", "functions"], words, &[&self.region, &self.project]].concat())
    }

    /// Reads log entries of the function.
    fn read(&self, filter: &str, rest: &[&str]) -> String {
        let filter = format!("{} AND {filter}", logs::resource_filter("cloud_function", self.situation.service));
        let format = "--format=value(timestamp,severity,labels.execution_id,textPayload)";
        shell::command(&[&["gcloud", "logging", "read", &filter, &self.project], rest, &[format]].concat())
    }

    /// A deploy that changes one setting.
    fn change(&self, title: &str, flag: &str, undo: &str, expect: &str) -> Action {
        Change {
            stage: Stage::Fix,
            title,
            command: self.run(&["deploy", self.name, "--no-gen2", flag]),
            precondition: "Run it in the folder of the deployed source, at the deployed commit: a deploy uploads the current folder",
            undo: self.run(&["deploy", self.name, "--no-gen2", undo]),
            expect,
        }
        .reversible()
    }
}

/// Every action for a function.
pub(super) fn ladder(situation: &Situation<'_>) -> Vec<Action> {
    let region = situation.location.rsplit('/').next().unwrap_or_default();
    let function = Function {
        situation,
        name: step::valid_or(situation.service, names::is_function, "FUNCTION"),
        region: format!("--region={}", step::valid_or(region, names::is_region, "REGION")),
        project: format!("--project={}", step::valid_or(situation.project, names::is_project, "PROJECT")),
    };
    let failing = format!("{} AND severity>=WARNING", logs::between(situation.from, situation.to));
    let failing = function.read(&failing, &["--order=asc", "--limit=1000"]);
    let look_for = step::look_for(situation, "The first error of a failing execution");
    let settings = function.run(&["describe", function.name]);
    let gone = function.read("severity>=ERROR", &["--freshness=15m", "--limit=20"]);
    let active = function.run(&["describe", function.name, "--format=value(status,versionId,updateTime)"]);
    let mut steps = vec![
        step::look(Stage::Inspect, "Read the failing executions", failing, &look_for),
        step::look(Stage::Inspect, "See the function's settings", settings, "Memory, timeout, account and update time"),
        step::note(
            Stage::Mitigate,
            "A function has no revision to go back to: deploy the last good source again",
            "Its update time lies shortly before the first failure",
            "Executions end with status ok",
        ),
    ];
    steps.extend(setting(&function));
    steps.push(step::repair(situation, "Repair the source and deploy it"));
    let expect = "No rows, 15 minutes after the fix and with executions since";
    steps.push(step::look(Stage::Verify, "The errors are gone", gone, expect));
    steps.push(step::look(Stage::Verify, "The function is active", active, "ACTIVE, with the version of the fix"));
    steps
}

/// The setting that the category asks for.
fn setting(function: &Function<'_>) -> Option<Action> {
    let change = match function.situation.category {
        Category::Memory => {
            let (raised, former) = step::memory_step(function.situation).map_or_else(
                || ("--memory=MEMORY".to_owned(), "--memory=FORMER_MEMORY".to_owned()),
                |(former, raised)| (format!("--memory={raised}MB"), format!("--memory={former}MB")),
            );
            function.change("Raise the memory", &raised, &former, "No execution ends at the memory limit")
        }
        Category::Timeout => {
            let title = "Give an execution more time (at most 540 s)";
            function.change(title, "--timeout=TIMEOUT", "--timeout=FORMER_TIMEOUT", "Executions end before the limit")
        }
        Category::Config => {
            let (set, remove) = ("--update-env-vars=KEY=VALUE", "--remove-env-vars=KEY");
            function.change("Set the variable", set, remove, "The function loads")
        }
        Category::Capacity => {
            let (raised, former) = ("--max-instances=MAX_INSTANCES", "--max-instances=FORMER_MAX");
            function.change("Raise the limit of instances", raised, former, "No execution is refused")
        }
        _ => return None,
    };
    Some(change)
}
