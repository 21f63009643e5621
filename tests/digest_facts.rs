//! Hours that a digest keeps: their day is the report over all files, whatever overlaps, comes late, breaks or is killed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::hours::Hours;
use crate::support::program::Program;

const BINARY: &str = env!("CARGO_BIN_EXE_whydown");

/// A state, and the logs beside it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn hour(&self, hour: u32) -> PathBuf {
        let logs = Hours::default().healthy(hour, 2).failures(hour, hour % 5, 300).crashes(hour, hour % 3, 400);
        logs.write(self.folder.path(), &format!("{hour:02}.ndjson"))
    }

    fn start(&self, more: &[&str], inputs: &[PathBuf]) -> Child {
        let mut command = Command::new(BINARY);
        command.arg("digest").arg("--state").arg(self.state()).args(more).args(inputs);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs")
    }

    fn digest(&self, more: &[&str], inputs: &[PathBuf]) -> Output {
        self.start(more, inputs).wait_with_output().expect("it ends")
    }

    fn kept(&self, more: &[&str]) -> Output {
        let state = self.state();
        let mut command = Command::new(BINARY);
        command.arg("merge").arg("--kept").arg(state).args(["--format", "json"]).args(more);
        command.output().expect("the binary runs")
    }

    /// Names in the folder of what is kept.
    fn names(&self) -> Vec<String> {
        let folder = fs::read_dir(self.state().join("facts")).expect("a folder");
        let mut names: Vec<String> =
            folder.map(|one| one.expect("readable").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// The report of one process over all files.
fn whole(inputs: &[PathBuf], more: &[&str]) -> String {
    let output = Command::new(BINARY).arg("analyze").args(["--format", "json"]).args(more).args(inputs).output();
    text(output.expect("the binary runs").stdout)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("UTF-8")
}

fn succeeded(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_day_is_the_report_over_the_files_of_its_hours() {
    let place = Place::new();
    let hours: Vec<PathBuf> = (0..=25).map(|hour| place.hour(hour)).collect();
    // Each run reads the last two hours, as the README says: every file but one is read twice.
    for hour in 0..hours.len() {
        succeeded(&place.digest(&["--keep-facts"], &hours[hour.saturating_sub(1)..=hour]));
    }
    assert_eq!(place.names().len(), 24, "{:?}", place.names());
    assert!(place.names()[0].starts_with("20260401T02"), "{:?}", place.names());
    let day = place.kept(&["--last", "24h"]);
    assert_eq!((text(day.stdout), day.stderr.len()), (whole(&hours[1..], &[]), 0));
    assert_eq!(text(place.kept(&["--last", "6h"]).stdout), whole(&hours[19..], &[]));
    // What comes late for an hour that is kept already belongs to it.
    let late = Hours::default().crashes_of(20, 5, 300, "shop.late").write(place.folder.path(), "20-late.ndjson");
    succeeded(&place.digest(&["--keep-facts=24h"], std::slice::from_ref(&late)));
    let all = [&hours[1..], &[late]].concat();
    assert_eq!(text(place.kept(&[]).stdout), whole(&all, &[]));
    // The same input again is the same file again.
    let before = place.names();
    succeeded(&place.digest(&["--keep-facts"], &hours[24..]));
    assert_eq!(place.names(), before);
    // What lies before the day is told like everything else, and not kept.
    let old = place.digest(&["--keep-facts"], &hours[..1]);
    succeeded(&old);
    assert!(String::from_utf8_lossy(&old.stderr).contains("nothing of it is kept"));
    assert_eq!(place.names(), before);
    // A part of the day can be joined to shards of elsewhere, and strict redaction is still to be had.
    let shard = place.folder.path().join("elsewhere.facts");
    let scan = Command::new(BINARY).arg("scan").arg(&hours[0]).arg("-o").arg(&shard).output();
    succeeded(&scan.expect("the binary runs"));
    let shard = shard.to_str().expect("UTF-8");
    let every = [&hours[..1], &all].concat();
    assert_eq!(text(place.kept(&[shard, "--redact", "strict"]).stdout), whole(&every, &["--redact", "strict"]));
}

#[test]
fn broken_hours_are_named_and_left_out() {
    let place = Place::new();
    let hours: Vec<PathBuf> = (8..12).map(|hour| place.hour(hour)).collect();
    for hour in &hours {
        succeeded(&place.digest(&["--keep-facts"], std::slice::from_ref(hour)));
    }
    let names = place.names();
    let path = |number: usize| place.state().join("facts").join(&names[number]);
    let good = fs::read(path(0)).expect("readable");
    fs::write(path(0), &good[..good.len() - 9]).expect("writable");
    let mut other = fs::read(path(2)).expect("readable");
    other[8] = 77;
    fs::write(path(2), other).expect("writable");
    let left = [hours[1].clone(), hours[3].clone()];
    let merged = place.kept(&[]);
    let message = String::from_utf8_lossy(&merged.stderr).into_owned();
    assert_eq!(text(merged.stdout), whole(&left, &[]));
    assert!(message.contains(&format!("{} is cut", path(0).display())), "{message}");
    assert!(message.contains(&names[2]) && message.contains("format 77"), "{message}");
    // The next digest says so once, and moves them aside; nothing is thrown away.
    let told = place.digest(&["--keep-facts", "--format", "json"], &hours[3..]);
    succeeded(&told);
    let (page, message) = (text(told.stdout), String::from_utf8_lossy(&told.stderr).into_owned());
    for number in [0, 2] {
        assert!(page.contains(&names[number]) && message.contains(&names[number]), "{page}{message}");
        assert!(path(number).with_extension("broken").exists());
    }
    let merged = place.kept(&[]);
    assert_eq!((text(merged.stdout), merged.stderr.len()), (whole(&left, &[]), 0));
    // A file that is not of a digest is nobody's business.
    fs::write(place.state().join("facts/notes.facts"), "mine").expect("writable");
    assert_eq!(text(place.kept(&[]).stdout), whole(&left, &[]));
}

#[test]
fn hours_that_were_read_differently_are_refused() {
    let place = Place::new();
    let hours: Vec<PathBuf> = (8..10).map(|hour| place.hour(hour)).collect();
    succeeded(&place.digest(&["--keep-facts", "--service", "orders-api"], &hours[..1]));
    let state = fs::read(place.state().join("digest.json")).expect("a state");
    for (more, word) in [
        (&["--keep-facts"][..], "everything"),
        (&["--keep-facts", "--service", "cart"], "--service=cart"),
        (&["--keep-facts", "--service", "orders-api", "--from", "2026-04-01T08:30:00Z"], "--from=2026-04-01T08:30:00"),
    ] {
        let refused = place.digest(more, &hours[1..]);
        let message = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0), "{message}");
        assert!(message.contains(word) && message.contains("--service=orders-api"), "{message}");
        assert!(message.contains("do not add up") && message.contains("another folder with --state"), "{message}");
        assert_eq!(fs::read(place.state().join("digest.json")).expect("a state"), state);
        assert_eq!(place.names().len(), 1, "{:?}", place.names());
    }
    succeeded(&place.digest(&["--keep-facts", "--service", "orders-api"], &hours[1..]));
    assert_eq!(text(place.kept(&[]).stdout), whole(&hours, &["--service", "orders-api"]));
    // Without keeping, any question can be asked.
    succeeded(&place.digest(&[], &hours[1..]));
}

#[test]
fn nothing_is_kept_of_a_quiet_hour_and_where_nothing_is_kept_that_is_said() {
    let place = Place::new();
    let missing = place.kept(&[]);
    let message = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert_eq!(missing.status.code(), Some(4), "{message}");
    assert!(message.contains("--keep-facts") && !place.state().exists(), "{message}");
    let quiet = place.folder.path().join("quiet.json");
    fs::write(&quiet, "[]").expect("writable");
    succeeded(&place.digest(&["--keep-facts"], &[quiet]));
    assert!(place.names().is_empty(), "{:?}", place.names());
    assert_eq!(place.kept(&[]).status.code(), Some(4));
    assert_eq!(Command::new(BINARY).arg("merge").output().expect("it runs").status.code(), Some(2));
}

#[test]
fn settings_can_ask_to_keep_and_a_flag_not_to() {
    let place = Place::new();
    let (input, state) = (place.hour(9), place.state());
    let words = ["digest", "--state", state.to_str().expect("UTF-8"), input.to_str().expect("UTF-8")];
    let program = Program::new().file("whydown.toml", "[digest]\nkeep-facts = \"2d\"\n");
    assert_eq!(program.run(&[&words[..], &["--keep-facts=0s"]].concat()).code, 0);
    assert!(!state.join("facts").exists());
    assert_eq!(program.run(&words).code, 0);
    assert_eq!(place.names().len(), 1);
}

/// Numbers that look random and are the same in every run.
fn random(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z ^= z >> 29;
    z.wrapping_mul(0x94D0_49BB_1331_11EB) >> 20
}

#[test]
fn hours_survive_kills() {
    let place = Place::new();
    let hours: Vec<PathBuf> = (8..11).map(|hour| place.hour(hour)).collect();
    // As long as a run takes here, in this build: kills are spread over that.
    let elsewhere = Place::new();
    let start = Instant::now();
    succeeded(&elsewhere.digest(&["--keep-facts"], &[elsewhere.hour(8)]));
    let run_micros = u64::try_from(start.elapsed().as_micros()).expect("a run is short").max(1);
    let mut killed = 0;
    for (number, hour) in hours.iter().enumerate() {
        for kill in 0..8 {
            let mut child = place.start(&["--keep-facts"], std::slice::from_ref(hour));
            std::thread::sleep(Duration::from_micros(random(kill + 31 * number as u64) % (run_micros * 3 / 4).max(1)));
            killed += u32::from(child.try_wait().expect("a child").is_none());
            // A child that has ended by itself has kept its hour.
            let _ = child.kill();
            let output = child.wait_with_output().expect("it is gone");
            let state = place.state();
            if output.status.success() {
                assert!(known(&state).len() > number, "an hour that was told is not kept");
            }
        }
        succeeded(&place.digest(&["--keep-facts"], std::slice::from_ref(hour)));
        assert_eq!(known(&place.state()).len(), number + 1);
    }
    assert!(killed > 5, "only {killed} were killed");
    assert_eq!(place.names(), known(&place.state()), "nothing is left behind");
    assert_eq!(text(place.kept(&[]).stdout), whole(&hours, &[]));
}

/// What is kept in a state: whole files only.
fn known(state: &Path) -> Vec<String> {
    let Ok(folder) = fs::read_dir(state.join("facts")) else { return Vec::new() };
    let names = folder.map(|one| one.expect("readable").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".facts")).collect();
    names.sort();
    names
}
