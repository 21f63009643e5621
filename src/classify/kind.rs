//! The kind of an unremarkable line: its words without digits.
//!
//! In: a line without what is volatile. Out: a hash that lines of one kind share, on every machine.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;

use super::{message, prefix, redact, request};

/// Bytes of a line that make its kind: a payload of JSON has its message somewhere in it.
const KIND_BYTES_MAX: usize = 512;

/// Longest line that is shown, in bytes.
const SHOWN_BYTES_MAX: usize = 200;

/// The words of a line that hold no digit, as a hash; `None` for a request's echo, whose words are its path.
pub(super) fn kind_of(shape: &[u8]) -> Option<u64> {
    let shape = &shape[..shape.len().min(KIND_BYTES_MAX)];
    if shape.contains(&b'/') && request::is_request_echo(&String::from_utf8_lossy(shape)) {
        return None;
    }
    // Bytes above ASCII are parts of letters, but for the mark of what was left out.
    let is_apart = |byte: &u8| (byte.is_ascii() && !byte.is_ascii_alphanumeric()) || *byte == 0xFF;
    let mut hasher = FixedState::with_seed(29).build_hasher();
    for word in shape.split(is_apart).filter(|word| !word.is_empty() && !word.iter().any(u8::is_ascii_digit)) {
        hasher.write(word);
        hasher.write_u8(0xFF);
    }
    Some(hasher.finish())
}

/// What an unremarkable line says, as it may be shown.
pub fn shown_line(body: &str, level: redact::Level) -> String {
    let json = message::from_json(body);
    let raw = json.as_ref().map_or(body, |json| json.message.as_str());
    let clean = message::clean(raw);
    let line = prefix::strip(&clean).lines().next().unwrap_or_default();
    let line = level.min(redact::Level::Secrets).apply(line);
    line[..line.floor_char_boundary(SHOWN_BYTES_MAX)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::{kind_of, shown_line};
    use crate::classify::redact::Level;

    #[test]
    fn a_kind_is_the_words_without_values() {
        let kind = |text: &str| kind_of(text.as_bytes());
        assert_eq!(kind("cache 12 flushed in 3.5 ms"), kind("cache 7 flushed in 120 ms"));
        assert_ne!(kind("cache 12 flushed"), kind("cache 12 filled"));
        assert_ne!(kind("ab c"), kind("a bc"));
        assert_eq!(kind("INFO: 203.0.113.5:52144 - \"GET /api/orders HTTP/1.1\" 200 OK"), None);
        // The hash stands in Facts files: when it changes, so does their major version.
        assert_eq!(kind("switching to standby"), Some(14_829_177_299_615_906_747));
    }

    #[test]
    fn a_line_is_shown_without_its_dress_and_without_secrets() {
        let shown = |body: &str| shown_line(body, Level::Secrets);
        assert_eq!(shown("2026-03-02T10:00:00.000Z [info]: switching to eu-2\nmore"), "switching to eu-2");
        assert_eq!(shown(r#"{"message":"cache flushed","n":3}"#), "cache flushed");
        assert!(!shown("mail to jane.doe@acme.test sent").contains("jane.doe"));
    }
}
