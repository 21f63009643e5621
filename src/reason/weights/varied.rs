//! Lets one test vary a weight while everything else stays as it is.
//!
//! The factor holds for the whole process, so the test that sets it runs in a process of its own.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::NAMES;

/// Number of the weight that is varied; none at first.
static NUMBER: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Bits of its factor.
static FACTOR: AtomicU64 = AtomicU64::new(0);

/// What can be multiplied.
pub(super) trait Weight: Copy {
    /// The value times a factor. `is_least`: values are compared with it from above.
    fn times(self, factor: f64, is_least: bool) -> Self;
}

impl Weight for f64 {
    /// A share stays one.
    fn times(self, factor: f64, _is_least: bool) -> Self {
        if self < 1.0 { (self * factor).min(1.0) } else { self * factor }
    }
}

macro_rules! whole {
    ($($type:ty),+) => {$(
        impl Weight for $type {
            /// The whole number that means the same: at least 2.4 is at least 3, and at most 3.6 is at most 3.
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_precision_loss,
                clippy::cast_sign_loss,
                reason = "nanoseconds of hours, and small counts"
            )]
            fn times(self, factor: f64, is_least: bool) -> Self {
                let product = self as f64 * factor;
                (if is_least { product.ceil() } else { product.floor() }) as Self
            }
        }
    )+};
}

whole!(i64, u64, usize);

/// Varies a weight from now on.
pub(super) fn vary(number: usize, factor: f64) {
    FACTOR.store(factor.to_bits(), Ordering::SeqCst);
    NUMBER.store(number, Ordering::SeqCst);
}

/// The value of a weight.
pub(super) fn of<T: Weight>(number: usize, value: T) -> T {
    if number == NUMBER.load(Ordering::Relaxed) {
        value.times(f64::from_bits(FACTOR.load(Ordering::Relaxed)), NAMES[number].ends_with("_min"))
    } else {
        value
    }
}
