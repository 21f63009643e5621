//! diff and verify: what became of each finding, the criteria, and how the commands end.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use whydown::compare::diff;
use whydown::compare::judge::Standing;
use whydown::compare::verify::{CriterionStatus, Verification, verify};
use whydown::model::report::Report;
use whydown::report::checks;

use crate::support::hours::Hours;
use crate::support::{analyze, incidents};

const BINARY: &str = env!("CARGO_BIN_EXE_whydown");

/// A report of these entries.
fn report(hours: &Hours) -> Report {
    let folder = tempfile::tempdir().expect("a folder");
    analyze(&[hours.write(folder.path(), "logs.ndjson")], &[], 2)
}

fn verified(old: &Hours, new: &Hours) -> Verification {
    verify(&report(old), &report(new), checks::is_criterion)
}

fn standings(verified: &Verification) -> Vec<Standing> {
    verified.findings.iter().map(|judged| judged.standing).collect()
}

fn status(verified: &Verification, name: &str) -> CriterionStatus {
    verified.criteria.iter().find(|one| one.name == name).unwrap_or_else(|| panic!("no {name}")).status
}

/// Six lost instances in the first half of an hour of requests.
fn incident() -> Hours {
    Hours::default().healthy(10, 1).crashes(10, 6, 300)
}

/// Answered requests of so many hours.
fn quiet(hours: u32) -> Hours {
    (12..12 + hours).fold(Hours::default(), |all, hour| all.healthy(hour, 1))
}

#[test]
fn what_is_not_seen_in_enough_time_and_starts_is_resolved() {
    let starts = (0..4).fold(quiet(3), |all, n| all.starts(12, n));
    let held = verified(&incident(), &starts);
    assert_eq!(standings(&held), [Standing::Resolved], "{held:?}");
    assert!(held.holds());
    assert_eq!(status(&held, "exit code 3"), CriterionStatus::Pass);
    assert_eq!(status(&held, "restarts/h per instance"), CriterionStatus::Pass);
    assert_eq!(status(&held, "startup time"), CriterionStatus::Pass);
    // 4 good starts of 299, 180 good requests of 299.
    assert_eq!(status(&held, "starts that succeed"), CriterionStatus::NotEnoughData);
    assert_eq!(status(&held, "requests with 503"), CriterionStatus::NotEnoughData);
    assert_eq!(status(&verified(&incident(), &quiet(6)), "requests with 503"), CriterionStatus::Pass);
}

#[test]
fn no_failure_in_little_time_or_without_a_start_is_not_enough_data() {
    let short = Hours::default().healthy(12, 30);
    assert_eq!(standings(&verified(&incident(), &short)), [Standing::NotEnoughData]);
    let unseen = verified(&incident(), &quiet(3));
    assert!(unseen.findings[0].why[0].contains("missing-system"), "{unseen:?}");
    // Three hours of requests, and one instance that tried to start where six of seven could not.
    let untried = verified(&incident(), &quiet(3).starts(12, 1));
    assert_eq!(standings(&untried), [Standing::NotEnoughData], "{untried:?}");
    assert!(untried.findings[0].why.iter().any(|why| why.contains("instances")), "{untried:?}");
}

#[test]
fn another_failure_that_comes_first_hides_it_and_does_not_resolve_it() {
    let masked = verified(&incident(), &quiet(3).crashes_of(12, 12, 240, "shop.tax"));
    assert_eq!(standings(&masked), [Standing::NotEnoughData], "{masked:?}");
    assert_eq!(masked.appeared.len(), 1);
}

#[test]
fn few_requests_are_no_proof_that_failing_requests_are_over() {
    let before = Hours::default().healthy(10, 1).failures(10, 3, 600);
    // 3 of 63 failed: 108 good ones are needed, as (63 / 171) ^ 3 = 5 %.
    assert_eq!(standings(&verified(&before, &quiet(1))), [Standing::NotEnoughData]);
    assert_eq!(standings(&verified(&before, &quiet(3))), [Standing::Resolved]);
}

#[test]
fn what_goes_on_persists_and_is_worse_only_when_its_rate_is() {
    let again = verified(&incident(), &Hours::default().healthy(12, 1).crashes(12, 7, 300));
    assert_eq!(standings(&again), [Standing::Persisting], "{again:?}");
    assert_eq!(status(&again, "exit code 3"), CriterionStatus::Fail);
    assert!(!again.holds());
    let before = Hours::default().healthy(10, 1).failures(10, 4, 600);
    let worse = verified(&before, &Hours::default().healthy(12, 1).failures(12, 50, 60));
    assert_eq!(standings(&worse), [Standing::Worse], "{worse:?}");
    // Ten times the failures in ten times the requests is the same service with more visitors.
    let visitors = (0..10).fold(Hours::default(), |all, copy| all.healthy_copy(12, copy));
    let more = verified(&before, &visitors.failures(12, 40, 60));
    assert_eq!(standings(&more), [Standing::Persisting], "{more:?}");
}

#[test]
fn an_export_that_cannot_show_it_resolves_nothing() {
    let blind = Hours::default().healthy(12, 1).crashes(12, 6, 300).only("stderr", false);
    let judged = verified(&incident(), &blind);
    assert_eq!(standings(&judged), [Standing::NotEnoughData], "{judged:?}");
    assert!(judged.findings[0].why[0].contains("nothing says why"), "{judged:?}");
}

#[test]
fn a_difference_names_what_appeared_went_and_stayed() {
    let old = report(&incident().failures(10, 6, 300));
    let new = report(&Hours::default().healthy(12, 1).crashes(12, 6, 300).crashes_of(12, 3, 500, "shop.tax"));
    let diff = diff::diff(&old, &new);
    let titles = |briefs: Vec<&str>| briefs.join("; ");
    assert!(titles(diff.appeared.iter().map(|one| one.title.as_str()).collect()).contains("shop.tax"), "{diff:?}");
    assert!(titles(diff.gone.iter().map(|one| one.finding.title.as_str()).collect()).contains("KeyError"), "{diff:?}");
    assert_eq!((diff.appeared.len(), diff.gone.len(), diff.same.len(), diff.overlapping), (1, 1, 1, false));
    assert_eq!(diff.same[0].standing, Standing::Persisting);
    let none = diff::diff(&old, &old);
    assert!(none.is_empty() && none.overlapping && none.same.len() == 2);
}

#[test]
fn deployments_since_the_old_report_are_named() {
    let rollout =
        incidents().into_iter().find(|one| one.name == "bad-revision-with-rollback-target").expect("a fixture");
    let new = analyze(&rollout.inputs(), &rollout.state_files(), 2);
    assert!(new.export.deployments > 0, "the fixture deploys");
    let mut old = new.clone();
    old.services.iter_mut().for_each(|service| service.deployments.clear());
    let deployed: usize = new.services.iter().map(|service| service.deployments.len()).sum();
    assert_eq!(diff::diff(&old, &new).deployments.len(), deployed);
    assert_eq!(diff::diff(&new, &new).deployments, []);
}

fn run(arguments: &[&str], paths: &[&Path]) -> Output {
    Command::new(BINARY).args(arguments).args(paths).output().expect("the binary runs")
}

fn saved(folder: &Path, logs: &Path) -> PathBuf {
    let output = run(&["analyze", "--format", "json"], &[logs]);
    let path = folder.join(format!("{}.report.json", logs.file_name().expect("a name").to_string_lossy()));
    std::fs::write(&path, output.stdout).expect("writable");
    path
}

#[test]
fn verify_leaves_out_what_the_report_has_seen_and_ends_as_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let logs = incident().write(folder.path(), "old.ndjson");
    let report = saved(folder.path(), &logs);
    // The same export again proves nothing, and with --from it is the same incident.
    let code = |arguments: &[&str], logs: &Path| {
        let mut all = vec!["verify", "--fail-on", "persisting"];
        all.extend(arguments);
        run(&all, &[&report, logs]).status.code()
    };
    assert_eq!(code(&[], &logs), Some(0));
    assert_eq!(code(&["--from", "2026-04-01T00:00:00Z"], &logs), Some(3));
    let both = incident().and(Hours::default().healthy(12, 1).crashes(12, 2, 300)).write(folder.path(), "both.ndjson");
    let output = run(&["verify", "--format", "json", "--expect-instances", "2..9"], &[&report, &both]);
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(told["findings"][0]["after"]["occurrences"]["instances"], 2, "{told}");
    let count = told["criteria"].as_array().expect("criteria").iter().find(|one| one["name"] == "instances at once");
    assert!(count.is_some_and(|one| one["needed"] == "2 to 9"), "{told}");
    assert_eq!(run(&["verify", "--expect-instances", "9..2"], &[&report, &both]).status.code(), Some(2));
    assert_eq!(run(&["verify", "--fail-on", "criterion"], &[&report, &both]).status.code(), Some(3));
}

#[test]
fn what_is_no_report_is_refused_with_its_place_and_a_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    let logs = incident().write(folder.path(), "logs.ndjson");
    let report = saved(folder.path(), &logs);
    let newer = folder.path().join("newer.json");
    std::fs::write(&newer, "{\"schema_version\": 9}").expect("writable");
    for (path, word) in
        [(&logs, "whydown analyze"), (&newer, "schema_version is 9"), (&folder.path().join("none"), "cannot be read")]
    {
        let output = run(&["diff"], &[&report, path]);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(4), "{message}");
        assert!(message.contains(word) && message.contains(&path.display().to_string()), "{message}");
    }
    assert_eq!(run(&["diff", "--fail-on", "appeared"], &[&report, &report]).status.code(), Some(0));
}

#[test]
fn alerts_are_raised_over_their_limit_and_not_at_it() {
    let status = |hours: Hours, name: &str| {
        let report = report(&hours);
        report.checks.iter().find(|check| check.name == name).unwrap_or_else(|| panic!("no {name}")).status.clone()
    };
    let exit = "critical: exit code 3";
    assert_eq!(status(Hours::default().healthy(10, 1).crashes(10, 4, 90), exit), "fail");
    assert_eq!(status(Hours::default().healthy(10, 1).crashes(10, 3, 90), exit), "pass");
    // Eight in the hour, never four in five minutes.
    assert_eq!(status(Hours::default().healthy(10, 1).crashes(10, 8, 110), exit), "pass");
    assert_eq!(status(Hours::default().crashes(10, 2, 10), exit), "not-judged");
    let restarts = "warning: restarts";
    assert_eq!(status(quiet(2).crashes(12, 4, 300), restarts), "warn");
    assert_eq!(status(quiet(2).crashes(12, 3, 300), restarts), "pass");
    let failed = "info: failed starts";
    let starts = |good: u32, bad: u32| (0..good).fold(quiet(1).crashes(12, bad, 300), |all, n| all.starts(12, n));
    assert_eq!(status(starts(18, 1), failed), "info");
    assert_eq!(status(starts(19, 1), failed), "pass");
    assert_eq!(status(quiet(1), failed), "not-judged");
}
