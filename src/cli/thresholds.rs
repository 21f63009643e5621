//! Limits of the checks, typed one by one as `--check NAME=N` or written in the section `[checks]` of the settings.

use clap::Args;

use super::nearest::or_nearest;
use super::settings::{ALL, Kind};
use crate::report::checks::Thresholds;

/// The arguments of every subcommand that checks an export.
#[derive(Debug, Args)]
pub struct Checks {
    /// Another limit for one check, such as error-share=0.02 (`whydown config show` lists them); may be repeated
    #[arg(long = "check", value_name = "NAME=N", value_parser = limit)]
    typed: Vec<Limit>,
    /// What the settings say; apart, so that one typed limit does not take back the others
    #[arg(long, hide = true, value_parser = limit)]
    check_settings: Vec<Limit>,
}

#[derive(Debug, Clone)]
struct Limit {
    set: Set,
    value: f64,
}

type Set = fn(&mut Thresholds, f64);

/// The limits by the names that the table of settings gives them.
const LIMITS: [(&str, Set); 9] = [
    ("error-share", |thresholds, value| thresholds.error_share = value),
    ("start-failure-share", |thresholds, value| thresholds.start_failure_share = value),
    ("restarts-per-instance-max", |thresholds, value| thresholds.restarts_per_instance_max = value),
    ("exit-3-max", |thresholds, value| thresholds.exit_3_max = whole(value)),
    ("exit-3-seconds", |thresholds, value| thresholds.exit_3_seconds = whole(value).cast_signed()),
    ("restarts-an-hour-max", |thresholds, value| thresholds.restarts_an_hour_max = whole(value)),
    ("start-failures-max", |thresholds, value| thresholds.start_failures_max = value),
    ("health-check-failure-share", |thresholds, value| thresholds.health_check_failure_share = value),
    ("startup-seconds-max", |thresholds, value| thresholds.startup_seconds_max = value),
];

/// Counts and seconds are whole; the table of settings bounds them.
fn whole(value: f64) -> u64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and a million")]
    let whole = value.round() as u64;
    whole
}

impl Checks {
    /// The limits in force: defaults, then settings, then what was typed.
    pub fn thresholds(&self) -> Thresholds {
        let mut thresholds = Thresholds::default();
        for limit in self.check_settings.iter().chain(&self.typed) {
            (limit.set)(&mut thresholds, limit.value);
        }
        thresholds
    }
}

/// Reads `NAME=N`; the message names the value and what would do.
fn limit(text: &str) -> Result<Limit, String> {
    let (typed, number) = text.split_once('=').ok_or("write NAME=N, such as error-share=0.02")?;
    let Some((name, set)) = LIMITS.into_iter().find(|(name, _)| *name == typed) else {
        let known = || LIMITS.into_iter().map(|(name, _)| name);
        let listed = format!("the limits are {}", known().collect::<Vec<_>>().join(", "));
        return Err(format!("there is no limit `{typed}`; {}", or_nearest(typed, known(), &listed)));
    };
    let kind = ALL.iter().find(|setting| setting.item == Some(name)).map(|setting| setting.kind);
    let (min, max) = if let Some(Kind::Number { min, max }) = kind { (min, max) } else { (0.0, f64::MAX) };
    match number.parse() {
        Ok(value) if (min..=max).contains(&value) => Ok(Limit { set, value }),
        _ => Err(format!("`{number}` is no number from {min} to {max}")),
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, Checks, Kind, LIMITS, Thresholds, limit};

    #[test]
    fn every_limit_of_the_table_moves_its_threshold() {
        let limits: Vec<&str> = ALL.iter().filter_map(|setting| setting.item).collect();
        assert_eq!(limits, LIMITS.map(|(name, _)| name));
        for name in limits {
            let kind = ALL.iter().find(|setting| setting.item == Some(name)).map(|setting| setting.kind);
            let Some(Kind::Number { min, max }) = kind else { panic!("{name} is no number") };
            let text = format!("{name}={}", (min + 0.5).min(max));
            let checks = Checks { typed: vec![limit(&text).unwrap()], check_settings: vec![] };
            assert_ne!(checks.thresholds(), Thresholds::default(), "{name}");
        }
    }

    #[test]
    fn the_default_of_the_table_is_the_default_of_the_check() {
        for setting in ALL.iter().filter(|setting| setting.item.is_some()) {
            let text = format!("{}={}", setting.item.unwrap(), setting.example);
            let checks = Checks { typed: vec![], check_settings: vec![limit(&text).unwrap()] };
            assert_eq!(checks.thresholds(), Thresholds::default(), "{}", setting.key);
        }
    }

    #[test]
    fn what_is_typed_beats_the_settings_one_by_one() {
        let checks = Checks {
            typed: vec![limit("error-share=0.5").unwrap()],
            check_settings: vec![limit("error-share=0.2").unwrap(), limit("start-failure-share=0.3").unwrap()],
        };
        let thresholds = checks.thresholds();
        assert!((thresholds.error_share - 0.5).abs() < 1e-9 && (thresholds.start_failure_share - 0.3).abs() < 1e-9);
    }

    #[test]
    fn a_limit_that_cannot_be_is_told_with_a_remedy() {
        assert!(limit("error-shar=1").unwrap_err().contains("did you mean `error-share`"));
        assert!(limit("error-share=2").unwrap_err().contains("from 0 to 1"));
        assert!(limit("error-share=NaN").unwrap_err().contains("NaN"));
        assert!(limit("error-share").unwrap_err().contains("NAME=N"));
    }
}
