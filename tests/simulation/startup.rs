//! Programs that do not come up.

use whydown::model::Category;

use super::Kind;
use super::scene::{ANY, not_listening, told};
use super::truth::Truth;
use super::world::{Instance, MINUTE, Out, Runtime, SECOND, World};

/// The kinds of this family.
pub const KINDS: &[Kind] = &[
    Kind { name: "module-missing", make: module_missing },
    Kind { name: "import-error-behind-gunicorn", make: import_error_behind_gunicorn },
    Kind { name: "wrong-port", make: wrong_port },
    Kind { name: "start-too-slow", make: start_too_slow },
    Kind { name: "exec-format", make: exec_format },
    Kind { name: "entrypoint-missing", make: entrypoint_missing },
    Kind { name: "variable-missing", make: variable_missing },
    Kind { name: "memory-at-boot", make: memory_at_boot },
    Kind { name: "crash-loop-of-minimum-instances", make: crash_loop_of_minimum_instances },
];

fn module_missing(world: &mut World) -> Truth {
    let mut scene = world.scene(&[Runtime::Uvicorn, Runtime::Node, Runtime::Spring]);
    let told = told(
        ("ModuleNotFoundError", "No module named 'stripe'"),
        ("Error", "Cannot find module 'stripe'\nRequire stack:\n- /app/dist/payments.js\n- /app/dist/main.js"),
        ("java.lang.NoClassDefFoundError", "com/stripe/Stripe"),
        "",
    );
    let mut truth = Truth::incident(
        "a package is not in the image; the deploy fails",
        &[Category::CodeStartup, Category::Image],
        "(?i)stripe",
        &scene.service.name,
    );
    world.dead_deploy(&mut scene, &told, "load_payments");
    world.served(&scene);
    truth.dual(&scene.service.name, "consequence");
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

fn import_error_behind_gunicorn(world: &mut World) -> Truth {
    let mut scene = world.scene(&[Runtime::Gunicorn]);
    let told = told(
        (
            "ImportError",
            "cannot import name 'url_quote' from 'werkzeug.urls' (/usr/local/lib/python3.11/site-packages/werkzeug/urls.py)",
        ),
        ("", ""),
        ("", ""),
        "",
    );
    let mut truth = Truth::incident(
        "the new revision cannot import; gunicorn's master passes the probe",
        &[Category::CodeStartup, Category::Image],
        "url_quote",
        &scene.service.name,
    );
    scene.service.minimum = 1;
    let (from, onset, to) = (scene.from, scene.onset, scene.to);
    world.traffic(&scene.service.clone(), &scene.fleet, from, onset + 12 * SECOND, 3 * SECOND);
    let revision = world.deploy(&mut scene.service, onset, 9);
    for instance in scene.fleet.clone() {
        world.stop(&scene.service.clone(), &instance, onset + 22 * SECOND);
    }
    world.crash_loop(
        &scene.service.clone(),
        &revision,
        (onset + 4 * SECOND, to),
        "MANUAL_OR_CUSTOMER_MIN_INSTANCE",
        &told,
        "<module>",
    );
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, from, onset);
    truth
}

fn wrong_port(world: &mut World) -> Truth {
    let mut scene = world.scene(&[Runtime::Node, Runtime::Uvicorn, Runtime::Spring]);
    let port = world.dice.pick(&[3000u16, 5000, 8000]);
    let mut truth = Truth::incident(
        "the program listens on another port than the platform asks",
        &[Category::ProbePort, Category::Config],
        &format!(r"(?i)port {port}\b|probe"),
        &scene.service.name,
    );
    truth.only_symptoms();
    let message = not_listening(world, 8080);
    let revision = world.failing_deploy(&mut scene.service, scene.onset, 243, &message);
    let starts = scene.onset + 3 * SECOND;
    let instance = world.instance(&scene.service, &revision, i64::MAX);
    world.starting(starts, &instance, "DEPLOYMENT_ROLLOUT");
    let elsewhere = super::world::Service { port, ..scene.service.clone() };
    world.start_lines(starts + 2 * SECOND, &instance, &elsewhere);
    probe_deadline(world, starts + 240 * SECOND, &instance);
    world.served(&scene);
    truth.dual(&scene.service.name, "consequence");
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

fn probe_deadline(world: &mut World, at: i64, instance: &Instance) {
    let text = format!(
        "Default STARTUP TCP probe failed 1 time consecutively for container \"{}-1\" on port 8080. The instance was not started. Connection failed with status DEADLINE_EXCEEDED.",
        instance.service
    );
    world.system(at, instance, "ERROR", &text);
}

fn start_too_slow(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(
        "the program does not listen within 240 s",
        &[Category::ProbePort, Category::Timeout, Category::CodeStartup],
        "(?i)probe|never (became ready|listened)",
        &scene.service.name,
    );
    truth.only_symptoms();
    truth.forbid("(?i)shard|weights");
    let message = not_listening(world, 8080);
    let revision = world.failing_deploy(&mut scene.service, scene.onset, 243, &message);
    let starts = scene.onset + 3 * SECOND;
    let instance = world.instance(&scene.service, &revision, i64::MAX);
    world.starting(starts, &instance, "DEPLOYMENT_ROLLOUT");
    for shard in 1..=9 {
        world.line(starts + shard * 24 * SECOND, &instance, Out::Stdout, &format!("loading weights shard {shard}/12"));
    }
    probe_deadline(world, starts + 240 * SECOND, &instance);
    world.served(&scene);
    truth.dual(&scene.service.name, "consequence");
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

/// A deploy whose container the platform could not run: its words, twice, and a failed revision.
fn not_runnable(world: &mut World, title: &str, text: &str, words: &str) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(title, &[Category::Image, Category::CodeStartup], text, &scene.service.name);
    let message = not_listening(world, 8080);
    let revision = world.failing_deploy(&mut scene.service, scene.onset, 19, &message);
    for number in 0..2 {
        let at = scene.onset + (5 + 6 * number) * SECOND;
        let instance = world.instance(&scene.service, &revision, i64::MAX);
        world.starting(at, &instance, "DEPLOYMENT_ROLLOUT");
        world.system(at + SECOND, &instance, "ERROR", words);
    }
    world.served(&scene);
    truth.dual(&scene.service.name, "consequence");
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

fn exec_format(world: &mut World) -> Truth {
    let words = world.dice.pick(&[
        "terminated: Application failed to start: failed to load /app/server: exec format error",
        "terminated: Application failed to start: \"/usr/local/bin/docker-entrypoint.sh\": exec format error",
        "Application exec likely failed",
    ]);
    not_runnable(
        world,
        "the image is built for another processor",
        "(?i)exec format|exec likely failed|architecture",
        words,
    )
}

fn entrypoint_missing(world: &mut World) -> Truth {
    let program = world.dice.pick(&["uvicorn", "gunicorn", "/app/start.sh", "node"]);
    let words = format!(
        "terminated: Application failed to start: failed to resolve binary path: error finding executable \"{program}\" in PATH [/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin]: no such file or directory"
    );
    not_runnable(world, "the command is not in the image", &format!("(?i){program}"), &words)
}

fn variable_missing(world: &mut World) -> Truth {
    let mut scene = world.scene(&[Runtime::Uvicorn, Runtime::Node, Runtime::Spring, Runtime::Go]);
    let told = told(
        ("KeyError", "'PAYMENTS_API_URL'"),
        ("Error", "Missing required environment variable: PAYMENTS_API_URL"),
        (
            "java.lang.IllegalArgumentException",
            "Could not resolve placeholder 'PAYMENTS_API_URL' in value \"${PAYMENTS_API_URL}\"",
        ),
        "required environment variable PAYMENTS_API_URL is not set",
    );
    let mut truth = Truth::incident(
        "a variable that the new code needs is not set",
        &[Category::Config, Category::CodeStartup],
        "PAYMENTS_API_URL",
        &scene.service.name,
    );
    world.dead_deploy(&mut scene, &told, "load_settings");
    world.served(&scene);
    truth.dual(&scene.service.name, "consequence");
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

fn memory_at_boot(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(
        "instances exceed the memory limit while they start",
        &[Category::Memory],
        "(?i)memory limit",
        &scene.service.name,
    );
    let words = super::limits::memory_words(world);
    let message = not_listening(world, 8080);
    let revision = world.failing_deploy(&mut scene.service, scene.onset, 31, &message);
    for number in 0..3 {
        let at = scene.onset + (4 + 8 * number) * SECOND;
        let instance = world.instance(&scene.service, &revision, i64::MAX);
        world.starting(at, &instance, "DEPLOYMENT_ROLLOUT");
        world.line(at + SECOND, &instance, Out::Stdout, "building in-memory index");
        world.system(at + 5 * SECOND, &instance, "ERROR", &words);
        let ended = at + 5 * SECOND + 40_000;
        if world.dice.chance(50) {
            world.system(ended, &instance, "WARNING", "Container terminated on signal 9.");
        } else {
            world.exit(ended, &instance, 137);
        }
    }
    world.served(&scene);
    truth.dual(&scene.service.name, "consequence");
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

fn crash_loop_of_minimum_instances(world: &mut World) -> Truth {
    let mut scene = world.scene(&[Runtime::Gunicorn]);
    let told =
        told(("RuntimeError", "vector index 'catalog-2026' has schema 4, this build reads 3"), ("", ""), ("", ""), "");
    let mut truth = Truth::incident(
        "instances die at start with nobody asking; the minimum starts new ones",
        &[Category::CodeStartup, Category::CodeRuntime, Category::Config],
        "vector index",
        &scene.service.name,
    );
    scene.service.minimum = 2;
    // The files begin inside the loop, as an export of the last minutes does.
    let (from, to) = (scene.from, scene.from + 9 * MINUTE);
    world.crash_loop(
        &scene.service.clone(),
        &scene.service.revision.clone(),
        (from, to),
        "MANUAL_OR_CUSTOMER_MIN_INSTANCE",
        &told,
        "open_index",
    );
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, from, to);
    truth
}
