//! The message of an entry without its dress: JSON payloads and colours.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::Regex;
use serde_json::Value;

use super::level::{self, Level};
use super::told;

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
    let inside = || value.get("message").filter(|inner| inner.is_object());
    let stack = told::stack_of(&value).or_else(|| inside().and_then(told::stack_of));
    let level = level::from_json(&value);
    let deep = !matches!(level, Level::Debug | Level::Info);
    let error = told::error_of(&value, deep).or_else(|| inside().and_then(|inner| told::error_of(inner, deep)));
    let message = with_error(message, error, stack.as_deref());
    if message.is_empty() && stack.is_none() {
        return Some(JsonMessage { message: compact(&value), stack: None, level });
    }
    Some(JsonMessage { message, stack, level })
}

/// Names of fields that hold the message.
const MESSAGE_KEYS: [&str; 12] = [
    "message",
    "msg",
    "log",
    "event",
    "text",
    "@m",
    "Message",
    "RenderedMessage",
    "short_message",
    "@mt",
    "MessageTemplate",
    "fields",
];

fn message_of(value: &Value) -> Option<String> {
    for key in MESSAGE_KEYS {
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
    // OpenTelemetry's log record; elsewhere a body is what a user sent.
    let body = value.get("body").filter(|_| value.get("severityText").or(value.get("SeverityText")).is_some());
    body.and_then(Value::as_str).map(str::to_owned)
}

/// structlog and the like: `event: step_failed, error: …`. A trace tells the error itself.
fn with_error(message: String, error: Option<String>, stack: Option<&str>) -> String {
    let in_stack = |error: &str| stack.is_some_and(|stack| stack.contains(error.rsplit(": ").next().unwrap_or(error)));
    match error {
        Some(error) if message.is_empty() => error,
        // A trace without the error in it, as zap prints frames, does not tell it.
        Some(error) if !in_stack(&error) && !message.contains(&error) => format!("{message}: {error}"),
        _ => message,
    }
}

/// Reads `time=… level=error msg="…" err="…"`, as slog, logrus and others print it; `None` for any other text.
pub fn from_logfmt(text: &str) -> Option<JsonMessage> {
    static FIELDS: OnceLock<Regex> = OnceLock::new();
    if text.contains('\n') || !text.contains("level=") || !text.contains("msg=") {
        return None;
    }
    let fields = FIELDS.get_or_init(|| {
        Regex::new(r#"(?:^|\s)(level|msg|err|error)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))"#).expect("a fixed pattern")
    });
    let field = |name: &str| {
        let found = fields.captures_iter(text).find(|found| &found[1] == name)?;
        Some(found.get(2).or(found.get(3))?.as_str().replace("\\\"", "\""))
    };
    let (level, message) = (level::of_word(&field("level")?), field("msg")?);
    Some(JsonMessage {
        message: with_error(message, field("err").or_else(|| field("error")), None),
        stack: None,
        level,
    })
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

#[cfg(test)]
mod tests {
    use super::{clean, from_json, from_logfmt};
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
        assert_eq!((message.message.as_str(), message.stack), ("ok: Missing field", None));
    }

    #[test]
    fn logfmt_holds_a_message_and_its_error() {
        let line = r#"ts=2026-03-02T10:00:00Z level=error caller=post.go:71 msg="posting failed" err="totals of \"a\" differ""#;
        let told = from_logfmt(line).unwrap();
        assert_eq!((told.message.as_str(), told.level), (r#"posting failed: totals of "a" differ"#, Level::Error));
        assert!(from_logfmt("orders: level=9 reached").is_none());
    }

    #[test]
    fn colours_are_taken_off() {
        assert_eq!(clean("\u{1b}[31mboom\u{1b}[39m  "), "boom");
    }
}
