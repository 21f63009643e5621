//! Node.js errors: `Kind: message`, then frames `at f (file:1:2)`; a nested `[cause]` is the root.

use super::frames::{Frame, frame};
use super::{Chain, Exception, Runtime, exception, mention};

/// Reads an error with at least one frame, or a structured validation error.
pub(super) fn parse(text: &str) -> Option<Chain> {
    if !text.contains('\n') {
        return None;
    }
    let first_frame = text.lines().position(|line| is_frame(&line));
    if let Some(issues) = zod(text) {
        let frames = text.lines().filter_map(read_frame).collect();
        return Some(single(exception("ZodError", &issues, frames)));
    }
    let first_frame = first_frame?;
    let lines: Vec<&str> = text.lines().collect();
    let mut chain: Vec<Exception> = Vec::new();
    if let Some((kind, message)) = head(&lines[..first_frame]) {
        let frames =
            lines[first_frame..].iter().take_while(|line| is_frame(line)).filter_map(|line| read_frame(line)).collect();
        chain.push(exception(&kind, &message, frames));
    }
    for (at, line) in lines.iter().enumerate().skip(first_frame) {
        if let Some(rest) = line.trim_start().strip_prefix("[cause]: ")
            && let Some((kind, message)) = mention::split_kind(rest)
        {
            let frames =
                lines[at + 1..].iter().take_while(|line| is_frame(line)).filter_map(|line| read_frame(line)).collect();
            chain.push(exception(&kind, &message, frames));
        }
    }
    let root = chain.len().checked_sub(1)?;
    Some(Chain { runtime: Runtime::Node, links: chain, root })
}

fn single(link: Exception) -> Chain {
    Chain { runtime: Runtime::Node, links: vec![link], root: 0 }
}

/// The last `Kind: message` before the frames, with the lines between.
fn head(lines: &[&str]) -> Option<(String, String)> {
    for (at, line) in lines.iter().enumerate().rev() {
        let bare = crate::classify::message::strip_prefix(line.trim());
        if let Some((kind, first)) = mention::find_kind(line.trim()).or_else(|| mention::find_kind(bare)) {
            let rest: Vec<&str> =
                lines[at + 1..].iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
            let message = if rest.is_empty() { first } else { format!("{first}\n{}", rest.join("\n")) };
            return Some((kind, message));
        }
    }
    None
}

fn is_frame(line: &&str) -> bool {
    let bare = line.trim_start();
    bare.starts_with("at ") && (bare.ends_with(')') || bare.contains(':') || bare.contains("<anonymous>"))
}

/// `at validate (/app/dist/index.js:27:22)` or `at /app/index.js:3:1`.
fn read_frame(line: &str) -> Option<Frame> {
    let rest = line.trim_start().strip_prefix("at ")?.trim_start_matches("async ");
    let (function, place) = match rest.split_once(" (") {
        Some((function, place)) => (function, place.trim_end_matches(')')),
        None => ("", rest),
    };
    let place = place.strip_prefix("file://").unwrap_or(place);
    let mut parts = place.rsplitn(3, ':');
    let (_column, line_number, file) = (parts.next()?, parts.next().unwrap_or(""), parts.next().unwrap_or(place));
    Some(frame(function, file, line_number.parse().ok()))
}

/// The issues of a Zod error, compact: `NEXT_PUBLIC_URL: Required; PORT: Expected number`.
fn zod(text: &str) -> Option<String> {
    if !text.contains("ZodError") || !text.contains("\"path\"") {
        return None;
    }
    let (mut issues, mut path, mut in_path) = (Vec::new(), Vec::new(), false);
    for line in text.lines() {
        let bare = line.trim().trim_end_matches(',');
        if bare.starts_with("\"path\"") {
            (in_path, path) = (!bare.ends_with(']'), inline_list(bare));
        } else if in_path && bare.starts_with(']') {
            in_path = false;
        } else if in_path {
            path.push(bare.trim_matches('"').to_owned());
        } else if let Some(message) = bare.strip_prefix("\"message\":") {
            let issue = format!("{}: {}", path.join("."), message.trim().trim_matches('"'));
            if !issues.contains(&issue) {
                issues.push(issue);
            }
        }
    }
    (!issues.is_empty()).then(|| issues.join("; "))
}

fn inline_list(line: &str) -> Vec<String> {
    let Some((_, list)) = line.split_once('[') else { return Vec::new() };
    list.trim_end_matches(']')
        .split(',')
        .map(|item| item.trim().trim_matches('"').to_owned())
        .filter(|item| !item.is_empty())
        .collect()
}
