//! .NET unhandled exceptions: the innermost `--->` is the root.

use super::frames::{Frame, frame};
use super::{Chain, Exception, Runtime, exception};

/// Reads `Unhandled exception. System.X: message` or a trace with `   at N.C.M() in /src/F.cs:line 3`.
pub(super) fn parse(text: &str) -> Option<Chain> {
    let unhandled = text.find("Unhandled exception. ").map(|at| &text[at + "Unhandled exception. ".len()..]);
    let body = match unhandled {
        Some(body) => body,
        None if text.contains(".cs:line ") => text,
        None => return None,
    };
    let frames: Vec<Frame> = body.lines().filter_map(read_frame).collect();
    let mut links: Vec<Exception> = Vec::new();
    for line in body.lines() {
        for part in line.split("---> ") {
            let bare = part.trim();
            let (kind, message) = bare.split_once(": ").unwrap_or((bare, ""));
            let class = kind.rsplit('.').next().unwrap_or("");
            if kind.contains('.') && class.ends_with("Exception") && !kind.contains(' ') {
                links.push(exception(kind, message, Vec::new()));
            }
        }
    }
    let root = links.len().checked_sub(1)?;
    links[root].frames = frames.into_iter().take(super::FRAMES_MAX).collect();
    Some(Chain { runtime: Runtime::DotNet, links, root })
}

fn read_frame(line: &str) -> Option<Frame> {
    let rest = line.trim_start().strip_prefix("at ")?;
    let (method, place) = rest.split_once(" in ").unwrap_or((rest, ""));
    let (file, number) = place.rsplit_once(":line ").unwrap_or((place, ""));
    Some(frame(method.split('(').next().unwrap_or(method), file, number.trim().parse().ok()))
}
