//! Describe documents of both API versions, in and out of lists, and how they end a history.

use serde_json::{Value, json};

use super::{Document, parse_document};
use crate::model::Timestamp;
use crate::state::history::{History, history, traffic_text};

fn v1_service() -> Value {
    json!({
        "apiVersion": "serving.knative.dev/v1", "kind": "Service",
        "metadata": {"name": "shop", "namespace": "123", "generation": 41, "labels": {"cloud.googleapis.com/location": "europe-west1"},
            "annotations": {"run.googleapis.com/ingress": "all", "run.googleapis.com/minScale": "1"}},
        "spec": {
            "template": {
                "metadata": {"annotations": {"autoscaling.knative.dev/maxScale": "6", "run.googleapis.com/cloudsql-instances": "p:r:b,p:r:a"}},
                "spec": {"containerConcurrency": 80, "timeoutSeconds": 300, "containers": [{
                    "image": "reg.example/shop:release", "ports": [{"containerPort": 8080}],
                    "env": [{"name": "KEY", "valueFrom": {"secretKeyRef": {"key": "latest", "name": "api-key"}}}],
                    "startupProbe": {"failureThreshold": 1, "periodSeconds": 240, "tcpSocket": {"port": 8080}, "timeoutSeconds": 240}}]}},
            "traffic": [{"latestRevision": true, "percent": 100}]},
        "status": {
            "observedGeneration": 41, "latestCreatedRevisionName": "shop-00036-bbb", "latestReadyRevisionName": "shop-00026-aaa",
            "conditions": [
                {"type": "RoutesReady", "status": "False", "lastTransitionTime": "2026-01-05T12:20:57Z"},
                {"type": "Ready", "status": "False", "reason": "HealthCheckContainerError", "message": "Revision 'shop-00036-bbb' is not ready.", "lastTransitionTime": "2026-01-05T12:20:56Z"}],
            "traffic": [{"percent": 100, "revisionName": "shop-00026-aaa"}]}
    })
}

fn v1_revision() -> Value {
    json!({
        "apiVersion": "serving.knative.dev/v1", "kind": "Revision",
        "metadata": {"name": "shop-00026-aaa", "labels": {"serving.knative.dev/service": "shop"}, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"containers": [{"image": "reg.example/shop:old"}]},
        "status": {"imageDigest": "reg.example/shop@sha256:aa", "conditions": [
            {"type": "Ready", "status": true, "lastTransitionTime": "2026-01-01T00:00:09Z"}, {"type": "Active", "status": "True"}]}
    })
}

fn v2_service() -> Value {
    json!({
        "name": "projects/acme/locations/europe-west1/services/shop", "generation": "9", "observedGeneration": "9",
        "template": {"containers": [{"image": "reg.example/shop@sha256:cc"}], "scaling": {"minInstanceCount": 2}},
        "traffic": [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": "shop-00008-hhh", "percent": 100}],
        "trafficStatuses": [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": "shop-00008-hhh", "percent": 100, "uri": "https://x"}],
        "latestCreatedRevision": "projects/acme/locations/europe-west1/services/shop/revisions/shop-00009-iii",
        "latestReadyRevision": "projects/acme/locations/europe-west1/services/shop/revisions/shop-00008-hhh",
        "terminalCondition": {"type": "Ready", "state": "CONDITION_FAILED", "revisionReason": "HEALTH_CHECK_CONTAINER_ERROR",
            "message": "not ready", "lastTransitionTime": "2026-01-05T12:00:00Z"}
    })
}

fn only(value: &Value) -> Document {
    let mut found = parse_document(&value.to_string());
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[test]
fn a_v1_service_says_what_is_wanted_and_what_is_in_effect() {
    let document = only(&v1_service());
    assert_eq!(
        (document.service.as_str(), document.location.as_str(), document.generation),
        ("shop", "europe-west1", Some(41))
    );
    let (spec, status) = (document.spec.clone().unwrap(), document.status.clone().unwrap());
    assert_eq!(traffic_text(&spec.traffic), "latest=100");
    assert_eq!(traffic_text(&status.traffic), "shop-00026-aaa=100");
    assert_eq!((spec.cloudsql.as_str(), spec.startup_probe_is_default), ("p:r:a, p:r:b", Some(true)));
    assert_eq!(spec.secrets["KEY"], "api-key:latest");
    assert_eq!((document.ready, document.reason.as_str()), (Some(false), "HealthCheckContainerError"));
    assert_eq!(document.time, Timestamp::parse("2026-01-05T12:20:57Z"));
}

#[test]
fn a_v2_service_says_the_same_in_other_words() {
    let document = only(&v2_service());
    assert_eq!((document.kind.as_str(), document.project.as_str(), document.generation), ("Service", "acme", Some(9)));
    let status = document.status.unwrap();
    assert_eq!((status.latest_created.as_str(), status.latest_ready.as_str()), ("shop-00009-iii", "shop-00008-hhh"));
    assert_eq!((document.ready, document.reason.as_str()), (Some(false), "HEALTH_CHECK_CONTAINER_ERROR"));
    assert_eq!(document.spec.unwrap().min_instances, Some(2));
}

#[test]
fn lists_and_texts_one_after_another_are_read_to_the_end() {
    for text in [
        json!([v1_service(), v1_revision()]).to_string(),
        json!({"apiVersion": "v1", "kind": "List", "items": [v1_service(), v1_revision()]}).to_string(),
        format!("{}\n{}", v1_service(), v1_revision()),
        json!([{"resource": {"data": v1_service()}}, v1_revision()]).to_string(),
    ] {
        let found = parse_document(&text);
        let names: Vec<&str> = found.iter().map(|document| document.revision.as_str()).collect();
        assert_eq!(names, ["", "shop-00026-aaa"], "{text:.60}");
        assert_eq!((found[1].service.as_str(), found[1].ready, found[1].active), ("shop", Some(true), Some(true)));
    }
}

#[test]
fn what_is_no_cloud_run_resource_is_not_a_document() {
    for text in [
        "",
        "null",
        "[",
        "{\"kind\": \"Service\"}",
        "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"x\"}}",
        "[1, {\"name\": \"projects/p/locations/l/services/s\"}]",
    ] {
        assert_eq!(parse_document(text), [], "{text}");
    }
    assert_eq!(parse_document(&"[".repeat(100_000)), [], "deep nesting is refused");
}

#[test]
fn documents_alone_end_a_history() {
    let mut documents = parse_document(&json!([v1_service(), v1_revision()]).to_string());
    documents.push(Document { service: "other".to_owned(), ..documents[0].clone() });
    let found = history(&[], &documents[..2]);
    assert_eq!(
        (found.latest_created.as_deref(), found.latest_ready.as_deref()),
        (Some("shop-00036-bbb"), Some("shop-00026-aaa"))
    );
    assert_eq!((found.min_instances, found.startup_probe_is_default_tcp), (Some(1), Some(true)));
    assert_eq!(found.images["shop-00026-aaa"], "reg.example/shop:old@sha256:aa");
    assert_eq!(found.readiness["shop-00026-aaa"].ready, Some(true));
    let splits: Vec<(String, bool)> = found.traffic.iter().map(|t| (traffic_text(&t.targets), t.in_effect)).collect();
    assert_eq!(splits, [("latest=100".to_owned(), false), ("shop-00026-aaa=100".to_owned(), true)]);
    assert!(found.traffic.iter().all(|change| change.source == "document"));
    assert_eq!(found.deployments, [], "a document is a state, not a change");
    assert_eq!(history(&[], &[]), History::default());
}
