//! Exceptions as every runtime prints them, brought to one model.
//!
//! In: one text (an entry, or the joined lines of several). Out: a [`Chain`] whose root is the innermost
//! cause: printed first in Python and PHP, last elsewhere. The key of a chain has no line numbers and no
//! installation prefixes, so that one bug is one cluster across revisions. A text of one line mostly
//! holds no chain, but may [`mention`] an exception.

mod dotnet;
mod frames;
mod go;
mod java;
mod kind;
mod mention;
mod node;
mod php;
mod python;
mod ruby;
mod rust;
mod shape;

pub use frames::Frame;
pub use mention::{before_kind, mention};
pub use shape::{LineShape, line_shape};

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::mask;

/// Longest message kept, in bytes.
const MESSAGE_BYTES_MAX: usize = 2_048;

/// Frames kept of one exception.
const FRAMES_MAX: usize = 64;

/// Exceptions kept of one chain.
const LINKS_MAX: usize = 32;

/// Longest headline, in bytes.
const HEADLINE_BYTES_MAX: usize = 220;

/// Texts are read up to this length, in bytes; a trace names its error within it.
const TEXT_BYTES_MAX: usize = 256 << 10;

/// A masked message shorter than this says too little to tell two errors apart.
const TELLING_SHAPE_BYTES: usize = 12;

/// Every trace contains one of these, so that other text is turned away in one scan.
const MARKERS: [&str; 12] = [
    "Traceback (most recent",
    "File \"",
    "at ",
    "panic",
    "atal error",
    "Caused by:",
    "---> ",
    ".rb:",
    "PHP ",
    "#0 ",
    "rror",
    "xception",
];

static MARKER_SCAN: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::new(MARKERS).expect("twelve short literals always build"));

/// The runtime that printed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Runtime {
    /// `CPython` and relatives.
    Python,
    /// Java, Kotlin, Scala.
    Java,
    /// Node.js.
    Node,
    /// Go.
    Go,
    /// .NET.
    DotNet,
    /// Ruby.
    Ruby,
    /// PHP.
    Php,
    /// Rust.
    Rust,
}

/// One exception of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Class, for example `ModuleNotFoundError`, or `panic`.
    pub kind: String,
    /// First line of the message, then at most one line of detail that belongs to it (the fields of a
    /// validation error, a database's `DETAIL`); bounded.
    pub message: String,
    /// Frames, innermost first, bounded.
    pub frames: Vec<Frame>,
}

/// The exceptions of one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Runtime.
    pub runtime: Runtime,
    /// At least one, outermost first.
    pub links: Vec<Exception>,
    /// Index of the innermost cause.
    pub root: usize,
}

impl Exception {
    fn new(kind: &str, message: &str) -> Self {
        let first = message.trim().lines().next().unwrap_or("");
        Self { kind: kind.trim().to_owned(), message: cut(first, MESSAGE_BYTES_MAX).to_owned(), frames: Vec::new() }
    }

    /// Class and first line, with a driver's error in place of the library's around it.
    fn essence(&self) -> (&str, &str) {
        kind::unwrap_database(&self.kind, self.message.lines().next().unwrap_or(""))
    }
}

impl Chain {
    /// The innermost cause that says something: a cancelled task or a bare time-out has no message, and
    /// the exception around it names what was waited for.
    pub fn root(&self) -> &Exception {
        let root = self.root.min(self.links.len() - 1);
        let speaking = self.links[..=root].iter().rev().find(|link| !link.message.is_empty());
        speaking.unwrap_or(&self.links[root])
    }

    /// `kind: message` of the root, one line, bounded; a wrapped driver error is unwrapped and a
    /// validation error names its fields.
    pub fn headline(&self) -> String {
        let root = self.root();
        let (kind, message) = root.essence();
        let mut line = if message.is_empty() { kind.to_owned() } else { format!("{kind}: {message}") };
        if let Some(fields) = root.message.lines().nth(1).filter(|_| python::is_validation(message)) {
            line.push_str(": ");
            line.push_str(fields);
        }
        cut(&line, HEADLINE_BYTES_MAX).to_owned()
    }

    /// The frame of the application nearest to the error: the root's, or else that of the nearest link.
    pub fn top_in_app_frame(&self) -> Option<&Frame> {
        let root = self.root.min(self.links.len() - 1);
        let outward = self.links[..=root].iter().rev();
        outward.chain(&self.links[root + 1..]).find_map(|link| link.frames.iter().find(|frame| frame.in_app))
    }

    /// Stable identity: root kind, masked message, and the place where it has no message to tell it apart.
    pub fn key(&self) -> String {
        let (kind, message) = self.root().essence();
        let shape = mask::mask(message);
        // The same error is printed with and without the application's frames (wrapped, re-raised), so the
        // place counts only where the message says little.
        match self.top_in_app_frame().filter(|_| shape.len() < TELLING_SHAPE_BYTES) {
            Some(frame) => format!("{kind}: {shape} in {}:{}", frame.file, frame.function),
            None => format!("{kind}: {shape}"),
        }
    }
}

/// Reads an exception of any runtime; `None` where the text holds none.
pub fn parse(text: &str) -> Option<Chain> {
    let text = unescape_once(cut(text, TEXT_BYTES_MAX));
    if !MARKER_SCAN.is_match(&*text) {
        return None;
    }
    // These three can say all there is to say in one line; of the others a line is only the beginning.
    if !text.trim().contains('\n') {
        return [rust::parse, php::parse, ruby::parse].into_iter().find_map(|read| read(&text));
    }
    // The strict shapes come first; Node accepts the loosest frames and stands last.
    let readers: [fn(&str) -> Option<Chain>; 8] =
        [python::parse, go::parse, rust::parse, php::parse, ruby::parse, java::parse, dotnet::parse, node::parse];
    readers.into_iter().find_map(|read| read(&text))
}

/// Undoes one level of escaping where a trace was written into one line, its line breaks as `\n` in two
/// characters.
fn unescape_once(text: &str) -> Cow<'_, str> {
    const TRACES: [&str; 5] =
        ["\\n    at ", "\\n  File ", "Traceback (most recent call last):\\n", "\\n\\tat ", "\\ngoroutine "];
    if text.trim_end().contains('\n') || !text.contains("\\n") || !TRACES.iter().any(|trace| text.contains(trace)) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') | None => {}
            Some(escaped @ ('"' | '\'' | '\\' | '/')) => plain.push(escaped),
            Some(other) => plain.extend(['\\', other]),
        }
    }
    Cow::Owned(plain)
}

/// A chain whose last link is the root; `None` without links.
fn chain_to_last(runtime: Runtime, links: Vec<Exception>) -> Option<Chain> {
    let root = links.len().checked_sub(1)?;
    Some(Chain { runtime, links, root })
}

fn push_frame(frames: &mut Vec<Frame>, frame: Frame) {
    if frames.len() < FRAMES_MAX {
        frames.push(frame);
    }
}

/// At most `bytes_max` bytes of a text, cut at a character.
fn cut(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests;
