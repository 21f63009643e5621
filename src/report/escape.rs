//! Makes foreign text harmless before it is printed.
//!
//! In goes any text: log messages, names, titles that quote a log message. Out comes text
//! that shows the same thing but cannot act: it moves no cursor, reorders no line, starts no
//! Markdown construct, closes no fence, mentions nobody. Every renderer passes every string
//! through here, its own ones too, so that none can be forgotten.

use unicode_width::UnicodeWidthChar;

/// Combining marks that may follow one another; more only serve to paint over other lines.
const COMBINING_RUN_MAX: usize = 3;

/// Whether a character has no glyph of its own and changes how others are shown:
/// control characters, bidirectional controls, zero-width and tag characters, fillers.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Text with every hidden character written out (`\x1b`, `\u{202e}`); a line break becomes
/// `⏎`, a tab a blank. The result is one line.
pub fn one_line(text: &str) -> String {
    written_out(text, false)
}

/// Like [`one_line`], but line breaks stay. For commands, which may span lines.
pub fn many_lines(text: &str) -> String {
    written_out(text, true)
}

fn written_out(text: &str, keep_line_breaks: bool) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut combining_run = 0;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let is_combining = c.width() == Some(0) && !is_hidden(c);
        combining_run = if is_combining { combining_run + 1 } else { 0 };
        match c {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' if keep_line_breaks => shown.push('\n'),
            '\n' => shown.push('⏎'),
            '\t' => shown.push(' '),
            _ if is_hidden(c) || combining_run > COMBINING_RUN_MAX => shown.push_str(&code_of(c)),
            _ => shown.push(c),
        }
    }
    shown
}

/// `\x1b` up to 0xff, `\u{202e}` above.
fn code_of(c: char) -> String {
    let number = u32::from(c);
    if number <= 0xff { format!("\\x{number:02x}") } else { format!("\\u{{{number:x}}}") }
}

/// Text for a Markdown paragraph, list item, heading or table cell, in one line.
///
/// Words made of letters, digits and plain punctuation stay as they are; every other word
/// (it could be a tag, a link, a mention, an issue number, an address) becomes inline code,
/// because that is the only place where neither CommonMark nor GitHub looks for markup.
pub fn markdown(text: &str) -> String {
    let mut shown = String::new();
    let mut pending_code = String::new();
    for (index, word) in one_line(text).split_whitespace().enumerate() {
        if is_plain_word(word) {
            flush_code(&mut shown, &mut pending_code);
            push_separated(&mut shown, &if index == 0 { opening_word(word) } else { word.to_owned() });
        } else {
            push_separated(&mut pending_code, word);
        }
    }
    flush_code(&mut shown, &mut pending_code);
    shown
}

/// Text as Markdown inline code, in one line; empty for blank text.
///
/// A `|` would end a table cell even inside code, and a backslash before it is read
/// differently by different parsers, so it is written as an entity between two code spans.
pub fn markdown_code(text: &str) -> String {
    let shown = one_line(text);
    let pieces: Vec<String> = shown.split('|').map(|piece| code_span(piece.trim())).collect();
    pieces.join("&#124;").trim().to_owned()
}

/// The fence that text cannot close: longer than any run of backticks in it.
pub fn markdown_fence(text: &str) -> String {
    "`".repeat(longest_backtick_run(text).max(2) + 1)
}

fn code_span(piece: &str) -> String {
    if piece.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_backtick_run(piece) + 1);
    let pad = if piece.starts_with('`') || piece.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{piece}{pad}{fence}")
}

fn longest_backtick_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

fn flush_code(shown: &mut String, pending_code: &mut String) {
    if !pending_code.is_empty() {
        push_separated(shown, &markdown_code(pending_code));
        pending_code.clear();
    }
}

fn push_separated(text: &mut String, word: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(word);
}

/// Whether neither CommonMark nor GitHub can see anything in a word but a word.
fn is_plain_word(word: &str) -> bool {
    let plain_characters = word.chars().all(|c| c.is_alphanumeric() || ",.;:'\"()%+-/=?!–—…×→≥≤⏎“”‘’·".contains(c));
    let lower = word.to_ascii_lowercase();
    let looks_like_link = lower.contains("//") || lower.contains("www.") || lower.contains("gh-");
    let looks_like_emoji_or_scheme = lower.as_bytes().windows(2).any(|pair| pair[0] == b':' && pair[1].is_ascii_alphabetic());
    plain_characters && !looks_like_link && !looks_like_emoji_or_scheme && !contains_commit_id(&lower)
}

/// Seven or more hexadecimal digits in a row, letters among them: GitHub links these to commits.
fn contains_commit_id(lower: &str) -> bool {
    let mut runs = lower.split(|c: char| !c.is_ascii_hexdigit());
    runs.any(|run| run.len() >= 7 && run.bytes().any(|b| b.is_ascii_alphabetic()) && run.bytes().any(|b| b.is_ascii_digit()))
}

/// A first word that would open a list, a rule or an underlined heading, with a backslash before the mark.
fn opening_word(word: &str) -> String {
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    match word.as_bytes().get(digits) {
        Some(b'.' | b')') if digits > 0 => format!("{}\\{}", &word[..digits], &word[digits..]),
        Some(b'-' | b'+' | b'=') if digits == 0 => format!("\\{word}"),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{many_lines, markdown, markdown_code, markdown_fence, one_line};

    #[test]
    fn terminal_controls_are_shown_instead_of_obeyed() {
        assert_eq!(one_line("a\x1b[31mb\u{202e}c\u{200b}\u{9b}d\r\ne\tf"), "a\\x1b[31mb\\u{202e}c\\u{200b}\\x9bd⏎e f");
        assert_eq!(one_line("a\rb"), "a\\x0db");
        assert_eq!(many_lines("a \\\n b\x07"), "a \\\n b\\x07");
    }

    #[test]
    fn words_of_other_languages_stay_readable_but_stacked_marks_do_not() {
        assert_eq!(one_line("Größe 失敗 नमस्ते e\u{301}"), "Größe 失敗 नमस्ते e\u{301}");
        assert!(one_line(&format!("z{}", "\u{301}".repeat(9))).contains("\\u{301}"));
    }

    #[test]
    fn markup_becomes_inline_code_and_prose_stays_prose() {
        assert_eq!(markdown("9 of 9 exits, at 01:42:17Z (2 min)."), "9 of 9 exits, at 01:42:17Z (2 min).");
        assert_eq!(markdown("ask @ops about #12 now"), "ask `@ops` about `#12` now");
        assert_eq!(markdown("<b>x</b> [y](http://z) end"), "`<b>x</b> [y](http://z)` end");
        assert_eq!(markdown("1. not a list"), "1\\. not a list");
        assert_eq!(markdown("- not a list"), "\\- not a list");
        assert_eq!(markdown("see 3f2a9bc1 and :boom: and www.example.org"), "see `3f2a9bc1` and `:boom:` and `www.example.org`");
    }

    #[test]
    fn code_spans_hold_backticks_and_never_a_raw_pipe() {
        assert_eq!(markdown_code("a``b"), "```a``b```");
        assert_eq!(markdown_code("`"), "`` ` ``");
        assert_eq!(markdown_code("a|b"), "`a`&#124;`b`");
        assert_eq!(markdown_code("  "), "");
        assert_eq!(markdown_fence("echo ```` x"), "`````");
    }
}
