//! Readiness over time: what is a transition, and what only repeats one.

use serde_json::json;

use super::samples::{revision, service, time};
use crate::facts::audit::AuditFact;
use crate::state::history::{Document, history, parse_document};

const ONE: &str = "shop-00001-aaa";
const TWO: &str = "shop-00002-bbb";

/// One transition a line: clock, revision, word, what the platform says.
fn told(facts: &[AuditFact], documents: &[Document]) -> Vec<String> {
    let word = |ready, again| match (ready, again) {
        (true, false) => "ready",
        (true, true) => "ready again",
        (false, false) => "not ready",
        (false, true) => "no longer ready",
    };
    history(facts, documents)
        .transitions
        .iter()
        .map(|one| format!("{} {} {}", one.time.to_clock(), one.revision, word(one.ready, one.again)))
        .collect()
}

#[test]
fn each_change_of_readiness_is_told_once_and_in_order() {
    let facts = [
        revision("10:00:20", ONE, "n1", "10:00:00.5", true),
        service("10:00:21", 2, ONE, ONE, true),
        revision("10:09:00", ONE, "n1", "10:00:00.5", true),
        revision("11:00:20", ONE, "n1", "10:00:00.5", false),
        revision("11:00:50", ONE, "n1", "10:00:00.5", false),
        revision("11:30:00", ONE, "n1", "10:00:00.5", true),
        revision("11:10:00", TWO, "n2", "11:09:50.5", false),
    ];
    let wanted = [
        "10:00:20 shop-00001-aaa ready",
        "11:00:20 shop-00001-aaa no longer ready",
        "11:10:00 shop-00002-bbb not ready",
        "11:30:00 shop-00001-aaa ready again",
    ];
    assert_eq!(told(&facts, &[]), wanted);
    let mut backwards = facts.clone();
    backwards.reverse();
    assert_eq!(told(&backwards, &[]), wanted, "the order of entries does not matter");
    let history = history(&facts, &[]);
    assert_eq!(history.transitions[0].deploy_seconds, Some(12.5));
    assert_eq!(history.transitions[1].message, "The container failed to start.");
    assert!(history.transitions.iter().all(|one| one.entry.is_some()));
}

#[test]
fn a_service_that_fails_without_its_revision_is_told_of_itself() {
    let fine = [revision("10:00:20", ONE, "n1", "10:00:00.5", true), service("10:00:21", 2, ONE, ONE, true)];
    assert_eq!(told(&fine, &[]), ["10:00:20 shop-00001-aaa ready"], "that a service is ready is no news");
    let routes =
        [fine.to_vec(), vec![service("10:30:00", 3, ONE, ONE, false), service("10:31:00", 4, ONE, ONE, true)]].concat();
    assert_eq!(told(&routes, &[]), ["10:00:20 shop-00001-aaa ready", "10:30:00  not ready", "10:31:00  ready again"]);
}

#[test]
fn a_description_adds_what_the_entries_do_not_say() {
    let described = |since: &str, word: &str| {
        let document = json!({"apiVersion": "serving.knative.dev/v1", "kind": "Revision",
            "metadata": {"name": ONE, "labels": {"serving.knative.dev/service": "shop"}},
            "spec": {}, "status": {"conditions": [{"type": "Ready", "status": word, "reason": "Told",
                "lastTransitionTime": time(since).to_rfc3339()}]}});
        parse_document(&document.to_string())
    };
    let ready = [revision("10:00:20", ONE, "n1", "10:00:00.5", true)];
    let wanted = |more: &[&str]| {
        let mut all = vec!["10:00:20 shop-00001-aaa ready".to_owned()];
        all.extend(more.iter().map(|line| (*line).to_owned()));
        all
    };
    assert_eq!(told(&[], &described("09:00:00", "False")), ["09:00:00 shop-00001-aaa not ready"]);
    assert_eq!(told(&ready, &described("10:00:20", "True")), wanted(&[]), "it repeats the entry");
    assert_eq!(told(&ready, &described("12:00:00", "False")), wanted(&["12:00:00 shop-00001-aaa no longer ready"]));
    assert_eq!(told(&ready, &described("12:00:00", "Unknown")), wanted(&[]), "being worked on is no transition");
    assert_eq!(
        told(&ready, &described("09:00:00", "False")),
        ["09:00:00 shop-00001-aaa not ready", "10:00:20 shop-00001-aaa ready again"],
        "an older description tells of what was before"
    );
}
