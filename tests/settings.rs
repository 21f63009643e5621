//! Settings in the whole program: which place wins, what `config show` says, and that a broken file stops a run.

use crate::support::program::{CRASH, Program, fixture};

fn crash() -> String {
    fixture(CRASH).display().to_string()
}

#[test]
fn the_user_the_folder_the_variable_and_the_flag_in_that_order() {
    let program = Program::new().file("config/whydown/config.toml", "format = \"markdown\"\n");
    assert!(program.run(&["analyze", &crash()]).out.starts_with("## "));
    let program = program.file("whydown.toml", "format = \"json\"\n");
    assert!(program.run(&["analyze", &crash()]).out.starts_with('{'));
    let program = program.variable("WHYDOWN_FORMAT", "text");
    assert!(program.run(&["analyze", &crash()]).out.starts_with("Confirmed: "));
    assert!(program.run(&["analyze", &crash(), "--format", "markdown"]).out.starts_with("## "));
}

#[test]
fn every_setting_is_shown_with_value_and_origin() {
    let program = Program::new()
        .file("config/whydown/config.toml", "threads = 2\n")
        .file(
            "whydown.toml",
            "strict = true\n\n[rules]\ndirs = [\"a \\\"b\\\"\", \"c\"]\n[checks]\nerror-share = 0.05\n",
        )
        .variable("WHYDOWN_WIDTH", "72");
    let text = program.run(&["config", "show"]).out;
    for line in [
        "width = 72  # environment variable WHYDOWN_WIDTH (WHYDOWN_WIDTH)",
        "strict = true  # whydown.toml:1 (WHYDOWN_STRICT)",
        "error-share = 0.05  # whydown.toml:6 (WHYDOWN_CHECKS_ERROR_SHARE)",
        "# format = \"text\"  # default (WHYDOWN_FORMAT)",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line} is not in {text}");
    }
    assert!(
        text.lines().any(|line| line.starts_with("threads = 2  # ") && line.contains("config/whydown/config.toml:1"))
    );
    // What is shown can be saved: elsewhere it means the same.
    let saved = Program::new().file("whydown.toml", &text).run(&["config", "show", "--format", "json"]);
    let shown: Vec<serde_json::Value> = serde_json::from_str(&saved.out).unwrap_or_else(|_| panic!("{}", saved.err));
    let value = |key: &str| shown.iter().find(|one| one["key"] == key).expect("every key")["value"].clone();
    assert_eq!(value("rules.dirs"), serde_json::json!(["a \"b\"", "c"]));
    assert_eq!((value("width"), value("threads")), (serde_json::json!(["72"]), serde_json::json!(["2"])));
    assert_eq!(value("format"), serde_json::Value::Null);
}

/// 14 of the 28 requests of this fixture fail.
#[test]
fn a_limit_moves_the_check_it_is_about() {
    let path = fixture("fixtures/incidents/bad-revision-with-rollback-target/logs.ndjson").display().to_string();
    let judged = |program: &Program, more: &[&str], name: &str| {
        let ran = program.run(&[&["analyze", &path, "--format", "json"], more].concat());
        let report: whydown::model::report::Report = serde_json::from_str(&ran.out).expect("a report");
        let check = report.checks.into_iter().find(|check| check.name == name).expect("a check");
        format!("{} {}", check.status, check.threshold)
    };
    let (failed, started) = ("requests with 5xx", "starts that succeed");
    assert_eq!(judged(&Program::new(), &[], failed), "fail < 1 %");
    let lax = Program::new().file("whydown.toml", "[checks]\nstart-failure-share = 0.3\nerror-share = 0.9\n");
    assert_eq!(judged(&lax, &[], failed), "pass < 90 %");
    assert_eq!(judged(&lax, &[], started), "not-judged > 70 %");
    // One typed limit takes back its own setting and no other.
    assert_eq!(judged(&lax, &["--check", "error-share=0.07"], failed), "fail < 7 %");
    assert_eq!(judged(&lax, &["--check", "error-share=0.07"], started), "not-judged > 70 %");
}

#[test]
fn a_broken_file_stops_what_follows_settings_and_nothing_else() {
    let program = Program::new().file("whydown.toml", "format = \"text\"\ncolour = \"never\"\n");
    for arguments in [&["analyze", &crash()][..], &["config", "show"], &["explain", "exit-3"], &["rules", "list"]] {
        let ran = program.run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}");
        assert_eq!(
            ran.err.trim_end(),
            "whydown: whydown.toml:2: unknown key `colour`; remedy: did you mean `color`? (`whydown config show` lists every key)"
        );
    }
    for arguments in [&["completions", "bash"][..], &["man"], &["--help"], &["analyze", "--help"]] {
        assert_eq!(program.run(arguments).code, 0, "{arguments:?}");
    }
}
