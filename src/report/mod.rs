//! stub
pub mod compose;
mod checks;
pub enum Format { Text, Markdown, Json }
pub struct Options { pub width: u16, pub color: bool, pub full: bool }
pub fn render(report: &crate::model::report::Report, _f: Format, _o: &Options, out: &mut dyn std::io::Write) -> std::io::Result<()> { serde_json::to_writer_pretty(&mut *out, report)?; writeln!(out) }
