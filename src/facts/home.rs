//! Where entries come from: the home of a service, and a short memory of the last origins.
//!
//! Almost every entry names the service, revision, project and region of one before it.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use super::Map;
use super::symbols::{EMPTY, Symbol};
use crate::model::entry::Resource;
use crate::model::{Entry, Platform};

/// Origins remembered before the memory starts afresh.
const ORIGINS_MAX: usize = 65_536;

/// Where a service runs; the most specific words win.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Home {
    /// Platform.
    pub platform: Platform,
    /// Project id; may be empty.
    pub project: String,
    /// Region; may be empty.
    pub location: String,
}

impl Home {
    /// The home that one entry names.
    pub(super) fn of(entry: &Entry<'_>) -> Self {
        Self {
            platform: entry.platform,
            project: entry.resource.project.to_string(),
            location: entry.resource.location.to_string(),
        }
    }

    /// Adds what another part knows.
    pub(super) fn merge(&mut self, other: &Self) {
        self.platform = self.platform.min(other.platform);
        keep_smaller(&mut self.project, &other.project);
        keep_smaller(&mut self.location, &other.location);
    }
}

/// Keeps the smaller of two non-empty words, so that the outcome does not depend on order.
fn keep_smaller(mine: &mut String, theirs: &str) {
    if !theirs.is_empty() && (mine.is_empty() || theirs < mine.as_str()) {
        theirs.clone_into(mine);
    }
}

/// The names of an entry's origin, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    pub service: Symbol,
    pub revision: Symbol,
    /// Empty where the entry names none.
    pub project: Symbol,
}

/// The origins met so far.
#[derive(Default)]
pub(super) struct RecentOrigins(Map<u64, Origin>);

impl RecentOrigins {
    /// The numbers of an entry's origin, if it was met lately.
    pub(super) fn find(&self, entry: &Entry<'_>) -> Option<Origin> {
        self.0.get(&Self::hash(entry)).copied()
    }

    /// Remembers an origin.
    pub(super) fn remember(&mut self, entry: &Entry<'_>, origin: Origin) {
        debug_assert!(origin.service != EMPTY || entry.resource.service.is_empty());
        if self.0.len() >= ORIGINS_MAX {
            self.0.clear();
        }
        self.0.insert(Self::hash(entry), origin);
    }

    /// Knows an origin as well as the identity of an entry knows it.
    fn hash(entry: &Entry<'_>) -> u64 {
        let Resource { service, revision, project, location, .. } = &entry.resource;
        FixedState::with_seed(17).hash_one((entry.platform, service, revision, project, location))
    }
}

/// Origins of the entries of one group. A reader that recognises a resource gives all its entries the very same names,
/// so it is enough to see that they stand at the same place; that they differ tells nothing.
#[derive(Default)]
pub(super) struct GroupOrigins<'e>(Vec<(&'e Resource<'e>, Platform, Origin)>);

impl<'e> GroupOrigins<'e> {
    /// The origin of an entry of the group, which `find` knows if no other entry has it.
    pub(super) fn find_or_insert_with(&mut self, entry: &'e Entry<'e>, find: impl FnOnce() -> Origin) -> Origin {
        let names = |resource: &'e Resource<'e>| {
            [&resource.service, &resource.revision, &resource.project, &resource.location].map(|name| &**name)
        };
        let wanted = names(&entry.resource);
        let is_same =
            |resource: &'e Resource<'e>| names(resource).into_iter().zip(wanted).all(|(a, b)| std::ptr::eq(a, b));
        let known = self.0.iter().find(|(resource, platform, _)| *platform == entry.platform && is_same(resource));
        if let Some((_, _, origin)) = known {
            return *origin;
        }
        let origin = find();
        self.0.push((&entry.resource, entry.platform, origin));
        origin
    }
}
