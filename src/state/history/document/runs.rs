//! Reads runs of GitHub Actions: what `gh run list --json …` and the REST API print.
//!
//! In goes one object; out comes a [`Run`]. Both forms carry the same fields, in camel case or in snake case,
//! and the CLI prints only those that were asked for. Fields: `gh` manual, REST reference for workflow runs.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Document, time};
use crate::classify::redact::redact;
use crate::facts::audit::loose::{at, field, text};
use crate::model::Timestamp;

/// One run of a workflow that deploys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Run {
    /// When it began.
    pub started: Timestamp,
    /// When it ended; `None` while it runs, or where the file does not say.
    pub ended: Option<Timestamp>,
    /// Number of the run, digits only; empty where the file does not say.
    pub id: String,
    /// Name of the workflow.
    pub workflow: String,
    /// Title, mostly the commit's.
    pub title: String,
    /// `completed`, `in_progress`, `queued`, …
    pub status: String,
    /// `success`, `failure`, `cancelled`, …; empty while it runs.
    pub conclusion: String,
    /// Commit.
    pub commit: String,
    /// Who started it.
    pub actor: String,
}

impl Run {
    /// Whether it ended in a failure.
    pub fn failed(&self) -> bool {
        matches!(self.conclusion.as_str(), "failure" | "timed_out" | "startup_failure")
    }

    /// Whether it was under way at a moment.
    pub fn is_under_way(&self, moment: Timestamp) -> bool {
        self.started <= moment && self.ended.map_or(self.status != "completed", |ended| moment < ended)
    }

    /// `run 1234567 (Deploy)`.
    pub fn words(&self) -> String {
        let id = if self.id.is_empty() { String::new() } else { format!(" {}", self.id) };
        let workflow = if self.workflow.is_empty() { String::new() } else { format!(" ({})", self.workflow) };
        format!("run{id}{workflow}")
    }
}

/// A run; `None` for anything else.
pub(super) fn document(value: &Value) -> Option<Document> {
    let (status, conclusion) = (text(field(value, "status")), text(field(value, "conclusion")));
    let id = text(field(value, "databaseId"));
    let is_cli = !id.is_empty();
    let is_rest = !field(value, "run_number").is_null() && !field(value, "workflow_id").is_null();
    let started = ["startedAt", "run_started_at", "createdAt"].iter().find_map(|key| time(field(value, key)))?;
    if !(is_cli || is_rest) || (status.is_empty() && conclusion.is_empty()) {
        return None;
    }
    let id = if is_cli { id } else { text(field(value, "id")) };
    let first = |keys: &[&str]| keys.iter().map(|key| text(field(value, key))).find(|text| !text.is_empty());
    let over = status == "completed" || (status.is_empty() && !conclusion.is_empty());
    let run = Run {
        started,
        ended: time(field(value, "updatedAt")).filter(|ended| over && *ended >= started),
        id: id.chars().filter(char::is_ascii_digit).take(20).collect(),
        workflow: first(&["workflowName", "name"]).unwrap_or_default(),
        title: redact(&first(&["displayTitle"]).unwrap_or_default()).into_owned(),
        status: if over { "completed".to_owned() } else { status },
        conclusion,
        commit: text(field(value, "headSha")),
        actor: redact(&text(at(value, &["actor", "login"]))).into_owned(),
    };
    Some(Document { kind: "Run".to_owned(), run: Some(run), ..Document::default() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::parse_document;

    #[test]
    fn both_forms_give_the_same_run() {
        let cli = json!([{"databaseId": 71, "workflowName": "Deploy", "displayTitle": "Fix login", "status": "completed", "conclusion": "failure",
            "headSha": "abc", "createdAt": "2026-03-02T10:00:00Z", "startedAt": "2026-03-02T10:00:05Z", "updatedAt": "2026-03-02T10:02:00Z"}]);
        let rest = json!({"total_count": 1, "workflow_runs": [{"id": 71, "run_number": 3, "workflow_id": 9, "name": "Deploy", "display_title": "Fix login",
            "status": "completed", "conclusion": "failure", "head_sha": "abc", "created_at": "2026-03-02T10:00:00Z",
            "run_started_at": "2026-03-02T10:00:05Z", "updated_at": "2026-03-02T10:02:00Z"}]});
        let (cli, rest) = (parse_document(&cli.to_string()), parse_document(&rest.to_string()));
        assert_eq!(cli, rest);
        let run = cli[0].run.as_ref().unwrap();
        assert!(run.failed() && run.is_under_way(run.started) && !run.is_under_way(run.ended.unwrap()));
        assert_eq!(run.words(), "run 71 (Deploy)");
    }

    #[test]
    fn a_run_that_goes_on_has_no_end() {
        let found = parse_document(
            &json!([{"databaseId": 72, "status": "in_progress", "conclusion": "", "createdAt": "2026-03-02T10:00:00Z", "updatedAt": "2026-03-02T10:01:00Z"}])
                .to_string(),
        );
        let run = found[0].run.as_ref().unwrap();
        assert_eq!(run.ended, None);
        assert!(run.is_under_way(run.started.plus(3_600_000_000_000)) && !run.failed());
    }

    #[test]
    fn a_run_without_a_time_or_a_state_is_none() {
        for value in [
            json!([{"databaseId": 1, "status": "completed"}]),
            json!([{"databaseId": 1, "createdAt": "2026-03-02T10:00:00Z"}]),
        ] {
            assert!(parse_document(&value.to_string()).is_empty(), "{value}");
        }
    }
}
