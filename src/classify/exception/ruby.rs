//! Ruby: the interpreter's own format with its causes, and Rails' `Class (message):` blocks.
//!
//! Ruby prints the outermost exception first and its causes after it.

use super::frames::Frame;
use super::{Chain, Exception, LINKS_MAX, Runtime, chain_to_last, kind, push_frame};

/// Reads a Ruby error.
pub(super) fn parse(text: &str) -> Option<Chain> {
    if !text.contains(".rb:") {
        return None;
    }
    let mut links: Vec<Exception> = Vec::new();
    let mut above: Vec<&str> = Vec::new();
    for line in text.lines() {
        let Some((frame, said)) = frame(line) else {
            above.push(line);
            continue;
        };
        if let Some((message, kind)) = said.and_then(message_and_kind).filter(|_| links.len() < LINKS_MAX) {
            links.push(Exception::new(kind, message));
        } else if links.is_empty() {
            links.push(heading(&above)?);
        }
        if let Some(current) = links.last_mut() {
            push_frame(&mut current.frames, frame);
        }
    }
    chain_to_last(Runtime::Ruby, links)
}

/// `path.rb:3:in 'method'` with what follows it, or `from path.rb:3:in 'method'`.
fn frame(line: &str) -> Option<(Frame, Option<&str>)> {
    let bare = line.trim_start();
    let bare = bare.strip_prefix("from ").unwrap_or(bare);
    let end = bare.find(".rb:")? + ".rb".len();
    let (path, rest) = (&bare[..end], &bare[end + 1..]);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let line_number = rest[..digits].parse().ok().filter(|_| !path.contains(' '))?;
    let rest = &rest[digits..];
    let Some(named) = rest.strip_prefix(":in ") else {
        return Some((Frame::at("", path, Some(line_number)), rest.strip_prefix(": ")));
    };
    // Before Ruby 3.4 the name opened with a backtick.
    let named = named.trim_start_matches(['\'', '`']);
    let (function, after) = named.split_once('\'').unwrap_or((named, ""));
    Some((Frame::at(function, path, Some(line_number)), after.strip_prefix(": ")))
}

/// `message (Class)`.
fn message_and_kind(said: &str) -> Option<(&str, &str)> {
    let (message, class) = said.trim_end().strip_suffix(')')?.rsplit_once(" (")?;
    let is_class = class.starts_with(|first: char| first.is_ascii_uppercase())
        && class.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':'));
    is_class.then_some((message, class))
}

/// The error named above bare frames: `Class (message):` or `… Class: message`.
fn heading(above: &[&str]) -> Option<Exception> {
    above.iter().rev().filter(|line| !line.trim().is_empty()).take(6).find_map(|line| {
        if let Some((kind, message)) = kind::find(line) {
            return Some(Exception::new(&kind, message));
        }
        let (kind, message) = line.trim_end().strip_suffix("):")?.split_once(" (")?;
        let kind = kind.rsplit(' ').next().unwrap_or(kind);
        kind::is_kind(kind).then(|| Exception::new(kind, message))
    })
}
