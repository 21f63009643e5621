//! The real exports with labelled causes, where this machine has them.

use crate::support::{analyze, shared};

#[test]
fn the_crash_loop_behind_a_tcp_probe_is_told_whole() {
    let Some(case) = shared("cases/open/netra-last-hour-1844") else { return };
    let report = analyze(&[case.join("last_hour_20250915_184401.json")], &[], 2);
    let first = &report.findings[0];
    assert!(first.title.contains("No module named 'netra_backend.app.services.monitoring'"), "{}", first.title);
    assert_eq!(first.verdict.word(), "confirmed");
    assert_eq!(first.revisions, ["netra-backend-staging-00742-b95"]);
    let counts: Vec<(String, u64)> = first.chain.iter().map(|link| (link.title.clone(), link.count)).collect();
    assert!(counts.iter().any(|(title, count)| title.contains("code 3") && *count == 9), "{counts:?}");
    let impact = first.chain.iter().find(|link| link.role.word() == "impact").expect("an impact");
    assert_eq!(impact.count, 11);
    assert!(impact.join.contains("of 11 end with the failure of their own instance"), "{}", impact.join);
    assert!(first.why.iter().any(|sentence| sentence.contains("min instances")), "{:?}", first.why);
    let cut =
        report.export.notices.iter().find(|notice| notice.code == "export-cut-by-limit").expect("the export is cut");
    assert!(cut.message.contains("1000") && cut.message.contains("2 min 06 s"), "{}", cut.message);
    assert!(
        first.actions.iter().all(|action| !action.command.contains("--to-revisions")),
        "no rollback target is proven"
    );
}

#[test]
fn one_database_cause_on_two_revisions_blames_neither_the_deploys_nor_the_revisions() {
    let Some(case) = shared("cases/open/netra-pyclient-1437") else { return };
    let report = analyze(&[case.join("pyclient_20250915_143747.json")], &[], 2);
    let first = &report.findings[0];
    assert!(first.title.to_lowercase().contains("database initialization"), "{}", first.title);
    assert!(
        first.revisions.iter().any(|name| name.contains("00709"))
            && first.revisions.iter().any(|name| name.contains("00711"))
    );
    for finding in &report.findings {
        assert!(!finding.title.contains("deploy") && !finding.title.contains("two revisions"), "{}", finding.title);
    }
}
