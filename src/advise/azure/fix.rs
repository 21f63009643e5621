//! Removing the cause in a container app: port, registry, vault, memory, settings, image.
//!
//! In: an app. Out: its fixes. A change of the template makes a new revision from the newest one, its image
//! included. Flags: Azure CLI reference, containerapp.

use super::super::step::{self, Change};
use super::super::{names, shell};
use super::App;
use crate::model::report::Action;
use crate::model::{Category, Stage};

/// What removes the cause.
pub(super) fn steps(app: &App<'_>) -> Vec<Action> {
    let situation = app.situation;
    let step = match situation.category {
        Category::ProbePort => Some(target_port(app)),
        Category::Image if situation.signature.is_empty() || step::speaks_of(situation, &["unauthorized"]) => {
            Some(registry(app))
        }
        Category::Image if step::speaks_of(situation, &["image-pull"]) => Some(image(app)),
        Category::SecretAccess => Some(vault()),
        Category::Memory => Some(memory(app)),
        Category::Config | Category::Cache => Some(update(
            app,
            "Set the missing or wrong variable",
            &["--set-env-vars", "KEY=VALUE"],
            &["--remove-env-vars", "KEY"],
            "Replicas start and stay",
        )),
        Category::Capacity => Some(update(
            app,
            "Raise the limit of replicas",
            &["--max-replicas", "MAX_REPLICAS"],
            &["--max-replicas", "FORMER_MAX"],
            "No request waits for a replica",
        )),
        Category::CodeStartup | Category::CodeRuntime => Some(update(
            app,
            "Deploy the repaired image",
            &["--image", "IMAGE"],
            &["--image", "FORMER_IMAGE"],
            "The new revision becomes Healthy and Running",
        )),
        Category::TrafficState => Some(super::traffic::state(app)),
        _ => None,
    };
    // General advice would only repeat a command that repairs it.
    let advice = (step.is_none() || !situation.advice_fix.is_empty())
        .then(|| step::repair(situation, "Remove the cause that the inspect steps show"));
    let restart = (situation.category == Category::SecretAccess).then(|| restart(app));
    step.into_iter().chain(restart).chain(advice).collect()
}

/// A change of settings; it makes a new revision.
fn update(app: &App<'_>, title: &str, flags: &[&str], undo: &[&str], expect: &str) -> Action {
    let traffic = if app.mode() == "multiple" { "; it gets traffic only by its weight" } else { "" };
    Change {
        stage: Stage::Fix,
        title,
        command: app.az(&["update"], flags),
        precondition: &format!(
            "The update makes a new revision from the newest template, its image included{traffic}; no other deployment is in progress"
        ),
        undo: app.az(&["update"], undo),
        expect,
    }
    .reversible()
}

/// The ingress points at another port than the one that listens; the platform's message names both.
fn target_port(app: &App<'_>) -> Action {
    let described = app.situation.around.target_port.map(|port| port.to_string());
    let former = step::known(app.situation, &["target"], names::is_port).or(described.as_deref());
    // Without the target beside it, a captured port may be the wrong one of the two.
    let known = former.and_then(|_| step::known(app.situation, &["port"], names::is_port));
    let port = known.filter(|port| Some(*port) != former).unwrap_or("PORT");
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
    let server = match registry_and_repository(app) {
        Some((server, _)) => server,
        None => step::capture(app.situation, &["server", "registry"], names::is_host, "REGISTRY"),
    };
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

/// The image is not there, or not under that name.
fn image(app: &App<'_>) -> Action {
    update(
        app,
        "Deploy an image that exists",
        &["--image", "IMAGE"],
        &["--image", "FORMER_IMAGE"],
        "PulledImage follows, and the new revision becomes Healthy and Running",
    )
}

/// Which tags the registry holds, where the image is known to be in a registry of Azure.
pub(super) fn tags(app: &App<'_>) -> Option<Action> {
    let (server, repository) = registry_and_repository(app)?;
    let registry = server.strip_suffix(".azurecr.io")?;
    let words = ["az", "acr", "repository", "show-tags", "-n", registry, "--repository", repository];
    let command = shell::command(&[&words[..], &["--orderby", "time_desc", "--top", "20", "-o", "table"]].concat());
    Some(step::look(Stage::Inspect, "See which tags the registry holds", command, "The tag that the revision names"))
}

/// Registry and repository of the failing image.
fn registry_and_repository<'a>(app: &App<'a>) -> Option<(&'a str, &'a str)> {
    let image = Some(app.situation.around.image).filter(|image| names::is_image(image))?;
    let (server, rest) = image.split_once('/').filter(|(server, _)| server.contains('.') && names::is_host(server))?;
    let repository = rest.split(['@', ':']).next().filter(|repository| !repository.is_empty())?;
    Some((server, repository))
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

/// A running revision keeps the secret that it started with.
fn restart(app: &App<'_>) -> Action {
    Change {
        stage: Stage::Fix,
        title: "Restart the revision, so that it reads the secret again",
        command: app.az(&["revision", "restart"], &["--revision", app.revision]),
        precondition: "The role is assigned (it takes minutes to hold), or the secret is set",
        undo: "None needed: the replicas are replaced by new ones of the same revision".to_owned(),
        expect: "Healthy and Running, without FetchingKeyVaultSecretFailed",
    }
    .reversible()
}

/// Memory goes with CPU in fixed pairs, 2 GiB to a core (Azure docs: containers, allocations); twice the known size.
fn memory(app: &App<'_>) -> Action {
    let gibibytes = app.situation.around.memory.strip_suffix("Gi").and_then(|size| size.parse::<f64>().ok());
    let pair = |gibibytes: f64| (format!("{:?}", gibibytes / 2.0), format!("{gibibytes:?}Gi"));
    let placeholders = || ("FORMER_CPU".to_owned(), "FORMER_MEMORY".to_owned());
    // The largest size of the consumption plan is 4 GiB.
    let known = gibibytes.filter(|size| (0.5..=2.0).contains(size));
    let (from, to) = known.map_or_else(|| (placeholders(), pair(2.0)), |size| (pair(size), pair(size * 2.0)));
    update(
        app,
        "Raise memory (with CPU, in the fixed pairs)",
        &["--cpu", &to.0, "--memory", &to.1],
        &["--cpu", &from.0, "--memory", &from.1],
        "No container ends at its limit",
    )
}
