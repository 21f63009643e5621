//! How to print a report: the arguments that every subcommand with a report shares.

use clap::{Args, ValueEnum};

use super::exit::Failure;
use super::look::Look;
use super::output::Output;
use crate::model::report::Report;
use crate::report::{self, Format};

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
    #[command(flatten)]
    look: Look,
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

impl Rendering {
    /// Prints the report.
    pub fn print(&self, report: &Report, output: &Output) -> Result<(), Failure> {
        let format = if self.commands { Format::Script } else { self.format.into() };
        let look = self.look.options(self.full, output.is_terminal());
        output.write(|out| report::render(report, format, &look, out))
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
