//! Which deployments there were, how they ended, and what is never invented.

use proptest::prelude::*;
use serde_json::json;

use super::samples::{Call, deploy, read, revision, service, story, time};
use crate::facts::audit::{AuditFact, AuditKind};
use crate::state::history::history;

const ONE: &str = "shop-00001-aaa";
const TWO: &str = "shop-00002-bbb";
const THREE: &str = "shop-00003-ccc";

fn two_deploys() -> Vec<AuditFact> {
    vec![
        deploy("10:00:00", 1, ONE, "n2").fact(),
        revision("10:00:20", TWO, "n2", "10:00:00.5", true),
        service("10:00:21", 2, TWO, TWO, true),
        Call { image: "reg.example/shop:v2", ..deploy("11:00:00", 2, TWO, "n3") }.fact(),
        revision("11:00:20", THREE, "n3", "11:00:00.5", false),
        service("11:00:21", 3, THREE, TWO, false),
    ]
}

#[test]
fn a_deploy_is_joined_to_its_revision_and_to_how_it_ended() {
    let found = history(&two_deploys(), &[]);
    assert_eq!(
        super::samples::lines(&found),
        ["10:00:00 deploy shop-00002-bbb [latest=100]", "11:00:00 failed shop-00003-ccc [latest=100]"]
    );
    assert_eq!(found.deployments[0].actor, "dev@acme.example");
    assert_eq!(found.deployments[0].client, "gcloud run deploy");
    assert_eq!((found.latest_created.as_deref(), found.latest_ready.as_deref()), (Some(THREE), Some(TWO)));
    assert_eq!(found.min_instances, Some(1), "the revision asks for one; the service's condition has no minimum");
    assert_eq!(found.startup_probe_is_default_tcp, Some(true));
    assert_eq!(found.readiness[TWO].deploy_seconds, Some(12.5));
    assert_eq!(found.readiness[THREE].ready, Some(false));
    assert_eq!(found.images[TWO], "reg.example/shop@sha256:n2");
    let words: Vec<String> = found.deployments[1].changes.iter().map(|c| format!("{}: {}", c.field, c.after)).collect();
    assert_eq!(words, ["image: reg.example/shop:v2", "env: MODE set to another value"]);
}

#[test]
fn the_two_calls_of_a_deploy_from_source_are_one_deployment() {
    let before_build = Call { invocation: "x", ..deploy("10:00:00", 1, ONE, "n-build") };
    let with_image = Call { invocation: "x", ..deploy("10:01:20", 1, ONE, "n2") };
    let facts = [before_build.fact(), with_image.fact(), revision("10:01:40", TWO, "n2", "10:01:20.5", true)];
    assert_eq!(story(&facts), ["10:01:20 deploy shop-00002-bbb [latest=100]"]);
    let mut dry = before_build.payload();
    dry["request"]["dryRun"] = json!("all");
    assert_eq!(read("10:00:00", &dry).kind, AuditKind::Other, "a dry run changes nothing");
}

#[test]
fn a_conflict_is_refused_and_changes_nothing() {
    let facts = [
        deploy("10:00:00", 1, ONE, "n2").fact(),
        Call { code: 10, ..deploy("10:00:01", 1, ONE, "n3") }.fact(),
        revision("10:00:20", TWO, "n2", "10:00:00.5", true),
    ];
    let found = history(&facts, &[]);
    assert_eq!(super::samples::lines(&found), ["10:00:00 deploy shop-00002-bbb [latest=100]", "10:00:01 refused  []"]);
    assert_eq!((found.refused.len(), found.refused[0].code), (1, 10));
}

#[test]
fn two_deploys_seconds_apart_raced_and_each_keeps_its_revision() {
    let second = Call { newest_ready: ONE, ..deploy("10:00:03", 2, TWO, "n3") };
    let after = Call { agent: super::samples::TRAFFIC, ..deploy("10:02:00", 3, THREE, "n3") };
    let facts = [deploy("10:00:00", 1, ONE, "n2").fact(), second.fact(), after.fact()];
    let found = history(&facts, &[]);
    assert_eq!(found.raced, [(facts[0].time, facts[1].time)]);
    assert_eq!(found.deployments[0].revision, TWO);
    assert_eq!(found.deployments[1].revision, THREE);
    let apart =
        [deploy("10:00:00", 1, ONE, "n2").fact(), revision("10:00:02", TWO, "n2", "10:00:00.5", false), second.fact()];
    assert!(history(&apart, &[]).raced.is_empty(), "the first had ended when the second came");
}

#[test]
fn a_revision_without_a_call_is_a_deployment_by_nobody() {
    let ready = revision("10:00:20", TWO, "n2", "10:00:00.5", true);
    let broken = revision("11:00:20", THREE, "n3", "11:00:00.5", false);
    let again = revision("11:05:20", THREE, "n3", "11:00:00.5", false);
    let facts = [ready, broken, again];
    assert_eq!(story(&facts), ["10:00:20 deploy shop-00002-bbb []", "11:00:20 failed shop-00003-ccc []"]);
    assert_eq!(history(&facts, &[]).deployments[0].actor, "");
}

#[test]
fn a_retired_revision_that_comes_back_is_not_a_deployment() {
    assert!(story(&[revision("16:00:20", TWO, "n2", "10:00:00.5", true)]).is_empty());
}

#[test]
fn a_service_that_fails_at_its_creation_names_its_revision() {
    let mut payload = json!({
        "methodName": "/Services.CreateService",
        "resourceName": "namespaces/acme/services/shop",
        "status": {"code": "9", "message": "Ready condition status changed to False for Service shop with message: Revision 'shop-00001-aaa' is not ready and cannot serve traffic."},
        "response": {"kind": "Service", "metadata": {"name": "shop", "generation": "1"}, "spec": {},
            "status": {"latestCreatedRevisionName": ONE, "observedGeneration": "1", "conditions": [{"type": "Ready", "status": "False"}]}}
    });
    let fact = read("10:00:00", &payload);
    assert_eq!(story(std::slice::from_ref(&fact)), ["10:00:00 failed shop-00001-aaa []"]);
    assert_eq!(history(&[fact], &[]).readiness[ONE].ready, Some(false));
    payload["status"] = json!({"message": "Ready condition status changed to True for Service shop."});
    assert!(story(&[read("10:00:00", &payload)]).is_empty(), "success of a service alone is no deployment");
}

#[test]
fn an_entry_missing_from_the_middle_gives_no_wrong_revision() {
    // The call that made revision two, and all that is said of it, are missing.
    let facts = [deploy("09:00:00", 1, ONE, "n1").fact(), service("11:00:21", 3, THREE, THREE, true)];
    assert_eq!(story(&facts), ["09:00:00 deploy  [latest=100]"]);
    let traffic = Call { agent: "Mozilla/5.0 ", ..deploy("12:00:00", 3, THREE, "n-unseen") };
    let facts = [traffic.fact(), service("12:00:05", 4, THREE, THREE, true)];
    assert!(story(&facts).is_empty(), "no new revision came of it, and the split is the one before it");
    let split = json!([{"revisionName": THREE, "percent": 60}, {"revisionName": TWO, "percent": 40}]);
    let facts = [Call { traffic: split, ..traffic }.fact(), service("12:00:05", 4, THREE, THREE, true)];
    assert_eq!(story(&facts), ["12:00:00 traffic shop-00003-ccc [shop-00003-ccc=60, shop-00002-bbb=40]"]);
}

#[test]
fn changes_counted_over_a_gap_say_since_when() {
    let image = |call: Call, image| Call { image, ..call }.fact();
    let first = image(deploy("09:00:00", 1, ONE, "n1"), "reg.example/shop:a");
    let second = image(deploy("10:00:00", 2, ONE, "n2"), "reg.example/shop:b");
    let third = image(deploy("11:00:00", 3, TWO, "n3"), "reg.example/shop:c");
    let told = |facts: &[AuditFact]| {
        let last = history(facts, &[]).deployments.pop().expect("a deployment");
        (last.changes.first().map(|change| change.before.clone()), last.changes_since)
    };
    let before = |tag: &str| Some(format!("reg.example/shop:{tag}"));
    assert_eq!(told(&[first.clone(), second, third.clone()]), (before("b"), None));
    assert_eq!(told(&[first.clone(), third]), (before("a"), Some(time("09:00:00"))));
    assert!(told(&[first]).0.is_none(), "nothing is known before the first");
}

#[test]
fn dropping_any_one_entry_never_adds_a_deployment() {
    let mut all = two_deploys();
    all.push(Call { agent: super::samples::TRAFFIC, ..deploy("12:00:00", 3, THREE, "n3") }.fact());
    let whole = history(&all, &[]).deployments.len();
    for index in 0..all.len() {
        let mut fewer = all.clone();
        fewer.remove(index);
        assert!(history(&fewer, &[]).deployments.len() <= whole, "without entry {index}");
    }
}

proptest! {
    #[test]
    fn any_order_and_any_overlap_give_the_same_history(order in Just((0..6).collect::<Vec<usize>>()).prop_shuffle(), twice in 0..6_usize) {
        let facts = two_deploys();
        let mut shuffled: Vec<AuditFact> = order.iter().map(|index| facts[*index].clone()).collect();
        let mut copy = facts[twice].clone();
        copy.position.file = 7;
        shuffled.push(copy);
        prop_assert_eq!(history(&shuffled, &[]), history(&facts, &[]));
    }

    #[test]
    fn no_text_at_all_makes_it_panic(text in ".{0,200}", cut in 0..2_000_usize) {
        let resource = crate::model::Resource::default();
        let read = |json: &str| crate::facts::audit::audit_fact(json, time("10:00:00"), "", crate::model::Position::default(), &resource);
        prop_assert!(read(&text).is_none());
        let payload = deploy("10:00:00", 1, ONE, "n2").payload().to_string();
        let cut = payload.floor_char_boundary(cut.min(payload.len() - 1));
        prop_assert!(read(&payload[..cut]).is_none());
    }
}
