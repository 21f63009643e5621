//! Two changes at once: wait for the one that is under way, then repeat the refused one alone.
//!
//! In: an app. Out: its actions. A run that is cancelled in the middle leaves a half-made state, and a database
//! server that is busy goes on being busy, so waiting comes first. Commands: `gh` manual; Azure CLI reference,
//! containerapp and postgres flexible-server.

use super::super::step::{self, Change};
use super::super::{names, shell};
use super::{App, traffic};
use crate::model::Stage;
use crate::model::report::Action;

/// Fields of a run that tell which one is in the way.
const FIELDS: &str = "databaseId,status,conclusion,headSha,createdAt,displayTitle";

/// What to look at first.
pub(super) fn inspect(app: &App<'_>) -> Vec<Action> {
    let list = ["gh", "run", "list", "--status", "in_progress", "--limit", "20", "--json", FIELDS];
    let failed = app.situation.signature.is_empty().then(|| {
        let run = run_or(app.situation.around.refused_run, "RUN_ID");
        let command = shell::command(&["gh", "run", "view", run, "--log-failed"]);
        let expect = "ContainerAppOperationInProgress, DeploymentActive, ServerIsBusy and the like are a conflict; anything else is not";
        step::look(Stage::Inspect, "Read why the run failed", command, expect)
    });
    let others = [
        step::look(
            Stage::Inspect,
            "See whether a deployment is still running in CI (GitHub Actions)",
            shell::command(&list),
            "Empty, or the run that is in the way; runs of other workflows count too when they change the same resources",
        ),
        in_progress(app),
    ];
    failed.into_iter().chain(others).collect()
}

/// Whether the app, or the database server that a deployment also changes, is busy with another change.
fn in_progress(app: &App<'_>) -> Action {
    if step::speaks_of(app.situation, &["busy", "postgres", "server"]) {
        let name = step::capture(app.situation, &["server"], names::is_service, "SERVER");
        let show = ["-g", app.group, "-n", name, "--query", "state", "-o", "tsv"];
        let server = [&["az", "postgres", "flexible-server", "show"][..], &show].concat();
        let title = "See whether the database server is ready for changes";
        return step::look(Stage::Inspect, title, shell::command(&server), "Ready");
    }
    let command = app.az(&["show"], &["--query", "properties.provisioningState", "-o", "tsv"]);
    step::look(Stage::Inspect, "See whether a change is in progress", command, "Succeeded")
}

/// Wait; and see that users are served meanwhile.
pub(super) fn mitigate(app: &App<'_>) -> Vec<Action> {
    let run = run_or(app.situation.around.running_run, "RUN_ID");
    let mut wait = step::look(
        Stage::Mitigate,
        "Wait for the run in progress to end; do not cancel it in the middle",
        shell::command(&["gh", "run", "watch", run, "--exit-status"]),
        "It ends with 0 (without --exit-status a failed run ends with 0, too)",
    );
    "Only while the inspect step shows a run in progress".clone_into(&mut wait.precondition);
    let serving = app.serving().map(|serving| {
        let title = format!("No rollback: see that {serving} serves");
        let expect = "active true, Healthy, Running and weight 100: users are served while deployments wait";
        step::look(Stage::Mitigate, &title, traffic::health_of(app, serving), expect)
    });
    let nothing = || {
        let why = "A rollback changes nothing here: the revision that serves is not the cause";
        step::note(Stage::Mitigate, "Do not roll back", why, "Traffic stays as it is")
    };
    vec![serving.unwrap_or_else(nothing), wait]
}

/// Repeat the refused change, alone.
pub(super) fn fix(app: &App<'_>) -> Vec<Action> {
    let run = run_or(app.situation.around.refused_run, "RUN_ID");
    let apart = app.situation.around.typical_minutes.map_or_else(String::new, |(minutes, runs)| {
        format!(" Successful runs took {minutes} min (median of {runs}): leave at least that between two starts.")
    });
    let precondition = format!(
        "No run is in progress, and the app or server is ready (inspect steps).{apart} A retry in the pipeline waits 15 s or longer between tries"
    );
    let again = Change {
        stage: Stage::Fix,
        title: "Run the refused deployment again, alone",
        command: shell::command(&["gh", "run", "rerun", run, "--failed"]),
        precondition: &precondition,
        undo: "Deploy the former image again; the refused run changed nothing in the app".to_owned(),
        expect: "The run ends well and its revision becomes Healthy and Running",
    }
    .reversible();
    std::iter::once(again).chain(traffic::retire(app)).collect()
}

/// Prove that it went through.
pub(super) fn verify(app: &App<'_>) -> Action {
    let run = run_or(app.situation.around.refused_run, "RUN_ID");
    let command = shell::command(&["gh", "run", "watch", run, "--exit-status"]);
    step::look(Stage::Verify, "The repeated run ends well", command, "Exit code 0")
}

/// Keep two runs apart.
pub(super) fn prevent(app: &App<'_>) -> Action {
    let group = if app.name == "APP" { "deploy".to_owned() } else { format!("deploy-{}", app.name) };
    let title = format!(
        "Let CI deploy one at a time: concurrency: {{group: {group}, cancel-in-progress: false}} in every workflow that changes these resources"
    );
    step::note(Stage::Prevent, &title, "", "A second run waits as pending until the first has ended")
}

fn run_or<'a>(run: &'a str, placeholder: &'a str) -> &'a str {
    step::valid_or(run, names::is_run, placeholder)
}
