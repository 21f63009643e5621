//! Reads the v2 shape of services, revisions and jobs, and the settings of functions.
//!
//! In goes the JSON of a resource as Terraform, the client libraries and the REST API
//! write it; out come [`ServiceSpec`] and [`ServiceStatus`]. Field names: Cloud Run
//! Admin API v2 and Cloud Functions API v1 and v2.

use serde_json::Value;

use super::loose::{at, count, field, flag, int, items, last_segment, seconds, text};
use super::read_v1::{command_hash, is_default_probe, main_and_sidecars, own_labels, probe, secret_reference};
use super::spec::{NAMES_MAX, ServiceSpec, ServiceStatus, TARGETS_MAX, TrafficTarget, cores, digest_of, value_hash};

/// Settings of a Service, Revision or Job resource.
pub(crate) fn spec(resource: &Value) -> ServiceSpec {
    let mut spec = ServiceSpec {
        ingress: ingress(&text(field(resource, "ingress"))),
        traffic: items(field(resource, "traffic")).iter().take(TARGETS_MAX).map(target).collect(),
        ..ServiceSpec::default()
    };
    let template = field(resource, "template");
    // A job's template holds the execution, whose template holds the task. A Revision is its own template.
    let task = field(template, "template");
    let is_revision = !items(field(resource, "containers")).is_empty();
    let template = match (is_revision, task.is_null()) {
        (true, _) => resource,
        (false, false) => task,
        (false, true) => template,
    };
    if !is_revision {
        spec.service_min = count(at(resource, &["scaling", "minInstanceCount"]));
        spec.service_max = count(at(resource, &["scaling", "maxInstanceCount"]));
        last_segment(&text(field(template, "revision"))).clone_into(&mut spec.revision_name);
    }
    spec.has_template = template.is_object();
    template_settings(&mut spec, template);
    spec
}

/// Status of a Service resource; v2 has its fields beside the settings.
pub(crate) fn status(resource: &Value) -> Option<ServiceStatus> {
    let name = |key: &str| last_segment(&text(field(resource, key))).to_owned();
    let found = ServiceStatus {
        latest_created: name("latestCreatedRevision"),
        latest_ready: name("latestReadyRevision"),
        observed_generation: int(field(resource, "observedGeneration")),
        ready: ready(resource).and_then(truth),
        newest_ready: condition(resource, "ConfigurationsReady").and_then(truth),
        traffic: items(field(resource, "trafficStatuses")).iter().take(TARGETS_MAX).map(target).collect(),
    };
    let says_something = !found.latest_created.is_empty() || !found.latest_ready.is_empty();
    says_something.then_some(found)
}

/// The condition that decides readiness: a service's terminal condition or the one of type Ready.
pub(crate) fn ready(resource: &Value) -> Option<&Value> {
    let terminal = field(resource, "terminalCondition");
    if terminal.is_object() {
        return Some(terminal);
    }
    condition(resource, "Ready")
}

/// A condition, found by its type: their order is not fixed.
pub(crate) fn condition<'a>(resource: &'a Value, kind: &str) -> Option<&'a Value> {
    items(field(resource, "conditions")).iter().find(|condition| text(field(condition, "type")) == kind)
}

/// Whether a v2 condition holds; pending and reconciling are neither.
pub(crate) fn truth(condition: &Value) -> Option<bool> {
    match text(field(condition, "state")).as_str() {
        "CONDITION_SUCCEEDED" => Some(true),
        "CONDITION_FAILED" => Some(false),
        _ => None,
    }
}

/// The reason of a v2 condition, in whichever of its three fields it stands.
pub(crate) fn reason(condition: &Value) -> String {
    let reasons = ["reason", "revisionReason", "executionReason"].map(|key| text(field(condition, key)));
    reasons.into_iter().find(|reason| !reason.is_empty()).unwrap_or_default()
}

/// Settings of a function: v2 has them in `serviceConfig`, v1 beside the name.
pub(crate) fn function_spec(function: &Value) -> ServiceSpec {
    let config = field(function, "serviceConfig");
    let v2 = config.is_object();
    let config = if v2 { config } else { function };
    let memory = text(field(config, if v2 { "availableMemory" } else { "availableMemoryMb" }));
    let mut spec = ServiceSpec {
        has_template: function.is_object(),
        cpu: cores(&text(field(config, "availableCpu"))),
        memory: if v2 || memory.is_empty() { memory } else { format!("{memory}Mi") },
        concurrency: int(field(config, "maxInstanceRequestConcurrency")),
        timeout_seconds: seconds(field(config, if v2 { "timeoutSeconds" } else { "timeout" })),
        min_instances: count(field(config, if v2 { "minInstanceCount" } else { "minInstances" })),
        max_instances: count(field(config, if v2 { "maxInstanceCount" } else { "maxInstances" })),
        service_account: text(field(config, "serviceAccountEmail")),
        vpc: last_segment(&text(field(config, "vpcConnector"))).to_owned(),
        labels: own_labels(field(function, "labels")),
        ..ServiceSpec::default()
    };
    if let Some(variables) = field(config, "environmentVariables").as_object() {
        for (name, value) in variables.iter().take(NAMES_MAX) {
            spec.env_names.insert(name.clone(), value_hash(name, &text(value)));
        }
    }
    for secret in items(field(config, "secretEnvironmentVariables")).iter().take(NAMES_MAX) {
        let reference = secret_reference(&text(field(secret, "secret")), &text(field(secret, "version")));
        spec.secrets.insert(text(field(secret, "key")), reference);
    }
    spec
}

fn target(target: &Value) -> TrafficTarget {
    let latest = text(field(target, "type")).ends_with("_LATEST");
    let revision = last_segment(&text(field(target, "revision"))).to_owned();
    let tag = text(field(target, "tag"));
    TrafficTarget {
        revision: (!latest && !revision.is_empty()).then_some(revision),
        percent: count(field(target, "percent")).unwrap_or(0).min(100),
        tag: (!tag.is_empty()).then_some(tag),
    }
}

/// The word v1 uses for an ingress setting.
fn ingress(setting: &str) -> String {
    match setting {
        "INGRESS_TRAFFIC_ALL" => "all".to_owned(),
        "INGRESS_TRAFFIC_INTERNAL_ONLY" => "internal".to_owned(),
        "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER" => "internal-and-cloud-load-balancing".to_owned(),
        other => other.to_owned(),
    }
}

fn template_settings(spec: &mut ServiceSpec, template: &Value) {
    spec.concurrency = int(field(template, "maxInstanceRequestConcurrency"));
    spec.timeout_seconds = seconds(field(template, "timeout"));
    spec.service_account = text(field(template, "serviceAccount"));
    spec.min_instances = count(at(template, &["scaling", "minInstanceCount"]));
    spec.max_instances = count(at(template, &["scaling", "maxInstanceCount"]));
    spec.execution_environment = match text(field(template, "executionEnvironment")).as_str() {
        "EXECUTION_ENVIRONMENT_GEN1" => "gen1".to_owned(),
        "EXECUTION_ENVIRONMENT_GEN2" => "gen2".to_owned(),
        _ => String::new(),
    };
    spec.labels = own_labels(field(template, "labels"));
    spec.vpc = vpc(field(template, "vpcAccess"));
    let containers = items(field(template, "containers"));
    main_and_sidecars(spec, containers, container_settings);
    let mut databases: Vec<String> = Vec::new();
    for volume in items(field(template, "volumes")).iter().take(NAMES_MAX) {
        databases.extend(items(at(volume, &["cloudSqlInstance", "instances"])).iter().take(NAMES_MAX).map(text));
        let secret = text(at(volume, &["secret", "secret"]));
        if !secret.is_empty() {
            let version = items(at(volume, &["secret", "items"])).first().map(|item| text(field(item, "version")));
            let reference = secret_reference(last_segment(&secret), &version.unwrap_or_default());
            spec.secrets.insert(format!("volume {}", text(field(volume, "name"))), reference);
        }
    }
    databases.sort_unstable();
    spec.cloudsql = databases.join(", ");
}

fn vpc(access: &Value) -> String {
    let connector = last_segment(&text(field(access, "connector"))).to_owned();
    let network = items(field(access, "networkInterfaces"))
        .first()
        .map(|interface| text(field(interface, "network")) + "/" + &text(field(interface, "subnetwork")))
        .unwrap_or_default();
    let egress = match text(field(access, "egress")).as_str() {
        "ALL_TRAFFIC" => "all-traffic".to_owned(),
        "PRIVATE_RANGES_ONLY" => "private-ranges-only".to_owned(),
        other => other.to_owned(),
    };
    [connector, network, egress].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn container_settings(spec: &mut ServiceSpec, container: &Value) {
    spec.image = text(field(container, "image"));
    spec.image_digest = digest_of(&spec.image);
    spec.cpu = cores(&text(at(container, &["resources", "limits", "cpu"])));
    spec.memory = text(at(container, &["resources", "limits", "memory"]));
    spec.cpu_throttling = flag(at(container, &["resources", "cpuIdle"]));
    spec.startup_cpu_boost = flag(at(container, &["resources", "startupCpuBoost"]));
    spec.port = items(field(container, "ports")).first().and_then(|port| int(field(port, "containerPort")));
    spec.command = command_hash(container);
    for variable in items(field(container, "env")).iter().take(NAMES_MAX) {
        let name = text(field(variable, "name"));
        let reference = at(variable, &["valueSource", "secretKeyRef"]);
        let value = if reference.is_null() {
            text(field(variable, "value"))
        } else {
            let secret = text(field(reference, "secret"));
            let secret = secret_reference(last_segment(&secret), &text(field(reference, "version")));
            spec.secrets.insert(name.clone(), secret.clone());
            secret
        };
        spec.env_names.insert(name.clone(), value_hash(&name, &value));
    }
    let startup = field(container, "startupProbe");
    if !startup.is_null() {
        spec.startup_probe_is_default = Some(is_default_probe(startup));
    }
    spec.startup_probe = probe(startup);
    spec.liveness_probe = probe(field(container, "livenessProbe"));
    spec.readiness_probe = probe(field(container, "readinessProbe"));
}
