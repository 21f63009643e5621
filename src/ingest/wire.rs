//! The wire form of one log record: what a canonical (camelCase) record looks like as JSON.
//!
//! In goes the JSON text of one record; out come its fields, borrowed from that text wherever
//! no unescaping was needed. Payloads stay raw JSON text. Every other export form is first
//! brought to this one, so this is the only parser that makes entries.

mod scalar;

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use sonic_rs::LazyValue;

/// A scalar read as text: strings as they are, numbers and booleans as written by Rust, anything else empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Text<'a>(pub Cow<'a, str>);

/// An HTTP status written as integer, float (`772.0`) or string (`"503"`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Status(pub Option<u16>);

/// One canonical record. A field is `None` where the key is absent or null.
#[derive(Debug, Default)]
pub(super) struct Record<'a> {
    pub insert_id: Option<Text<'a>>,
    pub log_name: Option<Text<'a>>,
    pub timestamp: Option<Text<'a>>,
    pub receive_timestamp: Option<Text<'a>>,
    pub severity: Option<Text<'a>>,
    pub trace: Option<Text<'a>>,
    pub text_payload: Option<Text<'a>>,
    pub json_payload: Option<LazyValue<'a>>,
    pub proto_payload: Option<LazyValue<'a>>,
    pub http_request: HttpWire<'a>,
    pub resource: ResourceWire<'a>,
    pub labels: LabelsWire<'a>,
    /// Set by the Azure converter only; ignored on records read from a file.
    pub azure: AzureWire<'a>,
}

/// `httpRequest`.
#[derive(Debug, Default)]
pub(super) struct HttpWire<'a> {
    pub is_present: bool,
    pub request_method: Option<Text<'a>>,
    pub request_url: Option<Text<'a>>,
    pub user_agent: Option<Text<'a>>,
    pub latency: Option<Text<'a>>,
    pub status: Option<Status>,
}

/// `resource`.
#[derive(Debug, Default)]
pub(super) struct ResourceWire<'a> {
    pub is_present: bool,
    pub kind: Option<Text<'a>>,
    pub labels: ResourceLabels<'a>,
}

/// The resource labels that name what wrote the entry.
#[derive(Debug, Default)]
pub(super) struct ResourceLabels<'a> {
    pub project_id: Option<Text<'a>>,
    pub location: Option<Text<'a>>,
    pub region: Option<Text<'a>>,
    pub service_name: Option<Text<'a>>,
    pub job_name: Option<Text<'a>>,
    pub function_name: Option<Text<'a>>,
    pub revision_name: Option<Text<'a>>,
}

/// The entry labels that the analysis uses; the rest is the user's own.
#[derive(Debug, Default)]
pub(super) struct LabelsWire<'a> {
    pub instance_id: Option<Text<'a>>,
    pub container_name: Option<Text<'a>>,
    pub execution_name: Option<Text<'a>>,
    pub execution_id: Option<Text<'a>>,
}

/// What an Azure row has and a Google entry has not.
#[derive(Debug, Default)]
pub(super) struct AzureWire<'a> {
    pub is_present: bool,
    pub stream: Option<Text<'a>>,
    pub reason: Option<Text<'a>>,
    pub count: Option<Text<'a>>,
}

impl<'a> Record<'a> {
    /// Parses the JSON text of one object. `None` when it is not JSON.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let mut record = Self::default();
        record.read(text).then_some(record)
    }

    /// Parses into a fresh record, without moving it; `false` when the text is not JSON.
    pub(super) fn read(&mut self, text: &'a str) -> bool {
        let mut deserializer = sonic_rs::Deserializer::from_str(text);
        Fill(self).deserialize(&mut deserializer).is_ok() && deserializer.end().is_ok()
    }

    /// Whether the fields make it a log entry (and not, say, an object that happens to be JSON).
    pub(super) fn is_entry(&self) -> bool {
        let placed = self.timestamp.is_some() || self.resource.is_present;
        (self.insert_id.is_some() && (placed || self.log_name.is_some())) || (self.log_name.is_some() && placed)
    }

    /// Whether it says anything under the canonical names. If not, its exporter may have used another one.
    pub(super) fn has_payload(&self) -> bool {
        self.text_payload.is_some()
            || self.json_payload.is_some()
            || self.proto_payload.is_some()
            || self.http_request.is_present
    }
}

/// An object whose fields are read in place.
trait Object<'de> {
    /// Called before the first field.
    fn begin(&mut self) {}

    /// Reads the value of one key, or skips it.
    fn field<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error>;
}

/// Reads the value of the current key into one of the named fields, or skips it.
macro_rules! pick {
    ($key:expr, $map:expr, { $($name:literal => $field:expr),+ $(,)? } $(, object { $($object_name:literal => $object:expr),+ $(,)? })?) => {
        match $key {
            $($name => $field = $map.next_value()?,)+
            $($($object_name => $map.next_value_seed(Fill(&mut $object))?,)+)?
            _ => {
                $map.next_value::<IgnoredAny>()?;
            }
        }
    };
}

impl<'de> Object<'de> for Record<'de> {
    fn field<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        pick!(key, map, {
            "insertId" => self.insert_id,
            "logName" => self.log_name,
            "timestamp" => self.timestamp,
            "receiveTimestamp" => self.receive_timestamp,
            "severity" => self.severity,
            "trace" => self.trace,
            "textPayload" => self.text_payload,
            "jsonPayload" => self.json_payload,
            "protoPayload" => self.proto_payload,
        }, object {
            "httpRequest" => self.http_request,
            "resource" => self.resource,
            "labels" => self.labels,
            "whydown.azure" => self.azure,
        });
        Ok(())
    }
}

impl<'de> Object<'de> for HttpWire<'de> {
    fn begin(&mut self) {
        self.is_present = true;
    }

    fn field<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        pick!(key, map, {
            "requestMethod" => self.request_method,
            "requestUrl" => self.request_url,
            "userAgent" => self.user_agent,
            "latency" => self.latency,
            "status" => self.status,
        });
        Ok(())
    }
}

impl<'de> Object<'de> for ResourceWire<'de> {
    fn begin(&mut self) {
        self.is_present = true;
    }

    fn field<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        pick!(key, map, { "type" => self.kind }, object { "labels" => self.labels });
        Ok(())
    }
}

impl<'de> Object<'de> for ResourceLabels<'de> {
    fn field<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        pick!(key, map, {
            "project_id" => self.project_id,
            "location" => self.location,
            "region" => self.region,
            "service_name" => self.service_name,
            "job_name" => self.job_name,
            "function_name" => self.function_name,
            "revision_name" => self.revision_name,
        });
        Ok(())
    }
}

impl<'de> Object<'de> for LabelsWire<'de> {
    fn field<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        pick!(key, map, {
            "instanceId" => self.instance_id,
            "container_name" => self.container_name,
            "run.googleapis.com/execution_name" => self.execution_name,
            "execution_id" => self.execution_id,
        });
        Ok(())
    }
}

impl<'de> Object<'de> for AzureWire<'de> {
    fn begin(&mut self) {
        self.is_present = true;
    }

    fn field<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        pick!(key, map, { "stream" => self.stream, "reason" => self.reason, "count" => self.count });
        Ok(())
    }
}

/// Fills an object in place; any other shape leaves it as it is.
struct Fill<'r, T>(&'r mut T);

impl<'de, T: Object<'de>> DeserializeSeed<'de> for Fill<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Object<'de>> Visitor<'de> for Fill<'_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.0.begin();
        while let Some(Text(key)) = map.next_key()? {
            self.0.field(&key, &mut map)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Record, Status};

    #[test]
    fn a_status_is_read_from_integer_float_and_string() {
        for (written, expected) in
            [("503", Some(503)), ("\"503\"", Some(503)), ("772.0", Some(772)), ("\"\"", None), ("-1", None)]
        {
            assert_eq!(sonic_rs::from_str::<Status>(written).unwrap(), Status(expected), "{written}");
        }
    }

    #[test]
    fn text_without_escapes_is_borrowed_and_foreign_shapes_are_empty() {
        let record =
            Record::parse(r#"{"insertId":"a","timestamp":7,"severity":null,"trace":{"x":[1]},"textPayload":"a\nb"}"#)
                .unwrap();
        assert!(matches!(record.insert_id.unwrap().0, std::borrow::Cow::Borrowed("a")));
        assert_eq!(record.timestamp.unwrap().0, "7");
        assert!(record.severity.is_none());
        assert_eq!(record.trace.unwrap().0, "");
        assert_eq!(record.text_payload.unwrap().0, "a\nb");
    }
}
