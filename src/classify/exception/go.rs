//! Go panics and fatal errors with the stack of the goroutine that had them.

use super::frames::Frame;
use super::{Chain, Exception, Runtime, chain_to_last, push_frame};

/// Reads a Go crash: its opening line and at least the head of a goroutine.
pub(super) fn parse(text: &str) -> Option<Chain> {
    let mut lines = text.lines();
    let mut exception = lines.by_ref().find_map(opening)?;
    let mut in_goroutine = false;
    let mut function = "";
    for line in lines {
        if line.starts_with("goroutine ") {
            // The first goroutine printed is the one that crashed.
            if in_goroutine {
                break;
            }
            in_goroutine = true;
        } else if in_goroutine && line.trim().is_empty() {
            break;
        } else if in_goroutine && let Some(place) = line.strip_prefix(['\t', ' ']) {
            push_place(&mut exception, function, place.trim_start());
        } else if in_goroutine {
            function = line.strip_prefix("created by ").unwrap_or(line);
        }
    }
    if in_goroutine { chain_to_last(Runtime::Go, vec![exception]) } else { None }
}

/// `panic: x`, `fatal error: x`, or the server's `http: panic serving 10.0.0.1:2: x`.
fn opening(line: &str) -> Option<Exception> {
    if let Some(message) = line.strip_prefix("panic: ") {
        return Some(Exception::new("panic", message.split(" [recovered").next().unwrap_or(message)));
    }
    if let Some(message) = line.strip_prefix("fatal error: ") {
        return Some(Exception::new("fatal error", message));
    }
    let (_, served) = line.split_once("http: panic serving ")?;
    let (_, message) = served.split_once(": ")?;
    Some(Exception::new("panic", message))
}

/// `/path/file.go:12 +0x1d` below `package.function(arguments)`.
fn push_place(exception: &mut Exception, function: &str, place: &str) {
    let place = place.split(" +0x").next().unwrap_or(place);
    let Some((path, line)) = place.rsplit_once(':') else { return };
    let Ok(line) = line.trim().parse() else { return };
    let name = function.rfind('(').filter(|at| *at > 0).map_or(function, |at| &function[..at]);
    let name = name.split(" in goroutine ").next().unwrap_or(name);
    if name.is_empty() || name == "panic" || name.starts_with("runtime.") {
        return;
    }
    push_frame(&mut exception.frames, Frame::at(name, path, Some(line)));
}
