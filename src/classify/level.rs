//! The level that a message gives itself.
//!
//! In: a text line, or a JSON payload. Out: a [`Level`]; `Unknown` where it names none. Only the beginning
//! of a text is looked at, and only for a level written as a level: "0 errors" is not one.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How bad a message says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Level {
    /// It does not say.
    Unknown,
    /// Detail for developers.
    Debug,
    /// Routine.
    Info,
    /// Might matter.
    Warning,
    /// Something failed.
    Error,
    /// The program cannot go on.
    Fatal,
}

/// A level stands within this many bytes of the beginning.
const HEAD_BYTES: usize = 140;

/// The level of a word, in any case.
pub fn of_word(word: &str) -> Level {
    match word.to_ascii_lowercase().as_str() {
        "trace" | "debug" | "verbose" | "silly" | "dbg" => Level::Debug,
        "info" | "information" | "notice" | "log" | "success" | "inf" => Level::Info,
        "warn" | "warning" | "wrn" => Level::Warning,
        "error" | "err" | "severe" => Level::Error,
        "fatal" | "critical" | "crit" | "alert" | "emergency" | "panic" => Level::Fatal,
        _ => Level::Unknown,
    }
}

/// Reads the level inside a text: `[ERROR]`, `ERROR:`, `- ERROR -`, `| ERROR |`, `level=error`, `E0101`, …
pub fn from_text(text: &str) -> Level {
    let mut end = text.len().min(HEAD_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = &text[..end];
    let bytes = head.as_bytes();
    if let Some(level) = glog(bytes) {
        return level;
    }
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphabetic() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_') {
            at += 1;
        }
        let level = of_word(&head[start..at]);
        if level != Level::Unknown && is_written_as_level(bytes, start, at) {
            return level;
        }
    }
    Level::Unknown
}

/// Whether the word at `start..end` stands where a level stands.
fn is_written_as_level(bytes: &[u8], start: usize, end: usize) -> bool {
    let word = &bytes[start..end];
    let before = bytes[..start].iter().rev().copied().find(|b| *b != b' ');
    let touching = start.checked_sub(1).map(|i| bytes[i]);
    let after = bytes[end..].iter().copied().find(|b| *b != b' ');
    let touching_after = bytes.get(end).copied();
    let upper = word.iter().all(u8::is_ascii_uppercase);
    let bracketed = matches!((touching, after), (Some(b'[' | b'('), Some(b']' | b')')))
        || (before == Some(b'[') && after == Some(b']'));
    let field = matches!((before, after), (Some(b'-'), Some(b'-')) | (Some(b'|'), Some(b'|')));
    let key = touching == Some(b'=') && start >= 6 && bytes[..start].ends_with(b"level=");
    let quoted_key = touching == Some(b'"') && contains(&bytes[..start], b"evel\":");
    // `ERROR: …` and `INFO:     …` open a line, perhaps after a timestamp.
    let opens = touching_after == Some(b':') && is_stamp(&bytes[..start]) && (upper || start == 0);
    // `2026-03-02 10:00:00 ERROR …`, `… ERROR [thread]`, Nest's `  ERROR [Context]`.
    let alone = upper
        && is_stamp(&bytes[..start])
        && start > 0
        && touching == Some(b' ')
        && matches!(touching_after, None | Some(b' '));
    bracketed || field || key || quoted_key || opens || alone
}

/// Whether everything before a level is a timestamp, a pid or a logger's name in brackets.
fn is_stamp(bytes: &[u8]) -> bool {
    let mut depth = 0;
    let mut letters = 0;
    for byte in bytes {
        match byte {
            b'[' => depth += 1,
            b']' => depth -= 1,
            b'T' | b'Z' => {}
            b if b.is_ascii_alphabetic() && depth <= 0 => letters += 1,
            _ => {}
        }
    }
    letters <= 8
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    memchr::memmem::find(bytes, what).is_some()
}

/// `E0304 12:00:00.000000       1 main.go:10] …`.
fn glog(bytes: &[u8]) -> Option<Level> {
    let digits = bytes.get(1..5)?.iter().all(u8::is_ascii_digit);
    if !digits || bytes.get(5) != Some(&b' ') || bytes.get(8) != Some(&b':') {
        return None;
    }
    match bytes[0] {
        b'I' => Some(Level::Info),
        b'W' => Some(Level::Warning),
        b'E' => Some(Level::Error),
        b'F' => Some(Level::Fatal),
        _ => None,
    }
}

/// Reads the level of a JSON payload: a word, or pino's number.
pub fn from_json(value: &Value) -> Level {
    for key in ["severity", "level", "levelname", "lvl", "log.level", "loglevel", "Level", "@l"] {
        match value.get(key) {
            Some(Value::String(word)) => {
                let level = of_word(strip_ansi(word).trim());
                if level != Level::Unknown {
                    return level;
                }
            }
            Some(Value::Number(number)) => return of_number(number.as_i64().unwrap_or(0)),
            _ => {}
        }
    }
    match value.get("log").and_then(|log| log.get("level")) {
        Some(Value::String(word)) => of_word(word),
        _ => Level::Unknown,
    }
}

/// pino: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal.
fn of_number(number: i64) -> Level {
    match number {
        1..30 => Level::Debug,
        30..40 => Level::Info,
        40..50 => Level::Warning,
        50..60 => Level::Error,
        60..70 => Level::Fatal,
        _ => Level::Unknown,
    }
}

fn strip_ansi(text: &str) -> String {
    super::message::clean(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Level, from_json, from_text};

    #[test]
    fn a_level_is_read_where_loggers_write_it() {
        for (text, level) in [
            ("[2026-03-02 10:00:00 +0000] [13] [ERROR] Exception in worker process", Level::Error),
            ("[2026-03-02 10:00:00 +0000] [13] [INFO] Booting worker", Level::Info),
            ("2026-03-02 10:00:00,123 - orders.db - ERROR - cannot connect", Level::Error),
            ("2026-03-02 10:00:00.123 | WARNING  | orders.db:connect:12 - slow", Level::Warning),
            ("INFO:     Application startup complete.", Level::Info),
            ("ERROR:orders.db:cannot connect", Level::Error),
            ("ERROR: build step 0 failed", Level::Error),
            ("[Nest] 1  - 03/02/2026, 1:20:07 PM   ERROR [OrdersService] boom", Level::Error),
            ("2026-03-02T10:00:00.000Z [error]: boom", Level::Error),
            ("time=2026 level=warn msg=\"slow\"", Level::Warning),
            ("E0302 10:00:00.000000       1 main.go:10] boom", Level::Error),
            ("2026-03-02 10:00:00 ERROR [main] boom", Level::Error),
        ] {
            assert_eq!(from_text(text), level, "{text}");
        }
    }

    #[test]
    fn prose_has_no_level() {
        for text in [
            "finished with 0 errors",
            "Error handling is configured",
            "registered error handler",
            "info page rendered",
            "",
        ] {
            assert_eq!(from_text(text), Level::Unknown, "{text}");
        }
    }

    #[test]
    fn json_levels_are_words_or_pino_numbers() {
        assert_eq!(from_json(&serde_json::json!({"level": 50})), Level::Error);
        assert_eq!(from_json(&serde_json::json!({"level": "warn"})), Level::Warning);
        assert_eq!(from_json(&serde_json::json!({"levelname": "CRITICAL"})), Level::Fatal);
    }
}
