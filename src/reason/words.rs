//! The words of a finding: title, summary, impact (and `category`). Titles name the cause, never a symptom
//! as if it were one; where no entry explains a failure the title says so.

use std::collections::{BTreeMap, HashSet};

use foldhash::fast::FixedState;

use super::groups::{Basis, Group};
use super::units::{Unit, UnitKind};
use crate::classify::Classified;
use crate::classify::mark::Mark;
use crate::classify::matcher::Catalog;
use crate::facts::Settled;
use crate::facts::clusters::Clusters;
use crate::facts::symbols::{EMPTY, Symbol};
use crate::model::Timestamp;
use crate::state::ServiceState;
use crate::state::revisions::called_healthy;

mod category;
mod exit;
mod probe;

/// Requests whose latencies differ by at most this share were cut by one limit.
const SAME_LIMIT_SHARE: f64 = 0.02;

/// Messages longer than this are cut after their first sentence, in bytes.
const TITLE_BYTES_MAX: usize = 120;

/// What the words are made from.
pub struct Words<'a> {
    /// Facts at rest.
    pub settled: &'a Settled,
    /// Clusters of the rows.
    pub clusters: &'a Clusters,
    /// All units.
    pub units: &'a [Unit],
    /// Catalogue, for the meaning of exit codes.
    pub catalog: &'a Catalog,
    /// The service, where there is one.
    pub service: Option<&'a ServiceState>,
    /// The group.
    pub group: &'a Group,
    /// Names of its revisions; see [`revisions`].
    pub revisions: &'a [String],
}

/// Names of the revisions that failed; of those that show the cause, where nothing failed.
pub fn revisions(settled: &Settled, units: &[Unit], group: &Group) -> Vec<String> {
    let failed = group.units.iter().map(|(unit, _)| units[*unit].revision);
    let shown = group.rows.iter().map(|row| settled.rows[*row].revision);
    // Few revisions stand on many rows.
    let distinct: HashSet<Symbol, FixedState> = failed.chain(shown).filter(|revision| *revision != EMPTY).collect();
    let mut names: Vec<String> = distinct.into_iter().map(|revision| settled.text(revision).to_owned()).collect();
    names.sort();
    names
}

impl Words<'_> {
    fn class(&self) -> &Classified {
        &self.settled.classes[self.clusters.list[self.group.root].class.0 as usize]
    }

    fn members(&self) -> impl Iterator<Item = &Unit> {
        self.group.units.iter().map(|(unit, _)| &self.units[*unit])
    }

    fn count(&self, kind: UnitKind) -> usize {
        self.members().filter(|unit| unit.kind == kind).count()
    }

    /// Whether the failed instances never answered a request.
    pub fn at_boot(&self) -> bool {
        let instances = self.members().filter(|unit| matches!(unit.kind, UnitKind::Instance | UnitKind::Job));
        let (boot, all) = instances.fold((0, 0), |(boot, all), unit| (boot + usize::from(unit.boot), all + 1));
        (all > 0 && boot * 2 >= all) || (all == 0 && self.count(UnitKind::Deploy) > 0)
    }

    /// One line: what broke and why.
    pub fn title(&self) -> String {
        let revisions = self.revisions;
        let place = match revisions {
            [] => self.service.map_or_else(String::new, |service| service.name.clone()),
            [one] => one.clone(),
            [first, .., last] if revisions.len() > 2 => format!("{} revisions from {first} to {last}", revisions.len()),
            [first, second, ..] => format!("{first} and {second}"),
        };
        match self.group.basis {
            Basis::Explained => format!("{}: {}", self.cause_words(), self.effect(&place)),
            Basis::Unattached if place.is_empty() => {
                format!("{}: no failure hangs on it in these files", self.cause_words())
            }
            Basis::Unattached => {
                format!("{}: logged by {place}, no failed request or instance hangs on it", self.cause_words())
            }
            Basis::Unexplained => self.unexplained_title(&place),
        }
    }

    fn cause_words(&self) -> String {
        if self.class().mark == Mark::PortAnnounced {
            let probed = self
                .members()
                .flat_map(|unit| unit.rows.iter())
                .map(|row| self.settled.text(self.settled.rows[*row].text));
            let port = probed.filter_map(|text| text.split_once("on port ")).map(|(_, rest)| rest).next().unwrap_or("");
            let port: String = port.chars().take_while(char::is_ascii_digit).collect();
            let described = self.service.and_then(|service| service.history.target_port);
            let port = if port.is_empty() { described.map_or(port, |port| port.to_string()) } else { port };
            return format!(
                "The application listens on port {} while the startup probe asks port {port}",
                self.class().capture("port")
            );
        }
        let title = first_of_long(&self.class().title).trim_end_matches(['.', ':']).to_owned();
        if title.is_empty() { self.class().core.clone() } else { title }
    }

    fn effect(&self, place: &str) -> String {
        let (instances, requests) = (self.count(UnitKind::Instance), self.count(UnitKind::Request));
        let (deploys, jobs, builds) =
            (self.count(UnitKind::Deploy), self.count(UnitKind::Job), self.count(UnitKind::Build));
        if deploys > 0 && requests == 0 && self.all_refused() {
            let what = if place.is_empty() { "the project" } else { place };
            return match deploys {
                1 => format!("a change of {what} was refused"),
                many => format!("{many} changes of {what} were refused"),
            };
        }
        if deploys > 0 && requests == 0 {
            return if place.is_empty() || self.revisions.is_empty() {
                format!(
                    "a change of {} was refused or did not become ready",
                    if place.is_empty() { "the project" } else { place }
                )
            } else {
                format!("{place} never became ready")
            };
        }
        if instances > 0 {
            let how = if self.at_boot() { "fail while starting" } else { "die while serving" };
            return format!("instances of {place} {how}");
        }
        if requests > 0 {
            return format!("{requests} {} to {place} failed", if requests == 1 { "request" } else { "requests" });
        }
        if jobs > 0 {
            return format!("{jobs} {} of {place} failed", if jobs == 1 { "execution" } else { "executions" });
        }
        if builds > 0 { "the build failed".to_owned() } else { place.to_owned() }
    }

    /// Whether every failed deploy was refused before it changed anything.
    fn all_refused(&self) -> bool {
        let mark = |row: &usize| self.settled.class(&self.settled.rows[*row]).mark;
        self.members()
            .all(|unit| unit.kind == UnitKind::Deploy && unit.rows.iter().all(|row| mark(row) == Mark::DeployRefused))
    }

    fn unexplained_title(&self, place: &str) -> String {
        let count = self.group.units.len();
        let requests = if count == 1 { "1 request".to_owned() } else { format!("{count} requests") };
        let class = self.class();
        match class.mark {
            Mark::ContainerExited => {
                let code = class.capture("code");
                let meaning = code
                    .parse()
                    .ok()
                    .and_then(|code| self.catalog.exit_code(code))
                    .filter(|code| self.means(code))
                    .map_or_else(String::new, |code| format!(" ({})", code.name));
                format!("{place} ends with code {code}{meaning} and no error entry says why")
            }
            Mark::ProbeFailed | Mark::ProbeTried | Mark::ProbeKilled => self.probe_title(place),
            Mark::WorkerLost => format!(
                "Workers of {place} stopped answering and were replaced, {}{}; no error entry says what blocked them",
                times(self.count(UnitKind::Worker)),
                match self.count(UnitKind::Request) {
                    0 => String::new(),
                    lost => format!(", and {lost} requests were lost with them"),
                }
            ),
            Mark::RequestTimedOut => {
                format!("{requests} to {place} were cut at the time limit and no error entry says what they waited for")
            }
            Mark::RequestRefused if self.members().all(|unit| unit.status == 429) => {
                format!("No available instance for {requests} to {place}: the maximum number of instances was reached")
            }
            Mark::RequestRefused => {
                format!("{requests} to {place} found no instance that could start, and no error entry says why")
            }
            Mark::RequestLost => {
                format!("{requests} to {place} lost the connection to the instance and no error entry says why")
            }
            _ if self.members().all(|unit| unit.kind == UnitKind::Request) => self.request_title(place, &requests),
            _ if self.count(UnitKind::Deploy) > 0 => {
                format!("{place} never became ready: {}", first_sentence(&class.title))
            }
            _ => format!("{place}: {}", first_sentence(&class.title)),
        }
    }

    /// A probe that failed without any line of the application: the status tells which kind.
    fn request_title(&self, place: &str, requests: &str) -> String {
        let status = self.members().map(|unit| unit.status).max().unwrap_or(0);
        if let Some(limit) = self.common_latency().filter(|_| status == 504) {
            return format!(
                "{requests} to {place} were answered 504 after {limit:.0} s each, the request time limit; no error entry says what they waited for"
            );
        }
        let mut targets: Vec<&str> = self.members().map(|unit| self.settled.text(unit.target)).collect();
        targets.sort_unstable();
        targets.dedup();
        match targets.as_slice() {
            [one] => format!(
                "{one} on {place} answered {status} {}, and no error entry explains it",
                times(self.group.units.len())
            ),
            _ => format!("{requests} to {place} answered {status}, and no error entry explains it"),
        }
    }

    /// Seconds, where all requests of the group took the same time within 2 %.
    fn common_latency(&self) -> Option<f64> {
        let seconds: Vec<f64> =
            self.members().map(|unit| Timestamp(unit.end).seconds_since(Timestamp(unit.start))).collect();
        let (least, most) =
            seconds.iter().fold((f64::INFINITY, 0.0f64), |(least, most), s| (least.min(*s), most.max(*s)));
        (most > 1.0 && (most - least) <= most * SAME_LIMIT_SHARE).then_some(least)
    }

    /// One or two sentences about the cause.
    pub fn summary(&self) -> String {
        let signature = self.catalog.get(&self.class().signature);
        let meaning = signature.map_or("", |signature| signature.advice().meaning.trim());
        let quoted = self.class().core.trim();
        match self.group.basis {
            Basis::Unexplained => {
                format!("{}. No error in these files gives the cause.", first_sentence(&self.title()))
            }
            _ if meaning.is_empty() => format!("{}.", self.cause_words()),
            _ if quoted.is_empty() || self.cause_words().contains(quoted) => {
                format!("{}. {meaning}", self.cause_words())
            }
            _ => format!("{}: “{quoted}”. {meaning}", self.cause_words()),
        }
    }

    /// What was hit, in the user's terms.
    pub fn impact(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        let requests = self.members().filter(|unit| self.is_own_request(unit)).count();
        let all = self
            .service
            .map_or(0, |service| service.revisions.iter().map(|revision| revision.health.requests).sum::<u64>());
        if requests > 0 {
            let mut by_target: BTreeMap<(u16, &str), usize> = BTreeMap::new();
            for unit in self.members().filter(|unit| self.is_own_request(unit)) {
                *by_target.entry((unit.status, self.settled.text(unit.target))).or_default() += 1;
            }
            let mut kinds: Vec<_> = by_target.into_iter().collect();
            kinds.sort_by_key(|((status, target), count)| (usize::MAX - count, *status, target.to_string()));
            let shown: Vec<String> =
                kinds.iter().take(4).map(|((status, target), count)| format!("{count} × {status} {target}")).collect();
            let more = if kinds.len() > 4 { format!(" and {} more kinds", kinds.len() - 4) } else { String::new() };
            sentences.push(format!(
                "{requests} of {all} requests of the service in these files failed: {}{more}",
                shown.join(", ")
            ));
        }
        sentences.extend(self.callers());
        let failures = self.count(UnitKind::Instance);
        if failures > 0 {
            let known = self.service.map_or(0, |service| service.instances.len());
            let mut failed: Vec<_> =
                self.members().filter(|unit| unit.kind == UnitKind::Instance).map(|unit| unit.instance).collect();
            failed.sort_unstable();
            failed.dedup_by(|a, b| a == b && *a != EMPTY);
            let often = if failures > failed.len() { format!(", {failures} times in all") } else { String::new() };
            let at_once = self.service.map_or_else(String::new, crate::state::alive::at_once_words);
            // Entries of a failure may name no instance at all.
            let of = if known < failed.len() { String::new() } else { format!(" of {known}") };
            let word = if of.is_empty() && failed.len() == 1 { "instance" } else { "instances" };
            sentences.push(format!("{}{of} {word} failed{often}{at_once}", failed.len()));
        }
        let deploys = self.count(UnitKind::Deploy);
        if deploys > 0 {
            sentences.push(format!("{deploys} {} blocked", if deploys == 1 { "deploy was" } else { "deploys were" }));
        }
        if requests == 0
            && let Some(service) = self.service
        {
            sentences.push(self.no_requests_failed(service, all));
        }
        sentences
    }

    fn is_own_request(&self, unit: &Unit) -> bool {
        unit.kind == UnitKind::Request && unit.service == self.group.service
    }

    /// What it cost the services that called it.
    fn callers(&self) -> Vec<String> {
        let mut by_service: BTreeMap<&str, usize> = BTreeMap::new();
        for unit in self.members().filter(|unit| unit.kind == UnitKind::Request && !self.is_own_request(unit)) {
            *by_service.entry(self.settled.text(unit.service)).or_default() += 1;
        }
        let told = |(service, count)| format!("{count} requests of {service}, which called it, failed with them");
        by_service.into_iter().map(told).collect()
    }

    fn no_requests_failed(&self, service: &ServiceState, all: u64) -> String {
        let failed = self.revisions;
        if all == 0 {
            return format!(
                "no request entry is in these files, so what users felt is not known{}",
                called_healthy(&service.revisions, failed)
            );
        }
        let serving =
            service.revisions.iter().find(|revision| revision.health.succeeded > 0 && !failed.contains(&revision.name));
        match serving {
            Some(other) if self.group.basis != Basis::Unattached => {
                format!(
                    "no failed request hangs on it: {} kept serving ({} requests succeeded)",
                    other.name, other.health.succeeded
                )
            }
            _ => format!("no failed request hangs on it, of {all} in these files"),
        }
    }
}

/// The first sentence of a long message: the rest is advice of its author.
fn first_of_long(title: &str) -> &str {
    match title.match_indices(". ").map(|(at, _)| at).find(|at| *at >= 40) {
        Some(end) if title.len() > TITLE_BYTES_MAX => &title[..end],
        _ => title,
    }
}

fn times(count: usize) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

fn first_sentence(text: &str) -> &str {
    text.lines().next().unwrap_or("").trim_end_matches('.')
}
