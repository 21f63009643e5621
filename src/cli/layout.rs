//! How digests, differences and verifications are written: the arguments that they share.

use std::io::{BufWriter, StdoutLock, Write};

use clap::{Args, ValueEnum};

use super::exit::Failure;
use crate::report::PlainFormat;
use crate::report::compared::Page;

/// Form and size.
#[derive(Debug, Args)]
pub struct Layout {
    /// Form of the output
    #[arg(long, value_enum, default_value_t = FormatName::Text)]
    format: FormatName,
    /// Columns of the text form
    #[arg(long, value_name = "N", env = "WHYDOWN_WIDTH", default_value_t = 80, value_parser = clap::value_parser!(u16).range(40..=400))]
    width: u16,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatName {
    Text,
    Markdown,
    Json,
}

impl Layout {
    /// Writes to standard output, all of it.
    pub fn write(
        &self,
        lines: u16,
        write: impl FnOnce(PlainFormat, Page, &mut BufWriter<StdoutLock<'static>>) -> std::io::Result<()>,
    ) -> Result<(), Failure> {
        let format = match self.format {
            FormatName::Text => PlainFormat::Text,
            FormatName::Markdown => PlainFormat::Markdown,
            FormatName::Json => PlainFormat::Json,
        };
        let mut out = BufWriter::new(std::io::stdout().lock());
        write(format, Page { width: usize::from(self.width), lines: usize::from(lines) }, &mut out)?;
        out.flush()?;
        Ok(())
    }
}
