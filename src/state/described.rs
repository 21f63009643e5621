//! Where a description of a service and its log disagree. The description wins elsewhere; here it is only told,
//! because one of the two may be of another time.

use super::ServiceState;

/// Minutes at the end of the requests that are compared.
const MINUTES: i64 = 10;

/// Fewer requests tell nothing about a split.
const REQUESTS_MIN: u64 = 30;

/// A smaller part of the requests may be those that a retired revision finishes.
const PART_MIN: u64 = 5;

/// A revision that answers requests although the description gives it no traffic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// Service.
    pub service: String,
    /// The revision.
    pub revision: String,
    /// Requests that it answered in the last ten minutes of the service's requests.
    pub requests: u64,
    /// Requests of the service in that time.
    pub of: u64,
}

/// Every revision of a described service that answers a fifth of the last requests or more, and should have none.
pub fn disagreements(service: &ServiceState) -> Vec<Disagreement> {
    let described = service.history.traffic.iter().rev().find(|change| change.in_effect);
    if described.is_none_or(|change| change.source != "document") {
        return Vec::new();
    }
    let minutes = || service.revisions.iter().flat_map(|revision| revision.minutes.keys());
    let Some(last) = minutes().max().copied() else { return Vec::new() };
    let lately = |minutes: &std::collections::BTreeMap<i64, (u64, u64)>| {
        minutes.range(last - MINUTES + 1..).map(|(_, (all, _))| all).sum::<u64>()
    };
    let of: u64 = service.revisions.iter().map(|revision| lately(&revision.minutes)).sum();
    if of < REQUESTS_MIN {
        return Vec::new();
    }
    let silent = service.revisions.iter().filter(|revision| revision.traffic_percent.unwrap_or(0) == 0);
    silent
        .map(|revision| (revision, lately(&revision.minutes)))
        .filter(|(_, requests)| requests * PART_MIN >= of)
        .map(|(revision, requests)| Disagreement {
            service: service.name.clone(),
            revision: revision.name.clone(),
            requests,
            of,
        })
        .collect()
}
