//! The wire form of one log record: what a canonical (camelCase) record looks like as JSON.
//!
//! In goes the JSON text of one record; out come its fields, borrowed from that text wherever
//! no unescaping was needed. Payloads stay raw JSON text. Every other export form is first
//! brought to this one, so this is the only parser that makes entries.

mod cursor;
mod met;
mod scalar;

use std::borrow::Cow;

pub(super) use cursor::NESTING_MAX;
use cursor::{Cursor, Refusal};
use met::Key;
pub(super) use met::Met;

use crate::model::Stream;

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
    /// Which log that is, where it was asked for already.
    pub stream: Option<Stream>,
    pub timestamp: Option<Text<'a>>,
    pub receive_timestamp: Option<Text<'a>>,
    pub severity: Option<Text<'a>>,
    pub trace: Option<Text<'a>>,
    pub text_payload: Option<Text<'a>>,
    /// As JSON text.
    pub json_payload: Option<&'a str>,
    /// As JSON text.
    pub proto_payload: Option<&'a str>,
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
#[derive(Debug, Default, Clone)]
pub(super) struct ResourceWire<'a> {
    pub is_present: bool,
    pub kind: Option<Text<'a>>,
    pub labels: ResourceLabels<'a>,
}

/// The resource labels that name what wrote the entry.
#[derive(Debug, Default, Clone)]
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
#[derive(Debug, Default, Clone)]
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
    /// Parses the JSON text of one object.
    pub(super) fn parse(text: &'a str) -> Result<Self, Refusal> {
        let mut record = Self::default();
        record.read(text, &mut Met::default())?;
        Ok(record)
    }

    /// Parses into a fresh record, without moving it.
    pub(super) fn read(&mut self, text: &'a str, met: &mut Met<'a>) -> Result<(), Refusal> {
        let mut cursor = Cursor::new(text);
        if cursor.peek() == Some(b'{') {
            self.fields(&mut cursor, met)?;
        } else {
            cursor.skip()?;
        }
        if cursor.is_at_end() { Ok(()) } else { Err(Refusal::NotJson) }
    }

    fn fields(&mut self, cursor: &mut Cursor<'a>, met: &mut Met<'a>) -> Result<(), Refusal> {
        let mut key = Key::Other;
        let mut is_more = cursor.enter()?;
        while is_more {
            key = met.order.read(key, cursor)?;
            match key {
                Key::InsertId => self.insert_id = scalar::text(cursor)?,
                Key::LogName => (self.log_name, self.stream) = met.logs.read(cursor)?,
                Key::Timestamp => self.timestamp = scalar::text(cursor)?,
                Key::ReceiveTimestamp => self.receive_timestamp = scalar::text(cursor)?,
                Key::Severity => self.severity = scalar::text(cursor)?,
                Key::Trace => self.trace = scalar::text(cursor)?,
                Key::TextPayload => self.text_payload = scalar::text(cursor)?,
                Key::JsonPayload => self.json_payload = payload(cursor)?,
                Key::ProtoPayload => self.proto_payload = payload(cursor)?,
                Key::HttpRequest => fill(&mut self.http_request, cursor)?,
                Key::Resource => self.resource = met.resources.read(cursor)?,
                Key::Labels => self.labels = met.labels.read(cursor)?,
                Key::Azure => fill(&mut self.azure, cursor)?,
                Key::Other => cursor.skip()?,
            }
            is_more = cursor.more()?;
        }
        Ok(())
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
trait Object<'a> {
    /// Called before the first field.
    fn begin(&mut self) {}

    /// Reads the value of one key, or skips it.
    fn field(&mut self, key: &str, cursor: &mut Cursor<'a>) -> Result<(), Refusal>;
}

/// Reads the value of the current key into one of the named fields, or skips it.
macro_rules! pick {
    ($key:expr, $cursor:expr, { $($name:literal => $field:expr),+ $(,)? } $(, raw { $($raw_name:literal => $raw:expr),+ $(,)? })? $(, object { $($object_name:literal => $object:expr),+ $(,)? })?) => {
        match $key {
            $($name => $field = scalar::text($cursor)?,)+
            $($($raw_name => $raw = payload($cursor)?,)+)?
            $($($object_name => fill(&mut $object, $cursor)?,)+)?
            _ => $cursor.skip()?,
        }
    };
}

/// The text of a payload; `None` for null.
fn payload<'a>(cursor: &mut Cursor<'a>) -> Result<Option<&'a str>, Refusal> {
    Ok(Some(cursor.raw()?).filter(|raw| *raw != "null"))
}

/// The text of a payload that is a bare string or number; empty where it is neither.
pub(super) fn scalar_text(raw: &str) -> Cow<'_, str> {
    scalar::text(&mut Cursor::new(raw)).ok().flatten().map_or(Cow::Borrowed(""), |Text(text)| text)
}

/// Fills an object in place; any other shape leaves it as it is.
#[inline]
fn fill<'a, T: Object<'a>>(object: &mut T, cursor: &mut Cursor<'a>) -> Result<(), Refusal> {
    if cursor.peek() != Some(b'{') {
        return cursor.skip();
    }
    object.begin();
    cursor.object(|key, cursor| object.field(key, cursor))
}

impl<'a> Object<'a> for HttpWire<'a> {
    fn begin(&mut self) {
        self.is_present = true;
    }

    fn field(&mut self, key: &str, cursor: &mut Cursor<'a>) -> Result<(), Refusal> {
        if key == "status" {
            self.status = scalar::status(cursor)?;
            return Ok(());
        }
        pick!(key, cursor, {
            "requestMethod" => self.request_method,
            "requestUrl" => self.request_url,
            "userAgent" => self.user_agent,
            "latency" => self.latency,
        });
        Ok(())
    }
}

impl<'a> Object<'a> for ResourceWire<'a> {
    fn begin(&mut self) {
        self.is_present = true;
    }

    fn field(&mut self, key: &str, cursor: &mut Cursor<'a>) -> Result<(), Refusal> {
        pick!(key, cursor, { "type" => self.kind }, object { "labels" => self.labels });
        Ok(())
    }
}

impl<'a> Object<'a> for ResourceLabels<'a> {
    fn field(&mut self, key: &str, cursor: &mut Cursor<'a>) -> Result<(), Refusal> {
        pick!(key, cursor, {
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

impl<'a> Object<'a> for LabelsWire<'a> {
    fn field(&mut self, key: &str, cursor: &mut Cursor<'a>) -> Result<(), Refusal> {
        pick!(key, cursor, {
            "instanceId" => self.instance_id,
            "container_name" => self.container_name,
            "run.googleapis.com/execution_name" => self.execution_name,
            "execution_id" => self.execution_id,
        });
        Ok(())
    }
}

impl<'a> Object<'a> for AzureWire<'a> {
    fn begin(&mut self) {
        self.is_present = true;
    }

    fn field(&mut self, key: &str, cursor: &mut Cursor<'a>) -> Result<(), Refusal> {
        pick!(key, cursor, { "stream" => self.stream, "reason" => self.reason, "count" => self.count });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
