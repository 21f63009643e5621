//! The picture of failures: one row of bars a revision, failed requests and crashes by window, on one scale.

use maud::{Markup, html};

use super::picture::{Picture, revisions_shown};
use super::scale::{AXIS_HEIGHT, Scale, Tenths, WIDTH};
use crate::model::report::{ActivityWindow, Report, Revision, Service};
use crate::report::view::{clean, counted, time};

/// Heights, in units.
const LABEL: i64 = 20;
const BARS: i64 = 44;
const GAP: i64 = 10;

/// Draws the failures of a service; `None` where none has a window.
pub(super) fn bars(report: &Report, service: &Service, number: usize) -> Option<Picture> {
    let scale = Scale::new(report.export.first_timestamp, report.export.last_timestamp)?;
    let (shown, _) = revisions_shown(service);
    let shown: Vec<&Revision> =
        shown.into_iter().filter(|revision| revision.activity.iter().any(|window| failures(window) > 0)).collect();
    let most = shown.iter().flat_map(|revision| &revision.activity).map(failures).max()?;
    let mut y = 4;
    let drawn: Vec<Markup> = shown
        .iter()
        .map(|revision| {
            let markup = row(service, revision, scale, y, most);
            y += LABEL + BARS + GAP;
            markup
        })
        .collect();
    let drawing = html! {
        (scale.axis(4, y))
        @for row in drawn { (row) }
    };
    Some(Picture {
        id: format!("failures-{number}"),
        title: format!("Failures per {} by revision: {}", window(service.window_seconds), clean(&service.name)),
        description: shown.iter().map(|revision| told(revision)).collect::<Vec<_>>().join(" "),
        legend: vec!["Filled: failed requests; outlined, on top: crashed instances. All rows have one scale"],
        width: WIDTH,
        height: y + AXIS_HEIGHT,
        drawing,
    })
}

/// `30 s`, `5 min`, `6 h`.
fn window(seconds: u32) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3_600),
    }
}

fn failures(window: &ActivityWindow) -> u64 {
    window.failed_requests.saturating_add(window.crashes)
}

fn row(service: &Service, revision: &Revision, scale: Scale, top: i64, most: u64) -> Markup {
    let (left, right) = Scale::ends();
    let base = top + LABEL + BARS;
    let height = |count: u64| {
        let tenths = u128::from(count) * u128::from(BARS.unsigned_abs()) * 10 / u128::from(most.max(1));
        i64::try_from(tenths).unwrap_or(0)
    };
    html! {
        text class="name" x=(Tenths(left.0 + 40)) y=(top + 14) { (clean(&revision.name)) " " tspan class="quiet" { (sums(revision)) } }
        line class="grid" x1=(left) x2=(right) y1=(base) y2=(base) {}
        text class="tick end" x=(Tenths(left.0 - 40)) y=(top + LABEL + 8) { (most) }
        text class="tick end" x=(Tenths(left.0 - 40)) y=(base) { "0" }
        @for window in revision.activity.iter().filter(|window| failures(window) > 0) {
            @let (from, width) = scale.window(window.start, service.window_seconds);
            @let (failed, crashed) = (height(window.failed_requests), height(window.crashes));
            g {
                title { (told_window(window)) }
                @if failed > 0 {
                    rect class="failed" x=(from) y=(Tenths(base * 10 - failed)) width=(width) height=(Tenths(failed)) {}
                }
                @if crashed > 0 {
                    rect class="crashed" x=(from) y=(Tenths(base * 10 - failed - crashed)) width=(width) height=(Tenths(crashed)) {}
                }
            }
        }
    }
}

fn told_window(window: &ActivityWindow) -> String {
    let of = window.requests.map_or_else(String::new, |requests| format!(" of {requests}"));
    format!(
        "from {}: {}{of} failed requests, {}",
        time(window.start),
        window.failed_requests,
        counted(window.crashes, "crashed instance")
    )
}

fn sums(revision: &Revision) -> String {
    let failed = revision.activity.iter().map(|window| window.failed_requests).sum();
    let crashes = revision.activity.iter().map(|window| window.crashes).sum();
    format!("{}, {}", counted(failed, "failed request"), counted(crashes, "crashed instance"))
}

fn told(revision: &Revision) -> String {
    let worst = revision.activity.iter().max_by_key(|window| (failures(window), std::cmp::Reverse(window.start)));
    let worst = worst.map_or_else(String::new, |window| format!("; most {}", told_window(window)));
    format!("{}: {}{worst}.", clean(&revision.name), sums(revision))
}
