//! Console and portal CSV: one row per entry, one column per flattened path.
//!
//! In goes the header line and then batches of whole rows; out come rows as nested JSON values.
//! The Cloud console guards cells and headers that a spreadsheet might run with an apostrophe,
//! quotes path parts that hold dots, leaves lists as JSON text and writes absent fields as empty cells.

use serde_json::{Map, Value};

use super::keys::Keys;

/// The columns of a table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub delimiter: u8,
    columns: Vec<Vec<String>>,
}

impl Header {
    /// Reads a header line; `None` when its columns are not those of log entries.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let delimiter =
            *[b',', b';', b'\t'].iter().max_by_key(|delimiter| memchr::memchr_iter(**delimiter, line).count())?;
        if line.contains(&b'{') || !line.contains(&delimiter) {
            return None;
        }
        let mut row = csv::ByteRecord::new();
        reader(line, delimiter).read_byte_record(&mut row).ok()?;
        let columns: Vec<Vec<String>> = row.iter().map(|cell| path(&String::from_utf8_lossy(cell))).collect();
        let keys = Keys::of(columns.iter().filter_map(|path| path.first()).map(String::as_str));
        keys.is_entry().then_some(Self { delimiter, columns })
    }

    /// Calls `each` with every row of a batch and the number of lines before it.
    pub(super) fn rows(&self, batch: &[u8], mut each: impl FnMut(u32, Value)) {
        let mut reader = reader(batch, self.delimiter);
        let mut row = csv::ByteRecord::new();
        while reader.read_byte_record(&mut row).unwrap_or(false) {
            let line = row.position().map_or(0, |position| u32::try_from(position.line() - 1).unwrap_or(u32::MAX));
            each(line, self.unflatten(&row));
        }
    }

    fn unflatten(&self, row: &csv::ByteRecord) -> Value {
        let mut object = Map::new();
        for (path, cell) in self.columns.iter().zip(row.iter()) {
            let cell = String::from_utf8_lossy(cell);
            let cell = cell.strip_prefix('\'').unwrap_or(&cell);
            if !cell.is_empty() && !path.is_empty() {
                insert(&mut object, path, value(cell));
            }
        }
        Value::Object(object)
    }
}

fn reader(bytes: &[u8], delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(bytes)
}

/// The parts of a column name: `labels."run.googleapis.com/x"` is two.
fn path(name: &str) -> Vec<String> {
    let name = name.trim_start_matches('\u{feff}').trim();
    let name = name.strip_prefix('\'').unwrap_or(name);
    // Log Analytics adds the time zone to the name of a time column.
    let name = name.split_once(" [").map_or(name, |(name, _)| name);
    let (mut parts, mut part, mut is_quoted) = (Vec::new(), String::new(), false);
    for character in name.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            '.' if !is_quoted => parts.push(std::mem::take(&mut part)),
            _ => part.push(character),
        }
    }
    parts.push(part);
    parts.retain(|part| !part.is_empty());
    parts
}

/// A cell that holds a list or an object as JSON becomes that; every other cell is text.
fn value(cell: &str) -> Value {
    if cell.starts_with(['[', '{'])
        && let Ok(value) = serde_json::from_str::<Value>(cell)
    {
        return value;
    }
    Value::String(cell.to_owned())
}

fn insert(object: &mut Map<String, Value>, path: &[String], value: Value) {
    let [first, rest @ ..] = path else { return };
    if rest.is_empty() {
        object.insert(first.clone(), value);
        return;
    }
    let child = object.entry(first.clone()).or_insert_with(|| Value::Object(Map::new()));
    if !child.is_object() {
        *child = Value::Object(Map::new());
    }
    if let Value::Object(child) = child {
        insert(child, rest, value);
    }
}

/// Length of the whole rows at the start of `bytes`, given that it begins outside quotes.
pub(super) fn whole_rows(bytes: &[u8]) -> usize {
    let (mut whole, mut is_quoted) = (0, false);
    for index in memchr::memchr2_iter(b'"', b'\n', bytes) {
        if bytes[index] == b'"' {
            is_quoted = !is_quoted;
        } else if !is_quoted {
            whole = index + 1;
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Header, whole_rows};

    #[test]
    fn guarded_cells_and_quoted_headers_are_unflattened() {
        let header = Header::parse(
            b"insertId,timestamp,\"'labels.\"\"run.googleapis.com/x\"\"\",resource.labels.service_name,list",
        )
        .unwrap();
        let mut rows = Vec::new();
        let text = b"'-abc,'2025-09-30T11:31:01Z,v,'web,\"'[{\"\"percent\"\":100}]\"\n\"b\nc\",t,,,\n";
        header.rows(text, |line, row| rows.push((line, row)));
        assert_eq!(
            rows,
            [
                (
                    0,
                    json!({"insertId": "-abc", "timestamp": "2025-09-30T11:31:01Z", "labels": {"run.googleapis.com/x": "v"},
                    "resource": {"labels": {"service_name": "web"}}, "list": [{"percent": 100}]})
                ),
                (1, json!({"insertId": "b\nc", "timestamp": "t"})),
            ]
        );
        assert_eq!(whole_rows(text), text.len());
        assert_eq!(whole_rows(&text[..text.len() - 8]), text.len() - 11);
    }

    #[test]
    fn other_tables_are_refused_and_portal_headers_accepted() {
        assert_eq!(Header::parse(b"name,age"), None);
        assert_eq!(Header::parse(b"{\"insertId\":1,\"timestamp\":2}"), None);
        assert!(Header::parse("\u{feff}TimeGenerated [UTC];Log_s;Reason_s".as_bytes()).is_some());
    }
}
