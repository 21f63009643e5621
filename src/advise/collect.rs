//! The commands whose output is a complete export of one service: logs paged by time, and its state.
//!
//! In: names and a window. Out: steps, each a title and one shell line. Names that do not pass the
//! platform's rules become placeholders, as everywhere.

use super::{export_command, names, shell};
use crate::model::{Platform, Timestamp};

/// What to export.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// Where the service runs.
    pub platform: Platform,
    /// Project id, or the resource group on Azure.
    pub project: &'a str,
    /// Region.
    pub region: &'a str,
    /// Service, job or container app.
    pub service: &'a str,
    /// Start of the window.
    pub from: Timestamp,
    /// End of the window.
    pub to: Timestamp,
}

/// Title and command of each step, in the order to run them.
pub fn collect(wanted: &Wanted<'_>) -> Vec<(String, String)> {
    let service = if names::is_service(wanted.service) { wanted.service } else { "SERVICE" };
    match wanted.platform {
        Platform::AzureContainerApps => azure(wanted, service),
        Platform::CloudRunJob => cloud_run(wanted, service, "cloud_run_job"),
        _ => cloud_run(wanted, service, "cloud_run_revision"),
    }
}

fn cloud_run(wanted: &Wanted<'_>, service: &str, kind: &str) -> Vec<(String, String)> {
    let project = format!("--project={}", if names::is_project(wanted.project) { wanted.project } else { "PROJECT" });
    let region = format!("--region={}", if names::is_region(wanted.region) { wanted.region } else { "REGION" });
    let mut steps: Vec<(String, String)> = export_command(wanted.project, wanted.service, kind, wanted.from, wanted.to)
        .split(" && ")
        .enumerate()
        .map(|(page, command)| {
            (format!("every log entry of the service, audit entries included, page {}", page + 1), command.to_owned())
        })
        .collect();
    let mut state = |title: &str, words: &[&str], file: &str| {
        let command = format!("{} > {}", shell::command(words), shell::quote(&format!("{service}-{file}")));
        steps.push((title.to_owned(), command));
    };
    if kind == "cloud_run_job" {
        state(
            "the job as it is set",
            &["gcloud", "run", "jobs", "describe", service, &region, &project, "--format=json"],
            "job.json",
        );
    } else {
        state(
            "traffic, readiness and settings",
            &["gcloud", "run", "services", "describe", service, &region, &project, "--format=json"],
            "service.json",
        );
        let of_service = format!("--service={service}");
        state(
            "every revision",
            &["gcloud", "run", "revisions", "list", &of_service, &region, &project, "--format=json"],
            "revisions.json",
        );
    }
    steps
}

fn azure(wanted: &Wanted<'_>, app: &str) -> Vec<(String, String)> {
    let group = if names::is_resource_group(wanted.project) { wanted.project } else { "RESOURCE_GROUP" };
    let mut steps = Vec::new();
    let mut step = |title: &str, words: &[&str], file: &str| {
        let command = format!("{} > {}", shell::command(words), shell::quote(&format!("{app}-{file}")));
        steps.push((title.to_owned(), command));
    };
    for kind in ["system", "console"] {
        let words = [
            "az",
            "containerapp",
            "logs",
            "show",
            "-n",
            app,
            "-g",
            group,
            "--type",
            kind,
            "--tail",
            "300",
            "--format",
            "json",
        ];
        step(
            &format!("the last 300 {kind} lines (the newest only; Log Analytics keeps the rest)"),
            &words,
            &format!("{kind}.json"),
        );
    }
    let export = export_command("", app, "container_app", wanted.from, wanted.to);
    steps.push(("everything of the window, where Log Analytics is connected".to_owned(), export));
    let mut state = |title: &str, words: &[&str], file: &str| {
        let command = format!("{} > {}", shell::command(words), shell::quote(&format!("{app}-{file}")));
        steps.push((title.to_owned(), command));
    };
    state(
        "traffic, mode and settings",
        &["az", "containerapp", "show", "-n", app, "-g", group, "-o", "json"],
        "app.json",
    );
    state(
        "every revision, inactive ones included",
        &["az", "containerapp", "revision", "list", "-n", app, "-g", group, "--all", "-o", "json"],
        "revisions.json",
    );
    state(
        "replicas of the newest revision (add --revision for another one)",
        &["az", "containerapp", "replica", "list", "-n", app, "-g", group, "-o", "json"],
        "replicas.json",
    );
    let fields = "databaseId,workflowName,displayTitle,status,conclusion,headSha,createdAt,startedAt,updatedAt";
    state(
        "runs of the pipeline that deploys it, in its repository",
        &["gh", "run", "list", "--limit", "50", "--json", fields],
        "runs.json",
    );
    state(
        "what a failed run printed (RUN_ID from the list above)",
        &["gh", "run", "view", "RUN_ID", "--log-failed"],
        "failed.log",
    );
    steps
}

#[cfg(test)]
mod tests {
    use super::{Wanted, collect};
    use crate::model::{Platform, Timestamp};

    fn wanted(platform: Platform, name: &str) -> Vec<(String, String)> {
        let at = |text| Timestamp::parse(text).unwrap();
        let (from, to) = (at("2026-03-02T10:00:00Z"), at("2026-03-02T12:30:00Z"));
        collect(&Wanted { platform, project: "acme-shop", region: "europe-west1", service: name, from, to })
    }

    #[test]
    fn a_window_is_paged_by_time_and_the_state_comes_with_it() {
        let steps = wanted(Platform::CloudRun, "orders-api");
        assert_eq!(steps.len(), 5);
        assert!(steps[0].1.contains("--order=asc") && steps[0].1.contains("--limit=1000000"), "{}", steps[0].1);
        assert!(
            steps[3].1.starts_with("gcloud run services describe orders-api --region=europe-west1"),
            "{}",
            steps[3].1
        );
    }

    #[test]
    fn a_hostile_name_becomes_a_placeholder_on_every_platform() {
        for platform in [Platform::CloudRun, Platform::CloudRunJob, Platform::AzureContainerApps] {
            for (_, command) in wanted(platform, "x; rm -rf /") {
                assert!(!command.contains("rm -rf"), "{command}");
                assert!(shlex::split(&command).is_some(), "{command}");
            }
        }
    }
}
