//! Makes log text harmless: in a terminal, in Markdown, in one line.

/// One line without anything that moves a cursor, hides or reorders text: control, bidirectional and
/// zero-width characters are written as escapes, line breaks as `⏎`.
pub(super) fn line(text: &str, chars_max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(chars_max * 4));
    let mut blank = false;
    for (count, c) in text.trim().chars().enumerate() {
        if count >= chars_max {
            out.push('…');
            break;
        }
        let space = c == ' ' || c == '\t';
        if space && blank {
            continue;
        }
        blank = space;
        push(&mut out, c);
    }
    out
}

fn push(out: &mut String, c: char) {
    match c {
        '\n' => out.push('⏎'),
        '\r' => out.push_str("\\r"),
        '\t' => out.push(' '),
        c if is_hidden(c) => out.extend(c.escape_unicode()),
        c => out.push(c),
    }
}

/// Control characters, and characters that are invisible, change the direction of writing, or may not stand in XML.
pub(super) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

/// A command as it is to be typed: whole, every blank kept, only its line breaks as they are. Hidden characters
/// are written as escapes; advice never makes any, so this only matters for a report that somebody else wrote.
pub(super) fn command(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim_end().chars() {
        match c {
            c if c != '\n' && is_hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// Several lines: each like [`line`], for a fenced block.
pub(super) fn lines(text: &str, lines_max: usize, chars_max: usize) -> Vec<String> {
    let mut shown: Vec<String> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .take(lines_max)
        .map(|text| {
            let indent = text.len() - text.trim_start().len();
            format!("{}{}", " ".repeat(indent.min(8)), line(text, chars_max))
        })
        .collect();
    if text.lines().filter(|line| !line.trim().is_empty()).count() > lines_max {
        shown.push("…".to_owned());
    }
    shown
}

/// Text inside a Markdown paragraph or table cell: every character that Markdown or HTML could act on is
/// written as an entity or behind a backslash, and `@` cannot mention anybody.
pub(super) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    // What a list begins with would make one.
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 && text[digits..].starts_with(['.', ')']) {
        out.push_str(&text[..digits]);
        out.push_str(if text[digits..].starts_with('.') { "&#46;" } else { "&#41;" });
        rest = &text[digits + 1..];
    } else if text.starts_with(['-', '+', '=']) {
        out.push_str(match &text[..1] {
            "-" => "&#45;",
            "+" => "&#43;",
            _ => "&#61;",
        });
        rest = &text[1..];
    }
    for c in rest.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' => out.push_str("&#124;"),
            // The invisible space keeps the address from being a mention.
            '@' => out.push_str("&#64;&#8203;"),
            '$' => out.push_str("&#36;"),
            '`' => out.push_str("&#96;"),
            '#' => out.push_str("&#35;"),
            '\\' | '*' | '_' | '[' | ']' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    // A bare address would become a link.
    out.replace("://", "&#58;//").replace("www.", "www&#46;")
}

/// A fence longer than any run of backticks in the text.
pub(super) fn fence(text: &str) -> String {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    "`".repeat((longest + 1).max(3))
}

#[cfg(test)]
mod tests {
    use super::{fence, line, markdown};

    #[test]
    fn a_line_cannot_move_the_cursor() {
        assert_eq!(line("a\u{1b}[31mb\u{202e}c\nd", 99), "a\\u{1b}[31mb\\u{202e}c⏎d");
        assert_eq!(line("abcdef", 3), "abc…");
    }

    #[test]
    fn markdown_cannot_be_broken_out_of() {
        let text = markdown("</details><script>x</script> [a](http://b) **c** `d` | @team");
        for part in ["<script", "[a](", " **c", "`", "|", "@", "://"] {
            assert!(!text.contains(part), "{part} in {text}");
        }
        assert_eq!(fence("``` inside"), "````");
    }
}
