//! Rust panics, with or without a backtrace, and the chain of an error that `main` returned.

use super::frames::Frame;
use super::{Chain, Exception, LINKS_MAX, Runtime, chain_to_last, push_frame};

/// Crates that stand between a panic and the code that caused it.
const RUNTIME_CRATES: [&str; 7] = ["std::", "core::", "alloc::", "tokio::", "rust_begin_unwind", "__rust", "<core::"];

/// Reads a panic in the wording of Rust 1.73 and later and in the older one, or a returned error.
pub(super) fn parse(text: &str) -> Option<Chain> {
    let mut lines = text.lines();
    match lines.by_ref().find(|line| line.contains("' panicked at ") || line.contains(") panicked at ")) {
        Some(head) => panicked(head, &lines.collect::<Vec<_>>()),
        None if text.contains("Caused by:") => returned_error(&text.lines().collect::<Vec<_>>()),
        None => None,
    }
}

fn panicked(head: &str, below: &[&str]) -> Option<Chain> {
    let (_, at) = head.split_once(" panicked at ")?;
    // The older wording has the message first, in quotes: `panicked at 'boom', src/main.rs:2:5`.
    let (message, place) = match at.strip_prefix('\'').and_then(|quoted| quoted.rsplit_once("', ")) {
        Some((message, place)) => (message, place),
        None => (below.first().copied().unwrap_or(""), at.trim_end_matches(':')),
    };
    if message.is_empty() {
        return None;
    }
    let mut exception = Exception::new("panic", message);
    let origin = source(place);
    if let Some((path, line)) = origin {
        push_frame(&mut exception.frames, Frame::at("", path, line));
    }
    for pair in below.windows(2) {
        let Some((function, place)) = function_of(pair[0]).zip(pair[1].trim_start().strip_prefix("at ")) else {
            continue;
        };
        let Some((path, line)) = source(place) else { continue };
        let mut frame = Frame::at(function, path, line);
        frame.in_app &= !RUNTIME_CRATES.iter().any(|name| function.starts_with(name));
        // The backtrace repeats the panic's own place and adds the function to it.
        match exception.frames.first_mut().filter(|first| first.function.is_empty() && origin == Some((path, line))) {
            Some(first) => *first = frame,
            None => push_frame(&mut exception.frames, frame),
        }
    }
    chain_to_last(Runtime::Rust, vec![exception])
}

/// `Error: x`, an empty line, `Caused by:` and the indented causes, as the `anyhow` crate prints them.
fn returned_error(lines: &[&str]) -> Option<Chain> {
    let caused = lines.iter().position(|line| line.trim_end() == "Caused by:")?;
    let head = lines[..caused].iter().rfind(|line| !line.trim().is_empty())?;
    let (_, message) = head.split_once("Error: ")?;
    let mut chain = vec![Exception::new("Error", message)];
    for line in lines[caused + 1..].iter().take(LINKS_MAX - 1) {
        let bare = line.trim();
        if !line.starts_with("    ") || bare.is_empty() || bare.starts_with("at ") {
            break;
        }
        let cause = bare.trim_start_matches(|first: char| first.is_ascii_digit());
        chain.push(Exception::new("Error", cause.trim_start_matches(": ")));
    }
    if chain.len() < 2 { None } else { chain_to_last(Runtime::Rust, chain) }
}

/// `  12: crate::module::function` of a backtrace.
fn function_of(line: &str) -> Option<&str> {
    let (number, function) = line.trim_start().split_once(": ")?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(function.trim())
}

/// `src/main.rs:12:5`.
fn source(place: &str) -> Option<(&str, Option<u32>)> {
    let mut parts = place.trim().rsplitn(3, ':');
    let (_column, line, path) = (parts.next()?, parts.next()?, parts.next()?);
    Some((path.trim_start_matches("./"), Some(line.parse().ok()?)))
}
