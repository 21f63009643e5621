//! Azure Container Apps: rows of `az containerapp logs show --type system --format json`.

use serde_json::json;
use whydown::model::Category;

use super::Kind;
use super::truth::Truth;
use super::world::{MINUTE, SECOND, World, time};

/// The kinds of this family.
pub const KINDS: &[Kind] = &[
    Kind { name: "azure-port-mismatch", make: port_mismatch },
    Kind { name: "azure-image-pull-denied", make: image_pull_denied },
    Kind { name: "azure-container-exits", make: container_exits },
    Kind { name: "quiet-azure-rollout", make: quiet_rollout },
];

/// A revision of an app; its replica.
struct App {
    name: &'static str,
    revision: String,
    replica: String,
}

impl World {
    fn app(&mut self) -> App {
        let name = self.dice.pick(&["ca-orders", "ca-frontdesk", "ca-billing"]);
        let revision = format!("{name}--{}", self.dice.word("bcdfghjkmnpqrstvwxz0123456789", 7));
        let replica = format!("{revision}-{}-{}", self.dice.hex(9), self.dice.word("bcdfghjkmnpqrstvwxz", 5));
        App { name, revision, replica }
    }

    fn row(&mut self, at: i64, app: &App, kind: &str, reason: &str, message: &str, count: i64) {
        // `2026-06-24 00:18:22.977583 +0000 UTC`
        let stamp = time(at).replace('T', " ").replace('Z', " +0000 UTC");
        let source = if reason.starts_with("Revision") { "ContainerAppController" } else { "ContainerAppReplica" };
        // What is said of a revision names no replica.
        let replica = if source.ends_with("Controller") { "" } else { app.replica.as_str() };
        self.plain(at, json!({"TimeStamp": stamp, "Type": kind, "ContainerAppName": app.name, "RevisionName": app.revision, "ReplicaName": replica, "Msg": message, "Reason": reason, "EventSource": source, "Count": count}));
    }

    fn created(&mut self, at: i64, app: &App) {
        self.row(at, app, "Normal", "RevisionCreation", &format!("Creating a new revision: {}", app.revision), 1);
        self.row(
            at + SECOND,
            app,
            "Normal",
            "AssigningReplica",
            &format!("Replica '{}' has been scheduled to run on a node.", app.replica),
            1,
        );
        self.row(at + 2 * SECOND, app, "Normal", "PullingImage", "Pulling image 'acmereg.azurecr.io/orders:41'", 1);
    }

    fn container_started(&mut self, at: i64, app: &App) {
        self.row(
            at,
            app,
            "Normal",
            "PulledImage",
            "Successfully pulled image 'acmereg.azurecr.io/orders:41' in 2.88s. Image size: 48112233 bytes.",
            1,
        );
        self.row(at + SECOND, app, "Normal", "ContainerCreated", "Created container 'app'", 1);
        self.row(at + 2 * SECOND, app, "Normal", "ContainerStarted", "Started container 'app'", 1);
    }
}

fn port_mismatch(world: &mut World) -> Truth {
    let app = world.app();
    let listens = world.dice.pick(&[3000, 5000, 8080]);
    let truth = Truth::incident(
        "the ingress asks another port than the program listens on",
        &[Category::ProbePort, Category::Config],
        &format!("{listens}"),
        app.name,
    );
    let at = world.start;
    world.created(at, &app);
    world.container_started(at + 5 * SECOND, &app);
    world.row(
        at + 20 * SECOND,
        &app,
        "Warning",
        "Pending:PortMismatch",
        &format!("The TargetPort 80 does not match the listening port {listens}."),
        1,
    );
    for number in 1..12 {
        world.row(
            at + (30 + number * 20) * SECOND,
            &app,
            "Warning",
            "ProbeFailed",
            "Probe of StartUp failed with status code: 1",
            number * 20,
        );
    }
    world.row(
        at + 5 * MINUTE,
        &app,
        "Warning",
        "ContainerTerminated",
        "Container 'app' was terminated with exit code '' and reason 'ProbeFailure'",
        1,
    );
    world.row(at + 10 * MINUTE, &app, "Error", "", "Deployment Progress Deadline Exceeded. 0/1 replicas ready.", 1);
    truth
}

fn image_pull_denied(world: &mut World) -> Truth {
    let app = world.app();
    let truth = Truth::incident(
        "the registry refuses the pull",
        &[Category::Image, Category::Iam],
        "(?i)unauthorized|image",
        app.name,
    );
    let at = world.start;
    world.created(at, &app);
    for number in 1..5 {
        world.row(
            at + (4 + number * 30) * SECOND,
            &app,
            "Warning",
            "ImagePullUnauthorized",
            "Container pull image failed with unauthorized error. Please check the registry credentials.",
            number,
        );
    }
    world.row(
        at + 3 * MINUTE,
        &app,
        "Warning",
        "ContainerTerminated",
        "Container 'app' was terminated with exit code '' and reason 'ImagePullFailure'",
        1,
    );
    world.row(
        at + 4 * MINUTE,
        &app,
        "Error",
        "",
        &format!("Error provisioning revision {}. ErrorCode: [ErrImagePull]", app.revision),
        1,
    );
    truth
}

fn container_exits(world: &mut World) -> Truth {
    let app = world.app();
    let mut truth = Truth::incident(
        "the process ends again and again; the system log does not say why",
        &[Category::Unknown, Category::CodeStartup, Category::ProbePort],
        "(?i)exit|terminated|crash|ends with code|process",
        app.name,
    );
    truth.only_symptoms();
    truth.forbid("(?i)port|memory|image");
    let at = world.start;
    world.created(at, &app);
    world.container_started(at + 5 * SECOND, &app);
    for number in 1..8 {
        world.row(
            at + number * 25 * SECOND,
            &app,
            "Warning",
            "ProcessExited",
            "Container 'app' was terminated with exit code '1'",
            number,
        );
        world.row(
            at + (number * 25 + 1) * SECOND,
            &app,
            "Warning",
            "ContainerTerminated",
            "Container 'app' was terminated with exit code '1' and reason 'ProcessExited'",
            number,
        );
    }
    truth
}

fn quiet_rollout(world: &mut World) -> Truth {
    let (old, new) = (world.app(), world.app());
    let new = App {
        name: old.name,
        revision: format!("{}--{}", old.name, world.dice.word("bcdfghjkmn0123456789", 7)),
        ..new
    };
    let at = world.start;
    world.created(at, &new);
    world.container_started(at + 5 * SECOND, &new);
    // A probe that asks once before the program listens is ordinary.
    world.row(at + 8 * SECOND, &new, "Warning", "ProbeFailed", "Probe of StartUp failed with status code: 1", 1);
    world.row(
        at + 14 * SECOND,
        &new,
        "Normal",
        "RevisionReady",
        &format!("Successfully provisioned revision '{}'", new.revision),
        1,
    );
    world.row(
        at + 15 * SECOND,
        &new,
        "Normal",
        "RevisionUpdate",
        &format!("Setting traffic weight of '100%' for revision '{}'", new.revision),
        1,
    );
    world.row(
        at + 16 * SECOND,
        &old,
        "Normal",
        "RevisionDeactivating",
        &format!("Deactivating old revisions for ContainerApp '{}'", old.name),
        1,
    );
    world.row(
        at + 20 * SECOND,
        &old,
        "Warning",
        "ContainerTerminated",
        "Container 'app' was terminated with exit code '' and reason 'ManuallyStopped'",
        1,
    );
    world.row(at + 30 * SECOND, &new, "Normal", "ContainerAppReady", "Running state reached", 1);
    Truth::quiet("a revision takes over")
}
