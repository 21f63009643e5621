//! Whether one line can begin or continue a block of lines that were written as one entry each.
//!
//! In: one line. Out: a [`LineShape`]. The caller joins neighbours of one instance and stream; nothing
//! but this one line's text is looked at here.

use serde::{Deserialize, Serialize};

use super::{cut, kind, node, python};
use crate::classify::{level, message, prefix};

/// The place of a line in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LineShape {
    /// Can begin a block.
    Head,
    /// Continues one.
    Continuation,
    /// Neither.
    Plain,
}

/// Longest line looked at; the first bytes tell.
const LINE_BYTES_MAX: usize = 2_048;

/// Words that make a line ending in an open bracket the head of a structured error.
const ERROR_WORDS: [&str; 4] = ["error", "failed", "exception", "fatal"];

/// Beginnings of a line that opens a trace.
const HEADS: [&str; 7] = [
    "panic: ",
    "fatal error: ",
    "Unhandled exception",
    "Unhandled Exception",
    "Exception in thread",
    "PHP Fatal error:",
    "PHP Parse error:",
];

/// Beginnings of a line that only makes sense after another; the sentences are the runtimes'.
const CONTINUATIONS: [&str; 19] = [
    "File \"",
    "Caused by:",
    "Suppressed:",
    "Wrapped by:",
    "goroutine ",
    "created by ",
    "from /",
    "[cause]",
    "[signal SIG",
    "During handling of the above",
    "The above exception",
    "During task with name",
    "---> ",
    "--- End of",
    "Stack trace:",
    "Require stack:",
    "Potential solutions:",
    "For more common dependency resolution issues",
    "(Background on this error at:",
];

/// Decides from the text of one line.
pub fn line_shape(line: &str) -> LineShape {
    let clean = message::clean(cut(line, LINE_BYTES_MAX));
    let bare = clean.trim_start();
    if bare.contains("Traceback (most recent call last)") {
        return LineShape::Head;
    }
    if bare.len() < clean.len() || continues(bare) {
        return LineShape::Continuation;
    }
    if begins(bare) { LineShape::Head } else { LineShape::Plain }
}

fn begins(bare: &str) -> bool {
    if HEADS.iter().any(|head| bare.starts_with(head))
        || bare.contains("' panicked at ")
        || bare.contains(": panic serving ")
    {
        return true;
    }
    // .NET's console and others open a message with its logger, and write it below.
    if prefix::says_nothing(bare) && level::from_text(bare) >= level::Level::Warning {
        return true;
    }
    if python::is_validation(bare) || kind::find(bare).is_some() || is_ruby_head(bare) || is_logged_exception(bare) {
        return true;
    }
    let lower = bare.to_ascii_lowercase();
    lower.starts_with("error: ")
        || bare.ends_with(['{', '[', '(']) && ERROR_WORDS.iter().any(|word| lower.contains(word))
}

fn continues(bare: &str) -> bool {
    bare.is_empty()
        || CONTINUATIONS.iter().any(|start| bare.starts_with(start))
        || is_frame(bare)
        || (bare.starts_with("... ") && (bare.ends_with(" more") || bare.ends_with(" omitted")))
        || bare.bytes().all(|byte| b"^~{}[](),; ".contains(&byte))
        || is_numbered_frame(bare)
        || is_quoted_field(bare)
        || is_key_line(bare)
        || is_go_call(bare)
        || is_field_name(bare)
        || is_advice(bare)
}

/// `at` is also a word; a frame names a place or a call.
fn is_frame(bare: &str) -> bool {
    bare.starts_with("at ")
        && (node::frame(bare).is_some() || bare.contains('(') && bare.contains(')') || bare.contains("<anonymous>"))
}

/// `#0 /app/index.php(3): main()`.
fn is_numbered_frame(bare: &str) -> bool {
    bare.strip_prefix('#').is_some_and(|rest| {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        digits > 0 && rest[digits..].starts_with(' ')
    })
}

/// `"key": value,` of a dumped object, or one quoted item of a list.
fn is_quoted_field(bare: &str) -> bool {
    bare.strip_prefix('"')
        .and_then(|rest| rest.split_once('"'))
        .is_some_and(|(_, after)| after.starts_with(':') || matches!(after, "" | ","))
}

/// `code: 'MODULE_NOT_FOUND',` inside a printed object.
fn is_key_line(bare: &str) -> bool {
    bare.split_once(": ").is_some_and(|(key, value)| {
        !key.is_empty()
            && key.len() <= 40
            && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && key.starts_with(|first: char| first.is_ascii_lowercase())
            && key != "error"
            && value.ends_with([',', '{', '['])
            && value.starts_with(|first: char| first.is_ascii_digit() || "'\"[{nutf".contains(first))
    })
}

/// `main.(*Lamp).Light(0xc000, {0x1, 0x2})`, a call in a Go stack.
fn is_go_call(bare: &str) -> bool {
    let Some((name, _)) = bare.rsplit_once('(') else { return false };
    let arguments = &bare[name.len()..];
    let printed = arguments.starts_with("(0x") || arguments.starts_with("({0x") || matches!(arguments, "(...)" | "()");
    printed && bare.ends_with(')') && name.contains('.') && !name.contains(' ')
}

/// A name alone in its line, as pydantic prints the fields it misses: `database_url`.
fn is_field_name(bare: &str) -> bool {
    bare.len() <= 80
        && bare.contains('_')
        && bare.starts_with(|first: char| first.is_ascii_alphabetic())
        && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
}

/// The list items that NestJS and Node's module loader print between a message and its frames.
fn is_advice(bare: &str) -> bool {
    bare.strip_prefix("- ").is_some_and(|item| {
        item.starts_with("Is ")
            || item.starts_with("If \"")
            || item.starts_with('/')
            || item.strip_suffix(".js").is_some()
    })
}

/// `/app/lamp.rb:3:in 'light': dark (RuntimeError)`.
fn is_ruby_head(bare: &str) -> bool {
    bare.contains(".rb:") && bare.contains(":in ") && bare.ends_with(')')
}

/// A logger's line that is followed by a trace: an exception handler's, or `Exception on /lamps [POST]`.
fn is_logged_exception(bare: &str) -> bool {
    let names = ["[ExceptionHandler]", "[ExceptionsHandler]", "Exception in ", "Exception on "]
        .iter()
        .any(|name| bare.contains(name));
    names && level::from_text(bare) >= level::Level::Error
}
