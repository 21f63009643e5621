//! Hostile titles through every form, and the screen.

use super::{Page, cut, write_diff, write_digest, write_verification};
use crate::compare::diff::Diff;
use crate::compare::digest::{Digest, Item, Status};
use crate::compare::findings::{Brief, Figures};
use crate::compare::judge::{Judged, Standing};
use crate::compare::verify::{Criterion, CriterionStatus, Verification};
use crate::model::report::Notice;
use crate::model::tally::Traffic;
use crate::model::{Occurrences, Timestamp, Verdict};
use crate::report::PlainFormat;

/// What a visitor may have written into a log.
const HOSTILE: &str = "boom</details><script>alert(1)</script> [x](http://evil.example) ``` \u{1b}[2J\u{1b}]0;t\u{7} \u{202e}txt @admin |cell|\n# head\n漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字";

fn brief() -> Brief {
    let at = Timestamp::parse("2026-03-02T10:00:00Z").unwrap();
    Brief {
        fingerprint: "1:00".into(),
        title: HOSTILE.into(),
        service: HOSTILE.into(),
        verdict: Verdict::Likely,
        first: at,
        last: at,
    }
}

fn digest() -> Digest {
    let item = |status| Item {
        status,
        returned: false,
        late: true,
        finding: brief(),
        recent: Occurrences { requests: 9, ..Occurrences::default() },
        recent_seconds: 3_600.0,
        before: Occurrences::default(),
        before_seconds: 0.0,
        why: HOSTILE.into(),
    };
    Digest {
        digest_version: 1,
        sequence: 1,
        window_seconds: 3_600,
        judged: Some((brief().first, brief().last)),
        entries: 9,
        traffic: Traffic { requests: 9, failed: 9, ..Traffic::default() },
        items: [Status::New, Status::Worse, Status::Ongoing, Status::Resolved, Status::Withdrawn, Status::Quiet]
            .map(item)
            .to_vec(),
        late_windows: vec![brief().first],
        notices: vec![HOSTILE.into()],
    }
}

fn judged() -> Judged {
    Judged {
        finding: brief(),
        verdict_before: Verdict::Possible,
        standing: Standing::NotEnoughData,
        before: Figures::default(),
        after: Figures::default(),
        why: vec![HOSTILE.into()],
    }
}

/// Every form of every kind.
fn rendered(format: PlainFormat) -> String {
    let (page, mut bytes) = (Page { width: 80, lines: 24 }, Vec::new());
    let notice =
        Notice { code: HOSTILE.into(), message: HOSTILE.into(), effect: HOSTILE.into(), command: Some(HOSTILE.into()) };
    let diff = Diff {
        diff_version: 1,
        old: None,
        new: Some((brief().first, brief().last)),
        overlapping: true,
        appeared: vec![brief()],
        gone: vec![judged()],
        same: vec![judged()],
        notices_appeared: vec![notice.clone()],
        notices_gone: vec![notice],
        checks: Vec::new(),
        deployments: Vec::new(),
    };
    let criterion =
        Criterion { name: "n".into(), needed: "0".into(), observed: HOSTILE.into(), status: CriterionStatus::Fail };
    let verified = Verification {
        verification_version: 1,
        judged: None,
        covered_seconds: 0.0,
        entries: 0,
        findings: vec![judged()],
        appeared: vec![brief()],
        criteria: vec![criterion],
    };
    write_digest(&digest(), format, page, &mut bytes).unwrap();
    write_diff(&diff, format, page, &mut bytes).unwrap();
    write_verification(&verified, format, page, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_terminal_gets_no_control_character_and_no_line_too_long() {
    for format in [PlainFormat::Text, PlainFormat::Json, PlainFormat::Markdown] {
        let text = rendered(format);
        let hidden = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!text.contains(hidden), "{text}");
    }
    for line in rendered(PlainFormat::Text).lines() {
        assert!(unicode_width::UnicodeWidthStr::width(line) <= 80, "{line}");
    }
}

#[test]
fn log_text_cannot_break_out_of_the_ticket() {
    let text = rendered(PlainFormat::Markdown);
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new(&text));
    for part in ["<script", "<a ", "<details", "</details", "@admin", "<code", "<h1"] {
        assert!(!html.contains(part), "{part} in {html}");
    }
}

#[test]
fn the_screen_holds_at_most_its_lines() {
    for lines in [6, 9, 12, 24] {
        let (page, mut bytes) = (Page { width: 80, lines }, Vec::new());
        write_digest(&digest(), PlainFormat::Text, page, &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.lines().count() <= lines, "{lines}: {text}");
    }
    assert_eq!((cut("abcdef", 6).as_str(), cut("abcdefg", 6).as_str()), ("abcdef", "abcde…"));
}
