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

/// What stands before the `Kind: ` that a text ends in: the whole text where it ends in none.
pub fn before_kind(text: &str) -> &str {
    let bare = text.trim_end().trim_end_matches(':');
    let start = bare.rfind(char::is_whitespace).map_or(0, |space| space + 1);
    if bare.len() < text.trim_end().len() && kind::is_kind(&bare[start..]) { &text[..start] } else { text }
}

#[cfg(test)]
mod tests {
    use super::before_kind;

    #[test]
    fn a_class_before_a_message_is_no_word_about_it() {
        assert_eq!(before_kind("user 7 wrote: ModuleNotFoundError: "), "user 7 wrote: ");
        assert_eq!(before_kind("ModuleNotFoundError: "), "");
        assert_eq!(before_kind("setup failed: "), "setup failed: ");
        assert_eq!(before_kind(""), "");
    }
}
