//! Time to place: the axis that all pictures of a page share.
//!
//! Places are integers in tenths of a drawing unit, so that the same report gives the same bytes on every machine.

use std::fmt;

use maud::{Markup, Render, html};

use crate::model::Timestamp;
use crate::model::time::NANOS_PER_SECOND as NANOS;

/// Width of a drawing, in units; its height follows from what is drawn.
pub(super) const WIDTH: i64 = 800;

/// Blank left and right of the plotted time, in units: half a label has to fit.
const MARGIN: i64 = 34;

/// Height of the axis with its labels, in units.
pub(super) const AXIS_HEIGHT: i64 = 24;

/// Distances that ticks may have, in seconds.
const STEPS: [i64; 21] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
    2_592_000,
];

/// Labels that fit beside each other.
const TICKS_MAX: i64 = 9;

/// Narrowest window drawn, in tenths of a unit.
const NARROWEST: i64 = 20;

/// A length or place in tenths of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tenths(pub(super) i64);

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 % 10 == 0 { write!(f, "{}", self.0 / 10) } else { write!(f, "{}.{}", self.0 / 10, self.0 % 10) }
    }
}

impl Render for Tenths {
    fn render_to(&self, buffer: &mut String) {
        buffer.push_str(&self.to_string());
    }
}

/// The time from the first to the last event of the files.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    first: i64,
    last: i64,
}

impl Scale {
    /// `None` where no entry has a time.
    pub(super) fn new(first: Option<Timestamp>, last: Option<Timestamp>) -> Option<Self> {
        let (first, last) = (first?.0, last?.0);
        // A single moment is shown in the middle of two seconds.
        Some(if last > first {
            Self { first, last }
        } else {
            Self { first: first.saturating_sub(NANOS), last: last.saturating_add(NANOS) }
        })
    }

    /// Whether the moment is on the axis.
    pub(super) fn shows(self, at: Timestamp) -> bool {
        (self.first..=self.last).contains(&at.0)
    }

    /// Place of a moment; moments outside stand at the nearer end.
    pub(super) fn x(self, at: Timestamp) -> Tenths {
        let span = i128::from(self.last) - i128::from(self.first);
        let from_start = i128::from(at.0.clamp(self.first, self.last)) - i128::from(self.first);
        let plot = i128::from((WIDTH - 2 * MARGIN) * 10);
        Tenths(MARGIN * 10 + i64::try_from(from_start * plot / span.max(1)).unwrap_or(0))
    }

    /// Place and width of a window; at least as wide as can be seen, with a gap to the next one.
    pub(super) fn window(self, start: Timestamp, seconds: u32) -> (Tenths, Tenths) {
        let from = self.x(start);
        let to = self.x(start.plus(i64::from(seconds) * NANOS));
        (from, Tenths((to.0 - from.0 - 10).max(NARROWEST)))
    }

    /// Where the plotted time begins and ends.
    pub(super) fn ends() -> (Tenths, Tenths) {
        (Tenths(MARGIN * 10), Tenths((WIDTH - MARGIN) * 10))
    }

    /// Ticks at round times, with labels under `y` and thin lines up to `top`.
    pub(super) fn axis(self, top: i64, y: i64) -> Markup {
        let seconds = (self.last / NANOS - self.first / NANOS).max(1);
        let step = STEPS.into_iter().find(|step| seconds / step < TICKS_MAX).unwrap_or(seconds / TICKS_MAX + 1);
        let start = self.first.div_euclid(NANOS).div_euclid(step) * step + step;
        let ticks: Vec<Timestamp> = (0..=TICKS_MAX)
            .map(|tick| Timestamp((start + tick * step).saturating_mul(NANOS)))
            .filter(|at| self.shows(*at))
            .collect();
        let (left, right) = Self::ends();
        html! {
            line class="axis" x1=(left) x2=(right) y1=(y) y2=(y) {}
            @for at in ticks {
                line class="grid" x1=(self.x(at)) x2=(self.x(at)) y1=(top) y2=(y + 4) {}
                text class="tick" x=(self.x(at)) y=(y + 17) { (label(at, step)) }
            }
        }
    }
}

/// `11:27`, `11:27:05` or `02-25 11:00`, as the distance of the ticks needs it.
fn label(at: Timestamp, step: i64) -> String {
    let (date, clock) = (at.to_date(), at.to_clock());
    let clock = clock.split('.').next().unwrap_or("");
    if step >= 86_400 {
        date.get(5..).unwrap_or("").to_owned()
    } else if step >= 10_800 {
        format!("{} {}", date.get(5..).unwrap_or(""), clock.get(..5).unwrap_or(""))
    } else if step >= 60 {
        clock.get(..5).unwrap_or("").to_owned()
    } else {
        clock.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Scale, Tenths};
    use crate::model::Timestamp;

    #[test]
    fn moments_keep_their_order_and_stay_on_the_page() {
        let at = |text| Timestamp::parse(text);
        let scale = Scale::new(at("2026-03-02T10:00:00Z"), at("2026-03-02T10:02:06Z")).unwrap();
        let (left, right) = Scale::ends();
        assert_eq!(scale.x(at("2026-03-02T09:00:00Z").unwrap()), left);
        assert_eq!(scale.x(at("2026-03-02T10:02:06Z").unwrap()), right);
        assert_eq!(scale.x(at("2026-03-02T10:01:03Z").unwrap()), Tenths(4_000));
        assert_eq!(Tenths(4_005).to_string(), "400.5");
    }

    #[test]
    fn an_axis_has_a_few_labels_for_any_length() {
        for (seconds, least) in [(0, 1), (1, 1), (53, 4), (3_599, 4), (86_400 * 3, 3), (86_400 * 365 * 90, 3)] {
            let first = Timestamp::parse("2026-03-02T10:00:00.5Z").unwrap();
            let scale = Scale::new(Some(first), Some(first.plus(seconds * 1_000_000_000))).unwrap();
            let labels = scale.axis(0, 10).into_string().matches("<text").count();
            assert!((least..=10).contains(&labels), "{seconds} s: {labels} labels");
        }
    }
}
