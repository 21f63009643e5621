//! Failures whose cause is not in the files, or in words that nobody has seen before: what a report may not invent.

use serde_json::json;
use whydown::model::Category;

use super::Kind;
use super::scene::ANY;
use super::traffic::{Answer, LOST};
use super::truth::Truth;
use super::world::{Out, Runtime, SECOND, World};

/// The kinds of this family.
pub const KINDS: &[Kind] = &[
    Kind { name: "silent-500", make: silent_500 },
    Kind { name: "silent-500-beside-chatter", make: silent_500_beside_chatter },
    Kind { name: "malformed-answers", make: malformed_answers },
    Kind { name: "words-never-seen", make: words_never_seen },
    Kind { name: "exits-without-a-word", make: exits_without_a_word },
];

/// The application answers 500 and writes nothing about it.
fn silent_500(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(
        "the application answers 500 and does not say why",
        &[Category::Unknown, Category::CodeRuntime],
        "(?i)500|no error entry",
        &scene.service.name,
    );
    truth.only_symptoms();
    let onset = scene.onset;
    world.calls(&scene.service, &scene.fleet, scene.from, scene.to, 2 * SECOND, |world, at, _, call| {
        if at < onset || call.path != "/api/v1/profile" {
            return Answer::Well;
        }
        Answer::Status(500, world.dice.range(9_000, 70_000))
    });
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

/// The same, while the application has complained of something else all day, on every instance.
fn silent_500_beside_chatter(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(
        "the application answers 500 and does not say why; an old complaint goes on",
        &[Category::Unknown, Category::CodeRuntime],
        "(?i)500|no error entry",
        &scene.service.name,
    );
    truth.only_symptoms();
    truth.forbid("(?i)tariff");
    let onset = scene.onset;
    let mut at = scene.from;
    while at < scene.to {
        let instance = world.dice.pick(&scene.fleet.iter().collect::<Vec<_>>()).clone();
        let payload = json!({"message": "tariff table is older than 24 h", "component": "pricing"});
        world.structured(at, &instance, "ERROR", payload, "");
        at += world.dice.range(1_500_000, 4_000_000);
    }
    world.calls(&scene.service, &scene.fleet, scene.from, scene.to, 2 * SECOND, |world, at, _, call| {
        if at < onset || call.path != "/api/v1/profile" {
            return Answer::Well;
        }
        Answer::Status(500, world.dice.range(9_000, 900_000))
    });
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

/// The platform could not read the answer; the instance lives on.
fn malformed_answers(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(
        "answers of one route are malformed; instances live on",
        &[Category::Unknown, Category::Platform, Category::CodeRuntime, Category::Network],
        "(?i)lost the connection|malformed|connection",
        &scene.service.name,
    );
    truth.only_symptoms();
    truth.forbid("(?i)memory|crash|die while");
    let onset = scene.onset;
    world.calls(&scene.service, &scene.fleet, scene.from, scene.to, 2 * SECOND, |world, at, _, call| {
        if at < onset || call.path != "/api/v1/profile" {
            return Answer::Well;
        }
        Answer::Platform(503, world.dice.range(9_000, 70_000), LOST[0])
    });
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

/// An error in the application's own words, in the trace or beside each failed request.
fn words_never_seen(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(
        "the application names its trouble in words of its own",
        &[Category::CodeRuntime, Category::Unknown],
        "quorum of ledger shard",
        &scene.service.name,
    );
    let onset = scene.onset;
    world.calls(&scene.service, &scene.fleet, scene.from, scene.to, 2 * SECOND, |world, at, instance, call| {
        if at < onset || !world.dice.chance(40) {
            return Answer::Well;
        }
        let latency = world.dice.range(9_000, 70_000);
        let shard = world.dice.range(1, 32);
        let text = format!("quorum of ledger shard {shard} lost, entry not written");
        if world.style == 0 {
            world.line(at + latency - 3_000, instance, Out::Stderr, &format!("ERROR:ledger:{text}"));
        } else {
            world.structured(
                at + latency - 3_000,
                instance,
                "ERROR",
                json!({"message": text, "component": "ledger"}),
                &call.trace,
            );
        }
        Answer::Status(500, latency)
    });
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

/// Instances of a new revision end with a code and no word; the deploy fails.
fn exits_without_a_word(world: &mut World) -> Truth {
    let mut scene = world.scene(&[Runtime::Go, Runtime::Node, Runtime::Uvicorn]);
    let code = world.dice.pick(&[1, 127, 139]);
    let mut truth = Truth::incident(
        "the container ends at start and prints nothing",
        &[Category::Unknown, Category::CodeStartup, Category::Image, Category::Config],
        &format!(r"code {code}\b|exit\({code}\)"),
        &scene.service.name,
    );
    truth.only_symptoms();
    truth.forbid("(?i)out of memory|memory limit");
    let message = super::scene::not_listening(world, 8080);
    let revision = world.failing_deploy(&mut scene.service, scene.onset, 24, &message);
    for number in 0..2 {
        let at = scene.onset + (5 + number * 8) * SECOND;
        let instance = world.instance(&scene.service, &revision, i64::MAX);
        world.starting(at, &instance, "DEPLOYMENT_ROLLOUT");
        world.exit(at + SECOND, &instance, code);
        let text = format!(
            "Default STARTUP TCP probe failed 1 time consecutively for container \"{}-1\" on port 8080. The instance was not started. Connection failed with status CANCELLED.",
            scene.service.name
        );
        world.system(at + SECOND + 30_000, &instance, "ERROR", &text);
    }
    world.served(&scene);
    truth.dual(&scene.service.name, "consequence");
    world.scanners(&scene.service.clone(), &scene.fleet, scene.from, scene.to, 25);
    world.benign_resets(&scene.fleet, scene.from, scene.to);
    truth
}
