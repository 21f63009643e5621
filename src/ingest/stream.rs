//! Which log an entry stands in, by the name of its log.

use memchr::{memmem, memrchr2};

use crate::model::entry::Stream;

/// The log by the last part of its name (Cloud Run docs: logging; Cloud Audit Logs docs).
pub(super) fn stream_of(log_name: &str) -> Stream {
    // The id stands after the last slash, its own slashes written as `%2F`; some exporters decode those.
    let name = memmem::find(log_name.as_bytes(), b"/logs/").map_or(log_name, |start| &log_name[start + 6..]);
    let start = memrchr2(b'%', b'/', name.as_bytes())
        .map_or(0, |index| if name.as_bytes()[index] == b'/' { index + 1 } else { index + 3 });
    let last = name.get(start..).unwrap_or_default();
    let is_audit = name.starts_with("cloudaudit.googleapis.com");
    match last {
        "stdout" => Stream::Stdout,
        "stderr" => Stream::Stderr,
        "requests" | "request_log" => Stream::Requests,
        "system" if name.contains("varlog") => Stream::System,
        "activity" if is_audit => Stream::Activity,
        "system_event" if is_audit => Stream::SystemEvent,
        "policy" if is_audit => Stream::Policy,
        "data_access" if is_audit => Stream::DataAccess,
        "cloudbuild" => Stream::Build,
        _ => Stream::Application,
    }
}

#[cfg(test)]
mod tests {
    use super::{Stream, stream_of};

    #[test]
    fn the_stream_follows_the_last_part_of_the_log_name() {
        for (name, stream) in [
            ("projects/p/logs/run.googleapis.com%2Frequests", Stream::Requests),
            ("projects/p/logs/run.googleapis.com/requests", Stream::Requests),
            ("projects/p/logs/run.googleapis.com%2Fvarlog%2Fsystem", Stream::System),
            ("projects/p/logs/cloudaudit.googleapis.com%2Factivity", Stream::Activity),
            ("projects/p/logs/cloudaudit.googleapis.com%2Fsystem_event", Stream::SystemEvent),
            ("projects/p/logs/stderr", Stream::Stderr),
            ("projects/p/logs/cloudbuild", Stream::Build),
            ("projects/p/logs/cloudfunctions.googleapis.com%2Fcloud-functions", Stream::Application),
            ("projects/p/logs/my-activity", Stream::Application),
        ] {
            assert_eq!(stream_of(name), stream, "{name}");
        }
    }
}
