use super::PatternFacts;
use crate::classify::Classifier;
use crate::classify::matcher::Catalog;
use crate::facts::seen::Seen;
use crate::ingest;
use crate::model::patterns::{ChangeKind, PatternKind, Patterns};

/// One log line a second from noon, with the texts given.
fn export(texts: &[&str]) -> String {
    texts
        .iter()
        .enumerate()
        .map(|(second, text)| {
            serde_json::json!({
                "insertId": format!("id{second}"),
                "timestamp": format!("2026-03-04T12:{:02}:{:02}Z", second / 60, second % 60),
                "logName": "projects/p/logs/run.googleapis.com%2Fstdout",
                "resource": {"type": "cloud_run_revision", "labels": {
                    "service_name": "shop", "revision_name": format!("shop-0000{}-abc", 1 + second / 30)}},
                "textPayload": text,
            })
            .to_string()
                + "\n"
        })
        .collect()
}

fn patterns(text: &str) -> Patterns {
    let seen = Seen::default();
    let worker = || (Classifier::new(Catalog::embedded()), PatternFacts::default());
    let named = [("a.ndjson".to_owned(), text.as_bytes().to_vec())];
    let read = ingest::read_bytes(&named, &ingest::Options::default(), worker, |(classifier, facts), entries| {
        facts.observe(classifier, &seen, entries);
    })
    .unwrap();
    let facts = read.partials.into_iter().map(|(_, facts)| facts).fold(PatternFacts::default(), PatternFacts::merge);
    facts.mine().describe(read.files)
}

#[test]
fn a_pattern_says_how_often_where_and_since_when() {
    let mut texts = vec!["order 17 of 3 items was stored"; 60];
    texts[40..].fill("pool exhausted after 30 s for order 99");
    let found = patterns(&export(&texts));
    let [stored, exhausted] = found.patterns.as_slice() else { panic!("{:#?}", found.patterns) };
    assert_eq!((stored.template.as_str(), stored.count), ("order <*> of <*> items was stored", 40));
    assert_eq!(exhausted.template, "pool exhausted after <*> for order <*>");
    assert_eq!((exhausted.change.kind, exhausted.change.at), (ChangeKind::Appeared, exhausted.first));
    assert_eq!(stored.change.kind, ChangeKind::Ceased);
    assert_eq!(stored.revisions.iter().map(|revision| revision.count).collect::<Vec<_>>(), [30, 10]);
    assert!((exhausted.share - 1.0 / 3.0).abs() < 1e-9 && (exhausted.rarity_bits - 1.585).abs() < 1e-3);
}

#[test]
fn json_payloads_are_one_pattern_by_their_message() {
    let texts: Vec<String> = (0..50)
        .map(|n| format!(r#"{{"message":"cache miss for key {n}","user":"u{n}","extra":{{"k{n}":[{n}]}}}}"#))
        .collect();
    let found = patterns(&export(&texts.iter().map(String::as_str).collect::<Vec<_>>()));
    assert_eq!(found.patterns.len(), 1, "{:#?}", found.patterns);
    assert_eq!(found.patterns[0].template, "cache miss for key <*>");
}

#[test]
fn lines_that_differ_in_their_times_only_are_told_like_any_other() {
    let texts: Vec<String> = (0..30)
        .map(|n| format!("2026-03-04 12:00:{n:02}.{n:03} INFO worker is idle, job 1f0e9d8c7b6a45{n:02}"))
        .collect();
    let found = patterns(&export(&texts.iter().map(String::as_str).collect::<Vec<_>>()));
    let [idle] = found.patterns.as_slice() else { panic!("{:#?}", found.patterns) };
    assert!(idle.count == 30 && idle.template.contains("worker is idle"), "{idle:#?}");
}

#[test]
fn secrets_are_in_no_pattern_and_no_sample() {
    let found = patterns(&export(&["connect with password=correct-horse now", "from ada@acme.test"]));
    let all = serde_json::to_string(&found).unwrap();
    assert!(!all.contains("correct-horse") && !all.contains("ada@acme.test"), "{all}");
}

#[test]
fn exceptions_and_their_lines_are_apart_from_templates() {
    let found =
        patterns(&export(&["Traceback (most recent call last):\n  File \"/a.py\", line 3, in f\nKeyError: 'x'"]));
    assert_eq!(found.patterns[0].kind, PatternKind::Exception, "{:#?}", found.patterns);
}
