//! Reads what `az containerapp show`, `revision list|show`, `replica list` and `ingress traffic show` print.
//!
//! In goes one resource, with its fields under `properties` or flat as `--query` leaves them; out comes a
//! [`Document`]. The weights of a list of revisions together are the traffic split of the app. Fields: Azure
//! REST reference, Microsoft.App containerApps.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Document, time};
use crate::classify::redact::redact;
use crate::facts::audit::loose::{at, count, field, flag, int, items, segment_after, text};
use crate::facts::audit::spec::{NAMES_MAX, TARGETS_MAX, cores, digest_of, value_hash};
use crate::facts::audit::{ServiceSpec, ServiceStatus, TrafficTarget};
use crate::model::Platform;
use crate::state::history::condition::Condition;

/// A field, wherever it stands.
fn property<'a>(resource: &'a Value, key: &str) -> &'a Value {
    let nested = at(resource, &["properties", key]);
    if nested.is_null() { field(resource, key) } else { nested }
}

/// One app, revision or replica; `None` for anything else.
pub(super) fn document(resource: &Value) -> Option<Document> {
    if !resource.is_object() {
        return None;
    }
    replica(resource).or_else(|| revision(resource)).or_else(|| app(resource))
}

fn blank(resource: &Value, kind: &str) -> Document {
    let group = text(field(resource, "resourceGroup"));
    let id = text(field(resource, "id"));
    Document {
        kind: kind.to_owned(),
        platform: Some(Platform::AzureContainerApps),
        group: if group.is_empty() { segment_after(&id, "resourceGroups").to_owned() } else { group },
        ..Document::default()
    }
}

fn app(resource: &Value) -> Option<Document> {
    let configuration = property(resource, "configuration");
    let newest = text(property(resource, "latestRevisionName"));
    if newest.is_empty() || !configuration.is_object() {
        return None;
    }
    let name = text(field(resource, "name"));
    let ingress = field(configuration, "ingress");
    let ready = text(property(resource, "latestReadyRevisionName"));
    let asked = targets(items(field(ingress, "traffic")));
    let latest = if ready.is_empty() { &newest } else { &ready };
    let named = |target: &TrafficTarget| TrafficTarget {
        revision: target.revision.clone().or_else(|| Some(latest.clone())),
        ..target.clone()
    };
    let in_effect = asked.iter().map(named).collect();
    let mut spec = spec(property(resource, "template"));
    spec.port = int(field(ingress, "targetPort"));
    spec.ingress = match flag(field(ingress, "external")) {
        Some(true) => "external".to_owned(),
        Some(false) => "internal".to_owned(),
        None => String::new(),
    };
    spec.traffic = asked;
    Some(Document {
        service: if name.is_empty() { app_of(&newest).to_owned() } else { name },
        location: text(field(resource, "location")).to_ascii_lowercase().replace(' ', ""),
        mode: text(field(configuration, "activeRevisionsMode")).to_ascii_lowercase(),
        time: time(at(resource, &["systemData", "lastModifiedAt"])),
        created: time(at(resource, &["systemData", "createdAt"])),
        spec: Some(spec),
        status: Some(ServiceStatus {
            latest_created: newest,
            latest_ready: ready,
            traffic: in_effect,
            ..ServiceStatus::default()
        }),
        ..blank(resource, "Service")
    })
}

fn revision(resource: &Value) -> Option<Document> {
    let name = text(field(resource, "name"));
    let service = app_of(&name);
    let active = flag(property(resource, "active"));
    let weight = property(resource, "trafficWeight");
    if service.is_empty() || (active.is_none() && weight.is_null()) {
        return None;
    }
    let error = clean(property(resource, "provisioningError"));
    let mut details = clean(property(resource, "runningStateDetails"));
    if details.is_empty() {
        details.clone_from(&error);
    }
    let condition = Condition {
        active,
        provisioning: text(property(resource, "provisioningState")),
        health: text(property(resource, "healthState")),
        running: text(property(resource, "runningState")),
        details,
        replicas: count(property(resource, "replicas")),
    };
    let created = time(property(resource, "createdTime"));
    let ready = match () {
        () if condition.provisioning == "Failed" => Some(false),
        () if condition.is_good() => Some(true),
        () => None,
    };
    let template = property(resource, "template");
    Some(Document {
        service: service.to_owned(),
        revision: name.clone(),
        created,
        spec: template.is_object().then(|| spec(template)),
        ready,
        ready_since: created.filter(|_| ready.is_some()),
        reason: condition.provisioning.clone(),
        message: error,
        active,
        condition: Some(condition),
        ..blank(resource, "Revision")
    })
}

/// A replica, as far as it explains its revision: `APP--SUFFIX-HASH-POD`.
fn replica(resource: &Value) -> Option<Document> {
    let containers = items(property(resource, "containers"));
    let name = text(field(resource, "name"));
    let revision = name.rsplitn(3, '-').nth(2).unwrap_or_default();
    let service = app_of(revision);
    if service.is_empty() || containers.is_empty() || !property(resource, "runningState").is_string() {
        return None;
    }
    let told: Vec<String> = containers.iter().filter_map(container_words).collect();
    let of_replica = clean(property(resource, "runningStateDetails"));
    let details = if told.is_empty() { of_replica } else { told.join("; ") };
    Some(Document {
        service: service.to_owned(),
        revision: revision.to_owned(),
        condition: Some(Condition { details, ..Condition::default() }),
        ..blank(resource, "Replica")
    })
}

/// What is wrong with a container; `None` for one that runs and is ready.
fn container_words(container: &Value) -> Option<String> {
    let running = text(field(container, "runningState"));
    let restarts = count(field(container, "restartCount")).unwrap_or(0);
    if running == "Running" && flag(field(container, "ready")) != Some(false) {
        return None;
    }
    let (name, details) = (text(field(container, "name")), clean(field(container, "runningStateDetails")));
    let why = if details.is_empty() { String::new() } else { format!(" ({details})") };
    Some(format!("container {name} {running}{why}, restarted {restarts} times"))
}

/// The splits that a list shows: weights of its revisions, or the entries of an app's traffic, where they add up.
pub(super) fn splits(list: &[Value]) -> Vec<Document> {
    let mut by_app: BTreeMap<String, Vec<TrafficTarget>> = BTreeMap::new();
    for item in list {
        let is_entry = !field(item, "weight").is_null();
        let revision = text(field(item, if is_entry { "revisionName" } else { "name" }));
        let weight = if is_entry { count(field(item, "weight")) } else { count(property(item, "trafficWeight")) };
        let labels = items(property(item, "labels")).first().map(text);
        let tag = Some(text(field(item, "label"))).filter(|label| !label.is_empty()).or(labels);
        let (app, Some(percent)) = (app_of(&revision), weight) else { continue };
        let targets = by_app.entry(app.to_owned()).or_default();
        if !app.is_empty() && targets.len() < TARGETS_MAX && (percent > 0 || tag.is_some()) {
            targets.push(TrafficTarget { revision: Some(revision), percent, tag });
        }
    }
    by_app
        .into_iter()
        .filter(|(_, targets)| targets.iter().map(|target| u64::from(target.percent)).sum::<u64>() == 100)
        .map(|(service, traffic)| Document {
            service,
            status: Some(ServiceStatus { traffic, ..ServiceStatus::default() }),
            ..blank(&Value::Null, "Service")
        })
        .collect()
}

fn targets(list: &[Value]) -> Vec<TrafficTarget> {
    let one = |entry: &Value| TrafficTarget {
        revision: Some(text(field(entry, "revisionName"))).filter(|name| !name.is_empty()),
        percent: count(field(entry, "weight")).unwrap_or(0),
        tag: Some(text(field(entry, "label"))).filter(|label| !label.is_empty()),
    };
    list.iter().take(TARGETS_MAX).map(one).collect()
}

fn spec(template: &Value) -> ServiceSpec {
    let containers = items(field(template, "containers"));
    let main = containers.first().unwrap_or(&Value::Null);
    let image = text(field(main, "image"));
    let mut spec = ServiceSpec {
        has_template: !containers.is_empty(),
        image_digest: digest_of(&image),
        image,
        sidecars: containers.iter().skip(1).take(TARGETS_MAX).map(|one| text(field(one, "image"))).collect(),
        cpu: cores(&text(at(main, &["resources", "cpu"]))),
        memory: text(at(main, &["resources", "memory"])),
        min_instances: count(at(template, &["scale", "minReplicas"])),
        max_instances: count(at(template, &["scale", "maxReplicas"])),
        ..ServiceSpec::default()
    };
    for variable in items(field(main, "env")).iter().take(NAMES_MAX) {
        let (name, value) = (text(field(variable, "name")), text(field(variable, "value")));
        let secret = text(field(variable, "secretRef"));
        if !secret.is_empty() {
            spec.secrets.insert(name.clone(), secret.clone());
        }
        spec.env_names.insert(name.clone(), value_hash(&name, if secret.is_empty() { &value } else { &secret }));
    }
    for probe in items(field(main, "probes")) {
        let words = probe_words(probe);
        match text(field(probe, "type")).to_ascii_lowercase().as_str() {
            "startup" => spec.startup_probe = words,
            "liveness" => spec.liveness_probe = words,
            "readiness" => spec.readiness_probe = words,
            _ => {}
        }
    }
    if spec.has_template && spec.startup_probe.is_empty() {
        // With ingress, the platform adds a TCP probe of the target port (Azure docs: health probes).
        spec.startup_probe_is_default = Some(true);
    }
    spec
}

/// One line in the words of the other platform's probes: `http /healthz:8080, 3 x 10 s, timeout 1 s`.
fn probe_words(probe: &Value) -> String {
    let (http, tcp) = (field(probe, "httpGet"), field(probe, "tcpSocket"));
    let what = if http.is_object() {
        format!("http {}:{}", text(field(http, "path")), text(field(http, "port")))
    } else {
        format!("tcp {}", text(field(tcp, "port")))
    };
    let number = |key: &str, otherwise: i64| int(field(probe, key)).unwrap_or(otherwise);
    format!(
        "{what}, {} x {} s, timeout {} s",
        number("failureThreshold", 3),
        number("periodSeconds", 10),
        number("timeoutSeconds", 1)
    )
}

/// A message of the platform, without secrets and addresses of people.
fn clean(value: &Value) -> String {
    redact(&text(value)).into_owned()
}

/// The app of a revision: the part before `--`; empty where there is none.
fn app_of(revision: &str) -> &str {
    revision.split_once("--").map_or("", |(app, _)| app)
}

#[cfg(test)]
mod tests;
