//! Traffic: update-traffic, pins, rollbacks, tags, and what was in effect.

use serde_json::json;

use super::samples::{Call, TRAFFIC, deploy, latest, lines, revision, service, story};
use crate::state::history::{history, traffic_text};

const ONE: &str = "shop-00001-aaa";
const TWO: &str = "shop-00002-bbb";

fn move_traffic(at: &'static str, generation: i64, traffic: serde_json::Value) -> Call {
    Call { agent: TRAFFIC, traffic, ..deploy(at, generation, TWO, "n2") }
}

#[test]
fn a_call_that_keeps_the_template_is_a_traffic_change() {
    let facts = [deploy("10:00:00", 1, ONE, "n2").fact(), move_traffic("10:01:00", 2, latest()).fact()];
    let found = history(&facts, &[]);
    assert_eq!(
        lines(&found),
        ["10:00:00 deploy shop-00002-bbb [latest=100]", "10:01:00 traffic shop-00002-bbb [latest=100]"]
    );
    assert!(found.deployments[1].changes.is_empty(), "nothing was moved");
    // The same without a word from the client: the nonce is known, the template is the same.
    let silent =
        Call { agent: "Mozilla/5.0 ", ..move_traffic("10:01:00", 2, json!([{"revisionName": TWO, "percent": 100}])) };
    let facts = [facts[0].clone(), silent.fact()];
    assert_eq!(story(&facts)[1], "10:01:00 traffic shop-00002-bbb [shop-00002-bbb=100]");
}

#[test]
fn traffic_on_an_older_revision_by_name_is_a_rollback() {
    let facts = [
        deploy("10:00:00", 1, ONE, "n2").fact(),
        move_traffic("10:05:00", 2, json!([{"revisionName": ONE, "percent": 100}])).fact(),
        move_traffic("10:09:00", 3, json!([{"revisionName": TWO, "percent": 100}])).fact(),
        move_traffic(
            "10:10:00",
            4,
            json!([{"revisionName": ONE, "percent": 90}, {"revisionName": TWO, "percent": 10}]),
        )
        .fact(),
    ];
    let found = history(&facts, &[]);
    assert_eq!(
        lines(&found),
        [
            "10:00:00 deploy shop-00002-bbb [latest=100]",
            "10:05:00 rollback shop-00001-aaa [shop-00001-aaa=100]",
            "10:09:00 traffic shop-00002-bbb [shop-00002-bbb=100]",
            "10:10:00 traffic shop-00001-aaa [shop-00001-aaa=90, shop-00002-bbb=10]",
        ]
    );
    let change = &found.deployments[1].changes[0];
    assert_eq!(
        (change.field.as_str(), change.before.as_str(), change.after.as_str()),
        ("traffic", "latest=100", "shop-00001-aaa=100")
    );
}

#[test]
fn a_deploy_under_a_pin_is_a_deploy_that_gets_no_traffic() {
    let pinned = json!([{"revisionName": ONE, "percent": 100}, {"latestRevision": true, "tag": "canary"}]);
    let facts =
        [Call { traffic: pinned, ..deploy("10:00:00", 1, ONE, "n2") }.fact(), service("10:00:09", 2, TWO, ONE, true)];
    let found = history(&facts, &[]);
    assert_eq!(lines(&found), ["10:00:00 deploy shop-00002-bbb [shop-00001-aaa=100, latest=0 (tag canary)]"]);
    let in_effect: Vec<String> =
        found.traffic.iter().filter(|t| t.in_effect).map(|t| traffic_text(&t.targets)).collect();
    assert_eq!(in_effect, ["shop-00001-aaa=100"], "what was asked for is not what was in effect");
}

#[test]
fn the_state_in_a_call_is_the_state_before_it() {
    let facts = [deploy("10:00:00", 1, ONE, "n2").fact(), move_traffic("10:05:00", 2, latest()).fact()];
    let found = history(&facts, &[]);
    let in_effect: Vec<String> = found
        .traffic
        .iter()
        .filter(|t| t.in_effect)
        .map(|t| format!("{} {}", t.time.to_clock(), traffic_text(&t.targets)))
        .collect();
    assert_eq!(in_effect, ["10:00:00 shop-00001-aaa=100", "10:05:00 shop-00002-bbb=100"]);
}

#[test]
fn traffic_sent_to_a_revision_that_never_starts_blames_its_deploy_once() {
    let facts = [
        Call { traffic: json!([{"revisionName": ONE, "percent": 100}]), ..deploy("10:00:00", 1, ONE, "n2") }.fact(),
        service("10:00:09", 2, TWO, ONE, true),
        Call { newest_ready: ONE, ..move_traffic("10:30:00", 2, latest()) }.fact(),
        revision("10:30:08", TWO, "n2", "10:00:00.5", false),
        service("10:30:09", 3, TWO, ONE, false),
    ];
    assert_eq!(
        story(&facts),
        ["10:00:00 failed shop-00002-bbb [shop-00001-aaa=100]", "10:30:00 traffic shop-00002-bbb [latest=100]"]
    );
}

#[test]
fn traffic_to_a_deleted_revision_fails_by_itself() {
    let gone = json!([{"revisionName": "shop-00000-zzz", "percent": 100}]);
    let facts = [
        deploy("10:00:00", 1, ONE, "n2").fact(),
        revision("10:00:20", TWO, "n2", "10:00:00.5", true),
        move_traffic("10:30:00", 2, gone).fact(),
        service("10:30:02", 3, TWO, TWO, false),
    ];
    assert_eq!(story(&facts)[1], "10:30:00 failed shop-00000-zzz [shop-00000-zzz=100]");
}
