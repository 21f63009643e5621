//! Any bytes at all: no panic, no hang, and good records survive what happens around them.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::super::Options;
use super::{pretty, read_one, read_with, record};

/// Texts in every form, to be damaged.
fn sample(form: usize) -> Vec<u8> {
    let (a, b, c) = (record("a", "x\\n\\\"y\\\" {["), record("b", "größer 🎤"), record("c", "z"));
    let (pa, pb) = (pretty("a", "x"), pretty("b", "y"));
    match form {
        0 => format!("{a}\n{b}\n{c}\n").into_bytes(),
        1 => format!("[{a},{b},{c}]").into_bytes(),
        2 => format!("[\n{pa},\n{pb}\n]").into_bytes(),
        3 => format!("{{\"entries\":[{a},{b}],\"x\":{{\"y\":[1]}}}}").into_bytes(),
        4 => format!("# notes\n{pa}\ntext {{ \n{pb}\n").into_bytes(),
        5 => b"---\ninsertId: a\ntextPayload: |-\n  x\n    y\ntimestamp: '2025-01-01T00:00:00Z'\n---\ninsertId: b\nlogName: l\ntimestamp: x\n".to_vec(),
        6 => b"insertId,timestamp,textPayload,labels.x\na,2025-01-01T00:00:00Z,\"q \"\"w\"\"\n\",'-1\nb,,,\n".to_vec(),
        7 => [0xfeff].into_iter().chain(format!("[{a},{b}]").encode_utf16().collect::<Vec<_>>()).flat_map(u16::to_le_bytes).collect(),
        8 => b"ERROR 2025-04-27T14:44:53.131657Z [protoPayload.methodName: /x] y\n  z\nINFO 2025-04-27T14:44:53Z w\n".to_vec(),
        9 => zstd::encode_all(format!("{a}\n{b}\n").as_bytes(), 1).unwrap(),
        _ => b"{\"TimeStamp\":\"2026-06-24T00:18:48Z\",\"Msg\":\"m\",\"Count\":2}\n{\"TimeGenerated\":\"t\",\"Log_s\":\"{}\"}\n".to_vec(),
    }
}

/// Reads and checks what must hold for any input.
fn check(bytes: &[u8]) {
    let start = Instant::now();
    if let Ok((seen, read)) = read_one(bytes) {
        assert_eq!(seen.len() as u64, read.files[0].entries);
        for damage in &read.damage {
            assert!(damage.excerpt.chars().count() <= 80 && !damage.excerpt.contains(char::is_control), "{damage:?}");
        }
    }
    assert!(start.elapsed() < Duration::from_secs(20), "slow on {} bytes", bytes.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        check(&bytes);
    }

    #[test]
    fn random_json_like_text_does_no_harm(parts in proptest::collection::vec(prop::sample::select(vec![
        "{", "}", "[", "]", "\"", ":", ",", "\n", "\\", "---\n", "- ", "insertId", "\"insertId\":\"a\"", "\"timestamp\":\"t\"", "{\"a\":", "\"x\"", " ", "1", "null", "\0", "é", "\u{feff}", "insertId: a\n", "ERROR 2025-01-01T00:00:00Z ",
    ]), 0..200)) {
        check(parts.concat().as_bytes());
    }

    #[test]
    fn a_cut_or_flipped_file_does_no_harm(form in 0usize..11, cut in 0usize..2000, flips in proptest::collection::vec((0usize..2000, any::<u8>()), 0..6)) {
        let mut bytes = sample(form);
        let cut = cut % (bytes.len() + 1);
        bytes.truncate(bytes.len() - cut * usize::from(cut.is_multiple_of(2)));
        for (place, byte) in flips {
            if !bytes.is_empty() {
                let place = place % bytes.len();
                bytes[place] = byte;
            }
        }
        check(&bytes);
    }

    #[test]
    fn a_damaged_line_costs_at_most_itself(place in 0usize..300, byte in any::<u8>()) {
        let mut lines = [record("a", "x"), record("b", "y"), record("c", "z")].map(String::into_bytes);
        let place = place % lines[1].len();
        lines[1][place] = byte;
        let (seen, _) = read_one(&[lines.join(&b'\n'), b"\n".to_vec()].concat()).unwrap();
        prop_assert!(seen.iter().any(|seen| seen.id == "a") && seen.iter().any(|seen| seen.id == "c"));
    }

    #[test]
    fn small_limits_do_no_harm(form in 0usize..11, limit in 0usize..4000) {
        let options = Options { max_record_bytes: limit, max_decompressed_bytes: limit as u64, threads: 2, ..Options::default() };
        let _ = read_with(&[("f".to_owned(), sample(form))], &options);
    }
}

#[test]
fn text_built_to_be_slow_is_read_in_time() {
    for unit in [
        "{\"a\":",
        "{\"a\":{\"b\":1},",
        "{\"insertId\":\"a\",",
        "[{\"insertId\":\"a\",\"timestamp\":\"t\",",
        ",{\"insertId\":",
        "{\"x\": \"\n",
        "\"",
        "{ \"a\n",
        "insertId: [",
        "---\n",
    ] {
        for heading in ["", "# x\n", "[", "insertId: a\n"] {
            let start = Instant::now();
            let _ = read_one(format!("{heading}{}", unit.repeat((2 << 20) / unit.len())).as_bytes());
            assert!(start.elapsed() < Duration::from_secs(30), "{heading:?} {unit:?} took {:?}", start.elapsed());
        }
    }
}
