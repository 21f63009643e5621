//! Does the candidate fail more requests than the baseline in the same window? Application and platform apart.

use super::{Case, counted, open, percent};
use crate::model::canary::{CanaryVerdict, Gate, GateStatus};
use crate::reason::canary::compare::Shares;
use crate::stats::p_text;

/// 5xx that the application answered.
pub(super) fn application(case: &Case<'_>) -> Gate {
    gate(case, "application-errors", case.comparison.errors_app.as_ref())
}

/// 5xx that the platform answered for it: lost instances, failed starts, time limits.
pub(super) fn platform(case: &Case<'_>) -> Gate {
    gate(case, "platform-errors", case.comparison.errors_platform.as_ref())
}

fn gate(case: &Case<'_>, name: &str, shares: Option<&Shares>) -> Gate {
    let margin = case.margin();
    let points_of_margin = percent(margin);
    let needed = format!(
        "not more than the baseline, by {} points or more, at p < {}",
        points_of_margin.trim_end_matches(" %"),
        case.limits.significance
    );
    let Some(shares) = shares else {
        let mut gate = open(name, needed, "nothing to compare".to_owned());
        gate.why = if case.pair.aligned {
            "one of the two answered no request in the window".to_owned()
        } else {
            "the two did not serve in the same window".to_owned()
        };
        return gate;
    };
    let actual = format!("{} against {}", counted(shares.candidate), counted(shares.baseline));
    let mut gate = open(name, needed, actual);
    (gate.needed_value, gate.actual_value) = (Some(margin), Some(shares.difference.value));
    gate.test = Some(shares.test());
    let numbers = format!(
        "difference {} points (95 % interval {} to {}), Fisher's {} after Holm's correction",
        points(shares.difference.value),
        points(shares.difference.low),
        points(shares.difference.high),
        p_text(shares.p_adjusted)
    );
    if shares.is_worse(case.limits) && shares.difference.value >= margin {
        gate.status = GateStatus::Fail;
        gate.why = format!("the candidate fails more: {numbers}");
        if case.candidate.errors().rate() > case.limits.error_rate {
            gate.on_failure = CanaryVerdict::Rollback;
        }
    } else {
        gate.status = GateStatus::Pass;
        let word = if shares.is_worse(case.limits) { "more, but within the margin" } else { "not proven worse" };
        gate.why = format!("{word}: {numbers}");
    }
    gate
}

/// A difference of shares in points, with its sign.
fn points(difference: f64) -> String {
    format!("{:+.2}", difference * 100.0)
}
