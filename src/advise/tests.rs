//! Tests over every ladder: hostile names, complete fields, order, and a few ladders in full.

mod ladders;
mod states;

use super::{ACTIONS_MAX, Phase, Rollback, Situation, Standing, Surroundings, actions, shell};
use crate::model::report::Action;
use crate::model::{Category, Platform, Risk, Stage, Timestamp};

const CATEGORIES: [Category; 22] = [
    Category::CodeStartup,
    Category::CodeRuntime,
    Category::Config,
    Category::SecretAccess,
    Category::Iam,
    Category::Image,
    Category::Build,
    Category::Database,
    Category::Schema,
    Category::Cache,
    Category::Upstream,
    Category::Network,
    Category::Capacity,
    Category::Memory,
    Category::ProbePort,
    Category::Timeout,
    Category::DeployConflict,
    Category::TrafficState,
    Category::QuotaBilling,
    Category::Platform,
    Category::Client,
    Category::Unknown,
];

const PLATFORMS: [Platform; 6] = [
    Platform::CloudRun,
    Platform::CloudRunJob,
    Platform::CloudFunctions,
    Platform::CloudBuild,
    Platform::AzureContainerApps,
    Platform::Other,
];

const SIGNATURES: [&str; 31] = [
    "",
    "config/value-has-line-end",
    "cloud-run/reserved-variable",
    "python/asgi-under-wsgi",
    "cloud-run/cloud-sql-instance-not-reachable",
    "cloud-run/cloud-sql-instance-name-has-line-break",
    "cloud-run/secret-not-found",
    "cloud-run/image-architecture",
    "cloud-run/image-not-readable",
    "cloud-run/act-as-denied",
    "cloud-run/request-not-authenticated",
    "cloud-run/traffic-to-deleted-revision",
    "billing/billing-disabled",
    "billing/api-not-enabled",
    "billing/quota-exceeded",
    "cloud-run/liveness-probe-failed",
    "cloud-run/vpc-connector-unusable",
    "network/connection-timed-out",
    "network/connection-reset",
    "database/too-many-connections",
    "database/postgres-password-rejected",
    "database/disk-full",
    "database/unique-violation",
    "database/mongo-unreachable",
    "database/cloud-sql-not-authorized",
    "iam/credentials-missing",
    "cache/redis-authentication",
    "cache/redis-full",
    "azure/database-server-busy",
    "database/firestore-index-missing",
    "capacity/too-many-open-files",
];

const CAPTURES: [&str; 26] = [
    "secret",
    "image",
    "port",
    "memory",
    "limit",
    "instance",
    "account",
    "agent",
    "name",
    "key",
    "tag",
    "permission",
    "connector",
    "member",
    "build",
    "server",
    "registry",
    "group",
    "listening",
    "target",
    "module",
    "path",
    "variable",
    "revision",
    "api",
    "go",
];

/// A prime number of texts, so that the rotation below brings each of them to every ladder.
const HOSTILE: [&str; 13] = [
    "; rm -rf /",
    "$(touch zz)",
    "`touch zz`",
    "zz\nreboot",
    "zz'reboot",
    "zz\"reboot",
    "zz\" OR \"reboot",
    "--zz=reboot",
    "zz\u{1b}[2J",
    "zzüreboot",
    "zz\\reboot",
    "zz && reboot",
    "zz\u{202e}reboot",
];

fn base<'a>() -> Situation<'a> {
    Situation {
        platform: Platform::CloudRun,
        project: "shop-staging",
        location: "europe-west1",
        service: "orders",
        revisions: &[],
        category: Category::CodeStartup,
        signature: "",
        captures: &[],
        advice_fix: &[],
        advice_check: &[],
        from: Timestamp::parse("2025-03-04T05:00:00Z").unwrap(),
        to: Timestamp::parse("2025-03-04T05:20:00Z").unwrap(),
        instance: "",
        rollback: Rollback::Unknown { why: "no request was answered" },
        phase: Phase::Boot,
        ongoing: true,
        resolved_by: None,
        min_instances_keep_it_going: false,
        tcp_probe_passed: false,
        newest_not_ready: false,
        pinned: false,
        path: "",
        around: Surroundings::default(),
    }
}

/// Calls `check` with every platform, category, signature and rollback; one of the texts, in turn, stands in
/// every name.
fn each_situation(texts: &[&str], mut check: impl FnMut(&Situation<'_>, &[Action], &str)) {
    let mut turn = 0;
    for platform in PLATFORMS {
        for category in CATEGORIES {
            for signature in SIGNATURES {
                for case in 0..4 {
                    turn += 1;
                    let text = texts[turn % texts.len()];
                    let names = (vec![text.to_owned()], CAPTURES.map(|name| (name.to_owned(), text.to_owned())));
                    let standing = standing(text, turn);
                    let mut situation =
                        Situation { platform, category, signature, ..named(text, &names.0, &names.1, case) };
                    situation.around.standing = Some(&standing);
                    check(&situation, &actions(&situation), text);
                }
            }
        }
    }
}

/// One of the seven states in turn, as cause and as bystander, with one text in every name.
fn standing(text: &str, turn: usize) -> Standing {
    let states = [
        "rollover-drain",
        "deliberate-split",
        "tagged-at-zero",
        "pinned-old",
        "newest-not-ready",
        "raced-deploys",
        "dual-traffic",
    ];
    let name = || text.to_owned();
    Standing {
        state: states[turn % states.len()].to_owned(),
        role: if turn.is_multiple_of(2) { "cause" } else { "bystander" }.to_owned(),
        members: vec![name()],
        over: turn.is_multiple_of(3),
        shares: vec![(name(), 50), ("LATEST".to_owned(), 50)],
        now: vec![(name(), 100)],
        tags: vec![(name(), name())],
        newest: name(),
        newest_ready: name(),
        keep: (name(), "12 of 12 requests answered".to_owned()),
        lost: (name(), name()),
    }
}

/// A situation with one text in every name, in one of four states of the deployment.
fn named<'a>(text: &'a str, revisions: &'a [String], captures: &'a [(String, String)], case: usize) -> Situation<'a> {
    let (rollback, phase) = match case {
        0 => (Rollback::To { revision: text, proof: "12 of 12 requests answered" }, Phase::Boot),
        1 => (Rollback::Unknown { why: "none answered" }, Phase::Serving),
        2 => (Rollback::WouldNotHelp { why: "all fail alike" }, Phase::Deploy),
        _ => (Rollback::NotNeeded { why: "a job" }, Phase::Job),
    };
    Situation {
        project: text,
        location: text,
        service: text,
        instance: text,
        path: text,
        // With no failing revision the proposed target is not one of them.
        revisions: if case == 0 { &[] } else { revisions },
        captures,
        rollback,
        phase,
        ongoing: case != 3,
        resolved_by: if case == 3 { Some(text) } else { None },
        pinned: case == 1,
        newest_not_ready: case == 2,
        tcp_probe_passed: case < 2,
        min_instances_keep_it_going: case == 0,
        around: Surroundings {
            shares_its_name: false,
            group: text,
            mode: ["multiple", "", "single", "labels"][case],
            serving: text,
            idle: if case == 1 { "orders--0000007" } else { text },
            image: text,
            memory: text,
            target_is_active: case == 0,
            target_port: Some(80),
            refused_run: text,
            running_run: text,
            standing: None,
            typical_minutes: Some((14, 2)),
        },
        ..base()
    }
}

/// Programs that a command may start; anything else in a command position is a defect.
fn starts_known_programs(command: &str) -> bool {
    let words = shlex::split(command).expect("a command must parse");
    let mut starts = true;
    for word in words {
        if starts
            && !["gcloud", "az", "gh", "sort", "uniq", "head", "tail", "xxd", "tr", "printf", "docker", "curl"]
                .contains(&word.as_str())
        {
            return false;
        }
        starts = word == "|" || word == "&&";
    }
    true
}

#[test]
fn no_hostile_name_reaches_any_field_and_every_command_parses() {
    each_situation(&HOSTILE, |situation, actions, text| {
        for action in actions {
            for field in [&action.command, &action.undo, &action.title, &action.expect, &action.precondition] {
                assert!(
                    !field.contains(text) && !field.contains("zz") && !field.contains("rm -rf"),
                    "{situation:?}\n{field}"
                );
                assert!(!field.chars().any(char::is_control), "{field:?}");
            }
            assert!(action.command.is_empty() || starts_known_programs(&action.command), "{}", action.command);
            assert!(!action.command.contains(shell::REFUSED), "{}", action.command);
        }
    });
}

#[test]
fn every_action_is_complete_and_the_order_is_safe() {
    each_situation(&["", "orders", "orders-00042-b7d", "8080", "512 MiB"], |situation, actions, _| {
        assert!(!actions.is_empty() && actions.len() <= ACTIONS_MAX, "{situation:?}");
        assert_eq!(actions[0].stage, Stage::Inspect, "{situation:?}");
        assert!(actions.is_sorted_by_key(|action| action.stage), "{situation:?}");
        assert!(actions.iter().any(|action| action.stage == Stage::Fix), "{situation:?}");
        assert!(
            actions.iter().any(|action| action.stage == Stage::Verify && !action.command.is_empty()),
            "{situation:?}"
        );
        for action in actions {
            assert!(!action.title.is_empty() && !action.expect.is_empty(), "{action:?}");
            let changes = action.risk != Risk::ReadOnly;
            assert_eq!(changes, !action.undo.is_empty(), "{action:?}");
            assert!(!changes || !action.precondition.is_empty(), "{action:?}");
            assert!(!action.command.contains("--set-tags"), "{action:?}");
        }
    });
}

#[test]
fn a_revision_is_deleted_only_for_quota_and_only_as_the_last_fix() {
    each_situation(&["orders"], |situation, actions, _| {
        for (index, action) in actions.iter().enumerate() {
            if action.command.contains("delete") && action.risk == Risk::Destructive {
                assert_eq!(situation.category, Category::QuotaBilling);
                assert!(actions.get(index + 1).is_none_or(|next| next.stage > Stage::Fix));
            }
        }
    });
}

#[test]
fn going_back_is_offered_only_to_a_proven_revision_that_does_not_fail() {
    let failing = vec!["orders-00042-b7d".to_owned()];
    let situation = Situation { revisions: &failing, ..base() };
    let pins = |rollback| {
        let situation = Situation { rollback, ..situation.clone() };
        actions(&situation)
            .iter()
            .any(|action| action.stage == Stage::Mitigate && action.command.contains("--to-revisions"))
    };
    assert!(pins(Rollback::To { revision: "orders-00041-kax", proof: "9 of 9" }));
    assert!(!pins(Rollback::To { revision: "orders-00042-b7d", proof: "9 of 9" }));
    assert!(!pins(Rollback::Unknown { why: "" }) && !pins(Rollback::WouldNotHelp { why: "" }));
}

#[test]
fn a_deploy_that_failed_is_fixed_forward() {
    let failing = vec!["orders-00042-b7d".to_owned()];
    let rollback = Rollback::To { revision: "orders-00041-kax", proof: "9 of 9" };
    let situation = Situation { revisions: &failing, rollback, newest_not_ready: true, phase: Phase::Deploy, ..base() };
    let ladder = actions(&situation);
    let mitigation = ladder.iter().find(|action| action.stage == Stage::Mitigate).unwrap();
    assert!(mitigation.title.starts_with("No mitigation needed") && mitigation.risk == Risk::ReadOnly);
}
