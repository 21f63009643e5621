//! From what the stages found to one report, and from the report to bytes.
//!
//! `compose` brings everything into the contract of [`crate::model::report`], and `gate` takes out of it what
//! must not be shown; `view` computes every number, time and sentence once; one renderer a format writes it. Renderers
//! know the report only, so that a stored one ([`mod@read`]) gives the same bytes. Log text is hostile: `escape` makes
//! it harmless in each place.

mod activity;
pub mod canary;
pub mod checks;
pub mod compared;
pub mod compose;
pub mod events;
pub mod patterns;
pub mod signature;

mod csv;
mod escape;
pub mod gate;
mod html;
mod json;
mod junit;
mod markdown;
pub mod read;
mod sarif;
pub mod schema;
pub mod script;
mod suppressed;
mod tables;
mod text;
mod timeline;
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
    /// For a browser or a printer: one file with pictures.
    Html,
    /// The contract itself.
    Json,
    /// Findings and clusters as a table.
    Csv,
    /// For code hosts.
    Sarif,
    /// For CI systems.
    Junit,
    /// The actions of all findings as a bash script.
    Script,
}

/// Form of what is made beside the report: comparisons, digests, canaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainFormat {
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
        Format::Html => html::write(report, &view::view(report, true), out),
        Format::Json => json::write(report, out),
        Format::Csv => csv::write(report, out),
        Format::Sarif => sarif::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Script => script::write(report, out),
    }
}

/// One harmless line of at most `chars_max` characters, for a terminal: nothing in it moves a cursor, hides or reorders.
pub fn one_line(text: &str, chars_max: usize) -> String {
    escape::line(text, chars_max)
}

#[cfg(test)]
mod tests;
