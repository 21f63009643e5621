//! The ladder for Azure Container Apps.
//!
//! In: a [`Situation`]. Out: actions with `az` commands. Order matters: activate the target, wait until it is
//! healthy, move traffic, and only then deactivate; nothing stops a deactivation of the only active revision.
//! Traffic weights need multiple-revision mode (Azure docs: container apps, revisions and traffic splitting).

use super::step::{self, Change};
use super::{Rollback, Situation, names, shell};
use crate::model::report::Action;
use crate::model::{Category, Stage};

/// Names of one container app, valid or placeholders.
struct App<'a> {
    situation: &'a Situation<'a>,
    name: &'a str,
    group: &'a str,
    revision: &'a str,
}

impl App<'_> {
    /// `az containerapp WORDS -n APP -g GROUP REST`.
    fn az(&self, words: &[&str], rest: &[&str]) -> String {
        shell::command(&[&["az", "containerapp"], words, &["-n", self.name, "-g", self.group], rest].concat())
    }

    /// A change of settings; it makes a new revision.
    fn update(&self, title: &str, flags: &[&str], undo: &[&str], expect: &str) -> Action {
        Change {
            stage: Stage::Fix,
            title,
            command: self.az(&["update"], flags),
            precondition: "The update makes a new revision from the newest template, its image included; no other deployment is in progress",
            undo: self.az(&["update"], undo),
            expect,
        }
        .reversible()
    }
}

/// Every action for a container app.
pub(super) fn ladder(situation: &Situation<'_>) -> Vec<Action> {
    let revision = situation.revisions.last().map_or("", String::as_str);
    let app = App {
        situation,
        name: step::valid_or(situation.service, names::is_service, "APP"),
        group: step::capture(situation, &["resource_group", "group"], names::is_resource_group, "RESOURCE_GROUP"),
        revision: step::valid_or(revision, names::is_revision, "REVISION"),
    };
    let mut steps = inspect(&app);
    steps.extend(mitigate(&app));
    steps.extend(fix(&app));
    steps.extend(verify(&app));
    steps.extend(prevent(&app));
    steps
}

fn inspect(app: &App<'_>) -> Vec<Action> {
    let expect = step::look_for(app.situation, "Reason and Msg of the first warning; Count says how often it repeated");
    let system = app.az(&["logs", "show"], &["--type", "system", "--tail", "300", "--format", "json"]);
    let first = step::look(Stage::Inspect, "Read the platform's messages", system, &expect);
    let second = if app.situation.category == Category::DeployConflict {
        change_in_progress(app)
    } else {
        let command = app.az(&["revision", "list"], &["--all", "-o", "json"]);
        let expect =
            "active, trafficWeight, healthState, runningStateDetails of each; active does not mean that it has traffic";
        step::look(Stage::Inspect, "See every revision with its health and weight", command, expect)
    };
    let mut steps = vec![first, second];
    if names::is_replica(app.situation.instance) && app.revision != "REVISION" {
        let rest = [
            "--type",
            "console",
            "--revision",
            app.revision,
            "--replica",
            app.situation.instance,
            "--tail",
            "300",
            "--format",
            "json",
        ];
        let title = "Read the output of one failing replica";
        steps.insert(
            1,
            step::look(
                Stage::Inspect,
                title,
                app.az(&["logs", "show"], &rest),
                "The last error before it ends is the cause",
            ),
        );
    }
    steps
}

/// Whether the app, or the database server that a deployment also changes, is busy with another change.
fn change_in_progress(app: &App<'_>) -> Action {
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

fn mitigate(app: &App<'_>) -> Vec<Action> {
    let situation = app.situation;
    if situation.newest_not_ready {
        let command = app.az(&["ingress", "traffic", "show"], &["-o", "json"]);
        let title = "No mitigation needed: the revision before it keeps serving; fix forward";
        return vec![step::look(Stage::Mitigate, title, command, "The older revision has weight 100")];
    }
    if let (false, Some(by)) = (situation.ongoing, situation.resolved_by) {
        let title =
            format!("No mitigation needed: it ended with {}", step::valid_or(by, names::is_revision, "REVISION"));
        return vec![step::note(
            Stage::Mitigate,
            &title,
            "The verify step shows no new warnings",
            "The failures do not come back",
        )];
    }
    match situation.rollback {
        Rollback::To { revision, proof }
            if names::is_revision(revision) && !situation.revisions.iter().any(|failing| failing == revision) =>
        {
            roll_back(app, revision, proof)
        }
        Rollback::To { .. } => vec![find_healthy(app, "The proposed revision fails as well, or its name is not valid")],
        Rollback::Unknown { why } => vec![find_healthy(app, why)],
        Rollback::NotNeeded { why } => {
            vec![step::note(Stage::Mitigate, "No rollback needed", why, "The failures do not come back")]
        }
        Rollback::WouldNotHelp { why } => {
            let expect = "Traffic stays as it is until the fix is deployed";
            vec![step::note(Stage::Mitigate, "Do not roll back: it would not help", why, expect)]
        }
    }
}

/// Activate, then move traffic; in single mode a copy of the good revision takes over by itself.
fn roll_back(app: &App<'_>, good: &str, proof: &str) -> Vec<Action> {
    let still = if app.situation.ongoing { "" } else { "Only if it still fails. " };
    let (all, none) = (format!("{good}=100"), format!("{}=0", app.revision));
    let (back, zero) = (format!("{}=100", app.revision), format!("{good}=0"));
    let weights = |words: [&str; 2]| app.az(&["ingress", "traffic", "set"], &["--revision-weight", words[0], words[1]]);
    vec![
        Change {
            stage: Stage::Mitigate,
            title: &format!("Activate {good}"),
            command: app.az(&["revision", "activate"], &["--revision", good]),
            precondition: &format!("{still}Multiple-revision mode. Evidence for {good}: {}", step::prose(proof)),
            undo: app.az(&["revision", "deactivate"], &["--revision", good]),
            expect: "healthState Healthy and runningState Running before traffic is moved",
        }
        .reversible(),
        Change {
            stage: Stage::Mitigate,
            title: &format!("Send all traffic to {good}; later deploys get none until the weight of latest is set"),
            command: weights([&all, &none]),
            precondition: &format!(
                "{good} is Healthy and Running; weights add up to 100. Deactivate nothing before this"
            ),
            undo: weights([&back, &zero]),
            expect: "Within 5 minutes fewer than 1 % of requests end in 5xx",
        }
        .reversible(),
        Change {
            stage: Stage::Mitigate,
            title: &format!("In single-revision mode instead: deploy a copy of {good}"),
            command: app.az(&["revision", "copy"], &["--from-revision", good]),
            precondition: &format!("{still}Single-revision mode, where traffic weights are refused"),
            undo: app.az(&["revision", "copy"], &["--from-revision", app.revision]),
            expect: "The copy is provisioned and takes over",
        }
        .reversible(),
    ]
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

fn fix(app: &App<'_>) -> Vec<Action> {
    let situation = app.situation;
    let step = match situation.category {
        Category::ProbePort => Some(target_port(app)),
        Category::Image if situation.signature.is_empty() || step::speaks_of(situation, &["unauthorized"]) => {
            Some(registry(app))
        }
        Category::SecretAccess => Some(vault()),
        Category::Memory => Some(app.update(
            "Raise memory (with CPU, in the fixed pairs)",
            &["--cpu", "1.0", "--memory", "2.0Gi"],
            &["--cpu", "FORMER_CPU", "--memory", "FORMER_MEMORY"],
            "No container ends at its limit",
        )),
        Category::Config | Category::Cache => Some(app.update(
            "Set the missing or wrong variable",
            &["--set-env-vars", "KEY=VALUE"],
            &["--remove-env-vars", "KEY"],
            "Replicas start and stay",
        )),
        Category::Capacity => Some(app.update(
            "Raise the limit of replicas",
            &["--max-replicas", "MAX_REPLICAS"],
            &["--max-replicas", "FORMER_MAX"],
            "No request waits for a replica",
        )),
        Category::CodeStartup | Category::CodeRuntime => Some(app.update(
            "Deploy the repaired image",
            &["--image", "IMAGE"],
            &["--image", "FORMER_IMAGE"],
            "The new revision becomes Healthy and Running",
        )),
        _ => None,
    };
    let otherwise = if situation.category == Category::DeployConflict {
        "Wait until the change in progress has ended, then deploy once more; retry with pauses of 15 s or longer"
    } else {
        "Remove the cause that the inspect steps show"
    };
    // General advice would only repeat a command that repairs it.
    let advice = (step.is_none() || !situation.advice_fix.is_empty()).then(|| step::repair(situation, otherwise));
    step.into_iter().chain(advice).collect()
}

/// The ingress points at another port than the one that listens; the platform's message names both.
fn target_port(app: &App<'_>) -> Action {
    let former = step::known(app.situation, &["target"], names::is_port);
    // Without the target beside it, a captured port may be the wrong one of the two.
    let port = former.and_then(|_| step::known(app.situation, &["port"], names::is_port)).unwrap_or("PORT");
    Change {
        stage: Stage::Fix,
        title: "Point the ingress at the port that the container listens on",
        command: app.az(&["ingress", "update"], &["--target-port", port]),
        precondition: "The container's own log names that port",
        undo: app.az(&["ingress", "update"], &["--target-port", former.unwrap_or("FORMER_PORT")]),
        expect: "No probe fails any more, and the revision becomes Healthy",
    }
    .reversible()
}

/// The registry refuses the app.
fn registry(app: &App<'_>) -> Action {
    let server = step::capture(app.situation, &["server", "registry"], names::is_host, "REGISTRY");
    Change {
        stage: Stage::Fix,
        title: "Let the app pull from the registry with its identity",
        command: app.az(&["registry", "set"], &["--server", server, "--identity", "system"]),
        precondition: "The image exists, and the identity has AcrPull on the registry",
        undo: app.az(&["registry", "remove"], &["--server", server]),
        expect: "PulledImage follows, without ImagePullUnauthorized",
    }
    .reversible()
}

/// The vault refuses the app's identity.
fn vault() -> Action {
    let assignment = |verb: &str| {
        let role = ["--assignee", "PRINCIPAL_ID", "--role", "Key Vault Secrets User", "--scope", "VAULT_ID"];
        shell::command(&[&["az", "role", "assignment", verb][..], &role].concat())
    };
    Change {
        stage: Stage::Fix,
        title: "Let the app's identity read the vault (a plain secret is set with az containerapp secret set)",
        command: assignment("create"),
        precondition: "The message names the vault; a changed secret needs a restart or a new revision",
        undo: assignment("delete"),
        expect: "The next revision is provisioned",
    }
    .reversible()
}

fn verify(app: &App<'_>) -> Vec<Action> {
    let query = "[].{name:name,active:properties.active,weight:properties.trafficWeight,health:properties.healthState,state:properties.runningState}";
    vec![
        step::look(
            Stage::Verify,
            "The revision is healthy and has the traffic",
            app.az(&["revision", "list"], &["--query", query, "-o", "table"]),
            "The intended revision is Healthy and Running with weight 100",
        ),
        step::look(
            Stage::Verify,
            "No new warnings",
            app.az(&["logs", "show"], &["--type", "system", "--tail", "50", "--format", "json"]),
            "No ProbeFailed, ProcessExited or ContainerTerminated younger than the fix, after 15 minutes",
        ),
    ]
}

fn prevent(app: &App<'_>) -> Vec<Action> {
    let (title, expect) = match app.situation.category {
        Category::DeployConflict => (
            "Let CI deploy one at a time: a concurrency group per environment, without cancelling a deploy in progress",
            "No two changes at once",
        ),
        _ if app.situation.tcp_probe_passed => (
            "Probe the application over HTTP at start, instead of the open port",
            "A revision that cannot start never gets traffic",
        ),
        _ => return Vec::new(),
    };
    vec![step::note(Stage::Prevent, title, "", expect)]
}
