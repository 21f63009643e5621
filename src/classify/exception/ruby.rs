//! Ruby errors: ``file.rb:3:in `f': message (Kind)``.

use super::frames::frame;
use super::{Chain, Runtime, exception};

/// Reads an uncaught error.
pub(super) fn parse(text: &str) -> Option<Chain> {
    let line = text.lines().find(|line| line.trim_end().ends_with(')') && line.contains(":in "))?;
    let (place, rest) = line.split_once(":in ")?;
    let (function, rest) = rest.get(1..)?.split_once("': ")?;
    let (message, kind) = rest.trim_end().strip_suffix(')')?.rsplit_once(" (")?;
    let class = kind.rsplit("::").next().unwrap_or("");
    if !class.starts_with(|c: char| c.is_ascii_uppercase())
        || !kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b':')
    {
        return None;
    }
    let (file, number) = place.trim().rsplit_once(':').unwrap_or((place, ""));
    let frames = vec![frame(function, file, number.parse().ok())];
    Some(Chain { runtime: Runtime::Ruby, links: vec![exception(kind, message, frames)], root: 0 })
}
