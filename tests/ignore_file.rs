//! The ignore file in the whole program: what it hides is counted and listed, and it ends on its day.

use whydown::model::report::Report;

use crate::support::program::{CRASH, Program, Ran, fixture};

/// The fixture's files end on 2026-03-04.
fn entry(what: &str, expires: &str) -> String {
    format!("[[ignore]]\n{what}\nreason = \"known since the move, see OPS-12\"\nexpires = \"{expires}\"\n")
}

fn run(program: &Program, more: &[&str]) -> Ran {
    let path = fixture(CRASH).display().to_string();
    program.run(&[&["analyze", &path], more].concat())
}

fn report(program: &Program) -> Report {
    serde_json::from_str(&run(program, &["--format", "json"]).out).expect("a report")
}

const SIGNATURE: &str = "signature = \"python/module-not-found\"";

#[test]
fn what_is_ignored_is_counted_and_listed_in_every_form() {
    let program = Program::new().file(".whydown-ignore.toml", &entry(SIGNATURE, "2026-03-04"));
    let told = report(&program);
    assert_eq!((told.findings.len(), told.suppressed.len()), (0, 1));
    let one = &told.suppressed[0];
    assert_eq!((one.service.as_str(), one.expires.as_str()), ("orders-api", "2026-03-04"));
    assert_eq!((one.entry.as_str(), one.verdict.word().as_str()), (".whydown-ignore.toml:1", "confirmed"));
    for format in ["text", "markdown"] {
        let out = run(&program, &["--format", format, "--width", "400"]).out;
        let first = out.lines().next().unwrap_or_default();
        assert!(first.contains("No finding is left: 1 is suppressed by the ignore file"), "{out}");
        assert!(!out.contains("No incident found"), "{out}");
        assert!(out.contains("OPS") && out.contains("No module named") && out.contains(&one.fingerprint), "{out}");
    }
    assert_eq!(run(&program, &["--fail-on", "inconclusive"]).code, 0);
    assert_eq!(run(&program, &["--fail-on", "inconclusive", "--ignore", "/dev/null"]).code, 3);
}

#[test]
fn an_entry_is_about_a_fingerprint_a_signature_or_one_service_of_it() {
    let fingerprint = report(&Program::new()).findings[0].fingerprint.clone();
    for (what, suppressed) in [
        (format!("fingerprint = \"{fingerprint}\""), 1),
        (SIGNATURE.to_owned(), 1),
        (format!("{SIGNATURE}\nservice = \"orders-api\""), 1),
        (format!("{SIGNATURE}\nservice = \"billing-api\""), 0),
        ("fingerprint = \"1:0000000000000000\"".to_owned(), 0),
        ("signature = \"python/import-error\"".to_owned(), 0),
    ] {
        let program = Program::new().file("known.toml", &entry(&what, "2026-12-31"));
        let program = program.file("whydown.toml", "ignore = \"known.toml\"\n");
        let told = report(&program);
        assert_eq!((told.suppressed.len(), told.findings.len()), (suppressed, 1 - suppressed), "{what}");
    }
}

#[test]
fn an_expired_entry_hides_nothing_and_says_so() {
    let program = Program::new().file(".whydown-ignore.toml", &entry(SIGNATURE, "2026-03-03"));
    let told = report(&program);
    assert_eq!((told.findings.len(), told.suppressed.len()), (1, 0));
    let notice = told.export.notices.iter().find(|notice| notice.code == "ignore-expired").expect("a notice");
    assert!(notice.message.contains("2026-03-03") && notice.message.contains(".whydown-ignore.toml:1"));
}

#[test]
fn those_that_stay_are_ranked_from_1() {
    let inputs = ["assistant-api.json", "reports-api.ndjson"]
        .map(|name| fixture(&format!("fixtures/incidents/two-independent-causes/{name}")).display().to_string());
    let program = Program::new().file("known.toml", &entry("signature = \"secret/access-denied\"", "2026-12-31"));
    let ran = program.run(&["analyze", &inputs[0], &inputs[1], "--format", "json", "--ignore", "known.toml"]);
    let told: Report = serde_json::from_str(&ran.out).expect("a report");
    assert_eq!((told.findings.len(), told.suppressed.len()), (1, 1));
    assert_eq!((told.findings[0].rank, told.findings[0].service.as_str()), (1, "assistant-api"));
}

#[test]
fn a_broken_file_ends_with_code_2_and_is_located() {
    let program =
        Program::new().file(".whydown-ignore.toml", &format!("\n\n[[ignore]]\n{SIGNATURE}\nreason = \"x\"\n"));
    let ran = run(&program, &[]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains(".whydown-ignore.toml:3: key `expires`: is missing; remedy"), "{}", ran.err);
}
