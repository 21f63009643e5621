//! Keeps secrets and addresses of people out of everything that is kept or printed.
//!
//! In: a text. Out: the same text with passwords in URLs, tokens, keys, secret values and e-mail addresses
//! replaced by stable pseudonyms: equal values stay equal, so a reader can still follow them. Service
//! accounts stay, because a permission is given to them by name. `strict` also replaces IP addresses (but not
//! loopback and "any"), query strings and user names.

use std::borrow::Cow;
use std::hash::BuildHasher;
use std::sync::OnceLock;

use foldhash::fast::FixedState;
use regex::{Captures, Regex};

mod strict;

/// How much is kept out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing: every text as it was logged.
    None,
    /// Secrets, tokens, keys, passwords in URLs and e-mail addresses.
    #[default]
    Secrets,
    /// Also IP addresses, query strings and user names.
    Strict,
}

impl Level {
    /// The word of the command line and of the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Secrets => "secrets",
            Self::Strict => "strict",
        }
    }

    /// The text as this level shows it.
    pub fn apply(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::None => Cow::Borrowed(text),
            Self::Secrets => redact(text),
            Self::Strict => match redact(text) {
                Cow::Borrowed(text) => strict::redact(text),
                Cow::Owned(text) => Cow::Owned(strict::redact(&text).into_owned()),
            },
        }
    }

    /// The same for a command: only addresses of hosts, which are the one thing of a person that a checked name can be.
    pub fn apply_to_command(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::None | Self::Secrets => Cow::Borrowed(text),
            Self::Strict => strict::addresses(text).map_or(Cow::Borrowed(text), Cow::Owned),
        }
    }
}

/// Every kind of pseudonym, as it is called in `<kind-1a2b3c>`.
pub const NAMES: [&str; 8] = ["key", "password", "token", "secret", "email", "ip", "query", "user"];

/// One kind of secret: how its pseudonym is called, and what it looks like; the group `value` is replaced.
struct Kind {
    name: &'static str,
    pattern: &'static str,
}

const KINDS: [Kind; 6] = [
    Kind {
        name: "key",
        pattern: r"(?P<value>-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.)*?(?:-----END [A-Z ]*PRIVATE KEY-----|$))",
    },
    Kind { name: "password", pattern: r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@]*:(?P<value>[^\s/@]+)@" },
    Kind {
        name: "token",
        pattern: r"(?P<value>eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?|ya29\.[A-Za-z0-9_-]{16,}|AIza[A-Za-z0-9_-]{30,}|AKIA[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{30,}|xox[abprs]-[A-Za-z0-9-]{10,}|sk-[A-Za-z0-9_-]{20,}|sk_(?:live|test)_[A-Za-z0-9]{16,})",
    },
    Kind { name: "token", pattern: r"(?i:bearer|basic)\s+(?P<value>[A-Za-z0-9._~+/-]{16,}=*)" },
    Kind {
        name: "secret",
        pattern: r#"(?i:passw(?:or)?d|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|client[_-]?secret|authorization)['"]?(?:\s*=\s*|\s*['"]?:\s*['"])['"]?(?P<value>[^\s"',;&<>{}()\[\]]{4,})"#,
    },
    Kind { name: "email", pattern: r"(?P<value>[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,})" },
];

/// Replaces every secret of a text.
pub fn redact(text: &str) -> Cow<'_, str> {
    static PATTERNS: OnceLock<Vec<(&'static str, Regex)>> = OnceLock::new();
    // Nothing that is replaced lacks all of these; most texts do.
    let suspicious = text.bytes().any(|b| matches!(b, b'@' | b'='))
        || ["eyJ", "earer ", "asic ", "KEY-----", "AIza", "AKIA", "sk-", "sk_", "gh", "xox", "ya29", "\":", "':"]
            .iter()
            .any(|mark| text.contains(mark));
    if !suspicious {
        return Cow::Borrowed(text);
    }
    let patterns = PATTERNS.get_or_init(|| {
        KINDS
            .iter()
            .map(|kind| (kind.name, Regex::new(kind.pattern).expect("a fixed pattern, compiled by a test")))
            .collect()
    });
    let mut text = Cow::Borrowed(text);
    for (name, pattern) in patterns {
        if pattern.is_match(&text) {
            let replaced = pattern.replace_all(&text, |found: &Captures<'_>| replacement(name, found)).into_owned();
            text = Cow::Owned(replaced);
        }
    }
    text
}

fn replacement(name: &str, found: &Captures<'_>) -> String {
    let whole = &found[0];
    let Some(value) = found.name("value") else { return whole.to_owned() };
    if stays(name, value.as_str()) {
        return whole.to_owned();
    }
    let start = value.start() - found.get(0).map_or(0, |whole| whole.start());
    format!("{}{}{}", &whole[..start], pseudonym(name, value.as_str()), &whole[start + value.len()..])
}

/// Service accounts, names of secrets, and values that are already masked are no secrets.
fn stays(name: &str, value: &str) -> bool {
    let masked = value.chars().all(|c| c == '*' || c == 'x' || c == 'X') || value.eq_ignore_ascii_case("redacted");
    let known = name == "email" && (value.ends_with(".gserviceaccount.com") || value.ends_with("@example.com"));
    let resource = name == "secret"
        && (value.starts_with("projects/")
            || ["none", "null", "true", "false", "undefined"].contains(&value.to_ascii_lowercase().as_str()));
    let pseudonym = value.starts_with('<') && value.ends_with('>');
    masked || known || resource || pseudonym
}

/// `<email-1a2b3c>`: the same for the same value, on every machine.
fn pseudonym(name: &str, value: &str) -> String {
    let hash = FixedState::with_seed(5).hash_one(value.to_ascii_lowercase());
    format!("<{name}-{:06x}>", hash & 0xff_ffff)
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn secrets_are_replaced_and_equal_ones_stay_equal() {
        for (text, gone) in [
            ("connect postgres://app:hunter22@10.0.0.3/db failed", "hunter22"),
            ("Authorization: Bearer abcdefghijklmnop123456", "abcdefghijklmnop123456"),
            ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.sig rejected", "eyJhbGciOiJIUzI1NiJ9"),
            (r#"{"password": "hunter22"}"#, "hunter22"),
            ("API_KEY=abcd1234efgh missing scope", "abcd1234efgh"),
            ("user mika@acme.test not found", "mika@acme.test"),
            ("-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----", "MIIabc"),
        ] {
            let clean = redact(text);
            assert!(!clean.contains(gone), "{clean}");
            assert_eq!(clean, redact(&clean), "redacting twice changes nothing");
        }
        let both = redact("mika@acme.test wrote to mika@acme.test").into_owned();
        let names: Vec<&str> = both.split(" wrote to ").collect();
        assert_eq!(names[0], names[1]);
    }

    #[test]
    fn what_names_the_cause_stays() {
        for text in [
            "Permission denied on secret: projects/p/secrets/smtp/versions/latest for Revision service account a@p.iam.gserviceaccount.com",
            "password authentication failed for user \"postgres\"",
            "SECRET_KEY must be set in production",
            "Unexpected token: }",
            "No module named 'shop.tokens'",
            "JWT=REDACTED verification failed",
        ] {
            assert_eq!(redact(text), text);
        }
    }
}
