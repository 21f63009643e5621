//! The printed schema describes every example, and would notice one that it does not describe.

use std::process::Command;

use serde_json::{Map, Value, json};
use whydown::model::Timestamp;

use crate::support::root;

/// Words of a schema that say nothing about what is valid.
const ANNOTATIONS: [&str; 5] = ["$schema", "$defs", "title", "description", "default"];

fn schema() -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_whydown")).arg("schema").output().expect("it runs");
    assert_eq!(output.status.code(), Some(0));
    serde_json::from_slice(&output.stdout).expect("a schema is JSON")
}

fn examples() -> Vec<(String, Value)> {
    let mut found: Vec<(String, Value)> = std::fs::read_dir(root().join("reports/examples"))
        .expect("the examples")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("UTF-8");
            (path.display().to_string(), serde_json::from_str(&text).expect("an example is JSON"))
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(found.len() >= 4, "the examples are gone");
    found
}

/// What is wrong with a value; a property that the schema does not name is wrong too.
fn check(root: &Value, schema: &Value, value: &Value, place: &str, wrong: &mut Vec<String>) {
    let Value::Object(words) = schema else { panic!("{place}: a schema that is no object") };
    for (word, rule) in words {
        let holds = match word.as_str() {
            "$ref" => {
                let name = rule.as_str().and_then(|name| name.strip_prefix("#/$defs/")).expect("a local name");
                check(root, &root["$defs"][name], value, place, wrong);
                true
            }
            "type" => rule.as_array().unwrap_or(&vec![rule.clone()]).iter().any(|kind| is(value, kind)),
            "const" => value == rule,
            "enum" => rule.as_array().expect("a list").contains(value),
            "minimum" => value.as_f64().is_none_or(|number| number >= rule.as_f64().expect("a number")),
            "format" => match rule.as_str().expect("a name") {
                "date-time" => {
                    value.as_str().is_none_or(|text| Timestamp::parse(text).is_some() && text.ends_with('Z'))
                }
                "uint32" => value.as_u64().is_none_or(|number| u32::try_from(number).is_ok()),
                "uint64" | "int64" | "double" => true,
                other => panic!("{place}: a format that this check does not know: {other}"),
            },
            "anyOf" | "oneOf" => rule.as_array().expect("a list").iter().any(|option| {
                let mut inside = Vec::new();
                check(root, option, value, place, &mut inside);
                inside.is_empty()
            }),
            "items" => {
                for (number, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{place}[{number}]"), wrong);
                }
                true
            }
            "required" => {
                rule.as_array().expect("a list").iter().all(|name| value.get(name.as_str().expect("a name")).is_some())
            }
            "properties" => {
                properties(root, rule.as_object().expect("properties"), value, place, wrong);
                true
            }
            "additionalProperties" => panic!("{place}: the contract has no open objects"),
            word if ANNOTATIONS.contains(&word) => true,
            other => panic!("{place}: a word that this check does not know: {other}"),
        };
        if !holds {
            wrong.push(format!("{place}: {word} is {rule}, and it is {value:.60}"));
        }
    }
}

fn properties(root: &Value, known: &Map<String, Value>, value: &Value, place: &str, wrong: &mut Vec<String>) {
    for (name, inside) in value.as_object().into_iter().flatten() {
        match known.get(name) {
            Some(schema) => check(root, schema, inside, &format!("{place}.{name}"), wrong),
            None => wrong.push(format!("{place}.{name} is not in the schema")),
        }
    }
}

fn is(value: &Value, kind: &Value) -> bool {
    match kind.as_str().expect("a type") {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        other => panic!("no type: {other}"),
    }
}

fn wrong(schema: &Value, report: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    check(schema, schema, report, "report", &mut wrong);
    wrong
}

#[test]
fn every_example_is_as_the_schema_says() {
    let schema = schema();
    for (name, report) in examples() {
        assert_eq!(wrong(&schema, &report), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn the_schema_notices_what_is_wrong() {
    let schema = schema();
    let (_, report) = examples().into_iter().find(|(_, report)| report["findings"][0].is_object()).expect("a finding");
    let changes: [(&str, Value, &str); 7] = [
        ("/schema_version", json!(2), "report.schema_version: const"),
        ("/findings/0/verdict", json!("certain"), "report.findings[0].verdict"),
        ("/findings/0/first", json!("yesterday"), "report.findings[0].first: format"),
        ("/export/entries", json!("3"), "report.export.entries: type"),
        ("/export/entries", json!(-3), "report.export.entries: minimum"),
        ("/services/0/surprise", json!(1), "report.services[0].surprise is not in the schema"),
        ("/findings/0/cause", json!({}), "report.findings[0].cause: required"),
    ];
    for (place, value, expected) in changes {
        let mut copy = report.clone();
        let (parent, name) = place.rsplit_once('/').expect("a path");
        copy.pointer_mut(parent).expect("it is there")[name] = value;
        let found = wrong(&schema, &copy);
        assert!(found.iter().any(|line| line.starts_with(expected)), "{place}: {found:?}");
    }
}
