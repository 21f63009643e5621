//! `whydown timeline PATH…`: what happened, in order.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::exit::{self, Failure};
use super::inputs::Inputs;
use super::look;
use crate::pipeline;
use crate::report::{self, events};

/// Width where standard output is no terminal and `COLUMNS` is not set.
const DEFAULT_COLUMNS: u16 = 120;

/// Print deploys, traffic, readiness, starts, crashes and failures of each service, in order.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  whydown timeline export.json\n  whydown timeline logs/ --service orders-api --state service.yaml"
)]
pub struct Timeline {
    #[command(flatten)]
    inputs: Inputs,
    /// Form of the timeline
    #[arg(long, value_enum, default_value_t = FormatName::Text)]
    format: FormatName,
    /// Columns of the text form [default: the terminal's, else 120]
    #[arg(long, value_name = "N", env = "WHYDOWN_WIDTH", value_parser = clap::value_parser!(u16).range(60..=400))]
    width: Option<u16>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatName {
    Text,
    Json,
}

impl Timeline {
    /// Reads, orders, prints.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        let report = self.inputs.watched(pipeline::timeline)?;
        let width = look::width(self.width, DEFAULT_COLUMNS, 60);
        let options = report::Options { width, color: look::has_color(std::io::stdout().is_terminal()), full: true };
        let format = match self.format {
            FormatName::Text => events::Format::Text,
            FormatName::Json => events::Format::Json,
        };
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        events::render(&report, format, options, &mut out)?;
        out.flush()?;
        Ok(ExitCode::from(exit::ANALYSED))
    }
}
