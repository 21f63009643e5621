//! What was running when: instances and how they ended, revisions and their health, deployments.
//!
//! In: settled facts and state documents. Out: [`State`], one [`ServiceState`] for each service.
//! Nothing here says why something failed; that is the next stage.

pub mod alive;
pub mod coverage;
pub mod described;
pub mod events;
pub mod history;
pub mod instances;
pub mod overlap;
pub mod revisions;

mod aligned;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::facts::symbols::{EMPTY, Symbol};
use crate::facts::{Home, Settled};
use crate::model::Platform;
use crate::model::report::{Place, RevisionState};
use history::{Document, History};
use instances::InstanceState;
use revisions::RevisionFacts;

/// Everything known about the services of the files, by name and place.
pub struct State {
    /// One for each service that wrote an entry or has a deployment, sorted by name, then by where it runs.
    pub services: Vec<ServiceState>,
}

/// One service.
pub struct ServiceState {
    /// Its name in the facts.
    pub symbol: Symbol,
    /// Its name.
    pub name: String,
    /// Where it runs.
    pub home: Home,
    /// Revisions by name.
    pub revisions: Vec<RevisionFacts>,
    /// Instances by first sign.
    pub instances: Vec<InstanceState>,
    /// Deployments, readiness and traffic.
    pub history: History,
    /// What "two revisions active" means for it; see [`overlap::revision_state`].
    pub revision_state: RevisionState,
}

impl ServiceState {
    /// Where it runs, for telling it from others of its name.
    pub fn place(&self) -> Place {
        let Home { platform, project, location } = self.home.clone();
        Place { platform, project, location }
    }

    /// A revision of this service.
    pub fn revision(&self, name: &str) -> Option<&RevisionFacts> {
        self.revisions.iter().find(|revision| revision.name == name)
    }
}

/// Rebuilds the state of every service.
pub fn rebuild(settled: &Settled, documents: &[Document]) -> State {
    let mut symbols: Vec<Symbol> = settled.facts.homes.keys().copied().filter(|symbol| *symbol != EMPTY).collect();
    symbols.sort_by_key(|symbol| (settled.text(*symbol).to_owned(), settled.home(*symbol).cloned()));
    let mut names: Vec<&str> = symbols.iter().map(|symbol| settled.text(*symbol)).collect();
    names.dedup();
    let services = symbols
        .par_iter()
        .map(|&symbol| {
            let name = settled.text(symbol).to_owned();
            let home = settled.home(symbol).cloned().unwrap_or(Home {
                platform: Platform::Other,
                project: String::new(),
                location: String::new(),
            });
            let facts: Vec<_> = settled.audit_of(symbol).cloned().collect();
            let documents: Vec<_> =
                documents.iter().filter_map(|document| about(document, &name, &home, &names)).collect();
            let history = history::history(&facts, &documents);
            let instances = instances::instances(settled, symbol, home.platform);
            let revisions = revisions::revisions(settled, symbol, &instances, &history);
            let revision_state = RevisionState::default();
            let mut service = ServiceState { symbol, name, home, revisions, instances, history, revision_state };
            service.revision_state = overlap::revision_state(&service);
            service
        })
        .collect();
    State { services }
}

/// A document as one about a service, if it is. A run of a pipeline names no service: it is surely that of the only
/// one, or of the one that its workflow or title names; a run that may be anybody's keeps its service empty.
fn about(document: &Document, name: &str, home: &Home, all: &[&str]) -> Option<Document> {
    let Some(run) = &document.run else {
        let is_azure = document.platform == Some(Platform::AzureContainerApps);
        let fits = document.service == name
            && is_azure == (home.platform == Platform::AzureContainerApps)
            && home.holds(&document.project, &document.location);
        return fits.then(|| document.clone());
    };
    let names = |service: &str| {
        let words = format!("{} {}", run.workflow, run.title);
        words.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|word| word.eq_ignore_ascii_case(service))
    };
    let somebody = all.iter().any(|service| names(service));
    match (somebody, names(name), all.len()) {
        (true, false, _) => None,
        (true, true, _) | (false, _, 1) => Some(Document { service: name.to_owned(), ..document.clone() }),
        _ => Some(document.clone()),
    }
}
