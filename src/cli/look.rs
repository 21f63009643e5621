//! How text looks: width and colour, for every subcommand that prints prose or tables.

use clap::{Args, ValueEnum};

use crate::report;

/// Width where standard output is no terminal and `COLUMNS` is not set.
const DEFAULT_COLUMNS: u16 = 100;

/// The arguments.
#[derive(Debug, Args)]
pub struct Look {
    /// Columns of text [default: the terminal's, else 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(40..=400))]
    width: Option<u16>,
    /// When to colour text
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    color: Color,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl Look {
    /// The same for the renderers; `is_terminal` tells whether people look at it as it is written.
    pub fn options(&self, full: bool, is_terminal: bool) -> report::Options {
        let color = match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => has_color(is_terminal),
        };
        report::Options { width: width(self.width, DEFAULT_COLUMNS, 40), color, full }
    }
}

/// Whether to colour what nobody decided about (no-color.org: any value but the empty one turns it off).
pub fn has_color(is_terminal: bool) -> bool {
    is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Columns of text: as typed, else those of `COLUMNS`, else the default; at least so many, at most 400.
pub fn width(typed: Option<u16>, default: u16, least: u16) -> u16 {
    let columns = std::env::var("COLUMNS").ok().and_then(|value| value.parse().ok());
    typed.or(columns).unwrap_or(default).clamp(least, 400)
}
