//! Settings of the revision: variables, memory, instances, probes, time limits, network.
//!
//! In: a target. Out: inspect, mitigate and fix actions. `--max` and `--min` belong to the service and make no
//! revision; `--max-instances` and the rest make one from the newest template (Cloud SDK: run services update).

use super::super::step::{self, Change};
use super::super::{logs, names};
use super::target::Target;
use super::verify::{startup_probe, variable};
use super::{access, data};
use crate::model::Stage;
use crate::model::report::Action;

/// A reversible change of settings with the usual precondition.
fn change(target: &Target<'_>, title: &str, flags: &[&str], undo: &[&str], expect: &str) -> Action {
    let precondition = target.before_update();
    Change {
        stage: Stage::Fix,
        title,
        command: target.update(flags),
        precondition: &precondition,
        undo: target.update(undo),
        expect,
    }
    .reversible()
}

/// A variable or setting is missing or wrong.
pub(super) fn config(target: &Target<'_>) -> Vec<Action> {
    let situation = target.situation;
    if step::speaks_of(situation, &["cloud-sql"]) {
        return data::attach(target, access::ends_line(target));
    }
    if access::ends_line(target) {
        return access::line_end(target);
    }
    if !target.job && step::speaks_of(situation, &["manual-scaling"]) {
        let fields = "metadata.annotations";
        return vec![
            step::look(
                Stage::Inspect,
                "See the scaling mode",
                target.describe(fields),
                "scalingMode is not manual with 0 instances",
            ),
            Change {
                stage: Stage::Fix,
                title: "Scale automatically again",
                command: target.update(&["--scaling=auto"]),
                precondition: "Nobody switched the service off on purpose",
                undo: target.update(&["--scaling=0"]),
                expect: "Requests are answered within a minute",
            }
            .reversible(),
        ];
    }
    if step::speaks_of(situation, &["under-wsgi", "under-asgi"]) {
        return super::code::program(target);
    }
    if step::speaks_of(situation, &["invalid-specification", "own-host"]) {
        return vec![step::repair(situation, "Correct the setting that the message names")];
    }
    let key = variable(target).unwrap_or("KEY");
    let list = if target.job {
        target.run(&[
            "jobs",
            "describe",
            target.name,
            "--format=value(spec.template.spec.template.spec.containers[0].env[].name)",
        ])
    } else {
        target.describe_revision("value(spec.containers[0].env[].name)")
    };
    let (add, remove) = (format!("--update-env-vars={key}=VALUE"), format!("--remove-env-vars={key}"));
    let set = if step::speaks_of(situation, &["reserved"]) {
        change(
            target,
            "Remove the variable that the platform sets itself",
            &[&remove],
            &[&add],
            "The deploy is accepted",
        )
    } else {
        let expect = "Instances start and stay; other variables keep their values";
        change(target, "Set the missing or wrong variable", &[&add], &[&remove], expect)
    };
    vec![
        step::look(
            Stage::Inspect,
            "See which variables the revision has (names only)",
            list,
            "The name that the error speaks of is missing or misspelt",
        ),
        set,
        step::repair(
            situation,
            "Correct the setting where it is kept (pipeline, Terraform), or the next deploy brings the error back",
        ),
    ]
}

/// The memory limit is reached.
pub(super) fn memory(target: &Target<'_>) -> Vec<Action> {
    let (raised, former) = match step::memory_step(target.situation) {
        Some((former, raised)) => (megabytes(raised), megabytes(former)),
        None => ("MEMORY".to_owned(), "FORMER_MEMORY".to_owned()),
    };
    let fields = if target.job {
        "spec.template.spec.template.spec.containers[0].resources"
    } else {
        "spec.template.spec.containerConcurrency,spec.template.spec.containers[0].resources"
    };
    let mut steps = vec![
        step::look(
            Stage::Inspect,
            "See the memory limit and concurrency",
            target.describe(fields),
            "Limit, and how many requests share it; files written to disk count as memory",
        ),
        change(
            target,
            "Raise the memory limit (above 4Gi it also needs more --cpu)",
            &[&format!("--memory={raised}")],
            &[&format!("--memory={former}")],
            "No instance ends at the limit for as long as it took before",
        ),
    ];
    if target.job {
        steps.push(super::code::execute(target));
    } else {
        let flags = ["--concurrency=CONCURRENCY"];
        let title = "Let fewer requests share one instance";
        steps.push(change(
            target,
            title,
            &flags,
            &["--concurrency=FORMER_CONCURRENCY"],
            "Memory per instance falls; the number of instances rises",
        ));
    }
    steps.push(step::repair(target.situation, "Find what grows: read in parts instead of whole, bound caches"));
    steps
}

fn megabytes(size: u64) -> String {
    if size >= 1_024 && size.is_multiple_of(1_024) { format!("{}Gi", size / 1_024) } else { format!("{size}Mi") }
}

/// No instance, or concurrency and CPU used up.
pub(super) fn capacity(target: &Target<'_>) -> Vec<Action> {
    if target.job {
        return vec![step::repair(target.situation, "Lower parallelism or the work per task")];
    }
    let fields = "metadata.annotations,spec.template.metadata.annotations,spec.template.spec.containerConcurrency";
    let expect = "maxScale of service and revision; the smaller one holds, and a split divides the service's";
    let look =
        step::look(Stage::Inspect, "See the limits of instances and concurrency", target.describe(fields), expect);
    let repair = step::repair(target.situation, "Spread the load over time: queue, cache, or slow the callers down");
    let (flag, former) = (["--concurrency=CONCURRENCY"], ["--concurrency=FORMER_CONCURRENCY"]);
    if step::speaks_of(target.situation, &["disk", "thread", "open-files"]) {
        let title = "Let fewer requests share one instance";
        return vec![
            look,
            repair,
            change(target, title, &flag, &former, "No instance runs out of it at the same load"),
        ];
    }
    let crashes = target.read_recent(logs::CRASHES);
    let raise = Change {
        stage: Stage::Mitigate,
        title: "Raise the service's maximum instances (no new revision)",
        command: target.update(&["--max=MAX_INSTANCES"]),
        precondition: &format!(
            "No crash loop uses the instances up: {crashes}. The database has slots for MAX_INSTANCES times its pool"
        ),
        undo: target.update(&["--max=default"]),
        expect: "Within 5 minutes no request is refused with 429 or for want of an instance",
    };
    let boost = "Shorten cold starts with more CPU at start";
    let more = "Let one instance take more requests, if it waits rather than computes";
    vec![
        look,
        raise.reversible(),
        change(target, boost, &["--cpu-boost"], &["--no-cpu-boost"], "The time from start to first answer falls"),
        change(target, more, &flag, &former, "Fewer instances for the same requests, and latency does not rise"),
        repair,
    ]
}

/// A probe fails, or the port or path is wrong.
pub(super) fn probe(target: &Target<'_>) -> Vec<Action> {
    let situation = target.situation;
    if target.job {
        return vec![step::repair(situation, "Repair the start of the container")];
    }
    let command = target.describe_revision(
        "yaml(spec.containers[0].ports,spec.containers[0].startupProbe,spec.containers[0].livenessProbe)",
    );
    let mut steps = vec![
        step::look(
            Stage::Inspect,
            "See port and probes of the revision",
            command,
            "The port and path are those the program serves",
        ),
        step::repair(situation, "Listen on 0.0.0.0 and the port of the PORT variable, before slow initialisation"),
    ];
    if step::speaks_of(situation, &["liveness", "readiness"]) {
        let flag = if step::speaks_of(situation, &["liveness"]) { "--liveness-probe=" } else { "--readiness-probe=" };
        steps.push(change(
            target,
            "Take the probe away until its path answers without its dependencies",
            &[flag],
            &[&format!("{flag}FORMER_PROBE")],
            "Instances are no longer shut down by the probe",
        ));
    } else {
        steps.push(change(
            target,
            "Name the port that the program listens on",
            &["--port=PORT"],
            &["--port=FORMER_PORT"],
            "The startup probe succeeds on that port",
        ));
        steps.push(startup_probe(target, Stage::Fix));
    }
    steps
}

/// A time limit is reached.
pub(super) fn timeout(target: &Target<'_>) -> Vec<Action> {
    let situation = target.situation;
    if target.job {
        let fields = "spec.template.spec.template.spec.timeoutSeconds,spec.template.spec.template.spec.maxRetries";
        return vec![
            step::look(
                Stage::Inspect,
                "See the limit of a task",
                target.describe(fields),
                "The limit, against how long successful executions took",
            ),
            change(
                target,
                "Give a task more time",
                &["--task-timeout=TASK_TIMEOUT"],
                &["--task-timeout=FORMER_TIMEOUT"],
                "The next execution ends before the limit",
            ),
            super::code::execute(target),
        ];
    }
    let slow = format!("{} AND httpRequest.latency>=\"30s\"", "logName:\"run.googleapis.com%2Frequests\"");
    vec![
        step::look(
            Stage::Inspect,
            "See which requests are slow",
            target.read_window(&slow),
            "Whether all of them wait for the same thing; WebSockets end at the limit by design",
        ),
        step::repair(situation, "Shorten what the request waits for, or answer at once and work in a task"),
        change(
            target,
            "Raise the request limit, only if the work is meant to take that long",
            &["--timeout=900"],
            &["--timeout=300"],
            "No 504 for requests that finish within 15 minutes",
        ),
    ]
}

/// DNS, firewall, route or egress.
pub(super) fn network(target: &Target<'_>) -> Vec<Action> {
    let situation = target.situation;
    let repair = step::repair(situation, "Correct the address, the firewall or the route");
    if step::speaks_of(situation, &["connector"]) {
        let title = "Name a connector that is READY";
        let (flag, undo) = (["--vpc-connector=CONNECTOR"], ["--clear-vpc-connector"]);
        let expect = "The revision becomes ready and reaches private addresses";
        return vec![connector(target), change(target, title, &flag, &undo, expect), repair];
    }
    let fields = "spec.template.metadata.annotations";
    let expect = "vpc-access-connector or network-interfaces where the target is private; vpc-access-egress";
    let mut steps = vec![step::look(Stage::Inspect, "See connector and egress", target.describe(fields), expect)];
    if step::speaks_of(situation, &["not-resolved", "timed-out", "unreachable", "max-retries"]) {
        let (flag, undo) = ("--vpc-egress=private-ranges-only", "--vpc-egress=all-traffic");
        let title =
            "Send only private addresses through the VPC, if all traffic goes there without a route to the internet";
        steps.push(change(target, title, &[flag], &[undo], "Public names resolve and connect again"));
    }
    if !target.job && step::speaks_of(situation, &["reset", "fetch-failed", "grpc"]) {
        let title = "Keep CPU between requests, so that idle connections live";
        let expect = "No lost connection on the first call after a pause";
        steps.push(change(target, title, &["--no-cpu-throttling"], &["--cpu-throttling"], expect));
    }
    steps.push(repair);
    steps
}

/// The state of the VPC connector that the message names by its path or short name.
fn connector(target: &Target<'_>) -> Action {
    fn short(path: &str) -> &str {
        path.rsplit('/').next().unwrap_or_default()
    }
    let named = step::known(target.situation, &["connector"], |path| names::is_resource(short(path)));
    let region = format!("--region={}", target.region);
    let name = named.map_or("CONNECTOR", short);
    let command = target.cloud(&["compute", "networks", "vpc-access", "connectors", "describe", name, &region]);
    step::look(Stage::Inspect, "See the state of the connector", command, "state: READY")
}

#[cfg(test)]
mod tests {
    use super::megabytes;

    #[test]
    fn sizes_are_written_as_the_flags_take_them() {
        assert_eq!(
            (megabytes(1_024), megabytes(1_536), megabytes(512)),
            ("1Gi".into(), "1536Mi".into(), "512Mi".into())
        );
    }
}
