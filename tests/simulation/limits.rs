//! Limits reached while serving: memory, instances, time, size, threads, disk, probes.

use serde_json::json;
use whydown::model::Category;

use super::Kind;
use super::scene::{ANY, Scene, told};
use super::traffic::{Answer, LOST, NO_INSTANCE, TIMED_OUT};
use super::truth::Truth;
use super::world::{Instance, MINUTE, Out, Runtime, SECOND, World};

/// The kinds of this family.
pub const KINDS: &[Kind] = &[
    Kind { name: "memory-at-request", make: memory_at_request },
    Kind { name: "memory-of-temporary-files", make: memory_of_temporary_files },
    Kind { name: "maximum-instances", make: maximum_instances },
    Kind { name: "traffic-surge", make: traffic_surge },
    Kind { name: "request-timeout", make: request_timeout },
    Kind { name: "payload-too-large", make: payload_too_large },
    Kind { name: "response-too-large", make: response_too_large },
    Kind { name: "threads-exhausted", make: threads_exhausted },
    Kind { name: "disk-full", make: disk_full },
    Kind { name: "liveness-kill", make: liveness_kill },
];

/// The platform's words for a crossed memory limit, older and newer.
pub fn memory_words(world: &mut World) -> String {
    let (limit, used) =
        world.dice.pick(&[("512M", "524M"), ("512 MiB", "518 MiB"), ("1024 MiB", "1031 MiB"), ("244M", "251M")]);
    let tail = world.dice.pick(&[
        "Consider increasing the memory limit, see https://cloud.google.com/run/docs/configuring/memory-limits",
        "Consider increasing the memory limit, see https://cloud.google.com/run/docs/configuring/memory-limits",
    ]);
    format!("Memory limit of {limit} exceeded with {used} used. {tail}")
}

/// Instances die one after another while they serve: `words` by the platform, and every request they hold is lost.
fn dying_instances(world: &mut World, scene: &mut Scene, words: &str, lost: &'static str, before: &str) {
    let service = scene.service.clone();
    world.traffic(&service, &scene.fleet, scene.from, scene.onset, 3 * SECOND);
    let mut at = scene.onset;
    let mut fleet = scene.fleet.clone();
    while at < scene.to {
        let dying = fleet.remove(0);
        let lives_until = at + world.dice.range(20, 70) * SECOND;
        let survivors = fleet.clone();
        world.traffic(&service, &survivors, at, lives_until, 4 * SECOND);
        let own = vec![dying.clone()];
        world.traffic(&service, &own, at, lives_until - 20 * SECOND, 5 * SECOND);
        if !before.is_empty() {
            world.line(lives_until - 2 * SECOND, &dying, Out::Stdout, before);
        }
        world.system(lives_until, &dying, "ERROR", words);
        for _ in 0..world.dice.range(1, 3) {
            let arrival = lives_until - world.dice.range(1_000_000, 6_000_000);
            let (method, path) = world.dice.pick(&service.routes);
            let call = super::world::Call { method, path, trace: world.trace(), agent: "okhttp/4.12.0" };
            let status = if lost.starts_with("While") { world.dice.pick(&[500, 503]) } else { 503 };
            world.answer(
                &service,
                arrival,
                &dying,
                &call,
                &Answer::Platform(status, lives_until - arrival + 30_000, lost),
            );
        }
        fleet.push(world.boot(&service, &service.revision, lives_until + SECOND, "AUTOSCALING"));
        at = lives_until;
    }
    scene.fleet = fleet;
}

fn memory_at_request(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(
        "requests need more memory than the limit",
        &[Category::Memory],
        "(?i)memory limit",
        &scene.service.name,
    );
    let words = memory_words(world);
    let lost = world.dice.pick(&[
        "While handling this request, the container instance was found to be using too much memory and was terminated. This is likely to cause a new container instance to be used for the next request to this revision. If you see this message frequently, you may have a memory leak in your code or may need more memory. Consider creating a new revision with more memory.",
        LOST[0],
    ]);
    let fleet = scene.fleet.clone();
    dying_instances(world, &mut scene, &words, lost, "rendering report of 48211 rows");
    world.decoys(&mut truth, &mut scene.service, &fleet, scene.from, scene.onset);
    truth
}

fn memory_of_temporary_files(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(
        "files in /tmp fill the memory of the instance",
        &[Category::Memory, Category::Capacity],
        "(?i)memory limit",
        &scene.service.name,
    );
    let words = memory_words(world);
    let fleet = scene.fleet.clone();
    dying_instances(
        world,
        &mut scene,
        &words,
        LOST[1],
        "export written to /tmp/export-7731.parquet (148 MB), 9 files kept",
    );
    world.decoys(&mut truth, &mut scene.service, &fleet, scene.from, scene.onset);
    truth
}

/// From the onset on more calls than instances: `percent` of them find none.
fn no_instance(world: &mut World, scene: &Scene, gap: i64, percent: i64, status: u16) {
    let onset = scene.onset;
    world.traffic(&scene.service, &scene.fleet, scene.from, onset, 3 * SECOND);
    world.calls(&scene.service, &scene.fleet, onset, scene.to, gap, |world, _, _, _| {
        if world.dice.chance(percent) { Answer::Refused(status, NO_INSTANCE) } else { Answer::Well }
    });
}

fn maximum_instances(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    scene.service.maximum = 3;
    let mut truth = Truth::incident(
        "all instances that may run are busy",
        &[Category::Capacity],
        "(?i)no available instance|maximum (number of )?(container )?instance",
        &scene.service.name,
    );
    truth.only_symptoms();
    no_instance(world, &scene, 1_200_000, 35, 429);
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

fn traffic_surge(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(
        "ten times the calls within a minute; the platform cannot keep up",
        &[Category::Capacity, Category::Platform],
        "(?i)no available instance|no instance",
        &scene.service.name,
    );
    truth.only_symptoms();
    scene.to = scene.onset + 3 * MINUTE;
    let service = scene.service.clone();
    for number in 0..5 {
        let started = world.boot(&service, &service.revision, scene.onset + (4 + number * 5) * SECOND, "AUTOSCALING");
        scene.fleet.push(started);
    }
    no_instance(world, &scene, 400_000, 20, 500);
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

fn request_timeout(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(
        "one route runs into the request timeout",
        &[Category::Timeout, Category::Upstream, Category::Unknown],
        "(?i)time limit|timeout|504",
        &scene.service.name,
    );
    truth.only_symptoms();
    let (onset, limit) = (scene.onset, scene.service.timeout * SECOND);
    world.calls(&scene.service, &scene.fleet, scene.from, scene.to, 3 * SECOND, |world, at, instance, call| {
        if at < onset || call.path != "/api/v1/profile" {
            return Answer::Well;
        }
        let payload = json!({"message": "computing recommendations", "component": "profile"});
        world.structured(at + 8_000, instance, "INFO", payload, &call.trace);
        Answer::Platform(504, limit + world.dice.range(200, 30_000), TIMED_OUT)
    });
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

fn payload_too_large(world: &mut World) -> Truth {
    let mut scene = world.scene(&[Runtime::Node, Runtime::Uvicorn, Runtime::Go]);
    let told = told(
        (
            "starlette.exceptions.HTTPException",
            "413: Request body of 41943040 bytes is larger than the limit of 33554432",
        ),
        ("PayloadTooLargeError", "request entity too large"),
        ("", ""),
        "http: request body too large",
    );
    let mut truth = Truth::incident(
        "uploads above the body limit break the import, which answers 500",
        &[Category::Client, Category::CodeRuntime, Category::Config, Category::Capacity],
        "(?i)too large|larger than",
        &scene.service.name,
    );
    scene.service.routes.push(("POST", "/api/v1/imports"));
    let (runtime, onset) = (scene.service.runtime, scene.onset);
    world.calls(&scene.service, &scene.fleet, scene.from, scene.to, 3 * SECOND, |world, at, instance, call| {
        if at < onset || call.path != "/api/v1/imports" {
            return Answer::Well;
        }
        let latency = world.dice.range(300_000, 900_000);
        world.raise(at + latency - 4_000, instance, runtime, told.by(runtime), "read_body", &call.trace);
        Answer::Status(500, latency)
    });
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

fn response_too_large(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(
        "an answer is larger than the platform passes on",
        &[Category::Capacity, Category::CodeRuntime],
        "(?i)response (size )?(was |is )?too large",
        &scene.service.name,
    );
    scene.service.routes.push(("GET", "/api/v1/export"));
    let onset = scene.onset;
    world.calls(&scene.service, &scene.fleet, scene.from, scene.to, 3 * SECOND, |world, at, instance, call| {
        if at < onset || call.path != "/api/v1/export" {
            return Answer::Well;
        }
        let latency = world.dice.range(2_000_000, 5_000_000);
        world.system(
            at + latency - 10_000,
            instance,
            "WARNING",
            "Response size was too large. Please consider reducing response size.",
        );
        Answer::Status(500, latency)
    });
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

fn threads_exhausted(world: &mut World) -> Truth {
    let mut scene = world.scene(&[Runtime::Uvicorn, Runtime::Gunicorn, Runtime::Spring]);
    let told = told(
        ("RuntimeError", "can't start new thread"),
        ("", ""),
        (
            "java.lang.OutOfMemoryError",
            "unable to create native thread: possibly out of memory or process/resource limits reached",
        ),
        "",
    );
    let mut truth = Truth::incident(
        "the process cannot start another thread",
        &[Category::Capacity, Category::Memory, Category::CodeRuntime],
        "(?i)can't start new thread|unable to create native thread",
        &scene.service.name,
    );
    truth.forbid("(?i)memory limit");
    world.failing(&scene, &told, "fan_out", 40, 500, (20_000, 90_000));
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.onset);
    truth
}

fn disk_full(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let told = told(
        ("OSError", "[Errno 28] No space left on device: '/mnt/cache/thumb-88.bin'"),
        ("Error", "ENOSPC: no space left on device, write"),
        ("java.io.IOException", "No space left on device"),
        "write /mnt/cache/thumb-88.bin: no space left on device",
    );
    let mut truth = Truth::incident(
        "the mounted volume is full",
        &[Category::Capacity, Category::Memory, Category::Config],
        "(?i)no space left",
        &scene.service.name,
    );
    world.failing(&scene, &told, "store_thumbnail", 30, 500, (20_000, 90_000));
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

fn liveness_kill(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(
        "instances stop answering their liveness probe and are shut down",
        &[Category::ProbePort, Category::Timeout],
        "(?i)liveness",
        &scene.service.name,
    );
    let count = world.dice.pick(&["3 times", "1 time"]);
    let words = format!(
        "LIVENESS HTTP probe failed {count} consecutively for container {}-1 on port 8080 path /healthz. The instance has been shut down.",
        scene.service.name
    );
    let fleet: Vec<Instance> = scene.fleet.clone();
    dying_instances(world, &mut scene, &words, LOST[0], "");
    world.decoys(&mut truth, &mut scene.service, &fleet, scene.from, scene.onset);
    truth
}
