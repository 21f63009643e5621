//! Repairs what common exporters and copying by hand do to JSON.
//!
//! In goes the text of one record that a strict reader refused; out comes the nearest valid JSON and
//! what had to be changed: raw control characters in strings, NUL bytes, escapes that JSON does not
//! know (`\*`), half surrogate pairs, trailing commas, and Python's `NaN`, `None`, `True`, `False`.

/// The repaired text and what was changed.
#[derive(Debug, Default)]
pub(super) struct Repaired {
    pub text: String,
    pub nul_bytes: bool,
    pub control_characters: bool,
    pub invalid_escape: bool,
}

/// Words outside strings that are no JSON, with what they mean.
const WORDS: &[(&str, &str)] = &[
    ("NaN", "null"),
    ("-Infinity", "null"),
    ("Infinity", "null"),
    ("None", "null"),
    ("True", "true"),
    ("False", "false"),
    ("undefined", "null"),
];

/// Repairs one record.
pub(super) fn repair(text: &str) -> Repaired {
    let mut repaired = Repaired { text: String::with_capacity(text.len() + 16), ..Repaired::default() };
    let mut rest = text;
    let mut in_string = false;
    while let Some(character) = rest.chars().next() {
        let len = character.len_utf8();
        let used = match character {
            '\0' => {
                repaired.nul_bytes = true;
                len
            }
            '\\' if in_string => repaired.escape(rest),
            '"' => {
                in_string = !in_string;
                repaired.text.push('"');
                len
            }
            _ if in_string && character < ' ' => {
                repaired.control_characters = true;
                let code = u32::from(character);
                let digits = [code / 16, code % 16].map(|digit| char::from_digit(digit, 16).unwrap_or('0'));
                repaired.text.push_str("\\u00");
                repaired.text.extend(digits);
                len
            }
            '}' | ']' if !in_string => {
                repaired.drop_trailing_comma();
                repaired.text.push(character);
                len
            }
            _ if !in_string && (character.is_ascii_alphabetic() || character == '-') => repaired.word(rest),
            _ => {
                repaired.text.push(character);
                len
            }
        };
        rest = &rest[used..];
    }
    repaired
}

impl Repaired {
    /// Copies the escape at the start of `rest`, or what it must have meant; returns its length.
    fn escape(&mut self, rest: &str) -> usize {
        let Some(kind) = rest[1..].chars().next() else {
            self.invalid_escape = true;
            self.text.push_str("\\\\");
            return 1;
        };
        match kind {
            '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' => {
                self.text.push_str(&rest[..2]);
                2
            }
            'u' => self.unicode_escape(rest),
            _ => {
                // The character itself is handled by the caller: it may need an escape of its own.
                self.invalid_escape = true;
                self.text.push_str("\\\\");
                1
            }
        }
    }

    fn unicode_escape(&mut self, rest: &str) -> usize {
        let unit = |text: &str| {
            text.get(2..6).filter(|_| text.starts_with("\\u")).and_then(|hex| u16::from_str_radix(hex, 16).ok())
        };
        let Some(first) = unit(rest) else {
            self.invalid_escape = true;
            self.text.push_str("\\\\");
            return 1;
        };
        match first {
            0xd800..=0xdbff
                if rest.get(6..).and_then(unit).is_some_and(|second| (0xdc00..=0xdfff).contains(&second)) =>
            {
                self.text.push_str(&rest[..12]);
                12
            }
            0xd800..=0xdfff => {
                self.invalid_escape = true;
                self.text.push('\u{fffd}');
                6
            }
            _ => {
                self.text.push_str(&rest[..6]);
                6
            }
        }
    }

    fn word(&mut self, rest: &str) -> usize {
        for (word, meaning) in WORDS {
            if rest.starts_with(word) {
                self.text.push_str(meaning);
                return word.len();
            }
        }
        let len = rest.bytes().take_while(u8::is_ascii_alphanumeric).count().max(1);
        self.text.push_str(&rest[..len]);
        len
    }

    fn drop_trailing_comma(&mut self) {
        let kept = self.text.trim_end();
        if kept.ends_with(',') {
            let len = kept.len() - 1;
            self.text.truncate(len);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::repair;

    #[test]
    fn damaged_json_is_read_as_it_was_meant() {
        for (damaged, expected) in [
            (r#"{"a":"\*x"}"#, r#"{"a":"\\*x"}"#),
            ("{\"a\":\"x\ny\"}", r#"{"a":"x\u000ay"}"#),
            ("{\"a\":\"x\0y\"}\0", r#"{"a":"xy"}"#),
            (r#"{"a":"\ud800","b":"\ud83c\udfa4"}"#, "{\"a\":\"\u{fffd}\",\"b\":\"\\ud83c\\udfa4\"}"),
            (r#"{"a":[1,2,],}"#, r#"{"a":[1,2]}"#),
            (r#"{"a":NaN,"b":-Infinity,"c":None,"d":-1e5}"#, r#"{"a":null,"b":null,"c":null,"d":-1e5}"#),
            (r#"{"a":"\u12"}"#, r#"{"a":"\\u12"}"#),
        ] {
            let repaired = repair(damaged).text;
            assert_eq!(repaired, expected);
            assert!(serde_json::from_str::<serde_json::Value>(&repaired).is_ok(), "{repaired}");
        }
    }
}
