//! Databases and caches: schema, slots, pools, reach, rights, passwords.

use serde_json::json;
use whydown::model::Category;

use super::Kind;
use super::scene::{ANY, Scene, Told, told};
use super::traffic::Answer;
use super::truth::Truth;
use super::world::{Instance, MINUTE, Runtime, SECOND, World};

/// The kinds of this family.
pub const KINDS: &[Kind] = &[
    Kind { name: "schema-behind-code", make: schema_behind_code },
    Kind { name: "slots-taken-by-two-revisions", make: slots_taken_by_two_revisions },
    Kind { name: "pool-exhausted", make: pool_exhausted },
    Kind { name: "cloud-sql-unreachable", make: cloud_sql_unreachable },
    Kind { name: "cloud-sql-denied", make: cloud_sql_denied },
    Kind { name: "database-password", make: database_password },
    Kind { name: "database-restart", make: database_restart },
    Kind { name: "deadlocks", make: deadlocks },
    Kind { name: "redis-down", make: redis_down },
];

const DATABASE: &[Category] = &[Category::Database];

/// A dependency of the service fails from the onset on, on its only revision, with no deploy near.
fn fails(
    world: &mut World,
    title: &str,
    category: &[Category],
    text: &str,
    told: &Told,
    percent: i64,
    latency: (i64, i64),
) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(title, category, text, &scene.service.name);
    if world.dice.chance(40) {
        // A healthy deploy some minutes before invites the wrong answer.
        let (service, old) = (scene.service.clone(), scene.fleet.clone());
        let at = scene.onset - 5 * MINUTE;
        world.traffic(&service, &old, scene.from, at + 20 * SECOND, 3 * SECOND);
        scene.fleet = world.healthy_deploy(&mut scene.service, &old, at);
        scene.from = at + 18 * SECOND;
        truth.forbid("(?i)deploy");
    }
    let status = world.dice.pick(&[500, 500, 503]);
    world.failing(&scene, told, "query", percent, status, latency);
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

fn schema_behind_code(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let told = told(
        (
            "sqlalchemy.exc.ProgrammingError",
            "(psycopg2.errors.UndefinedColumn) column orders.discount_code does not exist\nLINE 1: SELECT orders.id AS orders_id, orders.discount_code AS orders...\n                                       ^\n",
        ),
        ("error", "column \"discount_code\" does not exist"),
        ("org.postgresql.util.PSQLException", "ERROR: column o1_0.discount_code does not exist"),
        "pq: column \"discount_code\" does not exist",
    );
    let mut truth = Truth::incident(
        "the new revision reads a column that no migration made",
        &[Category::Schema, Category::Database],
        "discount_code",
        &scene.service.name,
    );
    let (from, onset, to) = (scene.from, scene.onset, scene.to);
    let old = scene.fleet.clone();
    world.traffic(&scene.service.clone(), &old, from, onset + 18 * SECOND, 3 * SECOND);
    scene.fleet = world.healthy_deploy(&mut scene.service, &old, onset);
    let later = Scene {
        from: onset + 18 * SECOND,
        onset: onset + 18 * SECOND,
        service: scene.service.clone(),
        fleet: scene.fleet.clone(),
        to,
    };
    world.failing(&later, &told, "list_orders", 45, 500, (15_000, 80_000));
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, onset + MINUTE, to);
    truth
}

fn slots_taken_by_two_revisions(world: &mut World) -> Truth {
    let mut scene = world.scene(&[Runtime::Uvicorn, Runtime::Gunicorn, Runtime::Node, Runtime::Go]);
    let told = told(
        (
            "psycopg2.OperationalError",
            "connection to server at \"10.20.0.3\", port 5432 failed: FATAL:  remaining connection slots are reserved for non-replication superuser connections",
        ),
        ("error", "sorry, too many clients already"),
        ("", ""),
        "failed to connect to `host=10.20.0.3 user=app database=app`: server error (FATAL: sorry, too many clients already (SQLSTATE 53300))",
    );
    let mut truth = Truth::incident(
        "two revisions share the traffic, and together take more connections than the server has",
        &[Category::Database, Category::Capacity],
        "(?i)connection|clients",
        &scene.service.name,
    );
    truth.dual(&scene.service.name, "cause");
    let (from, onset, to) = (scene.from, scene.onset, scene.to);
    let old_name = scene.service.ready.clone();
    scene.service.traffic = vec![(Some(old_name.clone()), 100, None)];
    world.traffic(&scene.service.clone(), &scene.fleet, from, onset, 3 * SECOND);
    let new_name = world.deploy(&mut scene.service, onset - 40 * SECOND, 12);
    world.route(&mut scene.service, onset, &[(Some(&old_name), 50, None), (Some(&new_name), 50, None)]);
    let service = scene.service.clone();
    let new: Vec<Instance> =
        (0..3).map(|n| world.boot(&service, &new_name, onset - (20 - n * 3) * SECOND, "DEPLOYMENT_ROLLOUT")).collect();
    let both: Vec<Instance> = scene.fleet.iter().chain(&new).cloned().collect();
    let ends = to - 3 * MINUTE;
    let runtime = service.runtime;
    world.calls(&service, &both, onset + 4 * SECOND, ends, 2 * SECOND, |world, at, instance, call| {
        if !world.dice.chance(30) {
            return Answer::Well;
        }
        let latency = world.dice.range(10_000, 60_000);
        world.raise(at + latency - 4_000, instance, runtime, told.by(runtime), "get_connection", &call.trace);
        Answer::Status(500, latency)
    });
    // The split ends, and the failures with it.
    world.route(&mut scene.service, ends, &[(Some(&new_name), 100, None)]);
    for instance in scene.fleet.clone() {
        world.stop(&service, &instance, ends + 6 * SECOND);
    }
    world.traffic(&service, &new, ends + 8 * SECOND, to, 2 * SECOND);
    world.scanners(&service, &new, onset, to, 20);
    truth
}

fn pool_exhausted(world: &mut World) -> Truth {
    let told = told(
        (
            "sqlalchemy.exc.TimeoutError",
            "QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00 (Background on this error at: https://sqlalche.me/e/20/3o7r)",
        ),
        ("Error", "timeout exceeded when trying to connect: pool has 10 of 10 clients checked out"),
        (
            "java.sql.SQLTransientConnectionException",
            "HikariPool-1 - Connection is not available, request timed out after 30000ms.",
        ),
        "acquire connection: context deadline exceeded: pool max_conns=8 all in use",
    );
    fails(
        world,
        "the pool of the client has no connection left",
        &[Category::Database, Category::Capacity, Category::CodeRuntime],
        "(?i)pool",
        &told,
        35,
        (30_000_000, 30_400_000),
    )
}

fn cloud_sql_unreachable(world: &mut World) -> Truth {
    let told = told(
        (
            "sqlalchemy.exc.OperationalError",
            "(psycopg2.OperationalError) connection to server at \"10.20.0.3\", port 5432 failed: Connection timed out\n\tIs the server running on that host and accepting TCP/IP connections?\n",
        ),
        ("Error", "connect ETIMEDOUT 10.20.0.3:5432"),
        ("org.postgresql.util.PSQLException", "The connection attempt failed."),
        "Cloud SQL connection failed. Please see https://cloud.google.com/sql/docs/postgres/connect-run for additional details: dial error: failed to dial (connection name = \"acme:eu:main\"): connection to Cloud SQL instance at 10.20.0.3:3307 failed: timed out after 10s",
    );
    fails(
        world,
        "the database server cannot be reached",
        &[Category::Database, Category::Network],
        r"(?i)10\.20\.0\.3|connection attempt failed",
        &told,
        80,
        (5_000_000, 12_000_000),
    )
}

fn cloud_sql_denied(world: &mut World) -> Truth {
    let told = told(
        (
            "aiohttp.client_exceptions.ClientResponseError",
            "403, message=\"Forbidden: Authenticated IAM principal does not seem authorized to make API request. Verify 'Cloud SQL Admin API' is enabled within your GCP project and 'Cloud SQL Client' role has been granted to IAM principal.\", url='https://sqladmin.googleapis.com/sql/v1beta4/projects/acme/instances/main/connectSettings'",
        ),
        (
            "GaxiosError",
            "The client is not authorized to make this request. boss::NOT_AUTHORIZED: Not authorized to access resource. Possibly missing permission cloudsql.instances.get on resource instances/main.",
        ),
        (
            "com.google.cloud.sql.core.ApiException",
            "[acme:eu:main] The Google Cloud SQL Instance client is not authorized to make this request: googleapi: Error 403: The client is not authorized to make this request., notAuthorized",
        ),
        "failed to connect: ensure that the account has access to \"acme:eu:main\" (and make sure there's no typo in that name). Error during get instance metadata: googleapi: Error 403: boss::NOT_AUTHORIZED: Not authorized to access resource., notAuthorized",
    );
    fails(
        world,
        "the service account may not use the database instance",
        &[Category::Iam, Category::Database],
        "(?i)not.?authorized|403",
        &told,
        90,
        (200_000, 900_000),
    )
}

fn database_password(world: &mut World) -> Truth {
    let told = told(
        ("asyncpg.exceptions.InvalidPasswordError", "password authentication failed for user \"app\""),
        ("error", "password authentication failed for user \"app\""),
        ("org.postgresql.util.PSQLException", "FATAL: password authentication failed for user \"app\""),
        "pq: password authentication failed for user \"app\"",
    );
    fails(
        world,
        "the database refuses the password",
        &[Category::Database, Category::Config, Category::SecretAccess],
        "(?i)password authentication failed",
        &told,
        85,
        (20_000, 90_000),
    )
}

fn database_restart(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let told = told(
        ("asyncpg.exceptions.AdminShutdownError", "terminating connection due to administrator command"),
        ("error", "terminating connection due to administrator command"),
        ("org.postgresql.util.PSQLException", "FATAL: terminating connection due to administrator command"),
        "pq: terminating connection due to administrator command",
    );
    let mut truth = Truth::incident(
        "the database server was restarted; after two minutes all is well",
        DATABASE,
        "(?i)administrator command",
        &scene.service.name,
    );
    let (runtime, onset, over) = (scene.service.runtime, scene.onset, scene.onset + 2 * MINUTE);
    world.calls(&scene.service, &scene.fleet, scene.from, scene.to, 2 * SECOND, |world, at, instance, call| {
        if !(onset..over).contains(&at) || !world.dice.chance(80) {
            return Answer::Well;
        }
        let latency = world.dice.range(8_000, 40_000);
        world.raise(at + latency - 3_000, instance, runtime, told.by(runtime), "query", &call.trace);
        Answer::Status(500, latency)
    });
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

fn deadlocks(world: &mut World) -> Truth {
    let told = told(
        (
            "psycopg2.errors.DeadlockDetected",
            "deadlock detected\nDETAIL:  Process 3121 waits for ShareLock on transaction 88123; blocked by process 3119.",
        ),
        ("error", "deadlock detected"),
        ("org.postgresql.util.PSQLException", "ERROR: deadlock detected"),
        "pq: deadlock detected",
    );
    fails(
        world,
        "two statements lock each other out",
        &[Category::Database, Category::CodeRuntime],
        "(?i)deadlock",
        &told,
        15,
        (1_000_000, 1_300_000),
    )
}

fn redis_down(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let told = told(
        ("redis.exceptions.ConnectionError", "Error 111 connecting to 10.44.0.3:6379. Connection refused."),
        ("Error", "connect ECONNREFUSED 10.44.0.3:6379"),
        ("org.springframework.data.redis.RedisConnectionFailureException", "Unable to connect to Redis"),
        "dial tcp 10.44.0.3:6379: connect: connection refused",
    );
    let mut truth = Truth::incident(
        "the cache does not answer",
        &[Category::Cache, Category::Network],
        "(?i)6379|redis",
        &scene.service.name,
    );
    // The rate limiter logs it too, at WARNING, and goes on: a consequence of the same cause.
    let (runtime, onset) = (scene.service.runtime, scene.onset);
    world.calls(&scene.service, &scene.fleet, scene.from, scene.to, 3 * SECOND, |world, at, instance, call| {
        if at < onset || !world.dice.chance(70) {
            return Answer::Well;
        }
        let latency = world.dice.range(5_000, 2_000_000);
        let payload = json!({"message": "rate limiter unavailable, allowing request", "component": "limiter"});
        world.structured(at + 2_000, instance, "WARNING", payload, &call.trace);
        world.raise(at + latency - 3_000, instance, runtime, told.by(runtime), "load_session", &call.trace);
        Answer::Status(500, latency)
    });
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}
