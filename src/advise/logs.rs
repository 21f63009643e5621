//! Cloud Logging filters and the commands that read or export with them.
//!
//! In: names, a window, a filter. Out: one shell line. The logging query language keeps a quoted string to
//! its closing quote, so only names that passed [`names`](super::names) are put inside one. `gcloud logging
//! read` adds a freshness of one day only when the order is descending and the filter has no timestamp
//! (Cloud SDK: logging read); every window here is therefore written out on both sides.

use super::{names, shell};
use crate::model::Timestamp;
use crate::model::time::NANOS_PER_SECOND;

/// Entries asked for per page; far above what an hour of one service holds, so the window is what limits.
const PAGE_ENTRIES_MAX: &str = "1000000";
/// Most pages one export is split into, so that the line stays readable.
const PAGES_MAX: i64 = 6;
/// Shortest page, in nanoseconds: below an hour one read is quick enough.
const PAGE_NANOS_MIN: i64 = 3_600 * NANOS_PER_SECOND;

/// What is known about a failed start: exits, signals, the memory limit and probes, as the platform writes them.
pub(super) const CRASHES: &str = "logName:\"varlog%2Fsystem\" AND (textPayload:\"Container called exit\" OR textPayload:\"Container terminated on signal\" OR textPayload:\"Memory limit of\" OR textPayload:\"probe failed\")";
/// What a program writes before it ends: often without a severity, so that a severity filter misses it.
pub(super) const TROUBLE: &str = "severity>=ERROR OR logName:\"run.googleapis.com%2Fstderr\"";
/// Requests that the platform or the application failed.
pub(super) const FAILED_REQUESTS: &str = "logName:\"run.googleapis.com%2Frequests\" AND httpRequest.status>=500";
/// Requests that were answered; a revision that has them can serve.
pub(super) const ANSWERED_REQUESTS: &str =
    "logName:\"run.googleapis.com%2Frequests\" AND httpRequest.status>=100 AND httpRequest.status<500";
/// Deploys and traffic changes by people and CI, and what the control plane made of them.
pub(super) const AUDIT: &str = "logName:\"cloudaudit.googleapis.com\"";
/// Refused calls and revisions that did not become ready.
pub(super) const AUDIT_ERRORS: &str = "logName:\"cloudaudit.googleapis.com\" AND severity>=ERROR";

/// The command that exports every log entry of a service between two times, both included.
///
/// `kind` is a `resource.type` (`cloud_run_revision`, `cloud_run_job` or `job`, `cloud_function`, `build`) or
/// `container_app` for Azure. Windows above an hour are split into pages by time, each with a limit far above
/// its count: a read that stops at its limit drops the oldest or newest entries without saying so.
/// Unknown names (empty or invalid) become placeholders.
pub fn export_command(project: &str, service: &str, kind: &str, from: Timestamp, to: Timestamp) -> String {
    let (from, to) = if from <= to { (from, to) } else { (to, from) };
    let name = service_or(service, "SERVICE");
    if kind.starts_with("container_app") || kind.starts_with("azure") {
        return azure_export(name, from, to);
    }
    let length = to.0.saturating_sub(from.0);
    let pages = (length / PAGE_NANOS_MIN + i64::from(length % PAGE_NANOS_MIN > 0)).clamp(1, PAGES_MAX);
    let commands = (0..pages).map(|page| {
        let start = from.plus(length / pages * page);
        let window = if page + 1 == pages {
            between(start, to)
        } else {
            // Half-open, so that an entry at the seam is in one page only.
            let end = from.plus(length / pages * (page + 1));
            format!("timestamp>=\"{}\" AND timestamp<\"{}\"", start.to_rfc3339(), end.to_rfc3339())
        };
        let filter = both(&resource_filter(kind, service), &window);
        let file = format!("{}-{}.json", name.to_ascii_lowercase(), page + 1);
        format!("{} > {}", read(project, &filter, PAGE_ENTRIES_MAX), shell::quote(&file))
    });
    commands.collect::<Vec<_>>().join(" && ")
}

/// The command that exports the entries of a Cloud Run service that match `filter`, both times included.
///
/// `filter` is in the logging query language and is written by this program, never taken from a log.
pub fn one_filter_command(project: &str, service: &str, filter: &str, from: Timestamp, to: Timestamp) -> String {
    let (from, to) = if from <= to { (from, to) } else { (to, from) };
    let filter = shell::prose(filter, 2_000);
    let filter = format!("{} AND {} AND ({filter})", resource_filter("cloud_run_revision", service), between(from, to));
    let file = format!("{}-part.json", service_or(service, "SERVICE").to_ascii_lowercase());
    format!("{} > {}", read(project, &filter, PAGE_ENTRIES_MAX), shell::quote(&file))
}

/// `gcloud logging read FILTER` in time order as JSON.
fn read(project: &str, filter: &str, limit: &str) -> String {
    let project = format!("--project={}", if names::is_project(project) { project } else { "PROJECT" });
    let limit = format!("--limit={limit}");
    shell::command(&["gcloud", "logging", "read", filter, &project, "--order=asc", &limit, "--format=json"])
}

/// Restricts a filter to one resource; without a valid kind or name only to what is known.
pub(super) fn resource_filter(kind: &str, service: &str) -> String {
    let kind = if kind == "job" { "cloud_run_job" } else { kind };
    if kind.is_empty() || !kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        return "resource.type:*".to_owned();
    }
    let label = match kind {
        "cloud_run_revision" => "service_name",
        "cloud_run_job" => "job_name",
        "cloud_function" => "function_name",
        _ => return format!("resource.type=\"{kind}\""),
    };
    format!("resource.type=\"{kind}\" AND resource.labels.{label}=\"{}\"", service_or(service, "SERVICE"))
}

/// Both ends of a window, included.
pub(super) fn between(from: Timestamp, to: Timestamp) -> String {
    format!("timestamp>=\"{}\" AND timestamp<=\"{}\"", from.to_rfc3339(), to.to_rfc3339())
}

/// Joins two filters that both must hold.
pub(super) fn both(left: &str, right: &str) -> String {
    format!("{left} AND {right}")
}

/// The name, or the placeholder when it is not one.
fn service_or<'a>(service: &'a str, placeholder: &'a str) -> &'a str {
    if names::is_service(service) || names::is_function(service) { service } else { placeholder }
}

/// Log Analytics holds what `az containerapp logs show` cuts at 300 lines.
fn azure_export(name: &str, from: Timestamp, to: Timestamp) -> String {
    let query = format!(
        "union isfuzzy=true ContainerAppSystemLogs_CL, ContainerAppConsoleLogs_CL, ContainerAppHTTPLogs | where column_ifexists(\"ContainerAppName_s\", \"\") == \"{name}\" or column_ifexists(\"ContainerAppName\", \"\") == \"{name}\" | where TimeGenerated between (datetime({}) .. datetime({})) | order by TimeGenerated asc",
        from.to_rfc3339(),
        to.to_rfc3339()
    );
    let file = format!("{}-1.json", name.to_ascii_lowercase());
    let command = [
        "az",
        "monitor",
        "log-analytics",
        "query",
        "--workspace",
        "WORKSPACE_ID",
        "--analytics-query",
        &query,
        "-o",
        "json",
    ];
    format!("{} > {}", shell::command(&command), shell::quote(&file))
}

#[cfg(test)]
mod tests {
    use super::{export_command, one_filter_command};
    use crate::model::Timestamp;
    use expect_test::expect;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_short_window_is_one_read_with_both_ends_included() {
        let command = export_command(
            "shop-staging",
            "api",
            "cloud_run_revision",
            at("2025-01-02T03:00:00Z"),
            at("2025-01-02T03:30:00.5Z"),
        );
        expect![[r#"gcloud logging read 'resource.type="cloud_run_revision" AND resource.labels.service_name="api" AND timestamp>="2025-01-02T03:00:00Z" AND timestamp<="2025-01-02T03:30:00.500Z"' --project=shop-staging --order=asc --limit=1000000 --format=json > api-1.json"#]]
        .assert_eq(&command);
    }

    #[test]
    fn a_long_window_is_paged_by_time_without_gap_or_overlap() {
        let command =
            export_command("shop-staging", "nightly", "job", at("2025-01-02T00:00:00Z"), at("2025-01-02T02:00:00Z"));
        let reads: Vec<_> = command.split(" && ").collect();
        assert_eq!(reads.len(), 2);
        assert!(
            reads[0].contains("resource.labels.job_name=\"nightly\"")
                && reads[0].contains("timestamp<\"2025-01-02T01:00:00Z\"")
        );
        assert!(reads[1].contains("timestamp>=\"2025-01-02T01:00:00Z\" AND timestamp<=\"2025-01-02T02:00:00Z\""));
    }

    #[test]
    fn extreme_and_reversed_windows_are_still_a_command() {
        for (from, to) in [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (0, 0)] {
            let command = export_command("", "", "", Timestamp(from), Timestamp(to));
            assert!(shlex::split(&command).is_some_and(|words| words[0] == "gcloud"), "{command}");
        }
    }

    #[test]
    fn names_that_are_none_become_placeholders() {
        let (from, to) = (at("2025-01-02T00:00:00Z"), at("2025-01-02T00:10:00Z"));
        for hostile in ["; rm -rf /", "$(x)", "`x`", "a\nb", "\"' OR \"", "ü"] {
            for kind in ["cloud_run_revision", "job", "cloud_function", "build", "container_app", hostile] {
                let command = export_command(hostile, hostile, kind, from, to);
                assert!(!command.contains(hostile), "{command}");
                assert!(shlex::split(&command).is_some());
            }
            assert!(!one_filter_command(hostile, hostile, "severity>=ERROR", from, to).contains(hostile));
        }
    }
}
