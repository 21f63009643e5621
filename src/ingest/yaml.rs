//! gcloud's default output: YAML documents, one per entry.
//!
//! In goes the text of one document; out comes it as a JSON value. Identifiers stay text even where
//! YAML would make a number of them (`67820e45`), because gcloud writes them without quotes.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Keys of an entry whose value is text whatever it looks like.
const TEXT_KEYS: &[&str] =
    &["insertId", "insert_id", "spanId", "trace", "textPayload", "logName", "timestamp", "receiveTimestamp"];

/// Keys that begin an entry: what stands before them in the first document (a shell prompt, a
/// heading) is no YAML.
const FIRST_KEYS: &[&str] = &[
    "insertId",
    "httpRequest",
    "jsonPayload",
    "textPayload",
    "labels",
    "logName",
    "errorGroups",
    "protoPayload",
    "apiVersion",
];

/// Parses one document; `None` when it is no YAML, nests too deep or expands too far.
pub(super) fn parse(document: &str) -> Option<Value> {
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::LastWins,
        merge_keys: serde_saphyr::options::MergeKeyPolicy::AsOrdinary,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::AsString,
    };
    serde_saphyr::from_str_with_options::<Document>(document, options).ok().map(|document| document.0)
}

/// The document without what stands before its first known key.
pub(super) fn without_heading(document: &str) -> &str {
    let mut offset = 0;
    for line in document.split_inclusive('\n') {
        let key = line.split(':').next().unwrap_or_default();
        if FIRST_KEYS.contains(&key) || line.starts_with("- ") {
            return &document[offset..];
        }
        offset += line.len();
    }
    document
}

/// A YAML value whose identifiers stay text.
struct Document(Value);

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Node { may_be_entry: true }.deserialize(deserializer).map(Self)
    }
}

/// Reads one node. Only the outermost mapping (or each item of an outermost list) can be an entry.
#[derive(Clone, Copy)]
struct Node {
    may_be_entry: bool,
}

impl<'de> DeserializeSeed<'de> for Node {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a YAML document")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = items.next_key::<String>()? {
            let value = if self.may_be_entry && TEXT_KEYS.contains(&key.as_str()) {
                items.next_value::<Scalar>()?.0
            } else {
                items.next_value_seed(Node { may_be_entry: false })?
            };
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

/// A value that is text if it is a scalar.
struct Scalar(Value);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_option(ScalarVisitor).map(Self)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a scalar")
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        String::deserialize(deserializer).map(Value::String)
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, without_heading};

    #[test]
    fn identifiers_that_look_like_numbers_stay_text() {
        let value = parse("insertId: 67820e45\nhttpRequest:\n  status: 503\nlabels:\n  a: 'x'\ntextPayload: 1e3\ntrace:\njsonPayload:\n  trace:\n    id: 7\n").unwrap();
        assert_eq!(value["insertId"], "67820e45");
        assert_eq!(value["httpRequest"]["status"], 503);
        assert_eq!(value["textPayload"], "1e3");
        assert!(value["trace"].is_null());
        assert_eq!(value["jsonPayload"]["trace"]["id"], 7);
    }

    #[test]
    fn a_heading_before_the_first_entry_is_left_out() {
        assert_eq!(without_heading("PS C:\\> gcloud logging read\n\ninsertId: a\n"), "insertId: a\n");
    }

    #[test]
    fn hostile_yaml_is_refused_without_harm() {
        assert!(parse(&"[".repeat(100_000)).is_none());
        assert!(parse(&format!("insertId: {}x", "- ".repeat(50_000))).is_none());
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\nh: [*g,*g,*g,*g,*g,*g,*g,*g,*g]\n";
        assert!(parse(bomb).is_none());
    }
}
