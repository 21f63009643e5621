//! The table of settings: one row each, and nothing else knows their names.

use std::ffi::{OsStr, OsString};

use clap::Arg;

/// Subcommands that print the report.
const REPORTS: &[&str] = &["analyze", "merge", "render"];

/// The subcommand with gates.
const CANARY: &[&str] = &["canary"];

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// Dotted key in a file.
    pub key: &'static str,
    /// Environment variable.
    pub variable: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// Id of the flag it stands for.
    pub flag: &'static str,
    /// What the flag's value starts with, for a flag that takes `NAME=VALUE`.
    pub item: Option<&'static str>,
    /// Subcommands whose flag follows it; empty = every one that has the flag.
    pub only: &'static [&'static str],
    /// A value as it is written in a file; the default where there is a fixed one.
    pub example: &'static str,
    /// What it is, and what holds when nobody sets it.
    pub about: &'static str,
}

/// What a setting may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// One of the words of its flag.
    Choice,
    /// A whole number within both bounds.
    Integer {
        /// Smallest.
        min: u64,
        /// Largest.
        max: u64,
    },
    /// Whole numbers within both bounds, at least one.
    Integers {
        /// Smallest.
        min: u64,
        /// Largest.
        max: u64,
    },
    /// A number within both bounds.
    Number {
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
    },
    /// A length of time.
    Time,
    /// `true` or `false`.
    Switch,
    /// A path of a file.
    File,
    /// Paths of folders.
    Folders,
}

/// Every setting, in the order in which they are shown; a section's keys stand together.
pub static ALL: [Setting; 27] = [
    Setting {
        key: "format",
        variable: "WHYDOWN_FORMAT",
        kind: Kind::Choice,
        flag: "format",
        item: None,
        only: REPORTS,
        example: "\"text\"",
        about: "form of the report",
    },
    Setting {
        key: "color",
        variable: "WHYDOWN_COLOR",
        kind: Kind::Choice,
        flag: "color",
        item: None,
        only: &[],
        example: "\"auto\"",
        about: "when to colour text; NO_COLOR turns `auto` off",
    },
    Setting {
        key: "width",
        variable: "WHYDOWN_WIDTH",
        kind: Kind::Integer { min: 40, max: 400 },
        flag: "width",
        item: None,
        only: &[],
        example: "100",
        about: "columns of text; otherwise COLUMNS, otherwise 100",
    },
    Setting {
        key: "threads",
        variable: "WHYDOWN_THREADS",
        kind: Kind::Integer { min: 0, max: 1_024 },
        flag: "threads",
        item: None,
        only: &[],
        example: "0",
        about: "worker threads; 0 = all cores",
    },
    Setting {
        key: "fail-on",
        variable: "WHYDOWN_FAIL_ON",
        kind: Kind::Choice,
        flag: "fail_on",
        item: None,
        only: REPORTS,
        example: "\"never\"",
        about: "verdict from which on the exit code is 3",
    },
    Setting {
        key: "strict",
        variable: "WHYDOWN_STRICT",
        kind: Kind::Switch,
        flag: "strict",
        item: None,
        only: REPORTS,
        example: "false",
        about: "exit with code 5 when the export is too incomplete to judge",
    },
    Setting {
        key: "ignore",
        variable: "WHYDOWN_IGNORE",
        kind: Kind::File,
        flag: "ignore",
        item: None,
        only: &[],
        example: "\".whydown-ignore.toml\"",
        about: "findings to suppress; otherwise .whydown-ignore.toml where there is one",
    },
    Setting {
        key: "rules.dirs",
        variable: "WHYDOWN_RULES",
        kind: Kind::Folders,
        flag: "rules",
        item: None,
        only: &[],
        example: "[]",
        about: "folders of signatures beside the built-in ones",
    },
    Setting {
        key: "checks.error-share",
        variable: "WHYDOWN_CHECKS_ERROR_SHARE",
        kind: Kind::Number { min: 0.0, max: 1.0 },
        flag: "check_settings",
        item: Some("error-share"),
        only: &[],
        example: "0.01",
        about: "share of requests that may be answered 5xx",
    },
    Setting {
        key: "checks.start-failure-share",
        variable: "WHYDOWN_CHECKS_START_FAILURE_SHARE",
        kind: Kind::Number { min: 0.0, max: 1.0 },
        flag: "check_settings",
        item: Some("start-failure-share"),
        only: &[],
        example: "0.01",
        about: "share of instance starts that may fail",
    },
    Setting {
        key: "checks.restarts-per-instance-max",
        variable: "WHYDOWN_CHECKS_RESTARTS_PER_INSTANCE_MAX",
        kind: Kind::Number { min: 0.0, max: 1_000.0 },
        flag: "check_settings",
        item: Some("restarts-per-instance-max"),
        only: &[],
        example: "1",
        about: "restarts an hour for each instance must be fewer",
    },
    Setting {
        key: "checks.exit-3-max",
        variable: "WHYDOWN_CHECKS_EXIT_3_MAX",
        kind: Kind::Number { min: 0.0, max: 1_000_000.0 },
        flag: "check_settings",
        item: Some("exit-3-max"),
        only: &[],
        example: "3",
        about: "critical: more exits with code 3 than this within exit-3-seconds",
    },
    Setting {
        key: "checks.exit-3-seconds",
        variable: "WHYDOWN_CHECKS_EXIT_3_SECONDS",
        kind: Kind::Number { min: 1.0, max: 86_400.0 },
        flag: "check_settings",
        item: Some("exit-3-seconds"),
        only: &[],
        example: "300",
        about: "the window of exit-3-max, in seconds",
    },
    Setting {
        key: "checks.restarts-an-hour-max",
        variable: "WHYDOWN_CHECKS_RESTARTS_AN_HOUR_MAX",
        kind: Kind::Number { min: 0.0, max: 1_000_000.0 },
        flag: "check_settings",
        item: Some("restarts-an-hour-max"),
        only: &[],
        example: "3",
        about: "warning: more restarts of a service than this within an hour",
    },
    Setting {
        key: "checks.start-failures-max",
        variable: "WHYDOWN_CHECKS_START_FAILURES_MAX",
        kind: Kind::Number { min: 0.0, max: 1.0 },
        flag: "check_settings",
        item: Some("start-failures-max"),
        only: &[],
        example: "0.05",
        about: "information: a larger share of instance starts failed",
    },
    Setting {
        key: "checks.health-check-failure-share",
        variable: "WHYDOWN_CHECKS_HEALTH_CHECK_FAILURE_SHARE",
        kind: Kind::Number { min: 0.0, max: 1.0 },
        flag: "check_settings",
        item: Some("health-check-failure-share"),
        only: &[],
        example: "0.01",
        about: "share of health checks that may fail",
    },
    Setting {
        key: "checks.startup-seconds-max",
        variable: "WHYDOWN_CHECKS_STARTUP_SECONDS_MAX",
        kind: Kind::Number { min: 0.0, max: 3_600.0 },
        flag: "check_settings",
        item: Some("startup-seconds-max"),
        only: &[],
        example: "45",
        about: "an instance must be ready sooner than this, in seconds",
    },
    Setting {
        key: "digest.keep-facts",
        variable: "WHYDOWN_DIGEST_KEEP_FACTS",
        kind: Kind::Time,
        flag: "keep_facts",
        item: None,
        only: &["digest"],
        example: "\"0s\"",
        about: "how long a digest keeps what it read, for `whydown merge --kept`; 0s = not at all",
    },
    Setting {
        key: "canary.max-error-rate",
        variable: "WHYDOWN_CANARY_MAX_ERROR_RATE",
        kind: Kind::Number { min: 0.000_1, max: 99.0 },
        flag: "max_error_rate",
        item: None,
        only: CANARY,
        example: "1",
        about: "share of requests that may end in 5xx, in per cent",
    },
    Setting {
        key: "canary.max-latency",
        variable: "WHYDOWN_CANARY_MAX_LATENCY",
        kind: Kind::Number { min: 0.1, max: 3_600_000.0 },
        flag: "max_latency",
        item: None,
        only: CANARY,
        example: "500",
        about: "95th percentile of latency must not be above, in milliseconds",
    },
    Setting {
        key: "canary.min-requests",
        variable: "WHYDOWN_CANARY_MIN_REQUESTS",
        kind: Kind::Integer { min: 1, max: 1_000_000_000 },
        flag: "min_requests",
        item: None,
        only: CANARY,
        example: "300",
        about: "fewest requests of the candidate; otherwise 3 / max-error-rate (rule of three)",
    },
    Setting {
        key: "canary.min-baseline-requests",
        variable: "WHYDOWN_CANARY_MIN_BASELINE_REQUESTS",
        kind: Kind::Integer { min: 1, max: 1_000_000_000 },
        flag: "min_baseline_requests",
        item: None,
        only: CANARY,
        example: "30",
        about: "fewest requests of the baseline",
    },
    Setting {
        key: "canary.margin",
        variable: "WHYDOWN_CANARY_MARGIN",
        kind: Kind::Number { min: 0.0, max: 100.0 },
        flag: "margin",
        item: None,
        only: CANARY,
        example: "50",
        about: "the candidate may be worse than the baseline by this share of a limit, in per cent",
    },
    Setting {
        key: "canary.latency-shift",
        variable: "WHYDOWN_CANARY_LATENCY_SHIFT",
        kind: Kind::Number { min: 0.01, max: 1.0 },
        flag: "latency_shift",
        item: None,
        only: CANARY,
        example: "0.33",
        about: "smallest shift of latencies as a whole that counts (Cliff's delta)",
    },
    Setting {
        key: "canary.significance",
        variable: "WHYDOWN_CANARY_SIGNIFICANCE",
        kind: Kind::Number { min: 0.000_001, max: 0.2 },
        flag: "significance",
        item: None,
        only: CANARY,
        example: "0.01",
        about: "a difference is taken for real where its p-value is below this",
    },
    Setting {
        key: "canary.confidence",
        variable: "WHYDOWN_CANARY_CONFIDENCE",
        kind: Kind::Number { min: 50.0, max: 99.99 },
        flag: "confidence",
        item: None,
        only: CANARY,
        example: "95",
        about: "confidence that a limit is kept, in per cent",
    },
    Setting {
        key: "canary.stages",
        variable: "WHYDOWN_CANARY_STAGES",
        kind: Kind::Integers { min: 1, max: 100 },
        flag: "stages",
        item: None,
        only: CANARY,
        example: "[5, 20, 50, 100]",
        about: "shares of traffic on the way to all of it, in per cent",
    },
];

impl Setting {
    /// Whether a flag of a subcommand follows it.
    pub fn feeds(&self, subcommand: &str, arg: &Arg) -> bool {
        arg.get_id() == self.flag && !arg.is_positional() && (self.only.is_empty() || self.only.contains(&subcommand))
    }
}

impl Kind {
    /// A variable's text as values: folders are a list such as `PATH`, numbers stand between commas.
    pub fn split(self, text: &OsStr) -> Vec<OsString> {
        match self {
            Self::Folders => std::env::split_paths(text).map(std::path::PathBuf::into_os_string).collect(),
            Self::Integers { .. } => {
                text.to_string_lossy().split(',').map(|number| OsString::from(number.trim())).collect()
            }
            _ => vec![text.to_owned()],
        }
    }
}
