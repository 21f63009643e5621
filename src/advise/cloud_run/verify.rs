//! Proof that the fix worked, and what keeps the failure from coming back.
//!
//! In: a target. Out: verify and prevent actions. Every verify filter should return nothing.

use super::super::step::{self, Change};
use super::super::{Phase, logs, names};
use super::target::Target;
use super::traffic::TRAFFIC_FIELDS;
use crate::model::report::Action;
use crate::model::{Category, Stage};

/// The cause is gone, and traffic is where it should be.
pub(super) fn steps(target: &Target<'_>) -> Vec<Action> {
    let second = if target.job {
        let command = target.run(&["jobs", "executions", "list", &format!("--job={}", target.name), "--limit=3"]);
        step::look(
            Stage::Verify,
            "The next execution succeeds",
            command,
            "The newest execution has all tasks succeeded",
        )
    } else {
        let expect =
            "The intended revision has 100 %, latestReady equals latestCreated, observedGeneration equals generation";
        step::look(Stage::Verify, "Traffic is where it should be", target.describe(TRAFFIC_FIELDS), expect)
    };
    vec![gone(target), second]
}

/// Reads the last 15 minutes for the cause.
pub(super) fn gone(target: &Target<'_>) -> Action {
    let command = target.read_recent(&sign_of(target));
    let expect = "No rows, while the service has answered requests for 15 minutes";
    let expect = if target.job { "No rows after an execution" } else { expect };
    let precondition = "15 minutes have passed since the fix".to_owned();
    Action { precondition, ..step::look(Stage::Verify, "The cause no longer appears", command, expect) }
}

/// A filter that matches what the cause writes.
fn sign_of(target: &Target<'_>) -> String {
    let situation = target.situation;
    let text = match situation.category {
        Category::CodeStartup | Category::Unknown | Category::Build => return startup(target),
        Category::CodeRuntime | Category::TrafficState | Category::Platform => return requests(target),
        Category::Config => match variable(target) {
            Some(name) => return format!("severity>=ERROR AND \"{name}\" OR ({})", logs::CRASHES),
            None => return startup(target),
        },
        Category::SecretAccess => {
            "\"Permission denied on secret\" OR \"instance could not start\" OR (severity>=ERROR AND \"secretmanager\")"
        }
        Category::Iam => "protoPayload.status.code=7 OR \"PERMISSION_DENIED\" OR httpRequest.status=403",
        Category::Image => {
            "protoPayload.status.message:\"Image\" OR textPayload:\"Application failed to start\" OR textPayload:\"Application exec likely failed\" OR \"exec format error\""
        }
        Category::Database => {
            "\"connection slots\" OR \"too many clients\" OR \"QueuePool limit\" OR \"Cloud SQL\" OR \"connection to server\" OR \"database server\""
        }
        Category::Schema => "\"does not exist\" OR \"no such table\" OR \"Missing required database tables\"",
        Category::Cache => "\"redis\" AND (\"Error\" OR \"refused\" OR \"Timeout\")",
        Category::Upstream => "\"timed out\" OR \"502\" OR \"503\" OR \"RESOURCE_EXHAUSTED\"",
        Category::Network => {
            "\"Connection refused\" OR \"Connection reset\" OR \"ETIMEDOUT\" OR \"name resolution\" OR \"VPC connector\""
        }
        Category::Capacity => {
            "textPayload:\"no available instance\" OR textPayload:\"maximum container instance limit\" OR httpRequest.status=429"
        }
        Category::Memory => {
            "\"Memory limit of\" OR \"too much memory\" OR \"memory limit was reached\" OR \"out of memory\""
        }
        Category::ProbePort => {
            "textPayload:\"probe failed\" OR protoPayload.status.message:\"failed to start and listen\""
        }
        Category::Timeout => "httpRequest.status=504 OR \"WORKER TIMEOUT\" OR \"timeout was reached\"",
        Category::DeployConflict => "logName:\"cloudaudit.googleapis.com%2Factivity\" AND severity=ERROR",
        Category::QuotaBilling => "protoPayload.status.code=8 OR \"Quota exceeded\" OR \"billing is disabled\"",
        Category::Client => return format!("{} AND httpRequest.status>=400", path_filter(target)),
    };
    text.to_owned()
}

fn startup(target: &Target<'_>) -> String {
    if target.job {
        return "severity>=ERROR OR \"failed with exit code\"".to_owned();
    }
    let boot = "\"Worker failed to boot\" OR \"Application startup failed\"";
    if target.situation.phase == Phase::Deploy {
        return format!("({}) OR {boot} OR ({})", logs::CRASHES, logs::AUDIT_ERRORS);
    }
    format!("({}) OR {boot} OR ({})", logs::CRASHES, logs::FAILED_REQUESTS)
}

fn requests(target: &Target<'_>) -> String {
    if target.job { startup(target) } else { format!("{} AND httpRequest.status>=500", path_filter(target)) }
}

/// Requests, of the failing path where its name is plain.
fn path_filter(target: &Target<'_>) -> String {
    let all = "logName:\"run.googleapis.com%2Frequests\"";
    let path = target.situation.path;
    if names::is_path(path) && path != "/" {
        format!("{all} AND httpRequest.requestUrl:\"{path}\"")
    } else {
        all.to_owned()
    }
}

/// The environment variable that the cause names. Captures of other kinds are not all capitals.
pub(super) fn variable<'a>(target: &Target<'a>) -> Option<&'a str> {
    let valid =
        |text: &str| names::is_variable(text) && text.len() > 1 && !text.bytes().any(|b| b.is_ascii_lowercase());
    step::known(target.situation, &["variable", "name", "named", "plain", "key", "error"], valid)
}

/// What keeps it from coming back; best first.
pub(super) fn prevent(target: &Target<'_>) -> Vec<Action> {
    let situation = target.situation;
    let mut steps = Vec::new();
    if !target.job && situation.tcp_probe_passed {
        steps.push(startup_probe(target, Stage::Prevent));
    }
    if !target.job && situation.min_instances_keep_it_going {
        steps.push(
            Change {
                stage: Stage::Prevent,
                title: "Set minimum instances on the service, not on the revision",
                command: target.update(&["--min=1", "--min-instances=0"]),
                precondition: "The newest revision is the fixed one. A revision's own minimum starts a crashing instance again and again, and a tagged revision keeps it without traffic",
                undo: target.update(&["--min=default", "--min-instances=1"]),
                expect: "Starts for minimum instances appear only on the revision that has traffic",
            }
            .reversible(),
        );
    }
    match situation.category {
        Category::DeployConflict => steps.push(step::note(
            Stage::Prevent,
            "Let CI deploy one at a time: a concurrency group per environment, without cancelling a deploy in progress",
            "",
            "No two changes of the service within one deploy's duration",
        )),
        Category::Schema => steps.push(step::note(
            Stage::Prevent,
            "Run the migration job and wait for it before the deploy step",
            "",
            "The job's success is older than the revision",
        )),
        Category::CodeStartup | Category::CodeRuntime | Category::Image if !target.job => {
            steps.push(canary(target, Stage::Prevent, "Deploy without traffic and promote after a test"));
        }
        _ => {}
    }
    steps
}

/// An HTTP probe, so that a revision is ready only when the application answers.
pub(super) fn startup_probe(target: &Target<'_>, stage: Stage) -> Action {
    let port = step::capture(target.situation, &["port"], names::is_port, "8080");
    let probe = format!(
        "--startup-probe=httpGet.path=/healthz,httpGet.port={port},initialDelaySeconds=0,periodSeconds=10,timeoutSeconds=5,failureThreshold=24"
    );
    Change {
        stage,
        title: "Probe the application over HTTP at start, instead of the open port",
        command: target.update(&[&probe]),
        precondition: "The newest code can start; /healthz stands for a path that answers 200 only when the application works",
        undo: target.update(&["--startup-probe="]),
        expect: "A revision that cannot start stays not ready, and the one before keeps the traffic",
    }
    .reversible()
}

/// A deploy that gets no traffic and can be tested on its tag address.
pub(super) fn canary(target: &Target<'_>, stage: Stage, title: &str) -> Action {
    let command = target.run(&["deploy", target.name, "--image=IMAGE", "--no-traffic", "--tag=canary"]);
    let promote = [target.traffic("--to-tags=canary=10"), target.traffic("--to-latest")];
    let precondition = "IMAGE is the image with the repair. --no-traffic pins the present split for later deploys too, until --to-latest";
    let expect = format!(
        "The canary address answers; then promote: {} and, after 300 requests with none failed, {}",
        promote[0], promote[1]
    );
    Change { stage, title, command, precondition, undo: target.traffic("--remove-tags=canary"), expect: &expect }
        .reversible()
}
