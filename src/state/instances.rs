//! Instance lives: when each began, whether it served, and how it ended.
//!
//! A crash of one instance is written as an exit, or as a lost request, or as a worker that failed to
//! boot, seldom as all of them (an instance that holds a request writes the 503 and no exit line), so
//! crashes are counted by instance and not by line.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::classify::mark::Mark;
use crate::facts::Settled;
use crate::facts::life::Life;
use crate::facts::row::Row;
use crate::facts::symbols::{EMPTY, Symbol};
use crate::model::{Platform, Stream};

/// An instance answering this long after a lost request did not die with it.
const SURVIVED_NANOS: i64 = 1_000_000_000;

/// Signs of one death are written within this time of each other.
const DEATH_NANOS_MAX: i64 = 15_000_000_000;

/// A server that binds its port before it loads the application fails within this time of its startup probe (real:
/// 3 to 5 s); what is lost to an instance later than that was lost to one that served.
const LOADING_NANOS_MAX: i64 = 10_000_000_000;

/// Fewer failed tries of a probe than this, and no other sign of failure, are a replica that needs a few seconds to
/// listen: a platform that tries every second allows 240 of them (Azure docs: health probes).
const TRIES_MIN: u32 = 10;

/// How an instance ended, as far as the files show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// No sign of an end: it may live on.
    Open,
    /// Stopped on purpose.
    Stopped(i64),
    /// Crashed or never started, at this time.
    Failed(i64),
}

/// One instance.
#[derive(Debug, Clone)]
pub struct InstanceState {
    /// Its id in the facts.
    pub symbol: Symbol,
    /// Revision it ran.
    pub revision: Symbol,
    /// First and last sign, and its requests.
    pub life: Life,
    /// When the platform started it, and for which reason; `None` where the start is not in the files.
    pub started: Option<(i64, String)>,
    /// When its container was started again: a platform that restarts in place has several lives on one instance.
    pub restarts: Vec<i64>,
    /// When its startup probe passed.
    pub probe_passed: Option<i64>,
    /// How it ended.
    pub end: End,
    /// Rows that show its failure, in time order.
    pub failures: Vec<usize>,
    /// Exit code, where the platform printed one.
    pub exit_code: Option<i64>,
    /// Whether it lost requests that reached it well after its startup probe passed: it had started, answered or not.
    pub died_serving: bool,
}

impl InstanceState {
    /// Whether it failed before it served: no request was answered, and none came long after its startup.
    pub fn failed_at_boot(&self) -> bool {
        matches!(self.end, End::Failed(time) if self.life.first_answer > time) && !self.died_serving
    }

    /// Whether it began in these files: the platform says so, its probe passed, or it failed before it served.
    pub fn start_is_seen(&self) -> bool {
        self.started.is_some() || self.probe_passed.is_some() || self.failed_at_boot()
    }

    /// Whether it failed.
    pub fn failed(&self) -> bool {
        matches!(self.end, End::Failed(_))
    }
}

/// The instances of a service, by first sign and id.
pub fn instances(settled: &Settled, service: Symbol, platform: Platform) -> Vec<InstanceState> {
    let mut instances: Vec<InstanceState> =
        settled.instances_of(service).map(|(symbol, life)| InstanceState::new(symbol, life)).collect();
    let places: HashMap<Symbol, usize, FixedState> =
        instances.iter().enumerate().map(|(place, instance)| (instance.symbol, place)).collect();
    for (index, row) in settled.rows_of_classes(service, |class| class.mark != Mark::None) {
        if let Some(place) = places.get(&row.instance).filter(|_| row.instance != EMPTY) {
            instances[*place].take(settled, index, row, platform);
        }
    }
    let ready = ready_times(settled, service);
    for instance in &mut instances {
        instance.forget_tries(settled, ready.get(&instance.revision).copied());
        instance.conclude(settled);
    }
    instances.sort_by(|a, b| (a.life.first, settled.text(a.symbol)).cmp(&(b.life.first, settled.text(b.symbol))));
    instances
}

/// When each revision was last called ready.
fn ready_times(settled: &Settled, service: Symbol) -> HashMap<Symbol, i64, FixedState> {
    let ready = settled.rows_of_classes(service, |class| class.mark == Mark::BecameReady);
    ready.map(|(_, row)| (row.revision, row.time)).collect()
}

impl InstanceState {
    fn new(symbol: Symbol, life: &Life) -> Self {
        Self {
            symbol,
            revision: life.revision,
            life: life.clone(),
            started: None,
            restarts: Vec::new(),
            probe_passed: None,
            end: End::Open,
            failures: Vec::new(),
            exit_code: None,
            died_serving: false,
        }
    }

    fn take(&mut self, settled: &Settled, index: usize, row: &Row, platform: Platform) {
        let class = settled.class(row);
        match class.mark {
            Mark::InstanceStarted => {
                if self.started.is_some() {
                    self.restarts.push(row.time);
                }
                self.started.get_or_insert_with(|| (row.time, class.capture("reason").to_owned()));
            }
            Mark::ProbePassed => {
                self.probe_passed.get_or_insert(row.time);
            }
            Mark::InstanceStopped => self.end = End::Stopped(row.time),
            Mark::ContainerExited => {
                let code = class.capture("code").parse::<i64>().ok();
                if is_failure(code, platform, self.end) {
                    self.failures.push(index);
                    self.exit_code = self.exit_code.or(code);
                } else if self.end == End::Open {
                    self.end = End::Stopped(row.time);
                }
            }
            Mark::InstanceCrashed
            | Mark::BootFailed
            | Mark::ProbeFailed
            | Mark::ProbeTried
            | Mark::ProbeKilled
            | Mark::RequestLost => self.failures.push(index),
            _ => {}
        }
    }

    /// Tries of a probe are no failure where the revision became ready after them, or where they were few and nothing
    /// else failed.
    fn forget_tries(&mut self, settled: &Settled, ready: Option<i64>) {
        let is_try = |index: usize| settled.class(&settled.rows[index]).mark == Mark::ProbeTried;
        self.failures.retain(|index| !is_try(*index) || ready.is_none_or(|ready| settled.time(*index) > ready));
        let tries: u32 = self.failures.iter().map(|index| settled.rows[*index].repeats).fold(0, u32::saturating_add);
        if tries < TRIES_MIN && self.failures.iter().all(|index| is_try(*index)) {
            self.failures.clear();
        }
    }

    /// Decides how it ended: the last group of failure signs, unless it went on answering afterwards.
    fn conclude(&mut self, settled: &Settled) {
        let last_answer = self.life.last_answer;
        self.failures.retain(|index| {
            let row = &settled.rows[*index];
            settled.class(row).mark != Mark::RequestLost || last_answer < row.time.saturating_add(SURVIVED_NANOS)
        });
        let mark_of = |index: &usize| settled.class(&settled.rows[*index]).mark;
        self.died_serving = !self.failures.iter().any(|index| mark_of(index) == Mark::BootFailed)
            && self.probe_passed.is_some_and(|passed| {
                let mut lost = self.failures.iter().filter(|index| mark_of(index) == Mark::RequestLost);
                lost.any(|index| settled.rows[*index].written - passed > LOADING_NANOS_MAX)
            });
        // A lost request ends a little before or after its instance; the platform's or the server's own line is the end.
        let is_request = |index: &&usize| settled.rows[**index].stream == Stream::Requests;
        let own: Vec<i64> =
            self.failures.iter().filter(|index| !is_request(index)).map(|index| settled.time(*index)).collect();
        let signs = if own.is_empty() { self.failures.iter().map(|index| settled.time(*index)).collect() } else { own };
        let Some(last) = signs.last().copied() else { return };
        if let End::Stopped(stopped) = self.end
            && stopped < last - DEATH_NANOS_MAX
        {
            return;
        }
        self.end = End::Failed(first_of_last_group(&signs).unwrap_or(last));
    }
}

/// When a death began: the first of the signs that belong to the last one.
pub fn first_of_last_group(signs: &[i64]) -> Option<i64> {
    let last = signs.last()?;
    signs.iter().copied().rev().take_while(|time| last - time <= DEATH_NANOS_MAX).last()
}

/// Exit 143 is an unhandled SIGTERM, normal on scale-down. Exit 0 ends a job well, and a service's
/// instance that was told to stop; a service's process that ends by itself is a lost instance.
pub fn is_failure(code: Option<i64>, platform: Platform, end: End) -> bool {
    match code {
        Some(143) => false,
        Some(0) => platform == Platform::CloudRun && end == End::Open,
        _ => true,
    }
}
