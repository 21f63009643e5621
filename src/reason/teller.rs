//! Tells the story of one group: the finding with everything but its actions and its rank.
//!
//! In: a group and all that was reasoned about. Out: its [`Draft`]. Its parts do not depend on each other, so that the one
//! large group of a crash loop is told by all cores.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use super::groups::{Basis, Group};
use super::units::{Unit, UnitKind};
use super::{Draft, FailurePhase, causes, chain, chance, occurrences, verdict, why, words};
use crate::classify::matcher::Catalog;
use crate::classify::{ClassKey, Classified};
use crate::facts::Settled;
use crate::facts::clusters::Clusters;
use crate::facts::symbols::EMPTY;
use crate::model::Timestamp;
use crate::model::report::{Cause, Finding};
use crate::state::State;

/// What it looks at.
pub(super) struct Teller<'a> {
    pub(super) settled: &'a Settled,
    pub(super) clusters: &'a Clusters,
    pub(super) state: &'a State,
    pub(super) catalog: &'a Catalog,
    pub(super) files: &'a [String],
    pub(super) units: &'a [Unit],
    pub(super) causes: &'a causes::Causes,
    pub(super) tried: &'a chance::Tried,
    pub(super) harm: &'a verdict::Harm,
    pub(super) filtered: bool,
}

impl Teller<'_> {
    /// The finding of a group.
    pub(super) fn draft(&self, group: &Group) -> Draft {
        let (settled, clusters, units) = (self.settled, self.clusters, self.units);
        let index = self.state.services.iter().position(|service| service.symbol == group.service);
        let service = index.map(|index| &self.state.services[index]);
        let view = chain::View { settled, clusters, units, files: self.files };
        let (chain, revisions) = rayon::join(|| view.chain(group), || words::revisions(settled, units, group));
        let words =
            words::Words { settled, clusters, units, catalog: self.catalog, service, group, revisions: &revisions };
        let why = why::Why { settled, units, group, chain: &chain, service, revisions: &revisions };
        let class = &settled.classes[clusters.list[group.root].class.0 as usize];
        let service_name = settled.text(group.service).to_owned();
        let began = verdict::began(settled, clusters, group);
        let score_parts = verdict::score(self.causes, units, group, self.harm, began);
        let ((sentences, probe_passed, resolved_by), (title, summary, impact, occurrences)) = rayon::join(
            || (why.sentences(), why.passed_probe() > 0, why.resolved_by()),
            || {
                let occurrences = occurrences::occurrences(settled, clusters, units, group);
                (words.title(), words.summary(), words.impact(), occurrences)
            },
        );
        let (first, last) = (Timestamp(why.first()), Timestamp(why.last()));
        let first_unit = group.units.iter().map(|(unit, _)| &units[*unit]).find(|unit| unit.instance != EMPTY);
        let first_request = group
            .units
            .iter()
            .map(|(unit, _)| &units[*unit])
            .find(|unit| unit.kind == UnitKind::Request && unit.service == group.service);
        let (support, against) = self.sides(group, resolved_by.as_deref());
        let finding = Finding {
            rank: 0,
            fingerprint: fingerprint(class, &service_name, group),
            title,
            verdict: verdict::verdict(settled, clusters, self.causes, units, group, self.filtered),
            score: score_parts.iter().map(|part| part.value).sum(),
            score_parts,
            service: service_name,
            place: None,
            revisions: revisions.clone(),
            first,
            last,
            occurrences: occurrences::counts(&occurrences),
            cause: Cause {
                cluster: if group.basis == Basis::Unexplained {
                    String::new()
                } else {
                    clusters.list[group.root].id.clone()
                },
                signature: class.signature.clone(),
                category: words.category(),
                summary,
            },
            why: sentences,
            impact,
            support,
            against,
            missing: if group.basis == Basis::Unexplained {
                vec!["an entry that says why: the application's own output around the failure".to_owned()]
            } else {
                Vec::new()
            },
            actions: Vec::new(),
            chain,
        };
        Draft {
            minimum_keeps_it_going: finding.why.iter().any(|sentence| sentence.starts_with("what keeps it going")),
            finding,
            service: index,
            captures: class.captures.clone(),
            instance: first_unit.map_or_else(String::new, |unit| settled.text(unit.instance).to_owned()),
            path: first_request.map_or_else(String::new, |unit| settled.text(unit.target).to_owned()),
            phase: phase(units, group, words.at_boot()),
            probe_passed,
            resolved_by,
            occurrences,
        }
    }

    /// What speaks for the cause, and what against it.
    fn sides(&self, group: &Group, resolved_by: Option<&str>) -> (Vec<String>, Vec<String>) {
        let (settled, clusters) = (self.settled, self.clusters);
        let mut support = Vec::new();
        let mut against = Vec::new();
        for cluster in &group.consequences {
            let cluster = &clusters.list[*cluster];
            let title = &settled.classes[cluster.class.0 as usize].title;
            support.push(format!(
                "“{title}” ({}, {} times) stands beside it each time and is read as its consequence",
                cluster.id, cluster.count
            ));
        }
        if let Some(shown) = self.causes.specificity.shown(group.root).filter(|shown| shown.healthy.failed > 0) {
            let words = shown.words();
            if self.causes.is_unspecific(group.root) { against.push(words) } else { support.push(words) }
        }
        if group.basis == Basis::Explained {
            let met = self.tried.meetings(group.root);
            let met = met.filter(|meeting| !self.tried.is_refused(group.root, meeting.kind));
            support.extend(met.map(chance::Meeting::words));
        }
        if let Some(revision) = resolved_by {
            support.push(format!("it ends with {revision}: that revision became ready and logs on without it"));
        }
        (support, against)
    }
}

/// When in the life of its service a group fails.
fn phase(units: &[Unit], group: &Group, at_boot: bool) -> FailurePhase {
    let kinds = |kind: UnitKind| group.units.iter().filter(|(unit, _)| units[*unit].kind == kind).count();
    match () {
        () if kinds(UnitKind::Build) > 0 => FailurePhase::Build,
        () if kinds(UnitKind::Job) > 0 => FailurePhase::Job,
        () if kinds(UnitKind::Deploy) > 0 && kinds(UnitKind::Request) == 0 => FailurePhase::Deploy,
        () if at_boot => FailurePhase::Boot,
        () => FailurePhase::Serving,
    }
}

/// Stable across hours, machines and revisions: what the cause is and whose, not how often or when.
/// The number in front is the version of this recipe.
fn fingerprint(class: &Classified, service: &str, group: &Group) -> String {
    let identity = match &class.key {
        ClassKey::Template { masked } => masked.clone(),
        key => format!("{key:?}"),
    };
    let hash = FixedState::with_seed(1).hash_one((identity, service, group.basis));
    format!("1:{hash:016x}")
}
