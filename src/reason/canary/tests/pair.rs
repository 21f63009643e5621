use crate::classify::Caller;
use crate::facts::audit::TrafficTarget;
use crate::facts::health::Health;
use crate::facts::symbols::EMPTY;
use crate::facts::{Home, Span};
use crate::model::report::RevisionState;
use crate::model::{Platform, Timestamp};
use crate::reason::canary::pair::{Basis, Pair, check_names, find};
use crate::reason::canary::{Error, Wanted};
use crate::state::history::{History, TrafficChange};
use crate::state::revisions::RevisionFacts;
use crate::state::{ServiceState, State};

const SECOND: i64 = 1_000_000_000;
const EXTENT: (i64, i64) = (0, 7_200 * SECOND);

/// A revision that answered requests from one second to another.
fn revision(name: &str, from: i64, to: i64) -> RevisionFacts {
    let mut health = Health::default();
    for second in [from, to] {
        health.add(second * SECOND, 200, false, Some(SECOND), Caller::User);
    }
    RevisionFacts {
        symbol: EMPTY,
        name: name.to_owned(),
        span: Some(Span { count: 9, first: from * SECOND, last: to * SECOND }),
        health,
        minutes: std::collections::BTreeMap::new(),
        shared_limit: std::collections::BTreeMap::new(),
        instances: 1,
        starts: 0,
        starts_for_minimum: 0,
        exits: 0,
        crashes: 0,
        ready: None,
        condition: None,
        traffic_percent: None,
        image: None,
    }
}

fn target(revision: &str, percent: u32, tag: Option<&str>) -> TrafficTarget {
    let revision = (revision != "latest").then(|| revision.to_owned());
    TrafficTarget { revision, percent, tag: tag.map(str::to_owned) }
}

fn service(revisions: Vec<RevisionFacts>, traffic: Vec<(i64, Vec<TrafficTarget>)>) -> ServiceState {
    let traffic = traffic.into_iter().map(|(second, targets)| TrafficChange {
        time: Timestamp(second * SECOND),
        targets,
        source: "audit",
        in_effect: false,
    });
    ServiceState {
        symbol: EMPTY,
        name: "shop".to_owned(),
        home: Home { platform: Platform::CloudRun, project: String::new(), location: String::new() },
        revisions,
        instances: Vec::new(),
        history: History { traffic: traffic.collect(), ..History::default() },
        revision_state: RevisionState::default(),
    }
}

fn found(service: &ServiceState) -> Pair {
    find(service, EXTENT, &Wanted::default()).expect("a pair")
}

fn names(pair: &Pair) -> (&str, &str) {
    (&pair.candidate, &pair.baseline)
}

const OLD: &str = "shop-00007-aaa";
const MIDDLE: &str = "shop-00008-bbb";
const NEW: &str = "shop-00009-ccc";

#[test]
fn the_newest_of_a_split_is_tried_against_the_largest_of_the_others() {
    let split = vec![target(OLD, 20, None), target(MIDDLE, 70, None), target(NEW, 10, None)];
    let service = service(vec![revision(OLD, 0, 900), revision(MIDDLE, 0, 900)], vec![(60, split)]);
    let pair = found(&service);
    assert_eq!((names(&pair), pair.basis), ((NEW, MIDDLE), Basis::Split));
    assert_eq!((pair.from, pair.to, pair.share_of(NEW)), (60 * SECOND, EXTENT.1, Some(10)));
}

#[test]
fn the_window_is_the_last_stage_and_ends_with_it() {
    let stage = |share: u32| vec![target(OLD, 100 - share, None), target(NEW, share, None)];
    let all = vec![target("latest", 100, None)];
    let mut service = service(
        vec![revision(OLD, 0, 3_000), revision(NEW, 600, 4_000)],
        vec![(0, vec![target(OLD, 100, None)]), (600, stage(5)), (900, stage(20)), (1_800, all)],
    );
    service.history.latest_ready = Some(NEW.to_owned());
    let pair = found(&service);
    assert_eq!((pair.from, pair.to, pair.share_of(NEW)), (900 * SECOND, 1_800 * SECOND, Some(20)));
    assert!(pair.ended.as_ref().is_some_and(|ended| ended.contains(&format!("{NEW}=100"))), "{:?}", pair.ended);
}

#[test]
fn a_status_that_repeats_the_split_begins_no_new_window() {
    let split = || vec![target(OLD, 90, None), target(NEW, 10, None)];
    let service = service(
        vec![revision(OLD, 0, 3_000), revision(NEW, 600, 4_000)],
        vec![(600, split()), (610, split()), (2_000, split())],
    );
    assert_eq!(found(&service).from, 600 * SECOND);
}

#[test]
fn a_newer_tagged_revision_is_a_candidate_and_an_old_one_is_left_over() {
    let tagged = |tagged: &str, serving: &str| vec![target(serving, 100, None), target(tagged, 0, Some("next"))];
    let both = || vec![revision(OLD, 0, 900), revision(NEW, 600, 700)];
    let newer = service(both(), vec![(60, tagged(NEW, OLD))]);
    let pair = found(&newer);
    assert_eq!((names(&pair), pair.basis, pair.share_of(NEW)), ((NEW, OLD), Basis::Tag, Some(0)));
    let older = service(both(), vec![(60, tagged(OLD, NEW))]);
    assert!(find(&older, EXTENT, &Wanted::default()).is_err());
}

#[test]
fn without_a_split_only_a_long_overlap_of_requests_is_compared() {
    let long = service(vec![revision(OLD, 0, 900), revision(NEW, 200, 1_200)], Vec::new());
    let pair = found(&long);
    assert_eq!((names(&pair), pair.basis), ((NEW, OLD), Basis::Requests));
    assert_eq!((pair.from, pair.to), (200 * SECOND, 900 * SECOND));
    let drain = service(vec![revision(OLD, 0, 400), revision(NEW, 200, 1_200)], Vec::new());
    let why = find(&drain, EXTENT, &Wanted::default()).expect_err("a rollover");
    assert!(why.contains("3 min 20 s, as in any rollover"), "{why}");
}

#[test]
fn names_without_numbers_are_ordered_by_their_first_entry() {
    let service = service(vec![revision("shop-blue", 0, 900), revision("shop-alpha", 200, 1_200)], Vec::new());
    assert_eq!(names(&found(&service)), ("shop-alpha", "shop-blue"));
}

#[test]
fn named_revisions_win_and_those_that_never_met_are_compared_apart() {
    let wanted = |baseline: &str, candidate: &str| Wanted {
        baseline: Some(baseline.to_owned()),
        candidate: Some(candidate.to_owned()),
        ..Wanted::default()
    };
    let service = service(
        vec![revision(OLD, 0, 900), revision(MIDDLE, 100, 1_000), revision(NEW, 3_000, 4_000)],
        vec![(0, vec![target(OLD, 50, None), target(MIDDLE, 50, None)])],
    );
    let turned = find(&service, EXTENT, &wanted(MIDDLE, OLD)).expect("a pair");
    assert_eq!((names(&turned), turned.basis, turned.aligned), ((OLD, MIDDLE), Basis::Split, true));
    let apart = find(&service, EXTENT, &wanted(OLD, NEW)).expect("a pair");
    assert_eq!((names(&apart), apart.basis, apart.aligned), ((NEW, OLD), Basis::Named, false));
    let state = State { services: vec![service] };
    assert!(matches!(check_names(&state, &wanted(OLD, "shop-00099-zzz")), Err(Error::UnknownRevision { .. })));
    assert!(matches!(check_names(&state, &wanted(OLD, OLD)), Err(Error::SameRevision { .. })));
    assert!(check_names(&state, &wanted(OLD, NEW)).is_ok());
}
