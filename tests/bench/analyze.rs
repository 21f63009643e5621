//! The whole path and its stages over a generated incident: `cargo bench`.
//!
//! The input is made by a seeded generator in the real shapes, so no large file is kept in the project.

use std::path::PathBuf;

use divan::counter::BytesCount;
use whydown::classify::matcher::Catalog;
use whydown::model::{Platform, Stream};
use whydown::pipeline::{self, Options};
use whydown::report::Format;

fn main() {
    divan::main();
}

/// One instance's crash at boot, as NDJSON: start, chatter, traceback, exit.
fn incident(instances: usize) -> String {
    let mut text = String::new();
    for number in 0..instances {
        let second = number * 9;
        let time = |offset: usize| {
            let at = second + offset / 1_000;
            format!("2026-03-02T{:02}:{:02}:{:02}.{:03}Z", at / 3_600 % 24, at / 60 % 60, at % 60, offset % 1_000)
        };
        let mut entry = |log: &str, offset: usize, severity: &str, message: &str| {
            text.push_str(&format!(
                r#"{{"insertId":"{number:08x}{offset:06x}","labels":{{"instanceId":"00f1{number:060x}"}},"logName":"projects/acme-shop/logs/run.googleapis.com%2F{log}","resource":{{"labels":{{"configuration_name":"orders-api","location":"europe-west1","project_id":"acme-shop","revision_name":"orders-api-00041-kx7","service_name":"orders-api"}},"type":"cloud_run_revision"}},{severity}"textPayload":{message},"timestamp":"{}"}}"#,
                time(offset)
            ));
            text.push('\n');
        };
        entry(
            "varlog%2Fsystem",
            0,
            r#""severity":"INFO","#,
            r#""Starting new instance. Reason: AUTOSCALING - Instance started due to configured scaling factors (e.g. CPU utilization, request throughput, etc.) or no existing capacity for current traffic.""#,
        );
        for line in 0..40 {
            entry(
                "stdout",
                1_000 + line * 20,
                "",
                &format!(
                    r#""2026-03-02 10:00:00,{line:03} - orders.boot - INFO - component {line} of instance {number} is ready""#
                ),
            );
        }
        entry(
            "stderr",
            2_500,
            r#""severity":"ERROR","#,
            r#""Traceback (most recent call last):\n  File \"/usr/local/lib/python3.12/site-packages/gunicorn/arbiter.py\", line 608, in spawn_worker\n    worker.init_process()\n  File \"/app/orders/main.py\", line 7, in <module>\n    from orders.billing import Ledger\nModuleNotFoundError: No module named 'orders.billing'""#,
        );
        entry("stderr", 2_700, "", r#""[2026-03-02 10:00:02 +0000] [1] [ERROR] Reason: Worker failed to boot.""#);
        entry("varlog%2Fsystem", 2_800, r#""severity":"WARNING","#, r#""Container called exit(3).""#);
    }
    text
}

fn write(instances: usize) -> (PathBuf, u64) {
    let text = incident(instances);
    let path = std::env::temp_dir().join(format!("whydown-bench-{instances}.ndjson"));
    std::fs::write(&path, &text).expect("a writable temporary folder");
    (path, text.len() as u64)
}

/// The whole `analyze`, from the file to the report.
#[divan::bench(args = [10, 100, 1_000])]
fn whole(bencher: divan::Bencher, instances: usize) {
    let (path, bytes) = write(instances);
    let options = Options { inputs: vec![path], ..Options::default() };
    bencher
        .counter(BytesCount::new(bytes))
        .bench(|| pipeline::analyze(&options).expect("the generated file is readable"));
}

/// Reading alone: bytes to entries.
#[divan::bench(args = [1_000])]
fn ingest(bencher: divan::Bencher, instances: usize) {
    let (path, bytes) = write(instances);
    let inputs = [path];
    let options = whydown::ingest::Options::default();
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        whydown::ingest::read(&inputs, &options, || 0, |count, entries| *count += entries.len())
            .expect("the generated file is readable")
            .partials
    });
}

/// Reading, classifying and keeping: bytes to facts.
#[divan::bench(args = [1_000])]
fn scan(bencher: divan::Bencher, instances: usize) {
    let (path, bytes) = write(instances);
    let options = Options { inputs: vec![path], ..Options::default() };
    bencher.counter(BytesCount::new(bytes)).bench(|| pipeline::scan(&options).expect("the generated file is readable"));
}

/// Facts at rest, clusters, deployments, instances and traffic.
#[divan::bench(args = [1_000])]
fn rebuild(bencher: divan::Bencher, instances: usize) {
    let (path, _) = write(instances);
    let options = Options { inputs: vec![path], ..Options::default() };
    bencher.with_inputs(|| pipeline::scan(&options).expect("the generated file is readable")).bench_values(|scan| {
        pipeline::rebuild(scan.facts, &scan.documents, Catalog::embedded()).expect("facts can be put to rest")
    });
}

/// Everything behind reading: facts to the report.
#[divan::bench(args = [1_000])]
fn conclude(bencher: divan::Bencher, instances: usize) {
    let (path, _) = write(instances);
    let options = Options { inputs: vec![path], ..Options::default() };
    bencher
        .with_inputs(|| pipeline::scan(&options).expect("the generated file is readable"))
        .bench_values(|scan| pipeline::conclude(scan, &options.policy).expect("facts give a report"));
}

/// The report as text.
#[divan::bench(args = [1_000])]
fn render(bencher: divan::Bencher, instances: usize) {
    let (path, _) = write(instances);
    let options = Options { inputs: vec![path], ..Options::default() };
    let report = pipeline::analyze(&options).expect("the generated file is readable");
    let look = whydown::report::Options { width: 100, color: false, full: false };
    bencher.bench(|| {
        let mut page = Vec::new();
        whydown::report::render(&report, Format::Text, &look, &mut page).expect("a vector takes everything");
        page
    });
}

/// Matching one text against the whole catalogue.
#[divan::bench(args = ["Container called exit(3).", "component 12 of instance 7 is ready"])]
fn matching(bencher: divan::Bencher, text: &str) {
    let catalog = Catalog::embedded();
    bencher.bench(|| catalog.find(Platform::CloudRun, Stream::Stderr, divan::black_box(text)).is_some());
}
