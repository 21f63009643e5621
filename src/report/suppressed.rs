//! What a report says about findings that the ignore file takes out: how many, which, why and until when.

use super::view::{clean, time};
use crate::model::report::Report;

/// The first line where nothing else is left: that would not be "no incident".
pub(super) fn headline(report: &Report) -> String {
    format!("No finding is left: {} by the ignore file", count(report))
}

/// The count, for the head of the report.
pub(super) fn fact(report: &Report) -> Option<(String, String)> {
    (!report.suppressed.is_empty()).then(|| ("Ignored".to_owned(), format!("{}, listed below", count(report))))
}

/// One line each, in rank order.
pub(super) fn lines(report: &Report) -> Vec<String> {
    let line = |one: &crate::model::report::Suppressed| {
        let service = if one.service.is_empty() { String::new() } else { format!(" [{}]", clean(&one.service)) };
        format!(
            "{}: {}{service}, {} to {}; ignored until {}: {} ({}, fingerprint {})",
            one.verdict.word(),
            clean(&one.title),
            time(one.first),
            time(one.last),
            clean(&one.expires),
            clean(&one.reason),
            clean(&one.entry),
            clean(&one.fingerprint)
        )
    };
    report.suppressed.iter().map(line).collect()
}

fn count(report: &Report) -> String {
    let count = report.suppressed.len();
    format!("{count} {} suppressed", if count == 1 { "is" } else { "are" })
}
