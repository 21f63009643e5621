//! Why a deployment was refused: which run of the pipeline was refused, and which one was in its way.
//!
//! In: the runs of a service and the moments of the refusals. Out: sentences. That one run was under way while
//! another was refused is a fact of the files; that it held the lock is read from it, and said so.

use crate::model::Timestamp;
use crate::model::time::human_duration;
use crate::state::history::Run;
use crate::state::history::pipeline::{failed_at, holder, typical_seconds};

/// Refusals told one by one.
const TOLD_MAX: usize = 4;

/// One sentence for each refused run, and one on how long a run takes.
pub(super) fn sentences(runs: &[Run], moments: &[i64]) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for moment in moments.iter().map(|moment| Timestamp(*moment)) {
        let failed = failed_at(runs, moment);
        let who = failed.map_or_else(
            || format!("the deployment that was refused at {}", moment.to_rfc3339()),
            |run| {
                let after = human_duration(moment.seconds_since(run.started).max(0.0));
                format!("{} was refused {after} after it began at {}", run.words(), run.started.to_rfc3339())
            },
        );
        let sentence = match holder(runs, failed, moment) {
            Some(run) => {
                let end = match run.ended {
                    Some(ended) => format!("{} to {}", run.started.to_rfc3339(), ended.to_rfc3339()),
                    None => format!("since {}, and still running", run.started.to_rfc3339()),
                };
                format!("{who}, while {} was under way ({end}): that run held what both change", run.words())
            }
            None if failed.is_some() => {
                format!("{who}; no other run of these files was under way then, so another change held the lock")
            }
            None => continue,
        };
        if !told.contains(&sentence) {
            told.push(sentence);
        }
    }
    let more = told.len().saturating_sub(TOLD_MAX);
    told.truncate(TOLD_MAX);
    if more > 0 {
        told.push(format!("and {more} more in the same way"));
    }
    if let Some((seconds, count)) = typical_seconds(runs).filter(|_| !told.is_empty()) {
        told.push(format!(
            "successful runs of this pipeline took {} (median of {count}), so two that begin closer together overlap",
            human_duration(seconds)
        ));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::sentences;
    use crate::model::Timestamp;
    use crate::state::history::parse_document;

    #[test]
    fn the_refused_run_and_the_one_in_its_way_are_named() {
        let runs = r#"[
            {"databaseId": 1, "workflowName": "Deploy", "status": "completed", "conclusion": "success", "createdAt": "2026-03-02T10:00:00Z", "updatedAt": "2026-03-02T10:14:00Z"},
            {"databaseId": 2, "workflowName": "Deploy", "status": "completed", "conclusion": "failure", "createdAt": "2026-03-02T10:02:00Z", "updatedAt": "2026-03-02T10:03:00Z"}]"#;
        let runs: Vec<_> = parse_document(runs).into_iter().filter_map(|document| document.run).collect();
        let at = |clock: &str| Timestamp::parse(&format!("2026-03-02T{clock}Z")).unwrap().0;
        let told = sentences(&runs, &[at("10:02:40")]);
        assert_eq!(told.len(), 2);
        assert!(told[0].starts_with("run 2 (Deploy) was refused 40.0 s after"), "{}", told[0]);
        assert!(told[0].contains("while run 1 (Deploy) was under way"), "{}", told[0]);
        let alone = sentences(&runs[1..], &[at("10:02:40")]);
        assert!(alone[0].contains("no other run of these files"), "{alone:?}");
        assert!(sentences(&runs, &[at("12:00:00")]).is_empty());
    }
}
