//! The catalogue and its fast matching: text in, best signature out.
//!
//! In: the embedded files of `catalog/`, or a user's folder of the same format. Out: a [`Catalog`]
//! that answers which signature a text has. One pass looks for all literals at once, so the cost of a
//! text does not grow with the number of signatures; only the patterns of signatures whose literal
//! occurred are tried, best first.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::OnceLock;

use include_dir::{Dir, DirEntry, include_dir};

pub use super::signature::{CatalogError, ExitCode, Signature};
use crate::model::{Platform, Stream};
use prefilter::Prefilter;

mod prefilter;
mod proof;
mod user;

/// The catalogue as files; `cargo` notices a changed file, but a new one only after a clean build.
static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/classify/catalog");

/// Bytes of a text that are looked at: the first lines carry the message, and a stack of megabytes must not stall a run.
const TEXT_BYTES_MAX: usize = 32 * 1024;
/// Longest title, in characters.
const TITLE_CHARS_MAX: usize = 160;
/// Longest captured value inside a title or an identity, in characters.
const VALUE_CHARS_MAX: usize = 80;
/// The folder whose files are exit codes rather than signatures.
const EXIT_CODES: &str = "exit-codes";

/// All signatures and exit codes, ready to match.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// Sorted by id.
    signatures: Vec<Signature>,
    exit_codes: BTreeMap<i64, ExitCode>,
    prefilter: Prefilter,
    /// Literal of the prefilter → ranks of the signatures that have it.
    ranks_of_literal: Vec<Vec<u16>>,
    /// Rank (0 = highest priority, then smallest id) → index into `signatures`.
    by_rank: Vec<u16>,
}

/// A signature that a text has.
#[derive(Debug, Clone)]
pub struct Match<'c> {
    /// The signature.
    pub signature: &'c Signature,
    /// Named captures that took part, in the order of the pattern.
    pub captures: Vec<(String, String)>,
    /// Byte of the text where the match begins.
    pub start: usize,
}

impl Catalog {
    /// The built-in catalogue, parsed once.
    pub fn embedded() -> &'static Self {
        static CATALOG: OnceLock<Catalog> = OnceLock::new();
        CATALOG.get_or_init(|| {
            let mut signatures = Vec::new();
            let mut exit_codes = BTreeMap::new();
            read_embedded(&EMBEDDED, &mut signatures, &mut exit_codes).expect("a test loads every embedded file");
            Self::build(signatures, exit_codes)
        })
    }

    fn build(mut signatures: Vec<Signature>, exit_codes: BTreeMap<i64, ExitCode>) -> Self {
        signatures.sort_by(|a, b| a.id.cmp(&b.id));
        signatures.dedup_by(|later, earlier| later.id == earlier.id);
        signatures.truncate(usize::from(u16::MAX));
        let mut by_rank: Vec<u16> = (0..).take(signatures.len()).collect();
        // A stable sort: equal priorities stay in the order of their ids.
        by_rank.sort_by_key(|&index| std::cmp::Reverse(signatures[usize::from(index)].priority));
        let mut ranks_by_literal: BTreeMap<String, Vec<u16>> = BTreeMap::new();
        for (rank, &index) in (0..).zip(&by_rank) {
            for literal in &signatures[usize::from(index)].literals {
                ranks_by_literal.entry(literal.to_ascii_lowercase()).or_default().push(rank);
            }
        }
        let prefilter = Prefilter::new(ranks_by_literal.keys().map(String::as_str));
        Self { signatures, exit_codes, prefilter, ranks_of_literal: ranks_by_literal.into_values().collect(), by_rank }
    }

    /// Every signature, sorted by id.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// The signature of this id.
    pub fn get(&self, id: &str) -> Option<&Signature> {
        let index = self.signatures.binary_search_by(|signature| signature.id.as_str().cmp(id)).ok()?;
        self.signatures.get(index)
    }

    /// Every exit code, ascending.
    pub fn exit_codes(&self) -> impl Iterator<Item = &ExitCode> {
        self.exit_codes.values()
    }

    /// What an exit code means.
    pub fn exit_code(&self, code: i64) -> Option<&ExitCode> {
        self.exit_codes.get(&code)
    }

    /// The best match for one text on one platform and stream.
    pub fn find(&self, platform: Platform, stream: Stream, text: &str) -> Option<Match<'_>> {
        let text = head_of(text);
        self.candidates(platform, stream, text).into_iter().find_map(|signature| match_of(signature, text))
    }

    /// All matches, best first.
    pub fn find_all(&self, platform: Platform, stream: Stream, text: &str) -> Vec<Match<'_>> {
        let text = head_of(text);
        self.candidates(platform, stream, text).into_iter().filter_map(|signature| match_of(signature, text)).collect()
    }

    /// Signatures with a literal in the text that apply to platform and stream, best first. Most
    /// texts have none, and then nothing is allocated.
    fn candidates(&self, platform: Platform, stream: Stream, text: &str) -> Vec<&Signature> {
        let mut ranks: Vec<u16> = Vec::new();
        self.prefilter.scan(text, |literal| ranks.extend(self.ranks_of_literal.get(literal).into_iter().flatten()));
        ranks.sort_unstable();
        ranks.dedup();
        let signatures = ranks.iter().filter_map(|&rank| {
            let index = *self.by_rank.get(usize::from(rank))?;
            self.signatures.get(usize::from(index))
        });
        signatures
            .filter(|signature| signature.scope.covers(platform))
            .filter(|signature| signature.streams.is_empty() || signature.streams.contains(&stream))
            // What an application prints about the platform is hearsay, and may be what a user typed.
            .filter(|signature| {
                !(signature.mark.is_platforms_word() && matches!(stream, Stream::Stdout | Stream::Stderr))
            })
            .collect()
    }
}

impl Match<'_> {
    /// The title with its captures filled in, at most 160 characters.
    pub fn title(&self) -> String {
        let mut out = String::new();
        let mut rest = self.signature.title.as_str();
        while let Some((before, after)) = rest.split_once('[') {
            let Some((optional, after)) = after.split_once(']') else { break };
            self.fill(before, &mut out);
            let complete = super::signature::placeholders(optional).all(|name| self.value(name).is_some());
            if complete {
                self.fill(optional, &mut out);
            }
            rest = after;
        }
        self.fill(rest, &mut out);
        bounded(&out, TITLE_CHARS_MAX)
    }

    /// The captures that belong to the identity, as `name=value` joined by commas; empty without any.
    pub fn identity(&self) -> String {
        let mut out = String::new();
        for name in &self.signature.identity {
            if let Some(value) = self.value(name) {
                let comma = if out.is_empty() { "" } else { "," };
                let _ = write!(out, "{comma}{name}={}", printable(value));
            }
        }
        out
    }

    /// The value of one capture.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.captures.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn fill(&self, template: &str, out: &mut String) {
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                rest = after;
                break;
            };
            out.push_str(&self.value(name).map_or_else(|| "unknown".to_owned(), printable));
            rest = after;
        }
        out.push_str(rest);
    }
}

fn match_of<'c>(signature: &'c Signature, text: &str) -> Option<Match<'c>> {
    signature.captures(text).map(|(start, captures)| Match { signature, captures, start })
}

fn head_of(text: &str) -> &str {
    if text.len() <= TEXT_BYTES_MAX { text } else { &text[..text.floor_char_boundary(TEXT_BYTES_MAX)] }
}

/// One line without control characters: a carriage return at the end of a setting is the finding, so it is shown as `\r`.
fn printable(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.trim_matches(' ').chars() {
        match c {
            '\r' => out.push_str("\\r"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push('?'),
            c => out.push(c),
        }
    }
    bounded(&out, VALUE_CHARS_MAX)
}

fn bounded(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    text.chars().take(chars_max - 1).chain(['…']).collect()
}

fn read_embedded(
    dir: &Dir<'static>,
    signatures: &mut Vec<Signature>,
    exit_codes: &mut BTreeMap<i64, ExitCode>,
) -> Result<(), CatalogError> {
    for entry in dir.entries() {
        match entry {
            DirEntry::Dir(below) => read_embedded(below, signatures, exit_codes)?,
            DirEntry::File(file) => {
                let id = id_of(file.path());
                let text = file.contents_utf8().unwrap_or_default();
                if is_exit_code(&id) {
                    let code = ExitCode::parse(&id, text)?;
                    exit_codes.insert(code.code, code);
                } else {
                    signatures.push(Signature::embedded(&id, text)?);
                }
            }
        }
    }
    Ok(())
}

fn id_of(path: &Path) -> String {
    let without = path.with_extension("");
    let parts: Vec<_> = without.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    parts.join("/")
}

fn is_exit_code(id: &str) -> bool {
    id.split_once('/').is_some_and(|(folder, _)| folder == EXIT_CODES)
}

#[cfg(test)]
mod tests;
