//! Exceptions as every runtime prints them, brought to one model.
//!
//! In: one text (an entry, or the joined lines of several). Out: a [`Chain`] whose root is the innermost
//! cause: printed first in Python, last in Java. The key of a chain has no line numbers and no installation
//! prefixes, so that one bug is one cluster across revisions.

mod dotnet;
mod frames;
mod go;
mod java;
mod mention;
mod node;
mod php;
mod python;
mod ruby;
mod rust;
mod shape;

pub use frames::Frame;
pub use mention::mention;
pub use shape::{LineShape, line_shape};

use super::mask;

/// Longest message kept, in bytes.
const MESSAGE_BYTES_MAX: usize = 2_048;

/// Frames kept of one exception.
const FRAMES_MAX: usize = 64;

/// Texts are read up to this length, in bytes; a trace names its error within it.
const TEXT_BYTES_MAX: usize = 256 << 10;

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
    /// Class, for example `ModuleNotFoundError`.
    pub kind: String,
    /// Message, bounded; several lines are joined by ` / `.
    pub message: String,
    /// Frames in printed order, bounded.
    pub frames: Vec<Frame>,
}

/// The exceptions of one text, in printed order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Runtime.
    pub runtime: Runtime,
    /// At least one.
    pub links: Vec<Exception>,
    /// Index of the innermost cause.
    pub root: usize,
}

impl Chain {
    /// The innermost cause that says something: a cancelled task or a bare time-out has no message, and
    /// the exception around it names what was waited for.
    pub fn root(&self) -> &Exception {
        let root = self.root.min(self.links.len() - 1);
        let outward: Vec<usize> = if root == 0 { (0..self.links.len()).collect() } else { (0..=root).rev().collect() };
        let speaks = outward.into_iter().find(|link| !self.links[*link].message.is_empty());
        &self.links[speaks.unwrap_or(root)]
    }

    /// `kind: message` of the root, one line, bounded; a wrapped driver error is unwrapped.
    pub fn headline(&self) -> String {
        let (kind, message) = mention::unwrap_driver(&self.root().kind, &self.root().message);
        bounded(&if message.is_empty() { kind } else { format!("{kind}: {message}") }, 220)
    }

    /// The frame of the application nearest to the error.
    pub fn top_in_app_frame(&self) -> Option<&Frame> {
        let frames = &self.root().frames;
        // Python prints the innermost frame last, all others first.
        if self.runtime == Runtime::Python {
            frames.iter().rev().find(|frame| frame.in_app)
        } else {
            frames.iter().find(|frame| frame.in_app)
        }
    }

    /// Stable identity: root kind, masked message, and the place where it has no message to tell it apart.
    pub fn key(&self) -> String {
        let (kind, message) = mention::unwrap_driver(&self.root().kind, &self.root().message);
        let shape = mask::mask(&message);
        // The same error is printed with and without the application's frames (wrapped, re-raised), so the
        // place counts only where the message says little.
        match self.top_in_app_frame().filter(|_| shape.len() < 12) {
            Some(frame) => format!("{kind}: {shape} in {}:{}", frame.file, frame.function),
            None => format!("{kind}: {shape}"),
        }
    }
}

/// Reads an exception of any runtime; `None` where the text holds none.
pub fn parse(text: &str) -> Option<Chain> {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    let unescaped = (!text.contains('\n') && text.contains("\\n  File \"")
        || !text.contains('\n') && text.contains("\\n    at "))
    .then(|| text.replace("\\n", "\n").replace("\\\"", "\"").replace("\\t", "\t"));
    let text = unescaped.as_deref().unwrap_or(text);
    let readers: [fn(&str) -> Option<Chain>; 8] =
        [python::parse, go::parse, rust::parse, dotnet::parse, java::parse, php::parse, ruby::parse, node::parse];
    readers.into_iter().find_map(|read| read(text))
}

/// Builds a link; joins the lines of its message.
fn exception(kind: &str, message: &str, frames: Vec<Frame>) -> Exception {
    let lines: Vec<&str> = message.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Exception {
        kind: kind.trim().to_owned(),
        message: bounded(&lines.join(" / "), MESSAGE_BYTES_MAX),
        frames: frames.into_iter().take(FRAMES_MAX).collect(),
    }
}

fn bounded(text: &str, bytes_max: usize) -> String {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

#[cfg(test)]
mod tests;
