//! A picture with its words: title, text alternative and legend.

use std::cmp::Reverse;

use maud::{Markup, html};

use crate::model::report::{Revision, Service};

/// Revisions drawn in one picture.
const REVISIONS_MAX: usize = 12;

/// One drawing.
pub(super) struct Picture {
    /// Unique on the page.
    pub(super) id: String,
    /// What it shows.
    pub(super) title: String,
    /// The same as it tells, in words, for those who do not see it.
    pub(super) description: String,
    /// How to read it.
    pub(super) legend: Vec<&'static str>,
    /// Size in drawing units.
    pub(super) width: i64,
    /// See `width`.
    pub(super) height: i64,
    /// SVG elements.
    pub(super) drawing: Markup,
}

impl Picture {
    /// The figure. It scrolls in itself on a narrow screen, where its labels would be too small.
    pub(super) fn markup(&self) -> Markup {
        let (title, description) = (format!("{}-title", self.id), format!("{}-text", self.id));
        html! {
            figure {
                figcaption { (self.title) }
                div class="scroll" role="region" tabindex="0" aria-label=(self.title) {
                    svg role="img" viewBox={ "0 0 " (self.width) " " (self.height) } aria-labelledby={ (title) " " (description) } {
                        title id=(title) { (self.title) }
                        desc id=(description) { (self.description) }
                        (self.drawing)
                    }
                }
                ul class="legend" { @for line in &self.legend { li { (line) } } }
                details class="words" { summary { "The picture in words" } p { (self.description) } }
            }
        }
    }
}

/// Revisions worth a lane, by first entry, and how many are left out: those with failures and traffic stay.
pub(super) fn revisions_shown(service: &Service) -> (Vec<&Revision>, usize) {
    let mut shown: Vec<&Revision> = service.revisions.iter().filter(|revision| revision.first.is_some()).collect();
    let all = shown.len();
    shown.sort_by_key(|revision| {
        (Reverse(revision.crashes + revision.errors_5xx), Reverse(revision.requests), &revision.name)
    });
    shown.truncate(REVISIONS_MAX);
    shown.sort_by_key(|revision| (revision.first, &revision.name));
    let left_out = all - shown.len();
    (shown, left_out)
}
