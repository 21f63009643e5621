//! Is a finding over, does it go on, has it become worse, or was too little seen to say?

use serde::Serialize;

use super::findings::{Brief, Counted, Figures, counted, traffic};
use crate::model::report::Report;
use crate::model::time::human_duration;
use crate::model::{Category, Verdict};
use crate::stats::rates::{Rate, SIGNIFICANCE, as_f64, chance_of_fall, chance_of_rise, exposure_needed};

/// "Worse" is said only below this probability of chance: many findings are tested in many hours.
pub const RISE_SIGNIFICANCE: f64 = 0.01;

/// Nor is a small rise worse that only a large count makes certain.
pub const RISE_MIN: f64 = 1.5;

/// Nothing is over before this much time was covered without it, in seconds.
pub const QUIET_SECONDS_MIN: f64 = 600.0;

/// A burst of a few seconds is taken to have been seen for this long, in seconds.
const BURST_SECONDS_MIN: f64 = 60.0;

/// What an export may lack so that a failure could hide.
const BLINDING: [&str; 2] = ["capped-per-severity", "severity-filtered"];

/// What the notice is called when no entry of the platform tells of exits and probes.
const NO_SYSTEM: &str = "missing-system";

/// What became of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It happens more often.
    Worse,
    /// It still happens.
    Persisting,
    /// It was not seen, but it may not have had the chance.
    NotEnoughData,
    /// It was not seen where it would have been.
    Resolved,
}

/// One finding of the old report in the new one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judged {
    /// In the words of the newest report that has it.
    pub finding: Brief,
    /// Its verdict in the old report.
    pub verdict_before: Verdict,
    /// What became of it.
    pub standing: Standing,
    /// What the old report counts, from its first sign on.
    pub before: Figures,
    /// What the new one counts.
    pub after: Figures,
    /// The numbers that decide it, and what is missing.
    pub why: Vec<String>,
}

/// Two reports, and which findings stand in both.
pub struct Pair<'a> {
    old: &'a Report,
    new: &'a Report,
}

impl<'a> Pair<'a> {
    /// An older and a newer report.
    pub fn new(old: &'a Report, new: &'a Report) -> Self {
        Self { old, new }
    }

    /// Every finding of the old report.
    pub fn judge_all(&self) -> Vec<Judged> {
        let new = counted(self.new);
        let mut judged: Vec<Judged> =
            counted(self.old).values().map(|before| self.judge(before, new.get(&before.brief.fingerprint))).collect();
        judged.sort_by(|a, b| (a.standing, &a.finding.fingerprint).cmp(&(b.standing, &b.finding.fingerprint)));
        judged
    }

    /// Findings of the new report that the old one does not have.
    pub fn appeared(&self) -> Vec<Brief> {
        let old = counted(self.old);
        self.new.findings.iter().filter(|finding| !old.contains_key(&finding.fingerprint)).map(Brief::of).collect()
    }

    fn judge(&self, before: &Counted, after: Option<&Counted>) -> Judged {
        let service = &before.brief.service;
        let end = self.old.export.last_timestamp.unwrap_or(before.brief.last).max(before.brief.last);
        let was = Figures {
            occurrences: before.occurrences,
            seconds: end.seconds_since(before.brief.first).max(BURST_SECONDS_MIN),
            traffic: traffic(self.old, service),
        };
        let is = Figures {
            occurrences: after.map(|after| after.occurrences).unwrap_or_default(),
            seconds: self.new.export.covered_seconds,
            traffic: traffic(self.new, service),
        };
        let (standing, why) = match after {
            Some(_) => going_on(&exposures(&was, &is, is.traffic.requests, is.traffic.instances)),
            None => match self.blind(before) {
                Some(reason) => (Standing::NotEnoughData, vec![reason]),
                // What failed for another reason had no chance to show this one.
                None => is_over(&exposures(&was, &is, is.traffic.answered, is.traffic.survived), is.seconds),
            },
        };
        let finding = after.map_or(&before.brief, |after| &after.brief).clone();
        Judged { finding, verdict_before: before.brief.verdict, standing, before: was, after: is, why }
    }

    /// Why its absence would prove nothing, whatever the numbers.
    fn blind(&self, before: &Counted) -> Option<String> {
        let has = |code: &str| self.new.export.notices.iter().any(|notice| notice.code == code);
        // A lost instance shows in its requests, too, if it had any.
        let unseen = (before.occurrences.requests == 0 && has(NO_SYSTEM)).then_some(NO_SYSTEM);
        if let Some(code) = blinding(self.new).or(unseen) {
            return Some(format!("not seen, but the new export may hide it: {code}"));
        }
        let service = &before.brief.service;
        let known = counted(self.old);
        let unexplained = self.new.findings.iter().find(|finding| {
            finding.service == *service
                && !known.contains_key(&finding.fingerprint)
                && (finding.verdict == Verdict::Inconclusive || finding.cause.category == Category::Unknown)
        });
        unexplained.map(|finding| {
            format!("not seen by name, but {} still fails and nothing says why: {}", finding.service, finding.title)
        })
    }
}

/// Why absence proves nothing in this export, by the code of its notice.
pub fn blinding(report: &Report) -> Option<&'static str> {
    let has = |code: &str| report.export.notices.iter().any(|notice| notice.code == code);
    BLINDING.into_iter().find(|code| has(code))
}

/// One way to count how much was seen: (unit, before, after).
type Exposure = (Unit, Rate, Rate);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Time,
    Requests,
    Instances,
}

/// Time always; requests and instances where these fail, over so many of the new ones.
fn exposures(was: &Figures, is: &Figures, requests: u64, instances: u64) -> Vec<Exposure> {
    let (before, after) = (was.occurrences, is.occurrences);
    let of = |unit, before: (u64, f64), after: (u64, f64)| {
        (unit, Rate::new(before.0, before.1), Rate::new(after.0, after.1))
    };
    let mut all = vec![of(Unit::Time, (before.most(), was.seconds), (after.most(), is.seconds))];
    if before.requests > 0 && was.traffic.requests > 0 {
        let seen = (before.requests, as_f64(was.traffic.requests));
        all.push(of(Unit::Requests, seen, (after.requests, as_f64(requests))));
    }
    if before.instances > 0 && was.traffic.instances > 0 {
        let seen = (before.instances, as_f64(was.traffic.instances));
        all.push(of(Unit::Instances, seen, (after.instances, as_f64(instances))));
    }
    all
}

fn going_on(compared: &[Exposure]) -> (Standing, Vec<String>) {
    // More traffic brings more failures: worse is what no count of exposure explains.
    let worse = compared.iter().all(|(_, before, after)| is_rise(*before, *after));
    let fewer = compared.iter().all(|(_, before, after)| chance_of_fall(*before, *after) <= SIGNIFICANCE);
    let mut why: Vec<String> = compared.iter().map(|(unit, before, after)| told(*unit, *before, *after)).collect();
    if fewer {
        why.push("less often than before, but not gone".to_owned());
    }
    (if worse { Standing::Worse } else { Standing::Persisting }, why)
}

/// Whether a rate rose, beyond chance and by more than a little.
pub fn is_rise(before: Rate, after: Rate) -> bool {
    after.per_unit() >= RISE_MIN * before.per_unit() && chance_of_rise(before, after) <= RISE_SIGNIFICANCE
}

fn is_over(compared: &[Exposure], seconds: f64) -> (Standing, Vec<String>) {
    let mut why = Vec::new();
    if seconds < QUIET_SECONDS_MIN {
        why.push(format!(
            "not seen in {}; at least {} have to be covered",
            human_duration(seconds),
            human_duration(QUIET_SECONDS_MIN)
        ));
    }
    let mut proven = seconds >= QUIET_SECONDS_MIN;
    for (unit, before, after) in compared {
        if chance_of_fall(*before, *after) <= SIGNIFICANCE {
            why.push(told(*unit, *before, *after));
        } else {
            proven = false;
            let needed = amount(*unit, exposure_needed(*before));
            why.push(format!("{}; {needed} without it are needed", told(*unit, *before, *after)));
        }
    }
    (if proven { Standing::Resolved } else { Standing::NotEnoughData }, why)
}

/// `6 in 2 min 06 s before, 0 in 1 h 00 min now`.
fn told(unit: Unit, before: Rate, after: Rate) -> String {
    let (was, is) = (amount(unit, before.exposure), amount(unit, after.exposure));
    format!("{} in {was} before, {} in {is} now", before.count, after.count)
}

fn amount(unit: Unit, exposure: f64) -> String {
    match unit {
        Unit::Time => human_duration(exposure),
        Unit::Requests => format!("{:.0} requests", exposure.ceil()),
        Unit::Instances => format!("{:.0} instances", exposure.ceil()),
    }
}
