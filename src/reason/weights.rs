//! Every weight and threshold of the reasoning, in one table, with its reason.
//!
//! They are functions so that a test can vary each of them ([`varied`]) and see that the first finding of no case hangs on
//! it; in the program they are constants.

#[cfg(test)]
mod tests;
#[cfg(test)]
mod varied;

#[cfg(not(test))]
mod varied {
    //! What is not a test uses the values of the table.

    #[inline]
    pub(super) fn of<T>(_name: usize, value: T) -> T {
        value
    }
}

/// Makes a function of each weight, and a list of their names.
macro_rules! table {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $value:expr;)+) => {
        /// The weights by number.
        #[allow(non_camel_case_types, reason = "named as the functions are")]
        #[derive(Clone, Copy)]
        enum Number { $($name),+ }

        $($(#[$doc])* #[inline] pub fn $name() -> $type { varied::of(Number::$name as usize, $value) })+

        /// Names of the weights, by number.
        #[cfg(test)]
        const NAMES: &[&str] = &[$(stringify!($name)),+];
    };
}

table! {
    /// A finding that explains every failed unit of the files gets this much; a smaller share, less.
    explains_all: f64 = 50.0;

    /// The platform itself names the cause: nothing in the logs is stronger.
    platform_cause: f64 = 25.0;

    /// An exception or a signature of role cause.
    named_cause: f64 = 20.0;

    /// An error-level message that nothing knows.
    unknown_error: f64 = 10.0;

    /// A warning or an informational line that speaks of failure.
    suspect: f64 = 3.0;

    /// Cause and failure on one instance, or in one trace.
    joined_by_instance: f64 = 15.0;

    /// Cause and failure on one revision within the window.
    joined_by_revision: f64 = 7.0;

    /// Seen where something failed and nowhere else.
    specific: f64 = 10.0;

    /// A finding that explains this share of all failures has its whole proof counted; a smaller share, less: one lost
    /// instance of another service, however well proven, is not why most requests failed.
    proof_whole_share: f64 = 0.5;

    /// A line stands beside failed requests by chance if its rate alone makes so many meetings this probable, or more.
    chance_most: f64 = 0.01;

    /// Nor is a line asked for chance unless it was written at this many moments beside none of them.
    moments_elsewhere_min: usize = 3;

    /// A caller's error that names a service is that service's failure if so many of the failed requests hold one of its.
    called_share_min: f64 = 0.8;

    /// Fewer errors of a caller than this say nothing about whom it waits for.
    caller_errors_min: usize = 3;

    /// A caller gives up within this of the failure that it waited for.
    caller_lag_nanos: i64 = 60_000_000_000;

    /// Nor is a caller's silence known unless the callee was well for so many covered minutes.
    caller_minutes_min: u64 = 5;

    /// A caller's finding has at most this share of the score of the service that it waits for.
    caller_share: f64 = 0.5;

    /// Score of a revision that refuses its users: below findings with failed requests, above a pin.
    refusing_score: f64 = 36.0;

    /// Requests that a revision which refuses its users, and the one before it, have to show.
    refused_requests_min: u64 = 20;

    /// Share of requests answered 4xx from which a revision refuses its users.
    refusing_share: f64 = 0.9;

    /// Share up to which the revision before it did not.
    serving_share: f64 = 0.2;

    /// Of the minutes with refused requests, the share in which the line that tells the reason was written.
    refusal_told_share: f64 = 0.5;

    /// Of errors that harmed nothing visible, one that began while the service was watched says more than one that was
    /// always written, whatever the latter is called.
    onset: f64 = 14.0;

    /// An error began if the service was seen for this share of its time before it.
    onset_share: f64 = 0.25;

    /// What is left of the proof of a finding that explains next to nothing of what failed.
    proof_least: f64 = 0.5;

    /// A failed job, build or instance weighs as much as this many failed requests: each of them
    /// can fail many requests, and the request log may be missing.
    unit_weight: f64 = 2.0;

    /// A failed deploy weighs more than a lost instance: an instance is replaced within seconds, and what it cost shows as
    /// failed requests; a change that does not go live stays so until somebody acts.
    deploy_weight: f64 = 4.0;

    /// A finding on the service that holds all failures of the files gets this much, on another one its share: the first
    /// finding is about what failed most, and its proof decides among the findings of one service.
    service_harm: f64 = 40.0;

    /// A lost worker is replaced by its server; what it cost shows as failed requests.
    worker_weight: f64 = 0.1;

    /// Each error that follows a cause moments later speaks for it, up to [`consequences_max`].
    consequence: f64 = 1.0;

    /// See [`consequence`].
    consequences_max: usize = 5;

    /// The line that kills a process is written at most this long before the end that the platform logs.
    death_nanos_max: i64 = 5_000_000_000;

    /// A liveness probe gives up after its tries; what keeps an instance from answering is logged this long before, at most.
    before_kill_nanos: i64 = 120_000_000_000;

    /// Fewer instances than this, stopped by their liveness probe after the same cause, prove no connection.
    killed_alike_min: usize = 2;

    /// A cause is behind the kills of a service where this share of the killed instances logs it before.
    killed_alike_share: f64 = 0.8;

    /// Clocks of container and platform agree within this.
    clock_nanos: i64 = 500_000_000;

    /// An answer and the line that explains it are written within this of each other.
    answer_nanos: i64 = 1_000_000_000;

    /// Lines within this of each other on one instance can be one event told twice.
    same_event_nanos: i64 = 2_000_000_000;

    /// A lost request belongs to its instance's failure within this time of it (real: most within 0.33 s, some
    /// up to 3 s before the server gives up).
    lost_with_instance_nanos: i64 = 5_000_000_000;

    /// A lost request within this time of its instance's failure is counted apart, as the closest join.
    lost_at_once_seconds: f64 = 0.5;

    /// Requests refused while no instance can start fall within this time of a failed start.
    revision_window_nanos: i64 = 60_000_000_000;

    /// Between two failed starts this close together no instance came up: a crash loop backs off up to five minutes.
    between_starts_nanos: i64 = 330_000_000_000;

    /// A change this long before the onset is named as what came before it.
    change_before_onset_nanos: i64 = 600_000_000_000;

    /// A message shorter than this is too general to prove that another text repeats it.
    core_bytes_min: usize = 12;

    /// A cause seen on healthy instances at this share of its rate on failed ones does not explain the failures.
    healthy_share_max: f64 = 0.5;

    /// Nor does one that so many healthy instances show, unless an exact test tells it from chance: a single one may be
    /// about to fail when the files end.
    healthy_shown_min: u64 = 2;

    /// An error written at more moments than this for each failed request (and two more) is mostly written
    /// without one: standing beside a failure proves little then.
    moments_for_each_unit: usize = 2;

    /// Fewer refused callers than this are never told.
    refused_callers_min: u64 = 5;

    /// So many failures that nothing explains, and beside none of which a line stands, reject it.
    rejecting_units_min: usize = 3;

    /// A line that is new just before failures that nothing explains.
    novel: f64 = 3.0;

    /// A line that is new is told from chance at this level, after correction: it is called possible, and a stricter level
    /// ([`crate::stats::ALPHA`]) and more are needed for likely.
    novelty_level: f64 = 0.05;

    /// With fewer minutes of a service before its failures nothing can be called new.
    novelty_minutes_min: usize = 6;

    /// Fewer failures within ten minutes have no onset; and a line in fewer of these minutes is not frequent.
    novelty_units_min: usize = 3;

    /// Lines within this of an instance's first sign belong to its start.
    startup_nanos: i64 = 30_000_000_000;

    /// Lines that were tested and rejected and are told one by one.
    rejected_lines_max: usize = 5;

    /// Findings in one report.
    findings_max: usize = 20;

    /// Score of a pin that keeps a deployment from its traffic: below every finding with a failure, because nobody's request
    /// failed by it.
    pinned_score: f64 = 30.0;

    /// Score of a revision that has traffic and is off: above a pin that does nothing, below failed requests, because some
    /// users reach nothing.
    inactive_score: f64 = 40.0;

    /// Score of runs of a pipeline whose errors are not in the files: below every finding with evidence.
    unread_score: f64 = 10.0;

    /// Conditions of the control plane within this time report one failed deploy.
    one_deploy_nanos: i64 = 5_000_000_000;

    /// Neighbouring lines compared with one line; more are written only by a burst of equal lines.
    neighbours_max: usize = 24;
}
