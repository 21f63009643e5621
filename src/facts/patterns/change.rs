//! Whether the rate of a pattern changed within the covered time.
//!
//! In: counts per window. Out: a [`Change`]. The alternative is that the entries are spread evenly over the
//! windows that hold any entry at all: a window in which the export is empty says nothing. Of a burst, an
//! appearance and an end, the one that chance explains least is told, if chance does not explain it.

use std::collections::BTreeMap;

use super::histogram::WIDTHS;
use crate::model::Timestamp;
use crate::model::patterns::{Change, ChangeKind};
use crate::model::time::NANOS_PER_SECOND;

/// Fewer entries than this show no change.
const ENTRIES_MIN: u64 = 4;

/// Fewer windows than this show no change.
const WINDOWS_MIN: usize = 4;

/// A change is told when chance shows one like it less often than this.
const P_MAX: f64 = 0.001;

/// What is compared: windows by number since the epoch.
pub(super) struct Covered {
    /// Width, an index into [`WIDTHS`].
    pub width: usize,
    /// Windows that hold any entry, in order.
    pub windows: Vec<i64>,
}

/// How the rate of a pattern changed.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(super) fn change(counts: &BTreeMap<i64, u64>, covered: &Covered) -> Change {
    let entries: u64 = counts.values().sum();
    let (peak_at, peak) = counts.iter().fold((None, 0), |most, (window, count)| {
        // The first of equally full windows.
        if *count > most.1 { (Some(*window), *count) } else { most }
    });
    let windows = covered.windows.len();
    let elsewhere = if windows > 1 { (entries - peak) as f64 / (windows - 1) as f64 } else { 0.0 };
    let told = |kind, window: Option<i64>, p_value| Change {
        kind,
        at: window.map(|window| start(window, WIDTHS[covered.width])),
        peak,
        elsewhere,
        p_value,
    };
    if entries < ENTRIES_MIN || windows < WINDOWS_MIN {
        return told(ChangeKind::TooFew, None, 1.0);
    }
    let place = |window: &i64| covered.windows.partition_point(|known| known < window);
    let first = counts.keys().next().map_or(0, place);
    let last = counts.keys().next_back().map_or(0, place);
    let (n, w) = (entries as f64, windows as f64);
    // All entries by chance outside of the windows before the first, or after the last, that holds one.
    let absent = |gap: usize| if gap == 0 { 0.0 } else { n * ((w - gap as f64) / w).ln() + w.ln() };
    let changes = [
        (tail(peak as f64 / n, 1.0 / w, n) + w.ln(), ChangeKind::Burst, peak_at),
        (absent(first), ChangeKind::Appeared, counts.keys().next().copied()),
        (absent(windows - 1 - last), ChangeKind::Ceased, counts.keys().next_back().copied()),
    ];
    let strongest = changes.into_iter().min_by(|a, b| a.0.total_cmp(&b.0));
    match strongest {
        Some((log_p, kind, window)) if log_p < P_MAX.ln() => told(kind, window, log_p.exp()),
        Some((log_p, ..)) => told(ChangeKind::Steady, None, log_p.min(0.0).exp()),
        None => told(ChangeKind::Steady, None, 1.0),
    }
}

/// Start of a window.
fn start(window: i64, seconds: i64) -> Timestamp {
    Timestamp(window.saturating_mul(seconds).saturating_mul(NANOS_PER_SECOND))
}

/// Logarithm of Chernoff's upper bound of P(X ≥ share·n) for X binomial(n, expected): never below the exact
/// logarithm, so a change is never told too easily.
fn tail(share: f64, expected: f64, n: f64) -> f64 {
    if share <= expected {
        return 0.0;
    }
    let rest = if share < 1.0 { (1.0 - share) * ((1.0 - share) / (1.0 - expected)).ln() } else { 0.0 };
    -n * (share * (share / expected).ln() + rest)
}

#[cfg(test)]
mod tests {
    use super::{Covered, change};
    use crate::model::patterns::ChangeKind;
    use statrs::distribution::{Binomial, DiscreteCDF};

    fn of(counts: &[u64]) -> (ChangeKind, Option<i64>) {
        let covered = Covered { width: 0, windows: (0..i64::try_from(counts.len()).unwrap()).collect() };
        let counts = (0..).zip(counts.iter().copied()).filter(|(_, count)| *count > 0).collect();
        let change = change(&counts, &covered);
        (change.kind, change.at.map(|at| at.0 / 1_000_000_000))
    }

    #[test]
    fn a_change_is_told_with_its_window() {
        assert_eq!(of(&[5; 20]), (ChangeKind::Steady, None));
        assert_eq!(of(&[1, 1, 1, 1, 1, 1, 1, 30, 1, 1]), (ChangeKind::Burst, Some(7)));
        assert_eq!(of(&[0, 0, 0, 0, 0, 0, 9, 9, 9, 9, 9, 9]), (ChangeKind::Appeared, Some(6)));
        assert_eq!(of(&[9, 9, 9, 9, 9, 9, 0, 0, 0, 0, 0, 0]), (ChangeKind::Ceased, Some(5)));
    }

    #[test]
    fn few_entries_or_windows_show_no_change() {
        assert_eq!(of(&[0, 0, 0, 0, 3]).0, ChangeKind::TooFew);
        assert_eq!(of(&[1, 50, 1]).0, ChangeKind::TooFew);
        assert_eq!(of(&[0, 1, 1, 1, 1, 1, 2]).0, ChangeKind::Steady);
    }

    #[test]
    fn the_bound_is_never_below_the_exact_probability() {
        for (peak, n, windows) in [(3_u64, 10_u64, 12_u32), (9, 20, 30), (40, 100, 10), (100, 100, 60)] {
            let exact = Binomial::new(1.0 / f64::from(windows), n).unwrap().sf(peak - 1);
            #[allow(clippy::cast_precision_loss, reason = "small")]
            let bound = super::tail(peak as f64 / n as f64, 1.0 / f64::from(windows), n as f64).exp();
            assert!(bound >= exact * 0.999_999, "{bound} {exact}");
        }
    }
}
