//! The timeline as text or JSON.
//!
//! In: a [`TimelineReport`]. Out: bytes. This file computes every string; `text` lays them out.

mod text;

use std::io::{self, Write};

use super::view::{Table, clean, time};
use super::{Options, json};
use crate::model::Timestamp;
use crate::model::report::InstancesAlive;
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
        tables: report
            .services
            .iter()
            .flat_map(|service| [Some(table(service)), instances(service)])
            .flatten()
            .collect(),
        footer: format!("{} {}", report.generator.name, report.generator.version),
    }
}

fn table(service: &ServiceTimeline) -> Table {
    let empty = service.events.is_empty();
    Table {
        title: name(service),
        columns: vec!["time", "event", "revision", "what"],
        rows: service.events.iter().map(row).collect(),
        note: if empty { "nothing of note in these files".to_owned() } else { String::new() },
    }
}

/// How many instances were alive at one time; `None` where none is known.
fn instances(service: &ServiceTimeline) -> Option<Table> {
    let row = |alive: &InstancesAlive| {
        let whose = if alive.revision.is_empty() { "all".to_owned() } else { clean(&alive.revision) };
        let [lives, failed, most, median] =
            [alive.lives, alive.failed, alive.most, alive.median].map(|count| count.to_string());
        vec![whose, lives, failed, most, time(alive.most_at), median]
    };
    let whole = service.instances.first()?;
    let is_one = matches!(service.instances.as_slice(), [_, only] if only.lives == whole.lives);
    Some(Table {
        title: format!("{}: instances at the same time", name(service)),
        columns: vec!["revision", "lives", "failed", "at most", "first at", "median"],
        // One revision with every life says all that the whole says.
        rows: service.instances.iter().skip(usize::from(is_one)).map(row).collect(),
        note: format!(
            "a life is one instance id from its first to its last entry; the median is over the {} covered in between",
            human_duration(whole.covered_seconds)
        ),
    })
}

fn name(service: &ServiceTimeline) -> String {
    if service.service.is_empty() { "(no service)".to_owned() } else { clean(&service.service) }
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
