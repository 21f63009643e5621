//! The shape of one line: its words and punctuation, with every obvious value masked.
//!
//! In: a line. Out: tokens joined by single spaces, `<*>` for a value. Lines that differ only in values
//! have one shape, so the miner works on distinct shapes, of which there are few. What a list holds and
//! how long it is, is a value too.

use super::lex::{self, Token};
use super::values;

/// What stands for a value. No token of a line can be equal to it, because `<` is a token by itself.
pub const PLACEHOLDER: &str = "<*>";

/// Longest shape in tokens; the rest of a longer line is one value.
const TOKENS_MAX: usize = 120;

/// Longest shape in bytes.
pub(super) const SHAPE_BYTES_MAX: usize = 1_024;

/// Bytes of a line that are looked at.
const LINE_BYTES_MAX: usize = 16 << 10;

/// How far a quoted text or an object may reach before it is taken for prose, in tokens.
const REACH_MAX: usize = 200;

/// Longest group of tokens whose repetition is a list.
const PERIOD_MAX: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Delimiter,
    Value,
}

#[derive(Debug, Clone, Copy)]
struct Part {
    token: Token,
    kind: Kind,
}

impl Part {
    fn is_value(self) -> bool {
        self.kind == Kind::Value
    }
}

/// Finds shapes; keeps its buffers from line to line.
#[derive(Default)]
pub(super) struct Shaper {
    tokens: Vec<Token>,
    masked: Vec<Part>,
    parts: Vec<Part>,
    shape: Vec<u8>,
}

/// The shape of the last line.
pub(super) struct Shape<'s> {
    /// Tokens joined by one space. UTF-8, because tokens end at ASCII bytes.
    pub bytes: &'s [u8],
    /// How many tokens.
    pub tokens: u8,
    /// Bit *i* is set where white space stood before token *i*.
    pub gaps: u128,
}

impl Shaper {
    /// The shape of a line.
    pub(super) fn shape(&mut self, line: &str) -> Shape<'_> {
        let bytes = &line.as_bytes()[..line.floor_char_boundary(LINE_BYTES_MAX)];
        lex::lex(bytes, &mut self.tokens);
        mask(bytes, &self.tokens, &mut self.masked);
        self.parts.clear();
        for index in 0..self.masked.len() {
            let closes = self.masked.get(index + 1).is_some_and(|next| !next.token.gap && next.token.of(bytes) == b">");
            self.parts.push(self.masked[index]);
            while reduce(bytes, &mut self.parts, closes) {}
        }
        self.write(bytes)
    }

    fn write(&mut self, line: &[u8]) -> Shape<'_> {
        self.shape.clear();
        let mut gaps = 0_u128;
        let mut count = 0;
        for part in &self.parts {
            let text = if part.is_value() { PLACEHOLDER.as_bytes() } else { part.token.of(line) };
            let full = count + 1 == TOKENS_MAX || self.shape.len() + text.len() > SHAPE_BYTES_MAX;
            if count > 0 {
                self.shape.push(b' ');
            }
            gaps |= u128::from(part.token.gap && count > 0) << count;
            self.shape.extend_from_slice(if full { PLACEHOLDER.as_bytes() } else { text });
            count += 1;
            if full {
                break;
            }
        }
        Shape { bytes: &self.shape, tokens: u8::try_from(count).unwrap_or(u8::MAX), gaps }
    }
}

/// Words, punctuation and values of a line, before lists are folded.
fn mask(line: &[u8], tokens: &[Token], masked: &mut Vec<Part>) {
    masked.clear();
    let mut at = 0;
    while at < tokens.len() {
        let token = tokens[at];
        let text = token.of(line);
        let before = masked.last().map_or(&b""[..], |part| if part.is_value() { b"" } else { part.token.of(line) });
        if let Some(after) = structured_value(line, tokens, at, masked) {
            masked.push(Part { token, kind: Kind::Value });
            at = after;
            continue;
        }
        at += 1;
        if token.is_delimiter() {
            masked.push(Part { token, kind: Kind::Delimiter });
        } else if values::is_value(token, text)
            || (matches!(before, b"=" | b":") && values::is_literal(text))
            || (values::is_calendar(text) && is_date(line, &tokens[at..]))
        {
            masked.push(Part { token, kind: Kind::Value });
        } else if !(values::is_unit(text) && masked.last().is_some_and(|part| part.is_value())) {
            masked.push(Part { token, kind: Kind::Word });
        }
    }
}

/// A day or month is part of a date where a number or another one of them follows.
fn is_date(line: &[u8], next: &[Token]) -> bool {
    let next = match next {
        [comma, after, ..] if comma.of(line) == b"," => after,
        [after, ..] => after,
        [] => return false,
    };
    next.has & (lex::DIGIT | lex::ADDRESS) != 0 || values::is_calendar(next.of(line))
}

/// Token after a value that several tokens spell: a placeholder, or what follows a key: a printed object
/// (`=Name{…}`, `=[…]`), or a quoted text that is not the message.
fn structured_value(line: &[u8], tokens: &[Token], at: usize, before: &[Part]) -> Option<usize> {
    if values::placeholder(line, tokens, at) {
        return Some(at + 3);
    }
    let sign = before.last().filter(|part| part.kind == Kind::Delimiter)?.token.of(line);
    if !matches!(sign, b"=" | b":") {
        return None;
    }
    let token = tokens[at];
    if sign == b"=" {
        let open = if token.is_delimiter() { at } else { at + 1 };
        let is_open =
            tokens.get(open).is_some_and(|o| (open == at || !o.gap) && matches!(o.of(line), b"{" | b"[" | b"("));
        if let Some(after) = is_open.then(|| object_end(line, tokens, open)).flatten() {
            return Some(after);
        }
    }
    let quote = token.of(line);
    if !matches!(quote, b"\"" | b"'") {
        return None;
    }
    let key = before.iter().rev().skip(1).find(|part| !matches!(part.token.of(line), b"\"" | b"'"))?;
    if key.kind != Kind::Word || values::is_speaking_key(key.token.of(line)) {
        return None;
    }
    let rest = &tokens[at + 1..tokens.len().min(at + REACH_MAX)];
    rest.iter().position(|token| token.of(line) == quote).map(|length| at + length + 2)
}

/// Token after the bracket that closes the one at `open`.
fn object_end(line: &[u8], tokens: &[Token], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (length, token) in tokens[open..tokens.len().min(open + REACH_MAX)].iter().enumerate() {
        match token.of(line) {
            b"{" | b"[" | b"(" => depth += 1,
            b"}" | b"]" | b")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some(open + length + 1);
        }
    }
    None
}

/// Folds the end of the parts once, if anything there folds.
fn reduce(line: &[u8], parts: &mut Vec<Part>, closes: bool) -> bool {
    let count = parts.len();
    let text = |back: usize| parts[count - back].token.of(line);
    let value = |back: usize| count >= back && parts[count - back].is_value();
    let glued = |back: usize| !parts[count - back].token.gap;
    if count < 2 {
        return false;
    }
    let last = parts[count - 1];
    if last.is_value() {
        // Several values in a row, or with separators between them, are one list.
        if value(2) {
            parts.pop();
            return true;
        }
        if value(3) && matches!(text(2), b"," | b":" | b"|" | b"-" | b"+" | b"/" | b";" | b"x" | b"." | b".." | b"...")
        {
            parts.truncate(count - 2);
            return true;
        }
        // `< 5`, `~10`, `@0x1f`: a sign belongs to its number; `<5>` is a number in brackets.
        let sign_stands_free = count == 2 || !glued(2);
        if glued(1) && sign_stands_free && !closes && matches!(text(2), b"<" | b">" | b"~" | b"@" | b"-" | b"+" | b"#")
        {
            let gap = parts[count - 2].token.gap;
            parts.truncate(count - 2);
            parts.push(Part { token: Token { gap, ..last.token }, kind: last.kind });
            return true;
        }
        // `db.internal:5432` is an address.
        if count >= 3 && glued(1) && glued(2) && text(2) == b":" && is_dotted(text(3)) && !value(3) {
            let gap = parts[count - 3].token.gap;
            parts.truncate(count - 3);
            parts.push(Part { token: Token { gap, ..last.token }, kind: Kind::Value });
            return true;
        }
    }
    for period in 2..=PERIOD_MAX.min(count / 2) {
        let (first, second) = (&parts[count - 2 * period..count - period], &parts[count - period..]);
        let same = |(a, b): (&Part, &Part)| {
            (a.is_value() && b.is_value()) || (a.kind == b.kind && a.token.of(line) == b.token.of(line))
        };
        if first.iter().rev().zip(second.iter().rev()).all(same) && second.iter().any(|part| part.is_value()) {
            parts.truncate(count - period);
            return true;
        }
    }
    // `from 10.0.0.1 ()`: an optional value that was empty; `clear()` is a name.
    let is_empty_bracket = matches!((text(2), text(1)), (b"(", b")") | (b"[", b"]")) && glued(1) && !glued(2);
    if is_empty_bracket {
        parts.pop();
        parts.push(Part { token: last.token, kind: Kind::Value });
        parts.push(last);
    }
    is_empty_bracket
}

/// A name of several parts, as hosts have.
fn is_dotted(text: &[u8]) -> bool {
    text.len() > 2 && text[1..text.len() - 1].contains(&b'.')
}

#[cfg(test)]
mod tests {
    use super::Shaper;

    fn shape(line: &str) -> String {
        String::from_utf8(Shaper::default().shape(line).bytes.to_vec()).unwrap()
    }

    #[test]
    fn values_are_masked_and_words_are_kept() {
        for (line, expected) in [
            ("took 12 ms", "took <*>"),
            ("took 12.5s", "took <*>"),
            ("retry in 3 seconds.", "retry in <*> ."),
            ("ids 1, 2, 3 and 4", "ids <*> and <*>"),
            ("dial tcp db.internal:5432: refused", "dial tcp <*> : refused"),
            ("sent 1190 bytes (1.2 KB)", "sent <*> ( <*> )"),
            ("GET /x?a=1&b=2 200", "GET <*>"),
            ("from 10.0.0.1 () at Fri Mar 6 10:11:12 2026", "from <*> ( <*> ) at <*>"),
            ("clear()", "clear ( )"),
            ("may fail", "may fail"),
            ("ready=true", "ready = <*>"),
            ("source=Work{10 com.example}, next", "source = <*> , next"),
            ("level=info msg=\"disk full\" host=\"a b\"", "level = info msg = \" disk full \" host = <*>"),
            ("open /srv/app/x.txt: Input/output error", "open <*> : Input/output error"),
            ("nodes a1 <ok> b2 <ok> c3 <ok>", "nodes <*> < ok >"),
            ("token=<secret-0fb2c1>, from <email-abcdef>", "token = <*> , from <*>"),
            ("timeout after <num> on <ip>", "timeout after <*> on <*>"),
            ("lifetime <1 sec", "lifetime <*>"),
            ("", ""),
        ] {
            assert_eq!(shape(line), expected, "{line}");
        }
    }

    #[test]
    fn a_long_line_has_a_short_shape() {
        let line = "word ".repeat(100_000);
        assert!(shape(&line).len() <= 1_100);
        assert!(shape(&"ü".repeat(100_000)).len() <= 1_100);
    }
}
