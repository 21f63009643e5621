//! Fisher's exact test: do two groups fail equally often?
//!
//! In: a 2 × 2 table. Out: the two-sided p-value by the minimum-likelihood definition (the sum over all
//! tables with these margins that are no more probable than the one seen; what R's `fisher.test` gives).

use super::mass::{Hypergeometric, first_step};

/// Tables this close in probability count as equally probable (R's `relErr`): rounding must not drop the
/// mirror image of a symmetric table.
const EQUAL_WITHIN: f64 = 1e-7;

/// Failed and all units of one group; `failed` is at most `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Group {
    /// Units that failed.
    pub failed: u64,
    /// All units.
    pub all: u64,
}

impl Group {
    /// A group; more failures than units are taken for all of them.
    pub fn new(failed: u64, all: u64) -> Self {
        Self { failed: failed.min(all), all }
    }

    /// Share that failed; 0 for an empty group.
    pub fn rate(self) -> f64 {
        if self.all == 0 { 0.0 } else { super::number(self.failed) / super::number(self.all) }
    }
}

/// Two-sided p-value for "both groups fail equally often". 1 where the margins allow a single table.
pub fn two_sided(a: Group, b: Group) -> f64 {
    let tables =
        Hypergeometric { marked: a.failed + b.failed, plain: a.all - a.failed + b.all - b.failed, draws: a.all };
    let (least, most) = tables.support();
    if least == most {
        return 1.0;
    }
    let limit = tables.ln_mass(a.failed) + EQUAL_WITHIN;
    // Masses fall on both sides of the mode, so on each side the improbable tables are a tail.
    let mode = tables.mode();
    let up = first_step(most - mode + 1, |step| tables.ln_mass(mode + step) <= limit);
    let down = first_step(mode - least + 1, |step| tables.ln_mass(mode - step) <= limit);
    if up + down <= 1 {
        return 1.0;
    }
    let above = if up > most - mode { 0.0 } else { tables.upper_tail(mode + up) };
    let below = if down > mode - least { 0.0 } else { tables.lower_tail(mode - down) };
    (above + below).clamp(0.0, 1.0)
}
