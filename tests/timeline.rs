//! The timeline of the fixtures: what stands in it, in which order, whatever the input's order.

use whydown::model::timeline::{Event, EventKind, TimelineReport};
use whydown::pipeline::{self, Options};
use whydown::report::{Options as Rendering, events};

use crate::support::{incidents, shared};

fn read(inputs: Vec<std::path::PathBuf>, state_files: Vec<std::path::PathBuf>, threads: usize) -> TimelineReport {
    let ingest = whydown::ingest::Options { threads, ..whydown::ingest::Options::default() };
    let shown = inputs[0].display().to_string();
    pipeline::timeline(&Options { inputs, state_files, ingest, ..Options::default() })
        .unwrap_or_else(|error| panic!("{shown}: {error}"))
}

fn events_of(name: &str) -> Vec<Event> {
    let incident = incidents().into_iter().find(|incident| incident.name == name).expect("the fixture");
    let mut report = read(incident.inputs(), incident.state_files(), 2);
    assert_eq!(report.services.len(), 1, "{name}");
    report.services.remove(0).events
}

fn kinds(events: &[Event]) -> Vec<EventKind> {
    events.iter().map(|event| event.kind).collect()
}

fn one(events: &[Event], kind: EventKind) -> &Event {
    let found: Vec<&Event> = events.iter().filter(|event| event.kind == kind).collect();
    assert_eq!(found.len(), 1, "{kind:?} in {events:#?}");
    found[0]
}

#[test]
fn a_bad_deploy_stands_before_the_failures_that_it_made() {
    let events = events_of("bad-revision-with-rollback-target");
    let wanted = [
        EventKind::FirstAnswer,
        EventKind::Deploy,
        EventKind::Starts,
        EventKind::Ready,
        EventKind::FirstFailure,
        EventKind::ErrorBurst,
        EventKind::LastFailure,
    ];
    assert_eq!(kinds(&events), wanted, "{events:#?}");
    let deploy = one(&events, EventKind::Deploy);
    assert!(deploy.text.contains("gcloud run deploy") && deploy.text.contains("by "), "{}", deploy.text);
    assert!(deploy.evidence.as_ref().is_some_and(|evidence| evidence.line > 0 && !evidence.insert_id.is_empty()));
    let burst = one(&events, EventKind::ErrorBurst);
    assert_eq!(burst.count, 14);
    assert!(
        burst.text.starts_with("14 of 15 requests") && burst.text.ends_with("of all others 0 of 13"),
        "{}",
        burst.text
    );
}

#[test]
fn a_crash_loop_is_one_line_with_its_count_and_codes() {
    let events = events_of("import-error-behind-tcp-probe");
    let crashes = one(&events, EventKind::Crashes);
    assert_eq!((crashes.count, crashes.revision.as_str()), (6, "orders-api-00041-kx7"));
    assert!(
        crashes.text.contains("6 before the first answer") && crashes.text.contains("3 × exit code 3"),
        "{}",
        crashes.text
    );
    assert_eq!(one(&events, EventKind::Starts).count, 6);
}

#[test]
fn six_ids_of_a_crash_loop_are_one_instance_at_a_time() {
    let incident =
        incidents().into_iter().find(|one| one.name == "import-error-behind-tcp-probe").expect("the fixture");
    let report = read(incident.inputs(), Vec::new(), 2);
    let alive = &report.services[0].instances;
    assert_eq!(alive.iter().map(|one| one.revision.as_str()).collect::<Vec<_>>(), ["", "orders-api-00041-kx7"]);
    for one in alive {
        assert_eq!((one.lives, one.failed, one.most, one.median), (6, 6, 1, 1), "{one:?}");
        assert!(one.covered_seconds > 40.0 && one.covered_seconds < 54.0, "{one:?}");
    }
    let mut text = Vec::new();
    let options = Rendering { width: 100, color: false, full: true };
    events::render(&report, events::Format::Text, options, &mut text).expect("a vector takes everything");
    let text = String::from_utf8(text).expect("UTF-8");
    assert!(text.contains("lives failed at most"), "{text}");
    let told = crate::support::analyze(&incident.inputs(), &[], 2);
    assert_eq!(told.services[0].instances_alive, *alive, "both reports count alike");
}

#[test]
fn a_refused_deploy_says_who_and_why() {
    let events = events_of("deploy-conflict-refused");
    let refused = one(&events, EventKind::Refused);
    assert!(
        refused.text.contains("Conflict for resource") && refused.text.contains("gcloud run deploy"),
        "{}",
        refused.text
    );
    assert!(!kinds(&events).contains(&EventKind::FirstFailure), "nothing failed");
}

#[test]
fn traffic_and_failed_deploys_are_told() {
    let events = events_of("connection-slots-two-live-revisions");
    let traffic: Vec<&Event> = events.iter().filter(|event| event.kind == EventKind::Traffic).collect();
    assert_eq!(traffic.len(), 2);
    assert!(traffic[0].text.contains("booking-api-00024-kfz=50, booking-api-00025-mx7=50"), "{}", traffic[0].text);
    let failed = events_of("failed-deploy-old-still-serving");
    assert!(kinds(&failed).contains(&EventKind::DeployFailed), "{failed:#?}");
    assert!(one(&failed, EventKind::NotReady).text.starts_with("not ready: "));
}

#[test]
fn quiet_fixtures_have_no_failure() {
    for name in ["healthy-rollout", "quiet-rollback-pin", "canary-healthy"] {
        let bad = [EventKind::ErrorBurst, EventKind::Crashes, EventKind::DeployFailed, EventKind::Refused];
        let events = events_of(name);
        assert!(!kinds(&events).iter().any(|kind| bad.contains(kind)), "{name}: {events:#?}");
    }
}

#[test]
fn events_stand_in_order_and_do_not_depend_on_threads_or_files() {
    let mut inputs: Vec<_> = incidents().into_iter().take(6).flat_map(|incident| incident.inputs()).collect();
    let forward = read(inputs.clone(), Vec::new(), 1);
    for service in &forward.services {
        assert!(service.events.windows(2).all(|pair| pair[0].time <= pair[1].time), "{}", service.service);
        assert!(service.events.iter().all(|event| event.until.is_none_or(|until| until >= event.time)));
    }
    inputs.reverse();
    assert_eq!(forward, read(inputs, Vec::new(), 6));
}

#[test]
fn both_forms_hold_every_event_and_no_control_character() {
    for incident in incidents() {
        let report = read(incident.inputs(), incident.state_files(), 2);
        let form = |format| {
            let mut bytes = Vec::new();
            let options = Rendering { width: 100, color: false, full: true };
            events::render(&report, format, options, &mut bytes).expect("a vector takes everything");
            String::from_utf8(bytes).expect("UTF-8")
        };
        let back: TimelineReport = serde_json::from_str(&form(events::Format::Json)).expect("the contract");
        assert_eq!(back, report, "{}", incident.name);
        let text = form(events::Format::Text);
        assert!(text.lines().all(|line| !line.chars().any(char::is_control)), "{}", incident.name);
        let events: usize = report.services.iter().map(|service| service.events.len()).sum();
        assert!(text.starts_with(&format!("{events} events; ")), "{}", incident.name);
    }
}

#[test]
fn a_real_export_with_five_deploys_shows_them_all() {
    let Some(folder) = shared("cases/open/palios-core-five-deploys") else { return };
    let report = read(vec![folder.join("gcloud-logging-read-default.yaml")], Vec::new(), 2);
    let deploys = report
        .services
        .iter()
        .flat_map(|service| service.events.iter())
        .filter(|event| matches!(event.kind, EventKind::Deploy | EventKind::DeployFailed))
        .count();
    assert!(deploys >= 5, "{deploys}");
}
