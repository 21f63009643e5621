//! What changes from entry to entry and says nothing: clock times, ids, durations.
//!
//! In: a text. Out: the same text without these. Real loggers put the time, a request's id or its duration into every
//! message, so no two are equal and a memory of equal texts would remember nothing. Texts that are equal without these
//! are equally unremarkable. Shorter numbers stay, because they are HTTP statuses, exit codes, ports and error codes.

/// Numbers of this many digits are ids or epochs; the longest error codes have five.
const ID_DIGITS_MIN: usize = 6;

/// Words of this many hexadecimal digits are ids, if one of them is a decimal digit.
const HEX_BYTES_MIN: usize = 12;

/// Fractions this long belong to times and durations.
const FRACTION_DIGITS_MIN: usize = 3;

/// Stands for what was left out; no text that is UTF-8 holds it.
const OMITTED: u8 = 0xFF;

/// Writes the bytes of `text` into `shape`, which is cleared first, with one mark in place of each volatile part.
pub(super) fn without_volatile(text: &str, shape: &mut Vec<u8>) {
    shape.clear();
    let bytes = text.as_bytes();
    let mut copied = 0;
    let mut at = 0;
    while let Some(digits) = next_digit(bytes, at) {
        let (start, end) = volatile_around(bytes, copied, digits);
        if start < end {
            shape.extend_from_slice(&bytes[copied..start]);
            shape.push(OMITTED);
            copied = end;
            at = end;
        } else {
            at = run_end(bytes, digits);
        }
    }
    shape.extend_from_slice(&bytes[copied..]);
}

/// Index of the first digit from `at` on. Blocks without one are passed over whole, without branches in them, so that
/// the compiler looks at sixteen bytes at once.
fn next_digit(bytes: &[u8], mut at: usize) -> Option<usize> {
    let holds_digit = |block: &[u8; 16]| block.iter().fold(false, |found, byte| found | byte.is_ascii_digit());
    while bytes.get(at..)?.first_chunk().is_some_and(|block| !holds_digit(block)) {
        at += 16;
    }
    Some(at + bytes[at..].iter().position(u8::is_ascii_digit)?)
}

/// The volatile part that holds the digit at `digit`, not before `from`; empty where there is none.
fn volatile_around(bytes: &[u8], from: usize, digit: usize) -> (usize, usize) {
    let end = run_end(bytes, digit);
    if let Some(end) = time_end(bytes, digit, end) {
        return (digit, end);
    }
    if let Some(word) = hex_word(bytes, from, digit) {
        return word;
    }
    let len = end - digit;
    let is_fraction = digit > from && matches!(bytes[digit - 1], b'.' | b',') && len >= FRACTION_DIGITS_MIN;
    if len >= ID_DIGITS_MIN || is_fraction || is_duration(&bytes[end..]) { (digit, end) } else { (digit, digit) }
}

/// Behind a date, a clock time, or both, that begins at `start`; `end` is where its first digits end.
fn time_end(bytes: &[u8], start: usize, end: usize) -> Option<usize> {
    let two = |at: usize, mark: &[u8]| {
        let is_mark = bytes.get(at).is_some_and(|byte| mark.contains(byte));
        (is_mark && run_end(bytes, at + 1) == at + 3).then_some(at + 3)
    };
    let behind = match end - start {
        4 => two(two(end, b"-/")?, b"-/")?,
        1 | 2 => {
            let minutes = two(end, b":")?;
            two(minutes, b":").unwrap_or(minutes)
        }
        _ => return None,
    };
    Some(behind)
}

/// Bounds of the word of hexadecimal digits and dashes around `digit`, if it is an id.
fn hex_word(bytes: &[u8], from: usize, digit: usize) -> Option<(usize, usize)> {
    let is_hex = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b'-';
    let start = digit - bytes[from..digit].iter().rev().take_while(|byte| is_hex(byte)).count();
    let end = digit + bytes[digit..].iter().take_while(|byte| is_hex(byte)).count();
    let is_whole = !bytes[from..start].last().is_some_and(u8::is_ascii_alphanumeric)
        && !bytes.get(end).is_some_and(u8::is_ascii_alphanumeric);
    let hex_len = bytes[start..end].iter().filter(|byte| **byte != b'-').count();
    (is_whole && hex_len >= HEX_BYTES_MIN).then_some((start, end))
}

/// Whether a unit of time shorter than a second follows the number.
fn is_duration(after: &[u8]) -> bool {
    let after = after.strip_prefix(b" ").unwrap_or(after);
    ["ms", "us", "ns", "\u{b5}s", "\u{3bc}s"].iter().any(|unit| {
        after.strip_prefix(unit.as_bytes()).is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_alphanumeric))
    })
}

fn run_end(bytes: &[u8], start: usize) -> usize {
    start + bytes.get(start..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::without_volatile;

    fn shape(text: &str) -> String {
        let mut shape = Vec::new();
        without_volatile(text, &mut shape);
        String::from_utf8(shape.into_iter().map(|byte| if byte == 0xFF { b'*' } else { byte }).collect()).unwrap()
    }

    #[test]
    fn times_ids_and_durations_are_left_out() {
        for (text, expected) in [
            ("2026-03-02T10:00:00.123456Z GET /", "*T*.*Z GET /"),
            ("[2026/03/02 10:00:00 +0000] [13] up", "[* * +0000] [13] up"),
            ("done in 153ms, then 12.3456 s", "done in *ms, then 12.* s"),
            ("done in 153 ms", "done in * ms"),
            ("job 1f0e9d8c-7b6a-4543-8211-00ffee112233 ok", "job * ok"),
            (r#"{"time":1764000000123,"trace":"aabbccddeeff00112233"}"#, r#"{"time":*,"trace":"*"}"#),
        ] {
            assert_eq!(shape(text), expected);
        }
    }

    #[test]
    fn codes_statuses_and_ports_stay() {
        for text in [
            "HTTP 503 from upstream",
            "Container called exit(137).",
            "SQLSTATE 53300, ORA-12541, error 1045, errno 111",
            "listening on 0.0.0.0:8080",
            "level=50 v1.22.3 python3.11 utf8",
            "defaced 1st facade",
            "no digits",
            "",
        ] {
            assert_eq!(shape(text), text);
        }
    }
}
