use std::collections::BTreeMap;

use proptest::prelude::*;

use super::Miner;

/// Template of each line, by text, and the count of each template.
fn mine(lines: &[String], parts: usize, shapes_max: usize) -> (Vec<String>, BTreeMap<String, u64>) {
    let mut miners: Vec<Miner<u64>> = (0..parts).map(|_| Miner::with_capacity(shapes_max)).collect();
    let mut keys = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let miner = &mut miners[number % parts];
        let (key, count) = miner.line(line);
        *count += 1;
        keys.push(key);
        miner.tidy();
    }
    let mined = miners.into_iter().reduce(Miner::merge).unwrap().mine();
    let name = |index: usize| format!("{} {}", mined.templates[index].id, mined.templates[index].text);
    let of_line = keys.into_iter().map(|key| name(mined.of(key))).collect();
    let counts = (0..mined.templates.len()).map(|index| (name(index), mined.templates[index].tally)).collect();
    (of_line, counts)
}

fn templates(lines: &[&str]) -> Vec<String> {
    let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    mine(&lines, 1, 1_000).0.into_iter().map(|name| name[13..].to_owned()).collect()
}

/// One template for all lines.
fn one(lines: &[&str]) -> String {
    let mut found = templates(lines);
    found.dedup();
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

#[test]
fn many_names_in_one_place_are_a_value() {
    let users = ["ada", "ben", "cleo", "dora", "emil", "fred", "gina"];
    let lines: Vec<String> = users.iter().map(|user| format!("session of {user} closed after 10 s")).collect();
    assert_eq!(one(&lines.iter().map(String::as_str).collect::<Vec<_>>()), "session of <*> closed after <*>");
}

#[test]
fn names_in_several_places_at_once_are_values() {
    let lines: Vec<String> = [("ada", "oslo"), ("ben", "rome"), ("cleo", "bonn"), ("dora", "kyiv"), ("emil", "bern")]
        .iter()
        .chain(&[("fred", "lima"), ("gina", "riga")])
        .map(|(user, place)| format!("account {user} signed in from place {place}"))
        .collect();
    let found = one(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(found, "account <*> signed in from place <*>");
}

#[test]
fn a_name_that_is_sometimes_a_number_is_a_value() {
    assert_eq!(one(&["cache miss for key users", "cache miss for key 17"]), "cache miss for key <*>");
}

#[test]
fn names_spoken_of_in_several_messages_are_values() {
    let lines: Vec<String> = ["orders", "stock", "carts"]
        .iter()
        .flat_map(|table| [format!("opened table {table}"), format!("table {table} is locked")])
        .collect();
    let mut found = templates(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    found.sort();
    found.dedup();
    assert_eq!(found, ["opened table <*>", "table <*> is locked"]);
}

#[test]
fn what_happened_is_never_a_value() {
    let verbs = ["started", "paused", "resumed", "stopped", "migrated", "suspended", "rescued"];
    let lines: Vec<String> = verbs.iter().map(|verb| format!("machine 17 was {verb} by the host")).collect();
    let mut found = templates(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    found.dedup();
    assert_eq!(found.len(), verbs.len());
    let states =
        templates(&["job 1 is now QUEUED", "job 2 is now RUNNING", "job 3 is now FAILED", "job 4 is now DONE"]);
    assert_eq!(states[2], "job <*> is now FAILED");
}

#[test]
fn the_value_of_a_speaking_key_is_what_happened() {
    let lines: Vec<String> = ["info", "warn", "error"]
        .iter()
        .flat_map(|level| {
            [format!("level={level} msg=\"pool is empty\""), format!("level={level} msg=\"pool is full\"")]
        })
        .collect();
    let mut found = templates(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    found.dedup();
    assert_eq!(found.len(), 6, "{found:#?}");
}

#[test]
fn two_words_are_not_enough_to_call_them_values() {
    assert_eq!(templates(&["disk is full", "disk is slow"]), ["disk is full", "disk is slow"]);
}

#[test]
fn equal_templates_have_equal_ids_in_every_run() {
    let (alone, _) = mine(&["took 12 ms".to_owned()], 1, 9);
    let (beside, _) = mine(&["other text".to_owned(), "took 99 ms".to_owned()], 1, 9);
    assert_eq!(alone[0], beside[1]);
    assert_eq!(alone[0], "6d131488b5ab took <*>");
}

#[test]
fn more_shapes_than_there_is_room_for_are_counted_by_length() {
    let letters = |mut n: usize| -> String {
        std::iter::from_fn(|| {
            let letter = char::from(b'a' + u8::try_from(n % 26).unwrap());
            n /= 26;
            Some(letter)
        })
        .take(6)
        .collect()
    };
    let lines: Vec<String> = (0..5_000).map(|n| format!("{} {}", letters(n), letters(n * 7 + 1))).collect();
    let (_, counts) = mine(&lines, 3, 100);
    assert_eq!(counts.values().sum::<u64>(), 5_000);
    assert_eq!(counts.len(), 101, "a hundred shapes, and one template for the rest");
}

#[test]
fn kinds_that_are_not_mined_stay_apart_from_text() {
    let mut miner: Miner<u64> = Miner::default();
    let (text, _) = miner.line("memory limit");
    let (fixed, count) = miner.fixed(2, "memory limit");
    *count += 5;
    let found = miner.mine();
    assert_ne!(found.of(text), found.of(fixed));
    let template = &found.templates[found.of(fixed)];
    assert_eq!((template.kind, template.tally, template.text.as_str()), (Some(2), 5, "memory limit"));
}

/// Lines of few words, so that they share slots.
fn lines() -> impl Strategy<Value = Vec<String>> {
    let word = prop::sample::select(vec![
        "open",
        "closed",
        "RUNNING",
        "ada",
        "ben",
        "cleo",
        "dora",
        "emil",
        "fred",
        "a.b",
        "17",
        "/x/y",
        "user=root",
        "(",
        ")",
        "{\"k\":1}",
        "failed:",
        "null",
        "Mon",
        "4",
        "ms",
        "",
    ]);
    prop::collection::vec(prop::collection::vec(word, 0..6).prop_map(|words| words.join(" ")), 0..60)
}

proptest! {
    #[test]
    fn order_split_and_merging_change_nothing(lines in lines(), parts in 1_usize..5, shapes_max in 1_usize..40) {
        let (mut whole, counts) = mine(&lines, 1, shapes_max);
        let mut other = lines.clone();
        other.reverse();
        let (mut reversed, other_counts) = mine(&other, parts, shapes_max);
        reversed.reverse();
        prop_assert_eq!(&counts, &other_counts);
        whole.sort();
        reversed.sort();
        prop_assert_eq!(whole, reversed);
    }

    #[test]
    fn every_line_is_counted_once(lines in lines(), shapes_max in 1_usize..40) {
        let (_, counts) = mine(&lines, 2, shapes_max);
        prop_assert_eq!(counts.values().sum::<u64>(), lines.len() as u64);
    }

    #[test]
    fn any_text_has_a_template(text in ".{0,300}", more in "[<>()\\[\\]{}\"'=:,;# 0-9a-f.-]{0,200}") {
        let lines = [text, more];
        let (found, _) = mine(&lines, 1, 9);
        prop_assert_eq!(found.len(), 2);
    }
}
