//! PHP: uncaught exceptions, fatal and parse errors, and Laravel's exception blocks.
//!
//! PHP prints the first cause first and each wrapping exception after `Next`.

use super::frames::Frame;
use super::{Chain, Exception, LINKS_MAX, Runtime, chain_to_last, kind, push_frame};

/// Errors that are printed with a label instead of a class.
const LABELS: [&str; 4] = ["PHP Fatal error:", "PHP Parse error:", "Fatal error:", "Parse error:"];

/// Reads a PHP error.
pub(super) fn parse(text: &str) -> Option<Chain> {
    let printed_by_php = text.contains(".php")
        && (text.contains("Fatal error:") || text.contains("Parse error:") || text.contains("Stack trace:"));
    if !printed_by_php && !text.contains("[stacktrace]") {
        return None;
    }
    let mut printed: Vec<Exception> = Vec::new();
    for line in text.lines() {
        let bare = line.trim_start();
        if let Some(place) = bare.strip_prefix('#') {
            if let Some((frame, current)) = stack_frame(place).zip(printed.last_mut()) {
                push_frame(&mut current.frames, frame);
            }
        } else if let Some(exception) = opening(bare).filter(|_| printed.len() < LINKS_MAX) {
            printed.push(exception);
        }
    }
    printed.reverse();
    chain_to_last(Runtime::Php, printed)
}

fn opening(line: &str) -> Option<Exception> {
    if let Some((_, uncaught)) = line.split_once("Uncaught ") {
        return Some(located(uncaught));
    }
    if let Some(next) = line.strip_prefix("Next ") {
        return kind::split(next).map(|_| located(next));
    }
    if let Some((_, object)) = line.split_once("[object] (") {
        let (class, rest) = object.split_once("(code: ")?;
        let (_, message) = rest.split_once("): ")?;
        return Some(located(&format!("{class}: {message}")));
    }
    LABELS.iter().find_map(|label| {
        let (_, message) = line.split_once(label)?;
        let kind = label.trim_start_matches("PHP ").trim_end_matches(':');
        Some(located(&format!("{kind}: {}", message.trim())))
    })
}

/// `Class: message in /path/file.php:12` or `… on line 12`: the place is the top frame.
fn located(text: &str) -> Exception {
    let place_at = text.rfind(" in /").or_else(|| text.rfind(" at /"));
    let (said, place) = place_at.map_or((text, ""), |at| (&text[..at], text[at + 4..].trim_end_matches(')')));
    let (kind, message) = said.split_once(": ").unwrap_or((said, ""));
    let mut exception = Exception::new(kind, message);
    if let Some((path, line)) = place.split_once(" on line ").or_else(|| place.rsplit_once(':'))
        && let Ok(line) = line.trim().parse()
    {
        exception.frames.push(Frame::at("", path, Some(line)));
    }
    exception
}

/// `0 /app/index.php(3): Lamp->light()`.
fn stack_frame(place: &str) -> Option<Frame> {
    let digits = place.bytes().take_while(u8::is_ascii_digit).count();
    let place = place[digits..].strip_prefix(' ').filter(|_| digits > 0)?;
    let (path, rest) = place.split_once('(')?;
    let (line, call) = rest.split_once("): ")?;
    Some(Frame::at(call.split('(').next().unwrap_or(call), path, Some(line.parse().ok()?)))
}
