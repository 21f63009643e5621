//! Traffic and revisions: canaries, pins, rollbacks to the wrong place, drift.

use whydown::model::Category;

use super::Kind;
use super::scene::{ANY, Scene, Told, told};
use super::traffic::Answer;
use super::truth::Truth;
use super::world::{Instance, MINUTE, Runtime, SECOND, Service, World};

/// The kinds of this family.
pub const KINDS: &[Kind] = &[
    Kind { name: "canary-regression", make: canary_regression },
    Kind { name: "fix-without-traffic", make: fix_without_traffic },
    Kind { name: "traffic-on-a-broken-revision", make: traffic_on_a_broken_revision },
    Kind { name: "bad-revision-then-rollback", make: bad_revision_then_rollback },
    Kind { name: "settings-drift-of-new-instances", make: settings_drift_of_new_instances },
];

fn null_price() -> Told {
    told(
        ("KeyError", "'tax_region'"),
        ("TypeError", "Cannot read properties of null (reading 'tax_region')"),
        ("java.lang.IllegalStateException", "no rate for tax_region null"),
        "no rate for tax_region \"\"",
    )
}

/// Calls to these instances fail in `percent` of a hundred, between two times.
fn failing(
    world: &mut World,
    service: &Service,
    instances: &[Instance],
    span: (i64, i64),
    gap: i64,
    told: &Told,
    percent: i64,
) {
    let runtime = service.runtime;
    world.calls(service, instances, span.0, span.1, gap, |world, at, instance, call| {
        if !world.dice.chance(percent) {
            return Answer::Well;
        }
        let latency = world.dice.range(9_000, 60_000);
        world.raise(at + latency - 3_000, instance, runtime, told.by(runtime), "price_order", &call.trace);
        Answer::Status(500, latency)
    });
}

/// Deploys without traffic, then gives the new revision a share. Returns both names and the new instances.
fn split(world: &mut World, scene: &mut Scene, share: u32) -> (String, String, Vec<Instance>) {
    let stable = scene.service.ready.clone();
    scene.service.traffic = vec![(Some(stable.clone()), 100, None)];
    let candidate = world.deploy(&mut scene.service, scene.onset - 60 * SECOND, 11);
    let routed = [(Some(stable.as_str()), 100 - share, None), (Some(candidate.as_str()), share, Some("canary"))];
    world.route(&mut scene.service, scene.onset, &routed);
    let new = vec![world.boot(&scene.service.clone(), &candidate, scene.onset - 50 * SECOND, "DEPLOYMENT_ROLLOUT")];
    (stable, candidate, new)
}

fn canary_regression(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(
        "a tenth of the traffic goes to a revision that fails",
        &[Category::CodeRuntime],
        "tax_region",
        &scene.service.name,
    );
    let (_, _, new) = split(world, &mut scene, 10);
    let (service, from, onset, to) = (scene.service.clone(), scene.from, scene.onset, scene.to);
    world.traffic(&service, &scene.fleet, from, to, 2 * SECOND);
    failing(world, &service, &new, (onset, to), 9 * SECOND, &null_price(), 55);
    truth.dual(&service.name, "bystander");
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, from, to);
    truth
}

fn fix_without_traffic(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(
        "the fix is deployed and ready, and traffic is pinned to the old revision",
        &[Category::CodeRuntime],
        "tax_region",
        &scene.service.name,
    );
    truth.or_lead(&[Category::TrafficState], "(?i)pinned", &scene.service.name);
    let old = scene.service.ready.clone();
    scene.service.traffic = vec![(None, 100, None)];
    world.route(&mut scene.service, scene.from + SECOND, &[(Some(&old), 100, None)]);
    for number in 0..world.dice.range(1, 2) {
        let at = scene.onset + number * 3 * MINUTE;
        let revision = world.deploy(&mut scene.service, at, 12);
        let checked = world.boot(&scene.service.clone(), &revision, at + 5 * SECOND, "DEPLOYMENT_ROLLOUT");
        world.stop(&scene.service.clone(), &checked, at + 3 * MINUTE);
    }
    failing(world, &scene.service.clone(), &scene.fleet, (scene.from, scene.to), 2 * SECOND, &null_price(), 30);
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

fn traffic_on_a_broken_revision(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(
        "somebody sends all traffic to an older revision, which fails",
        &[Category::CodeRuntime],
        "tax_region",
        &scene.service.name,
    );
    truth.or_lead(&[Category::TrafficState], "(?i)traffic|rollback", &scene.service.name);
    let older = world.revision_name(&scene.service.name.clone(), scene.service.number - 2);
    let (service, onset) = (scene.service.clone(), scene.onset);
    world.traffic(&service, &scene.fleet, scene.from, onset + 3 * SECOND, 2 * SECOND);
    world.route(&mut scene.service, onset, &[(Some(&older), 100, None)]);
    let revived: Vec<Instance> = (0..2)
        .map(|number| world.boot(&service, &older, onset + (1 + number * 2) * SECOND, "DEPLOYMENT_ROLLOUT"))
        .collect();
    failing(world, &service, &revived, (onset + 4 * SECOND, scene.to), 2 * SECOND, &null_price(), 60);
    for instance in scene.fleet.clone() {
        world.stop(&service, &instance, onset + 40 * SECOND);
    }
    world.decoys(&mut truth, &mut scene.service, &revived, onset + MINUTE, scene.to);
    truth
}

fn bad_revision_then_rollback(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(
        "a deploy breaks, a rollback ends it",
        &[Category::CodeRuntime],
        "tax_region",
        &scene.service.name,
    );
    truth.tolerate("(?i)pinned");
    let good = scene.service.ready.clone();
    let (from, onset, to) = (scene.from, scene.onset, scene.to);
    let over = onset + 4 * MINUTE;
    let old = scene.fleet.clone();
    world.traffic(&scene.service.clone(), &old, from, onset + 18 * SECOND, 2 * SECOND);
    let new = world.healthy_deploy(&mut scene.service, &old, onset);
    failing(world, &scene.service.clone(), &new, (onset + 18 * SECOND, over), 2 * SECOND, &null_price(), 70);
    world.route(&mut scene.service, over, &[(Some(&good), 100, None)]);
    let service = scene.service.clone();
    let back: Vec<Instance> =
        (0..2).map(|number| world.boot(&service, &good, over + number * SECOND, "DEPLOYMENT_ROLLOUT")).collect();
    world.traffic(&service, &back, over + 2 * SECOND, to, 2 * SECOND);
    world.decoys(&mut truth, &mut scene.service, &back, over + MINUTE, to);
    truth
}

/// A file that every instance reads when it starts was changed: old instances serve, new ones die.
fn settings_drift_of_new_instances(world: &mut World) -> Truth {
    let mut scene = world.scene(&[Runtime::Uvicorn, Runtime::Node, Runtime::Spring, Runtime::Go]);
    let told = told(
        (
            "yaml.scanner.ScannerError",
            "mapping values are not allowed here in \"/etc/app/settings.yaml\", line 14, column 21",
        ),
        ("YAMLException", "bad indentation of a mapping entry in \"/etc/app/settings.yaml\" (14:21)"),
        (
            "org.yaml.snakeyaml.scanner.ScannerException",
            "mapping values are not allowed here in '/etc/app/settings.yaml', line 14, column 21",
        ),
        "read settings: yaml: line 14: mapping values are not allowed in this context (/etc/app/settings.yaml)",
    );
    let mut truth = Truth::incident(
        "a mounted file was changed: only instances started since then fail",
        &[Category::Config, Category::CodeStartup],
        r"settings\.yaml",
        &scene.service.name,
    );
    let service = scene.service.clone();
    world.crash_loop(&service, &service.revision, (scene.onset, scene.to), "AUTOSCALING", &told, "read_settings");
    world.served(&scene);
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}
