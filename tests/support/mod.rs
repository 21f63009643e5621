//! What the tests share: folders, running the analysis, and the truth files of the fixtures.

pub mod hours;
pub mod program;

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use whydown::ingest;
use whydown::model::report::Report;
use whydown::pipeline::{self, Options};

/// The project's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of shared material, which not every machine has: a test that needs it says that it skips.
pub fn shared(what: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("WHYDOWN_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let found = folder.join(what);
    if found.exists() {
        return Some(found);
    }
    skip(&format!("{} is not on this machine", found.display()));
    None
}

/// Says loudly that a test does not run: past the test runner's capture of printed text.
pub fn skip(why: &str) {
    // Nothing can be done if standard error is gone.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}

/// Analyses files and state files.
pub fn analyze(inputs: &[PathBuf], state_files: &[PathBuf], threads: usize) -> Report {
    let options = Options {
        inputs: inputs.to_vec(),
        state_files: state_files.to_vec(),
        ingest: ingest::Options { threads, ..ingest::Options::default() },
        ..Options::default()
    };
    pipeline::analyze(&options).unwrap_or_else(|error| panic!("{}: {error}", inputs[0].display()))
}

/// One fixture of `fixtures/incidents`.
pub struct Incident {
    /// Name of its folder.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// What is true about it.
    pub truth: Truth,
}

impl Incident {
    /// Its log files.
    pub fn inputs(&self) -> Vec<PathBuf> {
        self.truth.files.iter().map(|file| self.folder.join(file)).collect()
    }

    /// Its state files.
    pub fn state_files(&self) -> Vec<PathBuf> {
        self.truth.state.iter().map(|file| self.folder.join(file)).collect()
    }
}

/// All fixtures, by name.
pub fn incidents() -> Vec<Incident> {
    let folder = root().join("fixtures/incidents");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("fixtures/incidents exists")
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let folder = folder.join(&name);
            let path = folder.join("truth.toml");
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let truth = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            Incident { name, folder, truth }
        })
        .collect()
}

/// A truth file: written by hand, never regenerated.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truth {
    #[allow(dead_code, reason = "for the reader of the file")]
    pub title: String,
    pub files: Vec<String>,
    #[serde(default)]
    pub state: Vec<String>,
    pub outcome: String,
    #[allow(dead_code, reason = "for the reader of the file")]
    pub why: String,
    pub entries: u64,
    pub unique_entries: u64,
    #[serde(default)]
    pub cause: Vec<TrueCause>,
    #[serde(default)]
    pub must_not: Vec<MustNot>,
    pub revision_state: Option<TrueState>,
    pub rollback: Option<TrueRollback>,
    #[serde(default)]
    pub notices: TrueNotices,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrueCause {
    pub rank: u32,
    pub category: Vec<String>,
    pub text: String,
    pub service: String,
    #[serde(default)]
    pub revisions: Vec<String>,
    pub verdict: Vec<String>,
    #[serde(default)]
    pub chain: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MustNot {
    pub text: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrueState {
    pub service: String,
    pub state: Vec<String>,
    pub role: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrueRollback {
    pub target: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrueNotices {
    #[serde(default)]
    pub present: Vec<String>,
    #[serde(default)]
    pub absent: Vec<String>,
}
