//! A line cut into words and punctuation, without regular expressions.
//!
//! In: the bytes of one line. Out: tokens in order. White space only separates; `=:,;()[]{}"'|<>` and the
//! back quote are tokens of their own; an address that contains colons (a URL, a MAC or IPv6 address, a
//! time) is one token; the full stop that ends a word is a token of its own.

/// A decimal digit.
pub(super) const DIGIT: u8 = 1;
/// A letter, or any byte beyond ASCII.
pub(super) const LETTER: u8 = 1 << 1;
/// `/` or `\`.
pub(super) const SLASH: u8 = 1 << 2;
/// `@`.
pub(super) const AT: u8 = 1 << 3;
/// `#`, which masks digits in names.
pub(super) const HASH: u8 = 1 << 4;
/// A URL or an address with colons, whatever else it consists of.
pub(super) const ADDRESS: u8 = 1 << 5;
/// Separates tokens and is not kept.
const SPACE: u8 = 1 << 6;
/// A token by itself.
const DELIMITER: u8 = 1 << 7;

/// What each byte is.
static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    loop {
        table[byte as usize] = match byte {
            0..=0x20 | 0x7f => SPACE,
            b'0'..=b'9' => DIGIT,
            b'A'..=b'Z' | b'a'..=b'z' | 0x80.. => LETTER,
            b'/' | b'\\' => SLASH,
            b'@' => AT,
            b'#' => HASH,
            b'=' | b':' | b',' | b';' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'"' | b'\'' | b'|' | b'<' | b'>'
            | b'`' => DELIMITER,
            _ => 0,
        };
        if byte == u8::MAX {
            return table;
        }
        byte += 1;
    }
}

/// One token of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
    /// Which classes of bytes occur in it.
    pub has: u8,
    /// Whether white space stands before it.
    pub gap: bool,
}

impl Token {
    /// Its bytes.
    pub(super) fn of(self, line: &[u8]) -> &[u8] {
        &line[self.start as usize..self.end as usize]
    }

    /// Whether it is one of the characters that are tokens by themselves.
    pub(super) fn is_delimiter(self) -> bool {
        self.has & DELIMITER != 0
    }
}

/// Cuts a line; `tokens` is emptied first. The line is shorter than 4 GiB, by its caller's limit.
pub(super) fn lex(line: &[u8], tokens: &mut Vec<Token>) {
    tokens.clear();
    let mut at = 0;
    let mut gap = false;
    while at < line.len() {
        let class = CLASSES[line[at] as usize];
        if class == SPACE {
            gap = true;
            at += 1;
            continue;
        }
        let mut push = |start: usize, end: usize, has: u8, gap: bool| {
            tokens.push(Token { start: position(start), end: position(end), has, gap });
        };
        if let Some(end) = colon_address(line, at) {
            push(at, end, ADDRESS, gap);
            at = end;
        } else if class == DELIMITER {
            push(at, at + 1, DELIMITER, gap);
            at += 1;
        } else {
            let (mut end, has) = word(line, at);
            if line[end..].starts_with(b"://") {
                end = url_end(line, end + 3);
                push(at, end, ADDRESS, gap);
            } else if has & SLASH != 0 && line[end..].starts_with(b"=") && line[at..end].contains(&b'?') {
                // The query of a path belongs to its word.
                end = url_end(line, end);
                push(at, end, ADDRESS, gap);
            } else {
                let bare = end - line[at..end].iter().rev().take_while(|b| matches!(b, b'.' | b'!' | b'?')).count();
                if bare > at && bare < end {
                    push(at, bare, has, gap);
                    push(bare, end, 0, false);
                } else {
                    push(at, end, has, gap);
                }
            }
            at = end;
        }
        gap = false;
    }
}

fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// End of the word that begins at `at`, and what occurs in it.
fn word(line: &[u8], at: usize) -> (usize, u8) {
    let mut has = 0;
    for (length, byte) in line[at..].iter().enumerate() {
        let class = CLASSES[*byte as usize];
        if class & (SPACE | DELIMITER) != 0 {
            return (at + length, has);
        }
        has |= class;
    }
    (line.len(), has)
}

/// End of a URL; punctuation at its end belongs to the sentence.
fn url_end(line: &[u8], host: usize) -> usize {
    let length = line[host..]
        .iter()
        .position(|b| CLASSES[*b as usize] == SPACE || b"\"'<>()[]{}`".contains(b))
        .unwrap_or(line.len() - host);
    let trailing = line[host..host + length].iter().rev().take_while(|b| b",;.!?:".contains(b)).count();
    host + length - trailing
}

/// End of a time, MAC or IPv6 address: groups of at most four hexadecimal digits, at least two colons, at
/// least one decimal digit, and nothing that continues a word behind them.
fn colon_address(line: &[u8], at: usize) -> Option<usize> {
    const GROUP_MAX: usize = 4;
    if line[at] == b':' && line.get(at + 1) != Some(&b':') {
        return None;
    }
    let (mut colons, mut group, mut digits) = (0, 0, 0);
    let mut end = at;
    for byte in &line[at..] {
        match byte {
            b':' => (colons, group) = (colons + 1, 0),
            b'0'..=b'9' => (digits, group) = (digits + 1, group + 1),
            b'a'..=b'f' | b'A'..=b'F' => group += 1,
            _ => break,
        }
        if group > GROUP_MAX {
            return None;
        }
        end += 1;
    }
    // The colon behind a time belongs to the sentence.
    if line[at..end].ends_with(b":") && !line[at..end].ends_with(b"::") {
        (end, colons) = (end - 1, colons - 1);
    }
    let ends = line.get(end).is_none_or(|b| *b == b'.' || CLASSES[*b as usize] & (SPACE | DELIMITER) != 0);
    (colons >= 2 && digits > 0 && ends).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::{Token, lex};

    fn cut(line: &str) -> Vec<&str> {
        let mut tokens = Vec::new();
        lex(line.as_bytes(), &mut tokens);
        tokens.iter().map(|token: &Token| &line[token.start as usize..token.end as usize]).collect()
    }

    #[test]
    fn words_punctuation_and_addresses_are_tokens() {
        for (line, tokens) in [
            ("a=b, c.", vec!["a", "=", "b", ",", "c", "."]),
            ("see https://a.example/x?y=1, then", vec!["see", "https://a.example/x?y=1", ",", "then"]),
            ("ac:de:48:00:11:22 up", vec!["ac:de:48:00:11:22", "up"]),
            ("std::vec::Vec", vec!["std", ":", ":", "vec", ":", ":", "Vec"]),
            ("at 10:59:53: x:80: y", vec!["at", "10:59:53", ":", "x", ":", "80", ":", "y"]),
            ("at 10:59:53.120", vec!["at", "10:59:53", ".120"]),
            ("...", vec!["..."]),
            ("größer (ü)", vec!["größer", "(", "ü", ")"]),
        ] {
            assert_eq!(cut(line), tokens, "{line}");
        }
    }
}
