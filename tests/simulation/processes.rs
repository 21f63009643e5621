//! Processes that end or hang while they serve, and settings that were never right.

use serde_json::json;
use whydown::model::Category;

use super::Kind;
use super::native::clock;
use super::scene::{ANY, Scene, told};
use super::traffic::{Answer, LOST};
use super::truth::Truth;
use super::world::{Call, Instance, MINUTE, Out, Runtime, SECOND, World};

/// The kinds of this family.
pub const KINDS: &[Kind] = &[
    Kind { name: "workers-time-out", make: workers_time_out },
    Kind { name: "node-heap-full", make: node_heap_full },
    Kind { name: "probe-kills-behind-a-pool", make: probe_kills_behind_a_pool },
    Kind { name: "panic-while-serving", make: panic_while_serving },
    Kind { name: "native-crash", make: native_crash },
    Kind { name: "secret-ends-with-line-break", make: secret_ends_with_line_break },
    Kind { name: "key-of-partner-rejected", make: key_of_partner_rejected },
    Kind { name: "token-between-services", make: token_between_services },
    Kind { name: "database-away-at-start", make: database_away_at_start },
    Kind { name: "tag-of-a-deleted-revision", make: tag_of_a_deleted_revision },
];

/// An instance of the fleet dies at a time with the requests it holds; another takes its place.
fn loses_instance(world: &mut World, scene: &mut Scene, at: i64, end: impl FnOnce(&mut World, &Instance)) {
    let dying = scene.fleet.remove(0);
    end(world, &dying);
    for _ in 0..world.dice.range(1, 3) {
        let latency = world.dice.range(40_000, 900_000);
        let call = Call { method: "GET", path: "/api/v1/items/{id}", trace: world.trace(), agent: "okhttp/4.12.0" };
        world.answer(&scene.service, at - latency, &dying, &call, &Answer::Platform(503, latency + 20_000, LOST[0]));
    }
    let next = world.boot(&scene.service.clone(), &scene.service.revision.clone(), at + SECOND, "AUTOSCALING");
    scene.fleet.push(next);
}

/// From the onset on an instance dies every half minute, as `end` writes it.
fn dying(world: &mut World, scene: &mut Scene, mut end: impl FnMut(&mut World, i64, &Instance)) {
    world.traffic(&scene.service.clone(), &scene.fleet, scene.from, scene.onset, 2 * SECOND);
    let mut at = scene.onset;
    while at < scene.to {
        let next = at + world.dice.range(20, 45) * SECOND;
        let survivors: Vec<Instance> = scene.fleet[1..].to_vec();
        world.traffic(&scene.service.clone(), &survivors, at, next, 3 * SECOND);
        let doomed = [scene.fleet[0].clone()];
        world.traffic(&scene.service.clone(), &doomed, at, next - 5 * SECOND, 3 * SECOND);
        loses_instance(world, scene, next, |world, instance| end(world, next, instance));
        at = next;
    }
}

fn workers_time_out(world: &mut World) -> Truth {
    let mut scene = world.scene(&[Runtime::Gunicorn]);
    let mut truth = Truth::incident(
        "workers block for longer than gunicorn waits",
        &[Category::Timeout, Category::Unknown, Category::CodeRuntime],
        "(?i)worker.{0,40}(timeout|stopped answering)",
        &scene.service.name,
    );
    truth.only_symptoms();
    truth.forbid("(?i)memory limit|ran out of memory");
    let onset = scene.onset;
    world.calls(&scene.service.clone(), &scene.fleet, scene.from, scene.to, 3 * SECOND, |world, at, instance, call| {
        if at < onset || call.path != "/api/v1/profile" {
            return Answer::Well;
        }
        let ends = at + 30 * SECOND + world.dice.range(10_000, 700_000);
        let stamp = format!("[{} +0000]", &clock(ends)[..19]);
        let pid = world.dice.range(7, 40);
        world.line(
            ends - 300_000,
            instance,
            Out::Stderr,
            &format!("{stamp} [1] [CRITICAL] WORKER TIMEOUT (pid:{pid})"),
        );
        world.line(
            ends - 200_000,
            instance,
            Out::Stderr,
            &format!("{stamp} [1] [ERROR] Worker (pid:{pid}) was sent SIGKILL! Perhaps out of memory?"),
        );
        world.line(
            ends + 40_000,
            instance,
            Out::Stderr,
            &format!("{stamp} [{}] [INFO] Booting worker with pid: {}", pid + 1, pid + 1),
        );
        Answer::Platform(503, ends - at, LOST[0])
    });
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.onset);
    truth
}

fn node_heap_full(world: &mut World) -> Truth {
    let mut scene = world.scene(&[Runtime::Node]);
    let mut truth =
        Truth::incident("node's own heap limit is reached", &[Category::Memory], "(?i)heap", &scene.service.name);
    let fleet = scene.fleet.clone();
    let (from, onset) = (scene.from, scene.onset);
    dying(world, &mut scene, |world, at, instance| {
        world.lines_of(at - 90_000, instance, Out::Stderr, "<--- Last few GCs --->\n[1:0x5a3c0] 812231 ms: Mark-Compact 253.1 (258.9) -> 252.7 (259.1) MB, 310.5 / 0.0 ms  (average mu = 0.112) allocation failure; scavenge might not succeed\n<--- JS stacktrace --->\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n----- Native stack trace -----");
        if world.style == 0 {
            world.exit(at, instance, 134);
        } else {
            world.system(at, instance, "WARNING", "Container terminated on signal 6.");
        }
    });
    world.decoys(&mut truth, &mut scene.service, &fleet, from, onset);
    truth
}

/// The handler of the probe asks the database, and the pool is empty: the kill is what follows.
fn probe_kills_behind_a_pool(world: &mut World) -> Truth {
    let mut scene = world.scene(&[Runtime::Gunicorn, Runtime::Uvicorn]);
    let mut truth = Truth::incident(
        "the liveness probe asks a database that the pool has no connection to",
        &[Category::Database, Category::Capacity],
        "(?i)connection pool|QueuePool",
        &scene.service.name,
    );
    truth.only_symptoms();
    let fleet = scene.fleet.clone();
    let (from, onset) = (scene.from, scene.onset);
    dying(world, &mut scene, |world, at, instance| {
        for before in [14, 8, 2] {
            let text = "ERROR:health:liveness check failed: QueuePool limit of size 5 overflow 5 reached, connection timed out, timeout 4.00";
            world.line(at - before * SECOND, instance, Out::Stderr, text);
        }
        let container = &instance.service;
        let text = format!(
            "LIVENESS HTTP probe failed 3 times consecutively for container {container}-1 on port 8080 path /healthz. The instance has been shut down."
        );
        world.system(at, instance, "ERROR", &text);
    });
    world.decoys(&mut truth, &mut scene.service, &fleet, from, onset);
    truth
}

fn panic_while_serving(world: &mut World) -> Truth {
    let mut scene = world.scene(&[Runtime::Go]);
    let mut truth = Truth::incident(
        "a goroutine panics and takes the process with it",
        &[Category::CodeRuntime],
        "(?i)concurrent map writes|index out of range",
        &scene.service.name,
    );
    let words = world
        .dice
        .pick(&["fatal error: concurrent map writes", "panic: runtime error: index out of range [4] with length 4"]);
    let fleet = scene.fleet.clone();
    let (from, onset) = (scene.from, scene.onset);
    dying(world, &mut scene, |world, at, instance| {
        world.lines_of(at - 60_000, instance, Out::Stderr, &format!("{words}\n\ngoroutine 8812 [running]:\nmain.(*pricer).add(0xc0001a2000)\n\t/src/internal/pricer/pricer.go:88 +0x1c4\ncreated by main.(*server).refresh in goroutine 41\n\t/src/cmd/server/refresh.go:31 +0x85"));
        world.exit(at, instance, 2);
    });
    world.decoys(&mut truth, &mut scene.service, &fleet, from, onset);
    truth
}

fn native_crash(world: &mut World) -> Truth {
    let mut scene = world.scene(&[Runtime::Uvicorn, Runtime::Node]);
    let mut truth = Truth::incident(
        "native code crashes the process",
        &[Category::CodeRuntime, Category::Unknown, Category::Platform],
        "(?i)signal:? 11|segmentation|SIGSEGV|code 139",
        &scene.service.name,
    );
    truth.only_symptoms();
    let fleet = scene.fleet.clone();
    let (from, onset) = (scene.from, scene.onset);
    dying(world, &mut scene, |world, at, instance| {
        world.system(at - 30_000, instance, "ERROR", "Uncaught signal: 11, pid=1, tid=14, fault_addr=0.");
        world.system(at, instance, "WARNING", "Container terminated on signal 11.");
    });
    world.decoys(&mut truth, &mut scene.service, &fleet, from, onset);
    truth
}

/// The name of the database ends in a line break, so that the error is cut into two entries.
fn secret_ends_with_line_break(world: &mut World) -> Truth {
    let scene = world.scene(&[Runtime::Uvicorn]);
    let mut truth = Truth::incident(
        "the database's name was stored with a line break at its end",
        &[Category::Config, Category::Database, Category::SecretAccess],
        "(?i)line break|ledger_prod",
        &scene.service.name,
    );
    let onset = scene.onset;
    world.calls(&scene.service, &scene.fleet, scene.from, scene.to, 3 * SECOND, |world, at, instance, _| {
        if at < onset || !world.dice.chance(80) {
            return Answer::Well;
        }
        let latency = world.dice.range(20_000, 90_000);
        let ends = at + latency - 3_000;
        world.line(ends, instance, Out::Stderr, &format!("{} | ERROR    | app.db:connect:88 | could not connect: connection to server at \"10.20.0.3\", port 5432 failed: FATAL:  database \"ledger_prod", clock(ends)));
        world.line(ends + 20, instance, Out::Stderr, "\" does not exist");
        Answer::Status(500, latency)
    });
    truth.forbid("(?i)deploy");
    truth
}

fn key_of_partner_rejected(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let told = told(
        (
            "openai.AuthenticationError",
            "Error code: 401 - {'error': {'message': 'Incorrect API key provided: sk-REDACTED. You can find your API key at https://platform.openai.com/account/api-keys.', 'code': 'invalid_api_key'}}",
        ),
        (
            "AuthenticationError",
            "401 Incorrect API key provided: sk-REDACTED. You can find your API key at https://platform.openai.com/account/api-keys.",
        ),
        (
            "com.stripe.exception.AuthenticationException",
            "Invalid API Key provided: sk_live_REDACTED; code: api_key_invalid",
        ),
        "POST https://api.stripe.com/v1/charges: 401 Unauthorized: Invalid API Key provided: sk_live_REDACTED",
    );
    let mut truth = Truth::incident(
        "a partner refuses the key",
        &[Category::SecretAccess, Category::Config, Category::Upstream, Category::Iam],
        "(?i)api key",
        &scene.service.name,
    );
    world.failing(&scene, &told, "call_partner", 70, 500, (90_000, 400_000));
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

fn token_between_services(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let told = told(
        ("jwt.exceptions.InvalidSignatureError", "Signature verification failed"),
        ("JsonWebTokenError", "invalid signature"),
        (
            "io.jsonwebtoken.security.SignatureException",
            "JWT signature does not match locally computed signature. JWT validity cannot be asserted and should not be trusted.",
        ),
        "token signature is invalid: signature is invalid",
    );
    let mut truth = Truth::incident(
        "two services sign with different keys",
        &[Category::Iam, Category::Config, Category::SecretAccess, Category::CodeRuntime],
        "(?i)signature",
        &scene.service.name,
    );
    world.failing(&scene, &told, "verify", 60, 500, (4_000, 20_000));
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

/// The database is away; instances of two revisions die at start alike. No rollback among them helps.
fn database_away_at_start(world: &mut World) -> Truth {
    let mut scene = world.scene(&[Runtime::Gunicorn]);
    let told = told(
        ("asyncpg.exceptions.CannotConnectNowError", "the database system is starting up"),
        ("", ""),
        ("", ""),
        "",
    );
    let mut truth = Truth::incident(
        "instances cannot start while the database is away, on both revisions",
        &[Category::Database],
        "(?i)database system is starting up",
        &scene.service.name,
    );
    scene.service.minimum = 1;
    let (from, onset) = (scene.from, scene.onset);
    let old = scene.service.revision.clone();
    world.crash_loop(
        &scene.service.clone(),
        &old,
        (from, onset),
        "MANUAL_OR_CUSTOMER_MIN_INSTANCE",
        &told,
        "open_pool",
    );
    let new = world.deploy(&mut scene.service, onset, 8);
    world.crash_loop(
        &scene.service.clone(),
        &new,
        (onset + 4 * SECOND, onset + 6 * MINUTE),
        "MANUAL_OR_CUSTOMER_MIN_INSTANCE",
        &told,
        "open_pool",
    );
    truth.forbid("(?i)deploy");
    truth
}

fn tag_of_a_deleted_revision(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let gone = world.revision_name(&scene.service.name.clone(), scene.service.number - 3);
    let mut truth = Truth::incident(
        "a tag points at a deleted revision, so that no deploy succeeds",
        &[Category::TrafficState, Category::Config, Category::DeployConflict],
        "(?i)does not exist or is deleted|deleted",
        &scene.service.name,
    );
    let message = format!("Revision '{gone}' does not exist or is deleted.");
    for number in 0..2 {
        world.asked(&mut scene.service, scene.onset + number * 2 * MINUTE, "run.deploy");
        world.service_event(&scene.service.clone(), scene.onset + number * 2 * MINUTE + 4 * SECOND, false, &message);
    }
    world.served(&scene);
    let payload = json!({"message": "feature flags refreshed", "component": "flags"});
    world.structured(scene.from + SECOND, &scene.fleet[0].clone(), "INFO", payload, "");
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}
