//! What matching costs with 100 and with 1,000 signatures: `cargo bench --bench catalog`.
//!
//! The signatures are made for it: real-shaped files of a user's folder, read by the strict loader. What is timed
//! is the way of one entry's text through the catalogue. The cost may follow the text, and must not follow the
//! number of signatures.

use divan::counter::BytesCount;
use whydown::classify::matcher::Catalog;
use whydown::model::{Platform, Stream};

const SIZES: [usize; 2] = [100, 1_000];

fn main() {
    divan::main();
}

/// Syllables, so that the names differ as words do and share beginnings as words do.
const SYLLABLES: [&str; 16] =
    ["cor", "den", "fal", "gim", "hos", "jur", "kel", "lam", "mor", "nip", "pol", "qua", "rin", "sto", "tev", "wex"];

fn name(number: usize) -> String {
    [number, number / 16, number / 256].map(|digit| SYLLABLES[digit % 16]).concat()
}

fn catalog(signatures: usize) -> Catalog {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("bench")).expect("writable");
    for number in 0..signatures {
        let name = name(number);
        let text = format!(
            "title = \"The {name} store refused {{key}}\"\nplatform = \"any\"\nrole = \"cause\"\n\
             category = \"upstream\"\npriority = {}\n[match]\nliterals = [\"{name} store refused\", \"{name}Error\"]\n\
             regex = '{name}(?:Error| store refused)[^\\n]{{0,80}}? key (?P<key>\\S+)'\nidentity = [\"key\"]\n\
             [advice]\nmeaning = \"It is full.\"\n[[example]]\nmatch = true\ntext = \"{name} store refused key a\"\n\
             [[example]]\nmatch = false\ntext = \"{name} store took the key\"\n",
            number % 100
        );
        std::fs::write(folder.path().join(format!("bench/s{number}.toml")), text).expect("writable");
    }
    let catalog = Catalog::from_dir(folder.path()).expect("the generated files are sound");
    assert_eq!(catalog.signatures().len(), signatures);
    catalog
}

fn time(bencher: divan::Bencher, signatures: usize, text: &str, matches: bool) {
    let catalog = catalog(signatures);
    assert_eq!(catalog.find(Platform::CloudRun, Stream::Stderr, text).is_some(), matches);
    bencher
        .counter(BytesCount::new(text.len()))
        .bench(|| catalog.find(Platform::CloudRun, Stream::Stderr, divan::black_box(text)).is_some());
}

/// A healthy line: nine of ten entries.
#[divan::bench(args = SIZES)]
fn healthy_line(bencher: divan::Bencher, signatures: usize) {
    time(bencher, signatures, "2026-03-02 10:00:00,123 - orders.boot - INFO - component 12 is ready in 41 ms", false);
}

/// A line with the literal of one signature.
#[divan::bench(args = SIZES)]
fn matching_line(bencher: divan::Bencher, signatures: usize) {
    let text = format!("2026-03-02 10:00:00 ERROR the {} store refused to write key orders/7", name(77));
    time(bencher, signatures, &text, true);
}

/// A traceback of 8 kB that nothing knows.
#[divan::bench(args = SIZES)]
fn long_traceback(bencher: divan::Bencher, signatures: usize) {
    let frame = "  File \"/app/orders/routing.py\", line 47, in mount_all\n    raise RuntimeError(error) from None\n";
    let text = format!("Traceback (most recent call last):\n{}RuntimeError: boom", frame.repeat(80));
    time(bencher, signatures, &text, false);
}

/// Reading and checking a folder, which happens once a run.
#[divan::bench(args = SIZES, sample_count = 5)]
fn loading(bencher: divan::Bencher, signatures: usize) {
    bencher.bench(|| catalog(signatures).signatures().len());
}
