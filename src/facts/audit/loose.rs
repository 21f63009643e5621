//! Tolerant reading of exported JSON: a value, or a sensible nothing.
//!
//! Exporters write `percent: 100`, `100.0` or `"100"`, `true` or `"true"`, and keys
//! in camel case or (Python client) snake case. Every reader of audit entries and
//! state documents goes through these functions, so that one form is not missed.

use serde_json::Value;

/// Longest text kept of any one field, in bytes: a message or name of an incident is far
/// shorter, and hostile input must not be able to fill the facts.
const TEXT_BYTES_MAX: usize = 4_096;

static NOTHING: Value = Value::Null;

/// The value at a path of keys; `Null` where a step is missing.
pub(crate) fn at<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(value, |value, key| field(value, key))
}

/// One field, by its camel-case name or the snake-case form of it.
pub(crate) fn field<'a>(value: &'a Value, key: &str) -> &'a Value {
    if let Some(found) = value.get(key) {
        return found;
    }
    if key.bytes().any(|b| b.is_ascii_uppercase())
        && let Some(found) = value.get(snake_case(key))
    {
        return found;
    }
    &NOTHING
}

/// The items of an array; nothing for anything else.
pub(crate) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Text of a string, number or boolean, cut at [`TEXT_BYTES_MAX`]; empty for anything else.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => cut(text).to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => String::new(),
    }
}

/// An integer written as integer, float (`772.0`) or string.
pub(crate) fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(whole)),
        Value::String(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| text.parse::<f64>().ok().and_then(whole))
        }
        _ => None,
    }
}

/// As [`int`], for counts and percentages; negative or huge values are nothing.
pub(crate) fn count(value: &Value) -> Option<u32> {
    int(value).and_then(|number| u32::try_from(number).ok())
}

/// Seconds written as a number, `"300"` or `"300s"`.
pub(crate) fn seconds(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => int(&Value::String(text.trim().trim_end_matches('s').to_owned())),
        _ => int(value),
    }
}

/// A boolean written as `true`, `"true"` or `"True"`.
pub(crate) fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// The part after the last `/`: `projects/p/locations/l/services/web` is `web`.
pub(crate) fn last_segment(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// The part of a resource name that follows `collection/`, for example `services`.
pub(crate) fn segment_after<'a>(name: &'a str, collection: &str) -> &'a str {
    let mut parts = name.split('/');
    while let Some(part) = parts.next() {
        if part == collection {
            return parts.next().unwrap_or("");
        }
    }
    ""
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_BYTES_MAX)]
}

#[allow(clippy::cast_possible_truncation, reason = "the range is checked, and the fraction of a count is dropped")]
fn whole(number: f64) -> Option<i64> {
    (number.abs() < 9e15).then_some(number as i64)
}

fn snake_case(key: &str) -> String {
    let mut snake = String::with_capacity(key.len() + 4);
    for letter in key.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{at, count, flag, int, last_segment, seconds, segment_after, text};

    #[test]
    fn one_number_is_read_from_every_form_exporters_write() {
        for value in [json!(772), json!(772.0), json!("772"), json!("772.0"), json!(" 772 ")] {
            assert_eq!(int(&value), Some(772), "{value}");
        }
        assert_eq!(int(&json!("latest")), None);
        assert_eq!(int(&json!(1e300)), None);
        assert_eq!(count(&json!(-1)), None);
        assert_eq!(seconds(&json!("300s")), Some(300));
        assert_eq!(flag(&json!("True")), Some(true));
    }

    #[test]
    fn camel_case_paths_also_find_snake_case_keys() {
        let value = json!({"proto": {"method_name": "x"}});
        assert_eq!(text(at(&value, &["proto", "methodName"])), "x");
        assert!(at(&value, &["proto", "missing", "deeper"]).is_null());
    }

    #[test]
    fn a_long_text_is_cut_at_a_character_boundary() {
        let long = "é".repeat(5_000);
        assert_eq!(text(&json!(long)).len(), 4_096);
    }

    #[test]
    fn names_are_found_in_resource_paths() {
        assert_eq!(last_segment("projects/p/locations/l/services/web"), "web");
        assert_eq!(segment_after("projects/p/locations/l/services/web", "locations"), "l");
        assert_eq!(segment_after("namespaces/p/services/web", "locations"), "");
    }
}
