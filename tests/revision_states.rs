//! Each of the seven revision states, and each role, has an incident that shows it and a quiet twin that looks like it.

use whydown::model::report::{Report, RevisionState};

use crate::support::{Incident, analyze, incidents};

/// State, the incident (or the plain case) that shows it, its twin in which nothing may be told.
const STATES: [(&str, &str, &str); 7] = [
    ("rollover-drain", "drain-on-a-failing-upstream", "quiet-drain-held-by-websocket"),
    ("deliberate-split", "canary-bad", "canary-healthy"),
    ("tagged-at-zero", "tagged-revision-takes-connection-slots", "quiet-tagged-preview"),
    ("pinned-old", "pinned-traffic-deploys-do-nothing", "quiet-rollback-pin"),
    ("newest-not-ready", "failed-deploy-old-still-serving", "quiet-newest-still-starting"),
    ("raced-deploys", "raced-deploys-lost-hotfix", "quiet-deploys-in-turn"),
    ("dual-traffic", "dual-traffic-shares-slots", "quiet-dual-traffic"),
];

/// Role, a fixture that has it, a quiet one that could be mistaken for it.
const ROLES: [(&str, &str, &str); 8] = [
    ("cause", "dual-traffic-shares-slots", "quiet-dual-traffic"),
    ("cause", "tagged-revision-takes-connection-slots", "quiet-tagged-preview"),
    ("cause", "connection-slots-two-live-revisions", "canary-healthy"),
    ("consequence", "failed-deploy-old-still-serving", "quiet-newest-still-starting"),
    ("bystander", "dual-traffic-with-one-sick", "quiet-dual-traffic"),
    ("bystander", "drain-on-a-failing-upstream", "quiet-drain-held-by-websocket"),
    ("intended", "canary-healthy", "canary-healthy"),
    ("none", "healthy-rollout", "quiet-deploys-in-turn"),
];

fn told(all: &[Incident], name: &str) -> (Report, RevisionState) {
    let incident = all.iter().find(|incident| incident.name == name).unwrap_or_else(|| panic!("no fixture {name}"));
    let report = analyze(&incident.inputs(), &incident.state_files(), 2);
    assert_eq!(report.services.len(), 1, "{name}");
    let state = report.services[0].revision_state.clone();
    assert!(!state.evidence.is_empty() && !state.revisions.is_empty(), "{name}: {state:?}");
    (report, state)
}

#[test]
fn every_state_is_named_and_its_quiet_twin_is_not_flagged() {
    let all = incidents();
    for (wanted, shows, twin) in STATES {
        assert_eq!(told(&all, shows).1.state, wanted, "{shows}");
        let (report, _) = told(&all, twin);
        assert!(report.findings.is_empty(), "{twin}: {:?}", report.findings[0].title);
    }
}

#[test]
fn every_role_is_told_and_its_quiet_twin_is_not_flagged() {
    let all = incidents();
    for (wanted, shows, twin) in ROLES {
        assert_eq!(told(&all, shows).1.role, wanted, "{shows}");
        let (report, state) = told(&all, twin);
        assert!(report.findings.is_empty(), "{twin}: {:?}", report.findings[0].title);
        assert!(!matches!(state.role.as_str(), "cause" | "consequence" | "unknown"), "{twin}: {}", state.role);
    }
}

#[test]
fn eleven_ids_of_a_crash_loop_behind_a_tag_are_one_instance() {
    let (report, _) = told(&incidents(), "tagged-revision-crash-loops");
    let alive = &report.services[0].instances_alive;
    let of = |name: &str| alive.iter().find(|one| one.revision == name).expect("the revision");
    let tagged = of("inbox-api-00055-rft");
    assert_eq!((tagged.lives, tagged.failed, tagged.most), (11, 11, 1));
    assert_eq!(of("").most, 2, "with the one that serves");
}

/// The evidence of a role is counts with a test, in the words of the report.
#[test]
fn a_cause_shows_that_failures_begin_and_end_with_it() {
    for name in ["dual-traffic-shares-slots", "tagged-revision-takes-connection-slots"] {
        let evidence = told(&incidents(), name).1.evidence.join("\n");
        assert!(evidence.contains("rate ratio") && evidence.contains("Fisher's p "), "{name}: {evidence}");
        assert!(evidence.contains("more than it allows"), "{name}: {evidence}");
    }
}
