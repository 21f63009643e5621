//! The labels of a case: what is true about its files.
//!
//! In: `case.toml`. Out: a [`Case`] whose patterns are compiled. Keys that scoring does not need (notes, counts of
//! entries, where the case comes from) may stand beside these and are left alone.

use std::path::{Path, PathBuf};

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::Error;
use crate::model::{Category, Verdict};

/// Name of the label file.
const LABEL: &str = "case.toml";

/// Folders below each other that are searched; deeper ones are no cases.
const DEPTH_MAX: usize = 8;

/// What `case.toml` says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Label {
    /// Unique name.
    pub id: String,
    /// What happened, in one line.
    pub title: String,
    /// Log files of the folder, in the order given to the tool.
    pub files: Vec<String>,
    /// Service and revision descriptions given with them.
    #[serde(default)]
    pub snapshots: Vec<String>,
    /// Whether anything broke.
    pub outcome: Outcome,
    /// No finding may be more certain than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict_max: Option<Verdict>,
    /// True causes. One is primary; `may_lead` ones are accepted at rank 1 beside it.
    #[serde(default, rename = "cause", skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<TrueCause>,
    /// Consequences, which must not be ranked as causes.
    #[serde(default, rename = "effect", skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
    /// False statements.
    #[serde(default)]
    pub forbidden: Patterns,
    /// True but minor statements, neither asked for nor punished.
    #[serde(default)]
    pub tolerated: Patterns,
    /// What "two revisions active" means here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dual_revision: Option<DualRevision>,
}

/// Whether the files show an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Something broke.
    Incident,
    /// Nothing did: a report must not say otherwise.
    Quiet,
}

/// One true cause.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrueCause {
    /// Whether it must be rank 1.
    #[serde(default = "yes")]
    pub primary: bool,
    /// Accepted at rank 1 although another cause is primary.
    #[serde(default)]
    pub may_lead: bool,
    /// Every accepted category; the first names the kind of the case.
    pub category: Vec<Category>,
    /// Pattern of title, summary or quoted evidence of the right finding.
    pub text: String,
    /// Its service; empty = any.
    #[serde(default)]
    pub service: String,
    /// Where several services may be named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services_any: Vec<String>,
}

/// One consequence.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Effect {
    /// Pattern of a title that names it.
    pub text: String,
}

/// Patterns of statements.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Patterns {
    /// Matched against title and summary.
    #[serde(default)]
    pub causes: Vec<String>,
}

/// The role that two revisions play.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DualRevision {
    /// Of which service.
    pub service: String,
    /// `cause`, `consequence`, `bystander`, `intended` or `none`.
    pub role: String,
}

/// A case with its patterns compiled, each list parallel to the label's.
#[derive(Debug)]
pub struct Case {
    /// Its folder.
    pub folder: PathBuf,
    /// What is true.
    pub label: Label,
    /// Patterns of the causes.
    pub causes: Vec<Regex>,
    /// Patterns of the effects.
    pub effects: Vec<Regex>,
    /// Patterns of false statements.
    pub forbidden: Vec<Regex>,
    /// Patterns of minor statements.
    pub tolerated: Vec<Regex>,
}

impl Case {
    /// Reads the label of a folder.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(LABEL);
        let text = std::fs::read_to_string(&path).map_err(|source| Error::Unreadable { path: path.clone(), source })?;
        let label: Label = toml::from_str(&text)
            .map_err(|error| Error::Label { path: path.clone(), message: error.to_string().trim_end().to_owned() })?;
        Self::new(folder.to_owned(), label)
    }

    /// Compiles the patterns of a label.
    pub fn new(folder: PathBuf, label: Label) -> Result<Self, Error> {
        let compile = |kind: &str, patterns: Vec<&str>| -> Result<Vec<Regex>, Error> {
            let compiled = patterns.into_iter().map(|pattern| {
                Regex::new(pattern).map_err(|error| Error::Label {
                    path: folder.join(LABEL),
                    message: format!("{kind}: '{pattern}' is no pattern of the regex crate: {error}"),
                })
            });
            compiled.collect()
        };
        let is_lead = |cause: &TrueCause| cause.primary || cause.may_lead;
        if label.outcome == Outcome::Incident && !label.causes.iter().any(is_lead) {
            return Err(Error::Label {
                path: folder.join(LABEL),
                message: "outcome = \"incident\" needs a [[cause]] with primary = true".to_owned(),
            });
        }
        Ok(Self {
            causes: compile("[[cause]] text", label.causes.iter().map(|cause| cause.text.as_str()).collect())?,
            effects: compile("[[effect]] text", label.effects.iter().map(|effect| effect.text.as_str()).collect())?,
            forbidden: compile("[forbidden] causes", label.forbidden.causes.iter().map(String::as_str).collect())?,
            tolerated: compile("[tolerated] causes", label.tolerated.causes.iter().map(String::as_str).collect())?,
            folder,
            label,
        })
    }

    /// Paths of its log files.
    pub fn inputs(&self) -> Vec<PathBuf> {
        self.label.files.iter().map(|file| self.folder.join(file)).collect()
    }

    /// Paths of its descriptions.
    pub fn state_files(&self) -> Vec<PathBuf> {
        self.label.snapshots.iter().map(|file| self.folder.join(file)).collect()
    }

    /// The kind of the case: first category of the primary cause; `quiet` where nothing broke.
    pub fn kind(&self) -> String {
        let causes = &self.label.causes;
        let primary = causes.iter().find(|cause| cause.primary).or_else(|| causes.first());
        match primary.and_then(|cause| cause.category.first()) {
            Some(category) if self.label.outcome == Outcome::Incident => category.word(),
            _ => "quiet".to_owned(),
        }
    }
}

/// Every case in a folder or below it, by path.
pub fn cases(folder: &Path) -> Result<Vec<Case>, Error> {
    let mut folders = Vec::new();
    find(folder, DEPTH_MAX, &mut folders)?;
    folders.sort();
    if folders.is_empty() {
        return Err(Error::NoCases(folder.to_owned()));
    }
    folders.iter().map(|folder| Case::read(folder)).collect()
}

fn find(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    let unreadable = |source| Error::Unreadable { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        // `file_type` does not follow links: a loop of links is no endless folder.
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() && depth > 0 {
            find(&entry.path(), depth - 1, found)?;
        } else if entry.file_name() == LABEL {
            found.push(folder.to_owned());
        }
    }
    Ok(())
}

fn yes() -> bool {
    true
}
