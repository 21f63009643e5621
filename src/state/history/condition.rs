//! How the platform judges a revision at the moment it was described.
//!
//! In go the words of a describe document; out comes a [`Condition`]. The words are open strings: platforms add
//! states, so only what is known to be good or bad is read as such, and anything else is shown and not judged.

use serde::{Deserialize, Serialize};

/// What a describe document says of a revision. Empty text and `None` mean that it does not say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Condition {
    /// Whether the revision is active; that it has traffic is another matter.
    pub active: Option<bool>,
    /// `Provisioned`, `Failed`, …
    pub provisioning: String,
    /// `Healthy`, `Unhealthy`, `None`.
    pub health: String,
    /// `Running`, `RunningAtMaxScale`, `Activating`, `Degraded`, `Failed`, `ScaledToZero`, …
    pub running: String,
    /// Why, in the platform's words, for example `1/1 Container crashing: app`.
    pub details: String,
    /// Replicas that run.
    pub replicas: Option<u32>,
}

impl Condition {
    /// The platform says that it fails.
    pub fn is_bad(&self) -> bool {
        let says = |text: &str, word: &str| text.to_ascii_lowercase().contains(word);
        let stopped = self.active == Some(false);
        says(&self.provisioning, "fail")
            || (!stopped && (says(&self.health, "unhealthy") || says(&self.running, "fail")))
            || (!stopped && (says(&self.running, "degraded") || says(&self.details, "crash")))
    }

    /// The platform says that it is active, healthy and runs.
    pub fn is_good(&self) -> bool {
        self.active == Some(true)
            && self.health.eq_ignore_ascii_case("healthy")
            && self.running.starts_with("Running")
            && !self.is_bad()
    }

    /// All that it says, in one line: `active, Healthy, Running`.
    pub fn words(&self) -> String {
        let active = self.active.map(|active| if active { "active" } else { "not active" });
        let known = |text: &str| !text.is_empty() && text != "None";
        let provisioning = Some(self.provisioning.as_str()).filter(|text| known(text) && *text != "Provisioned");
        let states = [provisioning, Some(self.health.as_str()), Some(self.running.as_str())];
        let mut words: Vec<String> = active.into_iter().map(str::to_owned).collect();
        words.extend(states.into_iter().flatten().filter(|text| known(text)).map(str::to_owned));
        if known(&self.details) && self.details != self.running {
            words.push(self.details.clone());
        }
        words.join(", ")
    }

    /// Adds what another document says: the words of a replica explain those of its revision.
    pub(crate) fn learn(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.provisioning, &other.provisioning),
            (&mut self.health, &other.health),
            (&mut self.running, &other.running),
            (&mut self.details, &other.details),
        ] {
            if mine.is_empty() || mine == "None" {
                mine.clone_from(theirs);
            }
        }
        self.active = self.active.or(other.active);
        self.replicas = self.replicas.or(other.replicas);
    }
}

#[cfg(test)]
mod tests {
    use super::Condition;

    fn condition(active: bool, health: &str, running: &str, details: &str) -> Condition {
        Condition {
            active: Some(active),
            health: health.to_owned(),
            running: running.to_owned(),
            details: details.to_owned(),
            ..Condition::default()
        }
    }

    #[test]
    fn known_words_are_judged_and_unknown_ones_are_not() {
        for good in [condition(true, "Healthy", "Running", ""), condition(true, "Healthy", "RunningAtMaxScale", "")] {
            assert!(good.is_good() && !good.is_bad(), "{}", good.words());
        }
        for bad in [
            condition(true, "Unhealthy", "Activating", ""),
            condition(true, "None", "Failed", ""),
            condition(true, "", "Degraded", ""),
            condition(true, "None", "Activating", "1/1 Container crashing: shop"),
        ] {
            assert!(bad.is_bad() && !bad.is_good(), "{}", bad.words());
        }
        for open in [condition(false, "None", "Stopped", ""), condition(true, "None", "Simmering", "")] {
            assert!(!open.is_bad() && !open.is_good(), "{}", open.words());
        }
        assert_eq!(condition(true, "Unhealthy", "Failed", "why").words(), "active, Unhealthy, Failed, why");
    }
}
