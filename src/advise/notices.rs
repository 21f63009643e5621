//! Notices: what the files lack, what that means for the verdicts, and the command that fetches it.

use super::plan::complete_export;
use crate::facts::file_span::FileSpan;
use crate::model::report::Notice;
use crate::model::time::{NANOS_PER_MINUTE, human_duration};
use crate::model::{Platform, Timestamp};
use crate::state::coverage::{Coverage, Missing, SHORT_SECONDS};
use crate::state::described::disagreements;
use crate::state::{ServiceState, State};

/// Services named in a notice; the others are counted.
const SERVICES_MAX: usize = 8;

/// All notices about coverage.
pub fn notices(state: &State, coverage: &Coverage, paths: &[String]) -> Vec<Notice> {
    let Some((first, last)) = coverage.extent else { return Vec::new() };
    let main = main_service(state);
    let mut notices = Notices {
        list: Vec::new(),
        export: main.map(|service| complete_export(service, first, last)),
        is_azure: main.is_some_and(|service| service.home.platform == Platform::AzureContainerApps),
        paths,
    };
    notices.limits(coverage);
    notices.lacks(coverage);
    notices.copies(coverage);
    notices.oddities(&coverage.odd);
    notices.scope(coverage);
    notices.descriptions(state);
    notices.list
}

/// Notices so far, and what goes into them.
struct Notices<'a> {
    list: Vec<Notice>,
    /// The command for a complete export, where one service stands out.
    export: Option<String>,
    /// Whether that service is a container app.
    is_azure: bool,
    /// Input files in the report's order.
    paths: &'a [String],
}

impl Notices<'_> {
    fn add(&mut self, code: &str, message: String, effect: &str, command: Option<String>) {
        self.list.push(Notice { code: code.to_owned(), message, effect: effect.to_owned(), command });
    }

    /// Where an export was cut off.
    fn limits(&mut self, coverage: &Coverage) {
        for (file, count, span) in &coverage.cut {
            self.add(
                "export-cut-by-limit",
                format!(
                    "{} holds exactly {count} entries, a round number, over {}: it was most likely cut by a limit (truncated), and what came before or after is not in it",
                    path(self.paths, *file),
                    human_duration(Timestamp(span.last).seconds_since(Timestamp(span.first)))
                ),
                "counts are lower bounds, onset and end may lie outside, and no rate is taken beyond the covered time",
                self.export.clone(),
            );
        }
        for (file, count, severities) in &coverage.capped {
            let spans: Vec<String> = severities
                .iter()
                .map(|(word, span)| {
                    format!("{word} over {}", human_duration(Timestamp(span.last).seconds_since(Timestamp(span.first))))
                })
                .collect();
            self.add(
                "capped-per-severity",
                format!(
                    "{} holds exactly {count} entries each of several severities ({}): a limit per severity",
                    path(self.paths, *file),
                    spans.join(", ")
                ),
                "each severity covers another time, so counts of different severities are not compared",
                self.export.clone(),
            );
        }
        for (file, span) in &coverage.day_back {
            self.add(
                "default-freshness",
                format!(
                    "{} reaches back one day from its newest entry ({}), newest first: the look-back of gcloud where the filter names no time",
                    path(self.paths, *file),
                    Timestamp(span.last).to_rfc3339()
                ),
                "an onset in its first minutes may lie before it",
                self.export.clone(),
            );
        }
        if coverage.seconds() < SHORT_SECONDS {
            self.add(
                "short-coverage",
                format!("the files cover {}", human_duration(coverage.seconds())),
                "no hourly rate is given; a pattern over longer time cannot be seen",
                self.export.clone(),
            );
        }
    }

    /// Streams, severities and times that are not there.
    fn lacks(&mut self, coverage: &Coverage) {
        for missing in &coverage.missing {
            let (code, message, effect) = words(*missing, self.is_azure);
            self.add(code, message.to_owned(), effect, self.export.clone());
        }
        if let Some(severity) = coverage.lowest_severity {
            self.add(
                "severity-filtered",
                format!("every entry has severity {} or above: the export was filtered", severity.word()),
                "exits, starts, deploys and application lines without severity are missing, so chains have gaps",
                self.export.clone(),
            );
        }
        for (stream, span) in &coverage.shorter_streams {
            self.add(
                "stream-coverage",
                format!(
                    "entries of {} are there from {} to {} only, less than half of the covered time",
                    stream.word(),
                    Timestamp(span.first).to_rfc3339(),
                    Timestamp(span.last).to_rfc3339()
                ),
                "outside that time their absence means nothing, and no rate of theirs is compared over the whole",
                self.export.clone(),
            );
        }
        if let Some((from, to)) = coverage.gap {
            let at = |minute: i64| Timestamp(minute * NANOS_PER_MINUTE).to_rfc3339();
            self.add(
                "gap",
                format!("no entry between {} and {}", at(from), at(to)),
                "the files say nothing about that time; windows on both sides are not compared as one",
                self.export.clone(),
            );
        }
    }

    /// Entries that were read more than once, or cannot be placed.
    fn copies(&mut self, coverage: &Coverage) {
        if coverage.duplicates > 0 {
            self.add(
                "duplicates",
                format!(
                    "{} entries were read more than once (same insertId, timestamp and log) and counted once",
                    coverage.duplicates
                ),
                "none on the counts",
                None,
            );
        }
        if coverage.untimed > 0 {
            self.add(
                "no-timestamp",
                format!("{} entries have no readable timestamp", coverage.untimed),
                "they are counted but take no part in any chain",
                None,
            );
        }
        if !coverage.overlapping.is_empty() {
            let pairs: Vec<String> = coverage
                .overlapping
                .iter()
                .map(|(one, other)| format!("{} and {}", path(self.paths, *one), path(self.paths, *other)))
                .collect();
            self.add(
                "overlapping-files",
                format!("files cover the same time and share entries: {}", pairs.join("; ")),
                "none on the counts: an entry is counted once wherever its copies stand",
                None,
            );
        }
    }

    /// What is odd about single entries.
    fn oddities(&mut self, odd: &FileSpan) {
        if odd.ahead > 0 {
            self.add(
                "clock-ahead",
                format!(
                    "{} entries were written later than they were received, by up to {}: a clock was wrong, or times were changed",
                    odd.ahead,
                    human_duration(Timestamp(odd.ahead_nanos).seconds_since(Timestamp(0)))
                ),
                "what comes first is uncertain by that much where these entries are involved",
                None,
            );
        }
        if odd.late > 0 {
            self.add(
                "late-entries",
                format!(
                    "{} entries were received more than ten minutes after they were written (up to {})",
                    odd.late,
                    human_duration(Timestamp(odd.late_nanos).seconds_since(Timestamp(0)))
                ),
                "the end of the covered time may still lack entries; an export taken later holds them",
                self.export.clone(),
            );
        }
        if odd.bare > 0 {
            self.add(
                "payloads-lost",
                format!("{} entries have no payload: neither text, JSON, request nor audit record", odd.bare),
                "they are counted, but what they said is lost; a cause may be among them",
                self.export.clone(),
            );
        }
    }

    /// Descriptions that do not fit the log.
    fn descriptions(&mut self, state: &State) {
        for one in state.services.iter().flat_map(disagreements) {
            self.add(
                "state-disagrees",
                format!(
                    "the description of {} gives {} no traffic, and it answered {} of the last {} requests in these files",
                    one.service, one.revision, one.requests, one.of
                ),
                "one of the two is of another time; the description is taken for what holds now",
                None,
            );
        }
    }

    /// More than one service or project.
    fn scope(&mut self, coverage: &Coverage) {
        if coverage.services.len() > 1 {
            let named: Vec<&str> = coverage.services.iter().take(SERVICES_MAX).map(String::as_str).collect();
            let more = coverage.services.len() - named.len();
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            self.add(
                "several-services",
                format!("{} services wrote entries: {}{rest}", coverage.services.len(), named.join(", ")),
                "each is judged by itself; --service reads one alone",
                None,
            );
        }
        if coverage.projects.len() > 1 {
            self.add(
                "several-projects",
                format!("the entries name {} projects: {}", coverage.projects.len(), coverage.projects.join(", ")),
                "services of one name are told apart by platform, project and region; entries that name no project may be of any",
                None,
            );
        }
    }
}

/// The service that wrote most entries.
fn main_service(state: &State) -> Option<&ServiceState> {
    let exported =
        |platform| matches!(platform, Platform::CloudRun | Platform::CloudRunJob | Platform::AzureContainerApps);
    state.services.iter().filter(|service| exported(service.home.platform)).max_by_key(|service| {
        service.revisions.iter().filter_map(|revision| revision.span).map(|span| span.count).sum::<u64>()
    })
}

/// Code, message and effect, in the words of the platform that most entries are of.
fn words(missing: Missing, is_azure: bool) -> (&'static str, &'static str, &'static str) {
    let of = |google: &'static str, azure: &'static str| if is_azure { azure } else { google };
    match missing {
        Missing::Requests => (
            "missing-requests",
            of(
                "no request entry (run.googleapis.com/requests) is in the files",
                "no request entry (table ContainerAppHTTPLogs) is in the files",
            ),
            "what users felt is not known, and no error rate can be given",
        ),
        Missing::System => (
            "missing-system",
            of(
                "no entry of the platform about instances (varlog/system) is in the files",
                "no entry of the platform (az containerapp logs show --type system) is in the files",
            ),
            "exits, starts and probes are not known: crashes show only where requests or the application tell of them",
        ),
        Missing::ApplicationOutput => (
            "missing-application-output",
            of(
                "no output of the application (stdout, stderr) is in the files",
                "no output of the application (az containerapp logs show --type console) is in the files",
            ),
            "a cause inside the application cannot be seen",
        ),
        Missing::Audit => (
            "missing-audit",
            "no audit entry (cloudaudit.googleapis.com) is in the files",
            "deployments and traffic changes are inferred from instance starts and requests, or not known",
        ),
    }
}

fn path(paths: &[String], file: usize) -> &str {
    paths.get(file).map_or("an input", String::as_str)
}
