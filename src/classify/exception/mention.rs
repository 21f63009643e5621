//! Exceptions named in one line of prose, without a trace.

use super::{MESSAGE_BYTES_MAX, cut, kind};

/// Finds the `Kind: message` that a log line ends in, for example
/// `setup failed: ModuleNotFoundError: No module named 'x'`; a database error is reduced to the
/// driver's own. Only the first line is looked at.
pub fn mention(text: &str) -> Option<(String, String)> {
    let line = text.trim_start().lines().next()?;
    let (kind, said) = kind::find(line)?;
    let (kind, said) = kind::unwrap_database(&kind, said);
    // An opening bracket or a bare number is the start of a dump, not a message.
    (said.len() >= 3 && said.chars().any(char::is_alphabetic))
        .then(|| (kind.to_owned(), cut(said, MESSAGE_BYTES_MAX).to_owned()))
}
