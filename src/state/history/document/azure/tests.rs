//! Documents of Container Apps in every shape that the CLI prints.

use serde_json::{Value, json};

use super::super::{Document, parse_document};

fn read(value: &Value) -> Vec<Document> {
    parse_document(&value.to_string())
}

#[test]
fn an_app_tells_its_mode_group_split_and_newest_revisions() {
    let found = read(&json!({
        "id": "/subscriptions/0/resourceGroups/shop-rg/providers/Microsoft.App/containerapps/shop", "name": "shop",
        "type": "Microsoft.App/containerApps", "location": "West Europe",
        "systemData": {"lastModifiedAt": "2026-03-02T10:00:00Z"},
        "properties": {"latestRevisionName": "shop--b", "latestReadyRevisionName": "shop--a",
            "configuration": {"activeRevisionsMode": "Multiple", "ingress": {"targetPort": 8080, "external": true,
                "traffic": [{"weight": 80, "latestRevision": true}, {"weight": 20, "revisionName": "shop--a", "label": "blue"}]}},
            "template": {"containers": [{"image": "acme.azurecr.io/shop:7", "env": [{"name": "KEY", "value": "v"}, {"name": "PW", "secretRef": "pw"}],
                "resources": {"cpu": 0.5, "memory": "1Gi"}, "probes": [{"type": "Startup", "httpGet": {"path": "/up", "port": 8080}}]}],
                "scale": {"minReplicas": 1, "maxReplicas": 4}}}
    }));
    let [app] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((app.group.as_str(), app.mode.as_str(), app.location.as_str()), ("shop-rg", "multiple", "westeurope"));
    let spec = app.spec.as_ref().unwrap();
    assert_eq!((spec.port, spec.min_instances, spec.cpu.as_str()), (Some(8080), Some(1), "0.5"));
    assert_eq!(spec.startup_probe, "http /up:8080, 3 x 10 s, timeout 1 s");
    assert_eq!(spec.traffic[0].revision, None);
    let in_effect = &app.status.as_ref().unwrap().traffic;
    assert_eq!((in_effect[0].revision.as_deref(), in_effect[0].percent), (Some("shop--a"), 80));
}

#[test]
fn a_list_of_revisions_gives_each_condition_and_the_split_of_all() {
    let flat = json!([
        {"active": true, "createdTime": "2026-03-02T09:00:00+00:00", "healthState": "Healthy", "name": "shop--a",
            "provisioningState": "Provisioned", "replicas": 1, "runningState": "Running", "trafficWeight": 50},
        {"active": true, "createdTime": "2026-03-02T10:00:00+00:00", "healthState": "Unhealthy", "name": "shop--b",
            "provisioningState": "Provisioned", "replicas": 1, "runningState": "Activating", "trafficWeight": 50},
        {"active": false, "name": "shop--0", "healthState": "None", "runningState": "Stopped", "trafficWeight": 0}]);
    let nested: Vec<Value> = flat
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!({"name": one["name"], "type": "Microsoft.App/containerapps/revisions", "properties": one}))
        .collect();
    for list in [flat, json!(nested), json!({"value": nested})] {
        let found = read(&list);
        let revisions: Vec<_> = found.iter().filter(|document| document.kind == "Revision").collect();
        assert_eq!(revisions.len(), 3, "{list}");
        assert_eq!(revisions.iter().map(|one| one.ready).collect::<Vec<_>>(), [Some(true), None, None]);
        assert!(revisions[1].condition.as_ref().is_some_and(super::Condition::is_bad));
        let split = found.iter().find(|document| document.kind == "Service").and_then(|one| one.status.as_ref());
        assert_eq!(split.map(|split| split.traffic.len()), Some(2), "{list}");
    }
}

#[test]
fn a_replica_explains_its_revision_and_an_incomplete_split_is_none() {
    let found = read(
        &json!([{"name": "shop--b-76dcb74c58-vvz5t", "properties": {"runningState": "NotRunning", "containers": [
        {"name": "shop", "ready": false, "restartCount": 14, "runningState": "Waiting", "runningStateDetails": "CrashLoopBackOff"}]}}]),
    );
    assert_eq!(found[0].revision, "shop--b");
    assert_eq!(
        found[0].condition.as_ref().unwrap().details,
        "container shop Waiting (CrashLoopBackOff), restarted 14 times"
    );
    assert!(read(&json!([{"weight": 50, "revisionName": "shop--a"}])).is_empty());
    assert_eq!(read(&json!([{"weight": 100, "revisionName": "shop--a"}])).len(), 1);
}

#[test]
fn hostile_shapes_are_nothing() {
    for value in [
        json!({"name": "--", "active": true}),
        json!({"name": 7, "active": true, "trafficWeight": -3}),
        json!({"name": "a--b-c", "properties": {"runningState": {}, "containers": [1, null]}}),
        json!([{"weight": "100", "revisionName": null}]),
    ] {
        assert!(read(&value).is_empty(), "{value}");
    }
}
