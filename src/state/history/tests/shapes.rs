//! Entries of other shapes: v2, functions, jobs, deletions, odd numbers, other products.

use serde_json::{Value, json};

use super::samples::{deploy, read, story, time};
use crate::facts::audit::{AuditKind, audit_fact};
use crate::model::{Position, Resource};
use crate::state::history::history;

fn terraform(clock: &str, image: &str, traffic: &Value) -> Value {
    json!({
        "methodName": "google.cloud.run.v2.Services.UpdateService",
        "resourceName": "projects/acme/locations/europe-west1/services/shop",
        "authenticationInfo": {"principalEmail": "ci@acme.example"},
        "requestMetadata": {"callerSuppliedUserAgent": "Terraform/1.9 terraform-provider-google/6.1", "requestAttributes": {"time": clock}},
        "request": {"service": {
            "name": "projects/acme/locations/europe-west1/services/shop",
            "generation": "7", "ingress": "INGRESS_TRAFFIC_ALL", "traffic": traffic,
            "scaling": {"minInstanceCount": 3},
            "template": {"timeout": "60s", "maxInstanceRequestConcurrency": 10, "serviceAccount": "run@acme.example",
                "scaling": {"minInstanceCount": "1", "maxInstanceCount": 4.0},
                "vpcAccess": {"connector": "projects/acme/locations/europe-west1/connectors/inner", "egress": "ALL_TRAFFIC"},
                "volumes": [{"name": "db", "cloudSqlInstance": {"instances": ["acme:europe-west1:orders"]}}],
                "containers": [{"image": image, "ports": [{"containerPort": 8080}],
                    "resources": {"limits": {"cpu": "1000m", "memory": "1Gi"}, "cpuIdle": false},
                    "startupProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 5, "failureThreshold": 12},
                    "env": [{"name": "MODE", "value": "blue"},
                        {"name": "KEY", "valueSource": {"secretKeyRef": {"secret": "projects/1/secrets/api-key", "version": "3"}}}]}]}
        }}
    })
}

#[test]
fn a_v2_call_is_read_like_a_v1_call() {
    let all = json!([{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}]);
    let fact = read("10:00:00", &terraform("a", "reg.example/shop:1", &all));
    let spec = fact.spec.clone().unwrap();
    assert_eq!((fact.client.as_str(), fact.generation), ("terraform", Some(7)));
    assert_eq!(
        (spec.cpu.as_str(), spec.min_instances, spec.max_instances, spec.service_min),
        ("1", Some(1), Some(4), Some(3))
    );
    assert_eq!(
        (spec.timeout_seconds, spec.vpc.as_str(), spec.cloudsql.as_str()),
        (Some(60), "inner all-traffic", "acme:europe-west1:orders")
    );
    assert_eq!(spec.secrets["KEY"], "api-key:3");
    assert_eq!(spec.startup_probe, "http /ready port 8080, 12 x 5 s, timeout 1 s");
    assert_eq!(spec.startup_probe_is_default, Some(false));
    assert!(!serde_json::to_string(&fact).unwrap().contains("blue"), "values of variables are never kept");

    let canary = json!([{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": "shop-00004-ddd", "percent": 100},
        {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "tag": "next"}]);
    let facts = [
        fact,
        read("10:05:00", &terraform("b", "reg.example/shop:2", &all)),
        read("10:09:00", &terraform("c", "reg.example/shop:2", &canary)),
    ];
    let found = history(&facts, &[]);
    assert_eq!(
        super::samples::lines(&found),
        [
            "10:00:00 deploy  [latest=100]",
            "10:05:00 deploy  [latest=100]",
            "10:09:00 traffic shop-00004-ddd [shop-00004-ddd=100, latest=0 (tag next)]"
        ]
    );
    assert_eq!(found.min_instances, Some(3), "the service's minimum is the larger");
    assert_eq!(found.deployments[1].changes.len(), 1, "{:?}", found.deployments[1].changes);
}

#[test]
fn the_entry_that_ends_a_long_operation_is_not_a_second_change() {
    let all = json!([{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}]);
    let start = terraform("a", "reg.example/shop:1", &all);
    let mut end = start.clone();
    end.as_object_mut().unwrap().remove("request");
    let facts = [read("10:00:00", &start), read("10:00:30", &end)];
    assert_eq!(story(&facts), ["10:00:00 deploy  [latest=100]"]);
    end["status"] = json!({"code": 9, "message": "Revision is not ready"});
    let facts = [read("10:00:00", &start), read("10:00:30", &end)];
    assert_eq!(story(&facts), ["10:00:00 failed  [latest=100]"], "an operation that ends in an error failed");
}

#[test]
fn a_function_is_deployed_by_whoever_asked_not_by_its_robot() {
    let asked = json!({
        "methodName": "google.cloud.functions.v2.FunctionService.UpdateFunction",
        "resourceName": "projects/acme/locations/europe-west1/functions/shop",
        "authenticationInfo": {"principalEmail": "dev@acme.example"},
        "requestMetadata": {"callerSuppliedUserAgent": "google-cloud-sdk command/gcloud.functions.deploy invocation-id/f1"},
        "request": {"function": {"name": "projects/acme/locations/europe-west1/functions/shop",
            "serviceConfig": {"availableMemory": "256M", "timeoutSeconds": 60, "minInstanceCount": 1}}}
    });
    let robot = json!({
        "methodName": "google.cloud.serverless.internal.InternalServices.ReplaceInternalService",
        "resourceName": "namespaces/acme/services/shop",
        "authenticationInfo": {"principalEmail": "service-1@gcf-admin-robot.example"}
    });
    let ready = json!({
        "methodName": "/InternalServices.ReplaceInternalService",
        "resourceName": "namespaces/acme/revisions/shop-00002-gir",
        "status": {"message": "Ready condition status changed to True for Revision shop-00002-gir with message: Deploying revision succeeded in 1m4s."},
        "response": {"kind": "Revision", "metadata": {"name": "shop-00002-gir", "creationTimestamp": "2026-01-05T10:01:31Z",
            "labels": {"serving.knative.dev/service": "shop"}}, "spec": {"containers": [{"image": "reg.example/fn@sha256:1"}]}}
    });
    let facts =
        [read("10:00:00", &asked), read("10:00:50", &robot), read("10:01:30", &robot), read("10:02:35", &ready)];
    let found = history(&facts, &[]);
    assert_eq!(super::samples::lines(&found), ["10:00:00 deploy shop-00002-gir []"]);
    assert_eq!(found.deployments[0].actor, "dev@acme.example");
    assert_eq!(found.readiness["shop-00002-gir"].deploy_seconds, Some(64.0));
    assert_eq!(
        story(&facts[1..]),
        ["10:00:50 deploy shop-00002-gir []"],
        "without the person's call, the robot's one counts once"
    );
}

#[test]
fn a_job_is_deployed_by_replacing_it_not_by_running_it() {
    let job = |method: &str, generation: i64, memory: &str| {
        json!({
            "methodName": format!("google.cloud.run.v1.Jobs.{method}"),
            "resourceName": "namespaces/acme/jobs/migrate",
            "request": {"job": {"kind": "Job", "metadata": {"name": "migrate", "generation": generation},
                "spec": {"template": {"metadata": {"labels": {"client.knative.dev/nonce": "always"}},
                    "spec": {"template": {"spec": {"timeoutSeconds": "600", "containers": [{"image": "reg.example/m:1",
                        "resources": {"limits": {"memory": memory}}}]}}}}}}}
        })
    };
    let denied = json!({
        "methodName": "/Jobs.ReplaceJob", "resourceName": "namespaces/acme/jobs/migrate",
        "status": {"code": 9, "message": "Ready condition status changed to False for Job migrate with message: Permission denied on secret: projects/1/secrets/db"},
        "response": {"kind": "Job", "metadata": {"name": "migrate", "generation": 2}, "spec": {}, "status": {"observedGeneration": 2,
            "conditions": [{"type": "Ready", "status": "False"}]}}
    });
    let ran = json!({
        "methodName": "/Jobs.RunJob", "resourceName": "namespaces/acme/executions/migrate-abcde",
        "status": {"code": 10, "message": "Execution migrate-abcde has failed to complete, 0/1 tasks were a success."},
        "response": {"kind": "Execution", "metadata": {"name": "migrate-abcde"}}
    });
    let facts = [
        read("10:00:00", &job("ReplaceJob", 1, "512Mi")),
        read("10:00:01", &denied),
        read("10:05:00", &job("ReplaceJob", 2, "1Gi")),
        read("10:06:00", &job("RunJob", 2, "1Gi")),
        read("10:07:00", &ran),
    ];
    let found = history(&facts, &[]);
    assert_eq!(super::samples::lines(&found), ["10:00:00 failed  []", "10:05:00 deploy  []"]);
    let change = &found.deployments[1].changes[0];
    assert_eq!((change.field.as_str(), change.after.as_str()), ("memory", "1Gi"));
    assert!(found.raced.is_empty());
}

#[test]
fn numbers_as_text_or_floats_change_nothing() {
    let plain = deploy("10:00:00", 772, "shop-00001-aaa", "n2").payload();
    let odd: Value = serde_json::from_str(
        &plain
            .to_string()
            .replace("\"generation\":772", "\"generation\":772.0")
            .replace("\"percent\":100", "\"percent\":\"100\""),
    )
    .unwrap();
    assert_eq!(read("10:00:00", &plain), read("10:00:00", &odd));
}

#[test]
fn deletions_are_told_apart_from_other_products_and_other_calls() {
    let delete = json!({
        "methodName": "google.cloud.run.v1.Revisions.DeleteRevision",
        "resourceName": "namespaces/acme/revisions/shop-00001-aaa",
        "authenticationInfo": {"principalEmail": "dev@acme.example"}
    });
    let fact = read("10:00:00", &delete);
    assert_eq!((fact.service.as_str(), fact.revision.as_str()), ("shop", "shop-00001-aaa"));
    assert_eq!(story(&[fact]), ["10:00:00 delete shop-00001-aaa []"]);
    let policy = json!({"methodName": "google.cloud.run.v1.Services.SetIamPolicy", "resourceName": "projects/acme/locations/l/services/shop"});
    assert_eq!(read("10:00:00", &policy).kind, AuditKind::Other);
    for other in [
        "google.devtools.cloudbuild.v1.CloudBuild.CreateBuild",
        "google.cloud.scheduler.v1.CloudScheduler.CreateJob",
        "storage.objects.get",
    ] {
        let payload = json!({ "methodName": other }).to_string();
        assert_eq!(
            audit_fact(&payload, time("10:00:00"), "", Position::default(), &Resource::default()),
            None,
            "{other}"
        );
    }
}

#[test]
fn facts_survive_being_written_to_a_shard() {
    let mut fact = deploy("10:00:00", 1, "shop-00001-aaa", "n2").fact();
    fact.position = Position { file: 2, line: 31 };
    let written = serde_json::to_string(&fact).unwrap();
    assert_eq!(serde_json::from_str::<crate::facts::audit::AuditFact>(&written).unwrap(), fact);
}
