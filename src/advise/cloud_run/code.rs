//! Causes in the program, its image, what it calls and how it is deployed.
//!
//! In: a target. Out: inspect and fix actions.

use super::super::step::{self, Change};
use super::super::{Phase, logs, names, shell};
use super::target::Target;
use super::verify::canary;
use crate::model::Stage;
use crate::model::report::Action;
use crate::model::time::NANOS_PER_SECOND;

/// Time read on both sides of a failure whose cause is not in the files.
const AROUND_NANOS: i64 = 15 * 60 * NANOS_PER_SECOND;

/// A bug or a missing dependency.
pub(super) fn program(target: &Target<'_>) -> Vec<Action> {
    let mut steps = vec![
        images(target),
        step::repair(target.situation, "Repair the code or dependency that the inspect step shows"),
    ];
    steps.extend(redeploy(target));
    steps
}

/// The repaired image: without traffic for a service, by update and execution for a job.
fn redeploy(target: &Target<'_>) -> Vec<Action> {
    if !target.job {
        return vec![canary(target, Stage::Fix, "Deploy the repaired image without traffic, test it, then promote it")];
    }
    let update = Change {
        stage: Stage::Fix,
        title: "Give the job the repaired image",
        command: target.update(&["--image=IMAGE"]),
        precondition: "IMAGE is the image with the repair",
        undo: target.update(&["--image=FORMER_IMAGE"]),
        expect: "jobs describe shows the new image",
    };
    vec![update.reversible(), execute(target)]
}

/// Runs the job once more.
pub(super) fn execute(target: &Target<'_>) -> Action {
    Change {
        stage: Stage::Fix,
        title: "Run the job again",
        command: target.run(&["jobs", "execute", target.name, "--wait"]),
        precondition: "The cause is removed, and it is safe for the job's work to be done twice",
        undo:
            "What the job has done stays; a running execution stops with: gcloud run jobs executions cancel EXECUTION"
                .to_owned(),
        expect: "The command ends with exit code 0",
    }
    .destructive()
}

/// Which code each revision runs.
fn images(target: &Target<'_>) -> Action {
    if target.job {
        let command = target.describe("spec.template.spec.template.spec.containers[0].image");
        return step::look(
            Stage::Inspect,
            "See which image the job runs",
            command,
            "The image of the failing executions",
        );
    }
    let service = format!("--service={}", target.name);
    let columns = "--format=table(metadata.name,metadata.creationTimestamp,spec.containers[0].image)";
    let command = target.run(&["revisions", "list", &service, columns]);
    step::look(
        Stage::Inspect,
        "See which image each revision runs",
        command,
        "What changed between the last good and the first failing revision",
    )
}

/// The image is absent, unreadable, of another architecture, or lacks its entrypoint.
pub(super) fn image(target: &Target<'_>) -> Vec<Action> {
    let situation = target.situation;
    let image = step::capture(situation, &["image"], names::is_image, "IMAGE");
    let describe = shell::command(&["gcloud", "artifacts", "docker", "images", "describe", image]);
    let mut steps =
        vec![step::look(Stage::Inspect, "See whether the image exists", describe, "A digest and a recent upload time")];
    if step::speaks_of(situation, &["not-readable", "permission", "unauthorized"]) {
        steps.push(reader(target, image));
        steps.extend(redeploy(target));
        return steps;
    }
    if step::speaks_of(situation, &["architecture"]) {
        steps.push(
            Change {
                stage: Stage::Fix,
                title: "Build the image for linux/amd64",
                command: shell::command(&["docker", "build", "--platform=linux/amd64", "--tag=IMAGE", "."]),
                precondition: "Run in the folder of the Dockerfile; push the image afterwards",
                undo: "Remove the local image: docker image rm IMAGE".to_owned(),
                expect: "docker image inspect IMAGE names amd64",
            }
            .reversible(),
        );
    } else {
        steps.push(step::repair(situation, "Repair the image: its files, entrypoint or command"));
    }
    steps.extend(redeploy(target));
    steps
}

/// Lets the service agent of Cloud Run read the repository of an image.
fn reader(target: &Target<'_>, image: &str) -> Action {
    let parts: Vec<&str> = image.split('/').collect();
    let (location, project, repository) = match parts.as_slice() {
        [host, project, repository, _, ..] => {
            (host.strip_suffix("-docker.pkg.dev").unwrap_or(""), *project, *repository)
        }
        _ => ("", "", ""),
    };
    let agent = step::capture(
        target.situation,
        &["agent", "account"],
        names::is_account,
        "service-PROJECT_NUMBER@serverless-robot-prod.iam.gserviceaccount.com",
    );
    let repository = step::valid_or(repository, names::is_resource, "REPOSITORY");
    let tail = [
        format!("--location={}", step::valid_or(location, names::is_resource, "LOCATION")),
        format!("--project={}", step::valid_or(project, names::is_project, target.project)),
        format!("--member=serviceAccount:{agent}"),
        "--role=roles/artifactregistry.reader".to_owned(),
    ];
    let command = |verb: &str| {
        let head = ["gcloud", "artifacts", "repositories", verb, repository];
        shell::command(&head.into_iter().chain(tail.iter().map(String::as_str)).collect::<Vec<_>>())
    };
    Change {
        stage: Stage::Fix,
        title: "Let the service agent of Cloud Run read the repository",
        command: command("add-iam-policy-binding"),
        precondition: "The image exists, and the message names this agent",
        undo: command("remove-iam-policy-binding"),
        expect: "The next deploy of the same image becomes ready",
    }
    .reversible()
}

/// A service that this one calls fails.
pub(super) fn upstream(target: &Target<'_>) -> Vec<Action> {
    let command = target.read_window(&format!("{} OR \"timed out\" OR \"RESOURCE_EXHAUSTED\"", logs::TROUBLE));
    vec![
        step::look(
            Stage::Inspect,
            "See when the calls began to fail, and which",
            command,
            "One target, one status, on every revision alike",
        ),
        step::repair(
            target.situation,
            "Bound the call: a timeout below the request's, retries with back-off, and an answer for the case that it fails",
        ),
        step::note(
            Stage::Fix,
            "Ask the owner of the called service, with the times of the failed calls",
            "The failures are the same on every revision",
            "Calls succeed again; no deploy of this service is needed",
        ),
    ]
}

/// Requests that are wrong by themselves.
pub(super) fn client(target: &Target<'_>) -> Vec<Action> {
    let filter = "logName:\"run.googleapis.com%2Frequests\" AND httpRequest.status>=400 AND httpRequest.status<500";
    let format =
        "--format=value(httpRequest.status,httpRequest.requestMethod,httpRequest.requestUrl,httpRequest.userAgent)";
    let filter =
        format!("{} AND {} AND {filter}", target.resource(), logs::between(target.situation.from, target.situation.to));
    let read = target.cloud(&["logging", "read", &filter, "--limit=5000", format]);
    let command = format!("{read} | sort | uniq -c | sort -rn | head -n 20");
    vec![
        step::look(
            Stage::Inspect,
            "See who sends the refused requests",
            command,
            "A few callers or paths make up most of them",
        ),
        step::repair(target.situation, "Correct the caller, or block it in front of the service"),
    ]
}

/// A deploy was refused because another one changed the service.
pub(super) fn deploy_conflict(target: &Target<'_>) -> Vec<Action> {
    let fields = "--json=databaseId,status,conclusion,headSha,createdAt,displayTitle";
    let running = shell::command(&["gh", "run", "list", "--status=in_progress", "--limit=20", fields]);
    vec![
        step::look(Stage::Inspect, "See whether a deploy is still running in CI (GitHub Actions)", running, "No run of the deploy workflow is in progress"),
        Change {
            stage: Stage::Fix,
            title: "Run the refused deploy again, alone",
            command: shell::command(&["gh", "run", "rerun", "RUN_ID", "--failed"]),
            precondition: "No other deploy is in progress; RUN_ID is the run that was refused. Wait for a running one, do not cancel it in the middle",
            undo: target.pin("REVISION"),
            expect: "gh run watch RUN_ID --exit-status ends with 0, and the revision becomes ready",
        }
        .reversible(),
        step::repair(target.situation, "Let the pipeline change the service in one step"),
    ]
}

/// The cloud platform itself.
pub(super) fn platform(target: &Target<'_>) -> Vec<Action> {
    let command = shell::command(&["curl", "-s", "https://status.cloud.google.com/incidents.json"]);
    let mut steps = vec![
        step::look(
            Stage::Inspect,
            "Compare with the platform's published incidents",
            command,
            "An incident of Cloud Run in this region at that time",
        ),
        step::repair(
            target.situation,
            "Open a support case with instance ids and times; deploy again if the start failed once",
        ),
    ];
    if target.situation.phase == Phase::Deploy {
        steps.push(canary(target, Stage::Fix, "Deploy the same image once more"));
    }
    steps
}

/// The cause is not in the files: get what would settle it.
pub(super) fn unknown(target: &Target<'_>) -> Vec<Action> {
    let situation = target.situation;
    let (from, to) = (situation.from.plus(-AROUND_NANOS), situation.to.plus(AROUND_NANOS));
    let kind = if target.job { "job" } else { "cloud_run_revision" };
    let command = logs::export_command(situation.project, situation.service, kind, from, to);
    vec![
        step::look(
            Stage::Inspect,
            "Export every log of the time around it and analyse again",
            command,
            "The first error before the failures, and the deploys before them",
        ),
        step::repair(situation, "Remove the cause that the inspect steps show"),
    ]
}
