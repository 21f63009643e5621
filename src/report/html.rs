//! x
use super::view::View;
use crate::model::report::Report;
use std::io::{self, Write};
pub(super) fn write(_report: &Report, _view: &View, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"x")
}
