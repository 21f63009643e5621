//! Which entries to keep while reading.

use crate::model::Timestamp;
use crate::model::entry::Entry;

/// Narrows what is read. Every condition that is set must hold; an entry that lacks the field does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Earliest event time, inclusive.
    pub from: Option<Timestamp>,
    /// Latest event time, exclusive.
    pub to: Option<Timestamp>,
    /// Exact name of the service, job, function or container app.
    pub service: Option<String>,
    /// Exact revision name.
    pub revision: Option<String>,
    /// Exact project id.
    pub project: Option<String>,
    /// Exact region.
    pub region: Option<String>,
}

impl Filter {
    /// The arguments that ask for it; empty = everything.
    #[must_use]
    pub fn scope(&self) -> String {
        let times = [("from", self.from), ("to", self.to)];
        let names = [
            ("service", &self.service),
            ("revision", &self.revision),
            ("project", &self.project),
            ("region", &self.region),
        ];
        let times = times.into_iter().filter_map(|(name, time)| Some(format!("--{name}={}", time?.to_rfc3339())));
        let names = names.into_iter().filter_map(|(name, value)| Some(format!("--{name}={}", value.as_deref()?)));
        times.chain(names).collect::<Vec<_>>().join(" ")
    }

    /// Whether an entry is kept.
    #[must_use]
    pub fn admits(&self, entry: &Entry<'_>) -> bool {
        let is_wanted = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
        self.from.is_none_or(|from| entry.timestamp.is_some_and(|time| time >= from))
            && self.to.is_none_or(|to| entry.timestamp.is_some_and(|time| time < to))
            && is_wanted(&self.service, &entry.resource.service)
            && is_wanted(&self.revision, &entry.resource.revision)
            && is_wanted(&self.project, &entry.resource.project)
            && is_wanted(&self.region, &entry.resource.location)
    }
}
