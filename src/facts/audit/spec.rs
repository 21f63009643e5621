//! What a service is set to be ([`ServiceSpec`]) and what it is ([`ServiceStatus`]), as plain data.
//!
//! Filled from audit entries and describe documents by [`super::read_v1`] and
//! [`super::read_v2`]; compared by [`super::diff`]. Values of environment variables and
//! commands are never kept, only a hash by which a change can be seen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The settings of a service, job or function, brought to one shape.
///
/// Empty text, `None` and empty collections mean "the source does not say".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceSpec {
    /// Whether the source holds a revision template. A v2 call that only moves traffic may leave it out.
    pub has_template: bool,
    /// Whether fields that are set in truth may be missing: a v2 call with an update mask, or a
    /// call that creates, before the platform fills in its defaults.
    pub partial: bool,
    /// Name asked for the next revision, where the caller chose one.
    pub revision_name: String,
    /// Main container's image as written: tag, digest or neither.
    pub image: String,
    /// `sha256:…` of the main container's image, where the source knows it.
    pub image_digest: String,
    /// Images of the other containers, in their order.
    pub sidecars: Vec<String>,
    /// Environment variable → hash of its value or secret reference. The value itself is never kept.
    pub env_names: BTreeMap<String, u64>,
    /// Environment variable or mount path → `secret:version`.
    pub secrets: BTreeMap<String, String>,
    /// Hash of command and arguments, where set.
    pub command: Option<u64>,
    /// CPU limit in cores (`1`, `0.5`).
    pub cpu: String,
    /// Memory limit as written (`512Mi`).
    pub memory: String,
    /// Requests that one instance takes at a time.
    pub concurrency: Option<i64>,
    /// Request timeout (of a task, for jobs), in seconds.
    pub timeout_seconds: Option<i64>,
    /// Minimum instances of the revision.
    pub min_instances: Option<u32>,
    /// Maximum instances of the revision.
    pub max_instances: Option<u32>,
    /// Minimum instances of the service, shared by its revisions.
    pub service_min: Option<u32>,
    /// Maximum instances of the service, shared by its revisions.
    pub service_max: Option<u32>,
    /// One line, for example `tcp 8080, 1 x 240 s, timeout 240 s`.
    pub startup_probe: String,
    /// As above.
    pub liveness_probe: String,
    /// As above.
    pub readiness_probe: String,
    /// Whether the startup probe is the TCP probe that Cloud Run adds by itself.
    pub startup_probe_is_default: Option<bool>,
    /// VPC connector or network, with the egress setting.
    pub vpc: String,
    /// Cloud SQL instances, comma separated and sorted.
    pub cloudsql: String,
    /// Identity it runs as.
    pub service_account: String,
    /// Container port.
    pub port: Option<i64>,
    /// `all`, `internal`, …
    pub ingress: String,
    /// Whether CPU is withdrawn between requests.
    pub cpu_throttling: Option<bool>,
    /// Whether CPU is boosted at start.
    pub startup_cpu_boost: Option<bool>,
    /// `gen1` or `gen2`.
    pub execution_environment: String,
    /// Labels set by people, without those of the platform.
    pub labels: BTreeMap<String, String>,
    /// Where requests go.
    pub traffic: Vec<TrafficTarget>,
}

/// One entry of a traffic split.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TrafficTarget {
    /// Revision by name; `None` = whichever is the latest ready one.
    pub revision: Option<String>,
    /// Share of requests, 0 to 100.
    pub percent: u32,
    /// Tag with a URL of its own.
    pub tag: Option<String>,
}

/// The state of a service, as the control plane reports it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceStatus {
    /// Newest revision.
    pub latest_created: String,
    /// Newest revision that became ready.
    pub latest_ready: String,
    /// Generation that this status is about.
    pub observed_generation: Option<i64>,
    /// Whether the service is ready.
    pub ready: Option<bool>,
    /// Whether the newest revision is (condition `ConfigurationsReady`).
    pub newest_ready: Option<bool>,
    /// Split in effect; every target names its revision.
    pub traffic: Vec<TrafficTarget>,
}

/// Most environment variables, secrets and labels kept of one template. Cloud Run allows 1,000 variables.
pub(crate) const NAMES_MAX: usize = 1_000;

/// Most traffic targets kept. Cloud Run allows 2,000 tags; a split people made has a handful.
pub(crate) const TARGETS_MAX: usize = 200;

/// A hash that is the same on every machine and in every version: FNV-1a, 64 bits.
pub(crate) fn stable_hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Hash of a variable's value. The name is part of it, so that equal values of two variables do not show. It has no
/// more bits than a pseudonym in the report: enough to see a change, not to prove a value.
pub(crate) fn value_hash(name: &str, value: &str) -> u64 {
    stable_hash(&format!("{name}\0{value}")) & 0xff_ffff
}

/// CPU in cores: `1000m` and `1` are the same.
pub(crate) fn cores(cpu: &str) -> String {
    match cpu.strip_suffix('m').and_then(|milli| milli.parse::<u32>().ok()) {
        Some(milli) => {
            let written = format!("{}.{:03}", milli / 1_000, milli % 1_000);
            written.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        None => cpu.to_owned(),
    }
}

/// The `sha256:…` of an image reference; empty where it has none.
pub(crate) fn digest_of(image: &str) -> String {
    image.split_once('@').map(|(_, digest)| digest.to_owned()).unwrap_or_default()
}

/// The running number in a revision's name: 12 of `web-00012-abc`, and of Azure's `web--0000012`.
///
/// The number grows by one per revision, so it orders them. A name chosen by a person has none.
pub fn revision_number(name: &str) -> Option<u32> {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if let Some((_, number)) = name.rsplit_once("--").filter(|(_, number)| number.len() == 7 && digits(number)) {
        return number.parse().ok();
    }
    let mut parts = name.rsplit('-');
    let (suffix, number) = (parts.next()?, parts.next()?);
    (suffix.len() == 3 && number.len() >= 5 && digits(number)).then(|| number.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{cores, digest_of, revision_number};

    #[test]
    fn milli_cpu_and_cores_are_the_same_word() {
        for (written, cores_word) in [("1000m", "1"), ("1", "1"), ("500m", "0.5"), ("1500m", "1.5"), ("80m", "0.08")] {
            assert_eq!(cores(written), cores_word, "{written}");
        }
    }

    #[test]
    fn only_generated_revision_names_carry_a_number() {
        assert_eq!(revision_number("web-00012-abc"), Some(12));
        assert_eq!(revision_number("my-web-00712-kkr"), Some(712));
        assert_eq!(revision_number("web--0000115"), Some(115));
        assert_eq!(revision_number("web--a1b2c3d"), None);
        assert_eq!(revision_number("web-hotfix"), None);
        assert_eq!(revision_number("web-2024-abc"), None);
        assert_eq!(revision_number(""), None);
    }

    #[test]
    fn a_digest_is_taken_only_from_a_reference_that_has_one() {
        assert_eq!(digest_of("reg/app@sha256:0a"), "sha256:0a");
        assert_eq!(digest_of("reg/app:latest"), "");
    }
}
