mod pair;

use proptest::prelude::*;

use super::compare::Comparison;
use super::gates::{self, Case};
use super::pair::{Basis, Pair};
use super::sample::{Kind, Sample};
use super::verdict::verdict;
use crate::facts::slots::Outcomes;
use crate::model::canary::{CanaryVerdict, GateStatus, Limits};

/// A revision with requests, of which some failed in the application, and 100 fast answers.
fn sample(revision: &str, requests: u64, errors_app: u64) -> Sample {
    Sample {
        revision: revision.to_owned(),
        outcomes: Outcomes { requests, errors_app, ..Outcomes::default() },
        latencies: vec![(160, requests - errors_app)],
        instances: 2,
        failures: Vec::new(),
        ready: Some(true),
        slot_seconds: 60,
        rows: Vec::new(),
    }
}

fn pair_of(aligned: bool) -> Pair {
    Pair {
        baseline: "old".to_owned(),
        candidate: "new".to_owned(),
        basis: Basis::Split,
        shares: Vec::new(),
        from: 0,
        to: 600_000_000_000,
        ended: None,
        aligned,
    }
}

struct Told {
    verdict: CanaryVerdict,
    reason: String,
    gates: Vec<crate::model::canary::Gate>,
}

fn judge_with(candidate: &Sample, baseline: &Sample, aligned: bool, unusable: Option<&str>) -> Told {
    let limits = Limits::default();
    let comparison = Comparison::of(candidate, baseline, &limits, aligned);
    let pair = pair_of(aligned);
    let case = Case {
        candidate,
        baseline,
        comparison: &comparison,
        limits: &limits,
        pair: &pair,
        requests_unusable: unusable.map(str::to_owned),
        system_missing: false,
    };
    let gates = gates::all(&case);
    let (verdict, reason) = verdict(&case, &gates);
    Told { verdict, reason, gates }
}

fn judge(candidate: &Sample, baseline: &Sample) -> CanaryVerdict {
    judge_with(candidate, baseline, true, None).verdict
}

#[test]
fn three_hundred_requests_without_a_failure_are_promoted_and_298_are_not() {
    let baseline = sample("old", 5_700, 3);
    assert_eq!(judge(&sample("new", 300, 0), &baseline), CanaryVerdict::Promote);
    assert_eq!(judge(&sample("new", 298, 0), &baseline), CanaryVerdict::Inconclusive);
}

#[test]
fn one_crash_outweighs_any_rate_but_not_where_both_crash() {
    let mut candidate = sample("new", 10_000, 0);
    candidate.failures = vec![Kind::Crash];
    let mut baseline = sample("old", 10_000, 0);
    assert_eq!(judge(&candidate, &baseline), CanaryVerdict::Rollback);
    baseline.failures = vec![Kind::Crash];
    assert_eq!(judge(&candidate, &baseline), CanaryVerdict::Hold);
}

#[test]
fn nobody_is_sent_back_to_a_revision_that_has_not_served() {
    let mut candidate = sample("new", 40, 0);
    candidate.failures = vec![Kind::Startup];
    let told = judge_with(&candidate, &sample("old", 2, 0), true, None);
    assert_eq!(told.verdict, CanaryVerdict::Hold);
    assert!(told.reason.contains("nothing in the window shows that old is well"), "{}", told.reason);
}

#[test]
fn a_revision_that_never_became_ready_is_rolled_back() {
    let mut candidate = sample("new", 0, 0);
    candidate.ready = Some(false);
    assert_eq!(judge(&candidate, &sample("old", 90, 0)), CanaryVerdict::Rollback);
}

#[test]
fn failures_of_both_are_no_reason_to_go_back() {
    assert_eq!(judge(&sample("new", 400, 40), &sample("old", 1_600, 150)), CanaryVerdict::Hold);
}

#[test]
fn rates_of_a_filtered_export_are_not_judged() {
    let told = judge_with(&sample("new", 40, 40), &sample("old", 500, 1), true, Some("errors only"));
    assert_eq!(told.verdict, CanaryVerdict::Inconclusive);
    assert!(told.gates.iter().skip(1).all(|gate| gate.status == GateStatus::NotJudged && gate.why == "errors only"));
}

#[test]
fn what_was_not_seen_together_is_never_promoted() {
    let told = judge_with(&sample("new", 4_000, 0), &sample("old", 4_000, 0), false, None);
    assert_eq!(told.verdict, CanaryVerdict::Inconclusive);
}

#[test]
fn a_slow_service_is_not_the_candidates_fault() {
    let slow = |name: &str| Sample { latencies: vec![(260, 1_000)], ..sample(name, 1_000, 0) };
    assert_eq!(judge(&slow("new"), &slow("old")), CanaryVerdict::Hold);
    assert_eq!(judge(&slow("new"), &sample("old", 1_000, 0)), CanaryVerdict::Rollback);
}

#[test]
fn a_shift_within_the_limit_is_held() {
    // Bucket 190 is about 175 ms against 54 ms in bucket 160.
    let shifted = Sample { latencies: vec![(190, 600)], ..sample("new", 600, 0) };
    assert_eq!(judge(&shifted, &sample("old", 2_000, 0)), CanaryVerdict::Hold);
}

#[test]
fn refused_requests_hold_a_canary_that_is_well() {
    let mut candidate = sample("new", 600, 0);
    candidate.outcomes.refused = 60;
    assert_eq!(judge(&candidate, &sample("old", 2_000, 0)), CanaryVerdict::Hold);
}

/// A reproducible stream of numbers below one.
fn uniform(state: &mut u64) -> f64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    crate::stats::number(*state >> 11) / crate::stats::number(1 << 53)
}

fn failures(of: u64, rate: f64, state: &mut u64) -> u64 {
    (0..of).filter(|_| uniform(state) < rate).count() as u64
}

#[test]
fn equal_revisions_are_almost_never_rolled_back_and_bad_ones_almost_always() {
    let (mut state, runs) = (20_261_006, 400);
    let mut verdicts = |candidate: f64, baseline: f64| {
        let mut rollbacks = 0;
        for _ in 0..runs {
            let candidate = sample("new", 200, failures(200, candidate, &mut state));
            let baseline = sample("old", 800, failures(800, baseline, &mut state));
            rollbacks += u32::from(judge(&candidate, &baseline) == CanaryVerdict::Rollback);
        }
        rollbacks
    };
    for rate in [0.0, 0.002, 0.02, 0.2, 0.7] {
        let rollbacks = verdicts(rate, rate);
        assert!(rollbacks <= 4, "{rollbacks} of {runs} equal pairs at {rate} are rolled back");
    }
    let rollbacks = verdicts(0.12, 0.005);
    assert!(rollbacks >= 396, "only {rollbacks} of {runs} bad canaries are rolled back");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_promoted_canary_is_within_every_limit_and_a_failing_one_is_never_promoted(
        n in 0u64..5_000, bad in 0u64..5_000, m in 0u64..5_000, worse in 0u64..5_000, crashes in 0usize..3,
    ) {
        let mut candidate = sample("new", n, bad.min(n));
        candidate.failures = vec![Kind::Crash; crashes];
        let baseline = sample("old", m, worse.min(m));
        let told = judge_with(&candidate, &baseline, true, None);
        if told.verdict == CanaryVerdict::Promote {
            prop_assert!(crashes == 0 && n >= 300 && m >= 30 && bad.min(n) * 100 <= n);
            prop_assert!(told.gates.iter().all(|gate| gate.status == GateStatus::Pass));
        }
        if told.verdict == CanaryVerdict::Rollback {
            prop_assert!(crashes > 0 || candidate.errors().rate() > baseline.errors().rate());
        }
        prop_assert!(!told.reason.is_empty());
        for gate in &told.gates {
            prop_assert!(!gate.actual.contains("NaN") && !gate.why.is_empty(), "{}: {}", gate.name, gate.why);
        }
    }
}
