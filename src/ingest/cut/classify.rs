//! Looks into an object that has begun, to tell a log entry from what wraps entries.
//!
//! In goes the text from the object's brace to the end of the window; out comes its kind.
//! Reading stops as soon as the keys suffice, usually within the first line or two.

use super::{Keys, Kind, string_end};

/// The kind of the object at the start of `text`, and how many bytes were looked at.
pub(in crate::ingest) fn classify(text: &[u8]) -> (Kind, usize) {
    let mut keys = Keys::default();
    let mut holds_objects = false;
    let mut index = 1;
    loop {
        index = skip_blank(text, index);
        match text.get(index) {
            None => return (incomplete(keys), index),
            Some(b'"') => {}
            Some(b'}') if holds_objects => return (Kind::Wrapper, index),
            Some(b'}') => return (Kind::Plain(index + 1), index),
            Some(b',') => {
                index += 1;
                continue;
            }
            Some(_) => return (Kind::Broken, index),
        }
        let end = string_end(text, index + 1);
        if end >= text.len() {
            return (incomplete(keys), text.len());
        }
        let key = &text[index + 1..end - 1];
        index = skip_blank(text, end);
        match text.get(index) {
            None => return (incomplete(keys), index),
            Some(b':') => {}
            Some(_) => return (Kind::Broken, index),
        }
        keys.add(key);
        if keys.is_entry() {
            return (Kind::Entry, index);
        }
        let Some((end, nested)) = skip_value(text, index + 1) else { return (incomplete(keys), text.len()) };
        holds_objects |= nested;
        index = end;
    }
}

fn incomplete(keys: Keys) -> Kind {
    Kind::Incomplete { looks_like_entry: keys.tells_entry() }
}

fn skip_blank(text: &[u8], index: usize) -> usize {
    text[index.min(text.len())..]
        .iter()
        .position(|byte| !byte.is_ascii_whitespace())
        .map_or(text.len(), |offset| index + offset)
}

/// Index after a value, and whether it holds an object; `None` when the text ends first.
fn skip_value(text: &[u8], index: usize) -> Option<(usize, bool)> {
    let (mut index, mut depth, mut nested) = (skip_blank(text, index), 0usize, false);
    loop {
        match text.get(index)? {
            b'"' => {
                index = string_end(text, index + 1);
                if index >= text.len() {
                    return None;
                }
                if depth == 0 {
                    return Some((index, nested));
                }
                continue;
            }
            b'{' | b'[' => {
                nested |= text[index] == b'{';
                depth += 1;
            }
            b'}' | b']' | b',' if depth == 0 => return Some((index, nested)),
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some((index + 1, nested));
                }
            }
            _ => {}
        }
        index += 1;
    }
}
