//! One hostile report through every renderer.

use super::{Format, Options, render};
use crate::model::report::{
    Action, Cause, ChainLink, Check, Cluster, Evidence, Export, Finding, Generator, Notice, Place, Report, RuledOut,
    SCHEMA_VERSION, ScorePart, Window,
};
use crate::model::{Category, Occurrences, Platform, Risk, Role, Stage, Timestamp, Verdict};

/// What a visitor may have written into a log: Markdown, HTML, terminal sequences, direction marks.
const HOSTILE: &str = "boom</details><script>alert(1)</script> [x](http://evil.example) ``` \u{1b}[2J\u{1b}]0;t\u{7} \u{202e}txt @admin |cell|\n# head\n漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字";

#[allow(clippy::too_many_lines, reason = "one of each part of the contract")]
fn report() -> Report {
    let at = Timestamp::parse("2026-03-02T10:00:00Z").unwrap();
    let evidence = Evidence {
        timestamp: at,
        insert_id: HOSTILE.into(),
        file: "logs/a.json".into(),
        line: 3,
        text: HOSTILE.into(),
    };
    let link = ChainLink {
        role: Role::Cause,
        cluster: "c1".into(),
        title: HOSTILE.into(),
        count: 3,
        instances: 2,
        join: HOSTILE.into(),
        evidence: vec![evidence.clone()],
    };
    let finding = Finding {
        rank: 1,
        fingerprint: "1:00".into(),
        title: HOSTILE.into(),
        verdict: Verdict::Likely,
        score: 60.0,
        score_parts: vec![ScorePart { name: "explains".into(), value: 60.0, why: HOSTILE.into() }],
        place: Some(Place { platform: Platform::CloudRun, project: HOSTILE.into(), location: HOSTILE.into() }),
        service: HOSTILE.into(),
        revisions: vec![HOSTILE.into()],
        first: at,
        last: at,
        occurrences: Occurrences { requests: 3, ..Occurrences::default() },
        cause: Cause {
            cluster: "c1".into(),
            signature: String::new(),
            category: Category::CodeRuntime,
            summary: HOSTILE.into(),
        },
        chain: vec![link],
        why: vec![HOSTILE.into()],
        impact: vec![HOSTILE.into()],
        support: vec![HOSTILE.into()],
        against: vec![],
        missing: vec![],
        actions: vec![Action {
            stage: Stage::Inspect,
            title: HOSTILE.into(),
            command: "gcloud run services describe orders-api --region=europe-west1".into(),
            precondition: HOSTILE.into(),
            undo: String::new(),
            expect: HOSTILE.into(),
            risk: Risk::ReadOnly,
        }],
    };
    Report {
        schema_version: SCHEMA_VERSION,
        generator: Generator { name: "whydown".into(), version: "0".into() },
        export: Export {
            files: vec![],
            entries: 3,
            unique_entries: 3,
            rejected: 0,
            first_timestamp: Some(at),
            last_timestamp: Some(at.plus(126_000_000_000)),
            covered_seconds: 126.0,
            distinct_instances: 2,
            deployments: 0,
            notices: vec![Notice {
                code: "gap".into(),
                message: HOSTILE.into(),
                effect: HOSTILE.into(),
                command: None,
            }],
            redaction: "secrets".into(),
            redactions: vec![],
        },
        services: vec![],
        clusters: vec![Cluster {
            id: "c1".into(),
            signature: None,
            template: Some(HOSTILE.into()),
            role: Role::Cause,
            category: Category::Unknown,
            title: HOSTILE.into(),
            service: HOSTILE.into(),
            revisions: vec![],
            count: 3,
            instances: 2,
            first: at,
            last: at,
            windows: vec![Window { start: at, count: 3 }],
            samples: vec![evidence],
        }],
        findings: vec![finding],
        suppressed: vec![],
        ruled_out: vec![RuledOut { hypothesis: HOSTILE.into(), reason: HOSTILE.into(), evidence: vec![] }],
        checks: vec![Check {
            name: "exits".into(),
            threshold: "0".into(),
            observed: "3".into(),
            status: "fail".into(),
        }],
    }
}

fn rendered(format: Format, width: u16) -> String {
    let mut bytes = Vec::new();
    render(&report(), format, &Options { width, color: false, full: true }, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn prose_fits_the_width_and_commands_stay_whole() {
    for width in [80, 120] {
        let text = rendered(Format::Text, width);
        for line in text.lines().filter(|line| !line.contains("gcloud ")) {
            let columns = unicode_width::UnicodeWidthStr::width(line);
            assert!(columns <= usize::from(width), "{columns} columns: {line}");
        }
        assert!(text.contains("    gcloud run services describe orders-api --region=europe-west1\n"));
    }
}

#[test]
fn a_terminal_gets_no_control_character_from_a_log() {
    let text = rendered(Format::Text, 80);
    assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c)), "{text}");
}

#[test]
fn log_text_cannot_break_out_of_the_ticket() {
    let text = rendered(Format::Markdown, 80);
    let mut fenced = None;
    for line in text.lines() {
        let bare = line.trim_start();
        let ticks = bare.bytes().take_while(|b| *b == b'`').count();
        match fenced {
            None if ticks >= 3 => fenced = Some(ticks),
            Some(open) if ticks >= open && bare.len() == ticks => fenced = None,
            Some(_) => {}
            None => {
                assert!(!line.contains("<script") && !line.contains("[x](") && !line.contains("@admin"), "{line}");
                assert!(!line.contains("</details>") || line == "</details>", "{line}");
            }
        }
    }
    assert_eq!(fenced, None, "a fence stays open");
}

#[test]
fn json_is_read_back_as_it_was() {
    assert_eq!(serde_json::from_str::<Report>(&rendered(Format::Json, 80)).unwrap(), report());
}
