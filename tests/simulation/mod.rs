//! Simulated incidents, held to the bars of the labelled cases: an adversary of the program's own reasoning.
//!
//! Each kind writes an export as Cloud Run would (texts, orderings and gaps from real incidents, not from the
//! program's catalogue), with decoys mixed in by seed, and says what is true about it. `WHYDOWN_SIMULATION_SEEDS=n` runs
//! more seeds; `WHYDOWN_SIMULATION_DIR=folder` keeps the cases for `whydown eval folder`; `WHYDOWN_SIMULATION_ONLY=words`
//! (by commas) runs the kinds whose name contains one.

mod access;
mod azure;
mod cascades;
mod control;
mod data;
mod decoys;
pub mod dice;
mod lens;
mod limits;
mod native;
mod processes;
mod quiet;
mod reach;
mod rollout;
mod scene;
mod silent;
mod startup;
mod tasks;
mod traffic;
mod truth;
mod world;

use std::io::Write;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use whydown::eval;
use whydown::eval::case::Case;
use whydown::eval::scores::{CaseScore, Scores};

use dice::Dice;
use lens::{LENSES, Lens};
use truth::Truth;
use world::World;

/// Seeds of an ordinary test run.
const SEEDS: u64 = 2;

/// Stack of a worker.
const STACK_BYTES: usize = 64 << 20;

/// One kind of incident, or of quiet.
pub struct Kind {
    /// Name.
    pub name: &'static str,
    /// Writes it.
    pub make: fn(&mut World) -> Truth,
}

fn kinds() -> Vec<&'static Kind> {
    let only = std::env::var("WHYDOWN_SIMULATION_ONLY").unwrap_or_default();
    let families = [
        startup::KINDS,
        limits::KINDS,
        data::KINDS,
        reach::KINDS,
        access::KINDS,
        rollout::KINDS,
        cascades::KINDS,
        silent::KINDS,
        tasks::KINDS,
        processes::KINDS,
        azure::KINDS,
        quiet::KINDS,
    ];
    families.into_iter().flatten().filter(|kind| only.split(',').any(|word| kind.name.contains(word))).collect()
}

/// What each kind writes under a seed: its name, and its entries one a line.
pub fn exports(seed: u64) -> Vec<(String, String)> {
    let export = |kind: &Kind| {
        let mut world = World::new(seed, kind.name);
        (kind.make)(&mut world);
        (kind.name.to_owned(), world.lines())
    };
    kinds().into_iter().map(export).filter(|(_, lines)| !lines.is_empty()).collect()
}

/// Writes one simulation as a case folder, whole or through a lens.
fn write(folder: &Path, kind: &Kind, seed: u64, lens: Option<Lens>) -> Case {
    let id = lens.map_or_else(|| format!("{}-{seed}", kind.name), |lens| format!("{}-{seed}-{lens:?}", kind.name));
    let folder = folder.join(&id);
    std::fs::create_dir_all(&folder).expect("a writable folder");
    let mut world = World::new(seed, kind.name);
    let label = (kind.make)(&mut world).label(&id);
    let lines = world.lines();
    let lines = match lens {
        Some(lens) => lens::seen_through(lens, &lines, &mut Dice::new(seed, kind.name)),
        None => lines,
    };
    std::fs::write(folder.join("logs.ndjson"), lines).expect("a writable folder");
    std::fs::write(folder.join("case.toml"), toml::to_string(&label).expect("a label is TOML"))
        .expect("a writable folder");
    Case::read(&folder).expect("what was written can be read")
}

/// Scores every kind under every seed; `lens` chooses for each (number of the kind, seed) what is left of the export.
fn run(lens: fn(usize, u64) -> Option<Lens>) -> Scores {
    let seeds = std::env::var("WHYDOWN_SIMULATION_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SEEDS);
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let folder = std::env::var_os("WHYDOWN_SIMULATION_DIR").map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    let all: Vec<(usize, &Kind, u64)> = kinds()
        .into_iter()
        .enumerate()
        .flat_map(|(number, kind)| (1..=seeds).map(move |seed| (number, kind, seed)))
        .collect();
    // A worker that waits for an analysis takes up another one: unoptimised, that needs a deeper stack than the default.
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK_BYTES).build().expect("threads");
    let score = |(number, kind, seed): &(usize, &Kind, u64)| {
        let case = write(&folder, kind, *seed, lens(*number, *seed));
        match eval::score(&case, 1) {
            Ok(score) => Some(score),
            // Nothing is left of a quiet hour without errors: an empty file is no export.
            Err(_) if std::fs::read_to_string(&case.inputs()[0]).is_ok_and(|text| text.is_empty()) => None,
            Err(error) => panic!("{}: {error}", kind.name),
        }
    };
    let scored: Vec<Option<CaseScore>> = pool.install(|| all.par_iter().map(score).collect());
    Scores::of(scored.into_iter().flatten().collect())
}

/// What is wrong with one case, a line each.
fn complaints(score: &CaseScore) -> Vec<String> {
    let mut wrong = Vec::new();
    if score.incident && score.rank != Some(1) {
        let place = score.rank.map_or_else(|| "nowhere".to_owned(), |rank| format!("at rank {rank}"));
        let category = if score.other_category { ", right but for its category" } else { "" };
        wrong.push(format!("the cause stands {place}{category}"));
    }
    if !score.incident && !score.findings.is_empty() {
        wrong.push("nothing broke, yet there are findings".to_owned());
    }
    wrong.extend(score.false_confident.iter().cloned());
    wrong.extend(score.effects_as_causes.iter().map(|title| format!("an effect told as a cause: {title}")));
    if let Some(dual) = score.dual.as_ref().filter(|dual| !dual.agrees()) {
        wrong.push(format!(
            "role of two revisions: {} instead of {}",
            dual.told.as_deref().unwrap_or("none"),
            dual.wanted
        ));
    }
    wrong
}

/// Figures are worth seeing when all is well, too: past the test runner's capture of printed text.
fn say(summary: &str) {
    // Nothing can be done if standard error is gone.
    let _ = writeln!(std::io::stderr(), "{summary}");
}

fn table(scores: &Scores) -> String {
    let mut text = String::new();
    for score in &scores.cases {
        let wrong = complaints(score);
        if wrong.is_empty() {
            continue;
        }
        text.push_str(&format!("\n{} ({})\n", score.id, score.kind));
        for line in wrong {
            text.push_str(&format!("  ! {line}\n"));
        }
        for (rank, (verdict, title)) in score.findings.iter().enumerate() {
            text.push_str(&format!("    {} [{}] {title}\n", rank + 1, verdict.word()));
        }
    }
    text
}

#[test]
fn simulated_incidents_are_told_as_they_were_made() {
    let scores = run(|_, _| None);
    let totals = &scores.totals;
    let table = table(&scores);
    let summary = format!(
        "{} simulations, {} incidents: AC@1 {:.3}, AC@3 {:.3} (chance {:.2}, {:.2}), false-confident {:.2} %, effects as causes {}, quiet empty {} of {}, two revisions {} of {}\n{table}",
        totals.cases,
        totals.incidents,
        totals.ac_1,
        totals.ac_3,
        totals.chance_1,
        totals.chance_3,
        totals.false_confident_rate() * 100.0,
        totals.effects_as_causes,
        totals.quiet_empty,
        totals.quiet,
        totals.dual_agrees,
        totals.dual
    );
    say(&summary);
    assert!(totals.ac_1 >= 0.90, "AC@1 {summary}");
    assert!(totals.ac_3 >= 0.98, "AC@3 {summary}");
    assert!(totals.false_confident_rate() <= 0.02, "false-confident {summary}");
    assert_eq!(totals.effects_as_causes, 0, "effects {summary}");
    assert_eq!(totals.quiet_empty, totals.quiet, "quiet {summary}");
}

/// An export that shows a part may leave the cause untold; it must not make the report say a wrong one with confidence.
#[test]
fn what_an_export_lacks_makes_no_claim_wrong() {
    let scores = run(|number, seed| {
        let turn = usize::try_from(seed).expect("small seeds");
        Some(LENSES[(number + turn) % LENSES.len()])
    });
    let totals = &scores.totals;
    let mut wrong = String::new();
    for score in scores.cases.iter().filter(|score| !score.false_confident.is_empty()) {
        wrong.push_str(&format!("\n{}\n  {}\n", score.id, score.false_confident.join("\n  ")));
        for (rank, (verdict, title)) in score.findings.iter().enumerate() {
            wrong.push_str(&format!("    {} [{}] {title}\n", rank + 1, verdict.word()));
        }
    }
    let summary = format!(
        "{} partial exports: AC@1 {:.3} (not held), false-confident {:.2} %, quiet silent {} of {}\n{wrong}",
        totals.cases,
        totals.ac_1,
        totals.false_confident_rate() * 100.0,
        totals.quiet_silent,
        totals.quiet
    );
    say(&summary);
    assert!(totals.false_confident_rate() <= 0.02, "{summary}");
    assert_eq!(totals.quiet_silent, totals.quiet, "{summary}");
}
