//! Node, Bun and Deno: `Error: x` with `at` frames, causes, issue lists, and dumped error objects.
//!
//! The header may stand well above the frames: messages span lines (NestJS), and a validation error
//! prints its issues as JSON in between.

use serde_json::Value;

use super::frames::Frame;
use super::{Chain, Exception, LINKS_MAX, Runtime, chain_to_last, kind, push_frame};
use crate::classify::{level, prefix};

/// Lines searched above the first frame for the error's class.
const HEADER_LINES_MAX: usize = 200;

/// Issues named of one validation error.
const ISSUES_MAX: usize = 20;

/// Reads an error with frames, or one dumped as an object.
pub(super) fn parse(text: &str) -> Option<Chain> {
    let lines: Vec<&str> = text.lines().collect();
    // A dumped object may quote frames; only unquoted ones are the text's own.
    let Some(first_frame) = lines.iter().position(|line| line.trim_start().starts_with("at ") && frame(line).is_some())
    else {
        return dumped(&lines).and_then(|exception| chain_to_last(Runtime::Node, vec![exception]));
    };
    let mut chain = vec![header_above(&lines[..first_frame])?];
    for line in &lines[first_frame..] {
        if let Some((frame, current)) = frame(line).zip(chain.last_mut()) {
            push_frame(&mut current.frames, frame);
        } else if let Some((_, cause)) = line.split_once("[cause]: ").filter(|_| chain.len() < LINKS_MAX) {
            let (kind, said) = kind::find(cause).unwrap_or(("Error".into(), cause));
            chain.push(Exception::new(&kind, said.trim_end_matches(" {")));
        } else if !line.starts_with(char::is_whitespace) && kind::split(line).is_some() {
            // Another error begins; the first one is what this text is about.
            break;
        }
    }
    chain_to_last(Runtime::Node, chain)
}

/// The error's own line: the nearest one above the frames that names a class.
fn header_above(above: &[&str]) -> Option<Exception> {
    let searched = above.len().saturating_sub(HEADER_LINES_MAX);
    for (index, line) in above.iter().enumerate().skip(searched).rev() {
        // Fields of a dumped object speak of other things, except the one that the frames stand in.
        if is_field(line) && index + 1 < above.len() {
            continue;
        }
        if let Some((kind, said)) = kind::find(line) {
            return Some(named(&kind, said, &above[index + 1..]));
        }
    }
    // A logger may print the message without its class.
    let line = above.iter().skip(searched).find(|line| level::from_text(line) >= level::Level::Error)?;
    Some(Exception::new("Error", prefix::strip(line)))
}

fn named(kind: &str, said: &str, below: &[&str]) -> Exception {
    if said.trim_end() == "[" { Exception::new(kind, &issues(below)) } else { Exception::new(kind, said) }
}

/// An error printed as an object without frames: a validation error's issue list, `error: x` above
/// indented fields, or `Error fetching lamps: {` above a `message` field.
fn dumped(lines: &[&str]) -> Option<Exception> {
    let listed = lines.iter().enumerate().filter(|(_, line)| line.trim_end().ends_with(": ["));
    for (index, line) in listed {
        if let Some((kind, said)) = kind::find(line).filter(|(_, said)| *said == "[") {
            return Some(named(&kind, said, &lines[index + 1..]));
        }
    }
    let first = lines.iter().position(|line| !line.trim().is_empty())?;
    let (head, body) = (lines[first].trim(), &lines[first + 1..]);
    if !body.iter().find(|line| !line.trim().is_empty()).is_some_and(|line| is_field(line)) {
        return None;
    }
    if let Some((kind, said)) = kind::find(head).filter(|(_, said)| !said.is_empty() && *said != "{") {
        return Some(Exception::new(&kind, said.trim_end_matches(" {")));
    }
    let names_error = ["rror", "xception", "ail"].iter().any(|part| head.contains(part));
    if !names_error || !head.ends_with('{') {
        return None;
    }
    let said = body.iter().find_map(|line| field_value(line, "message"))?;
    let (kind, said) = kind::split(said).unwrap_or(("Error".into(), said));
    Some(Exception::new(&kind, said))
}

/// `path: message; …` of the JSON list that a `ZodError` prints.
fn issues(below: &[&str]) -> String {
    let end = below.iter().position(|line| *line == "]" || line.starts_with("] ")).unwrap_or(below.len());
    let list = format!("[{}]", below[..end].join("\n"));
    let parsed: Vec<Value> = serde_json::from_str(&list).unwrap_or_default();
    let mut found: Vec<String> = parsed.iter().take(ISSUES_MAX).map(issue).collect();
    if found.is_empty() {
        // Cut or damaged lists still name their fields, one quoted name a line.
        let names =
            below[..end].iter().map(|line| line.trim()).filter(|line| line.starts_with('"') && !line.contains("\": "));
        found = names.map(|line| line.trim_matches(['"', ',']).to_owned()).take(ISSUES_MAX).collect();
    }
    found.join("; ")
}

fn issue(issue: &Value) -> String {
    let steps = issue.get("path").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let path: Vec<String> =
        steps.iter().map(|step| step.as_str().map_or_else(|| step.to_string(), str::to_owned)).collect();
    let said = issue.get("message").and_then(Value::as_str).unwrap_or("invalid");
    if path.is_empty() { said.to_owned() } else { format!("{}: {said}", path.join(".")) }
}

/// `  code: 'X',` or `  "code": "X",`: a field of a dumped object.
fn is_field(line: &str) -> bool {
    let bare = line.trim_start();
    let Some((name, value)) = bare.split_once(": ") else { return false };
    let name = name.trim_matches(['"', '\'']);
    let value = value.trim_end();
    let is_value =
        value.starts_with(['\'', '"', '`', '[', '{', '-']) || value.ends_with(',') || value.parse::<f64>().is_ok();
    bare.len() < line.len()
        && is_value
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn field_value<'a>(line: &'a str, field: &str) -> Option<&'a str> {
    let (name, value) = line.trim().split_once(':')?;
    let value = value.trim().trim_end_matches(',').trim_matches(['"', '\'', '`']);
    (name.trim_matches(['"', '\'']) == field && !value.is_empty()).then_some(value)
}

/// `at f (/app/x.js:1:2)` or `at async /app/x.js:1:2`.
pub(super) fn frame(line: &str) -> Option<Frame> {
    let call = line.trim_start().strip_prefix("at ")?;
    let call = call.strip_prefix("async ").unwrap_or(call);
    let (function, place) = match call.rsplit_once(" (") {
        Some((function, place)) => (function, place.split(')').next().unwrap_or(place)),
        None => ("", call.trim_end_matches(['{', ' ', ','])),
    };
    let mut parts = place.rsplitn(3, ':');
    let (column, line, path) = (parts.next()?, parts.next()?, parts.next()?);
    let (_, line): (u32, u32) = (column.parse().ok()?, line.parse().ok()?);
    // A clock time (`at 10:20:30`) has numbers in all three places.
    if path.is_empty() || path.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(Frame::at(function.split(" [as ").next().unwrap_or(function), path, Some(line)))
}
