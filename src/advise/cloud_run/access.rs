//! Secrets and permissions.
//!
//! In: a target. Out: inspect and fix actions. Roles: IAM reference; secret values with a line end: Secret
//! Manager docs (`gcloud secrets versions add` stores standard input byte for byte).

use super::super::step::{self, Change};
use super::super::{names, shell};
use super::target::Target;
use super::verify::variable;
use crate::model::Stage;
use crate::model::report::Action;

/// Permissions that logs name most, and the narrowest predefined role that has each.
const ROLES: [(&str, &str); 14] = [
    ("aiplatform.endpoints.predict", "roles/aiplatform.user"),
    ("artifactregistry.repositories.downloadArtifacts", "roles/artifactregistry.reader"),
    ("bigquery.jobs.create", "roles/bigquery.jobUser"),
    ("cloudsql.instances.connect", "roles/cloudsql.client"),
    ("cloudsql.instances.get", "roles/cloudsql.client"),
    ("cloudtasks.tasks.create", "roles/cloudtasks.enqueuer"),
    ("datastore.entities.get", "roles/datastore.user"),
    ("iam.serviceAccounts.signBlob", "roles/iam.serviceAccountTokenCreator"),
    ("pubsub.topics.publish", "roles/pubsub.publisher"),
    ("run.routes.invoke", "roles/run.invoker"),
    ("secretmanager.versions.access", "roles/secretmanager.secretAccessor"),
    ("storage.objects.create", "roles/storage.objectCreator"),
    ("storage.objects.get", "roles/storage.objectViewer"),
    ("storage.objects.list", "roles/storage.objectViewer"),
];

/// A secret is missing, may not be read, or its value is unusable.
pub(super) fn secret(target: &Target<'_>) -> Vec<Action> {
    let situation = target.situation;
    if ends_line(target) {
        return line_end(target);
    }
    let secret = secret_name(target);
    if step::speaks_of(situation, &["not-found", "version", "rejected", "unreadable"]) {
        let versions = target.cloud(&["secrets", "versions", "list", secret]);
        return vec![
            step::look(
                Stage::Inspect,
                "See the secret's versions",
                versions,
                "An enabled version exists under exactly this name",
            ),
            new_version(target, secret),
            step::repair(situation, "Correct the name or the value where it is kept"),
        ];
    }
    let member = format!(
        "--member=serviceAccount:{}",
        step::capture(situation, &["account"], names::is_account, "SERVICE_ACCOUNT")
    );
    let role = "--role=roles/secretmanager.secretAccessor";
    let policy = target.cloud(&["secrets", "get-iam-policy", secret]);
    vec![
        step::look(
            Stage::Inspect,
            "See who may read the secret",
            policy,
            "The account of the revision is missing from roles/secretmanager.secretAccessor",
        ),
        Change {
            stage: Stage::Fix,
            title: "Let the service account read the secret",
            command: target.cloud(&["secrets", "add-iam-policy-binding", secret, &member, role]),
            precondition: "The account is the one the revision runs as, and it is meant to read this secret",
            undo: target.cloud(&["secrets", "remove-iam-policy-binding", secret, &member, role]),
            expect: "New instances start within 2 minutes; a revision that never became ready needs another deploy",
        }
        .reversible(),
        refresh(target, secret),
    ]
}

/// Whether the value carries a line end.
pub(super) fn ends_line(target: &Target<'_>) -> bool {
    step::speaks_of(target.situation, &["line-end", "line-break", "control-characters"])
}

/// A value stored with a line end: look at its last bytes, store it again without.
pub(super) fn line_end(target: &Target<'_>) -> Vec<Action> {
    let secret = secret_name(target);
    let (named, project) = (format!("--secret={secret}"), format!("--project={}", target.project));
    let access = ["gcloud", "secrets", "versions", "access", "latest", &named, &project];
    let add = ["gcloud", "secrets", "versions", "add", secret, "--data-file=-", &project];
    vec![
        step::look(
            Stage::Inspect,
            "Look at the last bytes of the value (this shows part of the secret)",
            shell::pipe(&[&access, &["tail", "-c", "20"], &["xxd"]]),
            "0a or 0d at the end is a line end that belongs to the value",
        ),
        Change {
            stage: Stage::Fix,
            title: "Store the value again without its line end",
            command: shell::pipe(&[&access, &["tr", "-d", r"\r\n"], &add]),
            precondition: "The value is a single line (not a key file); a plain environment variable is set anew instead",
            undo: format!("Disable the new version: {}", target.cloud(&["secrets", "versions", "disable", "VERSION", &named])),
            expect: "The last bytes of the new version hold no 0a or 0d",
        }
        .reversible(),
        refresh(target, secret),
    ]
}

/// A new value for a secret, given on standard input so that it stays out of the shell's history.
pub(super) fn new_version(target: &Target<'_>, secret: &str) -> Action {
    let add = target.cloud(&["secrets", "versions", "add", secret, "--data-file=-"]);
    let named = format!("--secret={secret}");
    Change {
        stage: Stage::Fix,
        title: "Store the right value as a new version",
        command: format!("printf %s \"$SECRET_VALUE\" | {add}"),
        precondition: "SECRET_VALUE holds the value (read -rs SECRET_VALUE); printf adds no line end, echo would",
        undo: format!(
            "Disable the new version: {}",
            target.cloud(&["secrets", "versions", "disable", "VERSION", &named])
        ),
        expect: "versions list shows a new enabled version",
    }
    .reversible()
}

/// A new revision or setting that reads the secret's newest version.
fn refresh(target: &Target<'_>, secret: &str) -> Action {
    let key = variable(target).unwrap_or("KEY");
    Change {
        stage: Stage::Fix,
        title: "Start instances that read the newest version",
        command: target.update(&[&format!("--update-secrets={key}={secret}:latest")]),
        precondition: &format!(
            "{key} is the variable (or mount path) that holds the secret. {}",
            target.before_update()
        ),
        undo: target.update(&[&format!("--update-secrets={key}={secret}:FORMER_VERSION")]),
        expect: "Instances of the new revision start and stay",
    }
    .reversible()
}

fn secret_name<'a>(target: &Target<'a>) -> &'a str {
    let named = step::known(target.situation, &["secret"], |text| {
        names::is_secret(text.rsplit("secrets/").next().unwrap_or_default())
    });
    // The path form is projects/P/secrets/NAME, possibly with a version behind it.
    let short = named.and_then(|text| text.rsplit("secrets/").next());
    short.filter(|text| names::is_secret(text)).unwrap_or("SECRET")
}

/// An identity lacks a permission.
pub(super) fn iam(target: &Target<'_>) -> Vec<Action> {
    let situation = target.situation;
    let account = step::capture(situation, &["account", "member", "principal"], names::is_account, "SERVICE_ACCOUNT");
    let member = format!("--member=serviceAccount:{account}");
    if step::speaks_of(situation, &["act-as"]) {
        return vec![binding(
            target,
            &["iam", "service-accounts"],
            account,
            "--member=DEPLOYER",
            "roles/iam.serviceAccountUser",
            false,
        )];
    }
    if step::speaks_of(situation, &["cloud-sql"]) {
        return vec![
            sql_client(target),
            step::repair(situation, "Enable the Cloud SQL Admin API in the service's project"),
        ];
    }
    if step::speaks_of(situation, &["credentials-missing", "token-refused", "org-policy"]) {
        let account = if target.job { "spec.template.spec.template.spec" } else { "spec.template.spec" };
        let command = target.describe(&format!("{account}.serviceAccountName"));
        return vec![
            step::look(Stage::Inspect, "See which account it runs as", command, "The account that is meant for it"),
            step::repair(situation, "Run as an account that exists and may do this, without a key file"),
        ];
    }
    if !target.job && step::speaks_of(situation, &["request-not-auth", "invoker-missing"]) {
        let policy = target.run(&["services", "get-iam-policy", target.name]);
        return vec![
            step::look(
                Stage::Inspect,
                "See who may call the service",
                policy,
                "The caller is missing from roles/run.invoker",
            ),
            binding(
                target,
                &["run", "services"],
                target.name,
                "--member=serviceAccount:CALLER",
                "roles/run.invoker",
                true,
            ),
        ];
    }
    let permission = step::known(situation, &["permission"], names::is_permission);
    let role = permission.and_then(|wanted| ROLES.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)));
    let filter = format!("--filter=bindings.members:{account}");
    let show = ["--flatten=bindings[].members", &filter, "--format=value(bindings.role)"];
    let policy = shell::command(&[&["gcloud", "projects", "get-iam-policy", target.project][..], &show].concat());
    vec![
        step::look(
            Stage::Inspect,
            "See which roles the account has",
            policy,
            "The role that the message asks for is missing",
        ),
        binding(target, &["projects"], target.project, &member, role.map_or("ROLE", |(_, role)| role), false),
        step::repair(situation, "Run the revision as an account that has the permission"),
    ]
}

/// Grants one role to one member, with the removal as undo.
fn binding(target: &Target<'_>, group: &[&str], on: &str, member: &str, role: &str, regional: bool) -> Action {
    let role = format!("--role={role}");
    let (region, project) = (format!("--region={}", target.region), format!("--project={}", target.project));
    let command = |verb: &str| {
        let mut words: Vec<&str> = [&["gcloud"], group, &[verb, on, member, &role]].concat();
        if regional {
            words.push(&region);
        }
        if group != ["projects"] {
            words.push(&project);
        }
        shell::command(&words)
    };
    Change {
        stage: Stage::Fix,
        title: "Grant the missing role to the account",
        command: command("add-iam-policy-binding"),
        precondition: "The account is the one that the message names, and it is meant to have this access; never allUsers without asking",
        undo: command("remove-iam-policy-binding"),
        expect: "The refused call succeeds within 2 minutes; changes of roles take that long to spread",
    }
    .reversible()
}

/// Lets the service account connect to Cloud SQL.
pub(super) fn sql_client(target: &Target<'_>) -> Action {
    let account =
        step::capture(target.situation, &["account", "member", "principal"], names::is_account, "SERVICE_ACCOUNT");
    binding(
        target,
        &["projects"],
        target.project,
        &format!("--member=serviceAccount:{account}"),
        "roles/cloudsql.client",
        false,
    )
}
