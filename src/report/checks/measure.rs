//! What the checks count, for one service.

use crate::classify::Classified;
use crate::classify::mark::Mark;
use crate::facts::Settled;
use crate::facts::row::Row;
use crate::facts::symbols::EMPTY;
use crate::model::time::NANOS_PER_SECOND;
use crate::model::{Stream, Timestamp};
use crate::state::ServiceState;
use crate::state::alive::most_at_once;
use crate::state::coverage::Coverage;
use crate::state::instances::{End, InstanceState};

/// One service with what it is measured by.
pub(super) struct Measures<'a> {
    pub settled: &'a Settled,
    pub coverage: &'a Coverage,
    pub service: &'a ServiceState,
}

/// The most events within a stretch of time, and when it began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Burst {
    pub count: u64,
    pub from: i64,
}

impl<'a> Measures<'a> {
    fn rows(&self, is_wanted: impl Fn(&Classified) -> bool) -> impl Iterator<Item = &'a Row> {
        self.settled.rows_of_classes(self.service.symbol, is_wanted).map(|(_, row)| row)
    }

    /// Times of exits with this code; an aggregated row counts as often as it stands for.
    pub fn exits(&self, code: &str) -> Vec<i64> {
        self.rows(|class| class.mark == Mark::ContainerExited && class.capture("code") == code)
            .flat_map(|row| std::iter::repeat_n(row.time, row.repeats as usize))
            .collect()
    }

    /// Times at which an instance was lost, each of which makes the platform start another.
    pub fn restarts(&self) -> Vec<i64> {
        let lives = self.service.instances.iter().filter_map(|instance| match instance.end {
            End::Failed(time) => Some(time),
            _ => None,
        });
        let nameless = self
            .rows(|class| class.mark.ends_instance())
            .filter(|row| row.instance == EMPTY && row.execution == EMPTY)
            .flat_map(|row| std::iter::repeat_n(row.time, row.repeats as usize));
        let mut times: Vec<i64> = lives.chain(nameless).collect();
        times.sort_unstable();
        times
    }

    /// Instance starts seen, and how many of these failed before they served.
    pub fn starts(&self) -> (u64, u64) {
        let all = self.service.instances.iter().filter(|instance| instance.start_is_seen());
        (all.clone().count() as u64, all.filter(|instance| instance.failed_at_boot()).count() as u64)
    }

    /// Seconds from start to ready of each instance that shows both.
    pub fn startup_seconds(&self) -> Vec<f64> {
        let ready = |instance: &InstanceState| {
            let answer = Some(instance.life.first_answer).filter(|time| *time != i64::MAX);
            instance.probe_passed.into_iter().chain(answer).min()
        };
        self.service
            .instances
            .iter()
            .filter_map(|instance| Some((instance.started.as_ref()?.0, ready(instance)?)))
            .filter(|(start, ready)| ready >= start)
            .map(|(start, ready)| Timestamp(ready).seconds_since(Timestamp(start)))
            .collect()
    }

    /// Most instances alive at once, from their first to their last sign.
    pub fn instances_at_once(&self) -> u64 {
        most_at_once(self.service)
    }

    /// Requests, those answered 503, those answered 5xx, health checks, failed health checks.
    pub fn requests(&self) -> [u64; 5] {
        let mut sums = [0; 5];
        for (_, health) in self.settled.facts.health.iter().filter(|((service, _), _)| *service == self.service.symbol)
        {
            sums[0] += health.requests;
            sums[2] += health.errors_5xx;
            sums[3] += health.health_checks;
            sums[4] += health.health_checks_failed;
        }
        let requests = self.settled.numbers_of(self.service.symbol);
        let requests = requests.filter(|row| self.settled.stream(*row) == Stream::Requests);
        sums[1] = requests.filter(|row| self.settled.rows[*row].status == 503).count() as u64;
        sums
    }

    /// Hours of covered time.
    pub fn hours(&self) -> f64 {
        self.coverage.covered_seconds() / 3_600.0
    }
}

/// The most of these times (ascending) within `seconds`.
pub(super) fn burst(times: &[i64], seconds: i64) -> Burst {
    let mut most = Burst::default();
    let mut from = 0;
    for (to, time) in times.iter().enumerate() {
        while time - times[from] > seconds * NANOS_PER_SECOND {
            from += 1;
        }
        let count = (to - from + 1) as u64;
        if count > most.count {
            most = Burst { count, from: times[from] };
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::{Burst, burst};

    #[test]
    fn a_burst_is_found_wherever_the_clock_stands() {
        let second = 1_000_000_000;
        let times: Vec<i64> = [0, 290, 295, 299, 305, 900].iter().map(|s| s * second).collect();
        assert_eq!(burst(&times, 300), Burst { count: 4, from: 0 });
        assert_eq!(burst(&times, 10), Burst { count: 3, from: 290 * second });
        assert_eq!(burst(&[], 10), Burst::default());
    }
}
