//! Lines copied out of the Logs Explorer: `SEVERITY TIME text`, with lines of the same entry below.
//!
//! In goes prose in pieces; out come the entries, but only for a text that holds no JSON object:
//! where the copy was made with expanded entries, those objects are the entries.

use serde_json::{Map, Value};

use crate::model::Timestamp;

use super::canonical::Canonical;

/// Bytes of copied lines that are kept; a clipboard is far smaller.
const KEPT_BYTES_MAX: usize = 16 << 20;

const SEVERITIES: &[&str] =
    &["DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"];

/// Collects copied lines while a text streams by.
#[derive(Debug, Default)]
pub(super) struct CopiedLines {
    rest: Vec<u8>,
    line: u32,
    kept_bytes: usize,
    /// First line and text of each entry.
    pub entries: Vec<(u32, String)>,
}

impl CopiedLines {
    /// Takes the next piece of text.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        if self.kept_bytes > KEPT_BYTES_MAX {
            return;
        }
        self.kept_bytes += bytes.len();
        self.rest.extend_from_slice(bytes);
        let whole = memchr::memrchr(b'\n', &self.rest).map_or(0, |index| index + 1);
        let tail = self.rest.split_off(whole);
        let lines = std::mem::replace(&mut self.rest, tail);
        self.take_lines(&lines);
    }

    /// Takes what stands after the last line break.
    pub(super) fn finish(&mut self) {
        let rest = std::mem::take(&mut self.rest);
        self.take_lines(&rest);
    }

    fn take_lines(&mut self, lines: &[u8]) {
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            let text = String::from_utf8_lossy(line);
            if parts(&text).is_some() {
                self.entries.push((self.line + 1, text.trim_end().to_owned()));
            } else if let Some((_, entry)) = self.entries.last_mut()
                && text.starts_with([' ', '\t'])
            {
                entry.push('\n');
                entry.push_str(text.trim_end());
            }
            self.line = self.line.saturating_add(1);
        }
    }
}

/// Severity, time and the rest of a copied line.
fn parts(line: &str) -> Option<(&str, &str, &str)> {
    let (severity, rest) = line.split_once([' ', '\t'])?;
    if !SEVERITIES.contains(&severity) {
        return None;
    }
    let rest = rest.trim_start();
    let (time, text) = rest.split_once([' ', '\t', '\n']).unwrap_or((rest, ""));
    Timestamp::parse(time).map(|_| (severity, time, text))
}

/// One collected entry in the canonical form; an audit summary's bracketed fields become its payload.
/// An error of a transcript has that form already.
pub(super) fn canonical(entry: &str) -> Option<Canonical> {
    if entry.starts_with('{') {
        let object = serde_json::from_str(entry).ok()?;
        return Some(Canonical { object, converted: true });
    }
    let (severity, time, text) = parts(entry)?;
    let mut object = Map::new();
    object.insert("severity".to_owned(), severity.into());
    object.insert("timestamp".to_owned(), time.into());
    object.insert("textPayload".to_owned(), text.trim_end().into());
    let mut audit = Map::new();
    for field in text.split('[').filter_map(|part| part.split_once(']')).map(|(field, _)| field) {
        if let Some((name, value)) = field.strip_prefix("protoPayload.").and_then(|field| field.split_once(": ")) {
            audit.insert(name.to_owned(), value.into());
        }
    }
    if !audit.is_empty() {
        object.insert("protoPayload".to_owned(), Value::Object(audit));
    }
    Some(Canonical { object, converted: true })
}

#[cfg(test)]
mod tests {
    use super::{CopiedLines, canonical};

    #[test]
    fn copied_lines_become_entries_with_their_indented_lines() {
        let mut lines = CopiedLines::default();
        for piece in [
            &b"heading\nERROR 2025-04-27T14:44:53.131657Z [protoPayload.serviceName: run.goo"[..],
            b"gleapis.com] [protoPayload.methodName: /Services.X] y\n",
            b"INFO 2025-04-27T14:44:54Z boom\n  at x\nend",
        ] {
            lines.feed(piece);
        }
        lines.finish();
        assert_eq!(lines.entries.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(lines.entries[1].1, "INFO 2025-04-27T14:44:54Z boom\n  at x");
        let audit = canonical(&lines.entries[0].1).unwrap().object;
        assert_eq!(audit["protoPayload"]["methodName"], "/Services.X");
        assert_eq!(audit["severity"], "ERROR");
        assert!(canonical("INFO yesterday x").is_none());
    }
}
