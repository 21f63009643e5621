//! Which lines failed instances show, and healthy ones do not.
//!
//! In: instances with the lines that they wrote. Out: for each line how many failed and how many healthy instances show
//! it, with Fisher's exact test. The family of the correction is every line that instances of the service show, those
//! that no failed one shows included: of a hundred lines that mean nothing, some stand on the failed ones only.

use std::collections::{BTreeMap, HashSet};

use foldhash::fast::FixedState;

use super::chance::one_of;
use super::weights::{healthy_share_max, healthy_shown_min};
use crate::facts::symbols::Symbol;
use crate::state::{ServiceState, State};
use crate::stats::fisher::{Group, two_sided};
use crate::stats::{ALPHA, adjust, p_text};

/// How many instances show a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shown {
    /// Failed instances: those that show it, and all.
    pub failed: Group,
    /// Healthy ones.
    pub healthy: Group,
    /// p-value for "failed and healthy instances show it equally often", after correction for all lines tested.
    pub adjusted: f64,
    /// Lines tested.
    pub of: usize,
}

impl Shown {
    /// `2 of 3 failed and 5 of 9 healthy instances show it (one of 14 lines tested; p = 1.000 after correction)`.
    pub fn words(&self) -> String {
        format!(
            "{} of {} failed and {} of {} healthy instances show it ({}; {} after correction)",
            self.failed.failed,
            self.failed.all,
            self.healthy.failed,
            self.healthy.all,
            one_of(self.of),
            p_text(self.adjusted)
        )
    }
}

/// How specific the lines of all services are.
#[derive(Debug, Default)]
pub struct Specificity {
    shown: BTreeMap<usize, Shown>,
    unspecific: HashSet<usize, FixedState>,
}

impl Specificity {
    /// Compares the instances of each service. `shown` gives the lines of an instance; `is_known` says of a line
    /// whether a signature or an exception tells what it means.
    pub fn of(state: &State, shown: &dyn Fn(Symbol, Symbol) -> Vec<usize>, is_known: &dyn Fn(usize) -> bool) -> Self {
        let mut all = Self::default();
        for service in &state.services {
            let (of_service, of) = compared(service, shown);
            let mut p_values: Vec<f64> =
                of_service.values().map(|shown| two_sided(shown.failed, shown.healthy)).collect();
            // What no failed instance shows is not more frequent on them.
            p_values.resize(of, 1.0);
            for ((root, shown), adjusted) in of_service.into_iter().zip(adjust::holm(&p_values)) {
                let shown = Shown { adjusted, of, ..shown };
                if is_unspecific(&shown, is_known(root)) {
                    all.unspecific.insert(root);
                }
                all.shown.insert(root, shown);
            }
        }
        all
    }

    /// Whether healthy instances show it too.
    pub fn is_unspecific(&self, root: usize) -> bool {
        self.unspecific.contains(&root)
    }

    /// The comparison of a line; `None` where no failed instance shows it.
    pub fn shown(&self, root: usize) -> Option<&Shown> {
        self.shown.get(&root)
    }

    /// Lines that failed instances show, and healthy ones as well.
    pub fn unspecific(&self) -> impl Iterator<Item = (usize, &Shown)> {
        self.shown.iter().map(|(root, shown)| (*root, shown)).filter(|(root, _)| self.is_unspecific(*root))
    }
}

/// The lines that failed instances of a service show, and how many lines its instances show in all.
fn compared(service: &ServiceState, shown: &dyn Fn(Symbol, Symbol) -> Vec<usize>) -> (BTreeMap<usize, Shown>, usize) {
    let mut counts: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
    let (mut failed, mut healthy) = (0, 0);
    for instance in &service.instances {
        let dead = instance.failed();
        *(if dead { &mut failed } else { &mut healthy }) += 1;
        for root in shown(service.symbol, instance.symbol) {
            let count = counts.entry(root).or_default();
            if dead { count.0 += 1 } else { count.1 += 1 }
        }
    }
    let of = counts.len();
    counts.retain(|_, (on_failed, _)| *on_failed > 0);
    let told = |(on_failed, on_healthy)| Shown {
        failed: Group::new(on_failed, failed),
        healthy: Group::new(on_healthy, healthy),
        adjusted: 1.0,
        of: 1,
    };
    (counts.into_iter().map(|(root, counts)| (root, told(counts))).collect(), of)
}

/// A line that is known may stand on healthy instances now and then. One that nothing knows must be told from chance.
fn is_unspecific(shown: &Shown, is_known: bool) -> bool {
    let often = shown.healthy.rate() >= healthy_share_max() * shown.failed.rate();
    let is_enough = shown.healthy.failed >= healthy_shown_min();
    let is_some = shown.healthy.failed > 0 && shown.failed.failed < shown.failed.all;
    (is_enough && often) || (!is_known && shown.adjusted >= ALPHA && (is_enough || is_some))
}

#[cfg(test)]
mod tests {
    use super::{Shown, is_unspecific};
    use crate::stats::fisher::Group;

    #[test]
    fn a_line_that_nothing_knows_must_be_told_from_chance() {
        let shown = |failed, healthy, adjusted| Shown { failed, healthy, adjusted, of: 14 };
        let some = shown(Group::new(2, 3), Group::new(3, 10), 0.9);
        assert!(is_unspecific(&some, false) && !is_unspecific(&some, true));
        assert!(!is_unspecific(&shown(Group::new(20, 20), Group::new(2, 90), 1e-9), false));
        assert!(is_unspecific(&shown(Group::new(2, 3), Group::new(1, 10), 0.9), false));
        // The healthy one may be about to fail when the files end.
        assert!(!is_unspecific(&shown(Group::new(3, 3), Group::new(1, 3), 0.9), false));
        assert!(is_unspecific(&shown(Group::new(3, 3), Group::new(9, 10), 1.0), true));
        assert!(some.words().contains("one of 14 lines tested; p = 0.900 after correction"), "{}", some.words());
    }
}
