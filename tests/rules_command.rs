//! Rules of the user in the whole program: listed, shown, tested, explained, and at work in an analysis.

use whydown::model::report::Report;

use crate::support::program::{CRASH, Program, Ran, fixture};

/// A signature that names the crash of the fixture in the words of a team.
const MODULE: &str = r#"
title = "Payments package {module} is not in the image"
platform = "any"
role = "cause"
category = "image"
priority = 95

[match]
literals = ["No module named"]
regex = "No module named '(?P<module>[^']+)'"
identity = ["module"]

[advice]
meaning = "The build left the package out."
check = ["The wheel list of the build"]
fix = ["Add it to requirements.txt"]
overlaps = ["python/module-not-found"]

[[example]]
match = true
text = "ModuleNotFoundError: No module named 'payments'"
captures = { module = "payments" }

[[example]]
match = false
text = "No module named yet"
"#;

fn analyze(program: &Program, more: &[&str]) -> (Report, Ran) {
    let path = fixture(CRASH).display().to_string();
    let ran = program.run(&[&["analyze", &path, "--format", "json"], more].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    (serde_json::from_str(&ran.out).expect("a report"), ran)
}

#[test]
fn a_rule_of_the_user_names_the_cause() {
    let program = Program::new().file("rules/team/package-left-out.toml", MODULE);
    let (plain, _) = analyze(&program, &[]);
    assert_eq!(plain.findings[0].cause.signature, "python/module-not-found");
    let (ruled, ran) = analyze(&program, &["--rules", "rules"]);
    assert_eq!(ruled.findings[0].cause.signature, "team/package-left-out");
    assert_eq!(ruled.findings[0].cause.category.word(), "image");
    let told = serde_json::to_string(&ruled.findings[0].actions).expect("JSON");
    assert!(told.contains("Add it to requirements.txt"), "the rule's own advice is missing: {told}");
    // The same from the settings, and with any number of threads.
    let program = program.file("whydown.toml", "[rules]\ndirs = [\"rules\"]\n");
    for threads in ["1", "2", "7"] {
        assert_eq!(analyze(&program, &["--threads", threads]).1.out, ran.out);
    }
}

#[test]
fn a_built_in_rule_gives_way_only_to_one_that_says_so() {
    let copy = Program::new().run(&["rules", "show", "python/module-not-found"]).out;
    let ours = copy.replacen("title = \"", "title = \"Ours: ", 1);
    let program = Program::new().file("rules/python/module-not-found.toml", &ours);
    let path = fixture(CRASH).display().to_string();
    let refused = program.run(&["analyze", &path, "--rules", "rules"]);
    assert_eq!(refused.code, 2);
    let words = ["rules/python/module-not-found.toml", "`override`", "remedy", "override = true"];
    assert!(words.iter().all(|word| refused.err.contains(word)), "{}", refused.err);
    let program = program.file("rules/python/module-not-found.toml", &format!("override = true\n{ours}"));
    assert!(program.run(&["rules", "test", "rules"]).out.starts_with("signatures  1 of yours, "));
    let shown = program.run(&["rules", "show", "python/module-not-found", "--rules", "rules"]);
    assert!(shown.out.contains("Ours: ") && shown.out.starts_with("override = true"));
    let (report, _) = analyze(&program, &["--rules", "rules"]);
    assert_eq!(report.findings[0].cause.signature, "python/module-not-found");
}

#[test]
fn a_tested_folder_tells_all_that_is_wrong_and_ends_with_code_2() {
    let good = Program::new().file("rules/team/package-left-out.toml", MODULE);
    let ran = good.run(&["rules", "test", "rules"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.starts_with("signatures  1 of yours, "), "{}", ran.out);
    let bad = good
        .file("rules/team/second.toml", &MODULE.replace("priority = 95", "priority = 950"))
        .file("rules/team/third.toml", &MODULE.replace("No module named yet", "No module named 'x'"));
    let ran = bad.run(&["rules", "test", "rules"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    for words in
        [["rules/team/second.toml", "`priority`", "950"], ["rules/team/third.toml", "`example.text`", "match = false"]]
    {
        let line = ran.err.lines().find(|line| line.contains(words[0])).unwrap_or_default();
        assert!(words.iter().all(|word| line.contains(word)) && line.contains("remedy"), "{}", ran.err);
    }
    let thief = Program::new()
        .file("rules/team/package.toml", &MODULE.replace("overlaps = [\"python/module-not-found\"]\n", ""));
    let ran = thief.run(&["rules", "test", "rules"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("takes an example of `python/module-not-found`"), "{}", ran.err);
    assert_eq!(Program::new().run(&["rules", "test", "nowhere"]).code, 2);
}

#[test]
fn the_list_holds_everything_once() {
    let program = Program::new().file("rules/team/package-left-out.toml", MODULE);
    let text = program.run(&["rules", "list", "--rules", "rules"]).out;
    assert!(text.lines().any(|line| line.starts_with("team/package-left-out ") && line.contains(" user ")), "{text}");
    assert!(text.lines().any(|line| line.starts_with("exit-137 ") && line.contains(" built-in ")));
    let json = program.run(&["rules", "list", "--rules", "rules", "--format", "json"]).out;
    let listed: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let (signatures, codes) =
        (listed["signatures"].as_array().expect("a list"), listed["exit_codes"].as_array().expect("a list"));
    assert_eq!(text.lines().count(), 1 + signatures.len() + codes.len());
    let ours = signatures.iter().find(|one| one["id"] == "team/package-left-out").expect("listed");
    assert_eq!((&ours["category"], &ours["file"]), (&"image".into(), &"rules/team/package-left-out.toml".into()));
}

#[test]
fn a_page_explains_and_a_typing_error_finds_its_way() {
    let program = Program::new();
    let page = program.run(&["explain", "gunicorn/worker-failed-to-boot", "--width", "60"]).out;
    for heading in
        ["Meaning", "What to check", "What to do", "Documentation", "Such texts have it", "Such texts do not"]
    {
        assert!(page.lines().any(|line| line == heading), "{heading}: {page}");
    }
    let prose = page.lines().filter(|line| !line.starts_with("  > ") && !line.contains("https://"));
    assert!(prose.clone().all(|line| line.chars().count() <= 60) && !page.contains('\u{1b}'), "{page}");
    for id in ["exit-137", "exit-codes/137", "exit(137)", "137"] {
        let page = program.run(&["explain", id]).out;
        assert!(page.starts_with("exit-137\nkilled\n") && page.contains("Usual causes"), "{id}: {page}");
    }
    let ran = program.run(&["explain", "gunicorn/worker-faild-to-boot"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("did you mean `gunicorn/worker-failed-to-boot`"), "{}", ran.err);
    assert!(program.run(&["explain", "nothing-of-the-kind"]).err.contains("whydown rules list"));
}

#[test]
fn a_hostile_rule_moves_no_cursor() {
    let hostile = MODULE.replace("The build left", "\\u001b[2J\\u202e The build left");
    let program = Program::new().file("rules/team/package-left-out.toml", &hostile);
    let page = program.run(&["explain", "team/package-left-out", "--rules", "rules"]).out;
    assert!(page.contains("left the package out") && !page.contains('\u{1b}') && !page.contains('\u{202e}'), "{page}");
}

#[test]
fn parts_read_and_merged_with_the_same_rules_give_the_same_report() {
    let program = Program::new()
        .file("rules/team/package-left-out.toml", MODULE)
        .file("whydown.toml", "format = \"json\"\n[rules]\ndirs = [\"rules\"]\n");
    let path = fixture(CRASH).display().to_string();
    let whole = program.run(&["analyze", &path]);
    assert!(whole.out.contains("team/package-left-out"), "{}", whole.err);
    assert_eq!(program.run(&["scan", &path, "-o", "part.facts"]).code, 0);
    assert_eq!(program.run(&["merge", "part.facts"]).out, whole.out);
}
