//! The patterns of an export, in each format.

mod csv;
mod text;

use std::io::{self, Write};

use super::{escape, json};
use crate::model::Timestamp;
use crate::model::patterns::{ChangeKind, Pattern, Patterns};

pub use csv::write_lines;

/// Form of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    Text,
    /// The contract itself.
    Json,
    /// One row a pattern, for a spreadsheet.
    Csv,
}

/// How to render.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Columns of the text form.
    pub width: u16,
    /// Patterns in the text form; the other forms have all.
    pub rows_max: usize,
}

/// Writes the patterns, in the order they have.
pub fn render(patterns: &Patterns, format: Format, options: Options, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => text::write(patterns, options, out),
        Format::Json => json::write(patterns, out),
        Format::Csv => csv::write(patterns, out),
    }
}

/// Longest template in a list, in characters.
const TEMPLATE_CHARS_MAX: usize = 1_000;

/// Longest name of a place, in characters.
const PLACE_CHARS_MAX: usize = 36;

/// What a pattern says, in one line that cannot move a cursor.
fn template(pattern: &Pattern) -> String {
    let text = escape::line(&pattern.template, TEMPLATE_CHARS_MAX);
    if pattern.is_rest { format!("{text} (texts of too many shapes to tell apart)") } else { text }
}

/// Time of day; where the list covers several days, month, day and minute.
fn time(at: Option<Timestamp>, patterns: &Patterns) -> String {
    let several_days =
        patterns.first_timestamp.map(Timestamp::to_date) != patterns.last_timestamp.map(Timestamp::to_date);
    match at {
        Some(at) if several_days => {
            let (date, clock) = (at.to_date(), at.to_clock());
            let day = date.split_once('-').map_or("", |(_, day)| day);
            format!("{day} {}", clock.rsplit_once(':').map_or("", |(minute, _)| minute))
        }
        Some(at) => at.to_clock(),
        None => String::new(),
    }
}

/// How the rate changed, in words.
fn change(pattern: &Pattern, patterns: &Patterns) -> String {
    let change = &pattern.change;
    let at = time(change.at, patterns);
    match change.kind {
        ChangeKind::TooFew => "-".to_owned(),
        ChangeKind::Steady => "steady".to_owned(),
        ChangeKind::Burst if change.elsewhere > 0.0 => {
            #[allow(clippy::cast_precision_loss, reason = "a printed ratio")]
            let ratio = change.peak as f64 / change.elsewhere;
            format!("burst {at} {ratio:.0}×")
        }
        ChangeKind::Burst => format!("burst {at}"),
        ChangeKind::Appeared => format!("new {at}"),
        ChangeKind::Ceased => format!("ends {at}"),
    }
}

/// `orders-api 00041-kx7`, `orders-api, 3 revisions`, `4 services`.
fn place(pattern: &Pattern) -> String {
    let named: Vec<&str> =
        pattern.services.iter().map(|service| service.name.as_str()).filter(|n| !n.is_empty()).collect();
    let revisions = match pattern.revisions.as_slice() {
        [] => String::new(),
        // A revision's name begins with that of its service.
        [one] => match named.as_slice() {
            [service] => format!(" {}", one.name.strip_prefix(service).unwrap_or(&one.name).trim_start_matches('-')),
            _ => String::new(),
        },
        many => format!(", {} revisions", many.len()),
    };
    let place = match named.as_slice() {
        [] => String::new(),
        [service] => format!("{service}{revisions}"),
        many => format!("{} services{revisions}", many.len()),
    };
    escape::line(&place, PLACE_CHARS_MAX)
}

/// Where the figures come from, in one sentence.
fn summary(patterns: &Patterns) -> String {
    let mut sentence =
        format!("{} patterns in {} entries", patterns.patterns.len(), patterns.unique_entries - patterns.untimed);
    if let Some((first, last)) = patterns.first_timestamp.zip(patterns.last_timestamp) {
        sentence.push_str(&format!(
            " from {} {} to {} {}Z; changes are sought in {} windows of {}",
            first.to_date(),
            first.to_clock(),
            last.to_date(),
            last.to_clock(),
            patterns.windows_covered,
            window(patterns.window_seconds),
        ));
    }
    if patterns.untimed > 0 {
        sentence.push_str(&format!("; {} entries without a time are left out", patterns.untimed));
    }
    if patterns.rejected > 0 {
        sentence.push_str(&format!("; {} records could not be read", patterns.rejected));
    }
    sentence
}

/// A width of windows: all of them are whole units.
fn window(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests;
