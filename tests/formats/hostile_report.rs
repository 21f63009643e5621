//! A report all of whose texts are hostile has the same structure, in every form, as one whose texts say "x".
//!
//! That is stronger than looking for a list of bad words: no text may open, close or change anything.

use std::collections::BTreeSet;

use html5gum::{Token, Tokenizer};
use pulldown_cmark::{Event, Options as MarkdownOptions, Parser, Tag};
use serde_json::Value;
use whydown::model::report::Report;
use whydown::report::Format;

use super::{FORMATS, rendered};
use crate::support::{analyze, incidents};

/// What a log may hold to break out of a form, act on a terminal, run something, or call somebody.
const HOSTILE: &str = "x</style></title></code></details></svg><script>alert(1)</script><img src=x onerror=alert(1)> \
    \" ' onload=\"x\" [a](http://evil.example) ![b](https://evil.example/i.png) <https://evil.example> www.evil.example \
    https://evil.example @admin #1 **b** _i_ ~~s~~ `c` ``` ~~~ \u{1b}[2J\u{1b}]0;t\u{7}\u{1b}]8;;http://evil.example\u{1b}\\ \
    \u{202e}txt\u{2066} \u{200b}\u{feff} |cell| $(touch x) `touch x` ; touch x & > x \\ {0} {{ ]]> --> <!-- &lt; &#60; \u{0}\u{85}\u{fffe} 漢字\n\
    # head\n- item\n1. item\n    code\n```\nfence\n=====\n| a | b |\n| - | - |\n<div>\n=cmd|' /C calc'!A0";

/// What a text may begin with to be taken for something else: a formula, a list, a heading, a quote, a rule, code.
const BEGINNINGS: [&str; 12] = ["", "=1+1 ", "+", "-", "- ", "@SUM(A1) ", "1. ", "2) ", "# ", "> ", "--- ", "    "];

/// A report and its twin: in the first every text is hostile, in the second it is "x". Words of closed lists and
/// times stay as they are, and so do commands, which are not made of log text.
fn twins(name: &str) -> (Report, Report) {
    twins_beginning(name, "")
}

fn twins_beginning(name: &str, beginning: &str) -> (Report, Report) {
    let incident = incidents().into_iter().find(|incident| incident.name == name).expect("a fixture");
    let report = analyze(&incident.inputs(), &incident.state_files(), 2);
    let value = serde_json::to_value(&report).expect("a report is JSON");
    let mut places = Vec::new();
    texts(&value, String::new(), &mut places);
    let (mut hostile, mut plain) = (value.clone(), value);
    let mut replaced = 0;
    for place in places {
        if place.ends_with("/command") {
            continue;
        }
        let before = plain.pointer(&place).cloned().expect("it is there");
        let empty = before.as_str().is_some_and(str::is_empty);
        // A status decides whether a check counts as failed; the other words that decide something are closed lists.
        if empty || place.ends_with("/status") || place.ends_with("/state") || place.ends_with("/redaction") {
            continue;
        }
        *plain.pointer_mut(&place).expect("it is there") = Value::from("x");
        if serde_json::from_value::<Report>(plain.clone()).is_err() {
            *plain.pointer_mut(&place).expect("it is there") = before;
            continue;
        }
        *hostile.pointer_mut(&place).expect("it is there") = Value::from(format!("{beginning}{HOSTILE}"));
        replaced += 1;
    }
    assert!(replaced > 100, "only {replaced} texts were replaced");
    let report = |value| serde_json::from_value(value).expect("still a report");
    (report(hostile), report(plain))
}

fn texts(value: &Value, place: String, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(place),
        Value::Array(values) => {
            for (number, value) in values.iter().enumerate() {
                texts(value, format!("{place}/{number}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                texts(value, format!("{place}/{name}"), found);
            }
        }
        _ => {}
    }
}

const CASES: [&str; 2] = ["import-error-behind-tcp-probe", "canary-bad"];

/// Tags with the names of their attributes; attributes that hold no text of the report also with their values.
fn html_structure(page: &str) -> Vec<String> {
    const TEXTS: [&str; 4] = ["aria-label", "content", "class", "id"];
    Tokenizer::new(page)
        .filter_map(|token| match token.expect("infallible") {
            Token::StartTag(tag) => {
                let attributes: Vec<String> = tag
                    .attributes
                    .iter()
                    .map(|(name, value)| {
                        let name = String::from_utf8_lossy(name).into_owned();
                        let value = String::from_utf8_lossy(value).into_owned();
                        let shown = TEXTS[..1].contains(&&*name) || is_place(&name);
                        if shown { name } else { format!("{name}={value}") }
                    })
                    .collect();
                Some(format!("<{} {}>", String::from_utf8_lossy(&tag.name), attributes.join(" ")))
            }
            Token::EndTag(tag) => Some(format!("</{}>", String::from_utf8_lossy(&tag.name))),
            Token::Comment(_) => Some("comment".to_owned()),
            Token::Doctype(_) => Some("doctype".to_owned()),
            Token::String(_) => None,
            Token::Error(error) => Some(format!("error {error:?}")),
        })
        .collect()
}

/// Places in pictures depend on the order of names, which the replacement changes.
fn is_place(name: &str) -> bool {
    ["x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "width", "height", "d", "viewbox"].contains(&name)
}

#[test]
fn no_text_changes_the_structure_of_the_page() {
    for name in CASES {
        let (hostile, plain) = twins(name);
        let (hostile, plain) = (rendered(&hostile, Format::Html, true), rendered(&plain, Format::Html, true));
        assert!(hostile.contains("alert(1)"), "the hostile text is not in the page at all");
        let (mine, expected) = (html_structure(&hostile), html_structure(&plain));
        let first = mine.iter().zip(&expected).position(|(a, b)| a != b);
        assert_eq!(first.map(|at| (&mine[at], &expected[at])), None, "{name}");
        assert_eq!(mine.len(), expected.len(), "{name}");
    }
}

#[test]
fn the_page_runs_nothing_and_asks_nobody() {
    const TAGS: &str = "html head meta title style body header main section footer figure figcaption div span p b ul li dl dt dd \
        h1 h2 h3 pre code details summary table thead tbody tr th td svg g rect line path circle text tspan desc";
    for name in CASES {
        let page = rendered(&twins(name).0, Format::Html, true);
        let allowed: BTreeSet<&str> = TAGS.split_whitespace().collect();
        let mut ids = BTreeSet::new();
        for token in Tokenizer::new(&page) {
            let Token::StartTag(tag) = token.expect("infallible") else { continue };
            let tag_name = String::from_utf8_lossy(&tag.name).into_owned();
            assert!(allowed.contains(&*tag_name), "<{tag_name}>");
            for (attribute, value) in &tag.attributes {
                let attribute = String::from_utf8_lossy(attribute).into_owned();
                let value = String::from_utf8_lossy(value).into_owned();
                let loads = ["href", "src", "srcset", "style", "action", "xlink:href", "data", "background"];
                assert!(!attribute.starts_with("on") && !loads.contains(&&*attribute), "<{tag_name} {attribute}>");
                assert!(!value.contains("url(") && !value.contains("javascript:"), "{attribute}={value}");
                if attribute == "id" {
                    assert!(ids.insert(value.clone()), "the id {value} stands twice");
                }
            }
        }
        let style = page.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).expect("a style");
        assert!(!style.contains("url(") && !style.contains("@import"), "the style sheet asks somebody");
        let policy = page.find("Content-Security-Policy").expect("a policy");
        assert!(policy < page.find("<style>").expect("a style"), "the policy comes after what it rules");
        assert!(
            page.contains("default-src &#39;none&#39;") || page.contains("default-src 'none'"),
            "the policy is lax"
        );
        // Every picture tells what it shows.
        assert_eq!(page.matches("<svg ").count(), page.matches("<desc ").count());
        for id in
            page.split("aria-labelledby=\"").skip(1).flat_map(|rest| rest.split('"').next().unwrap_or("").split(' '))
        {
            assert!(ids.contains(id), "no element has the id {id}");
        }
    }
}

fn markdown_options() -> MarkdownOptions {
    MarkdownOptions::ENABLE_TABLES | MarkdownOptions::ENABLE_STRIKETHROUGH | MarkdownOptions::ENABLE_FOOTNOTES
}

/// Everything that is not text: blocks, marks, HTML.
fn markdown_structure(text: &str) -> Vec<String> {
    Parser::new_ext(text, markdown_options())
        .filter_map(|event| match event {
            Event::Text(_) | Event::Code(_) | Event::SoftBreak => None,
            other => Some(format!("{other:?}")),
        })
        .collect()
}

#[test]
fn no_text_changes_the_structure_of_the_ticket() {
    for name in CASES {
        for (number, beginning) in BEGINNINGS.iter().enumerate() {
            let (hostile, plain) = twins_beginning(name, beginning);
            let full = number == 0;
            let (hostile, plain) =
                (rendered(&hostile, Format::Markdown, full), rendered(&plain, Format::Markdown, full));
            let (mine, expected) = (markdown_structure(&hostile), markdown_structure(&plain));
            // A full ticket of hostile texts can be longer than a ticket may be; then it is cut between sections.
            let cut = hostile.contains("**Left out, because");
            let first = mine.iter().zip(&expected).position(|(a, b)| a != b).filter(|_| !cut);
            assert_eq!(first.map(|at| (&mine[at], &expected[at])), None, "{name}");
            assert!(cut || mine.len() == expected.len(), "{name}");
            // A row with more cells than its table is cut without a word by who renders it.
            let mut columns = 0;
            for line in hostile.lines() {
                let bars = line.matches('|').count();
                let is_row = line.starts_with('|');
                columns = match columns {
                    0 if is_row => bars,
                    _ if is_row => columns,
                    _ => 0,
                };
                assert!(!is_row || bars == columns, "{line}");
            }
        }
    }
}

#[test]
fn the_ticket_links_nowhere_mentions_nobody_and_has_only_our_folds() {
    for name in CASES {
        let text = rendered(&twins(name).0, Format::Markdown, true);
        assert!(text.chars().count() <= 65_536, "{} characters", text.chars().count());
        for event in Parser::new_ext(&text, markdown_options()) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    panic!("a link to {dest_url}")
                }
                Event::Html(html) | Event::InlineHtml(html) => {
                    let html = html.trim();
                    let title =
                        html.strip_prefix("<details><summary>").and_then(|rest| rest.strip_suffix("</summary>"));
                    let ours = title
                        .is_some_and(|title| title.bytes().all(|b| b.is_ascii_alphanumeric() || b" :,".contains(&b)));
                    assert!(ours || html == "</details>", "{html}");
                }
                Event::FootnoteReference(name) => panic!("a footnote {name}"),
                // GitHub links bare addresses and mentions in text.
                Event::Text(text) => {
                    assert!(!text.contains("@admin"), "{text}");
                }
                _ => {}
            }
        }
    }
}

#[test]
fn xml_keeps_its_elements() {
    for name in CASES {
        let (hostile, plain) = twins(name);
        let elements = |report: &Report| -> Vec<String> {
            let text = rendered(report, Format::Junit, false);
            let document = roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            document
                .descendants()
                .filter(roxmltree::Node::is_element)
                .map(|node| {
                    let names: Vec<&str> = node.attributes().map(|attribute| attribute.name()).collect();
                    format!("{} {names:?}", node.tag_name().name())
                })
                .collect()
        };
        assert_eq!(elements(&hostile), elements(&plain), "{name}");
    }
}

#[test]
fn tables_keep_their_rows_and_hold_no_formula() {
    for name in CASES {
        for beginning in BEGINNINGS {
            let (hostile, plain) = twins_beginning(name, beginning);
            let rows = |report: &Report| -> Vec<csv::StringRecord> {
                let text = rendered(report, Format::Csv, false);
                csv::Reader::from_reader(text.as_bytes()).records().map(|row| row.expect("a row")).collect()
            };
            let (mine, expected) = (rows(&hostile), rows(&plain));
            assert_eq!(mine.len(), expected.len());
            for cell in mine.iter().flat_map(|row| row.iter()) {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !cell.contains('\n'), "{cell}");
            }
        }
    }
}

#[test]
fn results_for_code_hosts_are_complete_and_link_nowhere() {
    for name in CASES {
        let (hostile, _) = twins(name);
        let log: Value = serde_json::from_str(&rendered(&hostile, Format::Sarif, false)).expect("SARIF is JSON");
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        let results = run["results"].as_array().expect("results");
        assert_eq!(results.len(), hostile.findings.len());
        for result in results {
            let rule = &run["tool"]["driver"]["rules"]
                [usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small")];
            assert_eq!(rule["id"], result["ruleId"]);
            assert!(["error", "warning", "note"].contains(&result["level"].as_str().expect("a level")));
            let text = result["message"]["text"].as_str().expect("a text");
            assert!(!text.replace("\\[", "").replace("\\]", "").contains(['[', ']']), "{text}");
            for place in result["locations"].as_array().expect("places") {
                let uri = place["physicalLocation"]["artifactLocation"]["uri"].as_str().expect("a URI");
                assert!(uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b)), "{uri}");
            }
        }
    }
}

#[test]
fn no_form_holds_a_character_that_acts_on_a_terminal() {
    for name in CASES {
        let (hostile, _) = twins(name);
        for (format, ending) in FORMATS {
            let text = rendered(&hostile, format, true);
            let found = text.chars().find(|c| super::acts_on_a_terminal(*c));
            assert_eq!(found, None, "{name}.{ending}");
        }
    }
}

#[test]
fn only_commands_run_in_the_script() {
    for name in CASES {
        let (hostile, plain) = twins(name);
        let code = |report: &Report| -> Vec<String> {
            let script = rendered(report, Format::Script, false);
            script.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
        };
        assert_eq!(code(&hostile), code(&plain), "{name}");
        let script = rendered(&hostile, Format::Script, false);
        let Some((status, message)) = super::script::bash(&["-n"], &script) else { return };
        assert_eq!(status, Some(0), "{message}");
    }
}
