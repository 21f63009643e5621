use super::{Format, Options, render};
use crate::model::Timestamp;
use crate::model::patterns::{Change, ChangeKind, Pattern, PatternKind, Patterns, SCHEMA_VERSION, ServiceCount};
use crate::model::report::{Generator, RevisionCount};

fn pattern(template: &str) -> Pattern {
    Pattern {
        id: "0123456789ab".to_owned(),
        kind: PatternKind::Template,
        template: template.to_owned(),
        signature: String::new(),
        is_rest: false,
        level: "error".to_owned(),
        count: 12,
        share: 0.25,
        rarity_bits: 2.0,
        first: Timestamp::parse("2026-03-04T10:00:00Z"),
        last: Timestamp::parse("2026-03-04T11:00:00Z"),
        services: vec![ServiceCount { name: "orders-api".to_owned(), count: 12 }],
        revisions: vec![RevisionCount { name: "orders-api-00041-kx7".to_owned(), count: 12 }],
        change: Change {
            kind: ChangeKind::Burst,
            at: Timestamp::parse("2026-03-04T10:30:00Z"),
            peak: 9,
            elsewhere: 0.5,
            p_value: 1e-9,
        },
        sample: None,
    }
}

fn patterns(list: Vec<Pattern>) -> Patterns {
    Patterns {
        schema_version: SCHEMA_VERSION,
        generator: Generator { name: "whydown".to_owned(), version: "0".to_owned() },
        files: Vec::new(),
        entries: 48,
        unique_entries: 48,
        untimed: 0,
        rejected: 0,
        first_timestamp: list.first().and_then(|pattern| pattern.first),
        last_timestamp: list.first().and_then(|pattern| pattern.last),
        window_seconds: 60,
        windows_covered: 56,
        patterns: list,
    }
}

fn rendered(patterns: &Patterns, format: Format, rows_max: usize) -> String {
    let mut out = Vec::new();
    render(patterns, format, Options { width: 140, rows_max }, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_row_says_how_often_when_where_and_what() {
    let text = rendered(&patterns(vec![pattern("took <*>")]), Format::Text, 9);
    for part in
        ["12", "25.0 %", "2.0", "10:00:00", "11:00:00", "burst 10:30:00 18×", "orders-api 00041-kx7", "took <*>"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn columns_give_way_before_what_is_said_gets_narrow() {
    let list = patterns(vec![pattern("the payment of order <*> was refused by the bank")]);
    for width in [40, 60, 80, 120] {
        let mut out = Vec::new();
        render(&list, Format::Text, Options { width, rows_max: 9 }, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let table: Vec<&str> = text.lines().skip(2).collect();
        assert!(table.iter().all(|line| line.chars().count() <= usize::from(width)), "{text}");
        assert!(table.len() <= 4, "{text}");
        assert_eq!(text.contains("orders-api"), width == 120, "{text}");
    }
}

#[test]
fn hostile_text_is_harmless_in_every_format() {
    let hostile = patterns(vec![pattern("=cmd()\u{1b}[2J\u{202e}\n\"a\",b")]);
    for format in [Format::Text, Format::Json, Format::Csv] {
        let text = rendered(&hostile, format, 9);
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    }
    let csv = rendered(&hostile, Format::Csv, 9);
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(csv.as_bytes()).into_records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 1);
    assert!(rows[0][13].starts_with("'=cmd()"));
}

#[test]
fn what_is_left_out_is_counted() {
    let many = patterns((0..7).map(|n| pattern(&format!("kind {n}"))).collect());
    assert!(rendered(&many, Format::Text, 3).contains("4 more with --full"));
    assert!(rendered(&patterns(Vec::new()), Format::Text, 3).starts_with("0 patterns in 48 entries\n"));
}
