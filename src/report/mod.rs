//! The report in the form a reader wants: terminal text, a Markdown ticket, or JSON.
//!
//! In goes the finished [`Report`], out come bytes. [`view`] turns the report into ready words once
//! (numbers, durations, times, order, bounds); the renderers only place these words and compute
//! nothing. Every word passes through [`escape`] on its way out, because most of them may quote a log.

mod escape;
mod json;
mod markdown;
mod numbers;
mod page;
mod screen;
mod text;
mod view;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use crate::model::report::Report;
use view::{Limits, View};

/// How the report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    Text,
    /// For a ticket: GitHub-flavoured Markdown of at most 65,536 characters.
    Markdown,
    /// The contract itself, for programs.
    Json,
}

/// What the reader asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Columns of the terminal; text only. Less than 60 counts as 60.
    pub width: u16,
    /// Whether to colour; text only.
    pub color: bool,
    /// Whether to print every cluster, piece of evidence and action instead of a summary. JSON is always full.
    pub full: bool,
}

/// Writes `report` to `out`; fails only where `out` does.
pub fn render(report: &Report, format: Format, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let everything = options.full.then_some(Limits::EVERYTHING);
    match format {
        Format::Text => text::write(&View::new(report, everything.unwrap_or(Limits::SUMMARY)), options, out),
        Format::Markdown => markdown::write(&View::new(report, everything.unwrap_or(Limits::TICKET)), out),
        Format::Json => json::write(report, out),
    }
}
