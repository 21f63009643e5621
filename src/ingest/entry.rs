//! From the wire form of one record to the entry that all later stages read.
//!
//! In go the fields of one canonical record and its place; out comes a [`Entry`] with its log
//! stream, platform and names decided. Where `logName` is missing the stream is inferred from what
//! the record holds.

use std::borrow::Cow;

use memchr::memmem;

use crate::model::entry::{Entry, HttpRequest, Position, Resource, Severity, Stream};
use crate::model::time::{Clock, NANOS_PER_SECOND};
use crate::model::{Platform, Timestamp};

use super::stream::stream_of;
use super::wire::{HttpWire, Record, ResourceLabels, Text, scalar_text};

/// Eleven days: no request takes longer (Cloud Run allows an hour).
const LATENCY_NANOS_MAX: i64 = 1_000_000 * NANOS_PER_SECOND;

/// Beginnings of texts that only the Cloud Run platform writes (Cloud Run docs: troubleshooting, container contract).
const PLATFORM_TEXTS: &[&str] = &[
    "Container called exit(",
    "Container terminated on signal",
    "Starting new instance.",
    "Default STARTUP ",
    "STARTUP TCP probe",
    "STARTUP HTTP probe",
    "STARTUP GRPC probe",
    "LIVENESS HTTP probe",
    "LIVENESS GRPC probe",
    "LIVENESS TCP probe",
    "READINESS HTTP probe",
    "READINESS GRPC probe",
    "Memory limit of",
    "Shutting down user disabled instance",
    "Uncaught signal:",
    "Application exec likely failed",
    "terminated: Application failed to start",
    "Cloud SQL instance \"",
    "Truncated response body.",
    "Response size was too large.",
];

/// Builds the entry. `converted` tells that the record was written by this program's own Azure converter.
pub(super) fn build<'a>(record: &mut Record<'a>, position: Position, converted: bool, clock: &mut Clock) -> Entry<'a> {
    let log_name = take(&mut record.log_name);
    let mut text = take(&mut record.text_payload);
    let mut json = record.json_payload.map(Cow::Borrowed);
    let mut audit = record.proto_payload.filter(|raw| raw.starts_with('{')).map(Cow::Borrowed);
    if let Some(Cow::Borrowed(raw)) = json.take_if(|raw| !raw.starts_with(['{', '[']))
        && text.is_empty()
    {
        text = scalar_text(raw);
    }
    if audit.is_none() && log_name.is_empty() {
        audit = json.take_if(|raw| holds_audit_log(raw));
    }
    let http = record.http_request.is_present.then(|| http_request(&mut record.http_request));
    let resource = resource(take(&mut record.resource.kind), &mut record.resource.labels);
    let azure = if converted && record.azure.is_present { Some(&mut record.azure) } else { None };
    let platform = if azure.is_some() {
        Platform::AzureContainerApps
    } else {
        platform(&resource.kind, &log_name, audit.as_deref())
    };
    let stream = match &azure {
        Some(row) => azure_stream(row.stream.as_ref().map_or("", |word| &word.0)),
        None if log_name.is_empty() => infer_stream(http.is_some(), audit.as_deref(), &text),
        None => record.stream.unwrap_or_else(|| stream_of(&log_name)),
    };
    let (reason, repeats) = azure.map_or((Cow::Borrowed(""), 1), |row| {
        (take(&mut row.reason), take(&mut row.count).parse().unwrap_or(1).max(1))
    });
    let labels = &mut record.labels;
    let execution = if labels.execution_name.is_some() { &mut labels.execution_name } else { &mut labels.execution_id };
    Entry {
        position,
        platform,
        stream,
        insert_id: take(&mut record.insert_id),
        timestamp: record.timestamp.as_ref().and_then(|text| time(text, clock)),
        receive_timestamp: record.receive_timestamp.as_ref().and_then(|text| time(text, clock)),
        severity: record.severity.as_ref().and_then(|word| severity(&word.0)),
        log_name,
        resource,
        execution: take(execution),
        instance: take(&mut labels.instance_id),
        container: take(&mut labels.container_name),
        trace: take(&mut record.trace),
        text,
        json,
        audit,
        http,
        reason,
        repeats,
    }
}

/// A time that a log can have been written at, from 1990 to 2200: anything else is a placeholder or damage, and would
/// make differences of times overflow.
fn time(text: &Text<'_>, clock: &mut Clock) -> Option<Timestamp> {
    const PLAUSIBLE_SECONDS: std::ops::Range<i64> = 631_152_000..7_258_118_400;
    clock.parse(&text.0).filter(|time| PLAUSIBLE_SECONDS.contains(&(time.0 / NANOS_PER_SECOND)))
}

fn take<'a>(text: &mut Option<Text<'a>>) -> Cow<'a, str> {
    text.take().map_or(Cow::Borrowed(""), |text| text.0)
}

fn holds_audit_log(raw: &str) -> bool {
    memmem::find(raw.as_bytes(), b"google.cloud.audit.AuditLog").is_some()
}

/// The common words without allocating; the rest as the model reads them.
fn severity(word: &str) -> Option<Severity> {
    match word {
        "" => None,
        "INFO" => Some(Severity::Info),
        "ERROR" => Some(Severity::Error),
        "WARNING" => Some(Severity::Warning),
        other => Some(Severity::parse(other)),
    }
}

fn resource<'a>(kind: Cow<'a, str>, labels: &mut ResourceLabels<'a>) -> Resource<'a> {
    let mut service = take(&mut labels.service_name);
    for other in [&mut labels.job_name, &mut labels.function_name] {
        if service.is_empty() {
            service = take(other);
        }
    }
    let mut location = take(&mut labels.location);
    if location.is_empty() {
        location = take(&mut labels.region);
    }
    Resource {
        kind,
        project: take(&mut labels.project_id),
        location,
        service,
        revision: take(&mut labels.revision_name),
    }
}

fn http_request<'a>(wire: &mut HttpWire<'a>) -> HttpRequest<'a> {
    HttpRequest {
        status: wire.status.and_then(|status| status.0),
        method: take(&mut wire.request_method),
        url: take(&mut wire.request_url),
        latency_nanos: wire
            .latency
            .as_ref()
            .and_then(|latency| latency_nanos(&latency.0))
            .filter(|latency| *latency <= LATENCY_NANOS_MAX),
        user_agent: take(&mut wire.user_agent),
    }
}

/// Nanoseconds of `30.001875335s`, `19ms` or plain seconds; nine fraction digits are kept exactly.
fn latency_nanos(text: &str) -> Option<i64> {
    let text = text.trim();
    let (number, unit_nanos) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => (number, NANOS_PER_SECOND / 1_000),
        (None, Some(number)) => (number, NANOS_PER_SECOND),
        (None, None) => (text, NANOS_PER_SECOND),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut nanos = whole.parse::<i64>().ok().filter(|whole| *whole >= 0)?.checked_mul(unit_nanos)?;
    let mut digit_nanos = unit_nanos;
    for byte in fraction.bytes() {
        digit_nanos /= 10;
        nanos = nanos.checked_add(i64::from(byte.is_ascii_digit().then(|| byte - b'0')?) * digit_nanos)?;
    }
    Some(nanos)
}

fn platform(kind: &str, log_name: &str, audit: Option<&str>) -> Platform {
    match kind {
        "cloud_run_revision" => Platform::CloudRun,
        "cloud_run_job" => Platform::CloudRunJob,
        "cloud_function" => Platform::CloudFunctions,
        "build" | "cloud_build" => Platform::CloudBuild,
        _ if log_name.ends_with("cloudfunctions.googleapis.com%2Fcloud-functions") => Platform::CloudFunctions,
        // A denial by ingress settings is written on an `audited_resource` (Cloud Run docs: troubleshooting, 404).
        "audited_resource" if audit.is_some_and(|raw| raw.contains("\"run.googleapis.com\"")) => Platform::CloudRun,
        _ => Platform::Other,
    }
}

fn azure_stream(word: &str) -> Stream {
    match word {
        "system" => Stream::System,
        "stdout" => Stream::Stdout,
        "stderr" => Stream::Stderr,
        "requests" => Stream::Requests,
        // What the control plane answered to a call of CI.
        "activity" => Stream::Activity,
        _ => Stream::Application,
    }
}

/// The log of a record whose exporter dropped `logName`.
fn infer_stream(has_http: bool, audit: Option<&str>, text: &str) -> Stream {
    if has_http {
        return Stream::Requests;
    }
    if let Some(raw) = audit {
        // The control plane's own changes carry a method without a package and nobody's name.
        let by_platform = field_starts_with(raw, "methodName", '/') && !raw.contains("\"principalEmail\"");
        return if by_platform { Stream::SystemEvent } else { Stream::Activity };
    }
    if PLATFORM_TEXTS.iter().any(|beginning| text.starts_with(beginning)) {
        Stream::System
    } else {
        Stream::Application
    }
}

/// Whether some `"field": "…"` of raw JSON begins with `first`, or the field is absent.
fn field_starts_with(raw: &str, field: &str, first: char) -> bool {
    let Some((_, after)) = raw.split_once(&format!("\"{field}\"")) else { return true };
    after
        .trim_start()
        .strip_prefix(':')
        .map(str::trim_start)
        .and_then(|value| value.strip_prefix('"'))
        .is_some_and(|value| value.starts_with(first))
}

#[cfg(test)]
mod tests {
    use super::latency_nanos;

    #[test]
    fn latencies_are_read_exactly() {
        for (text, nanos) in [
            ("30.001875335s", Some(30_001_875_335)),
            ("0s", Some(0)),
            ("0.5s", Some(500_000_000)),
            ("19ms", Some(19_000_000)),
            ("1.5ms", Some(1_500_000)),
            ("0.12345678999s", Some(123_456_789)),
            ("", None),
            ("-1s", None),
            ("99999999999999999999s", None),
            ("soon", None),
        ] {
            assert_eq!(latency_nanos(text), nanos, "{text}");
        }
    }
}
