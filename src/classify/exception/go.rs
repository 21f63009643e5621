//! Go panics and fatal errors with their goroutine traces.

use super::frames::{Frame, frame};
use super::{Chain, Runtime, exception};

/// Reads `panic: …` or `fatal error: …` followed by a goroutine.
pub(super) fn parse(text: &str) -> Option<Chain> {
    let at = text.lines().position(|line| line.starts_with("panic: ") || line.starts_with("fatal error: "))?;
    if !text.contains("\ngoroutine ") && !text.contains("[recovered]") {
        return None;
    }
    let head = text.lines().nth(at)?;
    let (kind, message) = head.split_once(": ")?;
    let mut frames: Vec<Frame> = Vec::new();
    let mut function = "";
    for line in text.lines().skip(at + 1) {
        if let Some(place) = line.strip_prefix('\t').or_else(|| line.strip_prefix("    ")) {
            let place = place.split(" +0x").next().unwrap_or(place);
            if let Some((file, number)) = place.rsplit_once(':') {
                frames.push(frame(function, file, number.trim().parse().ok()));
            }
        } else if line.ends_with(')') {
            function = line.split('(').next().unwrap_or(line);
        }
    }
    Some(Chain { runtime: Runtime::Go, links: vec![exception(kind, message, frames)], root: 0 })
}
