//! Services of one name: which of them are one, and which run in different places.
//!
//! In: facts of the whole scan, where each (platform, project, region, name) that any entry gives is a service of its
//! own. Out: the same facts, in which homes that can be one are one: an entry that names no region belongs to the only
//! service of its name that it can belong to. Where it could belong to several, it stays apart, because blaming the
//! wrong one is worse than blaming none.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

use super::symbols::{EMPTY, Symbol};
use super::{Facts, Home, Map, home};

impl Facts {
    /// Joins services of one name whose homes can be one.
    pub fn unite_homes(&mut self) {
        self.gather();
        let mut by_name: BTreeMap<&str, Vec<(Home, Symbol)>> = BTreeMap::new();
        for (service, place) in self.homes.iter().filter(|(service, _)| **service != EMPTY) {
            let name = home::name_of(self.symbols.text(*service));
            by_name.entry(name).or_default().push((place.clone(), *service));
        }
        let mut joined = Map::default();
        for mut places in by_name.into_values().filter(|places| places.len() > 1) {
            // Two keys can have one home only where their spelling differs; then either may stand for both.
            places.sort_by_cached_key(|(place, service)| {
                (Reverse(place.words()), place.clone(), self.symbols.text(*service).to_owned())
            });
            let mut units: Vec<(Home, Symbol)> = Vec::new();
            for (place, service) in places {
                let mut fitting = units.iter_mut().filter(|(unit, _)| unit.may_be(&place));
                match (fitting.next(), fitting.next()) {
                    (Some((unit, into)), None) => {
                        unit.merge(&place);
                        joined.insert(service, *into);
                    }
                    _ => units.push((place, service)),
                }
            }
        }
        if !joined.is_empty() {
            self.join_services(&joined);
        }
    }

    /// Gives everything that belongs to one service to another one.
    pub(super) fn join_services(&mut self, into: &Map<Symbol, Symbol>) {
        let ours = |service: Symbol| into.get(&service).copied().unwrap_or(service);
        for row in &mut self.rows {
            row.service = ours(row.service);
        }
        self.is_ordered = false;
        for (service, place) in taken(&mut self.homes, into, |service| *service) {
            self.homes.entry(ours(service)).and_modify(|known| known.merge(&place)).or_insert(place);
        }
        for (service, kinds) in taken(self.novelty.all_mut(), into, |service| *service) {
            self.novelty.all_mut().entry(ours(service)).or_default().merge(kinds);
        }
        for ((service, instance), life) in taken(&mut self.lives, into, |key| key.0) {
            let revision = life.revision;
            self.lives.entry((ours(service), instance)).or_default().merge(&life, revision, &self.symbols);
        }
        for ((service, revision), health) in taken(&mut self.health, into, |key| key.0) {
            self.health.entry((ours(service), revision)).or_default().merge(&health);
        }
        for ((service, revision), minutes) in taken(&mut self.traffic, into, |key| key.0) {
            let known = self.traffic.entry((ours(service), revision)).or_default();
            for (minute, (all, failed)) in minutes {
                let counts = known.entry(minute).or_default();
                *counts = (counts.0 + all, counts.1 + failed);
            }
        }
        for ((service, revision), span) in taken(&mut self.revisions, into, |key| key.0) {
            self.revisions.entry((ours(service), revision)).or_default().merge(span);
        }
        for ((service, stream, severity), span) in taken(&mut self.coverage, into, |key| key.0) {
            self.coverage.entry((ours(service), stream, severity)).or_default().merge(span);
        }
    }
}

/// Takes what belongs to the services that are joined out of a map.
fn taken<K: Copy + Eq + Hash, V, S: BuildHasher>(
    map: &mut HashMap<K, V, S>,
    joined: &Map<Symbol, Symbol>,
    service: impl Fn(&K) -> Symbol,
) -> Vec<(K, V)> {
    let keys: Vec<K> = map.keys().copied().filter(|key| joined.contains_key(&service(key))).collect();
    keys.into_iter().filter_map(|key| map.remove_entry(&key)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Facts, Home};
    use crate::model::Platform::{self, AzureContainerApps, CloudFunctions, CloudRun, CloudRunJob, Other};

    /// How many services of one name these homes are, in any order.
    fn units(homes: &[(Platform, &str, &str)]) -> usize {
        let count = |homes: &mut dyn Iterator<Item = &(Platform, &str, &str)>| {
            let mut facts = Facts::default();
            for &(platform, project, location) in homes {
                facts.expect("api", Home { platform, project: project.to_owned(), location: location.to_owned() });
            }
            facts.unite_homes();
            facts.homes.len()
        };
        let forwards = count(&mut homes.iter());
        assert_eq!(forwards, count(&mut homes.iter().rev()), "{homes:?}");
        forwards
    }

    #[test]
    fn what_can_be_one_service_is_one_in_any_order() {
        assert_eq!(units(&[(CloudRun, "acme-eu", "europe-west1"), (CloudRun, "acme-eu", "")]), 1);
        assert_eq!(units(&[(CloudRun, "acme-eu", ""), (Other, "", "europe-west1"), (CloudFunctions, "", "")]), 1);
        let written_twice =
            [(CloudRun, "acme-eu", "europe-west1"), (CloudRun, "acme-eu", "projects/p/locations/europe-west1")];
        assert_eq!(units(&written_twice), 1);
        assert_eq!(units(&[(CloudRun, "acme-eu", "europe-west1"), (CloudRun, "123456789012", "europe-west1")]), 1);
        assert_eq!(units(&[(AzureContainerApps, "", "West Europe"), (AzureContainerApps, "env", "westeurope")]), 1);
    }

    #[test]
    fn what_cannot_be_one_service_stays_apart_and_the_doubtful_belongs_to_none() {
        let two = [(CloudRun, "acme-eu", "europe-west1"), (CloudRun, "acme-us", "europe-west1")];
        assert_eq!(units(&two), 2);
        assert_eq!(units(&[two[0], two[1], (CloudRun, "", "europe-west1")]), 3);
        assert_eq!(units(&[(CloudRun, "acme-eu", "europe-west1"), (CloudRun, "acme-eu", "europe-west4")]), 2);
        assert_eq!(units(&[(CloudRun, "acme-eu", ""), (AzureContainerApps, "", "")]), 2);
        assert_eq!(units(&[(CloudRun, "acme-eu", ""), (CloudRunJob, "acme-eu", "")]), 2);
    }
}
