//! The service or job that commands are about, and the commands every ladder shares.
//!
//! In: a [`Situation`]. Out: shell lines with its names filled in. Flags: Cloud SDK reference, `gcloud run`.

use super::super::standing::Standing;
use super::super::{Situation, logs, mitigate, names, shell, step};
use super::states;
use crate::model::Platform;
use crate::model::time::NANOS_PER_SECOND;

/// Time added around a window when its logs are read, so that the start of the instance is in it.
const MARGIN_NANOS: i64 = 60 * NANOS_PER_SECOND;
/// Columns of a log read meant for a terminal.
const COLUMNS: &str =
    "--format=value(timestamp,resource.labels.revision_name,severity,textPayload,jsonPayload.message)";

/// Names of one service or job, valid or placeholders.
pub(super) struct Target<'a> {
    /// What is known about the finding.
    pub(super) situation: &'a Situation<'a>,
    /// Project id or `PROJECT`.
    pub(super) project: &'a str,
    /// Region or `REGION`.
    pub(super) region: &'a str,
    /// Service or job, or `SERVICE` / `JOB`.
    pub(super) name: &'a str,
    /// Newest failing revision or `REVISION`.
    pub(super) revision: &'a str,
    /// Whether it is a job.
    pub(super) job: bool,
}

impl<'a> Target<'a> {
    /// Checks the names of a situation.
    pub(super) fn new(situation: &'a Situation<'a>) -> Self {
        let job = situation.platform == Platform::CloudRunJob;
        // Audit entries write a region as `projects/P/locations/R`.
        let region = situation.location.rsplit('/').next().unwrap_or_default();
        let revision = situation.revisions.last().map_or("", String::as_str);
        Self {
            situation,
            project: step::valid_or(situation.project, names::is_project, "PROJECT"),
            region: step::valid_or(region, names::is_region, "REGION"),
            name: step::valid_or(situation.service, names::is_service, if job { "JOB" } else { "SERVICE" }),
            revision: step::valid_or(revision, names::is_revision, "REVISION"),
            job,
        }
    }

    /// The revision to go back to, when there is a proven one that is not itself failing.
    pub(super) fn good(&self) -> Option<&'a str> {
        mitigate::good(self.situation)
    }

    /// `gcloud run WORDS --region --project`.
    pub(super) fn run(&self, words: &[&str]) -> String {
        let (region, project) = (format!("--region={}", self.region), format!("--project={}", self.project));
        shell::command(&[&["gcloud", "run"], words, &[&region, &project]].concat())
    }

    /// `gcloud WORDS --project`.
    pub(super) fn cloud(&self, words: &[&str]) -> String {
        let project = format!("--project={}", self.project);
        shell::command(&[&["gcloud"], words, &[&project]].concat())
    }

    /// `gcloud run services update` or `jobs update`.
    pub(super) fn update(&self, flags: &[&str]) -> String {
        self.run(&[&[if self.job { "jobs" } else { "services" }, "update", self.name], flags].concat())
    }

    /// `gcloud run services update-traffic`.
    pub(super) fn traffic(&self, flag: &str) -> String {
        self.run(&["services", "update-traffic", self.name, flag])
    }

    /// The command that sends all traffic to a revision, which pins it.
    pub(super) fn pin(&self, revision: &str) -> String {
        self.traffic(&format!("--to-revisions={revision}=100"))
    }

    /// `describe` of the service or job, limited to some fields.
    pub(super) fn describe(&self, fields: &str) -> String {
        let format = format!("--format=yaml({fields})");
        self.run(&[if self.job { "jobs" } else { "services" }, "describe", self.name, &format])
    }

    /// `describe` of the failing revision, limited to some fields.
    pub(super) fn describe_revision(&self, format: &str) -> String {
        self.run(&["revisions", "describe", self.revision, &format!("--format={format}")])
    }

    /// The filter of this service or job.
    pub(super) fn resource(&self) -> String {
        if self.situation.platform == Platform::Other {
            return "resource.type:*".to_owned();
        }
        let kind = if self.job { "cloud_run_job" } else { "cloud_run_revision" };
        let filter = logs::resource_filter(kind, self.situation.service);
        if self.situation.around.shares_its_name {
            return logs::both(&filter, &format!("resource.labels.location=\"{}\"", self.region));
        }
        filter
    }

    /// Reads the entries of the finding's window that match, oldest first.
    pub(super) fn read_window(&self, filter: &str) -> String {
        let (from, to) = (self.situation.from.plus(-MARGIN_NANOS), self.situation.to.plus(MARGIN_NANOS));
        let filter = format!("{} AND {} AND ({filter})", self.resource(), logs::between(from, to));
        self.cloud(&["logging", "read", &filter, "--order=asc", "--limit=1000", COLUMNS])
    }

    /// Reads the matching entries of the last 15 minutes; freshness holds because the order is descending
    /// and the filter names no time.
    pub(super) fn read_recent(&self, filter: &str) -> String {
        let filter = format!("{} AND ({filter})", self.resource());
        self.cloud(&["logging", "read", &filter, "--freshness=15m", "--limit=20", COLUMNS])
    }

    /// What must be true before the settings change.
    pub(super) fn before_update(&self) -> String {
        if self.job {
            return "The change holds from the next execution on; a running one keeps the old settings".to_owned();
        }
        let copied = "The update copies the template of the newest revision, its code included, so that code must be able to start";
        let copied = match states::copies(self) {
            Some(whose) => format!("{copied} ({whose})"),
            None => copied.to_owned(),
        };
        let is_pinned = self.situation.around.standing.is_some_and(Standing::is_pinned);
        if is_pinned || self.situation.pinned || self.good().is_some() {
            format!("{copied}; while traffic is pinned the new revision gets none until --to-latest")
        } else {
            copied
        }
    }
}
