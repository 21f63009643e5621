//! One open input, handed out as batches of whole records.
//!
//! In goes an opened input; out come batches of about a megabyte that any worker can parse on its
//! own, each with the line its records begin on. At most one window of the text and one record are
//! held, whatever the size of the input. Lines count on through the members of an archive, so they
//! are those of `tar xOf FILE`.

mod buffer;
mod plain;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::model::report::InputFile;

use super::console::CopiedLines;
use super::cut::{Cutter, Mode, Step};
use super::damage::Damages;
use super::decode::decode;
use super::form::{self, Form};
use super::input::{Bytes, Listed, Opened, Origin};
use super::state::{self, StateDocument};
use super::table::Header;
use super::{Options, sniff};
use buffer::Buffer;

/// Bytes read at a time and, roughly, bytes of a batch: fits the second-level cache of a core.
const BLOCK_BYTES: usize = 1 << 20;
/// Room that an unusually long record took is given back when it is above this.
const ROOM_BYTES_MAX: usize = 8 * BLOCK_BYTES;
/// Bytes needed to tell the form of JSON.
const HEAD_BYTES: usize = 1 << 16;
/// A state document is read whole up to this size; descriptions and lists are far smaller.
const STATE_BYTES_MAX: usize = 16 << 20;

/// Bytes kept of a lost record; its excerpt is shorter.
const EXCERPT_BYTES: usize = 400;

/// Keys that no state document holds.
const LOG_KEYS: &[&[u8]] = &[b"insertId", b"insert_id", b"logName", b"TimeGenerated", b"TimeStamp"];

/// What the records of a batch are.
#[derive(Debug, Default)]
pub(super) enum Content {
    /// One JSON record a line, each ending at one of `line_ends`; `spans` is empty.
    #[default]
    Lines,
    /// JSON records at `spans`; foreign objects are worth a notice when `is_strict`.
    Records { is_strict: bool },
    /// Rows of a table; `spans` is empty.
    Rows(Arc<Header>),
    /// YAML documents at `spans`.
    Documents,
    /// Copied console lines, or errors of a transcript, at `spans`.
    Copied,
}

/// A record in a batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
    pub line: u32,
}

/// Whole records of one file.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub file: u32,
    pub content: Content,
    pub bytes: Buffer,
    pub spans: Vec<Span>,
    /// Ends of the lines, where the records are lines.
    pub line_ends: Vec<usize>,
    pub first_line: u32,
    /// The text ends with this batch.
    pub is_last: bool,
}

impl Batch {
    fn push(&mut self, record: &[u8], line: u32) {
        let start = self.bytes.len();
        self.bytes.push(record);
        self.spans.push(Span { start, end: self.bytes.len(), line });
    }
}

/// How the open member is being cut.
enum Cutting {
    Lines,
    Records(Box<Cutter>, Option<CopiedLines>),
    Documents { is_list: bool },
    Rows(Arc<Header>),
    Transcript,
    Done,
}

/// An open input.
pub(super) struct Source {
    file: u32,
    opened: Opened,
    reader: Bytes,
    window: Buffer,
    at_end: bool,
    line: u32,
    cutting: Cutting,
    record_bytes_max: usize,
    resynced_bytes: usize,
    is_stdin: bool,
    /// The report's row about this input; the workers add the entries.
    pub info: InputFile,
    pub damages: Damages,
    pub states: Vec<StateDocument>,
    pub looks_like: String,
}

impl Source {
    /// Opens an input. A failure to open is told as the text of a damaged source.
    pub(super) fn open(file: u32, listed: Listed, options: &Options) -> Self {
        let Listed { name, origin, bytes } = listed;
        let is_stdin = matches!(origin, Origin::Stdin);
        let mut damages = Damages::default();
        let opened = Opened::open(origin, options.max_decompressed_bytes, &options.progress).or_else(|error| {
            damages.add(file, "unreadable", 1, error.to_string().as_bytes());
            Opened::open(Origin::Memory(Vec::new()), 0, &options.progress)
        });
        let opened = opened.expect("memory can always be opened");
        let info = InputFile {
            path: name,
            format: String::new(),
            encoding: String::new(),
            compression: opened.compression.clone(),
            bytes,
            entries: 0,
            rejected: 0,
        };
        let mut source = Self {
            file,
            opened,
            reader: Box::new(std::io::empty()),
            window: Buffer::default(),
            at_end: true,
            line: 1,
            cutting: Cutting::Done,
            record_bytes_max: options.max_record_bytes.max(1024),
            resynced_bytes: 0,
            is_stdin,
            info,
            damages,
            states: Vec::new(),
            looks_like: String::new(),
        };
        if !source.next_member() {
            if source.info.format.is_empty() {
                "empty".clone_into(&mut source.info.format);
            }
            if source.info.encoding.is_empty() {
                "utf-8".clone_into(&mut source.info.encoding);
            }
            if source.looks_like.is_empty() {
                source.looks_like = sniff::looks_like(&source.opened.stored_head, &[]);
            }
        }
        source
    }

    /// Fills `batch` with the next records; `false` when there are none left.
    pub(super) fn next_batch(&mut self, batch: &mut Batch) -> bool {
        loop {
            batch.file = self.file;
            batch.bytes.clear(ROOM_BYTES_MAX);
            batch.spans.clear();
            batch.line_ends.clear();
            batch.is_last = false;
            let found = match std::mem::replace(&mut self.cutting, Cutting::Done) {
                Cutting::Lines => self.lines(batch),
                Cutting::Records(cutter, copied) => self.records(cutter, copied, batch),
                Cutting::Documents { is_list } => self.documents(is_list, batch),
                Cutting::Rows(header) => self.rows(header, batch),
                Cutting::Transcript => self.transcript(batch),
                Cutting::Done => false,
            };
            if found {
                return true;
            }
            if matches!(self.cutting, Cutting::Done) && !self.next_member() {
                return false;
            }
        }
    }

    /// Index of the input.
    pub(super) fn file_index(&self) -> usize {
        self.file as usize
    }

    /// Notes what is known only at the end.
    pub(super) fn finish(&mut self) {
        if self.is_stdin {
            self.info.bytes = self.opened.taken.load(Ordering::Relaxed);
        }
    }

    fn next_member(&mut self) -> bool {
        loop {
            let Some(member) = self.opened.next_member() else { return false };
            let (reader, encoding) = decode(member);
            self.reader = reader;
            self.window.clear(ROOM_BYTES_MAX);
            self.at_end = false;
            self.read_more(HEAD_BYTES);
            if self.info.encoding.is_empty() {
                encoding.clone_into(&mut self.info.encoding);
            }
            if self.looks_like.is_empty() {
                self.looks_like = sniff::looks_like(&self.opened.stored_head, &self.window);
            }
            if self.take_state() {
                continue;
            }
            let (form, _) = form::detect(&self.window);
            if matches!(form, Form::Prose) {
                // A heading may be long; the first entry of a YAML export need not stand in the first block.
                self.read_more(BLOCK_BYTES);
            }
            let (form, name) = form::detect(&self.window);
            if self.info.format.is_empty() || matches!(self.info.format.as_str(), "empty" | "binary" | "text" | "state")
            {
                name.clone_into(&mut self.info.format);
            }
            self.cutting = self.cutting_of(form);
            if !matches!(self.cutting, Cutting::Done) {
                return true;
            }
        }
    }

    fn cutting_of(&mut self, form: Form) -> Cutting {
        let (record_bytes_max, line) = (self.record_bytes_max, self.line);
        let cutter = |mode| Box::new(Cutter::new(mode, record_bytes_max, line));
        match form {
            Form::Lines => Cutting::Lines,
            Form::Json => Cutting::Records(cutter(Mode::Json), None),
            Form::Prose => {
                let mut copied = CopiedLines::default();
                copied.feed(&self.window);
                Cutting::Records(cutter(Mode::Prose), Some(copied))
            }
            Form::Yaml { is_list } => Cutting::Documents { is_list },
            Form::Table(header) => {
                self.drop_first_line();
                Cutting::Rows(Arc::new(header))
            }
            Form::Transcript => Cutting::Transcript,
            Form::Unreadable => Cutting::Done,
        }
    }

    /// Removes the header of a table and the blank lines before it.
    fn drop_first_line(&mut self) {
        let text = self.window.iter().position(u8::is_ascii_graphic).unwrap_or(0);
        let end = memchr::memchr(b'\n', &self.window[text..]).map_or(self.window.len(), |end| text + end + 1);
        self.line = self.line.saturating_add(lines_of(&self.window[..end]));
        self.window.drop_front(end);
    }

    /// Takes the member as state documents if it holds nothing else.
    fn take_state(&mut self) -> bool {
        if !state::may_be_state(&self.window)
            || LOG_KEYS.iter().any(|key| memchr::memmem::find(&self.window, key).is_some())
        {
            return false;
        }
        while !self.at_end && self.window.len() < STATE_BYTES_MAX {
            self.read_more(BLOCK_BYTES);
        }
        if !self.at_end {
            return false;
        }
        let documents = state::documents(&self.info.path, &self.window);
        let found = !documents.is_empty();
        if found {
            self.states.extend(documents);
            if self.info.format.is_empty() {
                "state".clone_into(&mut self.info.format);
            }
        }
        found
    }

    /// Reads up to `len` more bytes. Damage below ends the text where it occurs.
    fn read_more(&mut self, len: usize) {
        if self.at_end {
            return;
        }
        match self.window.read(&mut self.reader, len) {
            Ok(count) => self.at_end = count < len,
            Err(error) => {
                self.at_end = true;
                let is_cut = error.kind() == std::io::ErrorKind::UnexpectedEof;
                let kind = if is_cut { "cut-compression" } else { "unreadable" };
                self.damages.add(self.file, kind, self.line, error.to_string().as_bytes());
            }
        }
        if self.at_end && self.opened.budget.is_exceeded() {
            self.damages.add(self.file, "decompression-limit", self.line, b"");
        }
    }

    /// The beginning of a lost record, for its excerpt.
    fn head_of(&self, start: usize, end: usize) -> Vec<u8> {
        self.window[start.min(end)..end].iter().copied().take(EXCERPT_BYTES).collect()
    }

    /// Counts a record that is lost.
    fn reject(&mut self, kind: &'static str, line: u32, text: &[u8]) {
        self.damages.add(self.file, kind, line, text);
        self.info.rejected += 1;
    }

    /// Moves the first `len` bytes of the window into the batch without copying them.
    fn take_front(&mut self, batch: &mut Batch, len: usize) {
        std::mem::swap(&mut self.window, &mut batch.bytes);
        self.window.clear(ROOM_BYTES_MAX);
        self.window.push(&batch.bytes[len..]);
        batch.bytes.truncate(len);
        batch.first_line = self.line;
        batch.is_last = self.at_end && self.window.is_empty();
    }

    fn records(&mut self, mut cutter: Box<Cutter>, mut copied: Option<CopiedLines>, batch: &mut Batch) -> bool {
        batch.content = Content::Records { is_strict: cutter.mode() == Mode::Json };
        loop {
            match cutter.step(&self.window, self.at_end) {
                Step::Record { start, end } => {
                    batch.push(&self.window[start..end], cutter.record_line());
                    // From here on the objects are the entries, not the lines around them.
                    copied = None;
                    if batch.bytes.len() >= BLOCK_BYTES {
                        self.cutting = Cutting::Records(cutter, None);
                        return true;
                    }
                }
                Step::Broken { start, end } => {
                    self.reject("invalid-json", cutter.record_line(), &self.head_of(start, end));
                }
                Step::TooLong { start } => {
                    self.reject("record-too-long", cutter.record_line(), &self.head_of(start, self.window.len()));
                }
                Step::CutTail { start } => {
                    self.reject("cut-tail", cutter.record_line(), &self.head_of(start, self.window.len()));
                    self.resynced_bytes += self.window.len() - start;
                    if self.resynced_bytes < STATE_BYTES_MAX * 64 {
                        cutter.resync(&self.window, start);
                    }
                }
                Step::NeedMore => {
                    let keep = cutter.keep_from();
                    cutter.dropped(&self.window, keep);
                    self.window.drop_front(keep);
                    let before = self.window.len();
                    self.read_more(BLOCK_BYTES);
                    if let Some(copied) = &mut copied {
                        copied.feed(&self.window[before..]);
                    }
                }
                Step::End => return self.end_of_records(&mut cutter, copied, batch),
            }
        }
    }

    fn end_of_records(&mut self, cutter: &mut Cutter, copied: Option<CopiedLines>, batch: &mut Batch) -> bool {
        if batch.spans.is_empty()
            && let Some(mut copied) = copied
        {
            copied.finish();
            batch.content = Content::Copied;
            for (line, entry) in &copied.entries {
                batch.push(entry.as_bytes(), line + self.line - 1);
            }
        }
        self.line = cutter.line_of(&self.window, self.window.len());
        self.window.clear(ROOM_BYTES_MAX);
        !batch.spans.is_empty()
    }

    fn count_lines(&mut self, bytes: &[u8]) {
        self.line = self.line.saturating_add(lines_of(bytes));
    }
}

/// Line breaks in a text.
fn lines_of(text: &[u8]) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', text).count()).unwrap_or(u32::MAX)
}
