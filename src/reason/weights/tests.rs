//! The first finding of no case hangs on one weight: each is made a fifth larger, then a fifth smaller, and everything is
//! reasoned about again.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde::Deserialize;

use super::{NAMES, varied};
use crate::eval::case;
use crate::pipeline::{self, Options, Rebuilt};
use crate::reason::ignore::Ignore;
use crate::reason::reason;

/// How much a weight is changed.
const FACTORS: [f64; 2] = [0.8, 1.2];

/// What a fixture's truth file says of its files.
#[derive(Deserialize)]
struct Truth {
    files: Vec<String>,
    #[serde(default)]
    state: Vec<String>,
}

/// A case, ready to be reasoned about.
struct Case {
    name: String,
    rebuilt: Rebuilt,
    paths: Vec<String>,
}

impl Case {
    fn read(name: String, inputs: Vec<PathBuf>, state_files: Vec<PathBuf>) -> Self {
        let options = Options { inputs, state_files, ..Options::default() };
        let scan = pipeline::scan(&options).unwrap_or_else(|error| panic!("{name}: {error}"));
        let paths = scan.files.iter().map(|file| file.path.clone()).collect();
        let rebuilt = pipeline::rebuild(scan.facts, &scan.documents, options.policy.catalog()).expect("columns");
        Self { name, rebuilt, paths }
    }

    /// What stands first: its fingerprint and title, or nothing.
    fn first(&self) -> Option<(String, String)> {
        let Rebuilt { settled, clusters, state, coverage } = &self.rebuilt;
        let catalog = crate::classify::matcher::Catalog::embedded();
        let reasoned = reason(settled, clusters, state, catalog, &self.paths, &Ignore::default(), coverage);
        reasoned.drafts.into_iter().next().map(|draft| (draft.finding.fingerprint, draft.finding.title))
    }
}

fn fixtures() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/incidents");
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the fixtures").map(|entry| entry.expect("readable").path()).collect();
    folders.sort();
    let read = |folder: &PathBuf| {
        let text = std::fs::read_to_string(folder.join("truth.toml")).expect("a truth file");
        let truth: Truth = toml::from_str(&text).expect("TOML");
        let within = |names: &[String]| names.iter().map(|name| folder.join(name)).collect();
        Case::read(folder.display().to_string(), within(&truth.files), within(&truth.state))
    };
    folders.iter().map(read).collect()
}

/// Where the labelled cases beside the project are; not every machine has them.
fn open_folder() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = std::env::var_os("WHYDOWN_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    Some(shared.join("cases/open")).filter(|folder| folder.exists())
}

fn open_cases() -> Vec<Case> {
    let Some(folder) = open_folder() else { return Vec::new() };
    let cases = case::cases(&folder).expect("labelled cases");
    cases.iter().map(|case| Case::read(case.label.id.clone(), case.inputs(), case.state_files())).collect()
}

/// The factor holds for a whole process, so the work is done in one that runs nothing else.
#[test]
fn no_first_finding_hangs_on_one_weight() {
    if open_folder().is_none() {
        // Past the test runner's capture of printed text.
        writeln!(std::io::stderr(), "SKIPPED: the labelled cases are not on this machine; fixtures only")
            .expect("open");
    }
    let program = std::env::current_exe().expect("a path");
    let name = "reason::weights::tests::each_weight_is_varied_in_a_process_of_its_own";
    let ran = Command::new(program).args([name, "--exact", "--ignored", "--nocapture"]).output().expect("it runs");
    let printed = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{printed}");
    assert!(printed.contains("1 passed"), "{printed}");
}

#[test]
#[ignore = "run by the test above"]
fn each_weight_is_varied_in_a_process_of_its_own() {
    let mut cases = fixtures();
    cases.extend(open_cases());
    let before: Vec<_> = cases.par_iter().map(Case::first).collect();
    let mut changed = Vec::new();
    for (number, name) in NAMES.iter().enumerate() {
        for factor in FACTORS {
            varied::vary(number, factor);
            let after: Vec<_> = cases.par_iter().map(Case::first).collect();
            for ((case, before), after) in cases.iter().zip(&before).zip(after) {
                let identity =
                    |found: &Option<(String, String)>| found.as_ref().map(|(fingerprint, _)| fingerprint.clone());
                if identity(before) != identity(&after) {
                    let title = |found: &Option<(String, String)>| {
                        found.as_ref().map_or("nothing".to_owned(), |(_, title)| title.clone())
                    };
                    changed.push(format!(
                        "{name} × {factor}, {}:\n  {}\n  {}",
                        case.name,
                        title(before),
                        title(&after)
                    ));
                }
            }
        }
    }
    assert!(cases.len() > 50 && NAMES.len() > 50, "{} cases, {} weights", cases.len(), NAMES.len());
    assert!(changed.is_empty(), "{} of {}:\n{}", changed.len(), cases.len() * NAMES.len() * 2, changed.join("\n"));
}
