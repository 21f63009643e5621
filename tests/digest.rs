//! What a digest tells, hour after hour: new, ongoing, worse, resolved, quiet; late and repeated entries.

use std::path::Path;

use whydown::compare::digest::memory::Memory;
use whydown::compare::digest::{Digest, Status, digest};
use whydown::ingest;
use whydown::pipeline::{self, Options};

use crate::support::hours::Hours;

/// Runs digests one after the other and keeps the memory.
struct Runs {
    folder: tempfile::TempDir,
    memory: Memory,
}

impl Runs {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), memory: Memory::new(3_600) }
    }

    fn read(&mut self, hours: &Hours) -> Digest {
        let path = hours.write(self.folder.path(), "logs.ndjson");
        self.read_file(&path, 2)
    }

    fn read_file(&mut self, path: &Path, threads: usize) -> Digest {
        let options = Options {
            inputs: vec![path.to_owned()],
            state_files: Vec::new(),
            ingest: ingest::Options { threads, ..ingest::Options::default() },
            ..Options::default()
        };
        let scan = pipeline::scan_or_nothing(&options).expect("logs");
        let seen = pipeline::conclude_with_tally(scan, &options.policy, Some(3_600)).expect("a report");
        let (memory, told) = digest(&self.memory, &seen.report, &seen.tally);
        self.memory = memory;
        told
    }
}

fn statuses(digest: &Digest) -> Vec<Status> {
    digest.items.iter().map(|item| item.status).collect()
}

/// Without healthy requests nothing is proven; this many an hour prove enough here.
fn busy(hour: u32) -> Hours {
    Hours::default().healthy(hour, 1)
}

/// An hour after the fix: requests, and enough instances that start well.
fn calm(hour: u32) -> Hours {
    (0..6).fold(busy(hour), |all, minute| all.starts(hour, minute))
}

#[test]
fn a_finding_is_new_then_ongoing_then_resolved_then_silent_and_new_again_when_it_returns() {
    let mut runs = Runs::new();
    let first = runs.read(&busy(10).crashes(10, 6, 300));
    assert_eq!(statuses(&first), [Status::New], "{first:?}");
    assert_eq!((first.items[0].recent.instances, first.items[0].returned), (6, false));
    assert_eq!(statuses(&runs.read(&busy(11).crashes(11, 6, 300))), [Status::Ongoing]);
    let third = runs.read(&calm(12));
    // 12 in two hours, none in the third: (2 / 3) ^ 12 < 1 %; 12 of 12 starts, none of 6: the same.
    assert_eq!(statuses(&third), [Status::Resolved], "{third:?}");
    assert_eq!(statuses(&runs.read(&busy(13))), []);
    let back = runs.read(&busy(14).crashes(14, 2, 300));
    assert_eq!(statuses(&back), [Status::New], "{back:?}");
    assert!(back.items[0].returned);
}

#[test]
fn a_finding_that_happened_once_is_not_over_after_one_quiet_hour() {
    let mut runs = Runs::new();
    runs.read(&busy(10).crashes(10, 1, 300));
    let quiet = runs.read(&busy(11));
    assert_eq!(statuses(&quiet), [Status::Quiet], "{quiet:?}");
    assert!(quiet.items[0].why.contains("are needed"), "{}", quiet.items[0].why);
}

#[test]
fn an_hour_in_which_nothing_could_show_it_does_not_resolve_it() {
    let mut runs = Runs::new();
    runs.read(&busy(10).crashes(10, 6, 300));
    runs.read(&busy(11).crashes(11, 6, 300));
    // Nobody started.
    let untried = runs.read(&busy(12));
    assert_eq!(statuses(&untried), [Status::Quiet], "{untried:?}");
    assert!(untried.items[0].why.contains("good starts"), "{}", untried.items[0].why);
    // Everybody who started failed earlier, for another reason.
    let masked = runs.read(&busy(13).crashes_of(13, 12, 240, "shop.tax"));
    assert_eq!(statuses(&masked), [Status::New, Status::Quiet], "{masked:?}");
    assert_eq!(statuses(&runs.read(&calm(14)))[0], Status::Resolved);
}

#[test]
fn few_requests_without_a_failure_prove_nothing() {
    let mut runs = Runs::new();
    // 6 of 66 requests fail; then 5 do not.
    assert_eq!(statuses(&runs.read(&busy(10).failures(10, 6, 300))), [Status::New]);
    assert_eq!(statuses(&runs.read(&busy(11).failures(11, 6, 300))), [Status::Ongoing]);
    let few = runs.read(&Hours::default().healthy(12, 12));
    assert_eq!(statuses(&few), [Status::Quiet], "{few:?}");
    assert!(few.items[0].why.contains("requests"), "{}", few.items[0].why);
    assert_eq!(statuses(&runs.read(&busy(13))), [Status::Resolved]);
}

#[test]
fn worse_is_a_rate_and_not_a_bigger_count_and_is_told_once() {
    let mut runs = Runs::new();
    runs.read(&busy(10).crashes(10, 4, 300));
    let bigger = runs.read(&busy(11).crashes(11, 7, 300));
    assert_eq!(statuses(&bigger), [Status::Ongoing], "{bigger:?}");
    let worse = busy(12).crashes(12, 40, 60);
    let told = runs.read(&worse);
    assert_eq!(statuses(&told), [Status::Worse], "{told:?}");
    assert_eq!(statuses(&runs.read(&worse)), [Status::Ongoing]);
    assert_eq!(statuses(&runs.read(&busy(13).crashes(13, 40, 60))), [Status::Ongoing]);
}

#[test]
fn a_window_that_has_just_begun_judges_nothing_by_itself() {
    let mut runs = Runs::new();
    runs.read(&busy(10).crashes(10, 6, 300));
    runs.read(&busy(11).crashes(11, 6, 300));
    // Five past twelve: the hour before still counts as now, and its rate is that of more than five minutes.
    let told = runs.read(&busy(11).crashes(11, 6, 300).and(busy(12).crashes(12, 1, 60).until(12, 5)));
    assert_eq!(statuses(&told), [Status::Ongoing], "{told:?}");
    assert_eq!((told.items[0].recent.instances, told.items[0].before.instances), (7, 6));
    assert!(told.items[0].recent_seconds > 3_600.0, "{told:?}");
}

#[test]
fn more_failures_in_as_many_more_requests_are_not_worse() {
    let mut runs = Runs::new();
    runs.read(&busy(10).failures(10, 4, 600));
    let visitors = (0..9).fold(busy(11), |all, copy| all.healthy_copy(11, copy));
    assert_eq!(statuses(&runs.read(&visitors.failures(11, 40, 60))), [Status::Ongoing]);
    assert_eq!(statuses(&runs.read(&busy(12).failures(12, 50, 60))), [Status::Worse]);
}

#[test]
fn a_late_shard_updates_the_past_hour_and_raises_nothing_again() {
    let (mut runs, mut whole) = (Runs::new(), Runs::new());
    let hour = busy(10).crashes(10, 8, 300);
    runs.read(&hour.clone().shard(60 + 8 * 3, 0).and(busy(10)).and(Hours::default().crashes(10, 4, 300)));
    runs.read(&busy(11).crashes(11, 2, 300));
    // The late half alone, and a little that was read before.
    let late = Hours::default().crashes(10, 8, 300).shard(2, 1).and(Hours::default().crashes(10, 8, 300).shard(2, 0));
    let told = runs.read(&late);
    assert_eq!(statuses(&told), [Status::Ongoing], "{told:?}");
    assert!(told.items[0].late && told.late_windows.len() == 1, "{told:?}");
    whole.read(&hour);
    whole.read(&busy(11).crashes(11, 2, 300));
    let counts = |runs: &Runs| -> Vec<u64> {
        let fingerprint = runs.memory.findings.keys().next().expect("a finding").clone();
        runs.memory.occurred(&fingerprint).map(|(_, occurred)| occurred.instances.count).collect()
    };
    assert_eq!(counts(&runs), [8, 2]);
    assert_eq!(counts(&runs), counts(&whole));
}

#[test]
fn an_overlapping_export_counts_nothing_twice() {
    let mut runs = Runs::new();
    runs.read(&busy(10).crashes(10, 6, 500));
    // Two hours every hour, as a scheduler should ask for.
    let told = runs.read(&busy(10).crashes(10, 6, 500).and(busy(11)).crashes(11, 3, 500));
    assert_eq!(statuses(&told), [Status::Ongoing]);
    assert_eq!((told.items[0].before.instances, told.items[0].recent.instances), (6, 3));
    // Only the end of the past hour: what was known of its beginning stays.
    let tail = Hours::default().crashes(10, 6, 500).shard(18, 17).and(busy(11)).crashes(11, 3, 500);
    let told = runs.read(&tail);
    assert_eq!((told.items[0].before.instances, told.items[0].recent.instances), (6, 3), "{told:?}");
}

#[test]
fn a_new_finding_of_a_past_hour_is_raised_although_it_comes_late() {
    let mut runs = Runs::new();
    runs.read(&busy(10));
    runs.read(&busy(11));
    let told = runs.read(&Hours::default().crashes(10, 3, 300));
    assert_eq!(statuses(&told), [Status::New], "{told:?}");
    assert!(told.items[0].late);
}

#[test]
fn a_fuller_reading_of_an_hour_replaces_what_was_a_guess() {
    let mut runs = Runs::new();
    let hour = busy(10).crashes(10, 5, 300);
    let half = runs.read(&hour.clone().only("stderr", false));
    assert_eq!(statuses(&half), [Status::New]);
    let whole = runs.read(&hour);
    assert_eq!(statuses(&whole), [Status::New, Status::Withdrawn], "{whole:?}");
    assert!(whole.items[0].finding.title.contains("shop.points"), "{whole:?}");
    assert_eq!(statuses(&runs.read(&busy(11).crashes(11, 5, 300))), [Status::Ongoing]);
}

#[test]
fn an_empty_export_resolves_nothing() {
    let mut runs = Runs::new();
    runs.read(&busy(10).crashes(10, 6, 300));
    let path = runs.folder.path().join("empty.json");
    std::fs::write(&path, "[]\n").expect("a writable folder");
    let quiet = runs.read_file(&path, 2);
    assert_eq!(statuses(&quiet), [Status::Quiet], "{quiet:?}");
    assert_eq!(statuses(&runs.read(&busy(11).crashes(11, 6, 300))), [Status::Ongoing]);
}

#[test]
fn a_service_that_still_fails_for_an_unknown_reason_resolves_nothing() {
    let mut runs = Runs::new();
    runs.read(&busy(10).crashes(10, 6, 300));
    runs.read(&busy(11).crashes(11, 6, 300));
    // The application's output is missing now: the exits are there, the cause is not.
    let blind = runs.read(&busy(12).crashes(12, 6, 300).only("stderr", false));
    assert_eq!(statuses(&blind), [Status::New, Status::Quiet], "{blind:?}");
    assert!(blind.items[1].why.contains("nothing says why"), "{blind:?}");
}

#[test]
fn threads_and_order_do_not_change_the_memory() {
    let hours = busy(10).crashes(10, 6, 300).failures(10, 5, 200);
    let states: Vec<String> = [1, 4]
        .into_iter()
        .map(|threads| {
            let mut runs = Runs::new();
            let backwards = (0..3).rev().fold(Hours::default(), |all, shard| all.and(hours.clone().shard(3, shard)));
            let order = if threads == 1 { &hours } else { &backwards };
            let path = order.write(runs.folder.path(), "logs.ndjson");
            runs.read_file(&path, threads);
            serde_json::to_string(&runs.memory).expect("memory is JSON")
        })
        .collect();
    assert_eq!(states[0], states[1]);
}
