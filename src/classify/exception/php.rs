//! PHP fatal errors: `PHP Fatal error:  Uncaught Kind: message in /path:3`.

use super::frames::frame;
use super::{Chain, Runtime, exception};

/// Reads a fatal or parse error.
pub(super) fn parse(text: &str) -> Option<Chain> {
    let at = text.find("PHP Fatal error: ").or_else(|| text.find("PHP Parse error: "))?;
    let line = text[at..].lines().next()?;
    let (label, rest) = line.split_once(": ")?;
    let rest = rest.trim_start();
    let (what, place) = rest.rsplit_once(" in ").unwrap_or((rest, ""));
    let (file, number) = place.split_once(" on line ").or_else(|| place.rsplit_once(':')).unwrap_or((place, ""));
    let uncaught = what.strip_prefix("Uncaught ").unwrap_or(what);
    let (kind, message) = match uncaught.split_once(": ") {
        Some((kind, message)) if !kind.contains(' ') => (kind, message),
        _ => (label, what),
    };
    let frames = vec![frame("", file, number.trim().parse().ok())];
    Some(Chain { runtime: Runtime::Php, links: vec![exception(kind, message, frames)], root: 0 })
}
