//! Any bytes at all: no panic, no hang, through the whole program.

use proptest::prelude::*;
use whydown::pipeline::{self, Options};

use crate::support::{incidents, root};

/// Analyses bytes as one file; an error is an answer, a panic is not.
fn survives(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("export");
    std::fs::write(&path, bytes).expect("a writable folder");
    let options = Options { inputs: vec![path], ..Options::default() };
    if let Ok(report) = pipeline::analyze(&options) {
        for (format, _) in crate::formats::FORMATS {
            let options = whydown::report::Options { width: 80, color: false, full: true };
            whydown::report::render(&report, format, &options, &mut Vec::new()).expect("a vector takes everything");
        }
    }
}

fn fixture_bytes(number: usize) -> Vec<u8> {
    let incidents = incidents();
    let inputs = incidents[number % incidents.len()].inputs();
    std::fs::read(&inputs[0]).expect("a readable fixture")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flipped_and_cut_exports_never_panic(number in 0usize..64, flips in proptest::collection::vec((any::<u32>(), any::<u8>()), 0..40), cut in any::<u32>()) {
        let mut bytes = fixture_bytes(number);
        let size = bytes.len();
        for (at, value) in flips {
            bytes[at as usize % size] = value;
        }
        bytes.truncate(size - (cut as usize % size) / 4);
        survives(&bytes);
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        survives(&bytes);
    }
}

#[test]
fn one_instance_on_two_revisions_gives_one_report_for_any_thread_count() {
    let text = std::fs::read_to_string(root().join("fixtures/incidents/bad-revision-with-rollback-target/logs.ndjson"))
        .expect("the fixture");
    let mixed: String = text
        .lines()
        .cycle()
        .take(4_000)
        .enumerate()
        .map(|(number, line)| {
            let line = line
                .replace("\"insertId\": \"", &format!("\"insertId\": \"{number:05}"))
                .replace("\"insertId\":\"", &format!("\"insertId\":\"{number:05}"));
            let line = if number % 3 == 0 { line.replace("cart-api-00031-b4m", "cart-api-00030-zvk") } else { line };
            line + "\n"
        })
        .collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("mixed.ndjson");
    std::fs::write(&path, mixed.repeat(3)).expect("a writable folder");
    let reports: Vec<_> = [1, 2, 5]
        .into_iter()
        .map(|threads| crate::support::analyze(std::slice::from_ref(&path), &[], threads))
        .collect();
    assert_eq!(reports[0], reports[1]);
    assert_eq!(reports[1], reports[2]);
}
