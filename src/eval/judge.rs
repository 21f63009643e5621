//! One report against one case: what was found, at which rank, and what was said that is not so.

use regex::Regex;

use super::case::{Case, Outcome, TrueCause};
use super::scores::{CaseScore, DualRole};
use crate::model::report::{Finding, Report};
use crate::model::{Role, Verdict};

/// Longest title quoted in a complaint, in characters.
const QUOTE_CHARS_MAX: usize = 100;

/// Scores a report.
pub fn judge(case: &Case, report: &Report) -> CaseScore {
    let incident = case.label.outcome == Outcome::Incident;
    let findings: Vec<&Finding> = report.findings.iter().collect();
    let position = findings.iter().position(|finding| is_any(case, finding, is_lead, true)).filter(|_| incident);
    let dual = case.label.dual_revision.as_ref().map(|wanted| DualRole {
        wanted: wanted.role.clone(),
        told: report
            .services
            .iter()
            .find(|service| service.name == wanted.service)
            .map(|service| service.revision_state.role.clone()),
    });
    CaseScore {
        id: case.label.id.clone(),
        kind: case.kind(),
        incident,
        rank: position.map(|position| position + 1),
        found_all: (0..case.causes.len())
            .all(|number| findings.iter().any(|finding| matches(case, number, finding, true))),
        other_category: position != Some(0)
            && findings
                .first()
                .is_some_and(|first| !is_any(case, first, is_lead, true) && is_any(case, first, is_lead, false)),
        false_confident: false_confident(case, &findings),
        effects_as_causes: effects_as_causes(case, &findings),
        dual,
        cap_kept: case.label.verdict_max.map(|most| findings.iter().all(|finding| finding.verdict <= most)),
        findings: findings.iter().map(|finding| (finding.verdict, quote(&finding.title))).collect(),
        chance: [1, 3].map(|k| if incident { chance(case, report, k) } else { 0.0 }),
    }
}

/// Whether a finding is one of a case's causes by text and service, and by category if asked.
fn is_any(case: &Case, finding: &Finding, which: fn(&TrueCause) -> bool, category: bool) -> bool {
    (0..case.causes.len()).any(|number| which(&case.label.causes[number]) && matches(case, number, finding, category))
}

fn is_lead(cause: &TrueCause) -> bool {
    cause.primary || cause.may_lead
}

fn matches(case: &Case, number: usize, finding: &Finding, category: bool) -> bool {
    let wanted = &case.label.causes[number];
    if category && !wanted.category.contains(&finding.cause.category) {
        return false;
    }
    let named = match wanted.services_any.as_slice() {
        [] if wanted.service.is_empty() => true,
        [] => wanted.service == finding.service,
        several => several.contains(&finding.service) || (several.len() > 1 && finding.service.is_empty()),
    };
    named && is_match_unescaped(&case.causes[number], &whole_text(finding))
}

/// JSON inside a text carries `\"` for every quote; a pattern is written for the text as people read it.
fn is_match_unescaped(pattern: &Regex, text: &str) -> bool {
    pattern.is_match(text) || (text.contains("\\\"") && pattern.is_match(&text.replace("\\\"", "\"")))
}

/// What the finding says is the cause.
fn headline(finding: &Finding) -> String {
    format!("{}\n{}", finding.title, finding.cause.summary)
}

/// The headline and everything that it quotes.
fn whole_text(finding: &Finding) -> String {
    let quoted = finding.chain.iter().flat_map(|link| link.evidence.iter()).map(|evidence| evidence.text.as_str());
    std::iter::once(headline(finding).as_str()).chain(quoted).collect::<Vec<_>>().join("\n")
}

fn false_confident(case: &Case, findings: &[&Finding]) -> Vec<String> {
    let incident = case.label.outcome == Outcome::Incident;
    let mut wrong = Vec::new();
    for finding in findings.iter().filter(|finding| finding.verdict >= Verdict::Likely) {
        let said = headline(finding);
        let is_cause = incident
            && (0..case.causes.len())
                .any(|number| matches(case, number, finding, true) && case.causes[number].is_match(&said));
        let forbidden = case.forbidden.iter().find(|pattern| pattern.is_match(&said));
        if let Some(pattern) = forbidden.filter(|_| !is_cause) {
            wrong.push(format!("says what is false ({}): {}", pattern.as_str(), quote(&finding.title)));
        } else if !incident && !case.tolerated.iter().any(|pattern| pattern.is_match(&said)) {
            wrong.push(format!("nothing broke, yet: {}", quote(&finding.title)));
        }
    }
    if let Some(first) = findings.first()
        && incident
        && first.verdict >= Verdict::Likely
        && !is_any(case, first, |_| true, false)
    {
        wrong.push(format!("rank 1 is no cause: {}", quote(&first.title)));
    }
    wrong
}

fn effects_as_causes(case: &Case, findings: &[&Finding]) -> Vec<String> {
    let is_effect = |title: &str| {
        case.effects.iter().any(|pattern| pattern.is_match(title))
            && !case.causes.iter().any(|pattern| pattern.is_match(title))
    };
    findings.iter().filter(|finding| is_effect(&finding.title)).map(|finding| quote(&finding.title)).collect()
}

/// How often a guess finds the cause: `k` clusters drawn at random from those of the report that could be one
/// (every cluster but state and noise).
fn chance(case: &Case, report: &Report, k: usize) -> f64 {
    let candidates = report.clusters.iter().filter(|cluster| !matches!(cluster.role, Role::State | Role::Noise));
    let (mut all, mut right) = (0usize, 0usize);
    for cluster in candidates {
        let samples = cluster.samples.iter().map(|sample| sample.text.as_str());
        let text = std::iter::once(cluster.title.as_str()).chain(samples).collect::<Vec<_>>().join("\n");
        let tells = (0..case.causes.len())
            .any(|number| is_lead(&case.label.causes[number]) && is_match_unescaped(&case.causes[number], &text));
        all += 1;
        right += usize::from(tells);
    }
    // Drawn without putting back: one minus the chance that every draw is wrong.
    #[allow(clippy::cast_precision_loss, reason = "counts of clusters are far below 2^52")]
    let wrong_each_time = (0..k.min(all))
        .fold(1.0, |product, drawn| product * (all - right).saturating_sub(drawn) as f64 / (all - drawn) as f64);
    1.0 - wrong_each_time
}

fn quote(text: &str) -> String {
    match text.char_indices().nth(QUOTE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
