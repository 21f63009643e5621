//! What was wrong with the input, counted and located instead of raised.
//!
//! In goes one observation at a time, from any worker in any order; out comes one [`Damage`] per
//! kind and file, the same whatever the order was.

use std::collections::BTreeMap;

/// Longest excerpt in characters.
const EXCERPT_CHARS_MAX: usize = 80;

/// One kind of damage in one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Damage {
    /// Index into the list of input files.
    pub file: u32,
    /// Stable code. The record was lost: `cut-tail`, `invalid-json`, `invalid-yaml`, `record-too-long`,
    /// `nesting-too-deep`, `not-an-entry`. The record was repaired and used: `invalid-escape`,
    /// `control-characters`, `nul-bytes`, `invalid-utf8`. The rest of the file was lost: `unreadable`,
    /// `cut-compression`, `decompression-limit`. The whole file was set aside: `not-log-data`.
    pub kind: &'static str,
    /// How often.
    pub count: u64,
    /// Line of the first occurrence, from 1.
    pub line: u32,
    /// Beginning of the first occurrence: at most 80 characters, none of which can move a cursor.
    /// It is log text: it may hold a secret.
    pub excerpt: String,
}

impl Damage {
    /// A whole input was set aside.
    pub(super) fn not_log_data(file: usize, looks_like: &str) -> Self {
        let file = u32::try_from(file).unwrap_or(u32::MAX);
        Self { file, kind: "not-log-data", count: 1, line: 1, excerpt: excerpt(looks_like.as_bytes()) }
    }
}

/// Every [`Damage::kind`].
const KINDS: [&str; 14] = [
    "control-characters",
    "cut-compression",
    "cut-tail",
    "decompression-limit",
    "invalid-escape",
    "invalid-json",
    "invalid-utf8",
    "invalid-yaml",
    "nesting-too-deep",
    "not-an-entry",
    "not-log-data",
    "nul-bytes",
    "record-too-long",
    "unreadable",
];

/// The kind of that name, as [`Damage::kind`] holds it; `None` where this version knows no such damage.
pub fn kind_of_damage(name: &str) -> Option<&'static str> {
    KINDS.into_iter().find(|kind| *kind == name)
}

/// Collects damage; two collections can be joined in any order.
#[derive(Debug, Default)]
pub(super) struct Damages(BTreeMap<(u32, &'static str), Damage>);

impl Damages {
    /// Counts one occurrence.
    pub(super) fn add(&mut self, file: u32, kind: &'static str, line: u32, text: &[u8]) {
        debug_assert!(KINDS.contains(&kind), "{kind} is missing in KINDS");
        let known =
            self.0.entry((file, kind)).or_insert_with(|| Damage { file, kind, count: 0, line, excerpt: excerpt(text) });
        known.count += 1;
        if line < known.line {
            known.line = line;
            known.excerpt = excerpt(text);
        }
    }

    /// Takes over what another worker saw.
    pub(super) fn join(&mut self, other: Self) {
        for (key, damage) in other.0 {
            match self.0.get_mut(&key) {
                None => {
                    self.0.insert(key, damage);
                }
                Some(known) => {
                    let count = known.count + damage.count;
                    if (damage.line, &damage.excerpt) < (known.line, &known.excerpt) {
                        *known = damage;
                    }
                    known.count = count;
                }
            }
        }
    }

    /// All damage by file and kind.
    pub(super) fn into_list(self) -> Vec<Damage> {
        self.0.into_values().collect()
    }
}

/// The beginning of a text on one line, with everything that could drive a terminal escaped.
pub(super) fn excerpt(bytes: &[u8]) -> String {
    let head = &bytes[..bytes.len().min(EXCERPT_CHARS_MAX * 4)];
    let text = String::from_utf8_lossy(head);
    let mut excerpt = String::new();
    let mut used = 0;
    for character in text.trim_start().chars() {
        let escaped = match character {
            '\n' | '\r' | '\t' => " ".to_owned(),
            _ if is_unsafe(character) => character.escape_unicode().to_string(),
            _ => character.to_string(),
        };
        used += escaped.chars().count();
        if used > EXCERPT_CHARS_MAX {
            break;
        }
        excerpt.push_str(&escaped);
    }
    excerpt
}

/// Control characters, and format characters that reorder or hide text.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::{Damages, excerpt};

    #[test]
    fn an_excerpt_is_short_and_cannot_drive_a_terminal() {
        let hostile = excerpt("\u{1b}[2J\u{7}\u{202e}abc\r\nnext".as_bytes());
        assert_eq!(hostile, "\\u{1b}[2J\\u{7}\\u{202e}abc  next");
        assert_eq!(excerpt(&[b'x'; 500]).chars().count(), 80);
        assert!(excerpt("\u{1b}".repeat(500).as_bytes()).chars().count() <= 80);
        assert_eq!(excerpt(b"a\xff"), "a\u{fffd}");
    }

    #[test]
    fn joining_in_any_order_gives_the_same_list() {
        let parts = |order: &[usize]| {
            let mut all = Damages::default();
            for index in order {
                let mut part = Damages::default();
                part.add(0, "invalid-json", [7, 3, 3][*index], [&b"x"[..], b"z", b"y"][*index]);
                all.join(part);
            }
            all.into_list()
        };
        assert_eq!(parts(&[0, 1, 2]), parts(&[2, 1, 0]));
        assert_eq!(parts(&[0, 1, 2])[0].count, 3);
        assert_eq!((parts(&[1, 2, 0])[0].line, parts(&[1, 2, 0])[0].excerpt.as_str()), (3, "y"));
    }
}
