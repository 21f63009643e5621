//! Small looks at JSON text around strings, for the cutter and for whoever must step over a string.

use memchr::{memchr, memchr2, memchr3};

/// Bytes that matter outside strings.
pub(super) const STRUCTURAL: [bool; 256] = {
    let mut table = [false; 256];
    table[b'"' as usize] = true;
    table[b'{' as usize] = true;
    table[b'}' as usize] = true;
    table[b'[' as usize] = true;
    table[b']' as usize] = true;
    table
};

/// Bytes up to and with the end of a string between records: its quote, or the line break that damage left.
pub(super) fn loose_string_end(bytes: &[u8]) -> Option<usize> {
    let mut index = 0;
    loop {
        let found = index + memchr3(b'"', b'\\', b'\n', bytes.get(index..)?)?;
        match bytes[found] {
            b'\\' => index = found + 2,
            _ => return Some(found + 1),
        }
    }
}

/// Index after the closing quote of a string that began before `index`; the end of the text if it does not close.
pub(in crate::ingest) fn string_end(bytes: &[u8], mut index: usize) -> usize {
    while let Some(offset) = bytes.get(index..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        index += offset;
        if bytes[index] == b'"' {
            return index + 1;
        }
        index += 2;
    }
    bytes.len()
}

/// Whether an object may stand after this text: only as the value of a key.
pub(super) fn follows_colon(before: &[u8]) -> bool {
    // An empty slice means the record is being skipped and its past is gone: assume the best.
    before.iter().rev().find(|byte| !byte.is_ascii_whitespace()).is_none_or(|byte| *byte == b':')
}

/// Whether the line that starts here opens an object or states a key, which the inside of a string
/// hardly ever does: the string before it was never closed. `None` = cannot be told yet.
pub(super) fn starts_new_key(line: &[u8], at_end: bool) -> Option<bool> {
    const KEY_LEN_MAX: usize = 80;
    let blank = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
    let rest = &line[blank..line.len().min(blank + KEY_LEN_MAX)];
    let undecided = || if at_end || rest.len() == KEY_LEN_MAX { Some(false) } else { None };
    match rest.first() {
        None => undecided(),
        Some(b'{') => match rest[1..].iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r')) {
            None => undecided(),
            Some(byte) => Some(matches!(byte, b'"' | b'\n')),
        },
        Some(b'"') => {
            let Some(quote) = memchr(b'"', &rest[1..]) else { return undecided() };
            let key = &rest[1..=quote];
            match rest[quote + 2..].iter().find(|byte| **byte != b' ') {
                None => undecided(),
                Some(byte) => Some(*byte == b':' && !key.is_empty() && !key.contains(&b'\n') && !key.contains(&b'\\')),
            }
        }
        Some(_) => Some(false),
    }
}
