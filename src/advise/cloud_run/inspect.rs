//! The first look: the log lines or conditions that show the failure itself.
//!
//! In: a target. Out: one read-only action.

use super::super::{Phase, logs, names, step};
use super::target::Target;
use crate::model::report::Action;
use crate::model::{Category, Stage};

/// The step that shows the failure closest to its cause.
pub(super) fn first(target: &Target<'_>) -> Action {
    let situation = target.situation;
    if situation.category == Category::DeployConflict {
        return look(
            target,
            "See who deployed when",
            target.read_window(logs::AUDIT),
            "Two changes seconds apart, one refused",
        );
    }
    if situation.phase == Phase::Deploy && target.revision != "REVISION" {
        let title = format!("See why revision {} is not ready", target.revision);
        let command = target.describe_revision("yaml(status.conditions)");
        return look(target, &title, command, "The condition whose status is False names the reason");
    }
    if names::is_instance(situation.instance) {
        let command = target.read_window(&format!("labels.instanceId=\"{}\"", situation.instance));
        return look(
            target,
            "Read one failing instance from start to end",
            command,
            "The last error before it ends is the cause",
        );
    }
    if target.job {
        let command = target.run(&["jobs", "executions", "list", &format!("--job={}", target.name), "--limit=10"]);
        return look(target, "List the executions of the job", command, "Which executions failed, and since when");
    }
    let failed = format!("{} OR ({})", logs::TROUBLE, logs::CRASHES);
    let filter = if target.revision == "REVISION" {
        failed
    } else {
        format!("resource.labels.revision_name=\"{}\" AND ({failed})", target.revision)
    };
    look(
        target,
        "Read what failed in the window",
        target.read_window(&filter),
        "The first error in time order is the candidate",
    )
}

fn look(target: &Target<'_>, title: &str, command: String, expect: &str) -> Action {
    step::look(Stage::Inspect, title, command, &step::look_for(target.situation, expect))
}
