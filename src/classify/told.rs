//! The error inside a JSON payload: every logger has its own place for it.
//!
//! In: a parsed payload. Out: its stack trace, and its error as one line, `Kind: message` where both are named. The
//! names are those of pino, bunyan, winston, zap, zerolog, logrus, slog, tracing, structlog, ECS, logback, log4j2,
//! Quarkus, Serilog, .NET's console, Monolog, Lograge, Semantic Logger, Sentry and OpenTelemetry.

use serde_json::Value;

/// Names of fields that hold a trace, at the top or inside an error object.
const STACK_KEYS: [&str; 13] = [
    "stack_trace",
    "exception",
    "Exception",
    "@x",
    "stack",
    "exc_info",
    "traceback",
    "stacktrace",
    "stackTrace",
    "extendedStackTrace",
    "error.stack_trace",
    "error.stack",
    "exception.stacktrace",
];

/// Names of fields that hold the error: a text, or an object of the names below.
const ERROR_KEYS: [&str; 14] = [
    "error",
    "err",
    "exception",
    "thrown",
    "cause",
    "errorMessage",
    "error_message",
    "error.message",
    "exception.message",
    "exception_message",
    "reason",
    "detail",
    "details",
    "Exception",
];

/// Names of objects that hold such fields one level down.
const HOLDERS: [&str; 6] = ["fields", "context", "meta", "attributes", "data", "extra"];

/// Names of an error's class.
const KIND_KEYS: [&str; 6] = ["type", "name", "class", "kind", "exceptionType", "errorType"];

/// Names of an error's message.
const MESSAGE_KEYS: [&str; 5] = ["message", "msg", "value", "reason", "description"];

/// Pairs of class and message written beside each other.
const FLAT_KINDS: [&str; 6] =
    ["error.type", "error_type", "errorName", "errorType", "exception.type", "exception_class"];

/// Longest text taken for one line.
const LINE_BYTES_MAX: usize = 2_000;

/// The stack trace, where one is written as lines.
pub(super) fn stack_of(value: &Value) -> Option<String> {
    let own = STACK_KEYS.iter().find_map(|key| match value.get(key)? {
        Value::String(text) => lines_of(text),
        Value::Array(items) => {
            let lines: Vec<&str> = items.iter().filter_map(Value::as_str).filter(|line| line.len() > 8).collect();
            // Frames alone say nothing; an item that is a trace by itself does.
            lines.into_iter().find(|line| line.contains('\n')).map(str::to_owned)
        }
        inner @ Value::Object(_) => stack_of(inner),
        _ => None,
    });
    let inside = |key: &&str| value.get(*key).filter(|inner| inner.is_object()).and_then(stack_of);
    own.or_else(|| ["error", "err", "thrown"].iter().find_map(&inside)).or_else(|| HOLDERS.iter().find_map(inside))
}

/// A trace that a formatter wrote into one line has its lines again; one that has no lines is none.
fn lines_of(text: &str) -> Option<String> {
    if text.contains('\n') || text.contains("\\n") {
        return (text.len() > 8).then(|| text.to_owned());
    }
    // .NET's JSON console replaces line breaks by spaces.
    text.contains("   at ").then(|| text.replace("   at ", "\n   at ").replace(" ---> ", "\n ---> "))
}

/// The error in one line; empty texts and objects that name none are passed over. `deep`: objects of context are
/// looked into as well, which only a line that reports a failure uses for it.
pub(super) fn error_of(value: &Value, deep: bool) -> Option<String> {
    let own = ERROR_KEYS.iter().find_map(|key| {
        let told = line_of(value.get(key)?)?;
        let flat = FLAT_KINDS.iter().find_map(|kind| value.get(kind)?.as_str());
        Some(match flat {
            Some(kind) if !told.contains(last_name(kind)) => format!("{kind}: {told}"),
            _ => told,
        })
    });
    let held = |key: &&str| error_of(value.get(*key).filter(|inner| inner.is_object())?, false);
    own.or_else(|| HOLDERS.iter().filter(|_| deep).find_map(held))
}

fn line_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => {
            let first = text.trim().lines().next()?;
            (!first.is_empty() && first.len() <= LINE_BYTES_MAX).then(|| first.to_owned())
        }
        // Lograge: `["NoMethodError", "undefined method …"]`.
        Value::Array(items) => match items.as_slice() {
            [Value::String(kind), Value::String(message)] if !kind.contains(' ') => Some(format!("{kind}: {message}")),
            _ => None,
        },
        Value::Object(fields) => {
            let text = |keys: &[&str]| keys.iter().find_map(|key| fields.get(*key)?.as_str()).map(str::trim);
            let message = text(&MESSAGE_KEYS).filter(|message| !message.is_empty());
            match (text(&KIND_KEYS), message) {
                (Some(kind), Some(message)) if !message.contains(last_name(kind)) && !kind.contains(' ') => {
                    Some(format!("{kind}: {message}"))
                }
                (_, Some(message)) => Some(message.to_owned()),
                // Sentry keeps them in a list.
                _ => line_of(fields.get("values")?.as_array()?.first()?),
            }
        }
        _ => None,
    }
}

fn last_name(kind: &str) -> &str {
    kind.rsplit(['.', ':', '\\']).next().unwrap_or(kind)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{error_of, stack_of};

    #[test]
    fn the_error_is_found_in_every_loggers_place() {
        let told = "LampError: too dark";
        for payload in [
            json!({"err": {"type": "LampError", "message": "too dark"}}),
            json!({"error": {"name": "LampError", "message": "too dark"}}),
            json!({"error": "LampError: too dark"}),
            json!({"exception": "LampError: too dark"}),
            json!({"exception": {"exceptionType": "LampError", "message": "too dark", "frames": []}}),
            json!({"exception": ["LampError", "too dark"]}),
            json!({"exception": {"values": [{"type": "LampError", "value": "too dark"}]}}),
            json!({"thrown": {"name": "LampError", "message": "too dark"}}),
            json!({"context": {"exception": {"class": "LampError", "message": "too dark"}}}),
            json!({"meta": {"error": {"name": "LampError", "message": "too dark"}}}),
            json!({"error.type": "LampError", "error.message": "too dark"}),
            json!({"error": "too dark", "error_type": "LampError"}),
            json!({"attributes": {"exception.type": "LampError", "exception.message": "too dark"}}),
            json!({"errorName": "LampError", "errorMessage": "too dark"}),
        ] {
            assert_eq!(error_of(&payload, true).as_deref(), Some(told), "{payload}");
        }
        assert_eq!(error_of(&json!({"error": {"code": 7}, "err": ""}), true), None);
        assert_eq!(error_of(&json!({"fields": {"error": "too dark"}}), true).as_deref(), Some("too dark"));
        assert_eq!(error_of(&json!({"data": {"reason": "timeout"}}), false), None);
    }

    #[test]
    fn a_trace_has_lines() {
        assert_eq!(stack_of(&json!({"exception": "LampError: too dark"})), None);
        assert_eq!(stack_of(&json!({"stack": ["a.rb:7:in `light'"]})), None);
        let one_line =
            json!({"Exception": "Acme.LampException: too dark    at Acme.Lamp.Light() in /src/Lamp.cs:line 7"});
        assert_eq!(
            stack_of(&one_line).as_deref(),
            Some("Acme.LampException: too dark \n   at Acme.Lamp.Light() in /src/Lamp.cs:line 7")
        );
        let nested = json!({"err": {"stack": "LampError: too dark\n    at light (/app/lamp.js:7:1)"}});
        assert!(stack_of(&nested).is_some());
    }
}
