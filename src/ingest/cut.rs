//! Cuts JSON text of any layout into the objects that are records, while it streams.
//!
//! In go growing windows of bytes; out come the byte ranges of records: elements of an array,
//! concatenated or pretty-printed objects, the entries inside wrappers (`{"entries":[…]}`,
//! `{"logs_by_severity":{"ERROR":[…]}}`, …) and, in text mode, objects that stand in prose.
//! A wrapper is entered instead of cut, so that nothing larger than one record is ever held.
//!
//! Damage must not swallow what follows it. An object is given up as soon as its text cannot be
//! JSON any more (an object where a key must stand, a bracket that closes the wrong thing, a
//! string that runs over a line break into the next key) and cutting resumes right there.

mod classify;
mod text;

use memchr::{memchr, memchr_iter, memchr3};

pub(super) use classify::classify;
pub(super) use text::string_end;

use super::keys::Keys;
use text::{STRUCTURAL, follows_colon, loose_string_end, starts_new_key};

/// How far to look into an object to tell an entry from a wrapper.
const LOOK_AHEAD_MAX: usize = 1 << 20;
/// Bytes of looking ahead granted per byte read; more means the text is built to be slow.
const LOOK_AHEAD_PER_BYTE: usize = 8;
/// Bytes of looking ahead granted to start with.
const LOOK_AHEAD_FREE: usize = 16 << 20;

/// What stands between the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// JSON: strings are honoured.
    Json,
    /// Prose: only a brace that opens an object counts.
    Prose,
}

/// What the next step found. Ranges are indexes into the window given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A whole record.
    Record { start: usize, end: usize },
    /// A record whose text breaks off; cutting resumes after `end`.
    Broken { start: usize, end: usize },
    /// A record longer than allowed; it was skipped.
    TooLong { start: usize },
    /// The window must grow.
    NeedMore,
    /// The record at `start` is not closed when the text ends.
    CutTail { start: usize },
    /// Nothing is left.
    End,
}

/// What an object turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A log entry.
    Entry,
    /// Holds other objects; ends at the given index when its end is known.
    Wrapper,
    /// Closed, holds no object, is no entry; ends at the given index.
    Plain(usize),
    /// Not JSON.
    Broken,
    /// The window ends first.
    Incomplete { looks_like_entry: bool },
}

/// The cutter's place in the text.
#[derive(Debug)]
pub(super) struct Cutter {
    mode: Mode,
    record_bytes_max: usize,
    /// Next byte to look at.
    pos: usize,
    /// Where the open record starts.
    open: Option<usize>,
    /// The open record has outgrown the limit and is only skipped.
    skipping: bool,
    in_string: bool,
    brackets: Vec<u8>,
    /// Containers entered between the root and the next record.
    depth: usize,
    /// Depth at which entries stand, once known.
    entry_depth: Option<usize>,
    read: usize,
    looked_ahead: usize,
    line: u32,
    line_pos: usize,
    open_line: u32,
}

impl Cutter {
    pub(super) fn new(mode: Mode, record_bytes_max: usize, line: u32) -> Self {
        Self {
            mode,
            record_bytes_max,
            pos: 0,
            open: None,
            skipping: false,
            in_string: false,
            brackets: Vec::new(),
            depth: 0,
            entry_depth: None,
            read: 0,
            looked_ahead: 0,
            line,
            line_pos: 0,
            open_line: line,
        }
    }

    /// Line on which the record that the last step spoke of begins.
    pub(super) fn record_line(&self) -> u32 {
        self.open_line
    }

    /// What stands between the records.
    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    /// After a record that never closed: goes on at the next object after `start` that follows a comma
    /// or a line break, in case a lost quote swallowed good records.
    pub(super) fn resync(&mut self, window: &[u8], start: usize) {
        self.open = None;
        self.pos = window.len();
        for offset in memchr::memmem::find_iter(&window[start + 1..], b"{\"") {
            let brace = start + 1 + offset;
            let before = window[..brace].iter().rev().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r'));
            if matches!(before, Some(b',' | b'\n')) {
                self.pos = brace;
                return;
            }
        }
    }

    /// Index of the first byte that is still needed.
    pub(super) fn keep_from(&self) -> usize {
        if self.skipping { self.pos } else { self.open.unwrap_or(self.pos) }
    }

    /// Tells that the first `count` bytes of the window are gone.
    pub(super) fn dropped(&mut self, window: &[u8], count: usize) {
        self.line_of(window, count);
        self.pos -= count;
        self.line_pos -= count;
        self.open = self.open.map(|start| start.saturating_sub(count));
        self.read += count;
    }

    /// Line of a byte, from 1. Indexes must not fall between calls.
    pub(super) fn line_of(&mut self, window: &[u8], index: usize) -> u32 {
        if index > self.line_pos {
            let lines = memchr_iter(b'\n', &window[self.line_pos..index]).count();
            self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
            self.line_pos = index;
        }
        self.line
    }

    /// Finds the next record. `at_end` tells that the window will not grow.
    pub(super) fn step(&mut self, window: &[u8], at_end: bool) -> Step {
        loop {
            if self.open.is_some() {
                return self.inside(window, at_end);
            }
            let found = match self.mode {
                Mode::Json => self.between_json(window, at_end),
                Mode::Prose => self.between_prose(window, at_end),
            };
            if let Some(step) = found {
                return step;
            }
        }
    }

    /// Moves to the next object in JSON; `None` when a record was opened.
    fn between_json(&mut self, window: &[u8], at_end: bool) -> Option<Step> {
        while let Some(byte) = window.get(self.pos) {
            match byte {
                b'"' => {
                    let Some(length) = loose_string_end(&window[self.pos + 1..]) else {
                        if at_end || window.len() - self.pos > LOOK_AHEAD_MAX {
                            self.pos = window.len();
                            continue;
                        }
                        return Some(Step::NeedMore);
                    };
                    self.pos += 1 + length;
                    continue;
                }
                b'[' => self.depth += 1,
                b']' | b'}' => self.close(),
                b'{' => match self.candidate(window, at_end) {
                    Some(step) => return step,
                    None => continue,
                },
                _ => {}
            }
            self.pos += 1;
        }
        Some(if at_end { Step::End } else { Step::NeedMore })
    }

    /// Moves to the next object in prose; `None` when a record was opened.
    fn between_prose(&mut self, window: &[u8], at_end: bool) -> Option<Step> {
        while let Some(offset) = memchr(b'{', &window[self.pos..]) {
            self.pos += offset;
            match window[self.pos + 1..].iter().position(|byte| !byte.is_ascii_whitespace()) {
                None if !at_end => return Some(Step::NeedMore),
                Some(blank) if window[self.pos + 1 + blank] == b'"' => {
                    if let Some(step) = self.candidate(window, at_end) {
                        return step;
                    }
                }
                _ => self.pos += 1,
            }
        }
        self.pos = window.len();
        Some(if at_end { Step::End } else { Step::NeedMore })
    }

    /// Decides what the object at `pos` is. `Some(None)` = a record was opened, `None` = go on from `pos`.
    #[allow(clippy::option_option, reason = "three outcomes, named above, used twice right here")]
    fn candidate(&mut self, window: &[u8], at_end: bool) -> Option<Option<Step>> {
        if self.mode == Mode::Json && self.entry_depth == Some(self.depth) {
            self.begin(window);
            return Some(None);
        }
        if self.looked_ahead > LOOK_AHEAD_FREE + LOOK_AHEAD_PER_BYTE * (self.read + self.pos) {
            self.give_up_looking(window);
            return None;
        }
        let ahead = &window[self.pos..];
        let (kind, looked) = classify(&ahead[..ahead.len().min(LOOK_AHEAD_MAX)]);
        self.looked_ahead += looked;
        match kind {
            Kind::Plain(end) => {
                self.pos += end;
                return None;
            }
            Kind::Incomplete { .. } if !at_end && ahead.len() < LOOK_AHEAD_MAX => return Some(Some(Step::NeedMore)),
            Kind::Entry | Kind::Incomplete { looks_like_entry: true } => self.begin(window),
            Kind::Wrapper | Kind::Incomplete { .. } => {
                self.depth += 1;
                self.pos += 1;
                return None;
            }
            Kind::Broken => {
                self.pos += 1;
                return None;
            }
        }
        Some(None)
    }

    /// Steps over a brace without asking what it opens. In prose the whole line goes.
    fn give_up_looking(&mut self, window: &[u8]) {
        self.depth += 1;
        self.pos = match self.mode {
            Mode::Json => self.pos + 1,
            Mode::Prose => memchr(b'\n', &window[self.pos..]).map_or(window.len(), |offset| self.pos + offset + 1),
        };
    }

    fn begin(&mut self, window: &[u8]) {
        self.open_line = self.line_of(window, self.pos);
        self.entry_depth = Some(self.depth);
        self.open = Some(self.pos);
        self.skipping = false;
        self.in_string = false;
        self.brackets.clear();
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.entry_depth.is_some_and(|depth| self.depth < depth) {
            self.entry_depth = None;
        }
    }

    /// Goes on inside the open record.
    fn inside(&mut self, window: &[u8], at_end: bool) -> Step {
        let start = self.open.unwrap_or(self.pos);
        while self.pos < window.len() {
            if self.in_string {
                match self.string(window, at_end) {
                    StringStep::Closed | StringStep::GoOn => {}
                    StringStep::Broken => return self.broken(start),
                    StringStep::NeedMore => return self.need_more(start, window.len()),
                }
                continue;
            }
            let Some(offset) = window[self.pos..].iter().position(|byte| STRUCTURAL[usize::from(*byte)]) else {
                self.pos = window.len();
                break;
            };
            self.pos += offset;
            let byte = window[self.pos];
            if !self.bracket(window, byte, start) {
                return self.broken(start);
            }
            self.pos += 1;
            if self.brackets.is_empty() && !self.in_string {
                let skipped = std::mem::take(&mut self.skipping);
                self.open = None;
                return if skipped || self.pos - start > self.record_bytes_max {
                    Step::TooLong { start }
                } else {
                    Step::Record { start, end: self.pos }
                };
            }
        }
        if at_end {
            self.open = None;
            return if std::mem::take(&mut self.skipping) { Step::TooLong { start } } else { Step::CutTail { start } };
        }
        self.need_more(start, window.len())
    }

    fn need_more(&mut self, start: usize, end: usize) -> Step {
        if end - start > self.record_bytes_max {
            self.skipping = true;
        }
        Step::NeedMore
    }

    fn broken(&mut self, start: usize) -> Step {
        let skipped = std::mem::take(&mut self.skipping);
        self.open = None;
        if skipped { Step::TooLong { start } } else { Step::Broken { start, end: self.pos } }
    }

    /// Takes one structural byte; `false` when it cannot stand here. A wrong opening brace is left
    /// in place, since it may well begin the next record; a wrong closing one is stepped over.
    fn bracket(&mut self, window: &[u8], byte: u8, start: usize) -> bool {
        match (byte, self.brackets.last()) {
            (b'"', _) => self.in_string = true,
            (b'{', Some(b'{')) if !follows_colon(&window[start..self.pos]) => return false,
            (b'{' | b'[', _) => self.brackets.push(byte),
            (b'}', Some(b'{')) | (b']', Some(b'[')) => {
                self.brackets.pop();
            }
            _ => {
                self.pos += 1;
                return false;
            }
        }
        true
    }

    /// Goes on inside a string of the open record.
    fn string(&mut self, window: &[u8], at_end: bool) -> StringStep {
        let Some(offset) = memchr3(b'"', b'\\', b'\n', &window[self.pos..]) else {
            self.pos = window.len();
            return if at_end { StringStep::GoOn } else { StringStep::NeedMore };
        };
        self.pos += offset;
        match window[self.pos] {
            b'"' => {
                self.in_string = false;
                self.pos += 1;
                StringStep::Closed
            }
            b'\\' if self.pos + 1 == window.len() && !at_end => StringStep::NeedMore,
            b'\\' => {
                // A backslash at the end of a line is damage; the line break still counts.
                let escapes_line_break = window.get(self.pos + 1) == Some(&b'\n');
                self.pos = (self.pos + if escapes_line_break { 1 } else { 2 }).min(window.len());
                StringStep::GoOn
            }
            _ => match starts_new_key(&window[self.pos + 1..], at_end) {
                None => StringStep::NeedMore,
                Some(true) => StringStep::Broken,
                Some(false) => {
                    self.pos += 1;
                    StringStep::GoOn
                }
            },
        }
    }
}

enum StringStep {
    Closed,
    GoOn,
    Broken,
    NeedMore,
}

#[cfg(test)]
mod tests;
