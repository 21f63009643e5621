//! Tests of the cutter: what is a record, whatever the window sizes are.

use super::{Cutter, Mode, Step};

/// Cuts `text` as it would stream in pieces of `piece` bytes.
fn cut(text: &str, mode: Mode, piece: usize) -> (Vec<(String, u32)>, Vec<&'static str>) {
    let mut cutter = Cutter::new(mode, 1 << 20, 1);
    let (mut window, mut read) = (Vec::new(), 0);
    let (mut records, mut damage) = (Vec::new(), Vec::new());
    loop {
        match cutter.step(&window, read == text.len()) {
            Step::Record { start, end } => {
                records.push((String::from_utf8_lossy(&window[start..end]).into_owned(), cutter.record_line()));
            }
            Step::Broken { .. } => damage.push("broken"),
            Step::TooLong { .. } => damage.push("too long"),
            Step::CutTail { start } => {
                damage.push("cut");
                cutter.resync(&window, start);
            }
            Step::NeedMore => {
                let keep = cutter.keep_from();
                cutter.dropped(&window, keep);
                window.drain(..keep);
                let end = (read + piece).min(text.len());
                window.extend_from_slice(&text.as_bytes()[read..end]);
                read = end;
            }
            Step::End => return (records, damage),
        }
    }
}

const A: &str = r#"{"insertId":"a","timestamp":"t","text":"q \" { [ \\"}"#;
const B: &str = "{\n  \"insertId\": \"b\",\n  \"labels\": {\"x\": [1, {}]},\n  \"timestamp\": \"t\"\n}";

#[test]
fn the_size_of_the_pieces_does_not_matter() {
    for (text, mode, lines) in [
        (format!("[{A},\n{B}]"), Mode::Json, [1, 2]),
        (format!("{{\"n\": {{\"entries\": [\n{A}, {B}]}}, \"m\": {{\"o\": {{}}}}}}"), Mode::Json, [2, 2]),
        (format!("{{\"note\": \"a \\\" {{\",\n\"entries\": [{A}, {B}]}}"), Mode::Json, [2, 2]),
        (format!("some {{ text\n{A}\nand }} more\n{B}"), Mode::Prose, [2, 4]),
    ] {
        for piece in [1, 2, 3, 7, 64, 4096] {
            assert_eq!(
                cut(&text, mode, piece),
                (vec![(A.to_owned(), lines[0]), (B.to_owned(), lines[1])], vec![]),
                "{piece} {text}"
            );
        }
    }
}

#[test]
fn an_object_that_cannot_be_json_is_given_up_where_that_shows() {
    let good = B.replace("\"b\"", "\"c\"");
    for broken in [
        "{\n  \"insertId\": \"b\",\n  \"timestamp\": \"t\",\n  \"text\": \"never closed,\n  \"more\": 1\n}",
        "{\n  \"insertId\": \"b\",\n  \"timestamp\": \"t\",\n  \"labels\": {",
        "{\n  \"insertId\": \"b\",\n  \"timestamp\": \"t\",\n  \"labels\": [1}",
    ] {
        for piece in [1, 5, 4096] {
            let (records, damage) = cut(&format!("[\n{A},\n{broken},\n{good}\n]"), Mode::Json, piece);
            assert_eq!(records.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>(), [A, &good], "{broken}");
            assert_eq!(damage, ["broken"], "{broken}");
        }
    }
}

#[test]
fn a_string_with_raw_line_breaks_is_still_one_string() {
    let text = "{\"insertId\":\"a\",\"timestamp\":\"t\",\"text\":\"one\ntwo } \n  three {\n\"}";
    assert_eq!(cut(&format!("[{text}]"), Mode::Json, 3).0, [(text.to_owned(), 1)]);
}

#[test]
fn a_record_beyond_the_limit_is_skipped_without_being_held() {
    let long = format!("{{\"insertId\":\"b\",\"timestamp\":\"t\",\"text\":\"{}\"}}", "y".repeat(3 << 20));
    let (records, damage) = cut(&format!("[{A},{long},{A}]"), Mode::Json, 1 << 16);
    assert_eq!((records.len(), damage), (2, vec!["too long"]));
}
