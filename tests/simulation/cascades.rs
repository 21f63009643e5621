//! More than one service: the loudest one is a victim, or all of them are.

use whydown::model::Category;

use super::Kind;
use super::native::raised;
use super::scene::{ANY, Scene, told};
use super::traffic::{Answer, LOST};
use super::truth::Truth;
use super::world::{Call, Instance, MINUTE, Runtime, SECOND, Service, World};

/// The kinds of this family.
pub const KINDS: &[Kind] = &[
    Kind { name: "backend-fails-behind-frontend", make: backend_fails_behind_frontend },
    Kind { name: "backend-out-of-memory-behind-frontend", make: backend_out_of_memory_behind_frontend },
    Kind { name: "one-database-for-two-services", make: one_database_for_two_services },
    Kind { name: "causes-in-turn", make: causes_in_turn },
];

/// What a frontend raises when its backend answers badly.
fn of_backend(runtime: Runtime, status: u16, phrase: &str) -> super::native::Raised {
    let url = "https://inventory-x4p2qmd7ka-uc.a.run.app/api/v1/items";
    match runtime {
        Runtime::Uvicorn | Runtime::Gunicorn => raised(
            "httpx.HTTPStatusError",
            format!(
                "Server error '{status} {phrase}' for url '{url}'\nFor more information check: https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/{status}"
            ),
        ),
        Runtime::Node => raised("AxiosError", format!("Request failed with status code {status}")),
        Runtime::Spring => raised(
            "org.springframework.web.client.HttpServerErrorException",
            format!("{status} {phrase} on GET request for \"{url}\""),
        ),
        Runtime::Go => raised("", format!("GET {url}: unexpected status {status} {phrase}")),
    }
}

/// A frontend whose calls go to `inventory`: `decide` says how inventory answers from the onset on; every bad answer
/// becomes a 502 of the frontend. Both write the trace of the call.
fn behind(
    world: &mut World,
    scene: &Scene,
    backend: &Service,
    instances: &[Instance],
    mut decide: impl FnMut(&mut World, i64, &Instance, &Call<'_>) -> Answer,
) {
    let (front, onset) = (scene.service.clone(), scene.onset);
    let runtime = front.runtime;
    world.calls(&front, &scene.fleet, scene.from, scene.to, 2 * SECOND, |world, at, instance, call| {
        let called_at = at + 6_000;
        let back = world.dice.pick(&instances.iter().collect::<Vec<_>>()).clone();
        let inner =
            Call { method: "GET", path: "/api/v1/items", trace: call.trace.clone(), agent: "internal-client/1.4" };
        let answer = if at < onset { Answer::Well } else { decide(world, called_at, &back, &inner) };
        let (status, latency) = match &answer {
            Answer::Status(status, latency) | Answer::Platform(status, latency, _) => (*status, *latency),
            _ => (200, 0),
        };
        world.answer(backend, called_at, &back, &inner, &answer);
        if status < 500 {
            return Answer::Well;
        }
        let phrase = if status == 503 { "Service Unavailable" } else { "Internal Server Error" };
        let ends = called_at + latency + 9_000;
        world.raise(ends - 4_000, instance, runtime, &of_backend(runtime, status, phrase), "load_items", &call.trace);
        Answer::Status(502, ends - at)
    });
}

fn backend_fails_behind_frontend(world: &mut World) -> Truth {
    let scene = world.scene(&ANY);
    let runtime = world.dice.pick(&ANY);
    let backend = world.service("inventory", runtime);
    let instances = world.fleet(&backend, &backend.revision, 2);
    let told = told(
        ("psycopg2.errors.UndefinedTable", "relation \"stock_levels\" does not exist"),
        ("error", "relation \"stock_levels\" does not exist"),
        ("org.postgresql.util.PSQLException", "ERROR: relation \"stock_levels\" does not exist"),
        "pq: relation \"stock_levels\" does not exist",
    );
    let truth = Truth::incident(
        "the backend lacks a table; its callers answer 502",
        &[Category::Schema, Category::Database],
        "stock_levels",
        &backend.name,
    );
    behind(world, &scene, &backend, &instances, |world, at, instance, call| {
        if !world.dice.chance(60) {
            return Answer::Well;
        }
        let latency = world.dice.range(9_000, 60_000);
        world.raise(at + latency - 3_000, instance, runtime, told.by(runtime), "read_stock", &call.trace);
        Answer::Status(500, latency)
    });
    truth
}

fn backend_out_of_memory_behind_frontend(world: &mut World) -> Truth {
    let scene = world.scene(&ANY);
    let runtime = world.dice.pick(&ANY);
    let backend = world.service("inventory", runtime);
    let mut instances = world.fleet(&backend, &backend.revision, 2);
    // Instances that die in turn, one every half minute.
    let deaths: Vec<i64> = (0..12).map(|number| scene.onset + (10 + number * 35) * SECOND).collect();
    for _ in &deaths {
        instances.push(world.instance(&backend, &backend.revision, scene.from));
    }
    let mut truth = Truth::incident(
        "the backend runs out of memory; its callers answer 502",
        &[Category::Memory],
        "(?i)memory limit",
        &backend.name,
    );
    let words = super::limits::memory_words(world);
    for (dying, at) in instances.iter().skip(2).zip(&deaths) {
        world.system(*at, dying, "ERROR", &words);
    }
    let steady: Vec<Instance> = instances[..2].to_vec();
    let doomed: Vec<Instance> = instances[2..].to_vec();
    behind(world, &scene, &backend, &steady, |_, _, _, _| Answer::Well);
    // The calls that an instance held when it died.
    let front = scene.service.clone();
    for (dying, at) in doomed.iter().zip(&deaths) {
        for _ in 0..3 {
            let latency = world.dice.range(200_000, 2_500_000);
            let arrival = at - latency;
            let inner =
                Call { method: "GET", path: "/api/v1/items", trace: world.trace(), agent: "internal-client/1.4" };
            world.answer(&backend, arrival, dying, &inner, &Answer::Platform(503, latency, LOST[0]));
            let caller = world.dice.pick(&scene.fleet.iter().collect::<Vec<_>>()).clone();
            let call =
                Call { method: "GET", path: "/api/v1/items", trace: inner.trace.clone(), agent: "okhttp/4.12.0" };
            world.raise(
                at + 5_000,
                &caller,
                front.runtime,
                &of_backend(front.runtime, 503, "Service Unavailable"),
                "load_items",
                &call.trace,
            );
            world.answer(&front, arrival - 6_000, &caller, &call, &Answer::Status(502, latency + 20_000));
        }
    }
    truth.forbid("(?i)the frontend");
    truth
}

fn one_database_for_two_services(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let told = told(
        (
            "psycopg2.OperationalError",
            "connection to server at \"10.20.0.3\", port 5432 failed: Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?\n",
        ),
        ("Error", "connect ECONNREFUSED 10.20.0.3:5432"),
        (
            "org.postgresql.util.PSQLException",
            "Connection to 10.20.0.3:5432 refused. Check that the hostname and port are correct and that the postmaster is accepting TCP/IP connections.",
        ),
        "failed to connect to `host=10.20.0.3 user=app database=app`: dial tcp 10.20.0.3:5432: connect: connection refused",
    );
    let mut truth = Truth::incident(
        "the database of two services is down",
        &[Category::Database, Category::Network],
        r"10\.20\.0\.3",
        &scene.service.name,
    );
    world.failing(&scene, &told, "query", 80, 500, (20_000, 90_000));
    let runtime = world.dice.pick(&ANY);
    let other = world.service("ledger", runtime);
    let fleet = world.fleet(&other, &other.revision, 2);
    truth.or_lead(&[Category::Database, Category::Network], r"10\.20\.0\.3", &other.name);
    let second = Scene { service: other, fleet, from: scene.from, onset: scene.onset + SECOND, to: scene.to };
    world.failing(&second, &told, "post_entry", 80, 500, (20_000, 90_000));
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

/// One cause is mended and uncovers the next: both are true, each in its time.
fn causes_in_turn(world: &mut World) -> Truth {
    let scene = world.scene(&ANY);
    let first = told(
        ("asyncpg.exceptions.InsufficientPrivilegeError", "permission denied for table invoices"),
        ("error", "permission denied for table invoices"),
        ("org.postgresql.util.PSQLException", "ERROR: permission denied for table invoices"),
        "pq: permission denied for table invoices",
    );
    let second = told(
        ("asyncpg.exceptions.UndefinedColumnError", "column \"vat_id\" of relation \"invoices\" does not exist"),
        ("error", "column \"vat_id\" of relation \"invoices\" does not exist"),
        ("org.postgresql.util.PSQLException", "ERROR: column \"vat_id\" of relation \"invoices\" does not exist"),
        "pq: column \"vat_id\" of relation \"invoices\" does not exist",
    );
    let mut truth = Truth::incident(
        "a missing grant, and after it a missing column",
        &[Category::Database, Category::Iam],
        "permission denied for table|lacks a grant",
        &scene.service.name,
    );
    truth.or_lead(&[Category::Schema, Category::Database], "vat_id", &scene.service.name);
    let mended = scene.onset + 4 * MINUTE;
    let early = Scene { to: mended, service: scene.service.clone(), fleet: scene.fleet.clone(), ..scene };
    world.failing(&early, &first, "save_invoice", 40, 500, (20_000, 90_000));
    let late =
        Scene { from: mended, onset: mended, to: scene.to, service: scene.service.clone(), fleet: scene.fleet.clone() };
    world.failing(&late, &second, "save_invoice", 40, 500, (20_000, 90_000));
    truth
}
