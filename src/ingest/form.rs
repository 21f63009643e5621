//! Tells the form of a text from its beginning. Names of files are never asked.
//!
//! In goes the decoded head of one file; out comes how to cut it into records.

use super::cut::{Kind, classify, string_end};
use super::table::Header;
use super::transcript;

/// How a text is cut into records.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// One JSON object a line.
    Lines,
    /// JSON of any other layout.
    Json,
    /// YAML documents; `is_list` when the entries are items of one list.
    Yaml { is_list: bool },
    /// A CSV table of entries.
    Table(Header),
    /// Lines of a deployment pipeline.
    Transcript,
    /// Prose that may hold JSON objects or copied console lines.
    Prose,
    /// Nothing that can be read.
    Unreadable,
}

/// The form and its name in the report.
pub(super) fn detect(head: &[u8]) -> (Form, &'static str) {
    let start = head.iter().position(|byte| !is_blank(*byte)).unwrap_or(head.len());
    let text = &head[start..];
    match text.first() {
        None => (Form::Unreadable, "empty"),
        Some(b'[') if matches!(first_after(text), None | Some(b'{' | b']' | b'[' | b'"')) => (Form::Json, "json-array"),
        Some(b'{') if matches!(first_after(text), None | Some(b'"' | b'}')) => objects(text),
        Some(_) => other(text),
    }
}

fn is_blank(byte: u8) -> bool {
    // NUL and the bytes of a byte-order mark count as blank: they are seen before and between files joined by `cat`.
    byte.is_ascii_whitespace() || matches!(byte, 0 | 0xef | 0xbb | 0xbf)
}

fn first_after(text: &[u8]) -> Option<u8> {
    text[1..].iter().copied().find(|byte| !is_blank(*byte))
}

/// One object a line, objects of several lines, or a wrapper.
fn objects(text: &[u8]) -> (Form, &'static str) {
    let (line, next) = match memchr::memchr(b'\n', text) {
        Some(end) => (text[..end].trim_ascii_end(), text[end..].trim_ascii_start()),
        None => (text.trim_ascii_end(), &[][..]),
    };
    let is_closed = object_end(line) == Some(line.len()) || object_end(line).is_some_and(|end| &line[end..] == b",");
    let goes_on = next.is_empty() || next.starts_with(b"{\"");
    let kind = classify(text).0;
    match kind {
        Kind::Entry | Kind::Plain(_) if is_closed && goes_on => (Form::Lines, "ndjson"),
        // A first line that is cut, as the head of a rotated file is, with whole lines after it.
        _ if !is_closed && next.starts_with(b"{\"") => (Form::Lines, "ndjson"),
        Kind::Entry | Kind::Incomplete { looks_like_entry: true } => (Form::Json, "json-objects"),
        Kind::Broken => other(text),
        _ => (Form::Json, "json-wrapped"),
    }
}

/// Index after the object at the start of `text`.
fn object_end(text: &[u8]) -> Option<usize> {
    let (mut depth, mut index) = (0usize, 0);
    while let Some(byte) = text.get(index) {
        match byte {
            b'"' => {
                index = string_end(text, index + 1);
                continue;
            }
            b'{' => depth += 1,
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(index + 1);
                }
            }
            _ => {}
        }
        index += 1;
    }
    None
}

fn other(text: &[u8]) -> (Form, &'static str) {
    let first_line = text.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    if std::str::from_utf8(first_line).is_ok_and(|line| transcript::parts(line).is_some()) {
        return (Form::Transcript, "transcript");
    }
    if let Some(header) = Header::parse(first_line) {
        return (Form::Table(header), "csv");
    }
    let starts_line = |key: &[u8]| text.starts_with(&key[1..]) || memchr::memmem::find(text, key).is_some();
    if starts_line(b"\ninsertId: ") || starts_line(b"\ninsert_id: ") || starts_line(b"\nlogName: ") {
        return (Form::Yaml { is_list: false }, "yaml");
    }
    if text.starts_with(b"- ") && (starts_line(b"\n- insertId: ") || starts_line(b"\n  insertId: ")) {
        return (Form::Yaml { is_list: true }, "yaml");
    }
    if text.iter().take(512).filter(|byte| **byte < 9).count() > 8 {
        return (Form::Unreadable, "binary");
    }
    (Form::Prose, "text")
}

#[cfg(test)]
mod tests {
    use super::detect;

    #[test]
    fn forms_are_told_by_content() {
        for (head, name) in [
            ("[\n  {\n", "json-array"),
            ("[]", "json-array"),
            ("{\"insertId\":\"a\",\"timestamp\":\"t\"}\n{\"insertId\":\"b\"", "ndjson"),
            ("{\"insertId\":\"a\",\"timestamp\":\"t\"}", "ndjson"),
            ("{\"insertId\":\"a\",\"textPay\n{\"insertId\":\"b\"", "ndjson"),
            ("{\n \"insertId\": \"a\",\n \"logName\": \"l\"\n}\n{", "json-objects"),
            ("{\"entries\":[{\"insertId\":\"a\",\"timestamp\":\"t\"}]}", "json-wrapped"),
            ("insertId,timestamp,severity\na,b,c", "csv"),
            ("---\ninsertId: a\n", "yaml"),
            ("PS> gcloud logging read\n---\nerrorGroups:\n- id: x\ninsertId: a\n", "yaml"),
            ("- errorGroups: []\n  insertId: a\n", "yaml"),
            ("# Errors\n\n{\n", "text"),
            ("[2025-12-11 01:28:12] WARNING x", "text"),
            ("deploy\tRun az\t2026-03-02T10:00:01.1234567Z Requested labels: ubuntu", "transcript"),
            ("  \n", "empty"),
        ] {
            assert_eq!(detect(head.as_bytes()).1, name, "{head}");
        }
    }
}
