//! What is missing from an export is never told as something that happened, and what is split or shuffled is told the same.
//!
//! Entries of the audit log are taken out, each alone and many at random, from every fixture and every simulation, and
//! the deployments of what is left are held to those of the whole. A deployment is **invented** when no deployment of the
//! whole accounts for it. One accounts for it when it is of the same revision and a kind that less knowledge can make
//! of it, and stands at the same time, or, where the call is what is missing, at most a quarter of an hour earlier, and
//! the other one claims no author. Lists of changes may grow, because an earlier state is compared with: then they say so.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use proptest::prelude::*;
use whydown::facts::audit::AuditFact;
use whydown::model::report::{Change, Deployment};
use whydown::model::timeline::TimelineReport;
use whydown::pipeline::{self, Options};
use whydown::state::history::{Document, history};

use crate::simulation;
use crate::support::{incidents, root};

/// A revision is heard of within this time of the call that made it.
const SETTLED_NANOS: i64 = 15 * 60 * 1_000_000_000;

/// Random subsets tried of each history.
const SUBSETS: u64 = 24;

/// The audit facts of one service, and what describes it.
struct Audit {
    name: String,
    facts: Vec<AuditFact>,
    documents: Vec<Document>,
}

impl Audit {
    fn of(name: &str, inputs: Vec<PathBuf>, state_files: Vec<PathBuf>) -> Vec<Self> {
        let options = Options { inputs, state_files, ..Options::default() };
        let scan = pipeline::scan(&options).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut services: Vec<String> = scan.facts.audit.iter().map(|fact| fact.service.clone()).collect();
        services.sort();
        services.dedup();
        let of = |service: &String| Self {
            name: format!("{name}, {service}"),
            facts: scan.facts.audit.iter().filter(|fact| &fact.service == service).cloned().collect(),
            documents: scan.documents.iter().filter(|document| &document.service == service).cloned().collect(),
        };
        services.iter().map(of).collect()
    }

    fn deployments(&self, keep: impl Fn(usize) -> bool) -> Vec<Deployment> {
        let kept: Vec<AuditFact> =
            self.facts.iter().enumerate().filter(|(index, _)| keep(*index)).map(|(_, fact)| fact.clone()).collect();
        history(&kept, &self.documents).deployments
    }

    /// What the history without some entries says and the whole one does not bear out, a line each.
    fn invented(&self, whole: &[Deployment], keep: impl Fn(usize) -> bool + Copy) -> Vec<String> {
        let thinned = self.deployments(keep);
        let mut free: Vec<&Deployment> = whole.iter().collect();
        let mut wrong = Vec::new();
        for told in &thinned {
            // The exact one first: a later deployment may account for an earlier one, too.
            let exact = free.iter().position(|true_one| true_one.time == told.time && accounts(true_one, told));
            let Some(index) = exact.or_else(|| free.iter().position(|true_one| accounts(true_one, told))) else {
                wrong.push(format!("invented: {told:?}"));
                continue;
            };
            let true_one = free.remove(index);
            // The tag of an image, or the digest of the same image, as the remaining entries write it.
            let rewritten = |change: &Change| {
                change.field == "image"
                    && change.after.contains("@sha256:")
                    && true_one.changes.iter().any(|other| other.field == "image")
            };
            let more = told.changes.iter().any(|change| !true_one.changes.contains(change) && !rewritten(change));
            let other_split = !told.traffic_after.is_empty()
                && told.traffic_after != true_one.traffic_after
                && !true_one.traffic_after.split(", ").any(|share| share == told.traffic_after);
            if other_split || (more && told.changes_since.is_none()) {
                wrong.push(format!("attributed falsely: {told:?}\n    in truth: {true_one:?}"));
            }
        }
        if !wrong.is_empty() {
            let dropped = self.facts.iter().enumerate().filter(|(index, _)| !keep(*index));
            let dropped: Vec<String> = dropped
                .map(|(_, fact)| {
                    format!("{} {:?} {} {}", fact.time.to_rfc3339(), fact.kind, fact.method, fact.revision)
                })
                .collect();
            wrong.insert(0, format!("{} without [{}]", self.name, dropped.join("; ")));
        }
        wrong
    }
}

/// Whether a deployment of the whole export is what a part of it may tell in this way.
fn accounts(whole: &Deployment, part: &Deployment) -> bool {
    // A split told by one row a revision is a smaller split without one of them.
    let is_part = whole.kind == "traffic" && whole.traffic_after.contains(&format!("{}=", part.revision));
    let same_revision = whole.revision == part.revision || part.revision.is_empty() || is_part;
    let apart = part.time.0 - whole.time.0;
    let same_caller = whole.actor == part.actor && whole.client == part.client;
    let nobody = part.actor.is_empty() && part.client.is_empty();
    let when = (apart == 0 && same_caller)
        // The call is missing: the revision is seen when it became ready, and nobody is named.
        || ((0..=SETTLED_NANOS).contains(&apart) && nobody)
        // The last call of a command is missing: its first one stands for it.
        || ((-SETTLED_NANOS..0).contains(&apart) && same_caller);
    let group = |kind: &str| match kind {
        // Whether it came up, or went back, may be what is missing.
        "deploy" | "failed" => 0,
        "traffic" | "rollback" => 1,
        "delete" => 2,
        _ => 3,
    };
    let failed_traffic = |one: &Deployment, other: &Deployment| one.kind == "failed" && group(&other.kind) == 1;
    let kind = group(&whole.kind) == group(&part.kind) || failed_traffic(whole, part) || failed_traffic(part, whole);
    same_revision && when && kind
}

fn fixtures() -> Vec<Audit> {
    let mut all: Vec<Audit> = incidents()
        .into_iter()
        .flat_map(|incident| Audit::of(&incident.name, incident.inputs(), incident.state_files()))
        .collect();
    let mut canaries: Vec<PathBuf> = std::fs::read_dir(root().join("fixtures/canary"))
        .expect("fixtures/canary exists")
        .map(|entry| entry.expect("readable").path())
        .collect();
    canaries.sort();
    all.extend(
        canaries.iter().flat_map(|folder| Audit::of(&folder.display().to_string(), logs_of(folder), Vec::new())),
    );
    all.retain(|audit| !audit.facts.is_empty());
    all
}

fn logs_of(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("logs")))
        .collect();
    files.sort();
    files
}

fn simulated() -> Vec<Audit> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut all: Vec<Audit> = simulation::exports(1)
        .into_iter()
        .flat_map(|(name, lines)| {
            let path = folder.path().join(format!("{name}.ndjson"));
            std::fs::write(&path, lines).expect("a writable folder");
            Audit::of(&name, vec![path], Vec::new())
        })
        .collect();
    all.retain(|audit| !audit.facts.is_empty());
    all
}

/// The same subset for the same seed: entry `index` stays in `percent` of a hundred.
fn stays(seed: u64, index: usize, percent: u64) -> bool {
    let mut mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (index as u64).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 29)) % 100 < percent
}

fn hold(all: &[Audit]) {
    let mut wrong = Vec::new();
    let (mut tried, mut seen) = (0u64, 0usize);
    for audit in all {
        let whole = audit.deployments(|_| true);
        seen += whole.len();
        for dropped in 0..audit.facts.len() {
            wrong.extend(audit.invented(&whole, |index| index != dropped));
            tried += 1;
        }
        for seed in 0..SUBSETS {
            wrong.extend(audit.invented(&whole, |index| stays(seed, index, 20 + (seed % 4) * 20)));
            tried += 1;
        }
    }
    assert!(seen > 10 && tried > 200, "{seen} deployments, {tried} thinned histories: too few to show anything");
    let count = wrong.iter().filter(|line| line.contains(" without [")).count();
    wrong.truncate(40);
    assert!(wrong.is_empty(), "{count} of {tried} thinned histories are wrong\n{}", wrong.join("\n"));
}

#[test]
fn an_entry_missing_from_a_fixture_invents_no_deployment() {
    hold(&fixtures());
}

#[test]
fn an_entry_missing_from_a_simulation_invents_no_deployment() {
    hold(&simulated());
}

/// The timeline, without the places at which its evidence stands: those are what a split changes.
fn timeline(inputs: Vec<PathBuf>, state_files: Vec<PathBuf>) -> TimelineReport {
    let options = Options { inputs, state_files, ..Options::default() };
    let mut report = pipeline::timeline(&options).expect("fixtures can be read");
    for event in report.services.iter_mut().flat_map(|service| service.events.iter_mut()) {
        if let Some(evidence) = &mut event.evidence {
            evidence.file.clear();
            evidence.line = 0;
        }
    }
    report
}

/// The entries of a simulation, one a line.
fn lines_of(kind: usize) -> Vec<String> {
    static EXPORTS: OnceLock<Vec<(String, String)>> = OnceLock::new();
    let exports = EXPORTS.get_or_init(|| simulation::exports(2));
    let (_, lines) = &exports[kind % exports.len()];
    lines.lines().map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Any split of the entries over files, in any order, and with repetitions, tells the same.
    #[test]
    fn any_split_of_the_entries_gives_the_same_timeline(
        kind in 0usize..1_000,
        parts in 1usize..5,
        places in prop::collection::vec((0usize..5, any::<u32>(), 0u8..8), 64),
    ) {
        let lines = lines_of(kind);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let whole = folder.path().join("whole.ndjson");
        std::fs::write(&whole, lines.join("\n")).expect("a writable folder");
        let mut split: Vec<Vec<(u32, &str)>> = vec![Vec::new(); parts];
        for (index, line) in lines.iter().enumerate() {
            let (part, order, again) = places[index % places.len()];
            let order = order.wrapping_mul(u32::try_from(index).expect("small") | 1);
            split[(part + index / places.len()) % parts].push((order, line));
            if again == 0 {
                split[(part + 1) % parts].push((order ^ 1, line));
            }
        }
        let mut files = Vec::new();
        for (part, mut lines) in split.into_iter().enumerate().filter(|(_, lines)| !lines.is_empty()) {
            lines.sort_unstable();
            let path = folder.path().join(format!("part-{part}.ndjson"));
            let text: Vec<&str> = lines.into_iter().map(|(_, line)| line).collect();
            std::fs::write(&path, text.join("\n")).expect("a writable folder");
            files.push(path);
        }
        prop_assert_eq!(timeline(vec![whole], Vec::new()), timeline(files, Vec::new()));
    }
}
