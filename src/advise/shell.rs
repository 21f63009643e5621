//! Words → one line for a POSIX shell, so that no word can end its quoting.
//!
//! In: words as the program should receive them. Out: text that a shell splits back into exactly these words.
//! A word with a control, bidirectional or invisible character is refused as a whole: pasted into a
//! terminal it could press Enter or show another command than the one that runs.

/// Stands for a word that was refused.
pub const REFUSED: &str = "REFUSED";

/// Quotes one word for a POSIX shell; gives [`REFUSED`] for a word with invisible characters.
///
/// Only single quotes are used, because `$`, backticks, `\` and (in interactive shells) `!` keep their
/// meaning inside double quotes.
pub fn quote(word: &str) -> String {
    if word.chars().any(is_unseen) {
        return REFUSED.to_owned();
    }
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Quotes and joins the words of one command.
pub fn command(words: &[&str]) -> String {
    words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
}

/// Joins commands by pipes; every word is quoted by itself.
pub fn pipe(commands: &[&[&str]]) -> String {
    commands.iter().map(|words| command(words)).collect::<Vec<_>>().join(" | ")
}

/// Text for people: unseen characters become blanks, runs of blanks one, and the end is cut at `chars_max`.
pub fn prose(text: &str, chars_max: usize) -> String {
    let seen: String = text.chars().map(|c| if is_unseen(c) { ' ' } else { c }).collect();
    let joined = seen.split_whitespace().collect::<Vec<_>>().join(" ");
    if joined.chars().count() <= chars_max {
        return joined;
    }
    joined.chars().take(chars_max).chain(['…']).collect()
}

/// Characters that act on a terminal or reorder text instead of being seen.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Characters that mean nothing to any shell, wherever they stand in a word.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b':' | b'=' | b',' | b'@' | b'+' | b'%')
}

#[cfg(test)]
mod tests {
    use super::{REFUSED, command, prose, quote};

    #[test]
    fn every_visible_word_comes_back_from_a_shell_as_it_was() {
        for word in
            ["", "a", "a b", "; rm -rf /", "$(x)", "`x`", "it's", "''", "\"q\"", "a\\b", "!x", "ümlaut", "*?[]{}~#&|<>"]
        {
            assert_eq!(shlex::split(&quote(word)), Some(vec![word.to_owned()]), "{word:?}");
        }
    }

    #[test]
    fn a_word_that_a_terminal_would_act_on_is_refused() {
        for word in ["a\nb", "a\rb", "\u{1b}[2J", "nul\0", "right\u{202e}left", "zero\u{200b}width"] {
            assert_eq!(quote(word), REFUSED, "{word:?}");
        }
    }

    #[test]
    fn plain_words_stay_readable() {
        assert_eq!(command(&["gcloud", "run", "--region=us-central1", "a b"]), "gcloud run --region=us-central1 'a b'");
    }

    #[test]
    fn prose_has_no_control_characters_and_an_end() {
        assert_eq!(prose("a\n\u{1b}[2Jb  c", 20), "a [2Jb c");
        assert_eq!(prose("abcdef", 3), "abc…");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_one_word(word in "\\PC*") {
            let back = shlex::split(&quote(&word)).unwrap();
            proptest::prop_assert_eq!(back.len(), 1);
            proptest::prop_assert!(back[0] == word || back[0] == REFUSED);
        }
    }
}
