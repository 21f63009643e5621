//! Reads JSON text from front to back, strictly, without recursion and without copying.
//!
//! In goes the text of one record; out come keys, strings borrowed from it, and the raw text of values. Log
//! records are known in shape and mostly skipped, so this looks at eight or more bytes at a time inside strings and keeps
//! one bit a level for brackets. It accepts what RFC 8259 accepts, nested at most [`NESTING_MAX`] deep; a property
//! test compares it with `serde_json`.

use std::borrow::Cow;

/// Deepest nesting of one record. Real audit entries reach 14; `serde_json`, which reads payloads later, refuses 128.
pub(in crate::ingest) const NESTING_MAX: u32 = 120;

/// Why a text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ingest) enum Refusal {
    /// It is not JSON.
    NotJson,
    /// It nests deeper than [`NESTING_MAX`].
    TooDeep,
}

/// A place in JSON text.
pub(in crate::ingest) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

/// Bytes of a word.
const WORD_BYTES: usize = 8;

/// Words looked at one by one before a string counts as long.
const SHORT_WORDS: usize = 2;

/// Bytes of a long string looked at together.
const BLOCK_BYTES: usize = 32;

/// One byte in every lane of a word.
const fn lanes(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Marks (in the upper bit of its lane, exact for the first one) each byte that ends or interrupts a string:
/// a quote, a backslash, a control character.
const fn interrupts(word: u64) -> u64 {
    let quote = word ^ lanes(b'"');
    let backslash = word ^ lanes(b'\\');
    let is_quote = quote.wrapping_sub(lanes(1)) & !quote;
    let is_backslash = backslash.wrapping_sub(lanes(1)) & !backslash;
    let is_control = word.wrapping_sub(lanes(0x20)) & !word;
    (is_quote | is_backslash | is_control) & lanes(0x80)
}

/// Offset of the first interruption in the word at `at`, or [`WORD_BYTES`]; `None` where no whole word is left.
#[inline]
fn interrupt_in_word(bytes: &[u8], at: usize) -> Option<usize> {
    let word = bytes.get(at..)?.first_chunk()?;
    Some(interrupts(u64::from_le_bytes(*word)).trailing_zeros() as usize / 8)
}

/// Index of the first interruption from `at` on.
#[inline(never)]
fn interrupt_beyond(bytes: &[u8], mut at: usize) -> Option<usize> {
    let long = at + SHORT_WORDS * WORD_BYTES;
    loop {
        match interrupt_in_word(bytes, at) {
            Some(WORD_BYTES) => at += WORD_BYTES,
            Some(found) => return Some(at + found),
            None => return interrupt_in_rest(bytes, at),
        }
        // What is not short is mostly an id or a message without escapes.
        if at == long {
            while bytes.get(at..).and_then(<[u8]>::first_chunk).is_some_and(is_plain) {
                at += BLOCK_BYTES;
            }
        }
    }
}

fn interrupt_in_rest(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..).unwrap_or_default();
    let offset = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
    offset.map(|offset| at + offset)
}

/// Whether nothing in a block ends or interrupts a string. Without branches, so that the compiler compares sixteen
/// bytes at once.
#[inline]
fn is_plain(block: &[u8; BLOCK_BYTES]) -> bool {
    let odd = block
        .iter()
        .fold(0, |odd, byte| odd | u8::from(*byte == b'"') | u8::from(*byte == b'\\') | u8::from(*byte < 0x20));
    odd == 0
}

impl<'a> Cursor<'a> {
    /// The beginning of a text.
    pub(in crate::ingest) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// The next byte that is no white space.
    #[inline]
    pub(in crate::ingest) fn peek(&mut self) -> Option<u8> {
        while let Some(&byte) = self.bytes().get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Where it stands.
    pub(in crate::ingest) fn place(&self) -> usize {
        self.at
    }

    /// Goes back to a place.
    pub(in crate::ingest) fn go_to(&mut self, place: usize) {
        self.at = place;
    }

    /// The text from one place to another.
    pub(in crate::ingest) fn between(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// The text from a place on that was read.
    pub(in crate::ingest) fn since(&self, place: usize) -> &'a str {
        self.between(place, self.at)
    }

    /// Goes into the object that begins here: whether it has a field.
    pub(in crate::ingest) fn enter(&mut self) -> Result<bool, Refusal> {
        self.take(b'{')?;
        let is_empty = self.peek() == Some(b'}');
        self.at += usize::from(is_empty);
        Ok(!is_empty)
    }

    /// Goes behind what follows a field: whether there is another one, or the object ended.
    #[inline]
    pub(in crate::ingest) fn more(&mut self) -> Result<bool, Refusal> {
        let next = self.peek();
        if !matches!(next, Some(b',' | b'}')) {
            return Err(Refusal::NotJson);
        }
        self.at += 1;
        Ok(next == Some(b','))
    }

    /// Takes one expected byte.
    #[inline]
    pub(in crate::ingest) fn take(&mut self, expected: u8) -> Result<(), Refusal> {
        if self.peek() == Some(expected) {
            self.at += 1;
            return Ok(());
        }
        Err(Refusal::NotJson)
    }

    /// What is left, from the next byte that is no white space.
    pub(in crate::ingest) fn rest(&mut self) -> &'a str {
        self.peek();
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes behind `expected` if the text goes on with it.
    #[inline]
    pub(in crate::ingest) fn take_text(&mut self, expected: &str) -> bool {
        self.peek();
        let is_next = self.bytes().get(self.at..self.at + expected.len()) == Some(expected.as_bytes());
        self.at += if is_next { expected.len() } else { 0 };
        is_next
    }

    /// Whether only white space is left.
    pub(in crate::ingest) fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// Calls `field` for each key of the object that begins here, with the cursor at its value.
    #[inline]
    pub(in crate::ingest) fn object(
        &mut self,
        mut field: impl FnMut(&str, &mut Self) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let mut is_more = self.enter()?;
        while is_more {
            let key = self.string()?;
            self.take(b':')?;
            field(&key, self)?;
            is_more = self.more()?;
        }
        Ok(())
    }

    /// The string that begins here.
    #[inline]
    pub(in crate::ingest) fn string(&mut self) -> Result<Cow<'a, str>, Refusal> {
        self.take(b'"')?;
        let start = self.at;
        let first = self.interrupt()?;
        if self.bytes()[first] == b'"' {
            self.at = first + 1;
            return self.text.get(start..first).map(Cow::Borrowed).ok_or(Refusal::NotJson);
        }
        self.escaped_string(start)
    }

    /// A string with escapes, from after its opening quote.
    #[cold]
    fn escaped_string(&mut self, start: usize) -> Result<Cow<'a, str>, Refusal> {
        self.at = start;
        self.string_end()?;
        let written = self.text.get(start - 1..self.at).ok_or(Refusal::NotJson)?;
        serde_json::from_str(written).map(Cow::Owned).map_err(|_| Refusal::NotJson)
    }

    /// Index of the next byte that ends or interrupts a string. Most keys end in the first word; the rest is a call.
    #[inline]
    fn interrupt(&self) -> Result<usize, Refusal> {
        match interrupt_in_word(self.bytes(), self.at) {
            Some(found) if found < WORD_BYTES => Ok(self.at + found),
            Some(_) => interrupt_beyond(self.bytes(), self.at + WORD_BYTES).ok_or(Refusal::NotJson),
            None => interrupt_in_rest(self.bytes(), self.at).ok_or(Refusal::NotJson),
        }
    }

    /// Goes behind the closing quote of a string whose opening quote is behind the cursor.
    #[inline]
    fn string_end(&mut self) -> Result<(), Refusal> {
        loop {
            let found = self.interrupt()?;
            match self.bytes()[found] {
                b'"' => {
                    self.at = found + 1;
                    return Ok(());
                }
                b'\\' => self.at = self.escape_end(found + 1)?,
                _ => return Err(Refusal::NotJson),
            }
        }
    }

    /// Index behind an escape whose letter stands at `at`.
    fn escape_end(&self, at: usize) -> Result<usize, Refusal> {
        let bytes = self.bytes();
        match bytes.get(at) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 1),
            Some(b'u') if bytes.get(at + 1..at + 5).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) => {
                Ok(at + 5)
            }
            _ => Err(Refusal::NotJson),
        }
    }

    /// Skips the value that begins here and returns its text.
    #[inline]
    pub(in crate::ingest) fn raw(&mut self) -> Result<&'a str, Refusal> {
        self.peek();
        let start = self.at;
        self.skip()?;
        self.text.get(start..self.at).ok_or(Refusal::NotJson)
    }

    /// Skips the value that begins here.
    #[inline]
    pub(in crate::ingest) fn skip(&mut self) -> Result<(), Refusal> {
        match self.peek() {
            Some(b'"') => {
                self.at += 1;
                self.string_end()
            }
            Some(b'{' | b'[') => self.skip_brackets(),
            _ => self.skip_scalar(),
        }
    }

    /// The number, `true`, `false` or `null` that begins here, as written.
    pub(in crate::ingest) fn scalar(&mut self) -> Result<&'a str, Refusal> {
        self.peek();
        let start = self.at;
        self.skip_scalar()?;
        self.text.get(start..self.at).ok_or(Refusal::NotJson)
    }

    fn skip_scalar(&mut self) -> Result<(), Refusal> {
        let rest = self.bytes().get(self.at..).unwrap_or_default();
        for word in [&b"true"[..], b"false", b"null"] {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(());
            }
        }
        self.at += number_len(rest).ok_or(Refusal::NotJson)?;
        Ok(())
    }

    /// Skips an object or array. One bit of `open` a level tells which of the two is open.
    fn skip_brackets(&mut self) -> Result<(), Refusal> {
        let (mut open, mut depth) = (0u128, 0u32);
        loop {
            // A value begins here.
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    self.string_end()?;
                }
                Some(bracket @ (b'{' | b'[')) => {
                    self.at += 1;
                    depth += 1;
                    if depth > NESTING_MAX {
                        return Err(Refusal::TooDeep);
                    }
                    let is_object = bracket == b'{';
                    open = open << 1 | u128::from(is_object);
                    let closing = if is_object { b'}' } else { b']' };
                    if self.peek() == Some(closing) {
                        self.at += 1;
                        depth -= 1;
                        open >>= 1;
                    } else {
                        if is_object {
                            self.skip_key()?;
                        }
                        continue;
                    }
                }
                _ => self.skip_scalar()?,
            }
            // A value ended here.
            loop {
                if depth == 0 {
                    return Ok(());
                }
                let is_object = open & 1 == 1;
                match self.peek() {
                    Some(b',') => {
                        self.at += 1;
                        if is_object {
                            self.skip_key()?;
                        }
                        break;
                    }
                    Some(b'}') if is_object => {}
                    Some(b']') if !is_object => {}
                    _ => return Err(Refusal::NotJson),
                }
                self.at += 1;
                depth -= 1;
                open >>= 1;
            }
        }
    }

    #[inline]
    fn skip_key(&mut self) -> Result<(), Refusal> {
        self.take(b'"')?;
        self.string_end()?;
        self.take(b':')
    }
}

/// Length of the JSON number that `text` begins with.
fn number_len(text: &[u8]) -> Option<usize> {
    let digits =
        |from: usize| text.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(text.first() == Some(&b'-'));
    let whole = digits(at);
    if whole == 0 || (whole > 1 && text[at] == b'0') {
        return None;
    }
    at += whole;
    if text.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign);
        if exponent == 0 {
            return None;
        }
        at += 1 + sign + exponent;
    }
    Some(at)
}

#[cfg(test)]
mod tests;
