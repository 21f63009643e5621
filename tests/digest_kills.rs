//! A digest that is killed, that runs twice at once, or that finds a broken state loses and repeats nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use whydown::compare::digest::memory::Memory;
use whydown::compare::store::Store;
use whydown::model::Timestamp;
use whydown::model::tally::{Marks, WindowTally};

use crate::support::hours::Hours;

const BINARY: &str = env!("CARGO_BIN_EXE_whydown");

/// How often the writing of the state is killed.
const KILLS: usize = 1_000;

/// A child that another thread is just starting holds copies of this process's locks for a moment.
const INHERITED: Duration = Duration::from_secs(20);

/// How often the whole program is killed.
const RUNS_KILLED: u64 = 24;

/// Numbers that look random and are the same in every run.
fn random(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z ^= z >> 29;
    z.wrapping_mul(0x94D0_49BB_1331_11EB) >> 20
}

/// A state that tells its number in all of its parts, and whose size changes from one to the next.
fn state(sequence: u64) -> Memory {
    let mut memory = Memory::new(3_600);
    memory.sequence = sequence;
    for window in 0..=(sequence % 7) {
        let kept = Marks::of((0..200 + random(sequence) % 50).map(|n| n + sequence));
        let start = Timestamp(i64::try_from(window).expect("small") * 3_600_000_000_000);
        memory.windows.insert(start, WindowTally { entries: sequence, kept, ..WindowTally::default() });
    }
    memory
}

/// The child: writes one state after the other into its working folder until it is killed.
#[test]
#[ignore = "the other side of the_writing_of_the_state_survives_a_thousand_kills"]
fn child_that_writes_until_it_is_killed() {
    let store = Store::open(Path::new("."), INHERITED, || {}).expect("the killed child's lock is free");
    let (mut memory, aside) = store.load(3_600).expect("readable");
    assert_eq!(aside, None);
    loop {
        let next = memory.sequence + 1;
        store.save(&state(next)).expect("written");
        memory.sequence = next;
        // The parent may be gone.
        let _ = writeln!(std::io::stdout(), "\nwritten {next}");
    }
}

#[test]
fn the_writing_of_the_state_survives_a_thousand_kills() {
    // Starting a child takes longest, so several are at it, each with a folder of its own.
    std::thread::scope(|scope| {
        let parts: Vec<_> = (0..4).map(|part| scope.spawn(move || kill_writers(part, KILLS / 4))).collect();
        for part in parts {
            part.join().expect("no state was lost");
        }
    });
}

fn kill_writers(part: usize, kills: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut known = 0;
    let mut progress = 0;
    for kill in 0..kills {
        let mut child = Command::new(std::env::current_exe().expect("this binary"))
            .args(["digest_kills::child_that_writes_until_it_is_killed", "--exact", "--ignored", "--nocapture"])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("this binary runs");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut acknowledged = known;
        // Some are killed while they start, most at some moment of a write.
        if kill % 10 != 0 {
            acknowledged = number(&mut lines).expect("a child writes");
            std::thread::sleep(Duration::from_micros(random((part * kills + kill) as u64) % 3_000));
        }
        child.kill().expect("SIGKILL");
        child.wait().expect("it is gone");
        while let Some(written) = number(&mut lines) {
            acknowledged = written;
        }
        let store = Store::open(folder.path(), INHERITED, || {}).expect("the lock is free");
        let (memory, aside) = store.load(3_600).expect("readable");
        assert_eq!(aside, None, "after kill {kill}");
        assert!(
            (acknowledged..=acknowledged + 1).contains(&memory.sequence),
            "{} after {acknowledged}",
            memory.sequence
        );
        assert!(memory.sequence == 0 || memory == state(memory.sequence), "a mixture after kill {kill}");
        progress += u64::from(memory.sequence > known);
        known = memory.sequence;
    }
    assert!(progress * 10 > kills as u64 * 8, "only {progress} of {kills} children wrote anything");
    let left: Vec<_> =
        fs::read_dir(folder.path()).expect("readable").map(|one| one.expect("readable").file_name()).collect();
    assert!(left.len() == 2, "nothing is left behind but state and lock: {left:?}");
}

fn number(lines: &mut impl Iterator<Item = std::io::Result<String>>) -> Option<u64> {
    lines.find_map(|line| line.ok()?.strip_prefix("written ")?.parse().ok())
}

fn start(state: &Path, input: &Path, more: &[&str]) -> Child {
    Command::new(BINARY)
        .arg("digest")
        .arg("--state")
        .arg(state)
        .args(["--format", "json"])
        .args(more)
        .arg(input)
        .env_remove("WHYDOWN_THREADS")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs")
}

fn run(state: &Path, input: &Path, more: &[&str]) -> Output {
    start(state, input, more).wait_with_output().expect("it ends")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    })
}

/// Titles of the items with this status.
fn titles(digest: &Value, status: &str) -> Vec<String> {
    let items = digest["items"].as_array().expect("items");
    let of = items.iter().filter(|item| item["status"] == status);
    of.map(|item| item["finding"]["title"].as_str().expect("a title").to_owned()).collect()
}

#[test]
fn whole_runs_that_are_killed_and_repeated_tell_each_finding_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state");
    let hours: Vec<_> = (0..3u32)
        .map(|hour| {
            let logs = Hours::default().healthy(hour, 1).crashes(hour, 3, 300);
            logs.crashes_of(hour, 2, 400, &format!("shop.part{hour}")).write(folder.path(), &format!("{hour}.ndjson"))
        })
        .collect();
    let mut told: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for (number, input) in hours.iter().enumerate() {
        for kill in 0..RUNS_KILLED / 3 {
            let mut child = start(&state, input, &[]);
            std::thread::sleep(Duration::from_millis(random(kill + 31 * number as u64) % 400));
            let finished = child.try_wait().expect("a child").is_some();
            // A child that has ended by itself has told its digest.
            let _ = child.kill();
            let output = child.wait_with_output().expect("it is gone");
            if let Ok(digest) = serde_json::from_slice::<Value>(&output.stdout) {
                note(&mut told, &digest);
            } else {
                assert!(!finished, "it ended by itself and told nothing");
            }
        }
        let output = run(&state, input, &[]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        note(&mut told, &json(&output));
    }
    // Digests of one number are one digest, however often it was told.
    let raised: Vec<&String> = told.values().flatten().collect();
    let distinct: BTreeSet<&String> = raised.iter().copied().collect();
    assert_eq!(raised.len(), distinct.len(), "repeated: {told:?}");
    assert_eq!(raised.len(), 4, "shop.points and one in each hour: {told:?}");
}

fn note(told: &mut BTreeMap<u64, Vec<String>>, digest: &Value) {
    let sequence = digest["sequence"].as_u64().expect("a number");
    let new = titles(digest, "new");
    let known = told.entry(sequence).or_insert_with(|| new.clone());
    assert_eq!(*known, new, "digest {sequence} was told in two ways");
}

#[test]
fn of_many_at_once_one_tells_what_is_new() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state");
    let input = Hours::default().healthy(10, 1).crashes(10, 4, 300).write(folder.path(), "logs.ndjson");
    let children: Vec<Child> = (0..5).map(|_| start(&state, &input, &["--lock-wait", "2m"])).collect();
    let outputs: Vec<Output> = children.into_iter().map(|child| child.wait_with_output().expect("it ends")).collect();
    let mut sequences: Vec<u64> = outputs.iter().map(|one| json(one)["sequence"].as_u64().expect("a number")).collect();
    sequences.sort_unstable();
    assert_eq!(sequences, [1, 2, 3, 4, 5]);
    let raised = outputs.iter().filter(|output| !titles(&json(output), "new").is_empty()).count();
    assert_eq!(raised, 1);
    assert!(
        outputs.iter().all(|output| titles(&json(output), "new").len() + titles(&json(output), "ongoing").len() == 1)
    );
}

#[test]
fn a_held_state_is_waited_for_and_then_said_to_be_held() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = Hours::default().healthy(10, 1).write(folder.path(), "logs.ndjson");
    let lock = File::create(folder.path().join("digest.lock")).expect("writable");
    lock.lock().expect("free");
    let output = run(folder.path(), &input, &["--lock-wait", "1s"]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("waiting up to 1 s") && message.contains("--lock-wait"), "{message}");
    assert!(output.stdout.is_empty(), "nothing is told that is not remembered");
}

#[test]
fn a_broken_state_is_moved_aside_and_said_to_be() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = Hours::default().healthy(10, 1).crashes(10, 4, 300).write(folder.path(), "logs.ndjson");
    assert!(run(folder.path(), &input, &[]).status.success());
    let path = folder.path().join("digest.json");
    let good = fs::read(&path).expect("a state");
    for (number, bytes) in [&good[..good.len() / 2], b"\0\0\0", b"{\"version\":0}", b""].into_iter().enumerate() {
        fs::write(&path, bytes).expect("writable");
        let output = run(folder.path(), &input, &[]);
        assert!(output.status.success());
        let (told, message) = (json(&output), String::from_utf8_lossy(&output.stderr).into_owned());
        let aside = format!("digest.broken-{}.json", number + 1);
        assert_eq!(fs::read(folder.path().join(&aside)).expect("kept"), bytes);
        assert!(
            message.contains(&aside) && told["notices"][0].as_str().expect("a notice").contains(&aside),
            "{message}"
        );
        assert_eq!(titles(&told, "new").len(), 1);
    }
}

#[test]
fn a_state_of_a_newer_version_or_of_other_windows_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = Hours::default().healthy(10, 1).write(folder.path(), "logs.ndjson");
    let path = folder.path().join("digest.json");
    let newer = br#"{"version":2,"unheard":"of"}"#;
    fs::write(&path, newer).expect("writable");
    let output = run(folder.path(), &input, &[]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("version 2") && message.contains("digest.json"), "{message}");
    assert_eq!(fs::read(&path).expect("there"), newer);
    fs::remove_file(&path).expect("there");
    assert!(run(folder.path(), &input, &[]).status.success());
    let output = run(folder.path(), &input, &["--window", "15m"]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("--window 3600s"), "{message}");
}

#[test]
fn fail_on_ends_with_code_3_while_it_is_new() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = Hours::default().healthy(10, 1).crashes(10, 4, 300).write(folder.path(), "logs.ndjson");
    let code = |more: &[&str]| run(folder.path(), &input, more).status.code();
    assert_eq!(code(&["--fail-on", "new,worse"]), Some(3));
    assert_eq!(code(&["--fail-on", "new,worse"]), Some(0));
    assert_eq!(code(&["--fail-on", "confirmed"]), Some(3));
    assert_eq!(code(&["--window", "7m"]), Some(2));
}

#[test]
fn text_is_one_screen() {
    let folder = tempfile::tempdir().expect("a folder");
    let logs = (0..30).fold(Hours::default().healthy(10, 1), |logs, number| {
        logs.crashes_of(10, 2, 300, &format!("shop.a_rather_long_name_of_a_module.part{number}"))
    });
    let input = logs.write(folder.path(), "logs.ndjson");
    for lines in [24usize, 10] {
        let output = Command::new(BINARY)
            .args(["digest", "--lines", &lines.to_string(), "--state"])
            .arg(folder.path())
            .arg(&input)
            .env_remove("WHYDOWN_WIDTH")
            .output()
            .expect("the binary runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(text.lines().count() <= lines, "{text}");
        // The report names 20; beside headline and notes 24 lines hold them all.
        assert_eq!(text.contains(" more: --format json has all"), lines < 24, "{text}");
        for line in text.lines() {
            assert!(unicode_width::UnicodeWidthStr::width(line) <= 80, "{line}");
        }
    }
}
