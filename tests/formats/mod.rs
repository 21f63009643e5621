//! Every form of the report: the same bytes from a stored one, a schema that holds, and nothing that log text can do.

mod hostile_logs;
mod hostile_report;
mod pictures;
mod redaction;
mod schema;
mod script;
mod sha256;
mod stored;

use whydown::model::report::Report;
use whydown::report::{Format, Options, render};

/// All forms, with the ending of their files.
pub const FORMATS: [(Format, &str); 8] = [
    (Format::Text, "txt"),
    (Format::Markdown, "md"),
    (Format::Html, "html"),
    (Format::Json, "json"),
    (Format::Csv, "csv"),
    (Format::Sarif, "sarif"),
    (Format::Junit, "xml"),
    (Format::Script, "sh"),
];

/// A report in one form.
pub fn rendered(report: &Report, format: Format, full: bool) -> String {
    let mut bytes = Vec::new();
    let options = Options { width: 80, color: false, full };
    render(report, format, &options, &mut bytes).expect("a vector takes everything");
    String::from_utf8(bytes).expect("every form is UTF-8")
}

/// Whether a character moves a cursor, hides or turns text around.
pub fn acts_on_a_terminal(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
