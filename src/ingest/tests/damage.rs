//! Damage costs the damaged record and nothing else, and is counted where it stands.

use std::fmt::Write as _;

use super::super::{Error, Options};
use super::{damage_of, ids, pairs, pretty, read_one, read_with, record};

#[test]
fn a_cut_tail_costs_one_record_in_every_form() {
    let (a, b) = (record("a", "x"), record("b", "y"));
    for text in [
        format!("{a}\n{}", &b[..60]),
        format!("[{a},{}", &b[..60]),
        format!("[\n{},\n{}", pretty("a", "x"), &pretty("b", "y")[..60]),
    ] {
        assert_eq!(ids(text.as_bytes()).len(), 1, "{text}");
        assert_eq!(damage_of(text.as_bytes())[0].0, "cut-tail", "{text}");
        assert_eq!(read_one(text.as_bytes()).unwrap().1.files[0].rejected, 1);
    }
}

#[test]
fn a_record_cut_in_the_middle_does_not_swallow_the_next() {
    let (a, b, c) = (record("a", "x"), record("b", "y"), record("c", "z"));
    let lines = format!("{a}\n{}\n{c}\n", &b[..60]);
    assert_eq!(ids(lines.as_bytes()), pairs(&[("a", 1), ("c", 3)]));
    assert_eq!(damage_of(lines.as_bytes()), [("invalid-json", 1, 2)]);
    let head = format!("{}\n{b}\n{c}\n", &a[..60]);
    assert_eq!(ids(head.as_bytes()), pairs(&[("b", 2), ("c", 3)]));
    let (a, b, c) = (pretty("a", "x"), pretty("b", "y"), pretty("c", "z"));
    for cut in [20, 60, 90, 150, 200, 260] {
        let array = format!("[\n{a},\n{},\n{c}\n]", &b[..cut]);
        let found = ids(array.as_bytes());
        assert_eq!(found.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["a", "c"], "{array}");
    }
}

#[test]
fn a_lost_quote_in_a_one_line_array_costs_one_record() {
    let text =
        format!("[{},{},{}]", record("a", "x"), record("b", "y").replace("\"web-1\"", "\"web-1"), record("c", "z"));
    let found = ids(text.as_bytes());
    assert!(found.iter().any(|(id, _)| id == "a") && found.iter().any(|(id, _)| id == "c"), "{found:?}");
}

#[test]
fn repairable_records_are_used_and_counted() {
    for (text, kind, read_as) in [
        (record("a", "\\*bold\\*"), "invalid-escape", "\\*bold\\*"),
        (record("a", "tab\there"), "control-characters", "tab\there"),
        (record("a", "n\0ul"), "nul-bytes", "nul"),
        (record("a", "half \\ud800"), "invalid-escape", "half \u{fffd}"),
    ] {
        for text in [format!("{text}\n"), format!("[{text}]"), format!("# x\n{text}\n")] {
            let (seen, read) = read_one(text.as_bytes()).unwrap();
            assert_eq!(seen[0].text, read_as, "{text}");
            assert_eq!(read.damage.iter().map(|damage| damage.kind).collect::<Vec<_>>(), [kind], "{text}");
            assert_eq!(read.files[0].rejected, 0);
        }
    }
}

#[test]
fn invalid_utf_8_is_replaced_and_counted_once_a_record() {
    let mut bytes = record("a", "QQ and QQ").into_bytes();
    let place = bytes.windows(2).position(|pair| pair == b"QQ").unwrap();
    bytes[place] = 0xff;
    bytes.extend_from_slice(format!("\n{}\n", record("b", "ä")).as_bytes());
    let (seen, read) = read_one(&bytes).unwrap();
    assert_eq!((seen[0].text.as_str(), seen[1].text.as_str()), ("\u{fffd}Q and QQ", "ä"));
    assert_eq!((read.damage[0].kind, read.damage[0].count, read.damage[0].line), ("invalid-utf8", 1, 1));
}

#[test]
fn runs_of_nul_bytes_between_records_are_blank() {
    let text = format!("{}\n\0\0\0\0{}\n\0\0\0", record("a", "x"), record("b", "y"));
    assert_eq!(ids(text.as_bytes()), pairs(&[("a", 1), ("b", 2)]));
}

#[test]
fn a_long_record_is_skipped_and_the_next_one_read() {
    let long = "y".repeat(5 << 20);
    let options = Options { max_record_bytes: 1 << 20, ..Options::default() };
    for (text, line) in [
        (format!("{}\n{}\n{}\n", record("a", "x"), record("b", &long), record("c", "z")), 2),
        (format!("[{},\n{},\n{}]", record("a", "x"), record("b", &long), record("c", "z")), 2),
        (format!("# notes\n{},\n{},\n{}", record("a", "x"), record("b", &long), record("c", "z")), 3),
    ] {
        let (seen, read) = read_with(&[("f".to_owned(), text.into_bytes())], &options).unwrap();
        assert_eq!(
            seen.iter().map(|seen| (seen.id.as_str(), seen.line)).collect::<Vec<_>>(),
            [("a", line - 1), ("c", line + 1)]
        );
        assert_eq!((read.damage[0].kind, read.damage[0].line), ("record-too-long", line));
    }
    let text = format!("{}\n", record("a", &"y".repeat(50 << 20)));
    assert_eq!(ids(text.as_bytes()).len(), 1, "50 MB is within the default limit");
}

#[test]
fn deep_nesting_is_refused_in_every_form() {
    let deep = |depth: usize| {
        format!(
            "{{\"insertId\":\"d\",\"timestamp\":\"t\",\"jsonPayload\":{}1{}}}",
            "{\"a\":".repeat(depth),
            "}".repeat(depth)
        )
    };
    for depth in [1_000, 10_000, 300_000] {
        for text in [
            format!("{}\n{}\n", record("a", "x"), deep(depth)),
            format!("[{},{}]", record("a", "x"), deep(depth)),
            format!("# x\n{}\n{}", record("a", "x"), deep(depth)),
        ] {
            assert_eq!(ids(text.as_bytes()).len(), 1);
            assert_eq!(damage_of(text.as_bytes())[0].0, "nesting-too-deep");
        }
    }
    for open in ["[", "{\"a\":", "{\"a\":[", "- ", "{", "\"", "{\"\":\""] {
        let text = open.repeat(400_000);
        assert!(read_one(text.as_bytes()).is_err(), "{open}");
        assert!(read_one(format!("# x\n{text}").as_bytes()).is_err(), "{open}");
    }
}

#[test]
fn deep_nesting_below_the_unchecked_length_does_not_overflow() {
    let text =
        format!("{}\n{{\"insertId\":\"d\",\"timestamp\":\"t\",\"x\":{}}}\n", record("a", "x"), "[".repeat(16_000));
    assert_eq!(ids(text.as_bytes()).len(), 1);
    let text = format!(
        "{}\n{{\"insertId\":\"d\",\"timestamp\":\"t\",\"x\":{}{},\"y\":1}}\n",
        record("a", "x"),
        "[".repeat(8_000),
        "]".repeat(8_000)
    );
    assert!(!ids(text.as_bytes()).is_empty());
}

#[test]
fn foreign_objects_in_an_export_are_counted_and_plumbing_lines_located() {
    let text = format!("{}\n{{\"hello\":1}}\nConnecting...\n{}\n", record("a", "x"), record("b", "y"));
    assert_eq!(ids(text.as_bytes()), pairs(&[("a", 1), ("b", 4)]));
    assert_eq!(damage_of(text.as_bytes()), [("invalid-json", 1, 3), ("not-an-entry", 1, 2)]);
}

#[test]
fn what_is_no_log_data_is_named_with_the_command_that_exports_it() {
    let named = [
        ("a.png".to_owned(), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()),
        ("b.html".to_owned(), b"<html><title>Sign in".to_vec()),
        ("c".to_owned(), Vec::new()),
    ];
    let error = read_with(&named, &Options::default()).unwrap_err();
    let message = error.to_string();
    for part in [
        "a.png looks like a PNG image",
        "b.html looks like an HTML login page",
        "c looks like an empty file",
        "gcloud logging read",
        "expected:",
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert!(matches!(error, Error::NotLogData { .. }));
    let error = read_one(&[7, 1, 200, 3, 0, 255, 1, 2, 4, 8, 3, 1, 2, 5, 1, 1]).unwrap_err().to_string();
    assert!(error.contains("f looks like binary data"), "{error}");
    let named = [named[0].clone(), ("z".to_owned(), record("a", "x").into_bytes())];
    let (seen, read) = read_with(&named, &Options::default()).unwrap();
    assert_eq!((seen.len(), read.damage[0].kind, read.damage[0].file), (1, "not-log-data", 0));
}

#[test]
fn many_damaged_lines_are_one_notice() {
    let mut text = record("a", "x");
    for _ in 0..1000 {
        write!(text, "\n{{\"insertId\": oops}}").unwrap();
    }
    assert_eq!(damage_of(format!("{text}\n").as_bytes()), [("invalid-json", 1000, 2)]);
}
