//! From what the stages found to one report, and from the report to bytes.
//!
//! `compose` brings everything into the contract of [`crate::model::report`]; `view` computes every number,
//! time and sentence once; one renderer a format writes it. Log text is hostile: `escape` makes it harmless
//! in each place.

pub mod canary;
pub mod checks;
pub mod compared;
pub mod compose;
pub mod events;
pub mod patterns;
pub mod signature;

mod escape;
mod json;
mod markdown;
mod suppressed;
mod tables;
mod text;
mod view;

use std::io::{self, Write};

use crate::model::report::Report;

/// Form of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    Text,
    /// For a ticket.
    Markdown,
    /// The contract itself.
    Json,
}

/// How to render.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Columns of the text form.
    pub width: u16,
    /// Whether to colour the text form.
    pub color: bool,
    /// Whether to show everything.
    pub full: bool,
}

/// Writes the report.
pub fn render(report: &Report, format: Format, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => text::write(&view::view(report, options.full), *options, out),
        Format::Markdown => markdown::write(&view::view(report, options.full), out),
        Format::Json => json::write(report, out),
    }
}

/// One harmless line of at most `chars_max` characters, for a terminal: nothing in it moves a cursor, hides or reorders.
pub fn one_line(text: &str, chars_max: usize) -> String {
    escape::line(text, chars_max)
}

#[cfg(test)]
mod tests;
