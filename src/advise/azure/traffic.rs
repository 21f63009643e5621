//! Moving traffic of a container app: activate, see that it is healthy, move, and only then deactivate.
//!
//! In: an app. Out: its mitigations. Nothing stops a deactivation of the only active revision, and traffic can be
//! sent to a deactivated one, so the order is in the preconditions. Weights need multiple-revision mode; in single
//! mode a copy of the good revision takes over by itself (Azure docs: container apps, traffic splitting).

use super::super::mitigate::{Mitigation, OLDER_SERVES, mitigation};
use super::super::names;
use super::super::step::{self, Change};
use super::App;
use crate::model::Stage;
use crate::model::report::Action;

/// What a revision must show before it gets traffic.
const HEALTH: &str = "properties.{active:active,health:healthState,state:runningState,weight:trafficWeight}";

/// What stops the harm now.
pub(super) fn steps(app: &App<'_>) -> Vec<Action> {
    match mitigation(app.situation, "The verify step shows no new warnings") {
        Mitigation::OlderServes => {
            let command = app.az(&["ingress", "traffic", "show"], &["-o", "json"]);
            vec![step::look(Stage::Mitigate, OLDER_SERVES, command, "The older revision has weight 100")]
        }
        Mitigation::Nothing(action) => vec![action],
        Mitigation::RollBack { good, proof } => roll_back(app, good, proof),
        Mitigation::Find { why } => vec![find_healthy(app, why)],
    }
}

/// The command that shows whether a revision may get traffic.
pub(super) fn health_of(app: &App<'_>, revision: &str) -> String {
    app.az(&["revision", "show"], &["--revision", revision, "--query", HEALTH, "-o", "json"])
}

fn roll_back(app: &App<'_>, good: &str, proof: &str) -> Vec<Action> {
    let mut steps = Vec::new();
    if app.mode() != "single" {
        steps.extend(move_traffic(app, good, proof));
    }
    if !matches!(app.mode(), "multiple" | "labels") {
        steps.push(copy(app, good, proof));
    }
    steps
}

fn move_traffic(app: &App<'_>, good: &str, proof: &str) -> Vec<Action> {
    let still = if app.situation.ongoing { "" } else { "Only if it still fails. " };
    let mode = if app.mode().is_empty() { "Multiple-revision mode. " } else { "" };
    let (all, none) = (format!("{good}=100"), format!("{}=0", app.revision));
    let (back, zero) = (format!("{}=100", app.revision), format!("{good}=0"));
    let weights = |words: [&str; 2]| app.az(&["ingress", "traffic", "set"], &["--revision-weight", words[0], words[1]]);
    let evidence = format!("{still}{mode}Evidence for {good}: {}", step::prose(proof));
    let is_active = app.situation.around.target_is_active;
    let activate = Change {
        stage: Stage::Mitigate,
        title: &format!("Activate {good}"),
        command: app.az(&["revision", "activate"], &["--revision", good]),
        precondition: &evidence,
        undo: app.az(&["revision", "deactivate"], &["--revision", good]),
        expect: "healthState Healthy and runningState Running before traffic is moved",
    };
    let told = if is_active { format!("{evidence}. ") } else { String::new() };
    let send = Change {
        stage: Stage::Mitigate,
        title: &format!("Send all traffic to {good}; later deploys get none until the weight of latest is set"),
        command: weights([&all, &none]),
        precondition: &format!(
            "{told}{good} is Healthy and Running: {}. Weights add up to 100. Deactivate nothing before this",
            health_of(app, good)
        ),
        undo: weights([&back, &zero]),
        expect: "Within 5 minutes fewer than 1 % of requests end in 5xx; only then may others be deactivated",
    };
    let activate = (!is_active).then(|| activate.reversible());
    activate.into_iter().chain([send.reversible()]).collect()
}

fn copy(app: &App<'_>, good: &str, proof: &str) -> Action {
    let still = if app.situation.ongoing { "" } else { "Only if it still fails. " };
    let (title, evidence) = if app.mode() == "single" {
        (format!("Deploy a copy of {good}"), format!(". Evidence for {good}: {}", step::prose(proof)))
    } else {
        (format!("In single-revision mode instead: deploy a copy of {good}"), String::new())
    };
    Change {
        stage: Stage::Mitigate,
        title: &title,
        command: app.az(&["revision", "copy"], &["--from-revision", good]),
        precondition: &format!("{still}Single-revision mode, where traffic weights are refused{evidence}"),
        undo: app.az(&["revision", "copy"], &["--from-revision", app.revision]),
        expect: "The copy is provisioned and takes over",
    }
    .reversible()
}

fn find_healthy(app: &App<'_>, why: &str) -> Action {
    let query = "[].{name:name,created:properties.createdTime,active:properties.active,weight:properties.trafficWeight,health:properties.healthState,image:properties.template.containers[0].image}";
    let command = app.az(&["revision", "list"], &["--all", "--query", query, "-o", "table"]);
    let mut action = step::look(
        Stage::Mitigate,
        "Find a revision that was healthy",
        command,
        "An older revision with another image or settings that answered requests",
    );
    action.precondition = format!("No rollback target is proven in these files: {}", step::prose(why));
    action
}

/// Traffic goes to a revision that is not active, or stays pinned to an old one.
pub(super) fn state(app: &App<'_>) -> Action {
    if let Some(named) = step::known(app.situation, &["deactivated"], names::is_revision) {
        return Change {
            stage: Stage::Fix,
            title: &format!("Activate {named}, which has the traffic, or send the traffic to an active revision"),
            command: app.az(&["revision", "activate"], &["--revision", named]),
            precondition: "It was healthy when it was deactivated; if not, move the traffic to an active, Healthy and Running revision instead",
            undo: app.az(&["revision", "deactivate"], &["--revision", named]),
            expect: "active true, healthState Healthy, runningState Running",
        }
        .reversible();
    }
    let pinned = app.situation.revisions.first().map_or("", String::as_str);
    let back = format!("{}=100", step::valid_or(pinned, names::is_revision, "REVISION"));
    Change {
        stage: Stage::Fix,
        title: "Let traffic follow the newest revision",
        command: app.az(&["ingress", "traffic", "set"], &["--revision-weight", "latest=100"]),
        precondition: &format!(
            "The newest revision is Healthy and Running: {}. Every later deploy gets the traffic, too",
            health_of(app, app.revision)
        ),
        undo: app.az(&["ingress", "traffic", "set"], &["--revision-weight", &back]),
        expect: "The newest revision has weight 100; fewer than 1 % of its requests end in 5xx",
    }
    .reversible()
}

/// Takes away what stays active without traffic, once the serving revision is seen to have it all.
pub(super) fn retire(app: &App<'_>) -> Option<Action> {
    let (serving, idle) = (app.serving()?, app.idle()?);
    let of_mode = if app.mode() == "single" { return None } else { "Multiple-revision mode leaves it active" };
    Some(
        Change {
            stage: Stage::Fix,
            title: &format!("If {idle} is not kept for a rollback, deactivate it"),
            command: app.az(&["revision", "deactivate"], &["--revision", idle]),
            precondition: &format!(
                "First {serving} is Healthy and Running with weight 100: {}. {of_mode}, at weight 0",
                health_of(app, serving)
            ),
            undo: app.az(&["revision", "activate"], &["--revision", idle]),
            expect: "Only the serving revision is active",
        }
        .reversible(),
    )
}
