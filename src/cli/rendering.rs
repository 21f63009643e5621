//! How to print a report: the arguments that every subcommand with a report shares.

use std::io::{IsTerminal, Write};

use clap::{Args, ValueEnum};

use crate::model::report::Report;
use crate::report::{self, Format};

/// Width where standard output is no terminal and `COLUMNS` is not set.
const DEFAULT_COLUMNS: u16 = 100;

/// Form of the report.
#[derive(Debug, Args)]
pub struct Rendering {
    /// Form of the report
    #[arg(long, value_enum, default_value_t = FormatName::Text)]
    format: FormatName,
    /// Print the actions of all findings as a bash script instead of the report
    #[arg(long, conflicts_with = "format")]
    commands: bool,
    /// Show every cluster, every piece of evidence and every action
    #[arg(long)]
    full: bool,
    /// Columns of the text report [default: the terminal's, else 100]
    #[arg(long, value_name = "N", env = "WHYDOWN_WIDTH", value_parser = clap::value_parser!(u16).range(40..=400))]
    width: Option<u16>,
    /// When to colour the text report
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    color: Color,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatName {
    /// For a terminal
    Text,
    /// For a ticket
    Markdown,
    /// One page with pictures
    Html,
    /// Everything, schema version 1 (see `whydown schema`)
    Json,
    /// Findings and clusters as a table
    Csv,
    /// For code hosts
    Sarif,
    /// For CI systems
    Junit,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl Rendering {
    /// Prints the report to standard output.
    pub fn print(&self, report: &Report) -> std::io::Result<()> {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        let format = if self.commands { Format::Script } else { self.format.into() };
        report::render(report, format, &self.options(), &mut out)?;
        out.flush()
    }

    fn options(&self) -> report::Options {
        let terminal = std::io::stdout().is_terminal();
        let color = match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        };
        let columns = std::env::var("COLUMNS").ok().and_then(|value| value.parse().ok());
        let width = self.width.or(columns).unwrap_or(DEFAULT_COLUMNS).clamp(40, 400);
        report::Options { width, color, full: self.full }
    }
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Text => Self::Text,
            FormatName::Markdown => Self::Markdown,
            FormatName::Html => Self::Html,
            FormatName::Json => Self::Json,
            FormatName::Csv => Self::Csv,
            FormatName::Sarif => Self::Sarif,
            FormatName::Junit => Self::Junit,
        }
    }
}
