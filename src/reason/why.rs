//! The chain as sentences, what changed at the onset, and what keeps it going.
//!
//! Each sentence rests on entries of the files; the list ends where the evidence ends.

use std::collections::HashSet;

use foldhash::fast::FixedState;

use super::clash;
use super::groups::{Basis, Group};
use super::units::{Unit, UnitKind};
use super::weights::change_before_onset_nanos;
use crate::classify::mark::Mark;
use crate::facts::Settled;
use crate::facts::symbols::Symbol;
use crate::model::Role;
use crate::model::Timestamp;
use crate::model::report::{ChainLink, Deployment};
use crate::state::ServiceState;
use crate::state::instances::End;

/// Kinds of failed requests told one by one.
const IMPACTS_MAX: usize = 2;

/// What the sentences are made from.
pub struct Why<'a> {
    /// Facts at rest.
    pub settled: &'a Settled,
    /// All units.
    pub units: &'a [Unit],
    /// The group.
    pub group: &'a Group,
    /// Its links.
    pub chain: &'a [ChainLink],
    /// The service, where there is one.
    pub service: Option<&'a ServiceState>,
    /// Revisions that failed.
    pub revisions: &'a [String],
}

impl Why<'_> {
    /// Why requests failed, why instances failed, what the cause is, why then, why still.
    pub fn sentences(&self) -> Vec<String> {
        let mut why = Vec::new();
        let impacts: Vec<&ChainLink> = self.chain.iter().rev().filter(|link| link.role == Role::Impact).collect();
        for link in impacts.iter().take(IMPACTS_MAX) {
            why.push(format!("Requests failed: {} × “{}”{}", link.count, link.title, in_brackets(&link.join)));
        }
        if impacts.len() > IMPACTS_MAX {
            let more = &impacts[IMPACTS_MAX..];
            let count: u64 = more.iter().map(|link| link.count).sum();
            why.push(format!("and {count} more of {} other kinds, joined alike", more.len()));
        }
        for link in self.chain.iter().rev() {
            let on = match link.instances {
                0 => String::new(),
                1 => " on 1 instance".to_owned(),
                many => format!(" on {many} instances"),
            };
            match link.role {
                Role::Failure => {
                    why.push(format!("because of {} × “{}”{on}{}", link.count, link.title, in_brackets(&link.join)));
                }
                Role::Cause if link.count == 1 => why.push(format!("because of “{}”, once{on}", link.title)),
                Role::Cause => why.push(format!("because of “{}”, {} times{on}", link.title, link.count)),
                _ => {}
            }
        }
        if self.group.basis == Basis::Unexplained {
            why.push("no error entry of these files comes before it that could be the cause".to_owned());
        }
        why.extend(self.hidden_by_probe());
        let clash = self.clash();
        if clash.is_empty() {
            why.extend(self.onset());
        }
        why.extend(clash);
        why.extend(self.kept_going());
        why
    }

    /// A refused deployment: the runs that met, where the files hold them.
    fn clash(&self) -> Vec<String> {
        self.service.map_or_else(Vec::new, |service| clash::sentences(&service.history.runs, &self.refusals()))
    }

    /// When deployments were refused.
    fn refusals(&self) -> Vec<i64> {
        let units = self.group.units.iter().map(|(unit, _)| &self.units[*unit]);
        let refused = |unit: &&Unit| {
            unit.rows.iter().any(|row| self.settled.class(&self.settled.rows[*row]).mark == Mark::DeployRefused)
        };
        units.filter(refused).map(|unit| unit.end).collect()
    }

    /// Instances whose startup probe passed before they failed: the platform called them ready.
    pub fn passed_probe(&self) -> usize {
        self.instances().filter(|instance| instance.probe_passed.is_some()).count()
    }

    fn instances(&self) -> impl Iterator<Item = &crate::state::instances::InstanceState> {
        let symbols: HashSet<Symbol, FixedState> = self
            .group
            .units
            .iter()
            .map(|(unit, _)| &self.units[*unit])
            .filter(|unit| unit.kind == UnitKind::Instance && unit.boot)
            .map(|unit| unit.instance)
            .collect();
        self.service
            .into_iter()
            .flat_map(|service| service.instances.iter())
            .filter(move |instance| symbols.contains(&instance.symbol))
            .filter(|instance| matches!(instance.end, End::Failed(time) if instance.probe_passed.is_none_or(|passed| passed < time)))
    }

    fn hidden_by_probe(&self) -> Option<String> {
        let passed = self.passed_probe();
        (passed > 0).then(|| {
            format!(
                "the startup probe passed on {passed} of these instances before they failed, so the platform called them ready and sent them traffic"
            )
        })
    }

    /// First sign of the cause or, where there is none, of the failure.
    pub fn first(&self) -> i64 {
        let units = self.group.units.iter().map(|(unit, _)| self.units[*unit].end);
        let rows = self.group.rows.iter().map(|row| self.settled.time(*row));
        units.chain(rows).min().unwrap_or(0)
    }

    /// Last sign.
    pub fn last(&self) -> i64 {
        let units = self.group.units.iter().map(|(unit, _)| self.units[*unit].end);
        let rows = self.group.rows.iter().map(|row| self.settled.time(*row));
        units.chain(rows).max().unwrap_or(0)
    }

    fn onset(&self) -> Option<String> {
        let service = self.service?;
        let first = self.first();
        let before = |deployment: &&Deployment| {
            let gap = first - deployment.time.0;
            (0..=change_before_onset_nanos()).contains(&gap) && deployment.kind != "refused"
        };
        if let Some(change) = service.history.deployments.iter().rev().find(before) {
            let of = if change.revision.is_empty() { String::new() } else { format!(" of {}", change.revision) };
            let what = change.changed_fields().map_or_else(String::new, |fields| format!(", which changed {fields}"));
            return Some(format!(
                "the {}{of} at {} came {:.0} s before the first sign{what}; that it came before does not by itself make it the cause",
                kind_words(&change.kind),
                change.time.to_rfc3339(),
                Timestamp(first).seconds_since(change.time)
            ));
        }
        let of_service = self.settled.facts.coverage.iter().filter(|((symbol, _, _), _)| *symbol == service.symbol);
        let start = of_service.map(|(_, span)| span.first).min()?;
        let lead = Timestamp(first).seconds_since(Timestamp(start));
        let quiet = "no change of the service is recorded in these files in the 10 minutes before the first sign";
        Some(if lead < 60.0 {
            format!(
                "the first sign is {lead:.1} s after the first entry of the service in these files, so the onset may lie before them; {quiet}"
            )
        } else {
            quiet.to_owned()
        })
    }

    fn kept_going(&self) -> Option<String> {
        let service = self.service?;
        let failing =
            service.revisions.iter().filter(|revision| self.revisions.contains(&revision.name) && revision.crashes > 0);
        let (starts, for_minimum) = failing.fold((0, 0), |(starts, minimum), revision| {
            (starts + revision.starts, minimum + revision.starts_for_minimum)
        });
        (self.instances().count() > 1 && for_minimum > 0).then(|| {
            format!(
                "what keeps it going: {for_minimum} of {starts} logged instance starts were made only to keep the minimum number of instances (min instances), so new instances start and fail even without users"
            )
        })
    }

    /// The revision whose readiness ended it, if the failures stop with it and it was seen to work.
    pub fn resolved_by(&self) -> Option<String> {
        // What was refused is still to be deployed, whichever other revision became ready.
        let service = self.service.filter(|_| self.refusals().is_empty())?;
        let last = self.last();
        service
            .revisions
            .iter()
            .filter(|revision| {
                !self.revisions.contains(&revision.name) && revision.crashes == 0 && revision.ready != Some(false)
            })
            .filter(|revision| {
                let ready = service
                    .history
                    .readiness
                    .get(&revision.name)
                    .is_some_and(|r| r.ready == Some(true) && r.since.0 >= self.first());
                let alive = revision.span.is_some_and(|span| span.last - last > 60_000_000_000);
                ready && alive
            })
            .map(|revision| revision.name.clone())
            .next_back()
    }
}

fn in_brackets(join: &str) -> String {
    if join.is_empty() { String::new() } else { format!(" ({join})") }
}

fn kind_words(kind: &str) -> &str {
    match kind {
        "failed" => "failed deploy",
        "traffic" => "traffic change",
        "delete" => "deletion",
        other => other,
    }
}
