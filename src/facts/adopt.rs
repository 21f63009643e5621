//! Services that the entries do not name: those of documents, and the one that nameless rows belong to.
//!
//! In: facts of the whole scan, and the names that state documents bring. Out: the same facts, in which each
//! named service has a home, and rows of Azure Container Apps without a name belong to the only app there is.
//! A query of Log Analytics that leaves the name column out, and a transcript of a pipeline, hold such rows.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};

use super::symbols::{EMPTY, Symbol};
use super::{Facts, Home};
use crate::model::Platform;

impl Facts {
    /// Makes a service known that may have no entry of its own.
    pub fn expect(&mut self, service: &str, home: Home) {
        if service.is_empty() {
            return;
        }
        let symbol = self.symbols.intern(service);
        self.homes.entry(symbol).and_modify(|known| known.merge(&home)).or_insert(home);
    }

    /// Gives nameless rows to the only container app, if there is exactly one and all nameless rows are Azure's.
    pub fn adopt_nameless(&mut self) {
        self.gather();
        let is_azure = |home: &Home| home.platform == Platform::AzureContainerApps;
        let mut apps = self.homes.iter().filter(|(service, home)| **service != EMPTY && is_azure(home));
        let (Some((app, _)), None) = (apps.next(), apps.next()) else { return };
        let app = *app;
        if !self.homes.get(&EMPTY).is_some_and(is_azure) {
            return;
        }
        if let Some(nameless) = self.homes.remove(&EMPTY) {
            self.homes.entry(app).and_modify(|known| known.merge(&nameless));
        }
        for row in self.rows.iter_mut().filter(|row| row.service == EMPTY) {
            row.service = app;
        }
        let name = self.symbols.text(app).to_owned();
        for fact in self.audit.iter_mut().filter(|fact| fact.service.is_empty()) {
            name.clone_into(&mut fact.service);
        }
        for (key, life) in nameless(&mut self.lives, |key| key.0) {
            let revision = life.revision;
            self.lives.entry((app, key.1)).or_default().merge(&life, revision, &self.symbols);
        }
        for (key, health) in nameless(&mut self.health, |key| key.0) {
            self.health.entry((app, key.1)).or_default().merge(&health);
        }
        for (key, minutes) in nameless(&mut self.traffic, |key| key.0) {
            let known = self.traffic.entry((app, key.1)).or_default();
            for (minute, (all, failed)) in minutes {
                let counts = known.entry(minute).or_default();
                *counts = (counts.0 + all, counts.1 + failed);
            }
        }
        for (key, span) in nameless(&mut self.revisions, |key| key.0) {
            self.revisions.entry((app, key.1)).or_default().merge(span);
        }
        for (key, span) in nameless(&mut self.coverage, |key| key.0) {
            self.coverage.entry((app, key.1, key.2)).or_default().merge(span);
        }
    }
}

/// Takes what belongs to no service out of a map.
fn nameless<K: Copy + Eq + Hash, V, S: BuildHasher>(
    map: &mut HashMap<K, V, S>,
    service: impl Fn(&K) -> Symbol,
) -> Vec<(K, V)> {
    let keys: Vec<K> = map.keys().copied().filter(|key| service(key) == EMPTY).collect();
    keys.into_iter().filter_map(|key| map.remove_entry(&key)).collect()
}
