//! Reads the v1 (Knative) shape of services, revisions and jobs.
//!
//! In goes the JSON of a resource as `gcloud … --format=json` and v1 audit entries write
//! it; out come [`ServiceSpec`] and [`ServiceStatus`]. Field names: Cloud Run Admin API v1.

use std::collections::BTreeMap;

use serde_json::Value;

use super::loose::{at, count, field, flag, int, items, text};
use super::spec::{
    NAMES_MAX, ServiceSpec, ServiceStatus, TARGETS_MAX, TrafficTarget, cores, digest_of, stable_hash, value_hash,
};

/// Settings of a Service, Revision or Job resource.
pub(crate) fn spec(resource: &Value) -> ServiceSpec {
    let mut spec = ServiceSpec::default();
    let body = field(resource, "spec");
    spec.traffic = items(field(body, "traffic")).iter().take(TARGETS_MAX).map(wanted_target).collect();
    let template = field(body, "template");
    let is_revision = !items(field(body, "containers")).is_empty();
    let (template_meta, pod) = if is_revision {
        // A Revision is its own template.
        (field(resource, "metadata"), body)
    } else {
        // A job's template holds the execution, whose template holds the task.
        let task = at(template, &["spec", "template", "spec"]);
        (field(template, "metadata"), if task.is_null() { field(template, "spec") } else { task })
    };
    spec.has_template = pod.is_object();
    if !is_revision {
        service_settings(&mut spec, at(resource, &["metadata", "annotations"]));
        spec.revision_name = text(field(template_meta, "name"));
    }
    template_settings(&mut spec, template_meta);
    pod_settings(&mut spec, pod);
    let digest = digest_of(&text(at(resource, &["status", "imageDigest"])));
    if !digest.is_empty() {
        spec.image_digest = digest;
    }
    spec
}

/// Status of a Service resource.
pub(crate) fn status(resource: &Value) -> Option<ServiceStatus> {
    let status = field(resource, "status");
    let found = ServiceStatus {
        latest_created: text(field(status, "latestCreatedRevisionName")),
        latest_ready: text(field(status, "latestReadyRevisionName")),
        observed_generation: int(field(status, "observedGeneration")),
        ready: ready(resource).and_then(|condition| truth(field(condition, "status"))),
        newest_ready: condition(resource, "ConfigurationsReady").and_then(|found| truth(field(found, "status"))),
        traffic: items(field(status, "traffic")).iter().take(TARGETS_MAX).map(served_target).collect(),
    };
    let says_something =
        !found.latest_created.is_empty() || !found.latest_ready.is_empty() || found.observed_generation.is_some();
    says_something.then_some(found)
}

/// The Ready condition.
pub(crate) fn ready(resource: &Value) -> Option<&Value> {
    condition(resource, "Ready")
}

/// A condition, found by its type: their order is not fixed.
pub(crate) fn condition<'a>(resource: &'a Value, kind: &str) -> Option<&'a Value> {
    items(at(resource, &["status", "conditions"])).iter().find(|condition| text(field(condition, "type")) == kind)
}

/// `True`, `False` or (`Unknown`) nothing.
pub(crate) fn truth(status: &Value) -> Option<bool> {
    flag(status)
}

fn wanted_target(target: &Value) -> TrafficTarget {
    let latest = flag(field(target, "latestRevision")).unwrap_or(false);
    let name = text(field(target, "revisionName"));
    TrafficTarget { revision: (!latest && !name.is_empty()).then_some(name), ..served_target(target) }
}

fn served_target(target: &Value) -> TrafficTarget {
    let (name, tag) = (text(field(target, "revisionName")), text(field(target, "tag")));
    TrafficTarget {
        revision: (!name.is_empty()).then_some(name),
        percent: count(field(target, "percent")).unwrap_or(0).min(100),
        tag: (!tag.is_empty()).then_some(tag),
    }
}

fn service_settings(spec: &mut ServiceSpec, annotations: &Value) {
    spec.ingress = text(field(annotations, "run.googleapis.com/ingress"));
    spec.service_min = count(field(annotations, "run.googleapis.com/minScale"));
    spec.service_max = count(field(annotations, "run.googleapis.com/maxScale"));
}

fn template_settings(spec: &mut ServiceSpec, metadata: &Value) {
    let annotations = field(metadata, "annotations");
    let annotation = |name: &str| field(annotations, name);
    spec.min_instances = count(annotation("autoscaling.knative.dev/minScale"));
    spec.max_instances = count(annotation("autoscaling.knative.dev/maxScale"));
    spec.cpu_throttling = flag(annotation("run.googleapis.com/cpu-throttling"));
    spec.startup_cpu_boost = flag(annotation("run.googleapis.com/startup-cpu-boost"));
    spec.execution_environment = text(annotation("run.googleapis.com/execution-environment"));
    spec.cloudsql = sorted_list(&text(annotation("run.googleapis.com/cloudsql-instances")));
    let connector = text(annotation("run.googleapis.com/vpc-access-connector"));
    let interfaces = text(annotation("run.googleapis.com/network-interfaces"));
    let egress = text(annotation("run.googleapis.com/vpc-access-egress"));
    spec.vpc =
        [connector, interfaces, egress].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let labels = field(metadata, "labels");
    spec.startup_probe_is_default = match text(field(labels, "run.googleapis.com/startupProbeType")).as_str() {
        "Default" => Some(true),
        "" => None,
        _ => Some(false),
    };
    spec.labels = own_labels(labels);
}

/// Labels set by people: those of the platform carry a domain in their key.
pub(crate) fn own_labels(labels: &Value) -> BTreeMap<String, String> {
    let Some(labels) = labels.as_object() else { return BTreeMap::new() };
    labels
        .iter()
        .filter(|(key, _)| !key.contains("knative.dev/") && !key.contains("googleapis.com/"))
        .take(NAMES_MAX)
        .map(|(key, value)| (key.clone(), text(value)))
        .collect()
}

/// Comma-separated names in one order, so that a reordering is no change.
fn sorted_list(names: &str) -> String {
    let mut names: Vec<&str> = names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names.join(", ")
}

/// The main container's settings as its API version writes them, and the images of the others.
pub(crate) fn main_and_sidecars(
    spec: &mut ServiceSpec,
    containers: &[Value],
    container_settings: fn(&mut ServiceSpec, &Value),
) {
    let main = main_container(containers);
    for (index, container) in containers.iter().enumerate() {
        if Some(index) == main {
            container_settings(spec, container);
        } else if spec.sidecars.len() < TARGETS_MAX {
            spec.sidecars.push(text(field(container, "image")));
        }
    }
}

fn pod_settings(spec: &mut ServiceSpec, pod: &Value) {
    spec.concurrency = int(field(pod, "containerConcurrency"));
    spec.timeout_seconds = int(field(pod, "timeoutSeconds"));
    spec.service_account = text(field(pod, "serviceAccountName"));
    let containers = items(field(pod, "containers"));
    main_and_sidecars(spec, containers, container_settings);
    for volume in items(field(pod, "volumes")).iter().take(NAMES_MAX) {
        let secret = field(volume, "secret");
        let name = text(field(secret, "secretName"));
        if !name.is_empty() {
            let version =
                items(field(secret, "items")).first().map(|item| text(field(item, "key"))).unwrap_or_default();
            spec.secrets.insert(format!("volume {}", text(field(volume, "name"))), secret_reference(&name, &version));
        }
    }
}

/// The container that takes requests: the one with a port, else the first.
fn main_container(containers: &[Value]) -> Option<usize> {
    let with_port = containers.iter().position(|container| !items(field(container, "ports")).is_empty());
    with_port.or(if containers.is_empty() { None } else { Some(0) })
}

/// `secret:version`; a reference without a version means the latest.
pub(crate) fn secret_reference(name: &str, version: &str) -> String {
    format!("{name}:{}", if version.is_empty() { "latest" } else { version })
}

fn container_settings(spec: &mut ServiceSpec, container: &Value) {
    spec.image = text(field(container, "image"));
    spec.image_digest = digest_of(&spec.image);
    spec.cpu = cores(&text(at(container, &["resources", "limits", "cpu"])));
    spec.memory = text(at(container, &["resources", "limits", "memory"]));
    spec.port = items(field(container, "ports")).first().and_then(|port| int(field(port, "containerPort")));
    spec.command = command_hash(container);
    for variable in items(field(container, "env")).iter().take(NAMES_MAX) {
        let name = text(field(variable, "name"));
        let reference = at(variable, &["valueFrom", "secretKeyRef"]);
        let value = if reference.is_null() {
            text(field(variable, "value"))
        } else {
            let secret = secret_reference(&text(field(reference, "name")), &text(field(reference, "key")));
            spec.secrets.insert(name.clone(), secret.clone());
            secret
        };
        spec.env_names.insert(name.clone(), value_hash(&name, &value));
    }
    let startup = field(container, "startupProbe");
    if spec.startup_probe_is_default.is_none() && !startup.is_null() {
        spec.startup_probe_is_default = Some(is_default_probe(startup));
    }
    spec.startup_probe = probe(startup);
    spec.liveness_probe = probe(field(container, "livenessProbe"));
    spec.readiness_probe = probe(field(container, "readinessProbe"));
}

/// Hash of command and arguments; nothing where neither is set.
pub(crate) fn command_hash(container: &Value) -> Option<u64> {
    let words: Vec<String> = ["command", "args"]
        .into_iter()
        .flat_map(|key| items(field(container, key)))
        .take(NAMES_MAX)
        .map(text)
        .collect();
    (!words.is_empty()).then(|| stable_hash(&words.join("\0")))
}

/// The probe Cloud Run stores when none was given: TCP, one attempt of 240 s (Cloud Run docs: health checks).
pub(crate) fn is_default_probe(probe: &Value) -> bool {
    !field(probe, "tcpSocket").is_null()
        && int(field(probe, "failureThreshold")) == Some(1)
        && int(field(probe, "periodSeconds")) == Some(240)
        && int(field(probe, "timeoutSeconds")) == Some(240)
}

/// A probe in one line, with the platform's defaults filled in; empty where there is none.
pub(crate) fn probe(probe: &Value) -> String {
    if !probe.is_object() {
        return String::new();
    }
    let number = |key: &str, default: i64| int(field(probe, key)).unwrap_or(default);
    let http = field(probe, "httpGet");
    let grpc = field(probe, "grpc");
    let (how, port) = if !http.is_null() {
        let path = text(field(http, "path"));
        (format!("http {}", if path.is_empty() { "/" } else { &path }), text(field(http, "port")))
    } else if !grpc.is_null() {
        ("grpc".to_owned(), text(field(grpc, "port")))
    } else {
        ("tcp".to_owned(), text(at(probe, &["tcpSocket", "port"])))
    };
    let port = if port.is_empty() { String::new() } else { format!(" port {port}") };
    let delay = match number("initialDelaySeconds", 0) {
        0 => String::new(),
        seconds => format!(", after {seconds} s"),
    };
    format!(
        "{how}{port}, {} x {} s, timeout {} s{delay}",
        number("failureThreshold", 3),
        number("periodSeconds", 10),
        number("timeoutSeconds", 1)
    )
}
