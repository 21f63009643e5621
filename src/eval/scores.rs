//! Scores of single cases, and what they add up to.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::Verdict;

/// How one case was told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseScore {
    /// Its id.
    pub id: String,
    /// First category of its primary cause, or `quiet`.
    pub kind: String,
    /// Whether anything broke.
    pub incident: bool,
    /// Rank of the first right finding; `None` where there is none, and in quiet cases.
    pub rank: Option<usize>,
    /// Whether every labelled cause is found at some rank.
    pub found_all: bool,
    /// Whether rank 1 is right by text and service, and wrong by category only.
    pub other_category: bool,
    /// Wrong statements at `likely` or `confirmed`.
    pub false_confident: Vec<String>,
    /// Titles of findings that name an effect.
    pub effects_as_causes: Vec<String>,
    /// The role of two revisions, where the label knows it.
    pub dual: Option<DualRole>,
    /// Whether no verdict is above the label's cap, where it has one.
    pub cap_kept: Option<bool>,
    /// Verdict and title of each finding, in rank order.
    pub findings: Vec<(Verdict, String)>,
    /// Chance that one, and that three, clusters drawn at random hold the cause.
    pub chance: [f64; 2],
}

impl CaseScore {
    /// Whether the right finding is among the first `k`.
    pub fn within(&self, k: usize) -> bool {
        self.rank.is_some_and(|rank| rank <= k)
    }
}

/// The role of two revisions as it is, and as it was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DualRole {
    /// As it is.
    pub wanted: String,
    /// As the report tells it; `None` where it says nothing of the service.
    pub told: Option<String>,
}

impl DualRole {
    /// Whether both are one.
    pub fn agrees(&self) -> bool {
        self.told.as_deref() == Some(self.wanted.as_str())
    }
}

/// What cases add up to. Shares are of incident cases, and not a number where there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Totals {
    /// All cases.
    pub cases: usize,
    /// Of these, incidents.
    pub incidents: usize,
    /// Share whose rank 1 is a right cause.
    pub ac_1: f64,
    /// Share with a right cause among the first three.
    pub ac_3: f64,
    /// Mean of AC@1 to AC@5.
    pub avg_5: f64,
    /// AC@1 of a random choice among the report's clusters.
    pub chance_1: f64,
    /// AC@3 of the same.
    pub chance_3: f64,
    /// Cases with a wrong statement at `likely` or `confirmed`.
    pub false_confident: usize,
    /// Findings that name an effect as if it were a cause.
    pub effects_as_causes: usize,
    /// Quiet cases.
    pub quiet: usize,
    /// Quiet cases without a finding that claims anything (`likely` or above, and not tolerated).
    pub quiet_silent: usize,
    /// Quiet cases without a finding of any verdict.
    pub quiet_empty: usize,
    /// Cases that label the role of two revisions.
    pub dual: usize,
    /// Of these, told as labelled.
    pub dual_agrees: usize,
}

impl Totals {
    fn of(scores: &[&CaseScore]) -> Self {
        let scores = || scores.iter().copied();
        let incidents = || scores().filter(|score| score.incident);
        let quiet = || scores().filter(|score| !score.incident);
        let count = incidents().count();
        #[allow(clippy::cast_precision_loss, reason = "counts of cases are far below 2^52")]
        let share = |part: f64| part / count as f64;
        let within = |k: usize| share(incidents().map(|score| f64::from(u8::from(score.within(k)))).sum());
        let duals = || scores().filter_map(|score| score.dual.as_ref());
        Self {
            cases: scores().count(),
            incidents: count,
            ac_1: within(1),
            ac_3: within(3),
            avg_5: (1..=5).map(within).sum::<f64>() / 5.0,
            chance_1: share(incidents().map(|score| score.chance[0]).sum()),
            chance_3: share(incidents().map(|score| score.chance[1]).sum()),
            false_confident: scores().filter(|score| !score.false_confident.is_empty()).count(),
            effects_as_causes: scores().map(|score| score.effects_as_causes.len()).sum(),
            quiet: quiet().count(),
            quiet_silent: quiet().filter(|score| score.false_confident.is_empty()).count(),
            quiet_empty: quiet().filter(|score| score.findings.is_empty()).count(),
            dual: duals().count(),
            dual_agrees: duals().filter(|dual| dual.agrees()).count(),
        }
    }

    /// Share of all cases with a wrong statement at `likely` or `confirmed`.
    pub fn false_confident_rate(&self) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "counts of cases are far below 2^52")]
        let rate = self.false_confident as f64 / self.cases as f64;
        rate
    }
}

/// Scores of all cases.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scores {
    /// What they add up to.
    pub totals: Totals,
    /// The same for each kind of case, by name.
    pub kinds: BTreeMap<String, Totals>,
    /// Each case, in the order of their paths.
    pub cases: Vec<CaseScore>,
}

impl Scores {
    /// Adds up.
    pub fn of(cases: Vec<CaseScore>) -> Self {
        let mut by_kind: BTreeMap<String, Vec<&CaseScore>> = BTreeMap::new();
        for score in &cases {
            by_kind.entry(score.kind.clone()).or_default().push(score);
        }
        let kinds = by_kind.into_iter().map(|(kind, scores)| (kind, Totals::of(&scores))).collect();
        Self { totals: Totals::of(&cases.iter().collect::<Vec<_>>()), kinds, cases }
    }
}
