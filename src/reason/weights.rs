//! Every weight and threshold of the reasoning, in one place, with its reason.

/// A finding that explains every failed unit of the files gets this much; a smaller share, less.
pub const EXPLAINS_ALL: f64 = 50.0;

/// The platform itself names the cause: nothing in the logs is stronger.
pub const PLATFORM_CAUSE: f64 = 25.0;

/// An exception or a signature of role cause.
pub const NAMED_CAUSE: f64 = 20.0;

/// An error-level message that nothing knows.
pub const UNKNOWN_ERROR: f64 = 10.0;

/// A warning or an informational line that speaks of failure.
pub const SUSPECT: f64 = 3.0;

/// Cause and failure on one instance, or in one trace.
pub const JOINED_BY_INSTANCE: f64 = 15.0;

/// Cause and failure on one revision within the window.
pub const JOINED_BY_REVISION: f64 = 7.0;

/// Seen where something failed and nowhere else.
pub const SPECIFIC: f64 = 10.0;

/// A finding that explains this share of all failures has its whole proof counted; a smaller share, less: one lost
/// instance of another service, however well proven, is not why most requests failed.
pub const PROOF_WHOLE_SHARE: f64 = 0.5;

/// A line stands beside failed requests by chance if its rate alone makes so many meetings this probable, or more.
pub const CHANCE_MOST: f64 = 0.01;

/// Nor is a line asked for chance unless it was written at this many moments beside none of them.
pub const MOMENTS_ELSEWHERE_MIN: usize = 3;

/// A caller's error that names a service is that service's failure if so many of the failed requests hold one of its.
pub const CALLED_SHARE_MIN: f64 = 0.8;

/// Fewer errors of a caller than this say nothing about whom it waits for.
pub const CALLER_ERRORS_MIN: usize = 3;

/// A caller gives up within this of the failure that it waited for, in minutes.
pub const CALLER_LAG_MINUTES: i64 = 1;

/// Nor is a caller's silence known unless the callee was well for so many covered minutes.
pub const CALLER_MINUTES_MIN: u64 = 5;

/// A caller's finding has at most this share of the score of the service that it waits for.
pub const CALLER_SHARE: f64 = 0.5;

/// Score of a revision that refuses its users: below findings with failed requests, above a pin.
pub const REFUSING_SCORE: f64 = 36.0;

/// Requests that a revision which refuses its users, and the one before it, have to show.
pub const REFUSED_REQUESTS_MIN: u64 = 20;

/// Share of requests answered 4xx from which a revision refuses its users.
pub const REFUSING_SHARE: f64 = 0.9;

/// Share up to which the revision before it did not.
pub const SERVING_SHARE: f64 = 0.2;

/// Of the minutes with refused requests, the share in which the line that tells the reason was written.
pub const REFUSAL_TOLD_SHARE: f64 = 0.5;

/// What is left of the proof of a finding that explains next to nothing of what failed.
pub const PROOF_LEAST: f64 = 0.5;

/// A failed job, build or instance weighs as much as this many failed requests: each of them
/// can fail many requests, and the request log may be missing.
pub const UNIT_WEIGHT: f64 = 2.0;

/// A failed deploy weighs more than a lost instance: an instance is replaced within seconds, and what it cost shows as
/// failed requests; a change that does not go live stays so until somebody acts.
pub const DEPLOY_WEIGHT: f64 = 4.0;

/// A finding on the service that holds all failures of the files gets this much, on another one its share: the first
/// finding is about what failed most, and its proof decides among the findings of one service.
pub const SERVICE_HARM: f64 = 40.0;

/// A lost worker is replaced by its server; what it cost shows as failed requests.
pub const WORKER_WEIGHT: f64 = 0.1;

/// Each error that follows a cause moments later speaks for it, up to [`CONSEQUENCES_MAX`].
pub const CONSEQUENCE: f64 = 1.0;

/// See [`CONSEQUENCE`].
pub const CONSEQUENCES_MAX: usize = 5;

/// The line that kills a process is written at most this long before the end that the platform logs.
pub const DEATH_NANOS_MAX: i64 = 5_000_000_000;

/// A liveness probe gives up after its tries; what keeps an instance from answering is logged this long before, at most.
pub const BEFORE_KILL_NANOS: i64 = 120_000_000_000;

/// Fewer instances than this, stopped by their liveness probe after the same cause, prove no connection.
pub const KILLED_ALIKE_MIN: usize = 2;

/// A cause is behind the kills of a service where this share of the killed instances logs it before.
pub const KILLED_ALIKE_SHARE: f64 = 0.8;

/// Clocks of container and platform agree within this.
pub const CLOCK_NANOS: i64 = 500_000_000;

/// An answer and the line that explains it are written within this of each other.
pub const ANSWER_NANOS: i64 = 1_000_000_000;

/// Lines within this of each other on one instance can be one event told twice.
pub const SAME_EVENT_NANOS: i64 = 2_000_000_000;

/// A lost request belongs to its instance's failure within this time of it (real: most within 0.33 s, some
/// up to 3 s before the server gives up).
pub const LOST_WITH_INSTANCE_NANOS: i64 = 5_000_000_000;

/// A lost request within this time of its instance's failure is counted apart, as the closest join.
pub const LOST_AT_ONCE_SECONDS: f64 = 0.5;

/// Requests refused while no instance can start fall within this time of a failed start.
pub const REVISION_WINDOW_NANOS: i64 = 60_000_000_000;

/// Between two failed starts this close together no instance came up: a crash loop backs off up to five minutes.
pub const BETWEEN_STARTS_NANOS: i64 = 330_000_000_000;

/// A change this long before the onset is named as what came before it.
pub const CHANGE_BEFORE_ONSET_NANOS: i64 = 600_000_000_000;

/// A message shorter than this is too general to prove that another text repeats it.
pub const CORE_BYTES_MIN: usize = 12;

/// A cause seen on healthy instances at this share of its rate on failed ones does not explain the failures.
pub const HEALTHY_SHARE_MAX: f64 = 0.5;

/// Nor does one that so many healthy instances show, unless an exact test tells it from chance: a single one may be
/// about to fail when the files end.
pub const HEALTHY_SHOWN_MIN: u64 = 2;

/// An error written at more moments than this for each failed request (and two more) is mostly written
/// without one: standing beside a failure proves little then.
pub const MOMENTS_FOR_EACH_UNIT: usize = 2;

/// Fewer refused callers than this are never told.
pub const REFUSED_CALLERS_MIN: u64 = 5;

/// So many failures that nothing explains, and beside none of which a line stands, reject it.
pub const REJECTING_UNITS_MIN: usize = 3;

/// A line that is new just before failures that nothing explains.
pub const NOVEL: f64 = 3.0;

/// A line that is new is told from chance at this level, after correction: it is called possible, and a stricter level
/// ([`crate::stats::ALPHA`]) and more are needed for likely.
pub const NOVELTY_LEVEL: f64 = 0.05;

/// With fewer minutes of a service before its failures nothing can be called new.
pub const NOVELTY_MINUTES_MIN: usize = 6;

/// Fewer failures within ten minutes have no onset; and a line in fewer of these minutes is not frequent.
pub const NOVELTY_UNITS_MIN: usize = 3;

/// Lines within this of an instance's first sign belong to its start.
pub const STARTUP_NANOS: i64 = 30_000_000_000;

/// Lines that were tested and rejected and are told one by one.
pub const REJECTED_LINES_MAX: usize = 5;

/// Findings in one report.
pub const FINDINGS_MAX: usize = 20;
