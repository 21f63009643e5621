//! The timeline as text or JSON.
//!
//! In: a [`TimelineReport`]. Out: bytes. This file computes every string; `text` lays them out.

mod text;

use std::io::{self, Write};

use super::view::{Table, clean, time};
use super::{Options, json};
use crate::model::Timestamp;
use crate::model::time::human_duration;
use crate::model::timeline::{Event, ServiceTimeline, TimelineReport};

/// Form of the timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    Text,
    /// The contract itself.
    Json,
}

/// Writes the timeline.
pub fn render(report: &TimelineReport, format: Format, options: Options, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => text::write(&view(report), options, out),
        Format::Json => json::write(report, out),
    }
}

/// Everything a person reads.
struct View {
    headline: String,
    tables: Vec<Table>,
    footer: String,
}

fn view(report: &TimelineReport) -> View {
    let events: usize = report.services.iter().map(|service| service.events.len()).sum();
    let covered = report.first_timestamp.zip(report.last_timestamp).map_or_else(
        || "the files hold no time".to_owned(),
        |(first, last)| {
            format!("the files cover {} to {} ({})", time(first), time(last), human_duration(last.seconds_since(first)))
        },
    );
    View {
        headline: format!("{events} events; {covered}"),
        tables: report.services.iter().map(table).collect(),
        footer: format!("{} {}", report.generator.name, report.generator.version),
    }
}

fn table(service: &ServiceTimeline) -> Table {
    let name = if service.service.is_empty() { "(no service)".to_owned() } else { clean(&service.service) };
    let empty = service.events.is_empty();
    Table {
        title: name,
        columns: vec!["time", "event", "revision", "what"],
        rows: service.events.iter().map(row).collect(),
        note: if empty { "nothing of note in these files".to_owned() } else { String::new() },
    }
}

fn row(event: &Event) -> Vec<String> {
    let kind = serde_json::to_value(event.kind).ok();
    let kind = kind.as_ref().and_then(|word| word.as_str()).unwrap_or_default().to_owned();
    let what = event.until.map_or_else(
        || event.text.clone(),
        |until: Timestamp| format!("{}, over {}", event.text, human_duration(until.seconds_since(event.time))),
    );
    vec![time(event.time), kind, clean(&event.revision), clean(&what)]
}
