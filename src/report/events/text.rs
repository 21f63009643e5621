//! The timeline for a terminal: one table a service.

use std::io::{self, Write};

use super::super::Options;
use super::super::text::{BOLD, DIM, Page};
use super::View;

pub(super) fn write(view: &View, options: Options, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { out, width: usize::from(options.width), color: options.color, full: options.full };
    page.prose("", "", &view.headline, BOLD)?;
    for table in &view.tables {
        page.table(table)?;
    }
    page.blank()?;
    page.prose("", "", &view.footer, DIM)
}
