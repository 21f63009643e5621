//! The Facts file: whole or refused, without secrets, the same bytes for the same shard.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::columns::records;
use super::format::Checked;
use super::{Error, Union, read, save};
use crate::facts::seen::Seen;
use crate::ingest;
use crate::pipeline::{self, Options};

/// One line of a service's log; `extra` are further fields.
fn line(id: &str, second: u32, extra: &str) -> String {
    format!(
        r#"{{"insertId":"{id}","timestamp":"2026-04-02T09:{:02}:{:02}.25Z","severity":"ERROR","logName":"projects/acme/logs/run.googleapis.com%2Fstderr","resource":{{"type":"cloud_run_revision","labels":{{"project_id":"acme","location":"europe-west1","service_name":"cart","revision_name":"cart-00007-abc"}}}},"labels":{{"instanceId":"00aa{:04x}"}},{extra}}}"#,
        second / 60,
        second % 60,
        second % 5,
    )
}

fn small_log() -> String {
    (0..40)
        .map(|n| line(&format!("id-{n}"), n * 3, &format!(r#""textPayload":"cannot open ledger {n}""#)) + "\n")
        .collect()
}

/// Writes a log and scans it; the folder must be kept.
fn scanned(log: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("logs.ndjson");
    fs::write(&input, log).unwrap();
    let output = folder.path().join("logs.facts");
    save(scan(&input), &output).unwrap();
    (folder, output)
}

fn scan(input: &Path) -> Union {
    pipeline::scan_part(&Options { inputs: vec![input.to_owned()], ..Options::default() }, None).unwrap()
}

fn load(path: &Path) -> Result<Union, Error> {
    let mut union = Union::default();
    union.add_file(Checked::open(path)?)?;
    Ok(union)
}

fn open_error(path: &Path) -> String {
    match load(path) {
        Ok(_) => panic!("accepted"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_shard_read_back_is_written_with_the_same_bytes() {
    let (folder, path) = scanned(&small_log());
    let again = folder.path().join("again.facts");
    save(load(&path).unwrap(), &again).unwrap();
    assert_eq!(fs::read(&path).unwrap(), fs::read(&again).unwrap());
}

#[test]
fn every_flipped_byte_is_refused() {
    let (folder, path) = scanned(&small_log());
    let whole = fs::read(&path).unwrap();
    let copy = folder.path().join("copy.facts");
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(&copy, bytes).unwrap();
        assert!(Checked::open(&copy).is_err(), "byte {at} of {}", whole.len());
    }
}

#[test]
fn every_cut_is_refused_and_named() {
    let (folder, path) = scanned(&small_log());
    let whole = fs::read(&path).unwrap();
    let copy = folder.path().join("copy.facts");
    for length in 1..whole.len() {
        fs::write(&copy, &whole[..length]).unwrap();
        let message = open_error(&copy);
        assert!(message.contains("is cut") && message.contains("copy.facts"), "{length}: {message}");
    }
}

#[test]
fn another_major_version_is_refused_with_the_remedy() {
    let (_folder, path) = scanned(&small_log());
    let mut bytes = fs::read(&path).unwrap();
    bytes[8] = 3;
    fs::write(&path, bytes).unwrap();
    let message = open_error(&path);
    assert!(message.contains("format 3.0") && message.contains("scan its inputs again"), "{message}");
}

#[test]
fn a_log_is_no_facts_file_and_the_message_says_how_it_becomes_one() {
    let (folder, _) = scanned(&small_log());
    let message = open_error(&folder.path().join("logs.ndjson"));
    assert!(message.contains("whydown scan") && message.contains("insert"), "{message}");
}

/// Everything in a Facts file, unpacked.
fn unpacked(path: &Path) -> Vec<u8> {
    let checked = Checked::open(path).unwrap();
    let mut all = Vec::new();
    let mut offset = checked.records();
    while let Some((block, next)) = checked.record_block(offset).unwrap() {
        all.extend(block.parts.concat());
        offset = next;
    }
    checked
        .head(|block| {
            all.extend(block.parts.concat());
            Ok(())
        })
        .unwrap();
    all
}

#[test]
fn no_secret_of_the_log_stands_in_a_shard() {
    let audit = r#""protoPayload":{"methodName":"google.cloud.run.v1.Services.ReplaceService","resourceName":"namespaces/acme/services/cart","authenticationInfo":{"principalEmail":"mika@acme.test"},"status":{"code":7,"message":"password=hunter22 refused for mika@acme.test"},"request":{"service":{"apiVersion":"serving.knative.dev/v1","kind":"Service","metadata":{"name":"cart"},"spec":{"template":{"spec":{"containers":[{"image":"reg/cart","command":["--key=hunter22"],"env":[{"name":"DB_PASSWORD","value":"hunter22"}]}]}}}}}}"#;
    let request = r#""httpRequest":{"requestMethod":"GET","requestUrl":"https://cart.example/users/mika@acme.test/x?token=hunter22","status":500,"latency":"0.2s"}"#;
    let log = [
        line("a", 1, r#""textPayload":"connect postgres://app:hunter22@10.0.0.3/db failed: password=hunter22""#),
        line("b", 2, r#""jsonPayload":{"message":"login of mika@acme.test failed","password":"hunter22"}"#),
        line("c", 3, r#""textPayload":"Traceback (most recent call last):\n  File \"/app/a.py\", line 3, in run\nValueError: api_key=hunter22 of mika@acme.test""#),
        line("d", 4, r#""textPayload":"FATAL: password authentication failed for user \"mika@acme.test\"""#),
        line("e", 5, request).replace("%2Fstderr", "%2Frequests"),
        line("f", 6, audit).replace("run.googleapis.com%2Fstderr", "cloudaudit.googleapis.com%2Factivity"),
        line("h", 7, r#""textPayload":"cannot open ledger 7""#).replace("%2Fstderr", "%2Fpassword=hunter22"),
        r#"{"insertId":"g","password":"hunter22","who":"mika@acme.test", broken"#.to_owned(),
    ]
    .join("\n");
    let (_folder, path) = scanned(&log);
    let all = unpacked(&path);
    for secret in ["hunter22", "mika@acme"] {
        let found = memchr::memmem::find(&all, secret.as_bytes());
        let near =
            found.map(|at| String::from_utf8_lossy(&all[at.saturating_sub(80)..all.len().min(at + 30)]).into_owned());
        assert_eq!(near, None);
    }
    assert!(memchr::memmem::find(&all, b"DB_PASSWORD").is_some(), "the deploy is in it");
    // The log's name is part of an identity: where it must not be stored, the identity is.
    let checked = Checked::open(&path).unwrap();
    let (block, _) = checked.record_block(checked.records()).unwrap().unwrap();
    assert!(!records::unpack_kept(&block.parts).unwrap().is_empty());
    let rows = load(&path).unwrap().finish(|_, _| Ok(())).unwrap().facts.rows;
    assert!(rows.iter().all(|row| row.identity != 0), "every kept entry can be told from its copies");
}

/// Puts a right checksum under changed bytes.
fn seal(bytes: &mut [u8]) {
    let end = bytes.len() - 4;
    let mut crc = flate2::Crc::new();
    crc.update(&bytes[..end]);
    bytes[end..].copy_from_slice(&crc.sum().to_le_bytes());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_shard_made_to_mislead_never_panics(flips in proptest::collection::vec((any::<u32>(), any::<u8>()), 1..6)) {
        let (_folder, path) = scanned(&small_log());
        let mut bytes = fs::read(&path).unwrap();
        let size = bytes.len();
        for (at, value) in flips {
            bytes[18 + at as usize % (size - 40)] = value;
        }
        seal(&mut bytes);
        fs::write(&path, bytes).unwrap();
        if let Ok(union) = load(&path) {
            drop(union.finish(|_, _| Ok(())));
        }
    }
}

#[test]
fn blocks_of_a_later_minor_version_are_skipped() {
    let quiet: String = (0..20)
        .map(|n| line(&format!("quiet-{n}"), n, r#""textPayload":"ledger opened""#).replace("ERROR", "INFO") + "\n")
        .collect();
    let (folder, path) = scanned(&(small_log() + &quiet));
    let file = fs::File::create(folder.path().join("later.facts")).unwrap();
    let mut writer = super::format::Writer::new(file, &path).unwrap();
    let checked = Checked::open(&path).unwrap();
    let (block, _) = checked.record_block(checked.records()).unwrap().unwrap();
    assert_eq!(records::unpack(&block.parts).unwrap().len(), 20);
    writer.block(block.kind, &block.parts).unwrap();
    writer.end_records();
    writer.block(200, &[b"of the future".to_vec()]).unwrap();
    checked.head(|block| writer.block(block.kind, &block.parts)).unwrap();
    writer.finish().unwrap();
    let later = Checked::open(&folder.path().join("later.facts")).unwrap();
    assert_eq!(read::head(&later).unwrap().0.facts.unique_entries, 60);
}

/// Facts files hold identities, so another hash means another major version of their format.
#[test]
fn the_identity_of_an_entry_is_the_same_in_every_build() {
    let line = r#"{"insertId":"a1","timestamp":"2026-04-02T09:00:00.5Z","logName":"projects/acme/logs/x","textPayload":"x","resource":{"type":"cloud_run_revision","labels":{}}}"#;
    let named = [("f".to_owned(), line.as_bytes().to_vec())];
    let read = ingest::read_bytes(&named, &ingest::Options::default(), Vec::new, |found: &mut Vec<u64>, entries| {
        found.extend(entries.iter().filter_map(|entry| Seen::default().identity(entry)));
    });
    let found: Vec<u64> = read.unwrap().partials.into_iter().flatten().collect();
    assert_eq!(found, [48_304_536_805_229_538], "see super::format::MAJOR");
}
