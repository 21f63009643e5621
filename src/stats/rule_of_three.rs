//! How many requests without a failure it takes to say "fewer than this share fails".
//!
//! In: a share. Out: the count. No failure in n units bounds the share at 3/n with 95 % confidence
//! (J. A. Hanley and A. Lippman-Hand, JAMA 249, 1983); failures that were seen make it more.

use super::fisher::Group;
use super::proportion::exact_upper;

/// Most units that are worth asking for.
const UNITS_MAX: u64 = 1 << 40;

/// Upper bound (95 %) of the share after `units` without a failure; 1 without any.
pub fn bound(units: u64) -> f64 {
    if units == 0 { 1.0 } else { (3.0 / super::number(units)).min(1.0) }
}

/// Units without a failure that bound the share at `share`: 300 for 1 % at a confidence of 95 %. At least 1.
///
/// The three of the rule is −ln 0.05 rounded up; for another confidence it is −ln (1 − confidence), to a tenth.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range")]
pub fn units_needed(share: f64, confidence: f64) -> u64 {
    let three = (-(1.0 - confidence.clamp(0.0, 0.999_999_9)).ln() * 10.0 - 1e-9).ceil() / 10.0;
    // The tiny subtrahend keeps 3 / 0.01 from becoming 301 by rounding.
    ((three / share.max(1e-12) - 1e-9).ceil() as u64).clamp(1, UNITS_MAX)
}

/// Units that bound the share at `share` if the failures keep coming as they did: for `0` failures the rule
/// of three, else the smallest count whose exact upper bound is below `share`. `None` where the share seen is
/// not below `share`, so that more units cannot help.
pub fn units_needed_at(seen: Group, share: f64, confidence: f64) -> Option<u64> {
    if seen.failed == 0 {
        return Some(units_needed(share, confidence));
    }
    if seen.rate() >= share {
        return None;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most `units`")]
    let at = |units: u64| Group::new((seen.rate() * super::number(units)).ceil() as u64, units);
    let holds = |units: u64| exact_upper(at(units), confidence) <= share;
    let mut high = units_needed(share, confidence);
    while !holds(high) {
        high = high.saturating_mul(2);
        if high > UNITS_MAX {
            return None;
        }
    }
    let mut low = high / 2;
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle }
    }
    Some(high)
}
