//! Work without a service: builds, jobs, first-generation functions.

use serde_json::{Value, json};
use whydown::model::Category;

use super::Kind;
use super::scene::{ANY, told};
use super::truth::Truth;
use super::world::{Instance, MINUTE, Runtime, SECOND, World, time};

/// The kinds of this family.
pub const KINDS: &[Kind] = &[
    Kind { name: "build-failed", make: build_failed },
    Kind { name: "job-task-failed", make: job_task_failed },
    Kind { name: "job-timed-out", make: job_timed_out },
    Kind { name: "function-crash", make: function_crash },
];

/// Nobody: entries of builds and functions name no instance.
fn nobody() -> Instance {
    Instance { service: String::new(), revision: String::new(), id: String::new(), ready: 0 }
}

fn build_failed(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    world.served(&scene);
    let mut truth =
        Truth::incident("the build fails; what runs goes on", &[Category::Build], "(?i)leftpad-pro|ledger", "");
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    let id = format!("{}-4c17-9ade-{}", world.dice.hex(8), world.dice.hex(12));
    let told = world.dice.pick(&[
        "Step #0: ERROR: Could not find a version that satisfies the requirement leftpad-pro==9.1 (from versions: none)\nStep #0: ERROR: No matching distribution found for leftpad-pro==9.1",
        "Step #0: npm error code E404\nStep #0: npm error 404 Not Found - GET https://registry.npmjs.org/leftpad-pro - Not found\nStep #0: npm error 404  'leftpad-pro@^9.1.0' is not in this registry.",
        "Step #0: src/ledger.ts(41,17): error TS2339: Property 'total' does not exist on type 'Ledger'.\nStep #0: npm error Lifecycle script `build` failed with error:",
    ]);
    let all = format!(
        "starting build \"{id}\"\nFETCHSOURCE\nBUILD\nStarting Step #0\nStep #0: Step 6/9 : RUN make install\n{told}\nStep #0: The command '/bin/sh -c make install' returned a non-zero code: 1\nFinished Step #0\nERROR\nERROR: build step 0 \"gcr.io/cloud-builders/docker\" failed: step exited with non-zero status: 1"
    );
    for (number, line) in all.lines().enumerate() {
        let at = scene.onset + i64::try_from(number).expect("few") * 900_000;
        let resource = json!({"build_id": id, "build_trigger_id": "", "project_id": world.project});
        world.entry(at, "cloudbuild", &nobody(), json!({"textPayload": line, "severity": "INFO", "kind_of_resource": "build", "resource_labels": resource, "labels": {"build_step": "Step #0"}}));
    }
    truth
}

/// An instance of a task, and the labels that its entries carry.
struct Task {
    place: Instance,
    labels: Value,
    resource: Value,
}

impl World {
    fn task(&mut self, job: &str, execution: &str, attempt: u32) -> Task {
        let id = format!("005eb697{}", self.dice.hex(150));
        Task {
            place: Instance { service: job.to_owned(), revision: String::new(), id, ready: 0 },
            labels: json!({"run.googleapis.com/execution_name": execution, "run.googleapis.com/task_attempt": attempt.to_string(), "run.googleapis.com/task_index": "0"}),
            resource: json!({"job_name": job, "location": self.region, "project_id": self.project}),
        }
    }

    fn task_entry(&mut self, at: i64, task: &Task, log: &str, mut body: Value) {
        body["kind_of_resource"] = json!("cloud_run_job");
        body["resource_labels"] = task.resource.clone();
        body["labels"] = task.labels.clone();
        self.entry(at, log, &task.place, body);
    }

    /// The control plane's word on an execution that failed.
    fn execution_failed(&mut self, at: i64, task: &Task, execution: &str, message: &str, code: i32) {
        let job = task.place.service.clone();
        let object = json!({
            "@type": "type.googleapis.com/google.cloud.run.v1.Execution", "apiVersion": "run.googleapis.com/v1", "kind": "Execution",
            "metadata": {"name": execution, "namespace": self.project, "labels": {"run.googleapis.com/job": job}},
            "status": {"conditions": [{"type": "Completed", "status": "False", "reason": "NonZeroExitCode", "message": message, "lastTransitionTime": time(at)}], "failedCount": 1},
        });
        let payload = json!({"@type": "type.googleapis.com/google.cloud.audit.AuditLog", "methodName": "/Jobs.RunJob",
            "resourceName": format!("namespaces/{}/executions/{execution}", self.project), "response": object,
            "serviceName": "run.googleapis.com", "status": {"code": code, "message": message}});
        let place = Instance { id: String::new(), ..task.place.clone() };
        let control = Task {
            place,
            labels: json!({"run.googleapis.com/execution_name": execution}),
            resource: task.resource.clone(),
        };
        self.task_entry(
            at,
            &control,
            "cloudaudit.googleapis.com/system_event",
            json!({"protoPayload": payload, "severity": "ERROR"}),
        );
    }
}

fn job_task_failed(world: &mut World) -> Truth {
    let job = world.dice.pick(&["nightly-export", "migrate", "reindex"]);
    let text = "Traceback (most recent call last):\n  File \"/app/jobs/export.py\", line 88, in <module>\n    main()\n  File \"/app/jobs/export.py\", line 61, in main\n    rate = rates[row.currency]\n           ~~~~~^^^^^^^^^^^^^^\nKeyError: 'XTS'";
    let mut truth = Truth::incident(
        "a task of a job dies of an exception, each time it is tried",
        &[Category::CodeRuntime, Category::CodeStartup],
        "XTS",
        job,
    );
    let execution = format!("{job}-{}", world.dice.word("bcdfghjkmnpqrstvwxz", 5));
    let mut at = world.start + MINUTE;
    for attempt in 0..4 {
        let task = world.task(job, &execution, attempt);
        let group = json!([{"id": "CNfLi-6ilJnk6AE"}]);
        world.task_entry(at, &task, "run.googleapis.com/stdout", json!({"textPayload": "exporting 48211 rows"}));
        world.task_entry(
            at + 9 * SECOND,
            &task,
            "run.googleapis.com/stderr",
            json!({"textPayload": text, "severity": "ERROR", "errorGroups": group}),
        );
        world.task_entry(
            at + 9 * SECOND + 300_000,
            &task,
            "run.googleapis.com/varlog/system",
            json!({"textPayload": "Container called exit(1).", "severity": "WARNING"}),
        );
        at += 26 * SECOND;
        if attempt == 3 {
            let message = format!(
                "Task {execution}-task0 failed with exit code: 1 and message: The container exited with an error."
            );
            world.execution_failed(at, &task, &execution, &message, 10);
        }
    }
    world.other_crash(&mut truth, world.start, at);
    truth
}

fn job_timed_out(world: &mut World) -> Truth {
    let job = world.dice.pick(&["nightly-export", "backfill", "reindex"]);
    let mut truth =
        Truth::incident("an execution reaches its time limit", &[Category::Timeout], "(?i)timeout|time limit", job);
    truth.only_symptoms();
    let execution = format!("{job}-{}", world.dice.word("bcdfghjkmnpqrstvwxz", 5));
    let task = world.task(job, &execution, 0);
    for minute in 0..10 {
        let at = world.start + minute * MINUTE;
        let body = json!({"textPayload": format!("exported {} of 900 batches", minute * 31)});
        world.task_entry(at, &task, "run.googleapis.com/stdout", body);
    }
    let at = world.start + 10 * MINUTE;
    let message = world.dice.pick(&["The configured timeout was reached.", "Terminating task because it has reached the maximum timeout of 600 seconds. To change this limit, see https://cloud.google.com/run/docs/configuring/task-timeout"]);
    if message.starts_with("Terminating") {
        world.task_entry(
            at,
            &task,
            "run.googleapis.com/varlog/system",
            json!({"textPayload": message, "severity": "ERROR"}),
        );
    }
    let said = format!("Task {execution}-task0 failed with message: The configured timeout was reached.");
    world.execution_failed(at + SECOND, &task, &execution, &said, 4);
    truth
}

fn function_crash(world: &mut World) -> Truth {
    let name = world.dice.pick(&["resize-upload", "on-order-created"]);
    let told = told(
        ("ValueError", "unsupported image mode 'CMYK16'"),
        ("Error", "unsupported image mode 'CMYK16'"),
        ("", ""),
        "",
    );
    let mut truth = Truth::incident("a function crashes on some events", &[Category::CodeRuntime], "CMYK16", name);
    truth.forbid("(?i)memory|timeout");
    let runtime = world.dice.pick(&[Runtime::Uvicorn, Runtime::Node]);
    let mut at = world.start;
    for number in 0..40 {
        let crashes = number > 12 && world.dice.chance(50);
        let execution = world.dice.word("abcdefghijklmnopqrstuvwxyz0123456789", 12);
        let trace = world.trace();
        let (project, region) = (world.project.clone(), world.region);
        let write = |world: &mut World, at: i64, text: &str, severity: &str| {
            let resource = json!({"function_name": name, "region": region, "project_id": project});
            world.entry(at, "cloudfunctions.googleapis.com/cloud-functions", &nobody(), json!({"textPayload": text, "severity": severity, "kind_of_resource": "cloud_function", "resource_labels": resource, "labels": {"execution_id": execution}, "trace": trace}));
        };
        write(world, at, "Function execution started", "DEBUG");
        if crashes {
            let raised = told.by(runtime);
            let text = if runtime == Runtime::Node {
                format!(
                    "{}: {}\n    at resize (/workspace/index.js:31:11)\n    at /layers/google.nodejs.functions-framework/functions-framework/node_modules/@google-cloud/functions-framework/build/src/function_wrappers.js:100:25",
                    raised.class, raised.message
                )
            } else {
                format!(
                    "Traceback (most recent call last):\n  File \"/layers/google.python.pip/pip/lib/python3.11/site-packages/functions_framework/__init__.py\", line 130, in view_func\n    function(data, context)\n  File \"/workspace/main.py\", line 31, in resize\n    raise ValueError(mode)\n{}: {}",
                    raised.class, raised.message
                )
            };
            write(world, at + 300_000, &text, "ERROR");
        }
        let millis = world.dice.range(200, 900);
        let end = at + millis * 1_000;
        let status = if crashes { "crash" } else { "ok" };
        write(world, end, &format!("Function execution took {millis} ms, finished with status: '{status}'"), "DEBUG");
        at += world.dice.range(8, 25) * SECOND;
    }
    truth
}
