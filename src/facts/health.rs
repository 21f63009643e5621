//! Requests of one revision: counts by outcome and a latency histogram that merges exactly.

use serde::{Deserialize, Serialize};

use super::slots::{Outcome, Slots};
use crate::classify::Caller;

/// Buckets grow by 4 % each, so a percentile is right within 2 %.
const GROWTH: f64 = 1.04;

/// Latencies below this are one bucket.
const SMALLEST_MS: f64 = 0.1;

/// 0.1 ms · 1.04^447 is more than an hour, the longest request Cloud Run allows.
const BUCKETS: usize = 448;

/// Counts of requests by outcome, with latencies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Request entries.
    pub requests: u64,
    /// Answered below 400.
    pub succeeded: u64,
    /// Answered 4xx.
    pub client_errors: u64,
    /// Answered 5xx by the application (no platform text).
    pub errors_app: u64,
    /// Failed by the platform (platform text on the entry, 5xx or 429).
    pub errors_platform: u64,
    /// Of all of these, status 5xx.
    pub errors_5xx: u64,
    /// Of all of these, calls of a health checker or a health path.
    pub health_checks: u64,
    /// Of these, failed.
    pub health_checks_failed: u64,
    /// First and last arrival, nanoseconds since the epoch.
    pub first: i64,
    /// See `first`.
    pub last: i64,
    /// Last answer below 400: proof of health, and when.
    pub last_success: i64,
    /// Requests of users by slot of time.
    pub slots: Slots,
    buckets: Vec<u32>,
    timed: u64,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            requests: 0,
            succeeded: 0,
            client_errors: 0,
            errors_app: 0,
            errors_platform: 0,
            errors_5xx: 0,
            health_checks: 0,
            health_checks_failed: 0,
            first: i64::MAX,
            last: i64::MIN,
            last_success: i64::MIN,
            slots: Slots::default(),
            buckets: Vec::new(),
            timed: 0,
        }
    }
}

impl Health {
    /// Counts one request.
    pub fn add(&mut self, arrival: i64, status: u16, platform_text: bool, latency_nanos: Option<i64>, caller: Caller) {
        let bucket = latency_bucket(latency_nanos);
        self.slots.add(arrival, outcome(status, platform_text, bucket, caller != Caller::User));
        self.requests += 1;
        self.first = self.first.min(arrival);
        self.last = self.last.max(arrival);
        match status {
            _ if platform_text && (status >= 500 || status == 429) => self.errors_platform += 1,
            500.. => self.errors_app += 1,
            400..500 => self.client_errors += 1,
            1..400 => {
                self.succeeded += 1;
                self.last_success = self.last_success.max(arrival);
            }
            0 => {}
        }
        self.errors_5xx += u64::from(status >= 500);
        if let Some(bucket) = bucket {
            if self.buckets.is_empty() {
                self.buckets = vec![0; BUCKETS];
            }
            self.buckets[usize::from(bucket)] += 1;
            self.timed += 1;
        }
    }

    /// Counts a request that was added as a health check, too.
    pub fn add_health_check(&mut self, failed: bool) {
        self.health_checks += 1;
        self.health_checks_failed += u64::from(failed);
    }

    /// Adds the counts of another part of the same revision's requests.
    pub fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        self.succeeded += other.succeeded;
        self.client_errors += other.client_errors;
        self.errors_app += other.errors_app;
        self.errors_platform += other.errors_platform;
        self.errors_5xx += other.errors_5xx;
        self.health_checks += other.health_checks;
        self.health_checks_failed += other.health_checks_failed;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.last_success = self.last_success.max(other.last_success);
        self.timed += other.timed;
        self.slots.merge(&other.slots);
        if self.buckets.is_empty() {
            self.buckets.clone_from(&other.buckets);
        } else {
            for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
                *mine = mine.saturating_add(*theirs);
            }
        }
    }

    /// Takes back `times` requests that [`Health::add`] counted; `bucket` is that of their latency. First and last
    /// stay, because a copy of each request stays counted.
    pub(super) fn take_back(&mut self, status: u16, platform_text: bool, bucket: Option<u16>, times: u64) {
        let mut uncounted = 0;
        let count = match status {
            _ if platform_text && (status >= 500 || status == 429) => &mut self.errors_platform,
            500.. => &mut self.errors_app,
            400..500 => &mut self.client_errors,
            1..400 => &mut self.succeeded,
            0 => &mut uncounted,
        };
        *count = count.saturating_sub(times);
        self.requests = self.requests.saturating_sub(times);
        if status >= 500 {
            self.errors_5xx = self.errors_5xx.saturating_sub(times);
        }
        if let Some(count) = bucket.and_then(|bucket| self.buckets.get_mut(usize::from(bucket))) {
            *count = count.saturating_sub(u32::try_from(times).unwrap_or(u32::MAX));
            self.timed = self.timed.saturating_sub(times);
        }
    }

    /// Takes back `times` health checks.
    pub(super) fn take_back_health_check(&mut self, failed: bool, times: u64) {
        self.health_checks = self.health_checks.saturating_sub(times);
        if failed {
            self.health_checks_failed = self.health_checks_failed.saturating_sub(times);
        }
    }

    /// Whether the histogram has the buckets of this version, or none, and no count is above `count_max`.
    pub(super) fn is_sound(&self, count_max: u64) -> bool {
        let outcomes = [self.succeeded, self.client_errors, self.errors_app, self.errors_platform, self.errors_5xx];
        (self.buckets.is_empty() || self.buckets.len() == BUCKETS)
            && self.slots.is_sound(count_max, u16::try_from(BUCKETS).unwrap_or(u16::MAX))
            && outcomes
                .into_iter()
                .chain([self.requests, self.timed, self.health_checks, self.health_checks_failed])
                .all(|count| count <= count_max)
    }

    /// Latency that the given share of requests stayed below, in milliseconds; `None` without latencies.
    pub fn latency_ms(&self, share: f64) -> Option<f64> {
        if self.timed == 0 {
            return None;
        }
        #[allow(clippy::cast_precision_loss, reason = "counts of requests are far below 2^52")]
        let wanted = (share * self.timed as f64).max(1.0);
        let mut passed = 0.0;
        for (index, count) in self.buckets.iter().enumerate() {
            passed += f64::from(*count);
            if passed >= wanted {
                return Some(bucket_ms(index));
            }
        }
        None
    }
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the result is clamped to the table"
)]
fn bucket_of(nanos: i64) -> u16 {
    let steps = ((nanos as f64 / 1e6) / SMALLEST_MS).ln() / GROWTH.ln();
    steps.max(0.0).min((BUCKETS - 1) as f64) as u16
}

/// Bucket of a latency that was told.
pub(super) fn latency_bucket(nanos: Option<i64>) -> Option<u16> {
    nanos.filter(|nanos| *nanos > 0).map(bucket_of)
}

/// What a request is in a comparison; `aside` where it was not a user's. How long a switch of protocols was kept open says nothing about speed.
pub(super) fn outcome(status: u16, platform_text: bool, bucket: Option<u16>, aside: bool) -> Outcome {
    match status {
        _ if aside => Outcome::SetAside,
        429 if platform_text => Outcome::Refused,
        500.. if platform_text => Outcome::ErrorPlatform,
        500.. => Outcome::ErrorApp,
        400..500 => Outcome::ClientError,
        200..400 => Outcome::Succeeded(bucket),
        _ => Outcome::Unknown,
    }
}

/// Middle of a latency bucket in milliseconds, rounded to three significant digits so that it prints the same everywhere.
pub fn bucket_ms(index: usize) -> f64 {
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_wrap,
        clippy::cast_possible_truncation,
        reason = "index < 448"
    )]
    let value = SMALLEST_MS * GROWTH.powf(index as f64 + 0.5);
    let digits = 10f64.powf(2.0 - value.log10().floor());
    (value * digits).round() / digits
}

#[cfg(test)]
mod tests {
    use super::Health;
    use crate::classify::Caller::User;

    #[test]
    fn percentiles_are_right_within_two_percent() {
        let mut health = Health::default();
        for ms in 1..=1_000 {
            health.add(ms, 200, false, Some(ms * 1_000_000), User);
        }
        for (share, expected) in [(0.5, 500.0), (0.95, 950.0), (0.99, 990.0)] {
            let seen = health.latency_ms(share).unwrap();
            assert!((seen - expected).abs() / expected < 0.03, "{share}: {seen}");
        }
    }

    #[test]
    fn merging_parts_gives_the_whole() {
        let (mut whole, mut left, mut right) = (Health::default(), Health::default(), Health::default());
        for i in 0..100u16 {
            let (status, nanos) = (if i % 10 == 0 { 503 } else { 200 }, i64::from(i) * 1_000_000);
            whole.add(nanos, status, i % 20 == 0, Some(nanos), User);
            if i % 3 == 0 { &mut left } else { &mut right }.add(nanos, status, i % 20 == 0, Some(nanos), User);
        }
        left.merge(&right);
        assert_eq!(left, whole);
    }
}
