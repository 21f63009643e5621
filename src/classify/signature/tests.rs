//! The strict loader: what a good file gives, and what each kind of mistake is called.

use super::*;

const GOOD: &str = r#"
title = "Queue {queue} is full[ after {count} messages]"
platform = "any"
role = "cause"
category = "capacity"
streams = ["stderr"]
priority = 60

[match]
literals = ["queue is full"]
regex = '''(?P<queue>\w+) queue is full(?: after (?P<count>\d+) messages)?'''
identity = ["queue"]

[advice]
meaning = "Nobody reads the queue."

[[example]]
match = true
text = "orders queue is full after 12 messages"
captures = { queue = "orders", count = "12" }

[[example]]
match = false
text = "the queue is fuller than before"
"#;

fn error_of(text: &str) -> String {
    // The near miss of the good file contains the literal, so each change breaks exactly one rule.
    Signature::parse("shop/queue-full", text).expect_err("the file is broken").to_string()
}

#[test]
fn a_good_file_gives_every_field() {
    let text = GOOD.replace("the queue is fuller", "no queue is longer");
    let signature = Signature::parse("shop/queue-full", &text).unwrap();
    assert_eq!((signature.role, signature.category), (Role::Cause, Category::Capacity));
    assert_eq!(signature.streams, [Stream::Stderr]);
    assert_eq!(signature.advice().meaning, "Nobody reads the queue.");
    assert_eq!(signature.examples().len(), 2);
}

#[test]
fn each_mistake_is_named_with_its_key() {
    let text = &GOOD.replace("the queue is fuller", "no queue is longer");
    let cases = [
        (text.replace("priority = 60", "priority = 60\ncolour = 1"), "colour"),
        (text.replace("\"stderr\"", "\"stdeer\""), "`streams`: `stdeer`"),
        (text.replace("priority = 60", "priority = 600"), "`priority`"),
        (text.replace("[\"queue is full\"]", "[\"full\"]"), "`match.literals`"),
        (text.replace("[\"queue is full\"]", "[]"), "`match.literals`: is empty"),
        (text.replace("identity = [\"queue\"]", "identity = [\"shop\"]"), "`match.identity`: `shop`"),
        (text.replace("{queue} is full", "{shop} is full"), "`title`: `{shop}`"),
        (text.replace("(?P<queue>\\w+)", "(?P<queue>\\w+"), "`match.regex`"),
        (text.replace("count = \"12\"", "count = \"13\""), "`example.captures`: `count`"),
        (text.replace("no queue is longer", "a queue is full"), "`example.text`: match = false"),
        (text.replace("match = false", "match = true"), "`example`: there is none with match = false"),
        (text.replace("Nobody reads the queue.", " "), "`advice.meaning`"),
    ];
    for (broken, expected) in cases {
        let error = error_of(&broken);
        assert!(error.contains("shop/queue-full.toml") && error.contains(expected), "{error}");
        assert!(error.contains("remedy: "), "{error}");
    }
}

#[test]
fn a_pattern_beyond_the_size_limit_is_refused() {
    let text = GOOD.replace("(?P<queue>\\w+)", "(?P<queue>[a-z]{90000})");
    assert!(error_of(&text).contains("`match.regex`"));
}

#[test]
fn classes_are_ascii_and_a_cut_character_is_dropped() {
    assert!(compile(r"^\w+$").unwrap().is_match(b"abc") && !compile(r"^\w+$").unwrap().is_match("é".as_bytes()));
    assert_eq!(whole_characters(&"aé".as_bytes()[..2]), "a");
}

#[test]
fn an_unknown_platform_excludes_nothing() {
    assert!(Scope::CloudRun.covers(Platform::Other) && Scope::CloudRun.covers(Platform::CloudRunJob));
    assert!(!Scope::CloudRun.covers(Platform::AzureContainerApps));
    assert!(Scope::Any.covers(Platform::CloudBuild));
}
