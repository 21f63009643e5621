//! The picture of latencies: median, 95th and 99th percentile of the revisions that share traffic, on one scale.
//!
//! It is drawn where a split is judged (a canary beside its baseline) and both have latencies.

use maud::{Markup, html};

use super::picture::{Picture, revisions_shown};
use super::scale::{AXIS_HEIGHT, Tenths, WIDTH};
use crate::model::report::{Revision, Service};
use crate::report::tables::latency;
use crate::report::view::{clean, counted};

/// Heights, in units.
const LABEL: i64 = 20;
const LINE: i64 = 18;
const GAP: i64 = 8;

/// Blank left and right, in units.
const MARGIN: i64 = 34;

/// Draws the latencies of a service; `None` where no two revisions share traffic and have any.
pub(super) fn latencies(service: &Service, number: usize) -> Option<Picture> {
    if !matches!(service.revision_state.state.as_str(), "deliberate-split" | "dual-traffic") {
        return None;
    }
    let (shown, _) = revisions_shown(service);
    let rows: Vec<(&Revision, [f64; 3])> = shown
        .into_iter()
        .filter_map(|revision| {
            let all = [revision.latency_p50_ms?, revision.latency_p95_ms?, revision.latency_p99_ms?];
            all.iter().all(|ms| ms.is_finite() && *ms >= 0.0).then_some((revision, all))
        })
        .collect();
    if rows.len() < 2 {
        return None;
    }
    let most = rows.iter().map(|(_, [_, _, p99])| *p99).fold(1.0, f64::max);
    let mut y = 4;
    let drawn: Vec<Markup> = rows
        .iter()
        .map(|(revision, values)| {
            let markup = row(revision, *values, most, y);
            y += LABEL + LINE + GAP;
            markup
        })
        .collect();
    let drawing = html! {
        line class="axis" x1=(MARGIN) x2=(WIDTH - MARGIN) y1=(y) y2=(y) {}
        text class="tick" x=(MARGIN) y=(y + 17) { "0" }
        text class="tick" x=(WIDTH / 2) y=(y + 17) { (latency(most / 2.0)) }
        text class="tick" x=(WIDTH - MARGIN) y=(y + 17) { (latency(most)) }
        @for row in drawn { (row) }
    };
    Some(Picture {
        id: format!("latency-{number}"),
        title: format!("Latency of the revisions that share traffic: {}", clean(&service.name)),
        description: rows
            .iter()
            .map(|(revision, values)| format!("{}: {}.", clean(&revision.name), told(revision, *values)))
            .collect::<Vec<_>>()
            .join(" "),
        legend: vec!["Circle: median; bar: 95th percentile; end of the line: 99th percentile"],
        width: WIDTH,
        height: y + AXIS_HEIGHT,
        drawing,
    })
}

fn row(revision: &Revision, values: [f64; 3], most: f64, top: i64) -> Markup {
    let [p50, p95, p99] = values.map(|ms| place(ms, most));
    let y = top + LABEL + LINE / 2;
    html! {
        text class="name" x=(MARGIN) y=(top + 14) { (clean(&revision.name)) " " tspan class="quiet" { (told(revision, values)) } }
        line class="range" x1=(p50) x2=(p99) y1=(y) y2=(y) {}
        circle class="median" cx=(p50) cy=(y) r="4" {}
        line class="percentile" x1=(p95) x2=(p95) y1=(y - 6) y2=(y + 6) {}
        line class="percentile thin" x1=(p99) x2=(p99) y1=(y - 3) y2=(y + 3) {}
    }
}

fn place(ms: f64, most: f64) -> Tenths {
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a place on a page")]
    let from_start = (ms / most * ((WIDTH - 2 * MARGIN) * 10) as f64).round() as i64;
    Tenths(MARGIN * 10 + from_start)
}

fn told(revision: &Revision, [p50, p95, p99]: [f64; 3]) -> String {
    let requests = counted(revision.requests, "request");
    format!("median {}, 95 % below {}, 99 % below {}, {requests}", latency(p50), latency(p95), latency(p99))
}
