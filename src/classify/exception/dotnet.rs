//! .NET traces: unhandled exceptions and logged ones, with `--->` before each inner exception.

use super::frames::Frame;
use super::{Chain, Exception, LINKS_MAX, Runtime, chain_to_last, kind, push_frame};

/// Namespaces of the platform, of frameworks and of drivers.
const LIBRARY_NAMESPACES: [&str; 10] = [
    "System.",
    "Microsoft.",
    "Npgsql.",
    "MySql",
    "StackExchange.",
    "Google.",
    "Azure.",
    "Grpc.",
    "Newtonsoft.",
    "lambda_method",
];

/// Length of `Unhandled exception.` and of its older spelling with a colon.
const UNHANDLED_BYTES: usize = "Unhandled exception.".len();

/// Reads `Unhandled exception. System.X: message`, or a logged trace with `at Name.Method(…)` lines.
pub(super) fn parse(text: &str) -> Option<Chain> {
    let mut links: Vec<Exception> = Vec::new();
    let mut depth = 0;
    let mut evidence = false;
    for line in text.lines() {
        let bare = line.trim_start();
        if bare.starts_with("--- End of inner exception") {
            depth = usize::saturating_sub(depth, 1);
        } else if let Some((frame, current)) = bare.strip_prefix("at ").and_then(frame).zip(links.get_mut(depth)) {
            evidence = true;
            push_frame(&mut current.frames, frame);
        } else if let Some(inner) = bare.strip_prefix("---> ").filter(|_| !links.is_empty()) {
            push(&mut links, inner);
            depth = links.len() - 1;
        } else if links.is_empty()
            && let Some(header) = header(bare)
        {
            evidence |= header.len() < bare.len();
            push(&mut links, header);
            depth = links.len() - 1;
        }
    }
    if evidence { chain_to_last(Runtime::DotNet, links) } else { None }
}

/// What follows `Unhandled exception. `, or a line that begins with a qualified class.
fn header(bare: &str) -> Option<&str> {
    let unhandled = bare.get(..UNHANDLED_BYTES).is_some_and(|start| {
        start.eq_ignore_ascii_case("Unhandled exception.") || start.eq_ignore_ascii_case("Unhandled exception:")
    });
    let rest = if unhandled { bare[UNHANDLED_BYTES..].trim_start() } else { bare };
    let (kind, _) = kind::split(rest)?;
    kind.contains('.').then_some(rest)
}

/// One line may hold a chain too: `Outer: x ---> Inner: y`.
fn push(links: &mut Vec<Exception>, header: &str) {
    for part in header.split(" ---> ") {
        // Members of an aggregate are numbered: `(Inner Exception #0) Class: x`.
        let numbered = part.strip_prefix("(Inner Exception #").and_then(|rest| rest.split_once(") "));
        let part = numbered.map_or(part, |(_, rest)| rest);
        let (kind, message) = kind::split(part).unwrap_or(("Exception".into(), part));
        if links.len() < LINKS_MAX {
            links.push(Exception::new(&kind, message));
        }
    }
}

/// `Lamps.Api.Program.Main(String[] args) in /src/Program.cs:line 12`; release images name no source.
fn frame(call: &str) -> Option<Frame> {
    let (method, place) = call.split_once(" in ").unwrap_or((call, ""));
    let (function, _) = method.split_once('(')?;
    // JavaScript's `f (file.js:1:2)` has a space before the bracket, and Java names a file in it.
    if !function.contains('.') || function.contains(' ') || method.contains(".java:") || method.contains(".kt:") {
        return None;
    }
    let (path, line) = match place.rsplit_once(":line ") {
        Some((path, line)) => (path, line.trim().parse().ok()),
        None => ("", None),
    };
    let mut frame = Frame::at(function, path, line);
    frame.in_app = !LIBRARY_NAMESPACES.iter().any(|name| function.starts_with(name));
    Some(frame)
}
