//! Whether one line can begin or continue a block of lines that were written as one entry each.

use super::mention::find_kind;

/// The place of a line in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineShape {
    /// Can begin a block.
    Head,
    /// Continues one.
    Continuation,
    /// Neither.
    Plain,
}

/// Words that make a line ending in an open bracket the head of a structured error.
const ERROR_WORDS: [&str; 4] = ["error", "failed", "exception", "fatal"];

/// Decides from the text of one line.
pub fn line_shape(line: &str) -> LineShape {
    let bare = line.trim_start();
    let indented = bare.len() < line.len();
    if is_trace_head(bare) {
        return LineShape::Head;
    }
    if indented || continues(bare) {
        return LineShape::Continuation;
    }
    let lower = bare.to_ascii_lowercase();
    let opens = bare.ends_with(['{', '[', '(']) && ERROR_WORDS.iter().any(|word| lower.contains(word));
    let error_line = find_kind(bare).is_some() || lower.starts_with("error: ") || lower.contains("validation error");
    if opens || error_line { LineShape::Head } else { LineShape::Plain }
}

fn is_trace_head(bare: &str) -> bool {
    bare.starts_with("Traceback (most recent call last)")
        || bare.starts_with("panic: ")
        || bare.starts_with("fatal error: ")
        || bare.starts_with("Unhandled exception")
        || bare.starts_with("Exception in thread")
        || bare.contains("' panicked at ")
}

fn continues(bare: &str) -> bool {
    bare.is_empty()
        || bare.starts_with("at ")
        || bare.starts_with("File \"")
        || bare.starts_with("Caused by:")
        || bare.starts_with("... ")
        || bare.starts_with("goroutine ")
        || bare.starts_with("During handling of the above")
        || bare.starts_with("The above exception")
        || bare.starts_with("Require stack:")
        || bare.starts_with("[cause]")
        || bare.bytes().all(|b| matches!(b, b'^' | b'~' | b'{' | b'}' | b'[' | b']' | b'(' | b')' | b',' | b';' | b' '))
        || (bare.starts_with('#') && bare.as_bytes().get(1).is_some_and(u8::is_ascii_digit))
        || (bare.starts_with('"') && bare.contains("\": "))
        || (bare.starts_with("- ") && bare.ends_with(".js"))
        || is_key_line(bare)
}

/// `code: 'MODULE_NOT_FOUND',` inside a printed object.
fn is_key_line(bare: &str) -> bool {
    bare.split_once(": ").is_some_and(|(key, value)| {
        !key.is_empty()
            && key.len() <= 40
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && key.starts_with(|c: char| c.is_ascii_lowercase())
            && key != "error"
            && (value.ends_with(',') || value.ends_with('{') || value.ends_with('['))
            && value.starts_with([
                '\'', '"', '[', '{', 'n', 'u', 't', 'f', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9',
            ])
    })
}
