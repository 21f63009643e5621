//! The rendered examples of `reports/examples`, which the README shows. `UPDATE_EXPECT=1` rewrites them.

use expect_test::expect_file;
use whydown::report::{self, Options};

use crate::formats::FORMATS;
use crate::support::{analyze, incidents, root};

/// Fixtures that stand in the README or show one kind of report each.
const SHOWN: [&str; 4] = [
    "import-error-behind-tcp-probe",
    "failed-deploy-old-still-serving",
    "bad-revision-with-rollback-target",
    "healthy-rollout",
];

#[test]
fn the_examples_are_what_the_program_prints() {
    std::env::set_current_dir(root()).expect("the root is there");
    for name in SHOWN {
        let incident = incidents().into_iter().find(|incident| incident.name == name).expect("a shown fixture");
        let relative = |paths: Vec<std::path::PathBuf>| -> Vec<std::path::PathBuf> {
            paths.into_iter().map(|path| path.strip_prefix(root()).map(ToOwned::to_owned).unwrap_or(path)).collect()
        };
        let report = analyze(&relative(incident.inputs()), &relative(incident.state_files()), 2);
        for (format, ending) in FORMATS {
            let mut bytes = Vec::new();
            let options = Options { width: 80, color: false, full: false };
            report::render(&report, format, &options, &mut bytes).expect("a vector takes everything");
            let text = String::from_utf8(bytes).expect("UTF-8");
            expect_file![root().join(format!("reports/examples/{name}.{ending}"))].assert_eq(&text);
        }
    }
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the README");
    let example = std::fs::read_to_string(root().join("reports/examples/import-error-behind-tcp-probe.txt"))
        .expect("the example");
    let shown = readme.split("```text\n").nth(1).and_then(|rest| rest.split("\n```").next()).expect("an excerpt");
    assert!(example.starts_with(shown), "the README's excerpt is not the beginning of the example");
}
