//! Places the runs of a pipeline among the deployments of a service, and tells which run was in whose way.
//!
//! In go the history of a service and runs; out comes the history, in which a deployment names the run that made
//! it, and a run that failed is a failed deployment. A pipeline deploys one at a time only if it is told to: two
//! runs that overlap change the same resources, and the platform refuses the second.

use super::document::{Document, Run};
use super::rebuild::History;
use crate::model::Timestamp;
use crate::model::report::{Change, Deployment};
use crate::model::time::NANOS_PER_SECOND;

/// Clocks of the pipeline and the platform agree within this, and a run ends this long after its last call.
const MARGIN_NANOS: i64 = 60 * NANOS_PER_SECOND;

/// Hex digits shown of a commit.
const COMMIT_CHARS: usize = 7;

/// Adds revisions of documents that no entry speaks of, and the runs.
pub(crate) fn place(history: &mut History, documents: &[&Document]) {
    let mut runs: Vec<(&Run, bool)> =
        documents.iter().filter_map(|one| one.run.as_ref().map(|run| (run, !one.service.is_empty()))).collect();
    runs.sort_unstable();
    runs.dedup();
    for document in documents.iter().filter(|one| one.condition.is_some() && one.kind == "Revision") {
        let (Some(created), revision) = (document.created, &document.revision) else { continue };
        let makes = |one: &Deployment| one.revision == *revision && matches!(one.kind.as_str(), "deploy" | "failed");
        let is_known = history.deployments.iter().any(makes);
        // A list of all revisions goes back for months; only what runs, or what a run made, matters here.
        if !is_known && (document.active == Some(true) || runs.iter().any(|(run, _)| spans(run, created))) {
            let kind = if document.ready == Some(false) { "failed" } else { "deploy" };
            history.deployments.push(deployment(created, kind, revision));
        }
    }
    history.deployments.sort();
    for (run, is_own) in &runs {
        let made = history.deployments.iter_mut().find(|one| one.client.is_empty() && spans(run, one.time));
        if let Some(made) = made {
            name(made, run);
        } else if *is_own && run.status == "completed" && (run.failed() || run.conclusion == "success") {
            let mut one = deployment(run.started, if run.failed() { "failed" } else { "deploy" }, "");
            name(&mut one, run);
            history.deployments.push(one);
        }
    }
    history.deployments.sort();
    history.runs = runs.into_iter().map(|(run, _)| run.clone()).collect();
}

fn spans(run: &Run, time: Timestamp) -> bool {
    time >= run.started.plus(-MARGIN_NANOS / 12) && run.ended.is_none_or(|ended| time <= ended.plus(MARGIN_NANOS))
}

fn deployment(time: Timestamp, kind: &str, revision: &str) -> Deployment {
    Deployment {
        time,
        actor: String::new(),
        client: String::new(),
        kind: kind.to_owned(),
        revision: revision.to_owned(),
        changes: Vec::new(),
        changes_since: None,
        traffic_after: String::new(),
    }
}

fn name(deployment: &mut Deployment, run: &Run) {
    deployment.client = format!("github-actions {}", run.words());
    deployment.actor.clone_from(&run.actor);
    let commit: String = run.commit.chars().filter(char::is_ascii_hexdigit).take(COMMIT_CHARS).collect();
    if !commit.is_empty() {
        deployment.changes.push(Change { field: "commit".to_owned(), before: String::new(), after: commit });
    }
}

/// The failed run that an error of the pipeline at `moment` belongs to: of those under way, the last that began.
pub fn failed_at(runs: &[Run], moment: Timestamp) -> Option<&Run> {
    runs.iter().filter(|run| run.failed() && spans(run, moment)).max_by_key(|run| (run.started, &run.id))
}

/// The run that was first under way at `moment` and is not the one that failed: it holds the lock.
pub fn holder<'a>(runs: &'a [Run], failed: Option<&Run>, moment: Timestamp) -> Option<&'a Run> {
    let others = runs.iter().filter(|run| failed != Some(*run) && run.is_under_way(moment));
    others.min_by_key(|run| (run.failed(), run.started, &run.id))
}

/// How long a deployment takes: the median duration, in seconds, of the runs that succeeded, and their number.
pub fn typical_seconds(runs: &[Run]) -> Option<(f64, usize)> {
    let mut seconds: Vec<f64> = runs
        .iter()
        .filter(|run| run.conclusion == "success")
        .filter_map(|run| run.ended.map(|ended| ended.seconds_since(run.started)))
        .collect();
    seconds.sort_by(f64::total_cmp);
    let middle = seconds.len().checked_sub(1)? / 2;
    let upper = seconds[seconds.len() / 2];
    Some((f64::midpoint(seconds[middle], upper), seconds.len()))
}

#[cfg(test)]
mod tests {
    use super::{failed_at, holder, place, typical_seconds};
    use crate::model::Timestamp;
    use crate::state::history::{Document, History, Run};

    fn at(clock: &str) -> Timestamp {
        Timestamp::parse(&format!("2026-03-02T{clock}Z")).unwrap()
    }

    fn run(id: &str, started: &str, ended: &str, conclusion: &str) -> Run {
        Run {
            started: at(started),
            ended: (!ended.is_empty()).then(|| at(ended)),
            id: id.to_owned(),
            workflow: "Deploy".to_owned(),
            title: String::new(),
            status: if ended.is_empty() { "in_progress" } else { "completed" }.to_owned(),
            conclusion: conclusion.to_owned(),
            commit: "0123456789abcdef".to_owned(),
            actor: String::new(),
        }
    }

    fn three() -> Vec<Run> {
        vec![
            run("1", "10:00:00", "10:12:00", "success"),
            run("2", "10:30:00", "10:46:00", "success"),
            run("3", "10:32:00", "10:33:00", "failure"),
        ]
    }

    #[test]
    fn the_run_in_progress_holds_the_lock_and_the_interval_is_the_median() {
        let runs = three();
        let failed = failed_at(&runs, at("10:32:40"));
        assert_eq!(failed.map(|run| run.id.as_str()), Some("3"));
        assert_eq!(holder(&runs, failed, at("10:32:40")).map(|run| run.id.as_str()), Some("2"));
        assert_eq!(holder(&runs, None, at("10:20:00")), None);
        assert_eq!(typical_seconds(&runs), Some((840.0, 2)));
        assert_eq!(typical_seconds(&runs[2..]), None);
    }

    #[test]
    fn runs_are_deployments_unless_it_is_not_sure_whose() {
        let documents = |service: &str| -> Vec<Document> {
            let one = |run| Document { run: Some(run), service: service.to_owned(), ..Document::default() };
            three().into_iter().map(one).collect()
        };
        for (service, expected) in [("shop", 3), ("", 0)] {
            let documents = documents(service);
            let mut history = History::default();
            place(&mut history, &documents.iter().collect::<Vec<_>>());
            assert_eq!((history.deployments.len(), history.runs.len()), (expected, 3));
            let failed = history.deployments.iter().filter(|one| one.kind == "failed").count();
            assert_eq!(failed, expected / 3);
        }
    }
}
