//! Databases, schemas and caches.
//!
//! In: a target. Out: inspect, mitigate and fix actions. Sources: Cloud SQL docs (connect from Cloud Run,
//! operations, quotas and limits), Memorystore docs (networking).

use super::super::names;
use super::super::step::{self, Change};
use super::target::Target;
use super::verify::variable;
use super::{access, code};
use crate::model::Stage;
use crate::model::report::Action;

/// Connection name from the captures. The socket path's head and tail, and a line end that was stored with
/// the name, are not part of it.
fn connection<'a>(target: &Target<'a>) -> Option<&'a str> {
    let values =
        target.situation.captures.iter().filter(|(name, _)| matches!(name.as_str(), "instance" | "go" | "node" | "py"));
    let trimmed = values.map(|(_, value)| {
        let value = value.trim().trim_end_matches("\\n").trim_end_matches("\\r");
        let value = value.strip_prefix("/cloudsql/").unwrap_or(value);
        value.split('/').next().unwrap_or_default()
    });
    trimmed.into_iter().find(|value| names::is_sql_connection(value))
}

/// Short name of the Cloud SQL instance, or its placeholder.
fn instance<'a>(target: &Target<'a>) -> &'a str {
    let short = connection(target).and_then(|name| name.rsplit(':').next());
    short.unwrap_or_else(|| step::capture(target.situation, &["instance"], names::is_resource, "SQL_INSTANCE"))
}

/// The state of the database server.
fn describe(target: &Target<'_>) -> Action {
    let fields = "--format=yaml(state,settings.activationPolicy,settings.tier,settings.databaseFlags,ipAddresses)";
    let command = target.cloud(&["sql", "instances", "describe", instance(target), fields]);
    step::look(
        Stage::Inspect,
        "See the state of the database",
        command,
        "state: RUNNABLE and activationPolicy: ALWAYS; the tier decides how many connections it takes",
    )
}

/// The database refuses, is not reachable, or has no room.
pub(super) fn database(target: &Target<'_>) -> Vec<Action> {
    let situation = target.situation;
    if step::speaks_of(
        situation,
        &["violation", "deadlock", "lock-wait", "sqlite", "already-closed", "permission-denied"],
    ) {
        return code::program(target);
    }
    let mut steps = Vec::new();
    if !step::speaks_of(situation, &["mongo", "firestore"]) {
        steps.push(describe(target));
    }
    if step::speaks_of(situation, &["too-many", "pool"]) {
        steps.extend(slots(target));
    } else if step::speaks_of(situation, &["password", "authentication", "login", "access-denied"]) {
        let secret = step::capture(situation, &["secret"], names::is_secret, "SECRET");
        steps.push(access::new_version(target, secret));
        steps.push(step::repair(situation, "Give the database user and the secret the same password"));
    } else if step::speaks_of(situation, &["disk-full"]) {
        steps.push(grow(target));
        steps.push(step::repair(situation, "Find what filled the disk: logs, temporary tables, old data"));
    } else if step::speaks_of(situation, &["mongo", "firestore"]) {
        steps.push(step::repair(situation, "Correct the database's address or name"));
    } else {
        steps.push(operations(target));
        let otherwise = "Correct the database's address, name or state; let the program retry its first connection";
        steps.push(step::repair(situation, otherwise));
    }
    steps
}

/// Lets the disk grow by itself; a disk cannot be made smaller again, so no size is set here.
fn grow(target: &Target<'_>) -> Action {
    let patch = |flag: &str| target.cloud(&["sql", "instances", "patch", instance(target), flag]);
    Change {
        stage: Stage::Fix,
        title: "Let the database's disk grow by itself",
        command: patch("--storage-auto-increase"),
        precondition: "The disk is full, not the quota; what has grown does not shrink again",
        undo: patch("--no-storage-auto-increase"),
        expect: "Writes succeed again within 10 minutes",
    }
    .reversible()
}

/// What was done to the database: a restart, a failover, a change of tier.
fn operations(target: &Target<'_>) -> Action {
    let named = format!("--instance={}", instance(target));
    let command = target.cloud(&["sql", "operations", "list", &named, "--limit=10"]);
    step::look(
        Stage::Inspect,
        "See what was done to the database at that time",
        command,
        "A restart, failover or update that ends where the errors end",
    )
}

/// Connections used up: fewer instances, smaller pools.
fn slots(target: &Target<'_>) -> Vec<Action> {
    let situation = target.situation;
    if target.job {
        return vec![step::repair(situation, "Lower parallelism or the pool size of a task")];
    }
    vec![
        Change {
            stage: Stage::Mitigate,
            title: "Bound the number of instances, so that instances times pool fits the database (no new revision)",
            command: target.update(&["--max=MAX_INSTANCES"]),
            precondition: "MAX_INSTANCES times the pool size, over all live revisions, is below max_connections; requests beyond wait or get 429",
            undo: target.update(&["--max=default"]),
            expect: "No refused connection within 5 minutes",
        }
        .reversible(),
        Change {
            stage: Stage::Fix,
            title: "Let fewer requests share one pool",
            command: target.update(&["--concurrency=CONCURRENCY"]),
            precondition: &target.before_update(),
            undo: target.update(&["--concurrency=FORMER_CONCURRENCY"]),
            expect: "No request waits for a connection until its time limit",
        }
        .reversible(),
        step::repair(situation, "Return connections after use, size the pool to the limit, or put a pooler in front"),
    ]
}

/// Attaches the Cloud SQL instance; `replace` also drops a wrongly written entry.
pub(super) fn attach(target: &Target<'_>, replace: bool) -> Vec<Action> {
    let name = connection(target).unwrap_or("PROJECT:REGION:SQL_INSTANCE");
    let fields = "spec.template.metadata.annotations";
    let (flag, undo) = if replace {
        (format!("--set-cloudsql-instances={name}"), "--set-cloudsql-instances=FORMER_CONNECTION".to_owned())
    } else {
        (format!("--add-cloudsql-instances={name}"), format!("--remove-cloudsql-instances={name}"))
    };
    vec![
        step::look(
            Stage::Inspect,
            "See which Cloud SQL instances are attached",
            target.describe(fields),
            "cloudsql-instances names project:region:instance exactly, without a line end",
        ),
        describe(target),
        Change {
            stage: Stage::Fix,
            title: "Attach the Cloud SQL instance by its connection name",
            command: target.update(&[&flag]),
            precondition: &target.before_update(),
            undo: target.update(&[&undo]),
            expect: "The socket below /cloudsql exists and the first query succeeds",
        }
        .reversible(),
        step::repair(target.situation, "Correct the connection name where it is kept (pipeline, Terraform, secret)"),
    ]
}

/// Tables or columns do not fit the code.
pub(super) fn schema(target: &Target<'_>) -> Vec<Action> {
    if step::speaks_of(target.situation, &["firestore"]) {
        return vec![step::repair(target.situation, "Create the index that the message names")];
    }
    let region = format!("--region={}", target.region);
    let list = target.run(&["jobs", "executions", "list", "--limit=10"]);
    let mut steps = vec![step::look(
        Stage::Inspect,
        "See whether the migration ran, and when",
        list,
        "A successful migration that is older than the failing revision",
    )];
    steps.push(
        Change {
            stage: Stage::Fix,
            title: "Run the migration job, before any new revision",
            command: target.cloud(&["run", "jobs", "execute", "MIGRATION_JOB", "--wait", &region]),
            precondition: "A backup exists; the migration fits the code that serves; the job uses the same database as the service",
            undo: "Run the migration that takes it back, or restore the backup".to_owned(),
            expect: "The execution succeeds and the table or column exists",
        }
        .destructive(),
    );
    steps.push(step::repair(
        target.situation,
        "Make code and schema agree; check the name of database and schema first",
    ));
    if target.job {
        steps.push(code::execute(target));
    }
    steps
}

/// Redis, Memcached and the like.
pub(super) fn cache(target: &Target<'_>) -> Vec<Action> {
    let situation = target.situation;
    let region = format!("--region={}", target.region);
    let product = if step::speaks_of(situation, &["memcached"]) { "memcache" } else { "redis" };
    let list = target.cloud(&[product, "instances", "list", &region]);
    let expect = "STATUS READY; the host is the one the service uses";
    let mut steps = vec![step::look(Stage::Inspect, "See host, port and state of the cache", list, expect)];
    if step::speaks_of(situation, &["authentication"]) {
        let secret = step::capture(situation, &["secret"], names::is_secret, "SECRET");
        steps.push(access::new_version(target, secret));
    } else if !step::speaks_of(situation, &["full"]) {
        let key = variable(target).unwrap_or("KEY");
        let set = format!("--update-env-vars={key}=VALUE");
        let remove = format!("--remove-env-vars={key}");
        steps.push(setting(target, "Set the address of the cache, if it is not the one listed", &[&set], &[&remove]));
        let way = ["--network=NETWORK", "--subnet=SUBNET", "--vpc-egress=private-ranges-only"];
        let title = "Give it a way into the cache's network, if calls time out";
        steps.push(setting(target, title, &way, &["--clear-network"]));
    }
    steps.push(step::repair(situation, "Let the service answer without its cache"));
    steps
}

/// A setting that lets the program reach its cache.
fn setting(target: &Target<'_>, title: &str, flags: &[&str], undo: &[&str]) -> Action {
    Change {
        stage: Stage::Fix,
        title,
        command: target.update(flags),
        precondition: &target.before_update(),
        undo: target.update(undo),
        expect: "The first command to the cache succeeds",
    }
    .reversible()
}
