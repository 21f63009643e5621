//! Findings that people decided to live with, for a stated reason and until a stated day.
//!
//! In: the text of an ignore file (`.whydown-ignore.toml`). Out: an [`Ignore`] that takes its findings out of the
//! ranking and says so: a suppressed finding is counted and listed, never silent. There is no clock here: an
//! entry has expired when the export reaches past its day, so the same input gives the same bytes on any day.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::Draft;
use crate::classify::matcher::Catalog;
use crate::model::Timestamp;
use crate::model::report::{Finding, Notice, Suppressed};
use crate::model::time::NANOS_PER_SECOND;

const DAY_NANOS: i64 = 86_400 * NANOS_PER_SECOND;

/// Why an ignore file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum IgnoreError {
    /// The file could not be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Read {
        /// File.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is not TOML, or has a key the format does not know.
    #[error(
        "{path} is not an ignore file: {problem}\nremedy: write [[ignore]] entries with fingerprint or signature, \
         perhaps service, and reason and expires",
        path = path.display()
    )]
    Format {
        /// File.
        path: PathBuf,
        /// What the TOML reader said, with line and key.
        problem: String,
    },
    /// An entry cannot be followed.
    #[error("{path}:{line}: key `{key}`: {problem}; remedy: {remedy}", path = path.display())]
    Entry {
        /// File.
        path: PathBuf,
        /// Line of the entry, from 1.
        line: usize,
        /// Key.
        key: &'static str,
        /// What is wrong, with the value.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
}

/// The entries of one ignore file; empty without one.
#[derive(Debug, Clone, Default)]
pub struct Ignore {
    path: PathBuf,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    line: usize,
    fingerprint: Option<String>,
    signature: Option<String>,
    service: Option<String>,
    reason: String,
    /// The last day on which it holds, as written.
    expires: String,
    /// The first moment at which it does not hold.
    end: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    ignore: Vec<Spanned<EntryFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryFile {
    fingerprint: Option<String>,
    signature: Option<String>,
    service: Option<String>,
    reason: Option<String>,
    expires: Option<toml::Value>,
}

impl Ignore {
    /// Reads a file.
    ///
    /// # Errors
    /// [`IgnoreError`], with the file, the line, the key and the remedy.
    pub fn read(path: &Path) -> Result<Self, IgnoreError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| IgnoreError::Read { path: path.to_owned(), source })?;
        Self::parse(path, &text)
    }

    /// Reads the text of a file; `path` is for messages.
    ///
    /// # Errors
    /// [`IgnoreError::Format`] or [`IgnoreError::Entry`].
    pub fn parse(path: &Path, text: &str) -> Result<Self, IgnoreError> {
        let file: File = toml::from_str(text).map_err(|error| IgnoreError::Format {
            path: path.to_owned(),
            problem: error.to_string().trim_end().to_owned(),
        })?;
        let entries = file.ignore.into_iter().map(|entry| {
            let line = text[..entry.span().start.min(text.len())].matches('\n').count() + 1;
            checked(entry.into_inner(), line).map_err(|(key, problem, remedy)| IgnoreError::Entry {
                path: path.to_owned(),
                line,
                key,
                problem,
                remedy,
            })
        });
        Ok(Self { path: path.to_owned(), entries: entries.collect::<Result<_, _>>()? })
    }

    /// Takes suppressed findings out of `drafts`, in rank order; `last` is the last event time of the export.
    pub fn suppress(&self, drafts: &mut Vec<Draft>, last: Option<Timestamp>) -> Vec<Suppressed> {
        let mut suppressed = Vec::new();
        drafts.retain(|draft| {
            let entry = self.entries.iter().find(|entry| !entry.has_expired(last) && entry.covers(&draft.finding));
            suppressed.extend(entry.map(|entry| self.told(entry, &draft.finding)));
            entry.is_none()
        });
        suppressed
    }

    /// What to say about entries that suppress nothing because they expired, or name no known signature.
    pub fn notices(&self, catalog: &Catalog, last: Option<Timestamp>) -> Vec<Notice> {
        let mut notices = Vec::new();
        for entry in &self.entries {
            let place = format!("{}:{}", self.path.display(), entry.line);
            if entry.has_expired(last) {
                let reached = last.map_or_else(String::new, Timestamp::to_date);
                notices.push(Notice {
                    code: "ignore-expired".to_owned(),
                    message: format!("{place}: expired on {}, and these files reach {reached}", entry.expires),
                    effect: "it suppresses nothing: solve the cause, remove the entry, or give it a new day".to_owned(),
                    command: None,
                });
            } else if let Some(id) = entry.signature.as_ref().filter(|id| catalog.get(id).is_none()) {
                notices.push(Notice {
                    code: "ignore-unknown-signature".to_owned(),
                    message: format!("{place}: there is no signature `{id}`"),
                    effect: "it suppresses nothing: `whydown rules list` prints the ids".to_owned(),
                    command: None,
                });
            }
        }
        notices
    }

    fn told(&self, entry: &Entry, finding: &Finding) -> Suppressed {
        Suppressed {
            fingerprint: finding.fingerprint.clone(),
            title: finding.title.clone(),
            verdict: finding.verdict,
            service: finding.service.clone(),
            signature: finding.cause.signature.clone(),
            first: finding.first,
            last: finding.last,
            reason: entry.reason.clone(),
            expires: entry.expires.clone(),
            entry: format!("{}:{}", self.path.display(), entry.line),
        }
    }
}

impl Entry {
    fn covers(&self, finding: &Finding) -> bool {
        let holds = |wanted: &Option<String>, actual: &str| wanted.as_deref().is_none_or(|wanted| wanted == actual);
        holds(&self.fingerprint, &finding.fingerprint)
            && holds(&self.signature, &finding.cause.signature)
            && holds(&self.service, &finding.service)
    }

    fn has_expired(&self, last: Option<Timestamp>) -> bool {
        last.is_some_and(|last| last >= self.end)
    }
}

type Problem = (&'static str, String, &'static str);

fn checked(file: EntryFile, line: usize) -> Result<Entry, Problem> {
    let named = [("fingerprint", &file.fingerprint), ("signature", &file.signature), ("service", &file.service)];
    if let Some((key, _)) = named.iter().find(|(_, value)| value.as_ref().is_some_and(|value| value.trim().is_empty()))
    {
        return Err((key, "is empty".to_owned(), "copy it from the JSON report, or remove the key"));
    }
    if file.fingerprint.is_none() && file.signature.is_none() {
        let remedy = "name what is ignored: a finding's fingerprint (JSON report) or a signature's id";
        return Err(("fingerprint", "is missing, and so is `signature`".to_owned(), remedy));
    }
    let reason = file.reason.filter(|reason| !reason.trim().is_empty());
    let reason = reason.ok_or(("reason", "is missing".to_owned(), "say why this may be ignored"))?;
    let (expires, end) = day(file.expires)?;
    Ok(Entry {
        line,
        fingerprint: file.fingerprint,
        signature: file.signature,
        service: file.service,
        reason,
        expires,
        end,
    })
}

/// A day as written, quoted or not, and the moment at which it is over.
fn day(value: Option<toml::Value>) -> Result<(String, Timestamp), Problem> {
    let remedy = "write the last day on which it may be ignored, for example expires = \"2026-04-30\"";
    let text = match value {
        None => return Err(("expires", "is missing".to_owned(), remedy)),
        Some(toml::Value::String(text)) => text,
        Some(other) => other.to_string(),
    };
    let start = if text.len() == 10 { Timestamp::parse(&format!("{text}T00:00:00Z")) } else { None };
    let start = start.ok_or_else(|| ("expires", format!("`{text}` is not a day"), remedy))?;
    Ok((text, start.plus(DAY_NANOS)))
}

#[cfg(test)]
mod tests;
