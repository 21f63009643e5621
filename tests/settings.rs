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

#[test]
fn every_gate_of_a_canary_needs_what_the_settings_say() {
    let path = fixture("fixtures/canary/sick/logs.ndjson.gz").display().to_string();
    let program = Program::new()
        .file("config/whydown/config.toml", "[canary]\nmax-error-rate = 9\nstages = [30]\n")
        .file(
            "whydown.toml",
            "[canary]\nmax-error-rate = 20\nmin-requests = 41\nmin-baseline-requests = 42\nmargin = 25\n\
             latency-shift = 0.4\nsignificance = 0.05\nconfidence = 99.5\nstages = [15, 60]\n",
        )
        .variable("WHYDOWN_CANARY_MAX_LATENCY", "650.5");
    let report = |more: &[&str]| -> whydown::model::canary::CanaryReport {
        let ran = program.run(&[&["canary", &path, "--format", "json"], more].concat());
        serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.err))
    };
    let told = report(&[]);
    let needed = |name: &str| {
        let gate = told.canaries[0].gates.iter().find(|gate| gate.name == name).expect("a gate");
        (gate.needed.as_str(), gate.needed_value)
    };
    let against = "not more than the baseline, by 5.00 points or more, at p < 0.05";
    assert_eq!(needed("samples"), ("≥ 41 requests of the candidate, ≥ 42 of the baseline", Some(41.0)));
    assert_eq!(needed("error-rate"), ("≤ 20.0 % of requests end in 5xx, with 99.5 % confidence", Some(0.2)));
    assert_eq!(needed("application-errors"), (against, Some(0.05)));
    assert_eq!(needed("platform-errors"), (against, Some(0.05)));
    assert_eq!(needed("latency-p95"), ("p95 ≤ 650.5 ms, with 99.5 % confidence", Some(650.5)));
    assert_eq!(needed("latency-against-baseline"), ("no shift of Cliff's δ ≥ 0.4, at p < 0.05", Some(0.4)));
    assert_eq!(needed("capacity"), ("not refused (429) more often than by the baseline, at p < 0.05", None));
    assert_eq!((told.limits.stages.as_slice(), told.canaries[0].next_stage), (&[15, 60][..], Some(15)));
    // What is typed beats all of them, one by one.
    let told = report(&["--max-error-rate", "3", "--max-latency", "80"]);
    let limits = &told.limits;
    assert!((limits.error_rate - 0.03).abs() < 1e-12 && (limits.latency_p95_ms - 80.0).abs() < 1e-12, "{limits:?}");
    assert!((limits.confidence - 0.995).abs() < 1e-12 && limits.min_requests == Some(41), "{limits:?}");
    let shown = program.run(&["config", "show"]).out;
    for line in [
        "stages = [15, 60]  # whydown.toml:9 (WHYDOWN_CANARY_STAGES)",
        "max-latency = 650.5  # environment variable WHYDOWN_CANARY_MAX_LATENCY (WHYDOWN_CANARY_MAX_LATENCY)",
    ] {
        assert!(shown.lines().any(|one| one == line), "{line} is not in {shown}");
    }
    // A variable holds a list as a flag does, and what cannot be is refused before anything is read.
    let listed = Program::new().variable("WHYDOWN_CANARY_STAGES", "7, 70");
    let ran = listed.run(&["canary", &path, "--format", "json"]);
    assert!(ran.out.contains("\"next_stage\": 70"), "{}{}", ran.out, ran.err);
    let ran = Program::new().variable("WHYDOWN_CANARY_SIGNIFICANCE", "1").run(&["canary", &path]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("WHYDOWN_CANARY_SIGNIFICANCE: `canary.significance`: `1` is no number"), "{}", ran.err);
}
