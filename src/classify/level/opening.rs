//! Levels that a line tells by how it opens: the letter of glog, the word of .NET's console, the sign of a person.

use super::Level;

/// The level of a line's beginning; `None` where it opens in none of these ways.
pub(super) fn of_line(head: &str) -> Option<Level> {
    glog(head.as_bytes()).or_else(|| dotnet(head)).or_else(|| sign(head))
}

/// `E0304 12:00:00.000000       1 main.go:10] …`.
fn glog(bytes: &[u8]) -> Option<Level> {
    let digits = bytes.get(1..5)?.iter().all(u8::is_ascii_digit);
    if !digits || bytes.get(5) != Some(&b' ') || bytes.get(8) != Some(&b':') {
        return None;
    }
    match bytes[0] {
        b'I' => Some(Level::Info),
        b'W' => Some(Level::Warning),
        b'E' => Some(Level::Error),
        b'F' => Some(Level::Fatal),
        _ => None,
    }
}

/// `fail: Acme.Orders.Poster[0]`, as .NET's console opens a message.
fn dotnet(head: &str) -> Option<Level> {
    let (word, rest) = head.split_once(": ")?;
    let (category, id) = rest.lines().next()?.split_once('[')?;
    let named = category.contains('.') && !category.contains(' ') && id.ends_with(']');
    match word {
        "fail" if named => Some(Level::Error),
        "crit" if named => Some(Level::Fatal),
        "warn" if named => Some(Level::Warning),
        _ => None,
    }
}

/// A sign that people put before what went wrong.
fn sign(head: &str) -> Option<Level> {
    let head = head.trim_start();
    ["❌", "🔴", "💥", "🚨"].iter().any(|sign| head.starts_with(sign)).then_some(Level::Error)
}
