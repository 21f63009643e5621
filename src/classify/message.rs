//! The message of an entry without its dress: JSON payloads, colours, timestamps and logger names.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::Regex;
use serde_json::Value;

use super::level::{self, Level};

/// Payloads above this are read as text only.
const JSON_BYTES_MAX: usize = 4 << 20;

/// A JSON payload reduced to what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonMessage {
    /// The message, with an error field appended where the message is only an event's name.
    pub message: String,
    /// A stack trace.
    pub stack: Option<String>,
    /// Level of the payload.
    pub level: Level,
}

/// Reads a JSON payload; `None` where it is no object or holds nothing to say.
pub fn from_json(raw: &str) -> Option<JsonMessage> {
    if raw.len() > JSON_BYTES_MAX || !raw.trim_start().starts_with('{') {
        return None;
    }
    let value: Value = serde_json::from_str(raw).ok()?;
    let message = message_of(&value).unwrap_or_default();
    let stack = stack_of(&value).or_else(|| value.get("message").filter(|inner| inner.is_object()).and_then(stack_of));
    let level = level::from_json(&value);
    let message = with_error_field(&value, message);
    if message.is_empty() && stack.is_none() {
        return Some(JsonMessage { message: compact(&value), stack: None, level });
    }
    Some(JsonMessage { message, stack, level })
}

fn message_of(value: &Value) -> Option<String> {
    for key in ["message", "msg", "log", "event", "text", "@m", "Message"] {
        match value.get(key) {
            Some(Value::String(text)) if !text.is_empty() => return Some(text.clone()),
            Some(inner @ Value::Object(_)) => {
                if let Some(text) = message_of(inner) {
                    return Some(text);
                }
            }
            _ => {}
        }
    }
    for key in ["error", "err", "exception"] {
        if let Some(Value::String(text)) = value.get(key).and_then(|error| error.get("message")) {
            return Some(text.clone());
        }
    }
    None
}

/// Names of fields that hold a trace, at the top or inside an error object.
const STACK_KEYS: [&str; 6] = ["stack_trace", "exception", "stack", "exc_info", "traceback", "stacktrace"];

fn stack_of(value: &Value) -> Option<String> {
    for key in STACK_KEYS {
        match value.get(key) {
            Some(Value::String(text)) if text.len() > 8 => return Some(text.clone()),
            Some(inner @ Value::Object(_)) => {
                if let Some(text) = stack_of(inner) {
                    return Some(text);
                }
            }
            _ => {}
        }
    }
    ["error", "err"].into_iter().find_map(|key| value.get(key).filter(|error| error.is_object()).and_then(stack_of))
}

/// structlog and the like: `event: step_failed, error: …`.
fn with_error_field(value: &Value, message: String) -> String {
    let error = ["error", "err", "reason", "detail"].into_iter().find_map(|key| match value.get(key) {
        Some(Value::String(text)) if !text.is_empty() => Some(text.as_str()),
        _ => None,
    });
    match error {
        Some(error) if !message.contains(error) => {
            if message.is_empty() {
                error.to_owned()
            } else {
                format!("{message}: {error}")
            }
        }
        _ => message,
    }
}

fn compact(value: &Value) -> String {
    value.to_string()
}

static DRESS: OnceLock<Regex> = OnceLock::new();

/// Removes terminal colours, loguru markup and trailing white space.
pub fn clean(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim_end();
    if !trimmed.contains('\u{1b}') && !trimmed.contains("</") {
        return Cow::Borrowed(trimmed);
    }
    let dress = DRESS.get_or_init(|| {
        Regex::new(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|</?(?:red|green|yellow|blue|cyan|magenta|level|bold|white|black)>")
            .expect("a fixed pattern")
    });
    dress.replace_all(trimmed, "")
}

/// The message behind timestamp, level, pid and logger name.
pub fn strip_prefix(text: &str) -> &str {
    static PREFIX: OnceLock<Regex> = OnceLock::new();
    let prefix = PREFIX.get_or_init(|| {
        let stamp = r"\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z| ?[+-]\d\d:?\d\d)?\]?";
        let level = r"(?i:trace|debug|info|notice|success|warn|warning|error|critical|fatal|log)";
        // Bare levels, as NestJS and Java print them, are told from prose by their capitals.
        let upper = "(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|LOG)";
        Regex::new(&format!(
            r"^\s*(?:(?:{stamp}|\[Nest\] +\d+ +- \d\d/\d\d/\d{{4}}, [\d:]+ [AP]M)[ ]*)?(?:\| *{level} *\| *[\w.<>]+:[\w<>]+:\d+ *[|-] *|- [\w.]+(?: - [\w.]+)? - {level} - |\[\d+\] \[{level}\] |\[{level}\]:? *(?:\[[^\]]{{1,60}}\] *)?|{level}(?: in [\w.]+)?:[ ]*(?:[\w.]+:)?[ ]*|{upper} +(?:\[[^\]]{{1,60}}\] ?)?)?"
        ))
        .expect("a fixed pattern")
    });
    match prefix.find(text) {
        Some(found) if found.end() < text.len() => text[found.end()..].trim_start(),
        _ => text.trim_start(),
    }
}

#[cfg(test)]
mod tests {
    use super::{clean, from_json, strip_prefix};
    use crate::classify::level::Level;

    #[test]
    fn a_message_is_found_under_every_name() {
        for raw in [
            r#"{"message":"boom"}"#,
            r#"{"msg":"boom","level":50}"#,
            r#"{"event":"boom"}"#,
            r#"{"message":{"message":"boom"}}"#,
        ] {
            assert_eq!(from_json(raw).unwrap().message, "boom", "{raw}");
        }
        let structlog = from_json(r#"{"event":"step_failed","level":"error","error":"no such symbol"}"#).unwrap();
        assert_eq!((structlog.message.as_str(), structlog.level), ("step_failed: no such symbol", Level::Error));
    }

    #[test]
    fn an_empty_or_null_trace_is_no_trace() {
        let message = from_json(r#"{"message":"ok","error":{"traceback":"","message":"Missing field"}}"#).unwrap();
        assert_eq!((message.message.as_str(), message.stack), ("ok", None));
    }

    #[test]
    fn colours_and_prefixes_are_taken_off() {
        assert_eq!(clean("\u{1b}[31mboom\u{1b}[39m  "), "boom");
        for text in [
            "[2026-03-02 10:00:00 +0000] [13] [ERROR] boom",
            "2026-03-02 10:00:00,123 - orders.db - ERROR - boom",
            "2026-03-02 10:00:00.123 | ERROR    | orders.db:connect:12 - boom",
            "ERROR:    boom",
            "ERROR:orders.db:boom",
            "[Nest] 1  - 03/02/2026, 1:20:07 PM   ERROR [OrdersService] boom",
            "2026-03-02T10:00:00.000Z [error]: boom",
            "boom",
        ] {
            assert_eq!(strip_prefix(text), "boom", "{text}");
        }
    }
}
