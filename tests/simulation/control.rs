//! What the control plane writes: audit entries with whole Service and Revision objects.
//!
//! An activity entry carries two times at once: `spec` is wanted after the call, `status` and `generation` are from
//! before it. System events carry the object as it is after the change.

use serde_json::{Map, Value, json};

use super::world::{Instance, SECOND, Service, World, time};

/// Who calls the control plane, with which client.
pub struct Caller {
    email: String,
    agent: String,
    client: &'static str,
}

impl World {
    /// A person with gcloud, or a pipeline.
    pub fn caller(&mut self, command: &str) -> Caller {
        let invocation = self.dice.hex(32);
        let pipeline = self.dice.chance(40);
        let email = if pipeline {
            format!("deployer@{}.iam.gserviceaccount.com", self.project)
        } else {
            format!("{}@example.com", self.dice.pick(&["dana", "kim", "noor"]))
        };
        let environment = if pipeline { "github_actions" } else { "None" };
        let agent = format!(
            "google-cloud-sdk gcloud/545.0.0 command/gcloud.{command} invocation-id/{invocation} environment/{environment} environment-version/None client-os/LINUX client-os-ver/6.8.0 client-pltf-arch/x86_64 interactive/False from-script/True python/3.12.8 (Linux 6.8.0),gzip(gfe)"
        );
        Caller { email, agent, client: "gcloud" }
    }

    fn nonce(&mut self) -> String {
        self.dice.word("abcdefghijklmnopqrstuvwxyz0123456789", 10)
    }

    /// A deploy that becomes ready after `seconds`. Returns the new revision's name; traffic follows as configured.
    pub fn deploy(&mut self, service: &mut Service, at: i64, seconds: i64) -> String {
        let revision = self.asked(service, at, "run.deploy");
        let ready_at = at + seconds * SECOND + 400_000;
        let message = format!("Deploying revision succeeded in {seconds}.{}s.", self.dice.range(10, 99));
        self.revision_event(service, &revision, ready_at, true, &message);
        service.ready.clone_from(&revision);
        self.service_event(service, ready_at + SECOND, true, "");
        revision
    }

    /// A deploy whose revision never becomes ready, for the given reason, after `seconds`.
    pub fn failing_deploy(&mut self, service: &mut Service, at: i64, seconds: i64, message: &str) -> String {
        let revision = self.asked(service, at, "run.deploy");
        let message = message.replace("REVISION", &revision);
        let failed_at = at + seconds * SECOND;
        self.revision_event(service, &revision, failed_at, false, &message);
        self.service_event(service, failed_at + SECOND / 4, false, &message);
        revision
    }

    /// The call that asks for a new revision.
    pub fn asked(&mut self, service: &mut Service, at: i64, command: &str) -> String {
        let before = service.clone();
        service.number += 1;
        service.generation += 1;
        service.revision = self.revision_name(&service.name.clone(), service.number);
        let caller = self.caller(command);
        let nonce = self.nonce();
        self.activity(service, &before, at, &caller, &nonce, None);
        self.asked_at.insert(service.revision.clone(), at);
        service.revision.clone()
    }

    /// A change of traffic alone.
    pub fn route(&mut self, service: &mut Service, at: i64, traffic: &[(Option<&str>, u32, Option<&str>)]) {
        let before = service.clone();
        service.generation += 1;
        service.traffic = traffic
            .iter()
            .map(|(revision, percent, tag)| (revision.map(str::to_owned), *percent, tag.map(str::to_owned)))
            .collect();
        let caller = self.caller("run.services.update-traffic");
        let nonce = "es5pys32p6".to_owned();
        self.activity(service, &before, at, &caller, &nonce, None);
        self.service_event(service, at + 2 * SECOND, true, "");
    }

    /// A deploy that the control plane refuses at once.
    pub fn refused_deploy(&mut self, service: &Service, at: i64, code: i32, message: &str) {
        let caller = self.caller("run.deploy");
        let nonce = self.nonce();
        let wanted = Service { generation: service.generation, ..service.clone() };
        self.activity(&wanted, service, at, &caller, &nonce, Some((code, message)));
    }

    fn activity(
        &mut self,
        service: &Service,
        before: &Service,
        at: i64,
        caller: &Caller,
        nonce: &str,
        refused: Option<(i32, &str)>,
    ) {
        let name = format!("namespaces/{}/services/{}", self.project, service.name);
        let mut object = self.service_object(service, nonce, caller);
        object["metadata"]["generation"] = json!(before.generation);
        object["status"] = status(before, at - 86_400 * SECOND);
        let mut payload = json!({
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "authenticationInfo": {"principalEmail": caller.email},
            "authorizationInfo": [{"granted": true, "permission": "run.services.update", "resource": name}],
            "methodName": "google.cloud.run.v1.Services.ReplaceService",
            "request": {"@type": "type.googleapis.com/google.cloud.run.v1.ReplaceServiceRequest", "name": name, "service": object},
            "requestMetadata": {"callerIp": "203.0.113.7", "callerSuppliedUserAgent": caller.agent},
            "resourceName": name, "serviceName": "run.googleapis.com",
        });
        if let Some((code, message)) = refused {
            payload["status"] = json!({"code": code, "message": message});
        }
        let place = Instance::none(service, "");
        let severity = if refused.is_some() { "ERROR" } else { "NOTICE" };
        self.entry(
            at,
            "cloudaudit.googleapis.com/activity",
            &place,
            json!({"protoPayload": payload, "severity": severity}),
        );
    }

    /// `Ready condition status changed to … for Revision …`
    pub fn revision_event(&mut self, service: &Service, revision: &str, at: i64, ready: bool, message: &str) {
        let word = if ready { "True" } else { "False" };
        let reason = if ready { Value::Null } else { json!("HealthCheckContainerError") };
        let image = format!("{}@sha256:{}", service.image, self.dice.hex(64));
        // A revision is created within a second of the call that asks for it.
        let asked = self.asked_at.get(revision).copied();
        let created = asked.map_or(at - 20 * SECOND, |asked| asked + 300_000);
        let object = json!({
            "@type": "type.googleapis.com/google.cloud.run.v1.Revision", "apiVersion": "serving.knative.dev/v1", "kind": "Revision",
            "metadata": {"name": revision, "namespace": self.project, "generation": 1, "creationTimestamp": time(created),
                "labels": {"serving.knative.dev/service": service.name, "serving.knative.dev/configurationGeneration": service.generation.to_string()}},
            "spec": template_spec(service, &image),
            "status": {"conditions": [{"type": "Ready", "status": word, "reason": reason, "message": message, "lastTransitionTime": time(at)}],
                "imageDigest": image, "observedGeneration": 1},
        });
        let place = Instance::none(service, revision);
        self.event(
            at,
            &place,
            &format!("Ready condition status changed to {word} for Revision {revision} with message: {message}"),
            &object,
            ready,
        );
    }

    /// The same for the service.
    pub fn service_event(&mut self, service: &Service, at: i64, ready: bool, message: &str) {
        let word = if ready { "True" } else { "False" };
        let caller = self.caller("run.deploy");
        let mut object = self.service_object(service, "es5pys32p6", &caller);
        object["@type"] = json!("type.googleapis.com/google.cloud.run.v1.Service");
        object["status"] = status(service, at);
        object["status"]["conditions"] =
            json!([{"type": "Ready", "status": word, "message": message, "lastTransitionTime": time(at)}]);
        let tail = if message.is_empty() { ".".to_owned() } else { format!(" with message: {message}") };
        let place = Instance::none(service, "");
        self.event(
            at,
            &place,
            &format!("Ready condition status changed to {word} for Service {}{tail}", service.name),
            &object,
            ready,
        );
    }

    fn event(&mut self, at: i64, place: &Instance, message: &str, object: &Value, ready: bool) {
        let resource = if place.revision.is_empty() {
            format!("services/{}", place.service)
        } else {
            format!("revisions/{}", place.revision)
        };
        let mut payload = json!({
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog", "methodName": "/Services.ReplaceService",
            "resourceName": format!("namespaces/{}/{resource}", self.project), "response": object,
            "serviceName": "run.googleapis.com", "status": {"message": message},
        });
        if !ready {
            payload["status"]["code"] = json!(9);
        }
        let severity = if ready { "INFO" } else { "ERROR" };
        self.entry(
            at,
            "cloudaudit.googleapis.com/system_event",
            place,
            json!({"protoPayload": payload, "severity": severity}),
        );
    }

    fn service_object(&mut self, service: &Service, nonce: &str, caller: &Caller) -> Value {
        let mut labels: Map<String, Value> = service.labels.clone();
        labels.insert("cloud.googleapis.com/location".to_owned(), json!(self.region));
        let image = format!("{}:{}", service.image, service.number);
        json!({
            "apiVersion": "serving.knative.dev/v1", "kind": "Service",
            "metadata": {"name": service.name, "namespace": "700000000185", "generation": service.generation, "labels": labels,
                "annotations": {"run.googleapis.com/client-name": caller.client, "run.googleapis.com/ingress": "all",
                    "serving.knative.dev/lastModifier": caller.email}},
            "spec": {
                "template": {
                    "metadata": {"labels": {"client.knative.dev/nonce": nonce}, "annotations": {
                        "autoscaling.knative.dev/maxScale": service.maximum.to_string(),
                        "autoscaling.knative.dev/minScale": service.minimum.to_string()}},
                    "spec": template_spec(service, &image),
                },
                "traffic": traffic(service, false),
            },
        })
    }
}

fn template_spec(service: &Service, image: &str) -> Value {
    let env: Vec<Value> = service.env.iter().map(|name| json!({"name": name, "value": "REDACTED"})).collect();
    json!({
        "containerConcurrency": 80, "timeoutSeconds": service.timeout, "serviceAccountName": "700000000185-compute@developer.gserviceaccount.com",
        "containers": [{"image": image, "name": format!("{}-1", service.name), "env": env,
            "ports": [{"containerPort": service.port, "name": "http1"}],
            "resources": {"limits": {"cpu": "1000m", "memory": service.memory}},
            "startupProbe": {"failureThreshold": 1, "periodSeconds": 240, "tcpSocket": {"port": service.port}, "timeoutSeconds": 240}}],
    })
}

fn traffic(service: &Service, actual: bool) -> Value {
    let targets = service.traffic.iter().map(|(revision, percent, tag)| {
        let mut target = json!({"percent": percent});
        if let Some(name) = revision {
            target["revisionName"] = json!(name);
        } else {
            target["latestRevision"] = json!(true);
            if actual {
                target["revisionName"] = json!(service.ready);
            }
        }
        if let Some(tag) = tag {
            target["tag"] = json!(tag);
        }
        target
    });
    Value::Array(targets.collect())
}

fn status(service: &Service, at: i64) -> Value {
    json!({
        "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": time(at)}],
        "latestCreatedRevisionName": service.revision, "latestReadyRevisionName": service.ready,
        "observedGeneration": service.generation, "traffic": traffic(service, true),
    })
}
