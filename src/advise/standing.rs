//! How the revisions of a service stand to each other, as the ladders need it.
//!
//! In: the state of a service. Out: a [`Standing`]: what "two revisions" means there, the split and the tags as they were
//! set, the newest revision, and the one that may have all the traffic. Names are as the files give them; a ladder checks
//! them before they enter a command.

use crate::facts::audit::TrafficTarget;
use crate::model::report::Finding;
use crate::model::{Category, Platform};
use crate::state::ServiceState;
use crate::state::history::TrafficChange;
use crate::state::overlap::tagged_in;
use crate::state::revisions::RevisionFacts;

/// What is known of the revisions of one service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// Word of the contract's `revision_state.state`.
    pub state: String,
    /// Word of its role.
    pub role: String,
    /// Revisions that it is about, the one that got its last request first before the others.
    pub members: Vec<String>,
    /// Whether it has ended in these files.
    pub over: bool,
    /// The last split asked for, while the state held: shares above zero; `LATEST` for whichever is the newest ready one.
    pub shares: Vec<(String, u32)>,
    /// The same at the end of the files: what holds now.
    pub now: Vec<(String, u32)>,
    /// Tags of that split: (tag, revision).
    pub tags: Vec<(String, String)>,
    /// Newest revision; empty where nothing says.
    pub newest: String,
    /// Newest revision that became ready; empty where nothing says.
    pub newest_ready: String,
    /// Revision that could have all the traffic, and what shows it; both empty where none could.
    pub keep: (String, String),
    /// Revision of a deploy that was lost in a race, and its image; empty where none was, or it is not known.
    pub lost: (String, String),
}

impl Standing {
    /// Of a service of Cloud Run; others have ladders of their own.
    pub fn of(service: &ServiceState) -> Option<Self> {
        if service.home.platform != Platform::CloudRun {
            return None;
        }
        let told = &service.revision_state;
        let history = &service.history;
        let mut members: Vec<&RevisionFacts> =
            told.revisions.iter().filter_map(|name| service.revision(name)).collect();
        members.sort_by_key(|revision| revision.health.last);
        let during = |change: &&TrafficChange| match told.state.as_str() {
            "tagged-at-zero" => tagged_in(service, change).is_some(),
            "deliberate-split" => change.targets.iter().filter(|target| target.percent > 0).count() > 1,
            _ => true,
        };
        let split = history.traffic.iter().rev().filter(|change| !change.in_effect).find(during);
        let split = split.or_else(|| history.traffic.iter().rev().find(during));
        let present = history.traffic.iter().rfind(|change| !change.in_effect).or(history.traffic.last());
        let targets = split.map(|change| change.targets.as_slice()).unwrap_or_default();
        let keep = (told.role == "cause").then(|| keep(service, &members)).flatten();
        let lost = (told.state == "raced-deploys").then(|| told.revisions.first()).flatten();
        let lost = lost.filter(|name| service.revision(name).is_none_or(|revision| revision.span.is_none()));
        Some(Self {
            over: told.to.is_some() && !matches!(told.state.as_str(), "raced-deploys"),
            shares: shares(targets),
            now: present.map(|change| shares(&change.targets)).unwrap_or_default(),
            tags: targets.iter().filter_map(|target| Some((target.tag.clone()?, target.revision.clone()?))).collect(),
            newest: history.latest_created.clone().unwrap_or_default(),
            newest_ready: history.latest_ready.clone().unwrap_or_default(),
            keep: keep.unwrap_or_default(),
            lost: lost
                .map(|name| (name.clone(), history.images.get(name).cloned().unwrap_or_default()))
                .unwrap_or_default(),
            members: members.into_iter().map(|revision| revision.name.clone()).collect(),
            state: told.state.clone(),
            role: told.role.clone(),
        })
    }

    /// Whether a finding has to do with it: it is about these revisions, about traffic, or about a limit that they share.
    pub fn concerns(&self, finding: &Finding) -> bool {
        let category = finding.cause.category;
        match self.role.as_str() {
            "cause" => matches!(category, Category::Database | Category::Capacity),
            _ => {
                matches!(category, Category::TrafficState | Category::DeployConflict)
                    || finding.revisions.iter().any(|revision| self.is_about(revision))
            }
        }
    }

    /// Whether a revision is one of its members, or the one that was lost.
    fn is_about(&self, revision: &str) -> bool {
        self.members.iter().any(|member| member == revision) || self.lost.0 == revision
    }

    /// Whether a revision is set to have all of the traffic by name.
    pub fn is_pinned(&self) -> bool {
        matches!(self.now.as_slice(), [(revision, 100)] if revision != "LATEST")
    }

    /// The tag that a revision has.
    pub fn tag_of(&self, revision: &str) -> Option<&str> {
        self.tags.iter().find(|(_, tagged)| tagged == revision).map(|(tag, _)| tag.as_str())
    }
}

/// Shares above zero.
fn shares(targets: &[TrafficTarget]) -> Vec<(String, u32)> {
    let name = |target: &TrafficTarget| target.revision.clone().unwrap_or_else(|| "LATEST".to_owned());
    targets.iter().filter(|target| target.percent > 0).map(|target| (name(target), target.percent)).collect()
}

/// Of revisions that fail together, the one that answered most requests: it serves when it is alone.
fn keep(service: &ServiceState, members: &[&RevisionFacts]) -> Option<(String, String)> {
    let others = service.revisions.iter().filter(|revision| revision.health.succeeded > 0);
    let serving = |revision: &&RevisionFacts| members.iter().any(|member| member.name == revision.name);
    let best = others.clone().filter(serving).max_by_key(|one| (one.health.succeeded, &one.name));
    let best = best.or_else(|| others.max_by_key(|one| (one.health.succeeded, &one.name)))?;
    let (good, all) = (best.health.succeeded, best.health.requests);
    Some((
        best.name.clone(),
        format!("it answered {good} of its {all} requests, and failures begin and end with the other revision"),
    ))
}
