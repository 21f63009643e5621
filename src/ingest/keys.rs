//! Which objects are log entries, told by their keys alone.
//!
//! In go the keys of one JSON object; out comes whether it is an entry of any known exporter.
//! The cutter asks while the text is still streaming, the converters ask about parsed values.

/// A set of recognised keys of one object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Keys(u32);

/// Recognised keys; the position is the bit.
const NAMES: &[&str] = &[
    "insertId",
    "insert_id",
    "logName",
    "log_name",
    "resource",
    "timestamp",
    "TimeStamp",
    "Msg",
    "Log",
    "TimeGenerated",
    "Log_s",
    "message",
    "service",
    "cloud_run_service",
    // Not needed to tell an entry, but only entries have them: a huge first value does not hide the rest.
    "textPayload",
    "text_payload",
    "jsonPayload",
    "json_payload",
    "protoPayload",
    "httpRequest",
    "http_request",
    "receiveTimestamp",
    "errorGroups",
    "raw_payload_type",
    "StatusCode",
    "StatusCode_d",
    "ContainerAppName",
    "ContainerAppName_s",
];

/// First of the names that only entries have.
const TELLING_FROM: usize = 14;
/// First of the names that only narrow an Azure row down.
const TELLING_TO: usize = 24;

impl Keys {
    /// Adds one key.
    pub(super) fn add(&mut self, key: &[u8]) {
        if let Some(bit) = NAMES.iter().position(|name| name.as_bytes() == key) {
            self.0 |= 1 << bit;
        }
    }

    /// The recognised keys among `keys`.
    pub(super) fn of<'k>(keys: impl IntoIterator<Item = &'k str>) -> Self {
        let mut found = Self::default();
        for key in keys {
            found.add(key.as_bytes());
        }
        found
    }

    fn has(self, name: &str) -> bool {
        NAMES.iter().position(|known| *known == name).is_some_and(|bit| self.0 & (1 << bit) != 0)
    }

    /// An entry of the API or of gcloud.
    pub(super) fn is_google(self) -> bool {
        let placed = self.has("resource") || self.has("timestamp");
        (self.has("insertId") && (placed || self.has("logName")))
            || (self.has("insert_id") && (self.has("log_name") || self.has("timestamp")))
            || (self.has("logName") && placed)
    }

    /// A row of `az containerapp logs show` or of a Log Analytics table.
    pub(super) fn is_azure(self) -> bool {
        (self.has("TimeStamp") && (self.has("Msg") || self.has("Log")))
            || (self.has("TimeGenerated") && (self.has("Log_s") || self.has("Log")))
            || self.is_azure_http()
    }

    /// A row of the ingress table `ContainerAppHTTPLogs`.
    pub(super) fn is_azure_http(self) -> bool {
        let named = self.has("ContainerAppName") || self.has("ContainerAppName_s");
        self.has("TimeGenerated") && named && (self.has("StatusCode") || self.has("StatusCode_d"))
    }

    /// A home-made list row: time, message and the service it came from.
    pub(super) fn is_slim(self) -> bool {
        self.has("timestamp") && self.has("message") && (self.has("cloud_run_service") || self.has("service"))
    }

    /// Any of the above.
    pub(super) fn is_entry(self) -> bool {
        self.is_google() || self.is_azure() || self.is_slim()
    }

    /// Whether an unfinished object already looks like an entry.
    pub(super) fn tells_entry(self) -> bool {
        let telling = (1u32 << TELLING_TO) - (1u32 << TELLING_FROM);
        self.0 & (telling | 0b1111) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::Keys;

    #[test]
    fn entries_of_every_exporter_are_told_from_other_objects() {
        for keys in [
            &["insertId", "logName"][..],
            &["insertId", "timestamp"],
            &["logName", "resource"],
            &["insert_id", "timestamp"],
            &["TimeStamp", "Msg"],
            &["TimeGenerated", "Log_s"],
            &["timestamp", "message", "cloud_run_service"],
            &["TimeGenerated", "StatusCode", "ContainerAppName"],
        ] {
            assert!(Keys::of(keys.iter().copied()).is_entry(), "{keys:?}");
        }
        for keys in [&["insertId"][..], &["timestamp", "message"], &["TimeGenerated", "Count"], &["kind", "spec"]] {
            assert!(!Keys::of(keys.iter().copied()).is_entry(), "{keys:?}");
        }
        assert!(Keys::of(["textPayload"]).tells_entry());
        assert!(!Keys::of(["StatusCode"]).tells_entry());
    }
}
