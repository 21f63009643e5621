//! Exception class names: what looks like one, and how `Kind: message` is taken apart.
//!
//! In: one line. Out: the class and the message that follows it. Also unwraps database errors, whose
//! libraries print the driver's error inside their own.

use std::borrow::Cow;

/// Longest class name believed; longer runs are data.
const KIND_BYTES_MAX: usize = 160;

/// How far into a line a class is looked for; messages further on belong to something else.
const LINE_BYTES_MAX: usize = 32 << 10;

/// Wrappers seen around one driver error: the ORM's class, the dialect's class, the driver's class.
const WRAPPERS_MAX: usize = 4;

/// Endings by which languages name their exception classes.
const ENDINGS: [&str; 9] =
    ["Error", "Exception", "Failure", "Fault", "Interrupt", "Panic", "Timeout", "NotFound", "Exit"];

/// Classes that do not end like the others.
const PLAIN_KINDS: [&str; 3] = ["StopIteration", "ExceptionGroup", "BaseExceptionGroup"];

/// Packages whose members are exceptions although their names do not say so (`google.api_core.exceptions.NotFound`).
const KIND_PACKAGES: [&str; 4] = [".exceptions.", ".errors.", ".exc.", ".error."];

/// Whether a token is the name of an exception class.
pub(super) fn is_kind(token: &str) -> bool {
    if token.is_empty() || token.len() > KIND_BYTES_MAX || !token.bytes().all(is_kind_byte) {
        return false;
    }
    let class = last_segment(token);
    // `HttpServerErrorException$ServiceUnavailable` is what its outer class says it is.
    let outer = token.rsplit_once('$').map_or("", |(outer, _)| outer);
    class.starts_with(|first: char| first.is_ascii_uppercase())
        && (ENDINGS.iter().any(|ending| class.ends_with(ending) || outer.ends_with(ending))
            || PLAIN_KINDS.contains(&class)
            || KIND_PACKAGES.iter().any(|package| token.contains(package)))
}

/// Whether a token could be a class where a class must stand, as after the frames of a Python trace.
pub(super) fn is_identifier(token: &str) -> bool {
    !token.is_empty()
        && token.len() <= KIND_BYTES_MAX
        && !token.as_bytes()[0].is_ascii_digit()
        && !token.ends_with(['.', ':'])
        && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
}

/// The class of a qualified name: `a.b.C`, `A::B`, `A\B` and `A$B` end in it.
pub(super) fn last_segment(token: &str) -> &str {
    token.rsplit(['.', ':', '\\', '$']).next().unwrap_or(token)
}

/// Takes `Kind: message`, `Kind [CODE]: message` or a bare `Kind` from the start of a line.
pub(super) fn split(line: &str) -> Option<(Cow<'_, str>, &str)> {
    // Elixir: `** (DBConnection.ConnectionError) connection not available`.
    if let Some((kind, message)) = line.strip_prefix("** (").and_then(|rest| rest.split_once(") ")) {
        return is_kind(kind).then_some((Cow::Borrowed(kind), message));
    }
    let end = line
        .bytes()
        .take(KIND_BYTES_MAX)
        .position(|byte| !is_kind_byte(byte))
        .unwrap_or(line.len().min(KIND_BYTES_MAX));
    let run = line.get(..end)?;
    // The colon before the message is a byte of qualified Ruby and PHP names too.
    let token = run.trim_end_matches(':');
    let known = is_kind(token) || token == "error";
    if !known {
        return None;
    }
    let rest = &line[token.len()..];
    if rest.trim().is_empty() && token != "error" {
        return Some((Cow::Borrowed(token), ""));
    }
    if let Some(message) = after_colon(rest) {
        return Some((Cow::Borrowed(token), message));
    }
    // .NET adds the number of a system's error: `SqlException (0x80131904): …`, `SocketException (111): …`.
    if let Some((code, after)) = rest.strip_prefix(" (").and_then(|code| code.split_once(')')) {
        let is_number = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'x');
        return after_colon(after).filter(|_| is_number).map(|message| (Cow::Borrowed(token), message));
    }
    let code = rest.strip_prefix(" [")?;
    let close = code.find(']').filter(|close| *close <= KIND_BYTES_MAX)?;
    let message = after_colon(&code[close + 1..])?;
    let label = &code[..close];
    // Node prints `Class [Error]` for a subclass with an own name, and `Error [ERR_CODE]` for its own codes.
    let kind = if label.starts_with("ERR_") { Cow::Owned(format!("{token} [{label}]")) } else { Cow::Borrowed(token) };
    Some((kind, message))
}

/// Finds the first `Kind: message` anywhere in a line; `Error: TypeError: x` gives the inner one.
pub(super) fn find(line: &str) -> Option<(Cow<'_, str>, &str)> {
    let found = find_outer(line)?;
    let mut best = found;
    for _ in 0..WRAPPERS_MAX {
        if !matches!(last_segment(&best.0), "error" | "Error" | "Exception") {
            break;
        }
        match split(best.1) {
            Some(inner) if !inner.1.is_empty() => best = inner,
            _ => break,
        }
    }
    Some(best)
}

fn find_outer(line: &str) -> Option<(Cow<'_, str>, &str)> {
    let bytes = &line.as_bytes()[..line.len().min(LINE_BYTES_MAX)];
    for colon in memchr::memchr_iter(b':', bytes) {
        if bytes.get(colon + 1).is_some_and(|next| !next.is_ascii_whitespace()) {
            continue;
        }
        let head_end = label_start(bytes, colon);
        let start = bytes[..head_end].iter().rposition(|byte| !is_kind_byte(*byte)).map_or(0, |before| before + 1);
        // A line break written as two characters ends in the letter that a name could begin with.
        let escaped = memchr::memmem::rfind(&bytes[start..head_end], b"\\n").map_or(0, |at| at + 2);
        let start = start + escaped;
        let start = start + bytes[start..head_end].iter().take_while(|byte| matches!(byte, b':' | b'.')).count();
        if head_end - start > KIND_BYTES_MAX || start == head_end {
            continue;
        }
        if let Some(found) = line.get(start..).and_then(split) {
            return Some(found);
        }
    }
    None
}

/// Where the class ends when a colon follows ` [CODE]`; the colon itself otherwise.
fn label_start(bytes: &[u8], colon: usize) -> usize {
    if colon == 0 || bytes[colon - 1] != b']' {
        return colon;
    }
    let window = colon.saturating_sub(64);
    match bytes[window..colon].iter().rposition(|byte| *byte == b'[') {
        Some(open) if window + open > 0 && bytes[window + open - 1] == b' ' => window + open - 1,
        _ => colon,
    }
}

fn after_colon(rest: &str) -> Option<&str> {
    let message = rest.strip_prefix(':')?;
    if message.is_empty() || message.starts_with([' ', '\t']) { Some(message.trim()) } else { None }
}

fn is_kind_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'\\' | b'$')
}

/// The driver's class and message inside those of the library around it; others stay as they are.
///
/// `SQLAlchemy` prints `(driver.Class) message`, and with asyncpg `<class 'driver.Class'>: message`.
pub(super) fn unwrap_database<'a>(kind: &'a str, message: &'a str) -> (&'a str, &'a str) {
    let (mut kind, mut message) = (kind, message);
    for _ in 0..WRAPPERS_MAX {
        let inner = bracketed(message, "(", ")").or_else(|| bracketed(message, "<class '", "'>"));
        match inner {
            Some((class, rest)) if class.contains('.') && is_identifier(class) && !rest.is_empty() => {
                (kind, message) = (class, rest);
            }
            _ => break,
        }
    }
    (kind, message)
}

fn bracketed<'a>(text: &'a str, open: &str, close: &str) -> Option<(&'a str, &'a str)> {
    let rest = text.strip_prefix(open)?;
    let mut window = rest.len().min(KIND_BYTES_MAX);
    while !rest.is_char_boundary(window) {
        window -= 1;
    }
    let end = rest[..window].find(close)?;
    let after = &rest[end + close.len()..];
    Some((&rest[..end], after.strip_prefix(':').unwrap_or(after).trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_told_from_prose() {
        for kind in
            ["TypeError", "a.b.KeyError", "App::BootError", "App\\Db\\Failure", "google.api_core.exceptions.NotFound"]
                .into_iter()
                .chain(["a.b.HttpServerErrorException$ServiceUnavailable"])
        {
            assert!(is_kind(kind), "{kind}");
        }
        for other in ["error", "Errors", "http", "2Error", "Some Error", "", "app.exceptions"] {
            assert!(!is_kind(other), "{other}");
        }
    }

    #[test]
    fn kind_and_message_are_split_in_every_spelling() {
        let cases = [
            ("TypeError: x is not a function", "TypeError", "x is not a function"),
            ("KeyError", "KeyError", ""),
            ("BootFailure [Error]: no such part", "BootFailure", "no such part"),
            (
                "Error [ERR_MODULE_NOT_FOUND]: Cannot find package",
                "Error [ERR_MODULE_NOT_FOUND]",
                "Cannot find package",
            ),
            ("error: relation \"lamps\" does not exist", "error", "relation \"lamps\" does not exist"),
            ("App::BootError: boom", "App::BootError", "boom"),
            ("Lamps.SqlException (0x80131904): no bulb left", "Lamps.SqlException", "no bulb left"),
            ("** (Lamps.ConnectionError) no bulb left", "Lamps.ConnectionError", "no bulb left"),
            ("SocketException (111): Connection refused", "SocketException", "Connection refused"),
        ];
        for (line, kind, message) in cases {
            let found = split(line).expect(line);
            assert_eq!((found.0.as_ref(), found.1), (kind, message));
        }
        assert!(split("Something happened: x").is_none());
        assert!(split("error").is_none());
    }

    #[test]
    fn an_embedded_class_is_found_and_the_inner_one_preferred() {
        let found = find("could not start worker: Error: TypeError: fetch failed").expect("has a class");
        assert_eq!((found.0.as_ref(), found.1), ("TypeError", "fetch failed"));
        let found = find("[Scheduler] BootFailure [Error]: no such part").expect("has a class");
        assert_eq!((found.0.as_ref(), found.1), ("BootFailure", "no such part"));
        let found = find("done\\n\\nlamps.hue.DarkError: no bulb").expect("has a class");
        assert_eq!((found.0.as_ref(), found.1), ("lamps.hue.DarkError", "no bulb"));
        assert!(find("took 3 s: fine").is_none());
    }

    #[test]
    fn a_wrapped_database_error_gives_the_drivers_own() {
        let message = "(sqlalchemy.dialects.postgresql.asyncpg.ProgrammingError) <class 'asyncpg.exceptions.UndefinedColumnError'>: column lamps.hue does not exist";
        let (kind, inner) = unwrap_database("sqlalchemy.exc.ProgrammingError", message);
        assert_eq!(kind, "asyncpg.exceptions.UndefinedColumnError");
        assert_eq!(inner, "column lamps.hue does not exist");
        assert_eq!(unwrap_database("ValueError", "(a) b"), ("ValueError", "(a) b"));
    }
}
