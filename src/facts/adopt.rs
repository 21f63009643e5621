//! Services that the entries do not name: those of documents, and the one that nameless rows belong to.
//!
//! In: facts of the whole scan, and the names that state documents bring. Out: the same facts, in which each
//! named service has a home, and rows of Azure Container Apps without a name belong to the only app there is.
//! A query of Log Analytics that leaves the name column out, and a transcript of a pipeline, hold such rows.

use super::symbols::EMPTY;
use super::{Facts, Home, Map, home};
use crate::model::Platform;

impl Facts {
    /// Makes a service known that may have no entry of its own.
    pub fn expect(&mut self, service: &str, home: Home) {
        if service.is_empty() {
            return;
        }
        let symbol = self.symbols.intern(&home::key(service, &home));
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
        let name = home::name_of(self.symbols.text(app)).to_owned();
        self.join_services(&Map::from_iter([(EMPTY, app)]));
        for fact in self.audit.iter_mut().filter(|fact| fact.service.is_empty()) {
            name.clone_into(&mut fact.service);
        }
    }
}
