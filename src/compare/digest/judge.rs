//! What became of one finding since the last digest.

use std::collections::BTreeSet;

use super::memory::{Known, Memory};
use super::{Item, Status};
use crate::compare::findings::Brief;
use crate::compare::judge::{QUIET_SECONDS_MIN, blinding, is_rise};
use crate::model::report::Report;
use crate::model::tally::{Traffic, WindowTally};
use crate::model::time::{NANOS_PER_SECOND, human_duration};
use crate::model::{Occurrences, Timestamp, Verdict};
use crate::stats::rates::{Rate, SIGNIFICANCE, as_f64, chance_of_fall, exposure_needed};

/// Everything that a judgement looks at.
pub(super) struct Scene<'a> {
    /// Before this run.
    old: &'a Memory,
    /// With this run.
    now: &'a Memory,
    /// Past windows that this run changed.
    late: &'a BTreeSet<Timestamp>,
    /// Newest covered moment; `None` while nothing was ever read.
    end: Option<Timestamp>,
    /// Start of the newest windows: those that together cover at least half a window.
    recent: Timestamp,
    /// Why absence proves nothing in this run.
    blind: Option<&'static str>,
    /// Whether this run had nothing to judge by.
    nothing_read: bool,
}

/// A finding after this run.
pub(super) struct Outcome {
    /// What to remember.
    pub known: Known,
    /// What to tell; `None` for what was told to be resolved before.
    pub item: Option<Item>,
}

impl<'a> Scene<'a> {
    pub fn new(old: &'a Memory, now: &'a Memory, report: &Report, late: &'a BTreeSet<Timestamp>) -> Self {
        let end = now.windows.iter().rev().find_map(|(start, window)| {
            let last = window.covered.last()?;
            Some(start.plus(i64::from(last.1) * NANOS_PER_SECOND))
        });
        let mut scene = Self {
            old,
            now,
            late,
            end,
            recent: Timestamp(i64::MIN),
            blind: blinding(report),
            nothing_read: report.export.unique_entries == 0,
        };
        let mut newest = now.windows.keys().rev();
        scene.recent = newest.next().copied().unwrap_or(scene.recent);
        #[allow(clippy::cast_precision_loss, reason = "a window is at most days long")]
        let half = now.window_seconds as f64 / 2.0;
        if scene.covered(scene.recent, Timestamp(i64::MAX)) < half {
            let width = now.window_seconds * NANOS_PER_SECOND;
            // Only the neighbour: what lies behind a hole is not recent.
            scene.recent =
                newest.next().copied().filter(|start| start.plus(width) >= scene.recent).unwrap_or(scene.recent);
        }
        scene
    }

    /// The stretch that "now" means.
    pub fn judged(&self) -> Option<(Timestamp, Timestamp)> {
        let width = self.now.window_seconds * NANOS_PER_SECOND;
        self.end.map(|end| (end.plus(-width), end))
    }

    /// Requests and starts of all services in the newest windows.
    pub fn traffic(&self) -> Traffic {
        let windows = self.now.windows.range(self.recent..).flat_map(|(_, window)| window.services.values());
        windows.fold(Traffic::default(), |sum, one| sum.join(*one, u64::saturating_add))
    }

    /// What became of a finding; `None` where it can be forgotten.
    pub fn judge(&self, fingerprint: &str, known: &Known) -> Option<Outcome> {
        let before = self.old.findings.get(fingerprint);
        let told = before.and_then(|known| known.status);
        let mut known = known.clone();
        let mut seen = self.now.occurred(fingerprint);
        let Some((_, first)) = seen.next() else {
            return self.without_occurrence(known, told);
        };
        let last = seen.next_back().map_or(first, |(_, last)| last);
        known.brief = Brief { first: first.first.min(known.brief.first), last: last.last, ..known.brief };
        let until = before.map_or(last.last, |known| known.brief.last);
        if told == Some(Status::Resolved) && last.last <= until {
            return Some(Outcome { known, item: None });
        }
        let returned = matches!(told, Some(Status::Resolved | Status::Withdrawn));
        let mut item = self.item(fingerprint, &known);
        let active = self.judged().is_none_or(|(from, _)| known.brief.last > from);
        item.returned = returned;
        (item.status, item.why) = match told {
            None | Some(Status::Resolved | Status::Withdrawn) => {
                known.since = if returned { self.window_of(last.first) } else { known.brief.first };
                (Status::New, String::new())
            }
            Some(_) if self.nothing_read => (Status::Quiet, "this run read no entry".to_owned()),
            Some(_) if active && self.is_worse(&item, &known) => {
                known.since = self.recent;
                (Status::Worse, String::new())
            }
            Some(_) if active => (Status::Ongoing, String::new()),
            Some(_) => self.quiet_or_resolved(fingerprint, &known),
        };
        known.status = Some(item.status);
        Some(Outcome { known, item: Some(item) })
    }

    /// A finding that no remembered window shows.
    fn without_occurrence(&self, mut known: Known, told: Option<Status>) -> Option<Outcome> {
        let oldest = self.now.windows.keys().next().copied().unwrap_or(Timestamp(i64::MAX));
        let forgotten = known.brief.last < oldest || matches!(told, Some(Status::Resolved | Status::Withdrawn) | None);
        if forgotten {
            return None;
        }
        known.status = Some(Status::Withdrawn);
        let mut item = Item::blank(known.brief.clone());
        item.status = Status::Withdrawn;
        "a fuller reading of the same time explains its failures otherwise".clone_into(&mut item.why);
        Some(Outcome { known, item: Some(item) })
    }

    /// The figures of a finding, with its status still open.
    fn item(&self, fingerprint: &str, known: &Known) -> Item {
        let mut item = Item::blank(known.brief.clone());
        let since = self.window_of(known.since);
        for (start, occurred) in self.now.occurred(fingerprint) {
            if start >= self.recent {
                item.recent = item.recent.plus(occurred.counts());
            } else if start >= since {
                item.before = item.before.plus(occurred.counts());
            }
            let old = self.old.windows.get(&start).and_then(|window| window.findings.get(fingerprint));
            item.late |= self.late.contains(&start) && old != Some(occurred);
        }
        item.recent_seconds = self.covered(self.recent, Timestamp(i64::MAX));
        item.before_seconds = self.covered(since, self.recent);
        item
    }

    /// More often in covered time, and for the requests that there were.
    fn is_worse(&self, item: &Item, known: &Known) -> bool {
        let since = self.window_of(known.since);
        let requests = |from, to| self.traffic_of(&item.finding.service, from, to).requests;
        let (was, is) = (requests(since, self.recent), requests(self.recent, Timestamp(i64::MAX)));
        let (before, recent) = (item.before, item.recent);
        let in_time = |count: fn(Occurrences) -> u64| {
            let rates = (count(before), count(recent));
            rates.0 > 0 && is_rise(Rate::new(rates.0, item.before_seconds), Rate::new(rates.1, item.recent_seconds))
        };
        let of_requests = || {
            let rates = (Rate::new(before.requests, as_f64(was)), Rate::new(recent.requests, as_f64(is)));
            was == 0 || is == 0 || is_rise(rates.0, rates.1)
        };
        in_time(|all| all.instances) || in_time(|all| all.others) || (in_time(|all| all.requests) && of_requests())
    }

    fn quiet_or_resolved(&self, fingerprint: &str, known: &Known) -> (Status, String) {
        let (first, last) = (self.window_of(known.since), known.brief.last);
        let since = self.now.occurred(fingerprint).filter(|(start, _)| *start >= first);
        let seen = since.fold(Occurrences::default(), |sum, (_, one)| sum.plus(one.counts()));
        // Whole windows with it, and whole windows after it: a burst of a second is not a rate.
        let after = self.window_of(last).plus(self.now.window_seconds * NANOS_PER_SECOND);
        let free = self.covered(after, Timestamp(i64::MAX));
        let time = (Rate::new(seen.most(), self.covered(first, after)), Rate::new(0, free));
        let service = &known.brief.service;
        let (was, is) = (self.traffic_of(service, first, after), self.traffic_of(service, after, Timestamp(i64::MAX)));
        // What failed for another reason had no chance to show this one.
        let (answered, started) = (is.requests.saturating_sub(is.failed), is.starts.saturating_sub(is.crashes));
        let trials = [
            (seen.requests, was.requests, answered, "answered requests"),
            (seen.instances, was.starts, started, "good starts"),
        ];
        let over = |(before, after): (Rate, Rate)| chance_of_fall(before, after) <= SIGNIFICANCE;
        let not_since = format!("not in {} covered since", human_duration(free));
        if let Some(code) = self.blind {
            return (Status::Quiet, format!("{not_since}, but the export may hide it: {code}"));
        }
        if self.fails_unexplained(fingerprint, service) {
            return (Status::Quiet, format!("{not_since}, but {service} fails and nothing says why"));
        }
        if free < QUIET_SECONDS_MIN || !over(time) {
            let needed = exposure_needed(time.0).max(QUIET_SECONDS_MIN);
            return (Status::Quiet, format!("{not_since}; {} are needed", human_duration(needed)));
        }
        let mut told = not_since;
        for (count, was, is, what) in trials.into_iter().filter(|(count, was, ..)| *count > 0 && *was > 0) {
            let before = Rate::new(count, as_f64(was));
            told.push_str(&format!(", not in {is} {what}"));
            if !over((before, Rate::new(0, as_f64(is)))) {
                return (Status::Quiet, format!("{told}; {:.0} are needed", exposure_needed(before).ceil()));
            }
        }
        (Status::Resolved, told)
    }

    /// Whether the service fails now for a reason that nobody knows: it may be this one.
    fn fails_unexplained(&self, fingerprint: &str, service: &str) -> bool {
        self.now.findings.iter().any(|(other, known)| {
            other != fingerprint
                && known.brief.service == *service
                && known.brief.verdict == Verdict::Inconclusive
                && self.now.occurred(other).any(|(start, _)| start >= self.recent)
        })
    }

    /// Requests and starts of one service in the windows from one to before another.
    fn traffic_of(&self, service: &str, from: Timestamp, to: Timestamp) -> Traffic {
        if from >= to {
            return Traffic::default();
        }
        let windows = self.now.windows.range(from..to).filter_map(|(_, window)| window.services.get(service));
        windows.fold(Traffic::default(), |sum, one| sum.join(*one, u64::saturating_add))
    }

    /// Covered seconds of all windows between two moments.
    fn covered(&self, from: Timestamp, to: Timestamp) -> f64 {
        let of = |(start, window): (&Timestamp, &WindowTally)| -> f64 {
            let at = |second: u32| start.plus(i64::from(second) * NANOS_PER_SECOND);
            window
                .covered
                .iter()
                .map(|stretch| (at(stretch.0).max(from), at(stretch.1).min(to)))
                .filter(|(from, to)| from < to)
                .map(|(from, to)| to.seconds_since(from))
                .sum()
        };
        self.now.windows.iter().map(of).sum()
    }

    fn window_of(&self, time: Timestamp) -> Timestamp {
        let width = self.now.window_seconds * NANOS_PER_SECOND;
        Timestamp(time.0.div_euclid(width) * width)
    }
}

impl Item {
    fn blank(finding: Brief) -> Self {
        Self {
            status: Status::New,
            returned: false,
            late: false,
            finding,
            recent: Occurrences::default(),
            recent_seconds: 0.0,
            before: Occurrences::default(),
            before_seconds: 0.0,
            why: String::new(),
        }
    }
}
