//! One signature of the catalogue: a named message shape with a role, a category and advice.
//!
//! In: the text of one TOML file below `catalog/` (or of a user's rules folder). Out: a
//! [`Signature`] (or an [`ExitCode`]), or a [`CatalogError`] that names the file, the key and the
//! remedy. The loader is strict: an unknown key, a title that names no capture, a literal too short
//! to filter by, or an example that does not do what it says is an error.
//!
//! Patterns are Rust regexes over bytes: `\d`, `\w`, `\s`, `\b` and `(?i)` mean ASCII and `.` is one
//! byte. Log messages need no more, and the automata build ten times faster than with Unicode tables.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::mark::Mark;
use crate::model::{Category, Platform, Role, Stream};

/// Upper bound of one compiled pattern, in bytes; a user's pattern above it is refused.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// Why a catalogue file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The file or folder could not be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Read {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is not TOML, or has a key the format does not know.
    #[error("{path} is not a signature: {problem}\nremedy: compare its keys with a file printed by `whydown rules show`", path = path.display())]
    Format {
        /// File.
        path: PathBuf,
        /// What the TOML reader said, with line and key.
        problem: String,
    },
    /// A key has a value that cannot work.
    #[error("{path}: key `{key}`: {problem}; remedy: {remedy}", path = path.display())]
    Invalid {
        /// File.
        path: PathBuf,
        /// Dotted key.
        key: &'static str,
        /// What is wrong, with the value.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
}

/// Where a signature applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Every platform.
    Any,
    /// Cloud Run services and jobs, and second-generation functions.
    CloudRun,
    /// Cloud Run jobs only.
    CloudRunJob,
    /// First-generation functions.
    CloudFunctions,
    /// Cloud Build.
    CloudBuild,
    /// Azure Container Apps.
    AzureContainerApps,
}

impl Scope {
    /// The word of a file, for example `cloud-run`.
    pub fn word(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(word)) => word,
            _ => String::new(),
        }
    }

    /// Whether a text of `platform` may match. An unknown platform ([`Platform::Other`]) excludes
    /// nothing: exports often drop `resource`, and the platform's own texts are unmistakable.
    pub fn covers(self, platform: Platform) -> bool {
        match (self, platform) {
            (Self::Any, _) | (_, Platform::Other) => true,
            (Self::CloudRun, _) => matches!(platform, Platform::CloudRun | Platform::CloudRunJob),
            (Self::CloudRunJob, _) => platform == Platform::CloudRunJob,
            (Self::CloudFunctions, _) => platform == Platform::CloudFunctions,
            (Self::CloudBuild, _) => platform == Platform::CloudBuild,
            (Self::AzureContainerApps, _) => platform == Platform::AzureContainerApps,
        }
    }
}

/// What to tell the reader about a signature.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    /// What the message means, one to three sentences.
    pub meaning: String,
    /// What to look at.
    #[serde(default)]
    pub check: Vec<String>,
    /// What to do.
    #[serde(default)]
    pub fix: Vec<String>,
    /// Where it is documented; empty where nobody documents it.
    #[serde(default)]
    pub documentation: String,
    /// Ids of signatures whose examples may also match this one, and the other way round.
    #[serde(default)]
    pub overlaps: Vec<String>,
}

/// A text that the signature must, or must not, match.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Whether the signature must match.
    #[serde(rename = "match")]
    pub matches: bool,
    /// The text of one entry.
    pub text: String,
    /// Captures the match must have; others are not compared.
    #[serde(default)]
    pub captures: std::collections::BTreeMap<String, String>,
}

/// A named message shape.
#[derive(Debug, Clone)]
pub struct Signature {
    /// Path below the catalogue without `.toml`, for example `cloud-run/container-exit`.
    pub id: String,
    /// What happened. `{capture}` is filled; `[…]` is dropped when a capture inside it is absent.
    pub title: String,
    /// Where it applies.
    pub scope: Scope,
    /// Its place in the chain.
    pub role: Role,
    /// Category of a finding led by it.
    pub category: Category,
    /// What an entry of it marks in the life of an instance, request, revision or job.
    pub mark: Mark,
    /// Streams it may come from; empty = any.
    pub streams: Vec<Stream>,
    /// 0 to 100; the higher wins when several match.
    pub priority: i32,
    /// Texts of which one must occur, in any ASCII case, before the pattern is tried.
    pub literals: Vec<String>,
    /// The pattern; `None` = a literal alone decides.
    pub pattern: Option<String>,
    /// Captures that belong to the identity of a cluster, in order.
    pub identity: Vec<String>,
    /// Whether a user's file says that it replaces the signature of the same id.
    pub overrides: bool,
    /// The user's file it was read from; `None` = built in.
    pub file: Option<PathBuf>,
    source: Cow<'static, str>,
    regex: OnceLock<Option<Regex>>,
    tail: OnceLock<Tail>,
}

/// The half of a file that matching does not need.
#[derive(Debug, Clone, Default)]
struct Tail {
    advice: Advice,
    examples: Vec<Example>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureFile {
    title: String,
    #[serde(default, rename = "override")]
    overrides: bool,
    platform: Scope,
    role: Role,
    category: Category,
    #[serde(default)]
    mark: Mark,
    #[serde(default)]
    streams: Vec<String>,
    priority: i32,
    #[serde(rename = "match")]
    matching: MatchSection,
    #[serde(default)]
    advice: Option<Advice>,
    #[serde(default)]
    example: Vec<Example>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MatchSection {
    literals: Vec<String>,
    #[serde(default)]
    regex: Option<String>,
    #[serde(default)]
    identity: Vec<String>,
}

impl Signature {
    /// Reads a file that a test has already proven: only the part before `[advice]` is parsed now,
    /// which is a third of the text, and the rest on first use.
    pub(super) fn embedded(id: &str, text: &'static str) -> Result<Self, CatalogError> {
        let head = text.find("\n[advice]").map_or(text, |end| &text[..end]);
        let file = read_toml(id, head)?;
        Self::from_file(id, file, Cow::Borrowed(text))
    }

    /// Reads one file strictly: every key, every capture named, every example tried.
    ///
    /// # Errors
    /// [`CatalogError::Format`] or [`CatalogError::Invalid`], with the file, the key and the remedy.
    pub fn parse(id: &str, text: &str) -> Result<Self, CatalogError> {
        let file: SignatureFile = read_toml(id, text)?;
        let tail = Tail { advice: file.advice.clone().unwrap_or_default(), examples: file.example.clone() };
        let signature = Self::from_file(id, file, Cow::Owned(text.to_owned()))?;
        signature.check(&tail)?;
        Ok(signature)
    }

    fn from_file(id: &str, file: SignatureFile, source: Cow<'static, str>) -> Result<Self, CatalogError> {
        let mut streams = Vec::with_capacity(file.streams.len());
        for word in &file.streams {
            let known = Stream::ALL.into_iter().find(|stream| stream.word() == word);
            streams.push(known.ok_or_else(|| {
                invalid(
                    id,
                    "streams",
                    format!("`{word}` is not a stream"),
                    "use words such as stderr, system, requests",
                )
            })?);
        }
        Ok(Self {
            id: id.to_owned(),
            title: file.title,
            scope: file.platform,
            role: file.role,
            category: file.category,
            mark: file.mark,
            streams,
            priority: file.priority,
            literals: file.matching.literals,
            pattern: file.matching.regex,
            identity: file.matching.identity,
            overrides: file.overrides,
            file: None,
            source,
            regex: OnceLock::new(),
            tail: OnceLock::new(),
        })
    }

    /// The advice section.
    pub fn advice(&self) -> &Advice {
        &self.tail().advice
    }

    /// The examples of the file.
    pub fn examples(&self) -> &[Example] {
        &self.tail().examples
    }

    /// The whole file as written, for `whydown rules show`.
    pub fn source(&self) -> &str {
        &self.source
    }

    fn tail(&self) -> &Tail {
        self.tail.get_or_init(|| {
            let file: Result<SignatureFile, _> = read_toml(&self.id, &self.source);
            file.map_or_else(
                |_| Tail::default(),
                |file| Tail { advice: file.advice.unwrap_or_default(), examples: file.example },
            )
        })
    }

    /// The compiled pattern; compiled on first use, so that start-up pays for none.
    pub(super) fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| self.pattern.as_deref().and_then(|pattern| compile(pattern).ok())).as_ref()
    }

    /// Where the pattern matches `text`, and its named captures; the caller has checked the literals.
    pub(super) fn captures(&self, text: &str) -> Option<(usize, Vec<(String, String)>)> {
        if self.pattern.is_none() {
            return Some((0, Vec::new()));
        }
        let regex = self.regex()?;
        let found = regex.captures(text.as_bytes())?;
        let mut captures: Vec<(String, String)> = Vec::new();
        for name in regex.capture_names().flatten() {
            if let Some(value) = found.name(name) {
                captures.push((name.to_owned(), whole_characters(value.as_bytes())));
            }
        }
        Some((found.get(0).map_or(0, |whole| whole.start()), captures))
    }
}

/// What a process exit code means on Cloud Run and Azure Container Apps.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExitCode {
    /// The code, 0 to 255.
    pub code: i64,
    /// Short name, for example `worker boot error`.
    pub name: String,
    /// What it says, and what it does not say.
    pub meaning: String,
    /// Usual causes, most frequent first.
    pub usual_causes: Vec<String>,
    /// Folders of the catalogue: one of their signatures has to be met before the code is said to mean this. Empty
    /// where it means the same for every program.
    #[serde(default)]
    pub told_by: Vec<String>,
    /// Whether the process ended before it served anything.
    pub is_boot_failure: bool,
    /// Whether the code is what an ordinary stop leaves behind.
    pub is_ordinary_stop: bool,
    /// The signal behind the code (128 + n), if any.
    #[serde(default)]
    pub signal: Option<i64>,
    /// Where it is documented.
    #[serde(default)]
    pub documentation: String,
    /// Whether a user's file says that it replaces the meaning of the same code.
    #[serde(default, rename = "override")]
    pub overrides: bool,
    /// The user's file it was read from; `None` = built in.
    #[serde(skip)]
    pub file: Option<PathBuf>,
    #[serde(skip)]
    source: Cow<'static, str>,
}

impl ExitCode {
    /// Reads one file of the folder `exit-codes`.
    ///
    /// # Errors
    /// [`CatalogError::Format`] when a key is unknown or missing.
    pub fn parse(id: &str, text: &str) -> Result<Self, CatalogError> {
        let code: Self = read_toml(id, text)?;
        Ok(Self { source: Cow::Owned(text.to_owned()), ..code })
    }

    /// The whole file as written, for `whydown rules show`.
    pub fn source(&self) -> &str {
        &self.source
    }
}

/// Names in `{…}` of a title.
pub(super) fn placeholders(title: &str) -> impl Iterator<Item = &str> {
    title.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name))
}

fn read_toml<T: serde::de::DeserializeOwned>(id: &str, text: &str) -> Result<T, CatalogError> {
    toml::from_str(text)
        .map_err(|error| CatalogError::Format { path: path_of(id), problem: error.to_string().trim_end().to_owned() })
}

fn path_of(id: &str) -> PathBuf {
    PathBuf::from(format!("{id}.toml"))
}

fn invalid(id: &str, key: &'static str, problem: String, remedy: &'static str) -> CatalogError {
    CatalogError::Invalid { path: path_of(id), key, problem, remedy }
}

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).unicode(false).size_limit(PATTERN_BYTES_MAX).build()
}

/// A captured value as text; a counted repeat may have cut a character, and its rest is dropped.
fn whole_characters(value: &[u8]) -> String {
    String::from_utf8_lossy(value).trim_matches('\u{FFFD}').to_owned()
}

mod check;
#[cfg(test)]
mod tests;
