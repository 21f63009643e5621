//! Each revision state has its own ladder: its commands in the safe order, with real names, and the traps that apply.

use regex::Regex;
use whydown::model::Stage;
use whydown::model::report::Action;

use crate::support::{analyze, incidents};

/// What a trap reads like, in the order of the bits below.
const TRAPS: [(&str, &str); 4] = [
    ("pins", r"pins(?: it)?: later deploys get no traffic until --to-latest"),
    ("follows", r"--to-latest follows the newest ready revision"),
    ("copies", r"services update copies the newest template"),
    ("keeps", r"tagged revision keeps its own minimum instances"),
];

/// One state: a fixture, its steps in this order (stage, part of the command or the title), the traps that apply.
struct Ladder {
    state: &'static str,
    fixture: &'static str,
    steps: &'static [(Stage, &'static str)],
    traps: &'static [&'static str],
}

const LADDERS: [Ladder; 9] = [
    Ladder {
        state: "rollover-drain",
        fixture: "drain-on-a-failing-upstream",
        steps: &[(Stage::Mitigate, "Do not roll back"), (Stage::Mitigate, "Leave checkout-api-00051-hqf alone")],
        traps: &[],
    },
    Ladder {
        state: "deliberate-split",
        fixture: "canary-bad",
        steps: &[
            (Stage::Mitigate, "update-traffic follow-api --to-revisions=follow-api-00070-tlw=100"),
            (Stage::Fix, "run deploy follow-api --image=IMAGE --no-traffic --tag=canary"),
            (Stage::Fix, "update-traffic follow-api --to-tags=canary=5"),
        ],
        traps: &["pins", "follows"],
    },
    Ladder {
        state: "deliberate-split",
        fixture: "connection-slots-two-live-revisions",
        steps: &[
            (Stage::Mitigate, "update-traffic booking-api --to-revisions=booking-api-00025-mx7=100"),
            (Stage::Mitigate, "services update booking-api --max=MAX_INSTANCES"),
        ],
        traps: &["pins"],
    },
    Ladder {
        state: "tagged-at-zero",
        fixture: "tagged-revision-takes-connection-slots",
        steps: &[
            (Stage::Mitigate, "update-traffic seats-api --remove-tags=preview"),
            (Stage::Fix, "services update seats-api --concurrency=CONCURRENCY"),
        ],
        traps: &["copies", "keeps"],
    },
    Ladder {
        state: "tagged-at-zero",
        fixture: "tagged-revision-crash-loops",
        steps: &[
            (Stage::Mitigate, "No rollback needed"),
            (Stage::Mitigate, "update-traffic inbox-api --remove-tags=demo"),
            (Stage::Fix, "services update inbox-api --update-env-vars=LABELS_TOKEN=VALUE"),
        ],
        traps: &["keeps"],
    },
    Ladder {
        state: "pinned-old",
        fixture: "pinned-traffic-deploys-do-nothing",
        steps: &[
            (Stage::Inspect, "describe notices-api"),
            (Stage::Fix, "--update-tags=candidate=notices-api-00055-s2r"),
            (Stage::Fix, "--to-revisions=notices-api-00055-s2r=10"),
            (Stage::Fix, "--to-latest"),
        ],
        traps: &["pins", "follows", "copies"],
    },
    Ladder {
        state: "newest-not-ready",
        fixture: "failed-deploy-old-still-serving",
        steps: &[
            (Stage::Inspect, "revisions describe billing-web-00018-vtz"),
            (Stage::Mitigate, "No mitigation needed"),
            (Stage::Fix, "run deploy billing-web --image=IMAGE --no-traffic --tag=canary"),
        ],
        traps: &["follows", "copies"],
    },
    Ladder {
        state: "raced-deploys",
        fixture: "raced-deploys-lost-hotfix",
        steps: &[
            (Stage::Mitigate, "Do not roll back"),
            (Stage::Fix, "apps/price-api:hotfix-31 --no-traffic --tag=candidate"),
        ],
        traps: &["copies"],
    },
    Ladder {
        state: "dual-traffic",
        fixture: "dual-traffic-shares-slots",
        steps: &[
            (Stage::Inspect, "See how traffic is split"),
            (Stage::Mitigate, "update-traffic lesson-api --to-revisions=lesson-api-00014-fsl=100"),
            (Stage::Mitigate, "services update lesson-api --max=MAX_INSTANCES"),
        ],
        traps: &["pins"],
    },
];

fn text(action: &Action) -> String {
    [&action.title, &action.command, &action.precondition, &action.undo, &action.expect].map(String::as_str).join("\n")
}

#[test]
fn each_state_has_its_own_ladder_in_the_safe_order_with_the_traps_that_apply() {
    let all = incidents();
    for Ladder { state, fixture, steps, traps } in LADDERS {
        let incident = all.iter().find(|incident| incident.name == fixture).expect("the fixture");
        let report = analyze(&incident.inputs(), &incident.state_files(), 2);
        assert_eq!(report.services[0].revision_state.state, state, "{fixture}");
        let actions = &report.findings[0].actions;
        let mut from = 0;
        for (stage, part) in steps {
            let at = actions[from..].iter().position(|action| {
                action.stage == *stage && (action.command.contains(part) || action.title.contains(part))
            });
            let at = at.unwrap_or_else(|| panic!("{fixture}: {part} is missing, or out of order: {actions:#?}"));
            from += at + 1;
        }
        for (name, pattern) in TRAPS {
            let pattern = Regex::new(pattern).expect("a fixed pattern");
            let is_told = actions.iter().any(|action| pattern.is_match(&text(action)));
            assert_eq!(is_told, traps.contains(&name), "{fixture}: trap {name}: {actions:#?}");
        }
    }
    let states: std::collections::BTreeSet<&str> = LADDERS.iter().map(|ladder| ladder.state).collect();
    assert_eq!(states.len(), 7, "one ladder at least for each state");
}

/// What holds in every ladder of every fixture, whatever the state.
#[test]
fn no_ladder_deletes_a_revision_or_moves_traffic_without_a_way_back() {
    for incident in incidents() {
        let report = analyze(&incident.inputs(), &incident.state_files(), 2);
        for action in report.findings.iter().flat_map(|finding| &finding.actions) {
            assert!(!action.command.contains("revisions delete"), "{}: {}", incident.name, action.command);
            assert!(!action.command.contains("--set-tags"), "{}: {}", incident.name, action.command);
            let moves = action.command.contains("update-traffic");
            assert!(!moves || action.undo.contains("update-traffic"), "{}: {action:?}", incident.name);
            assert!(!moves || !action.precondition.is_empty(), "{}: {action:?}", incident.name);
        }
    }
}
