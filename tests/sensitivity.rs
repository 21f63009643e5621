//! Rank 1 hangs on no single weight: each part of the scores is made a fifth larger, then a fifth smaller, and the
//! finding on top stays there.

use std::path::PathBuf;

use whydown::model::report::{Finding, Report};

use crate::support::{analyze, incidents, shared};

/// How much a weight is changed, up and down.
const FACTORS: [f64; 2] = [0.8, 1.2];

fn reports() -> Vec<(String, Report)> {
    let mut reports: Vec<(String, Report)> = incidents()
        .into_iter()
        .map(|incident| (incident.name.clone(), analyze(&incident.inputs(), &incident.state_files(), 2)))
        .collect();
    if let Some(folder) = shared("cases/open") {
        let cases = whydown::eval::case::cases(&folder).expect("labelled cases");
        let open = cases.iter().map(|case| {
            let (inputs, state): (Vec<PathBuf>, Vec<PathBuf>) = (case.inputs(), case.state_files());
            (case.label.id.clone(), analyze(&inputs, &state, 2))
        });
        reports.extend(open);
    }
    reports
}

fn score(finding: &Finding, part: &str, factor: f64) -> f64 {
    let value = |one: &whydown::model::report::ScorePart| if one.name == part { one.value * factor } else { one.value };
    finding.score_parts.iter().map(value).sum()
}

#[test]
fn the_first_finding_stays_first_when_one_weight_changes_by_a_fifth() {
    let (mut changed, mut tried) = (Vec::new(), 0);
    for (name, report) in reports() {
        let Some(first) = report.findings.first() else { continue };
        let mut parts: Vec<&str> =
            report.findings.iter().flat_map(|finding| &finding.score_parts).map(|part| part.name.as_str()).collect();
        parts.sort_unstable();
        parts.dedup();
        for part in parts {
            for factor in FACTORS {
                tried += 1;
                let best = report
                    .findings
                    .iter()
                    .max_by(|a, b| score(a, part, factor).total_cmp(&score(b, part, factor)).then(b.rank.cmp(&a.rank)));
                if best.is_some_and(|best| best.fingerprint != first.fingerprint) {
                    changed.push(format!("{name}: {part} × {factor}"));
                }
            }
        }
    }
    assert!(tried > 100, "{tried}");
    assert!(changed.is_empty(), "{} of {tried}:\n{}", changed.len(), changed.join("\n"));
}
