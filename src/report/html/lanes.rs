//! The picture of a service: one lane a revision, with traffic, instance lives, crashes and failed requests, on one
//! time axis with the deployments.

use maud::{Markup, html};

use super::picture::{Picture, revisions_shown};
use super::scale::{AXIS_HEIGHT, Scale, Tenths, WIDTH};
use crate::model::report::{Deployment, InstanceLife, LifeEnd, Report, Revision, Service};
use crate::report::view::{clean, counted, time};

/// Rows of instance lives in one lane.
const ROWS_MAX: usize = 12;

/// Heights, in units.
const LABEL: i64 = 20;
const TRAFFIC: i64 = 16;
const ROW: i64 = 11;
const FAILED: i64 = 18;
const GAP: i64 = 12;

/// Blank between two lives in one row, and shortest bar, in tenths of a unit.
const BETWEEN: i64 = 60;
const SHORTEST: i64 = 20;

/// Labels of deployments nearer than this would overlap, in tenths of a unit.
const DEPLOY_LABEL: i64 = 220;

/// Draws the service; `None` where nothing of it has a time.
pub(super) fn lanes(report: &Report, service: &Service, number: usize) -> Option<Picture> {
    let scale = Scale::new(report.export.first_timestamp, report.export.last_timestamp)?;
    let (shown, left_out) = revisions_shown(service);
    if shown.is_empty() {
        return None;
    }
    let mut y = LABEL;
    let drawn: Vec<Markup> = shown
        .iter()
        .map(|revision| {
            let (markup, bottom) = lane(service, revision, scale, y);
            y = bottom + GAP;
            markup
        })
        .collect();
    let bottom = y;
    let marks = html! { (deployments(service, scale, bottom)) (first_sign(report, service, scale, bottom)) };
    let drawing = html! {
        (scale.axis(LABEL, bottom))
        (marks)
        @for lane in drawn { (lane) }
    };
    Some(Picture {
        id: format!("lanes-{number}"),
        title: format!("What ran when: {}", clean(&service.name)),
        description: description(service, &shown, left_out),
        legend: vec![
            "Bar: an instance from its first to its last entry; hollow: it answered no request below 500",
            "✕ crashed or failed to start; | stopped on purpose",
            "Blocks below: windows with failed requests, the higher the more",
            "Band above: share of traffic. Dashed line D1, D2 …: deployment (listed under Timeline). Line “first sign”: the first finding begins",
        ],
        width: WIDTH,
        height: bottom + AXIS_HEIGHT,
        drawing,
    })
}

/// One lane from `top`, and where it ends.
fn lane(service: &Service, revision: &Revision, scale: Scale, top: i64) -> (Markup, i64) {
    let (left, right) = Scale::ends();
    let mut y = top + LABEL;
    let (traffic, has_traffic) = traffic_band(service, revision, scale, y);
    if has_traffic {
        y += TRAFFIC + 4;
    }
    let (rows, more) = packed(&revision.instance_lives, scale);
    let bars_top = y;
    y += i64::try_from(rows.len()).unwrap_or(0) * ROW + 4;
    let most = revision.activity.iter().map(|window| window.failed_requests).max().unwrap_or(0);
    let failed_base = y + FAILED;
    if most > 0 {
        y = failed_base;
    }
    let unlisted = revision.instances.saturating_sub(revision.instance_lives.len() as u64) + more as u64;
    let note = if unlisted > 0 { format!("; {} not drawn", counted(unlisted, "instance")) } else { String::new() };
    let markup = html! {
        rect class="lane" x=(left) y=(top) width=(Tenths(right.0 - left.0)) height=(y - top + 2) {}
        text class="name" x=(Tenths(left.0 + 40)) y=(top + 14) { (clean(&revision.name)) " " tspan class="quiet" { (numbers(service, revision)) (note) } }
        (traffic)
        @for (number, row) in rows.iter().enumerate() {
            @for life in row { (bar(life, scale, bars_top + i64::try_from(number).unwrap_or(0) * ROW)) }
        }
        @for window in revision.activity.iter().filter(|window| window.failed_requests > 0) {
            @let height = (window.failed_requests * 10 * u64::try_from(FAILED - 4).unwrap_or(1)).div_ceil(most.max(1)).max(30);
            @let height = i64::try_from(height).unwrap_or(0);
            @let (from, width) = scale.window(window.start, service.window_seconds);
            rect class="failed" x=(from) y=(Tenths(failed_base * 10 - height)) width=(width) height=(Tenths(height)) {
                title { (time(window.start)) ": " (counted(window.failed_requests, "failed request")) }
            }
        }
    };
    (markup, y + 2)
}

/// `14 of 28 requests failed, 3 instances (at most 2 at once), 0 crashed`.
fn numbers(service: &Service, revision: &Revision) -> String {
    let failed: u64 = revision.activity.iter().map(|window| window.failed_requests).sum();
    format!(
        "{failed} of {} failed, {}, {} crashed",
        counted(revision.requests, "request"),
        instances(service, revision),
        revision.crashes
    )
}

/// `1 instance`, `46 instances (at most 3 at once)`: ids are lives, and not how many instances there were.
fn instances(service: &Service, revision: &Revision) -> String {
    let lives = counted(revision.instances, "instance");
    match service.alive(&revision.name) {
        Some(alive) if alive.lives > 1 => format!("{lives} (at most {} at once)", alive.most),
        _ => lives,
    }
}

/// The share of traffic over time, as high as the share is.
fn traffic_band(service: &Service, revision: &Revision, scale: Scale, top: i64) -> (Markup, bool) {
    let (_, right) = Scale::ends();
    let mut steps: Vec<(Tenths, Tenths, u32)> = Vec::new();
    for (number, split) in service.traffic.iter().enumerate() {
        let from = scale.x(split.time);
        let to = service.traffic.get(number + 1).map_or(right, |next| scale.x(next.time));
        let percent =
            split.shares.iter().find(|share| share.revision == revision.name).map_or(0, |share| share.percent);
        if percent > 0 && to > from {
            steps.push((from, to, percent.min(100)));
        }
    }
    let markup = html! {
        @for (from, to, percent) in &steps {
            @let height = i64::from(*percent) * TRAFFIC / 10;
            rect class="share" x=(from) y=(Tenths((top + TRAFFIC) * 10 - height)) width=(Tenths(to.0 - from.0)) height=(Tenths(height)) {
                title { (percent) " % of traffic" }
            }
            @if to.0 - from.0 > 1_000 {
                text class="share-label" x=(Tenths(from.0 + 40)) y=(top + TRAFFIC - 4) { (percent) " % of traffic" }
            }
        }
    };
    (markup, !steps.is_empty())
}

/// Lives in rows so that no two of one row touch; how many found no room.
fn packed(lives: &[InstanceLife], scale: Scale) -> (Vec<Vec<&InstanceLife>>, usize) {
    let mut rows: Vec<(i64, Vec<&InstanceLife>)> = Vec::new();
    let mut more = 0;
    for life in lives {
        let (from, to) = extent(life, scale);
        if let Some((end, row)) = rows.iter_mut().find(|(end, _)| *end < from) {
            *end = to + BETWEEN;
            row.push(life);
        } else if rows.len() < ROWS_MAX {
            rows.push((to + BETWEEN, vec![life]));
        } else {
            more += 1;
        }
    }
    (rows.into_iter().map(|(_, row)| row).collect(), more)
}

fn extent(life: &InstanceLife, scale: Scale) -> (i64, i64) {
    let from = scale.x(life.first).0;
    (from, scale.x(life.last.max(life.ended.unwrap_or(life.last))).0.max(from + SHORTEST))
}

fn bar(life: &InstanceLife, scale: Scale, y: i64) -> Markup {
    let (from, to) = extent(life, scale);
    let hollow = life.answered == 0;
    let end = life.ended.map(|at| scale.x(at).0.max(from + SHORTEST));
    let (word, failed) = match life.end {
        LifeEnd::Open => ("no end in these files", false),
        LifeEnd::Stopped => ("stopped on purpose", false),
        LifeEnd::Crashed => ("crashed", true),
        LifeEnd::FailedToStart => ("failed to start", true),
    };
    let code = life.exit_code.map_or_else(String::new, |code| format!(", exit code {code}"));
    let id: String = clean(&life.instance).chars().take(16).collect();
    html! {
        g {
            title {
                "instance " (id) "…: " (time(life.first)) " to " (time(life.last)) ", " (word) (code) "; "
                (life.answered) " answered, " (life.failed) " failed"
            }
            rect class=@if hollow { "life hollow" } @else { "life" } x=(Tenths(from)) y=(Tenths(y * 10 + 15)) width=(Tenths(to - from)) height="6" {}
            @if let Some(end) = end {
                @if failed {
                    path class="crash" d={ "M" (Tenths(end - 35)) " " (y + 1) "l7 7m0 -7l-7 7" } {}
                } @else {
                    line class="stop" x1=(Tenths(end)) x2=(Tenths(end)) y1=(y) y2=(y + 9) {}
                }
            }
        }
    }
}

fn deployments(service: &Service, scale: Scale, bottom: i64) -> Markup {
    let mut last_label = i64::MIN / 2;
    let mut lines: Vec<(Tenths, usize, &Deployment, bool)> = Vec::new();
    for (index, deployment) in service.deployments.iter().enumerate().filter(|(_, one)| scale.shows(one.time)) {
        let x = scale.x(deployment.time);
        let has_room = x.0 - last_label >= DEPLOY_LABEL;
        if has_room {
            last_label = x.0;
        }
        lines.push((x, index + 1, deployment, has_room));
    }
    html! {
        @for (x, number, deployment, has_room) in lines {
            line class="deploy" x1=(x) x2=(x) y1=(LABEL - 4) y2=(bottom) {
                title { "D" (number) ": " (clean(&deployment.kind)) " " (clean(&deployment.revision)) ", " (time(deployment.time)) }
            }
            @if has_room { text class="deploy-label" x=(x) y=(LABEL - 7) { "D" (number) } }
        }
    }
}

fn first_sign(report: &Report, service: &Service, scale: Scale, bottom: i64) -> Markup {
    let first = report.findings.iter().find(|finding| finding.is_about(service)).map(|finding| finding.first);
    html! {
        @if let Some(first) = first.filter(|first| scale.shows(*first)) {
            @let x = scale.x(first);
            line class="first-sign" x1=(x) x2=(x) y1=(LABEL - 4) y2=(bottom) {}
            text class="first-label" x=(Tenths(x.0 + 40)) y=(bottom - 2) { "first sign" }
        }
    }
}

fn description(service: &Service, shown: &[&Revision], left_out: usize) -> String {
    let mut sentences: Vec<String> = shown
        .iter()
        .map(|revision| {
            let seen = match (revision.first, revision.last) {
                (Some(first), Some(last)) => format!("entries from {} to {}", time(first), time(last)),
                _ => "no entries".to_owned(),
            };
            format!("{}: {seen}; {}.", clean(&revision.name), numbers(service, revision))
        })
        .collect();
    sentences.extend(service.deployments.iter().enumerate().take(20).map(|(number, deployment)| {
        format!(
            "D{}, {}: {} {}.",
            number + 1,
            time(deployment.time),
            clean(&deployment.kind),
            clean(&deployment.revision)
        )
    }));
    if left_out > 0 {
        sentences.push(format!("{} not drawn.", counted(left_out as u64, "revision")));
    }
    sentences.join(" ")
}
