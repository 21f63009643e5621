//! Limits of the canary's gates: flags, and the section `[canary]` of the settings behind them.

use clap::Args;

use super::settings::{ALL, Kind};
use crate::model::canary::Limits;

/// The arguments that set the gates.
#[derive(Debug, Args)]
#[command(next_help_heading = "Gates")]
pub struct Gates {
    /// Largest share of requests that may end in 5xx, in per cent
    #[arg(long, value_name = "PERCENT", default_value_t = 1.0, value_parser = |text: &str| within("max_error_rate", text, "%"))]
    max_error_rate: f64,
    /// Largest 95th percentile of latency, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 500.0, value_parser = |text: &str| within("max_latency", text, "ms"))]
    max_latency: f64,
    /// Fewest requests of the candidate [default: 3 / max-error-rate, the rule of three]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    min_requests: Option<u64>,
    /// Fewest requests of the baseline
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    min_baseline_requests: u64,
    /// Share of a limit by which the candidate may be worse than the baseline, in per cent
    #[arg(long, value_name = "PERCENT", default_value_t = 50.0, value_parser = |text: &str| within("margin", text, "%"))]
    margin: f64,
    /// Smallest shift of latencies as a whole that counts (Cliff's delta)
    #[arg(long, value_name = "DELTA", default_value_t = 0.33, value_parser = |text: &str| within("latency_shift", text, ""))]
    latency_shift: f64,
    /// A difference is taken for real where its p-value is below this
    #[arg(long, value_name = "P", default_value_t = 0.01, value_parser = |text: &str| within("significance", text, ""))]
    significance: f64,
    /// Confidence that a limit is kept, in per cent
    #[arg(long, value_name = "PERCENT", default_value_t = 95.0, value_parser = |text: &str| within("confidence", text, "%"))]
    confidence: f64,
    /// Shares of traffic on the way to all of it, in per cent
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "5,20,50,100", value_parser = clap::value_parser!(u32).range(1..=100))]
    stages: Vec<u32>,
}

impl Gates {
    /// The same for the pipeline: shares from 0 to 1, stages ascending.
    pub fn limits(&self) -> Limits {
        let mut stages = self.stages.clone();
        stages.sort_unstable();
        stages.dedup();
        Limits {
            error_rate: self.max_error_rate / 100.0,
            latency_p95_ms: self.max_latency,
            min_requests: self.min_requests,
            min_baseline_requests: self.min_baseline_requests,
            margin: self.margin / 100.0,
            latency_shift: self.latency_shift,
            significance: self.significance,
            confidence: self.confidence / 100.0,
            stages,
        }
    }
}

/// Reads a number that may carry its unit. Its bounds are those that the table of settings gives the flag.
fn within(flag: &str, text: &str, unit: &str) -> Result<f64, String> {
    let bare = text.trim();
    let number = if unit.is_empty() { bare } else { bare.strip_suffix(unit).unwrap_or(bare).trim_end() };
    let kind = ALL.iter().find(|setting| setting.flag == flag).map(|setting| setting.kind);
    let (min, max) = if let Some(Kind::Number { min, max }) = kind { (min, max) } else { (0.0, f64::MAX) };
    match number.parse() {
        Ok(value) if (min..=max).contains(&value) => Ok(value),
        _ => Err(format!("{text:?} is no number from {min} to {max}")),
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args, Command, FromArgMatches};

    use super::{ALL, Gates, Kind};
    use crate::model::canary::Limits;

    fn limits(words: &[&str]) -> Result<Limits, String> {
        let words = std::iter::once("gates").chain(words.iter().copied());
        let matches = Gates::augment_args(Command::new("gates")).try_get_matches_from(words);
        let matches = matches.map_err(|error| error.to_string())?;
        Ok(Gates::from_arg_matches(&matches).unwrap().limits())
    }

    #[test]
    fn without_flags_the_gates_are_those_of_the_library_and_of_the_table() {
        assert_eq!(limits(&[]).unwrap(), Limits::default());
        for setting in ALL.iter().filter(|setting| setting.key.starts_with("canary.")) {
            let flag = format!("--{}", setting.flag.replace('_', "-"));
            let example = setting.example.trim_matches(['[', ']']).replace(' ', "");
            let said = limits(&[&flag, &example]).unwrap_or_else(|error| panic!("{}: {error}", setting.key));
            // The fewest requests have no fixed default: the example is what the rule of three makes of the others.
            let usual = Limits { min_requests: said.min_requests, ..Limits::default() };
            assert_eq!(said, usual, "{}", setting.key);
            assert!(said.min_requests.is_none_or(|requests| requests == 300), "{}", setting.key);
        }
    }

    #[test]
    fn every_setting_of_the_gates_moves_its_limit() {
        let settings: Vec<_> = ALL.iter().filter(|setting| setting.key.starts_with("canary.")).collect();
        assert_eq!(settings.len(), Gates::augment_args(Command::new("gates")).get_arguments().count());
        for setting in settings {
            let other = match setting.kind {
                Kind::Number { max, .. } => max.to_string(),
                Kind::Integer { min, .. } => (min + 6).to_string(),
                _ => "7,80".to_owned(),
            };
            let flag = format!("--{}", setting.flag.replace('_', "-"));
            assert_ne!(limits(&[&flag, &other]).unwrap(), Limits::default(), "{}", setting.key);
        }
    }

    #[test]
    fn a_limit_that_cannot_be_is_told_with_its_bounds() {
        for (flag, value, told) in [
            ("--max-error-rate", "0", "0.0001 to 99"),
            ("--max-error-rate", "NaN", "NaN"),
            ("--max-latency", "fast", "\"fast\""),
            ("--significance", "0.5", "0.000001 to 0.2"),
            ("--confidence", "100", "50 to 99.99"),
            ("--latency-shift", "1.5", "to 1"),
            ("--min-requests", "0", "1..=1000000000"),
            ("--stages", "5,101", "1..=100"),
        ] {
            let message = limits(&[flag, value]).unwrap_err();
            assert!(message.contains(told), "{flag} {value}: {message}");
        }
        assert!(limits(&["--max-error-rate", "2 %", "--max-latency", "800ms", "--stages", "50,10,50"]).is_ok());
    }
}
