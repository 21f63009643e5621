//! Errors that a line only mentions, and errors that another error wraps in its message.

/// Endings of class names that are errors.
const ENDINGS: [&str; 6] = ["Error", "Exception", "Failure", "Timeout", "NotFound", "Exit"];

/// Finds `Kind: message` inside a one-line message, for example
/// `setup failed: ModuleNotFoundError: No module named 'x'`.
pub fn mention(text: &str) -> Option<(String, String)> {
    let line = text.lines().next()?;
    find_kind(line).filter(|(_, message)| message.len() >= 3)
}

/// The first `Kind: message` of a line, at a word.
pub(super) fn find_kind(line: &str) -> Option<(String, String)> {
    let mut from = 0;
    while let Some(at) = line[from..].find(':').map(|at| at + from) {
        let start = line[..at]
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '$')))
            .map_or(0, |before| before + line[before..].chars().next().map_or(1, char::len_utf8));
        let bracketed = line[..at].strip_suffix(" [Error]").map(str::len);
        let (start, end) = match bracketed {
            Some(end) => (line[..end].rfind(' ').map_or(0, |space| space + 1), end),
            None => (start, at),
        };
        let kind = &line[start..end];
        if is_error_class(kind) {
            return Some((kind.to_owned(), line[at + 1..].trim().to_owned()));
        }
        from = at + 1;
    }
    None
}

/// `Kind: message` at the beginning of a text.
pub(super) fn split_kind(text: &str) -> Option<(String, String)> {
    let (kind, message) = text.split_once(':')?;
    let kind = kind.trim_end_matches(" [Error]").split(" [").next().unwrap_or(kind);
    is_error_class(kind).then(|| (kind.to_owned(), message.lines().next().unwrap_or("").trim().to_owned()))
}

fn is_error_class(kind: &str) -> bool {
    let name = kind.rsplit('.').next().unwrap_or("");
    let is_class = name.starts_with(|c: char| c.is_ascii_uppercase()) && ENDINGS.iter().any(|end| name.ends_with(end));
    kind.len() <= 120 && (kind == "error" || is_class)
}

/// A driver's error inside an ORM's: `ProgrammingError: (psycopg2.errors.UndefinedTable) relation …` or
/// `DBAPIError: (….Error) <class 'asyncpg.exceptions.UndefinedColumnError'>: column …`.
pub(super) fn unwrap_driver(kind: &str, message: &str) -> (String, String) {
    let plain = || (kind.to_owned(), first_part(message).to_owned());
    if let Some((class, what)) = message.strip_prefix("<class '").and_then(|rest| rest.split_once("'>: ")) {
        return (class.to_owned(), first_part(what).to_owned());
    }
    let Some((inner, rest)) = message.strip_prefix('(').and_then(|rest| rest.split_once(')')) else { return plain() };
    if !inner.contains('.') || inner.contains(' ') {
        return plain();
    }
    let rest = rest.trim_start();
    match rest.strip_prefix("<class '").and_then(|rest| rest.split_once("'>: ")) {
        Some((class, what)) => (class.to_owned(), first_part(what).to_owned()),
        None => (inner.to_owned(), first_part(rest).to_owned()),
    }
}

/// The message before the ORM's additions (the statement and a link).
fn first_part(message: &str) -> &str {
    let end = ["/ [SQL:", "/ (Background on this error", "/ For further information visit"]
        .iter()
        .filter_map(|mark| message.find(mark))
        .min();
    message[..end.unwrap_or(message.len())].trim()
}
