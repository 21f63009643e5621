//! Python tracebacks: single, chained both ways, in exception groups, and pydantic's lists of fields.
//!
//! Python prints the first cause first, with a connecting sentence before each exception it led to.

use super::frames::Frame;
use super::{Chain, Exception, FRAMES_MAX, LINKS_MAX, MESSAGE_BYTES_MAX, Runtime, cut, kind};

const HEAD: &str = "Traceback (most recent call last)";

/// Fields listed of one validation error; each is one missing or malformed setting.
const FIELDS_MAX: usize = 20;

/// Lines searched below a validation error for its fields, three to a field.
const FIELD_LINES_MAX: usize = 200;

/// Exceptions that libraries raise in passing; as the first link they say nothing about a cause.
const PASSING: [&str; 7] = [
    "CancelledError",
    "WouldBlock",
    "EndOfStream",
    "StopIteration",
    "StopAsyncIteration",
    "GeneratorExit",
    "ClosedResourceError",
];

/// Where in a printed chain the reader stands.
#[derive(PartialEq)]
enum Place {
    Outside,
    Frames,
    Message,
}

struct Reader {
    place: Place,
    /// In print order, first cause first.
    printed: Vec<Exception>,
    frames: Vec<Frame>,
    indent: usize,
}

/// Reads all tracebacks of a text, or a list of fields printed without one.
pub(super) fn parse(text: &str) -> Option<Chain> {
    if !text.contains(HEAD) && !text.contains("File \"") {
        return bare_validation(text);
    }
    let mut reader = Reader { place: Place::Outside, printed: Vec::new(), frames: Vec::new(), indent: 0 };
    let lines: Vec<&str> = text.lines().map(without_group_margin).collect();
    for (index, line) in lines.iter().enumerate() {
        reader.take(line, &lines[index + 1..]);
        if reader.printed.len() >= LINKS_MAX {
            break;
        }
    }
    let mut chain = reader.printed;
    if chain.is_empty() {
        return bare_validation(text);
    }
    let first = chain.iter().position(is_telling).unwrap_or(0);
    chain.reverse();
    let root = chain.len() - 1 - first;
    Some(Chain { runtime: Runtime::Python, links: chain, root })
}

impl Reader {
    fn take(&mut self, line: &str, following: &[&str]) {
        if let Some(at) = line.find(HEAD) {
            let prefix = &line[..at];
            self.open(if prefix.trim().is_empty() { prefix.len() } else { 0 });
            return;
        }
        let bare = line.trim_start();
        if let Some(frame) = frame(bare) {
            // A trace whose first line went to another entry still begins with a frame.
            if self.place != Place::Frames {
                self.open(0);
            }
            self.frames.push(frame);
            return;
        }
        match self.place {
            Place::Frames if !bare.is_empty() && line.len() - bare.len() <= self.indent => self.close(bare, following),
            Place::Message if bare.is_empty() => self.place = Place::Outside,
            Place::Message if bare.starts_with("DETAIL:") => {
                if let Some(exception) = self.printed.last_mut() {
                    append_detail(exception, bare);
                }
            }
            _ => {}
        }
    }

    fn open(&mut self, indent: usize) {
        self.frames.clear();
        self.indent = indent;
        self.place = Place::Frames;
    }

    /// A line at the trace's own indent ends the frames and names the exception. What follows it is
    /// mostly the next thing logged, so only what is known to belong to the message is taken.
    fn close(&mut self, bare: &str, following: &[&str]) {
        let (kind, message) = bare.split_once(": ").unwrap_or((bare.trim_end().trim_end_matches(':'), ""));
        if !kind::is_identifier(kind) || self.frames.is_empty() && !kind::is_kind(kind) {
            return;
        }
        let opens = message.ends_with([':', '[', '{', '(']) || (message.is_empty() && bare.trim_end().ends_with(':'));
        let next = following.first().map_or("", |next| next.trim());
        let mut exception = if opens && !is_validation(message) && !next.is_empty() {
            Exception::new(kind, &format!("{message} {next}"))
        } else {
            Exception::new(kind, message)
        };
        if is_validation(message) {
            append_detail(&mut exception, &fields(following));
        }
        let skipped = self.frames.len().saturating_sub(FRAMES_MAX);
        exception.frames = self.frames.drain(..).skip(skipped).rev().collect();
        self.printed.push(exception);
        self.place = Place::Message;
    }
}

/// Whether a message announces a list of fields (pydantic).
pub(super) fn is_validation(message: &str) -> bool {
    message.contains("validation error for ") || message.contains("validation errors for ")
}

/// A pydantic error logged without its traceback: `… 2 validation errors for Settings`, then the fields.
fn bare_validation(text: &str) -> Option<Chain> {
    let mut lines = text.lines();
    let head = lines.by_ref().find(|line| is_validation(line))?;
    let following: Vec<&str> = lines.take(FIELD_LINES_MAX).collect();
    let fields = fields(&following);
    if fields.is_empty() {
        return None;
    }
    let at = head.find("validation error")?;
    let count = head[..at].trim_end().rsplit(' ').next().unwrap_or("");
    let class = if text.contains("[type=") { "pydantic_core._pydantic_core" } else { "pydantic.error_wrappers" };
    let mut exception = Exception::new(&format!("{class}.ValidationError"), &format!("{count} {}", &head[at..]));
    append_detail(&mut exception, &fields);
    Some(Chain { runtime: Runtime::Python, links: vec![exception], root: 0 })
}

/// `field: what is wrong; …` of a pydantic list. The values given stand in brackets behind and are
/// left out: they may be secrets.
fn fields(lines: &[&str]) -> String {
    let mut found: Vec<String> = Vec::new();
    let mut name = "";
    for line in lines.iter().take(FIELD_LINES_MAX) {
        let bare = line.trim();
        let indented = line.starts_with("  ");
        if !indented && (bare.is_empty() || bare.contains([' ', ':'])) {
            break;
        }
        if !indented {
            name = bare;
        } else if !name.is_empty() {
            let end = [" [type=", " (type="].iter().filter_map(|mark| bare.find(mark)).min().unwrap_or(bare.len());
            found.push(format!("{name}: {}", &bare[..end]));
            name = "";
        }
        if found.len() >= FIELDS_MAX {
            break;
        }
    }
    found.join("; ")
}

fn append_detail(exception: &mut Exception, detail: &str) {
    let room = MESSAGE_BYTES_MAX.saturating_sub(exception.message.len() + 1);
    if !detail.is_empty() && !exception.message.contains('\n') {
        exception.message.push('\n');
        exception.message.push_str(cut(detail, room));
    }
}

/// Groups draw a margin of `|` and `+`; without it their traces read like any other.
fn without_group_margin(line: &str) -> &str {
    let bare = line.trim_start();
    if let Some(rest) = bare.strip_prefix("| ") {
        return rest;
    }
    if bare == "|" || bare.starts_with("+-") {
        return "";
    }
    bare.strip_prefix("+ ").filter(|rest| rest.contains(HEAD)).unwrap_or(line)
}

/// `File "path", line 3, in function`; a syntax error's frame names no function.
fn frame(bare: &str) -> Option<Frame> {
    let rest = bare.strip_prefix("> ").unwrap_or(bare).strip_prefix("File \"")?;
    let (path, rest) = rest.split_once("\", line ")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let line = rest[..digits].parse().ok()?;
    Some(Frame::at(rest[digits..].strip_prefix(", in ").unwrap_or(""), path, Some(line)))
}

fn is_telling(exception: &Exception) -> bool {
    let class = kind::last_segment(&exception.kind);
    !PASSING.contains(&class) && !class.ends_with("ExceptionGroup")
}
