//! Which single tokens are values whatever stands around them.
//!
//! Each rule is true of log lines in general: a word with a digit is an id, an address, a size or a name
//! that was numbered; a path is where, not what; a text of 65 bytes without a space is data.

use super::lex::{ADDRESS, AT, DIGIT, HASH, LETTER, SLASH, Token};

/// Longest word; anything longer is data.
pub(super) const WORD_BYTES_MAX: usize = 64;

/// Longest word that is compared with the lists below, all of which are ASCII.
const KNOWN_BYTES_MAX: usize = 12;

/// Days and months in English, short and long. `may` and `mar` are words too, so a number must follow.
const CALENDAR: [&str; 37] = [
    "apr",
    "april",
    "aug",
    "august",
    "dec",
    "december",
    "feb",
    "february",
    "fri",
    "friday",
    "jan",
    "january",
    "jul",
    "july",
    "jun",
    "june",
    "mar",
    "march",
    "may",
    "mon",
    "monday",
    "nov",
    "november",
    "oct",
    "october",
    "sat",
    "saturday",
    "sep",
    "september",
    "sun",
    "sunday",
    "thu",
    "thursday",
    "tue",
    "tuesday",
    "wed",
    "wednesday",
];

/// What a number is counted in: a number and its unit are one quantity, however it is printed.
const UNITS: [&str; 47] = [
    "%",
    "b",
    "bit",
    "bits",
    "byte",
    "bytes",
    "day",
    "days",
    "g",
    "gb",
    "ghz",
    "gib",
    "h",
    "hour",
    "hours",
    "hz",
    "k",
    "kb",
    "khz",
    "kib",
    "m",
    "mb",
    "mhz",
    "mib",
    "millisecond",
    "milliseconds",
    "min",
    "mins",
    "minute",
    "minutes",
    "ms",
    "msec",
    "msecs",
    "ns",
    "s",
    "sec",
    "second",
    "seconds",
    "secs",
    "tb",
    "tib",
    "us",
    "usec",
    "week",
    "weeks",
    "d",
    "w",
];

/// Values that are written as words.
const LITERALS: [&str; 6] = ["false", "nan", "nil", "none", "null", "true"];

/// Keys whose quoted text says what happened; that of any other key is data.
const SPEAKING_KEYS: [&str; 16] = [
    "action",
    "cause",
    "err",
    "error",
    "event",
    "exception",
    "level",
    "message",
    "method",
    "msg",
    "reason",
    "severity",
    "state",
    "status",
    "type",
    "log",
];

/// Whether a token is a value by itself.
pub(super) fn is_value(token: Token, text: &[u8]) -> bool {
    if token.has & (DIGIT | ADDRESS) != 0 || text.len() > WORD_BYTES_MAX {
        return true;
    }
    if token.has & HASH != 0 && text.len() > 1 {
        return true;
    }
    if token.has & SLASH != 0 && token.has & LETTER != 0 {
        // `Input/output` is a word; `/srv/app`, `./run` and `a/b/c` are paths.
        let slashes = text.iter().filter(|b| matches!(b, b'/' | b'\\')).count();
        return slashes > 1 || matches!(text[0], b'/' | b'\\' | b'.' | b'~');
    }
    token.has & AT != 0 && text.len() > 2 && text[1..text.len() - 1].contains(&b'@')
}

/// A day or month, in any case.
pub(super) fn is_calendar(text: &[u8]) -> bool {
    text.len() >= 3 && is_one_of(text, &CALENDAR)
}

/// A unit of measure, in any case.
pub(super) fn is_unit(text: &[u8]) -> bool {
    is_one_of(text, &UNITS)
}

/// `true`, `null` and the like, in any case.
pub(super) fn is_literal(text: &[u8]) -> bool {
    is_one_of(text, &LITERALS)
}

/// Whether a key's quoted value is its message.
pub(super) fn is_speaking_key(text: &[u8]) -> bool {
    is_one_of(text, &SPEAKING_KEYS)
}

fn is_one_of(text: &[u8], known: &[&str]) -> bool {
    text.len() <= KNOWN_BYTES_MAX && known.iter().any(|word| text.eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether a placeholder that an earlier step left (`<num>`, `<token-1a2b3c>`) begins at token `at`.
pub(super) fn placeholder(line: &[u8], tokens: &[Token], at: usize) -> bool {
    const MASKS: [&str; 8] = ["*", "num", "id", "ip", "url", "time", "email", "str"];
    const PSEUDONYMS: [&str; 5] = ["key", "password", "token", "secret", "email"];
    let Some([open, name, close]) = tokens.get(at..at + 3) else { return false };
    if open.of(line) != b"<" || close.of(line) != b">" || name.gap || close.gap {
        return false;
    }
    let name = name.of(line);
    if MASKS.iter().any(|mask| mask.as_bytes() == name) {
        return true;
    }
    let Some(dash) = name.iter().position(|b| *b == b'-') else { return false };
    let (kind, digest) = (&name[..dash], &name[dash + 1..]);
    PSEUDONYMS.iter().any(|known| known.as_bytes() == kind) && digest.iter().all(u8::is_ascii_hexdigit)
}
