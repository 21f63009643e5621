//! Rust panics: `thread 'main' panicked at src/main.rs:1:2:` and the message on the next line.

use super::frames::frame;
use super::{Chain, Runtime, exception};

/// Reads a panic in the wording of Rust 1.73 and later, and in the older one.
pub(super) fn parse(text: &str) -> Option<Chain> {
    let at = text.find("' panicked at ").or_else(|| text.find(") panicked at "))?;
    let rest = &text[at + "' panicked at ".len()..];
    let mut lines = rest.lines();
    let first = lines.next()?;
    let (message, place) = if let Some(quoted) = first.strip_prefix('\'') {
        quoted.rsplit_once("', ").unwrap_or((quoted, ""))
    } else {
        (lines.next().unwrap_or(""), first.trim_end_matches(':'))
    };
    let mut parts = place.rsplitn(3, ':');
    let (_column, number, file) = (parts.next(), parts.next().unwrap_or(""), parts.next().unwrap_or(place));
    let frames = vec![frame("", file, number.parse().ok())];
    Some(Chain { runtime: Runtime::Rust, links: vec![exception("panic", message, frames)], root: 0 })
}
