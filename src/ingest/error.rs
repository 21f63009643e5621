//! What makes reading fail as a whole. Bad records never do; see [`super::Damage`].

use std::fmt;
use std::path::PathBuf;

use super::sniff::EMPTY_EXPORT;

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A path that was given cannot be opened.
    #[error("cannot read {}: {source}", path.display())]
    Open {
        /// The path as given or found.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A state file holds no document that is known.
    #[error(
        "{path} is not a state document: it looks like {looks_like}\n  expected: the output of `gcloud run services describe SERVICE --region=REGION --format=json`, `gcloud run revisions list`, `az containerapp show`, `az containerapp revision list` or `gh run list --json`"
    )]
    NotState {
        /// The path as given.
        path: String,
        /// What it seems to be.
        looks_like: String,
    },
    /// No input holds a log entry or a state document.
    #[error("{}", not_log_data(inputs))]
    NotLogData {
        /// Every input with what it seems to be, by path.
        inputs: Vec<Unrecognised>,
    },
}

impl Error {
    /// Whether every input is a good export that holds no entry: a quiet time, not a mistake.
    pub fn is_empty_export(&self) -> bool {
        matches!(self, Self::NotLogData { inputs }
            if !inputs.is_empty() && inputs.iter().all(|input| input.looks_like == EMPTY_EXPORT))
    }
}

/// An input that holds no log entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unrecognised {
    /// Path as given or found.
    pub path: String,
    /// What it seems to be, with its article: `a PNG image`.
    pub looks_like: String,
}

impl fmt::Display for Unrecognised {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} looks like {}", self.path, self.looks_like)
    }
}

/// Inputs named in the message; the rest are counted.
const NAMED_MAX: usize = 8;

/// What was found, what was expected, and the command that exports it.
fn not_log_data(inputs: &[Unrecognised]) -> String {
    let mut message = "no log entries found".to_owned();
    for input in inputs.iter().take(NAMED_MAX) {
        message.push_str("\n  ");
        message.push_str(&input.to_string());
    }
    if inputs.is_empty() {
        message.push_str("\n  no file was found to read");
    }
    if inputs.len() > NAMED_MAX {
        message.push_str("\n  and ");
        message.push_str(&(inputs.len() - NAMED_MAX).to_string());
        message.push_str(" more");
    }
    message.push_str(
        "\n  expected: entries exported from Cloud Logging (JSON, NDJSON, YAML or CSV, plain or compressed) or Azure Container Apps logs\
         \n  export them with: gcloud logging read 'resource.type=\"cloud_run_revision\"' --project=PROJECT --freshness=1d --order=asc --format=json > logs.json\
         \n  or: az containerapp logs show --name APP --resource-group GROUP --type system --tail 300 --format json > logs.json",
    );
    message
}
