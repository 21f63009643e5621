//! What changed between two settings of one service, in the words of gcloud flags.
//!
//! In go two [`ServiceSpec`]s **of the same source**: an activity entry leaves out
//! environment variables, ports and probes that a `system_event` entry shows, so comparing
//! one with the other would invent changes. Out come [`Change`]s without secret values,
//! and traffic splits as one line of text.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::audit::spec::{ServiceSpec, TrafficTarget};
use crate::model::report::Change;

/// Every change of the template, then of the service, then of traffic and tags.
pub fn changes(before: &ServiceSpec, after: &ServiceSpec) -> Vec<Change> {
    let mut all = template_changes(before, after);
    all.extend(service_changes(before, after));
    all.extend(traffic_changes(&before.traffic, &after.traffic));
    all
}

/// Changes that make a new revision.
pub fn template_changes(before: &ServiceSpec, after: &ServiceSpec) -> Vec<Change> {
    if !before.has_template || !after.has_template {
        return Vec::new();
    }
    let mut list = Comparison::of(before, after);
    list.text("image", &before.image, &after.image);
    list.text("sidecars", &before.sidecars.join(", "), &after.sidecars.join(", "));
    list.hash("command", before.command, after.command);
    list.names("env", &plain_variables(before, after, before), &plain_variables(before, after, after));
    list.map("secrets", &before.secrets, &after.secrets);
    list.text("cpu", &before.cpu, &after.cpu);
    list.text("memory", &before.memory, &after.memory);
    list.number("concurrency", before.concurrency, after.concurrency);
    list.number("timeout", before.timeout_seconds, after.timeout_seconds);
    list.number("min-instances", before.min_instances, after.min_instances);
    list.number("max-instances", before.max_instances, after.max_instances);
    list.text("startup-probe", &before.startup_probe, &after.startup_probe);
    list.text("liveness-probe", &before.liveness_probe, &after.liveness_probe);
    list.text("readiness-probe", &before.readiness_probe, &after.readiness_probe);
    list.text("vpc", &before.vpc, &after.vpc);
    list.text("cloudsql", &before.cloudsql, &after.cloudsql);
    list.text("service-account", &before.service_account, &after.service_account);
    list.number("port", before.port, after.port);
    list.number("cpu-throttling", before.cpu_throttling, after.cpu_throttling);
    list.number("cpu-boost", before.startup_cpu_boost, after.startup_cpu_boost);
    list.text("execution-environment", &before.execution_environment, &after.execution_environment);
    list.map("labels", &before.labels, &after.labels);
    list.found
}

/// Changes of the service itself, which take effect without a new revision.
pub fn service_changes(before: &ServiceSpec, after: &ServiceSpec) -> Vec<Change> {
    let mut list = Comparison::of(before, after);
    list.number("min", before.service_min, after.service_min);
    list.number("max", before.service_max, after.service_max);
    list.text("ingress", &before.ingress, &after.ingress);
    list.found
}

/// Changes of the split (field `traffic`) and of the tags (field `tags`).
pub fn traffic_changes(before: &[TrafficTarget], after: &[TrafficTarget]) -> Vec<Change> {
    let mut found = Vec::new();
    let (split_before, split_after) = (split(before), split(after));
    if split_before != split_after && !split_after.is_empty() {
        found.push(change("traffic", &split_text(&split_before), &split_text(&split_after)));
    }
    let (tags_before, tags_after) = (tags(before), tags(after));
    if tags_before != tags_after {
        found.push(change("tags", &pairs_text(&tags_before), &pairs_text(&tags_after)));
    }
    found
}

/// A split in one line: `latest=100`, or `web-00012-abc=100, latest=0 (tag canary)`.
pub fn traffic_text(targets: &[TrafficTarget]) -> String {
    let mut ordered: Vec<&TrafficTarget> = targets.iter().collect();
    ordered.sort_by(|a, b| (b.percent, &a.revision, &a.tag).cmp(&(a.percent, &b.revision, &b.tag)));
    let one = |target: &&TrafficTarget| {
        let tag = target.tag.as_ref().map(|tag| format!(" (tag {tag})")).unwrap_or_default();
        format!("{}={}{tag}", name_of(target), target.percent)
    };
    ordered.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Collects changes, leaving out what a partial source does not say.
struct Comparison {
    partial_before: bool,
    partial_after: bool,
    found: Vec<Change>,
}

impl Comparison {
    fn of(before: &ServiceSpec, after: &ServiceSpec) -> Self {
        Self { partial_before: before.partial, partial_after: after.partial, found: Vec::new() }
    }

    fn text(&mut self, name: &str, before: &str, after: &str) {
        let unsaid = (self.partial_before && before.is_empty()) || (self.partial_after && after.is_empty());
        if before != after && !unsaid {
            self.found.push(change(name, before, after));
        }
    }

    fn number<T: ToString>(&mut self, name: &str, before: Option<T>, after: Option<T>) {
        let word = |value: Option<T>| value.map(|value| value.to_string()).unwrap_or_default();
        self.text(name, &word(before), &word(after));
    }

    fn hash(&mut self, name: &str, before: Option<u64>, after: Option<u64>) {
        if before != after && !(self.partial_after && after.is_none()) {
            let word = |value: Option<u64>| if value.is_some() { "set" } else { "" };
            self.found.push(change(name, word(before), if after.is_some() { "set to another value" } else { "" }));
        }
    }

    /// Names added, removed and changed; one change each, never a value.
    fn names(&mut self, name: &str, before: &BTreeMap<&str, u64>, after: &BTreeMap<&str, u64>) {
        if self.partial_after && after.is_empty() {
            return;
        }
        let added: Vec<&str> = after.keys().filter(|key| !before.contains_key(*key)).copied().collect();
        let removed: Vec<&str> = before.keys().filter(|key| !after.contains_key(*key)).copied().collect();
        let other = |(key, hash): &(&&str, &u64)| after.get(**key).is_some_and(|new| new != *hash);
        let changed: Vec<&str> = before.iter().filter(other).map(|(key, _)| *key).collect();
        if !added.is_empty() {
            self.found.push(change(name, "", &format!("{} added", added.join(", "))));
        }
        if !removed.is_empty() {
            self.found.push(change(name, "", &format!("{} removed", removed.join(", "))));
        }
        if !changed.is_empty() {
            self.found.push(change(name, "", &format!("{} set to another value", changed.join(", "))));
        }
    }

    fn map(&mut self, name: &str, before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) {
        let only = |from: &BTreeMap<String, String>, other: &BTreeMap<String, String>| {
            let differing = from.iter().filter(|(key, value)| other.get(*key) != Some(value));
            differing.map(|(key, value)| (key.clone(), value.clone())).collect::<BTreeMap<_, _>>()
        };
        self.text(name, &pairs_text(&only(before, after)), &pairs_text(&only(after, before)));
    }
}

/// Variables with a plain value on the side of `of`. A variable that is a secret on both sides
/// is reported as a secret; one that becomes a secret, or stops being one, is reported here too.
fn plain_variables<'a>(before: &ServiceSpec, after: &ServiceSpec, of: &'a ServiceSpec) -> BTreeMap<&'a str, u64> {
    let secret_on_both = |name: &String| {
        let (is, was) = (after.secrets.contains_key(name), before.secrets.contains_key(name));
        (is || !after.env_names.contains_key(name)) && (was || !before.env_names.contains_key(name))
    };
    of.env_names.iter().filter(|(name, _)| !secret_on_both(name)).map(|(name, hash)| (name.as_str(), *hash)).collect()
}

/// Shares by revision, without targets at 0 %; an entry per name, in order.
fn split(targets: &[TrafficTarget]) -> BTreeMap<&str, u32> {
    let mut shares = BTreeMap::new();
    for target in targets.iter().filter(|target| target.percent > 0) {
        *shares.entry(name_of(target)).or_insert(0) += target.percent;
    }
    shares
}

fn split_text(shares: &BTreeMap<&str, u32>) -> String {
    shares.iter().map(|(name, percent)| format!("{name}={percent}")).collect::<Vec<_>>().join(", ")
}

fn tags(targets: &[TrafficTarget]) -> BTreeMap<String, String> {
    let tagged = targets.iter().filter_map(|target| Some((target.tag.clone()?, name_of(target).to_owned())));
    tagged.collect()
}

fn pairs_text(pairs: &BTreeMap<String, String>) -> String {
    pairs.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(", ")
}

fn name_of(target: &TrafficTarget) -> &str {
    target.revision.as_deref().unwrap_or("latest")
}

fn change(field: &str, before: &str, after: &str) -> Change {
    Change { field: field.to_owned(), before: before.to_owned(), after: after.to_owned() }
}

/// Revisions that are named with a share above 0 %; empty when everything goes to the latest.
pub(crate) fn pinned(targets: &[TrafficTarget]) -> BTreeSet<&str> {
    targets.iter().filter(|target| target.percent > 0).filter_map(|target| target.revision.as_deref()).collect()
}

#[cfg(test)]
mod tests {
    use super::{changes, traffic_changes, traffic_text};
    use crate::facts::audit::spec::{ServiceSpec, TrafficTarget};

    fn target(revision: Option<&str>, percent: u32, tag: Option<&str>) -> TrafficTarget {
        TrafficTarget { revision: revision.map(str::to_owned), percent, tag: tag.map(str::to_owned) }
    }

    #[test]
    fn a_split_is_written_with_the_largest_share_first() {
        assert_eq!(traffic_text(&[target(None, 100, None)]), "latest=100");
        let pinned = [target(None, 0, Some("canary")), target(Some("web-00012-abc"), 100, None)];
        assert_eq!(traffic_text(&pinned), "web-00012-abc=100, latest=0 (tag canary)");
    }

    #[test]
    fn an_environment_value_never_reaches_a_change() {
        let spec = |pairs: &[(&str, u64)]| ServiceSpec {
            has_template: true,
            env_names: pairs.iter().map(|(name, hash)| ((*name).to_owned(), *hash)).collect(),
            ..ServiceSpec::default()
        };
        let found = changes(
            &spec(&[("KEPT", 1), ("CHANGED", 2), ("GONE", 3)]),
            &spec(&[("KEPT", 1), ("CHANGED", 9), ("NEW", 4)]),
        );
        let words: Vec<String> = found.iter().map(|c| format!("{}: {} -> {}", c.field, c.before, c.after)).collect();
        assert_eq!(words, ["env:  -> NEW added", "env:  -> GONE removed", "env:  -> CHANGED set to another value"]);
    }

    #[test]
    fn moving_a_tag_is_not_a_change_of_the_split() {
        let before = [target(None, 100, None), target(Some("web-00001-aaa"), 0, Some("old"))];
        let after = [target(None, 100, None), target(Some("web-00002-bbb"), 0, Some("old"))];
        let found = traffic_changes(&before, &after);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].field.as_str(), found[0].after.as_str()), ("tags", "old=web-00002-bbb"));
    }

    #[test]
    fn a_secret_that_moves_to_a_new_version_is_named_once() {
        let spec = |version: &str| ServiceSpec {
            has_template: true,
            env_names: [("KEY".to_owned(), version.len() as u64)].into(),
            secrets: [("KEY".to_owned(), format!("api-key:{version}"))].into(),
            ..ServiceSpec::default()
        };
        let found = changes(&spec("2"), &spec("latest"));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].before.as_str(), found[0].after.as_str()), ("KEY=api-key:2", "KEY=api-key:latest"));
    }
}
