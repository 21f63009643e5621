//! What records of one text have in common, so that it is compared and not read again.
//!
//! A log names few revisions, logs and labels, each with the same bytes again and again, and its records have their keys
//! in one order. Comparing bytes that are expected is several times cheaper than reading them. What is not met again is
//! read as if nothing were known, and remembered.

use std::borrow::Cow;

use super::cursor::{Cursor, Refusal};
use super::{LabelsWire, Object, ResourceWire, Text, fill, scalar};
use crate::ingest::stream::stream_of;
use crate::model::Stream;
use crate::model::time::Clock;

/// Values remembered of one kind; a service seldom has more live revisions.
const VALUES_MAX: usize = 8;

/// What was met in one text.
#[derive(Debug, Default)]
pub(in crate::ingest) struct Met<'a> {
    pub(super) order: KeyOrder<'a>,
    pub(super) resources: Values<'a, ResourceWire<'a>>,
    pub(super) labels: Labels<'a>,
    pub(super) logs: Values<'a, (&'a str, Stream)>,
    pub(in crate::ingest) clock: Clock,
}

/// Values with the bytes that they were written in.
#[derive(Debug)]
pub(super) struct Values<'a, T> {
    known: Vec<(&'a str, T)>,
    /// Where the last one that was met begins to differ from the one before: most of them differ there.
    differs_at: usize,
}

impl<T> Default for Values<'_, T> {
    fn default() -> Self {
        Self { known: Vec::new(), differs_at: 0 }
    }
}

impl<'a, T> Values<'a, T> {
    /// The value at the cursor, if it was met; the cursor is behind it then.
    #[inline]
    pub(super) fn take(&self, cursor: &mut Cursor<'a>) -> Option<&T> {
        let start = cursor.rest();
        let differing = |text: &str| text.as_bytes().get(self.differs_at).copied();
        let here = differing(start);
        let known = self.known.iter().find(|(text, _)| differing(text) == here && cursor.take_text(text));
        known.map(|(_, value)| value)
    }

    /// Remembers a value. Its text must end where the value ends, whatever follows: a number's does not.
    pub(super) fn learn(&mut self, text: &'a str, value: T) {
        if let Some((other, _)) = self.known.first() {
            self.differs_at = text.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
        }
        self.known.truncate(VALUES_MAX - 1);
        self.known.insert(0, (text, value));
    }
}

impl<'a> Values<'a, ResourceWire<'a>> {
    /// Reads a resource.
    pub(super) fn read(&mut self, cursor: &mut Cursor<'a>) -> Result<ResourceWire<'a>, Refusal> {
        if let Some(resource) = self.take(cursor) {
            return Ok(resource.clone());
        }
        let start = cursor.place();
        let mut resource = ResourceWire::default();
        fill(&mut resource, cursor)?;
        let text = cursor.since(start);
        if text.starts_with('{') {
            self.learn(text, resource.clone());
        }
        Ok(resource)
    }
}

impl<'a> Values<'a, (&'a str, Stream)> {
    /// Reads the name of a log, and which log it names where that is known.
    pub(super) fn read(&mut self, cursor: &mut Cursor<'a>) -> Result<(Option<Text<'a>>, Option<Stream>), Refusal> {
        if let Some((name, stream)) = self.take(cursor) {
            return Ok((Some(Text(Cow::Borrowed(name))), Some(*stream)));
        }
        let start = cursor.place();
        let read = scalar::text(cursor)?;
        let text = cursor.since(start);
        match &read {
            Some(Text(Cow::Borrowed(name))) if text.starts_with('"') => {
                let stream = stream_of(name);
                self.learn(text, (name, stream));
                Ok((read, Some(stream)))
            }
            _ => Ok((read, None)),
        }
    }
}

/// Labels of entries: all but the instance's name is the same for all entries of a revision.
#[derive(Debug, Default)]
pub(super) struct Labels<'a> {
    /// What stands before the name of the instance, from the opening bracket on.
    before: &'a str,
    /// What stands behind it, up to the closing bracket, with the other labels.
    after: Values<'a, LabelsWire<'a>>,
}

impl<'a> Labels<'a> {
    /// Reads labels.
    pub(super) fn read(&mut self, cursor: &mut Cursor<'a>) -> Result<LabelsWire<'a>, Refusal> {
        cursor.peek();
        let start = cursor.place();
        if !self.before.is_empty() && cursor.take_text(self.before) {
            if let Ok(instance) = cursor.string()
                && let Some(labels) = self.after.take(cursor)
            {
                return Ok(LabelsWire { instance_id: Some(Text(instance)), ..labels.clone() });
            }
            cursor.go_to(start);
        }
        let mut labels = LabelsWire::default();
        let mut instance = None;
        if cursor.peek() != Some(b'{') {
            cursor.skip()?;
            return Ok(labels);
        }
        cursor.object(|key, cursor| {
            cursor.peek();
            let from = cursor.place();
            labels.field(key, cursor)?;
            if key == "instanceId" {
                instance = Some((from, cursor.place()));
            }
            Ok(())
        })?;
        let end = cursor.place();
        if let Some((from, to)) = instance
            && cursor.between(from, to).starts_with('"')
        {
            let before = cursor.between(start, from);
            if before != self.before {
                *self = Self { before, after: Values::default() };
            }
            self.after.learn(cursor.between(to, end), LabelsWire { instance_id: None, ..labels.clone() });
        }
        Ok(labels)
    }
}

/// The keys of a record that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    InsertId,
    LogName,
    Timestamp,
    ReceiveTimestamp,
    Severity,
    Trace,
    TextPayload,
    JsonPayload,
    ProtoPayload,
    HttpRequest,
    Resource,
    Labels,
    Azure,
    Other,
}

/// Number of [`Key`]s.
const KEYS: usize = Key::Other as usize + 1;

impl Key {
    fn of(name: &str) -> Self {
        match name {
            "insertId" => Self::InsertId,
            "logName" => Self::LogName,
            "timestamp" => Self::Timestamp,
            "receiveTimestamp" => Self::ReceiveTimestamp,
            "severity" => Self::Severity,
            "trace" => Self::Trace,
            "textPayload" => Self::TextPayload,
            "jsonPayload" => Self::JsonPayload,
            "protoPayload" => Self::ProtoPayload,
            "httpRequest" => Self::HttpRequest,
            "resource" => Self::Resource,
            "labels" => Self::Labels,
            "whydown.azure" => Self::Azure,
            _ => Self::Other,
        }
    }
}

/// Which key followed each key last, as it was written with its colon.
#[derive(Debug, Default)]
pub(super) struct KeyOrder<'a> {
    after: [Option<(&'a str, Key)>; KEYS],
}

impl<'a> KeyOrder<'a> {
    /// Reads the key that follows `before`, and its colon. The first key follows [`Key::Other`].
    #[inline]
    pub(super) fn read(&mut self, before: Key, cursor: &mut Cursor<'a>) -> Result<Key, Refusal> {
        let expected = &mut self.after[before as usize];
        if let Some((text, key)) = expected
            && cursor.take_text(text)
        {
            return Ok(*key);
        }
        cursor.peek();
        let start = cursor.place();
        let key = Key::of(&cursor.string()?);
        cursor.take(b':')?;
        *expected = Some((cursor.since(start), key));
        Ok(key)
    }
}
