//! What the files say about each revision: requests, instances, crashes, readiness, traffic.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;

use super::history::{Condition, History};
use super::instances::InstanceState;
use crate::classify::Classified;
use crate::classify::mark::Mark;
use crate::facts::health::Health;
use crate::facts::row::Row;
use crate::facts::symbols::{EMPTY, Symbol};
use crate::facts::{Settled, Span};
use crate::model::time::minute_of;

/// One revision of a service.
#[derive(Debug, Clone)]
pub struct RevisionFacts {
    /// Its name in the facts; `EMPTY` where only an audit entry names it.
    pub symbol: Symbol,
    /// Its name.
    pub name: String,
    /// Extent of its entries; `None` where only an audit entry names it.
    pub span: Option<Span>,
    /// Its requests.
    pub health: Health,
    /// Requests and failed requests by minute since the epoch.
    pub minutes: BTreeMap<i64, (u64, u64)>,
    /// Entries that show a limit shared by all revisions (connection slots), by minute since the epoch.
    pub shared_limit: BTreeMap<i64, u64>,
    /// Distinct instances.
    pub instances: u64,
    /// Instance starts logged by the platform.
    pub starts: u64,
    /// Of these, starts made only to keep the minimum number of instances.
    pub starts_for_minimum: u64,
    /// Container exits logged by the platform.
    pub exits: u64,
    /// Distinct instances that failed.
    pub crashes: u64,
    /// What the control plane said.
    pub ready: Option<bool>,
    /// Share of traffic set at the end of the files.
    pub traffic_percent: Option<u32>,
    /// Container image.
    pub image: Option<String>,
    /// How the platform judged it when it was described.
    pub condition: Option<Condition>,
}

impl RevisionFacts {
    /// Evidence of health of its own in these files: answered requests, no crash, few 5xx.
    pub fn proof_of_health(&self) -> Option<String> {
        let health = &self.health;
        let bad = health.errors_5xx + health.errors_platform.saturating_sub(health.errors_5xx);
        if self.crashes > 0 || self.ready == Some(false) {
            return None;
        }
        if health.requests == 0 {
            let good = self.condition.as_ref().filter(|condition| condition.is_good())?;
            return Some(format!("the platform calls it {}; these files hold no request to it", good.words()));
        }
        (health.succeeded >= 3 && bad * 20 <= health.requests && !self.is_called_bad()).then(|| {
            format!(
                "{} of {} requests answered below 500 and no instance crashed on it in these files",
                health.requests - bad,
                health.requests
            )
        })
    }

    /// Whether the platform itself says that it fails.
    pub fn is_called_bad(&self) -> bool {
        self.condition.as_ref().is_some_and(Condition::is_bad)
    }

    /// One word and its reason.
    pub fn verdict(&self) -> String {
        let health = &self.health;
        if self.ready == Some(false) {
            return "failing: never became ready".to_owned();
        }
        let told = self.condition.as_ref().map(Condition::words).unwrap_or_default();
        if self.is_called_bad() {
            return format!("failing: the platform calls it {told}");
        }
        if self.crashes > 0 && health.succeeded == 0 {
            return format!("failing: {} of {} instances crashed, no request succeeded", self.crashes, self.instances);
        }
        if health.requests >= 3 && health.errors_5xx * 2 >= health.requests {
            return format!("failing: {} of {} requests answered 5xx", health.errors_5xx, health.requests);
        }
        if self.crashes > 0 || health.errors_5xx > 0 {
            return format!(
                "degraded: {} crashes, {} of {} requests answered 5xx",
                self.crashes, health.errors_5xx, health.requests
            );
        }
        if health.succeeded > 0 {
            return format!("healthy: {} of {} requests succeeded", health.succeeded, health.requests);
        }
        if health.client_errors > 0 {
            return format!(
                "unknown: {} of {} requests answered 4xx, none succeeded",
                health.client_errors, health.requests
            );
        }
        if self.condition.as_ref().is_some_and(Condition::is_good) {
            return format!("healthy as the platform sees it: {told}; no request entry");
        }
        let said = if told.is_empty() { told } else { format!(" (the platform calls it {told})") };
        let entries = if self.span.is_some() { "no request entry" } else { "wrote no entry" };
        format!("unknown: {entries}{said}")
    }
}

/// What the platform says of the revisions that have the traffic, where it calls all of them healthy and none of them
/// `failed`: `; when the service was described, …`, or nothing.
pub fn called_healthy(revisions: &[RevisionFacts], failed: &[String]) -> String {
    let serving = || revisions.iter().filter(|revision| revision.traffic_percent.unwrap_or(0) > 0);
    let words: Vec<String> = serving()
        .filter(|revision| !failed.contains(&revision.name))
        .filter_map(|revision| {
            let condition = revision.condition.as_ref().filter(|condition| condition.is_good())?;
            let percent = revision.traffic_percent.unwrap_or(0);
            Some(format!("{} has {percent} % of the traffic and is {}", revision.name, condition.words()))
        })
        .collect();
    if words.is_empty() || words.len() < serving().count() {
        return String::new();
    }
    format!("; when the service was described, {}", words.join(", "))
}

/// The revisions of a service by name.
pub fn revisions(
    settled: &Settled,
    service: Symbol,
    instances: &[InstanceState],
    history: &History,
) -> Vec<RevisionFacts> {
    let mut known: BTreeMap<String, RevisionFacts> = BTreeMap::new();
    for ((owner, symbol), span) in &settled.facts.revisions {
        if *owner == service {
            let revision = entry(&mut known, settled.text(*symbol));
            (revision.symbol, revision.span) = (*symbol, Some(*span));
        }
    }
    for ((owner, symbol), health) in &settled.facts.health {
        if *owner == service && *symbol != EMPTY {
            entry(&mut known, settled.text(*symbol)).health.merge(health);
        }
    }
    for ((owner, symbol), minutes) in &settled.facts.traffic {
        if *owner == service && *symbol != EMPTY {
            entry(&mut known, settled.text(*symbol)).minutes.clone_from(minutes);
        }
    }
    for instance in instances.iter().filter(|instance| instance.revision != EMPTY) {
        let revision = entry(&mut known, settled.text(instance.revision));
        revision.instances += 1;
        revision.crashes += u64::from(instance.failed());
    }
    let counted = |mark| matches!(mark, Mark::InstanceStarted | Mark::SharedLimit | Mark::ContainerExited);
    let rows = settled.rows_of_classes(service, |class| counted(class.mark));
    let mut told: HashMap<Symbol, Told, FixedState> = HashMap::default();
    for (_, row) in rows.filter(|(_, row)| row.revision != EMPTY) {
        told.entry(row.revision).or_default().take(settled.class(row), row);
    }
    for (symbol, told) in told {
        let Some(revision) = known.get_mut(settled.text(symbol)) else { continue };
        revision.starts += told.starts;
        revision.starts_for_minimum += told.starts_for_minimum;
        revision.exits += told.exits;
        revision.shared_limit = told.shared_limit;
    }
    for (name, readiness) in &history.readiness {
        entry(&mut known, name).ready = readiness.ready;
    }
    for (name, image) in &history.images {
        entry(&mut known, name).image = Some(image.clone());
    }
    for (name, condition) in &history.conditions {
        entry(&mut known, name).condition = Some(condition.clone());
    }
    if let Some(last) = history.traffic.last() {
        for target in &last.targets {
            let name = target.revision.clone().or_else(|| history.latest_ready.clone());
            if let Some(name) = name {
                let revision = entry(&mut known, &name);
                revision.traffic_percent = Some(revision.traffic_percent.unwrap_or(0) + target.percent);
            }
        }
    }
    known.into_values().collect()
}

/// What the platform's lines tell of a revision.
#[derive(Default)]
struct Told {
    starts: u64,
    starts_for_minimum: u64,
    exits: u64,
    shared_limit: BTreeMap<i64, u64>,
}

impl Told {
    fn take(&mut self, class: &Classified, row: &Row) {
        let times = u64::from(row.repeats);
        match class.mark {
            Mark::InstanceStarted => {
                self.starts += times;
                self.starts_for_minimum += if class.capture("reason").contains("MIN_INSTANCE") { times } else { 0 };
            }
            Mark::SharedLimit => *self.shared_limit.entry(minute_of(row.time)).or_default() += 1,
            Mark::ContainerExited => self.exits += times,
            _ => {}
        }
    }
}

fn entry<'a>(known: &'a mut BTreeMap<String, RevisionFacts>, name: &str) -> &'a mut RevisionFacts {
    known.entry(name.to_owned()).or_insert_with(|| RevisionFacts {
        symbol: EMPTY,
        name: name.to_owned(),
        span: None,
        health: Health::default(),
        minutes: BTreeMap::new(),
        shared_limit: BTreeMap::new(),
        instances: 0,
        starts: 0,
        starts_for_minimum: 0,
        exits: 0,
        crashes: 0,
        ready: None,
        traffic_percent: None,
        image: None,
        condition: None,
    })
}
