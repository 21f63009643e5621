//! Batches of the forms whose records end at line breaks: NDJSON, tables, YAML documents and transcripts.
//!
//! In goes the window of a source; out come batches cut at the last whole record, moved rather than
//! copied. This is the path of large exports, so it touches each byte once.

use std::sync::Arc;

use memchr::{memchr, memchr_iter, memmem, memrchr};

use super::super::cut::{Cutter, Mode};
use super::super::table::{Header, whole_rows};
use super::super::transcript::Transcript;
use super::{BLOCK_BYTES, Batch, Content, Cutting, Source, Span, lines_of};

impl Source {
    /// The next whole lines.
    pub(super) fn lines(&mut self, batch: &mut Batch) -> bool {
        loop {
            if self.window.len() < BLOCK_BYTES {
                self.read_more(BLOCK_BYTES - self.window.len());
            }
            if self.window.is_empty() {
                return false;
            }
            let whole =
                if self.at_end { Some(self.window.len()) } else { memrchr(b'\n', &self.window).map(|end| end + 1) };
            let Some(whole) = whole else {
                if self.window.len() > self.record_bytes_max {
                    self.skip_line();
                } else {
                    self.read_more(BLOCK_BYTES);
                }
                continue;
            };
            let (lines, pretty) = survey(&self.window[..whole], &mut batch.line_ends);
            if pretty == Some(0) {
                // Objects of several lines begin here: another file was appended.
                self.cutting =
                    Cutting::Records(Box::new(Cutter::new(Mode::Json, self.record_bytes_max, self.line)), None);
                return false;
            }
            self.take_front(batch, pretty.unwrap_or(whole));
            batch.content = Content::Lines;
            self.line = self.line.saturating_add(lines);
            self.cutting = Cutting::Lines;
            return true;
        }
    }

    /// Drops the line that has outgrown the limit.
    fn skip_line(&mut self) {
        let head = self.head_of(0, self.window.len());
        self.reject("record-too-long", self.line, &head);
        loop {
            if let Some(end) = memchr(b'\n', &self.window) {
                self.window.drop_front(end + 1);
                self.line = self.line.saturating_add(1);
                return;
            }
            self.window.clear(0);
            if self.at_end {
                return;
            }
            self.read_more(BLOCK_BYTES);
        }
    }

    /// The next whole rows of a table.
    pub(super) fn rows(&mut self, header: Arc<Header>, batch: &mut Batch) -> bool {
        let whole = loop {
            self.read_more(BLOCK_BYTES);
            if self.window.is_empty() {
                return false;
            }
            let whole = if self.at_end { self.window.len() } else { whole_rows(&self.window) };
            if whole > 0 {
                break whole;
            }
            if self.window.len() > self.record_bytes_max {
                // A quote that never closes: the row it opened is lost, the next line is a row again.
                self.skip_line();
            }
        };
        self.take_front(batch, whole);
        self.count_lines(&batch.bytes);
        batch.content = Content::Rows(Arc::clone(&header));
        self.cutting = Cutting::Rows(header);
        true
    }

    /// The errors of a whole transcript, as one batch.
    pub(super) fn transcript(&mut self, batch: &mut Batch) -> bool {
        let mut transcript = Transcript::default();
        loop {
            self.read_more(BLOCK_BYTES);
            let whole =
                if self.at_end { self.window.len() } else { memrchr(b'\n', &self.window).map_or(0, |end| end + 1) };
            if whole == 0 && self.window.len() > self.record_bytes_max {
                self.skip_line();
                continue;
            }
            transcript.feed(&self.window[..whole], self.line);
            self.line = self.line.saturating_add(lines_of(&self.window[..whole]));
            self.window.drop_front(whole);
            if self.at_end {
                break;
            }
        }
        transcript.finish();
        batch.content = Content::Copied;
        for (line, entry) in &transcript.entries {
            batch.push(entry.as_bytes(), *line);
        }
        !batch.spans.is_empty()
    }

    /// The next whole YAML documents.
    pub(super) fn documents(&mut self, is_list: bool, batch: &mut Batch) -> bool {
        let mut searched = 0;
        let whole = loop {
            self.read_more(BLOCK_BYTES);
            if self.window.is_empty() {
                return false;
            }
            if self.at_end {
                break self.window.len();
            }
            let last = boundaries(&self.window, searched, is_list).last();
            if let Some(last) = last {
                break last;
            }
            searched = self.window.len().saturating_sub(8);
            if self.window.len() > self.record_bytes_max {
                let head = self.head_of(0, self.window.len());
                self.reject("record-too-long", self.line, &head);
                self.line = self.line.saturating_add(lines_of(&self.window));
                self.window.clear(0);
                searched = 0;
            }
        };
        self.take_front(batch, whole);
        let mut start = 0;
        for end in boundaries(&batch.bytes, 0, is_list).chain(std::iter::once(whole)) {
            let line = self.line;
            batch.spans.push(Span { start, end, line });
            self.count_lines(&batch.bytes[start..end]);
            start = end;
        }
        batch.content = Content::Documents;
        self.cutting = Cutting::Documents { is_list };
        true
    }
}

/// Where YAML documents (or list items) begin, after the first: at a line of `---` (or `- `).
fn boundaries(text: &[u8], from: usize, is_list: bool) -> impl Iterator<Item = usize> {
    let mark: &[u8] = if is_list { b"\n- " } else { b"\n---" };
    memmem::find_iter(&text[from..], mark).map(move |offset| from + offset + 1).filter(move |start| {
        let after = text.get(start + mark.len() - 1);
        is_list || after.is_none_or(u8::is_ascii_whitespace)
    })
}

/// Finds the ends of lines, up to the first that begins an object of several lines: how many line breaks there are,
/// and where that line begins.
fn survey(text: &[u8], ends: &mut Vec<usize>) -> (u32, Option<usize>) {
    let (mut lines, mut start) = (0u32, 0);
    ends.clear();
    for end in memchr_iter(b'\n', text).chain(std::iter::once(text.len())) {
        if !text[start..].starts_with(b"{\"") && begins_pretty(&text[start..end]) {
            return (lines, Some(start));
        }
        if end < text.len() {
            lines = lines.saturating_add(1);
        }
        ends.push(end);
        start = (end + 1).min(text.len());
    }
    (lines, None)
}

/// A line that is nothing but an opening bracket, or opens an array.
fn begins_pretty(line: &[u8]) -> bool {
    matches!(line.trim_ascii(), b"{" | b"[" | b"[{")
}
