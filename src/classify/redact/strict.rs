//! What only `strict` replaces: IP addresses, query strings, user names.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr, SocketAddrV4};
use std::sync::OnceLock;

use regex::{Captures, Regex};

/// Query strings and user names; the named group is replaced. A value never begins like a pseudonym.
const PATTERNS: [(&str, &str); 4] = [
    ("query", r#"(?:[A-Za-z][A-Za-z0-9+.-]*://[^\s?#"'<>]+|(?:^|[\s"'(=])/[^\s?#"'<>]*)\?(?P<value>[^\s"'<>#)\]}]+)"#),
    ("user", r"/(?:home|Users)/(?P<value>[^\s/<>:;,\x22']+)"),
    (
        "user",
        r#"(?i:\b(?:user(?:[ _-]?name)?|login|principal|uid))(?:\s*[=:]\s*|\s+)["'`](?P<value>[^"'`<>\s]{1,128})["'`]"#,
    ),
    ("user", r"(?i:\b(?:user(?:[_-]?name)?|login|uid))=(?P<value>[^\s\x22'`<>,;&)\]}]{1,128})"),
];

/// Replaces what a text names of these.
pub(super) fn redact(text: &str) -> Cow<'_, str> {
    static COMPILED: OnceLock<Vec<(&'static str, Regex)>> = OnceLock::new();
    let patterns = COMPILED.get_or_init(|| {
        PATTERNS
            .iter()
            .map(|(name, pattern)| (*name, Regex::new(pattern).expect("a fixed pattern, compiled by a test")))
            .collect()
    });
    let mut text = Cow::Borrowed(text);
    for (name, pattern) in patterns {
        if pattern.is_match(&text) {
            let replaced =
                pattern.replace_all(&text, |found: &Captures<'_>| super::replacement(name, found)).into_owned();
            text = Cow::Owned(replaced);
        }
    }
    match addresses(&text) {
        Some(replaced) => Cow::Owned(replaced),
        None => text,
    }
}

/// The text without IP addresses; `None` where it has none.
pub(super) fn addresses(text: &str) -> Option<String> {
    let in_address = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '_' | '-');
    let mut out = String::new();
    let mut found = false;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !in_address(c)).unwrap_or(rest.len());
        if end == 0 {
            let next = rest.find(in_address).unwrap_or(rest.len());
            out.push_str(&rest[..next]);
            rest = &rest[next..];
            continue;
        }
        let (word, after) = rest.split_at(end);
        match address(word) {
            Some((length, address)) => {
                found = true;
                out.push_str(&super::pseudonym("ip", &address.to_string()));
                out.push_str(&word[length..]);
            }
            None => out.push_str(word),
        }
        rest = after;
    }
    found.then_some(out)
}

/// The address that a word begins with, and its length without a port; loopback and "any" name nobody.
fn address(word: &str) -> Option<(usize, IpAddr)> {
    let bare = word.trim_end_matches(['.', ':', '-', '_']);
    let (length, address) = if let Ok(address) = bare.parse::<IpAddr>() {
        (bare.len(), address)
    } else if let Ok(address) = bare.parse::<SocketAddrV4>() {
        (bare.rfind(':')?, IpAddr::V4(*address.ip()))
    } else {
        return None;
    };
    // `::` alone and `a::b` of a program are no addresses of a host.
    let short = matches!(address, IpAddr::V6(v6) if v6.segments().iter().filter(|part| **part != 0).count() < 3
        && v6.to_ipv4_mapped().is_none() && v6 != Ipv6Addr::LOCALHOST);
    (!short && !address.is_loopback() && !address.is_unspecified()).then_some((length, address))
}

#[cfg(test)]
mod tests {
    use super::super::Level;

    #[test]
    fn strict_replaces_addresses_queries_and_users_and_says_the_same_twice() {
        for (text, gone) in [
            ("dial tcp 10.12.0.7:5432: connect: connection refused", "10.12.0.7"),
            ("from 203.0.113.9.", "203.0.113.9"),
            ("peer [2001:db8::7:1]:443 reset", "2001:db8"),
            ("GET https://shop.example/cart?session=abc&x=1 503", "session"),
            ("\"GET /cart?voucher=77 HTTP/1.1\" 500", "voucher"),
            ("File \"/home/mika/app/main.py\", line 3", "mika"),
            ("password authentication failed for user \"postgres\"", "postgres"),
            ("login: user=mika host=db", "mika"),
        ] {
            let clean = Level::Strict.apply(text);
            assert!(!clean.contains(gone), "{clean}");
            assert_eq!(clean, Level::Strict.apply(&clean), "twice is once");
            assert!(Level::Secrets.apply(text).contains(gone), "only strict replaces {gone}");
        }
        let port = Level::Strict.apply("dial tcp 10.12.0.7:5432 refused").into_owned();
        assert!(port.contains(":5432 refused"), "the port stays: {port}");
    }

    #[test]
    fn what_names_nobody_stays() {
        for text in [
            "Listening at: http://0.0.0.0:8080 (1)",
            "connect ECONNREFUSED 127.0.0.1:6379 and ::1",
            "at core::add std::fs::read 10:12:56 2026-03-04 1.2.3",
            "why? because",
            "user is not allowed",
        ] {
            assert_eq!(Level::Strict.apply(text), text);
        }
        assert_eq!(Level::None.apply("mika@acme.test"), "mika@acme.test");
    }
}
