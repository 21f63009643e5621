//! Ordinary hours: something happens, nothing breaks, and nothing may be said to be broken.

use serde_json::json;

use super::Kind;
use super::scene::{ANY, Scene};
use super::traffic::Answer;
use super::truth::Truth;
use super::world::{Call, Instance, MINUTE, Out, Runtime, SECOND, World};

/// The kinds of this family.
pub const KINDS: &[Kind] = &[
    Kind { name: "quiet-deploy", make: quiet_deploy },
    Kind { name: "quiet-canary", make: quiet_canary },
    Kind { name: "quiet-scale-down", make: quiet_scale_down },
    Kind { name: "quiet-deprecations", make: quiet_deprecations },
    Kind { name: "quiet-drain-of-long-requests", make: quiet_drain_of_long_requests },
    Kind { name: "quiet-scanner-storm", make: quiet_scanner_storm },
    Kind { name: "quiet-retries", make: quiet_retries },
    Kind { name: "quiet-words-of-users", make: quiet_words_of_users },
    Kind { name: "quiet-cold-starts", make: quiet_cold_starts },
    Kind { name: "quiet-private-service", make: quiet_private_service },
    Kind { name: "quiet-websockets", make: quiet_websockets },
    Kind { name: "quiet-rollback", make: quiet_rollback },
];

fn quiet(world: &mut World, title: &str) -> (Scene, Truth) {
    let scene = world.scene(&ANY);
    let truth = Truth::quiet(title);
    (scene, truth)
}

fn quiet_deploy(world: &mut World) -> Truth {
    let (mut scene, truth) = quiet(world, "a deploy that goes well");
    let old = scene.fleet.clone();
    world.traffic(&scene.service.clone(), &old, scene.from, scene.onset + 22 * SECOND, 2 * SECOND);
    let new = world.healthy_deploy(&mut scene.service, &old, scene.onset);
    world.traffic(&scene.service.clone(), &new, scene.onset + 18 * SECOND, scene.to, 2 * SECOND);
    truth
}

fn quiet_canary(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::quiet("a canary that is as well as its elder");
    truth.dual(&scene.service.name.clone(), "intended");
    let stable = scene.service.ready.clone();
    scene.service.traffic = vec![(Some(stable.clone()), 100, None)];
    let candidate = world.deploy(&mut scene.service, scene.onset - MINUTE, 11);
    world.route(&mut scene.service, scene.onset, &[(Some(&stable), 80, None), (Some(&candidate), 20, Some("canary"))]);
    let service = scene.service.clone();
    let new = vec![world.boot(&service, &candidate, scene.onset - 50 * SECOND, "DEPLOYMENT_ROLLOUT")];
    world.traffic(&service, &scene.fleet, scene.from, scene.to, 2 * SECOND);
    world.traffic(&service, &new, scene.onset + SECOND, scene.to, 8 * SECOND);
    truth
}

fn quiet_scale_down(world: &mut World) -> Truth {
    let (mut scene, truth) = quiet(world, "instances go when they are no longer needed");
    scene.fleet.truncate(2);
    world.served(&scene);
    for _ in 0..5 {
        let (service, from, to) = (scene.service.clone(), scene.from + 3 * MINUTE, scene.to);
        world.scale_down(&service, from, to);
    }
    truth
}

fn quiet_deprecations(world: &mut World) -> Truth {
    let (scene, truth) = quiet(world, "libraries warn of what is to come");
    world.served(&scene);
    for _ in 0..4 {
        world.deprecations(&scene.fleet, scene.from, scene.to);
    }
    let instance = scene.fleet[0].clone();
    world.optional_missing(scene.from + MINUTE, &instance);
    truth
}

/// Long requests keep the old revision alive well into the new one's life.
fn quiet_drain_of_long_requests(world: &mut World) -> Truth {
    let (mut scene, truth) = quiet(world, "long requests hold an old revision while the new one serves");
    let old = scene.fleet.clone();
    let service = scene.service.clone();
    world.traffic(&service, &old, scene.from, scene.onset + 15 * SECOND, 2 * SECOND);
    for instance in &old {
        let call = Call { method: "GET", path: "/api/v1/stream", trace: world.trace(), agent: "okhttp/4.12.0" };
        let length = world.dice.range(20, 50) * SECOND;
        world.request(scene.onset + 2 * SECOND, instance, &call, 200, length, "");
    }
    let new = world.healthy_deploy(&mut scene.service, &old, scene.onset);
    world.traffic(&scene.service.clone(), &new, scene.onset + 16 * SECOND, scene.to, 2 * SECOND);
    truth
}

fn quiet_scanner_storm(world: &mut World) -> Truth {
    let (scene, truth) = quiet(world, "scanners ask for what is not there");
    world.served(&scene);
    for _ in 0..3 {
        world.scanners(&scene.service.clone(), &scene.fleet, scene.from, scene.to - MINUTE, 60);
    }
    truth
}

fn quiet_retries(world: &mut World) -> Truth {
    let (scene, truth) = quiet(world, "calls to others are repeated, and succeed");
    world.served(&scene);
    for _ in 0..3 {
        world.retries(scene.service.runtime, &scene.fleet, scene.from, scene.to);
        world.benign_resets(&scene.fleet, scene.from, scene.to);
    }
    truth
}

fn quiet_words_of_users(world: &mut World) -> Truth {
    let (mut scene, truth) = quiet(world, "users type what reads like a cause");
    world.telling_labels(&mut scene.service);
    world.served(&scene);
    for _ in 0..4 {
        world.words_of_users(&scene.fleet, scene.from, scene.to);
    }
    truth
}

/// A service that sleeps: the first call of each instance waits for the start. Slow, and answered.
fn quiet_cold_starts(world: &mut World) -> Truth {
    let (scene, mut truth) = quiet(world, "first calls wait for a start, and are answered");
    truth.tolerate("(?i)cold start|latency");
    let service = scene.service.clone();
    let mut at = scene.from;
    while at < scene.to {
        let instance = world.boot(&service, &service.revision, at + 2_000, "AUTOSCALING");
        let call = Call { method: "GET", path: "/", trace: world.trace(), agent: "okhttp/4.12.0" };
        let waits = instance.ready - at + 80_000;
        world.request(at, &instance, &call, 200, waits, "");
        let busy = [instance.clone()];
        world.traffic(&service, &busy, instance.ready + SECOND, instance.ready + 30 * SECOND, 4 * SECOND);
        world.stop_lines(instance.ready + 50 * SECOND, &instance, &service);
        at = instance.ready + world.dice.range(70, 110) * SECOND;
    }
    truth
}

/// A private service refuses strangers and serves its callers.
fn quiet_private_service(world: &mut World) -> Truth {
    let (scene, truth) = quiet(world, "a private service refuses strangers");
    world.served(&scene);
    let words = "The request was not authenticated. Either allow unauthenticated invocations or set the proper Authorization header. Read more at https://cloud.google.com/run/docs/securing/authenticating";
    world.calls(&scene.service.clone(), &scene.fleet, scene.from, scene.to, 45 * SECOND, |_, _, _, _| {
        Answer::Refused(403, words)
    });
    truth
}

/// Long connections that the request timeout ends, as it should; clients connect again.
fn quiet_websockets(world: &mut World) -> Truth {
    let (scene, truth) = quiet(world, "long connections end and begin again");
    world.served(&scene);
    for instance in scene.fleet.clone() {
        let mut at = scene.from + SECOND;
        while at < scene.to - 3 * MINUTE {
            let call =
                Call { method: "GET", path: "/ws", trace: world.trace(), agent: "Mozilla/5.0 (X11; Linux x86_64)" };
            let length = world.dice.range(40, 170) * SECOND;
            world.request(at, &instance, &call, 101, length, "");
            if scene.service.runtime == Runtime::Uvicorn {
                world.line(at, &instance, Out::Stdout, "INFO:     169.254.169.126:0 - \"WebSocket /ws\" [accepted]");
                world.line(at + length, &instance, Out::Stdout, "INFO:     connection closed");
            } else {
                let payload = json!({"message": "socket closed code=1001 going away", "component": "ws"});
                world.structured(at + length, &instance, "INFO", payload, &call.trace);
            }
            at += length + SECOND;
        }
    }
    truth
}

/// A rollback for reasons that are not in the logs: both revisions are well.
fn quiet_rollback(world: &mut World) -> Truth {
    let (mut scene, truth) = quiet(world, "somebody goes back to the revision before");
    let good = scene.service.ready.clone();
    let old = scene.fleet.clone();
    let over = scene.onset + 4 * MINUTE;
    world.traffic(&scene.service.clone(), &old, scene.from, scene.onset + 18 * SECOND, 2 * SECOND);
    let new = world.healthy_deploy(&mut scene.service, &old, scene.onset);
    world.traffic(&scene.service.clone(), &new, scene.onset + 16 * SECOND, over, 2 * SECOND);
    world.route(&mut scene.service, over, &[(Some(&good), 100, None)]);
    let service = scene.service.clone();
    let back: Vec<Instance> =
        (0..2).map(|number| world.boot(&service, &good, over + number * SECOND, "DEPLOYMENT_ROLLOUT")).collect();
    world.traffic(&service, &back, over + 4 * SECOND, scene.to, 2 * SECOND);
    truth
}
