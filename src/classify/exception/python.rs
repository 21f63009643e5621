//! Python tracebacks, chained in both directions: the first one printed is the root.

use super::frames::{Frame, frame};
use super::{Chain, Exception, Runtime, exception};

const HEAD: &str = "Traceback (most recent call last)";

/// Reads all tracebacks of a text.
pub(super) fn parse(text: &str) -> Option<Chain> {
    if !text.contains(HEAD) {
        return None;
    }
    let mut links: Vec<Exception> = Vec::new();
    for part in text.split(HEAD).skip(1) {
        links.extend(read(part));
    }
    (!links.is_empty()).then_some(Chain { runtime: Runtime::Python, links, root: 0 })
}

/// One traceback: frames, then `Kind: message` at the depth of the head, then the rest of the message.
fn read(part: &str) -> Option<Exception> {
    let mut frames: Vec<Frame> = Vec::new();
    let mut lines = part.lines().skip(1).map(strip_group).peekable();
    while let Some(line) = lines.next() {
        let bare = line.trim_start();
        if let Some(rest) = bare.strip_prefix("File \"") {
            frames.extend(read_frame(rest));
            continue;
        }
        let indented = line.len() > bare.len();
        if bare.is_empty() || (indented && !frames.is_empty() && !is_kind_line(bare)) || (indented && frames.is_empty())
        {
            continue;
        }
        if bare.starts_with("During handling of") || bare.starts_with("The above exception") {
            break;
        }
        let (kind, first) = bare.split_once(": ").unwrap_or((bare.trim_end_matches(':'), ""));
        if !is_kind(kind) {
            continue;
        }
        let mut message = first.to_owned();
        for rest in lines.by_ref() {
            let rest_bare = rest.trim();
            if rest_bare.starts_with("During handling of")
                || rest_bare.starts_with("The above exception")
                || rest_bare.starts_with("[20")
            {
                break;
            }
            message.push('\n');
            message.push_str(rest_bare);
        }
        return Some(exception(kind, &message, frames));
    }
    None
}

/// Lines of an exception group stand behind `  | `.
fn strip_group(line: &str) -> &str {
    let bare = line.trim_start();
    bare.strip_prefix("| ").unwrap_or(line)
}

fn is_kind_line(bare: &str) -> bool {
    // A group's own exception is printed with its indentation.
    bare.split_once(": ").is_some_and(|(kind, _)| is_kind(kind) && kind.contains("ExceptionGroup"))
}

/// A dotted name whose last part is a class.
fn is_kind(kind: &str) -> bool {
    let name = kind.rsplit('.').next().unwrap_or("");
    !kind.is_empty()
        && kind.len() <= 160
        && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'_')
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && (kind.contains('.') || name.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// `/app/x.py", line 3, in main`.
fn read_frame(rest: &str) -> Option<Frame> {
    let (file, rest) = rest.split_once('"')?;
    let rest = rest.trim_start_matches(", line ");
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let function = rest[digits..].trim_start_matches(", in ");
    Some(frame(function.lines().next().unwrap_or(""), file, rest[..digits].parse().ok()))
}
