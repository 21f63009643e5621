//! The whole program: seven stages, in order. `analyze` is `scan` (bytes to facts) and `conclude` (facts to report).

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use crate::classify::Classifier;
use crate::classify::matcher::Catalog;
use crate::classify::redact;
use crate::classify::template::ShapeKey;
use crate::facts::clusters::{self, Clusters};
use crate::facts::patterns::{Found, PatternFacts};
use crate::facts::record::Recorder;
use crate::facts::seen::Seen;
use crate::facts::{Facts, Home, Settled};
use crate::ingest::Damage;
use crate::model::canary::CanaryReport;
use crate::model::patterns::Patterns;
use crate::model::report::{InputFile, Report};
use crate::model::tally::Tally;
use crate::model::timeline::TimelineReport;
use crate::reason::ignore::Ignore;
use crate::report::checks::Thresholds;
use crate::shard::Union;
use crate::shard::kept::{Draft, Hour, Kept};
use crate::state::State;
use crate::state::coverage::Coverage;
use crate::state::history::{self, Document};
use crate::{advise, ingest, reason, report, shard, state};

/// What to read and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Log files, folders, or `-` for standard input.
    pub inputs: Vec<PathBuf>,
    /// `gcloud run services describe` and the like.
    pub state_files: Vec<PathBuf>,
    /// How to read.
    pub ingest: ingest::Options,
    /// What to keep out of the report.
    pub redaction: redact::Level,
    /// What the user decided about the analysis.
    pub policy: Policy,
}

/// What the user decided about the analysis: what messages mean, and what to live with.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The catalogue with the user's rules; `None` = the built-in one.
    pub rules: Option<Arc<Catalog>>,
    /// Findings that may be suppressed.
    pub ignore: Ignore,
    /// Limits of the checks.
    pub thresholds: Thresholds,
}

impl Policy {
    /// The signatures in force.
    pub fn catalog(&self) -> &Catalog {
        self.rules.as_deref().unwrap_or_else(|| Catalog::embedded())
    }
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An input could not be read, or none of them is a log.
    #[error(transparent)]
    Ingest(#[from] ingest::Error),
    /// A Facts file could not be read or written.
    #[error(transparent)]
    Shard(#[from] shard::Error),
    /// A defect of whydown.
    #[error(transparent)]
    Columns(#[from] crate::facts::columns::ColumnsError),
    /// Revisions were named that cannot be compared.
    #[error(transparent)]
    Canary(#[from] reason::canary::Error),
    /// A defect of whydown.
    #[error("the report cannot be written down: {0}")]
    Report(#[from] serde_json::Error),
}

/// What reading gave: facts, and what describes the inputs. The first half of the work, and the half that can be
/// done in parts.
pub struct Scan {
    /// Counts and rows of all entries.
    pub facts: Facts,
    /// Inputs in the order of their names.
    pub files: Vec<InputFile>,
    /// What was wrong with them.
    pub damage: Vec<Damage>,
    /// Descriptions of services and revisions.
    pub documents: Vec<Document>,
    /// What to keep out of the report.
    pub redaction: redact::Level,
}

/// What the scan means before anything is called a cause: clusters, and what was running when.
pub struct Rebuilt {
    /// Facts at rest.
    pub settled: Settled,
    /// Clusters of entries.
    pub clusters: Clusters,
    /// Instances, revisions, deployments and traffic of each service.
    pub state: State,
    /// What the export holds and lacks.
    pub coverage: Coverage,
}

/// Reads everything and says why it broke.
pub fn analyze(options: &Options) -> Result<Report, Error> {
    conclude(scan(options)?, &options.policy)
}

/// Reads everything and compares each canary with its baseline.
pub fn canary(options: &Options, wanted: &reason::canary::Wanted) -> Result<CanaryReport, Error> {
    let scan = scan(options)?;
    let Rebuilt { settled, state, coverage, .. } = rebuild(scan.facts, &scan.documents, options.policy.catalog())?;
    let paths: Vec<String> = scan.files.into_iter().map(|file| file.path).collect();
    let report = reason::canary::canaries(&settled, &state, &coverage, wanted, &paths)?;
    Ok(advise::canary::with_actions(report))
}

/// Reads everything and puts what happened in order.
pub fn timeline(options: &Options) -> Result<TimelineReport, Error> {
    let scan = scan(options)?;
    let Rebuilt { settled, state, coverage, .. } = rebuild(scan.facts, &scan.documents, options.policy.catalog())?;
    let paths: Vec<String> = scan.files.into_iter().map(|file| file.path).collect();
    Ok(state::events::timeline(&settled, &state, &coverage, &paths))
}

/// Reads all inputs.
pub fn scan(options: &Options) -> Result<Scan, Error> {
    let start = Instant::now();
    let catalog = options.policy.catalog();
    let seen = Seen::default();
    let worker = || (Classifier::new(catalog).with_redaction(options.redaction), Facts::default());
    let read = ingest::read(&options.inputs, &options.ingest, worker, |(classifier, facts), entries| {
        facts.observe(classifier, &seen, entries);
    })?;
    let mut documents = read.state_documents;
    documents.extend(read_state_files(&options.state_files)?);
    let documents = documents.iter().flat_map(|document| history::parse_document(&document.json)).collect();
    tracing::debug!(elapsed = ?start.elapsed(), "read");
    // Nothing is read any more, and joining needs room.
    rayon::spawn(move || drop(seen));
    let facts = read.partials.into_iter().map(|(_, facts)| facts).reduce(Facts::merge).unwrap_or_default();
    tracing::debug!(entries = facts.entries, rows = facts.rows.len(), elapsed = ?start.elapsed(), "read and merged");
    Ok(Scan { facts, files: read.files, damage: read.damage, documents, redaction: options.redaction })
}

/// Reads all inputs like [`scan`]; exports that hold no entry, as gcloud writes them in a quiet hour, are no error.
pub fn scan_or_nothing(options: &Options) -> Result<Scan, Error> {
    or_nothing(scan(options))
}

/// Reads all inputs like [`scan_or_nothing`], and leaves their facts in a draft beside the kept ones.
pub fn scan_to_keep(options: &Options, kept: &Kept) -> Result<(Scan, Draft), Error> {
    let draft = kept.draft(scan_part(options, None)?)?;
    // What is told is what was written: a file that could not be joined later would show here.
    let mut union = Union::default();
    union.add_file(draft.checked())?;
    Ok((or_nothing(whole(union))?, draft))
}

fn or_nothing(outcome: Result<Scan, Error>) -> Result<Scan, Error> {
    match outcome {
        Err(Error::Ingest(error)) if error.is_empty_export() => Ok(Scan {
            facts: Facts::default(),
            files: Vec::new(),
            damage: Vec::new(),
            documents: Vec::new(),
            redaction: redact::Level::default(),
        }),
        outcome => outcome,
    }
}

/// Reads all inputs as a part of the whole, with what a merge needs to know. That nothing is a log is no error yet.
/// `name` replaces the path of the only input.
pub fn scan_part(options: &Options, name: Option<&str>) -> Result<Union, Error> {
    let catalog = options.policy.catalog();
    let seen = Seen::default();
    let worker = || (Classifier::new(catalog), Facts::default(), Recorder::default());
    let read =
        ingest::read_part(&options.inputs, &options.ingest, worker, |(classifier, facts, recorder), entries| {
            recorder.observe(facts, classifier, &seen, entries);
        })?;
    let read = read.map(|(_, facts, recorder)| (facts, recorder));
    let (part, records) =
        shard::part(read, &read_state_files(&options.state_files)?, name, options.ingest.filter.scope())?;
    let mut union = Union::default();
    union.add(part, records)?;
    Ok(union)
}

/// Joins Facts files, and every `.facts` file in folders.
pub fn join(shards: &[PathBuf], state_files: &[PathBuf]) -> Result<Union, Error> {
    join_with(shards, &[], state_files)
}

/// Joins Facts files, and every `.facts` file in folders, and what was kept of past runs.
pub fn join_with(shards: &[PathBuf], hours: &[Hour], state_files: &[PathBuf]) -> Result<Union, Error> {
    let start = Instant::now();
    let mut union = Union::default();
    let hours = hours.iter().map(|hour| hour.checked.clone());
    for checked in shard::list(shards)?.into_iter().chain(hours) {
        union.add_file(checked)?;
    }
    union.describe(shard::described(&read_state_files(state_files)?));
    tracing::debug!(elapsed = ?start.elapsed(), "shards read");
    Ok(union)
}

/// What one process would have read.
pub fn whole(union: Union) -> Result<Scan, Error> {
    let start = Instant::now();
    let whole = union.finish(|_, _| Ok(()))?;
    tracing::debug!(entries = whole.facts.entries, elapsed = ?start.elapsed(), "joined");
    let unrecognised = whole.unrecognised();
    let read: ingest::Read<()> = ingest::Read {
        partials: Vec::new(),
        files: whole.files.into_iter().map(|file| file.info).collect(),
        damage: whole.damage,
        state_documents: Vec::new(),
        filtered_out: u64::from(whole.is_filtered),
        unrecognised,
    };
    let ingest::Read { files, damage, .. } = read.judged()?;
    let documents = whole.documents.into_iter().map(|described| described.document).collect();
    Ok(Scan { facts: whole.facts, files, damage, documents, redaction: redact::Level::default() })
}

fn read_state_files(paths: &[PathBuf]) -> Result<Vec<ingest::StateDocument>, ingest::Error> {
    let mut documents = Vec::new();
    for path in paths {
        documents.extend(ingest::read_state_file(path)?);
    }
    Ok(documents)
}

/// Puts facts to rest, clusters them and rebuilds what was running, without secrets. The catalogue is that of the scan.
pub fn rebuild(facts: Facts, documents: &[Document], catalog: &Catalog) -> Result<Rebuilt, Error> {
    rebuild_as(facts, documents, catalog, redact::Level::default())
}

fn rebuild_as(
    mut facts: Facts,
    documents: &[Document],
    catalog: &Catalog,
    redaction: redact::Level,
) -> Result<Rebuilt, Error> {
    let start = Instant::now();
    // A transcript of a pipeline names an app seldom; the documents beside it do.
    for document in documents {
        if let Some(platform) = document.platform {
            let (project, location) = (document.project.clone(), document.location.clone());
            facts.expect(&document.service, Home { platform, project, location });
        }
    }
    facts.unite_homes();
    facts.adopt_nameless();
    let settled = facts.settle(&Classifier::new(catalog).with_redaction(redaction));
    tracing::debug!(elapsed = ?start.elapsed(), "settled");
    let (clusters, (state, coverage)) = rayon::join(
        || clusters::clusters(&settled),
        || (state::rebuild(&settled, documents), state::coverage::coverage(&settled)),
    );
    let clusters = clusters?;
    tracing::debug!(clusters = clusters.list.len(), elapsed = ?start.elapsed(), "clustered and rebuilt");
    Ok(Rebuilt { settled, clusters, state, coverage })
}

/// From what was read to the report. The policy is that of the scan.
pub fn conclude(scan: Scan, policy: &Policy) -> Result<Report, Error> {
    Ok(conclude_with_tally(scan, policy, None)?.report)
}

/// The report, and what was asked for beside it.
pub struct Concluded {
    /// The report.
    pub report: Report,
    /// Figures by window; empty where none were asked for.
    pub tally: Tally,
}

/// From what was read to the report, and the figures that later runs are compared with: by windows of
/// `window_seconds`, a whole number of minutes, or none.
pub fn conclude_with_tally(scan: Scan, policy: &Policy, window_seconds: Option<i64>) -> Result<Concluded, Error> {
    let catalog = policy.catalog();
    let Rebuilt { settled, clusters, state, coverage } =
        rebuild_as(scan.facts, &scan.documents, catalog, scan.redaction)?;
    let start = Instant::now();
    let paths: Vec<String> = scan.files.iter().map(|file| file.path.clone()).collect();
    let reasoned = reason::reason(&settled, &clusters, &state, catalog, &paths, &policy.ignore, &coverage);
    tracing::debug!(findings = reasoned.drafts.len(), elapsed = ?start.elapsed(), "reasoned");
    let tally = window_seconds.map(|seconds| reason::tally::tally(&settled, &state, &coverage, &reasoned, seconds));
    let mut advised = advise::advise(&reasoned, &state, &coverage, catalog, &paths);
    advised.notices.extend(policy.ignore.notices(catalog, coverage.last()));
    let parts = report::compose::Parts {
        files: scan.files,
        damage: &scan.damage,
        settled: &settled,
        clusters: &clusters,
        state: &state,
        coverage: &coverage,
        suppressed: reasoned.suppressed,
        ruled_out: reasoned.ruled_out,
        findings: advised.findings,
        notices: advised.notices,
        thresholds: &policy.thresholds,
    };
    tracing::debug!(elapsed = ?start.elapsed(), "advised");
    let report = report::compose::compose(parts);
    tracing::debug!(elapsed = ?start.elapsed(), "composed");
    let report = report::gate::pass(&report, scan.redaction)?;
    tracing::debug!(elapsed = ?start.elapsed(), "passed for secrets");
    // Megabytes that nobody waits for.
    rayon::spawn(move || drop((settled, clusters, state, coverage)));
    Ok(Concluded { report, tally: tally.unwrap_or_default() })
}

/// Reads all inputs and says which kinds of messages they hold, and when. Nothing is reasoned about.
pub fn patterns(options: &Options) -> Result<Patterns, Error> {
    let start = Instant::now();
    let seen = Seen::default();
    let worker = || (Classifier::new(options.policy.catalog()), PatternFacts::default());
    let read = ingest::read(&options.inputs, &options.ingest, worker, |(classifier, facts), entries| {
        facts.observe(classifier, &seen, entries);
    })?;
    let facts = read.partials.into_iter().map(|(_, facts)| facts).reduce(PatternFacts::merge).unwrap_or_default();
    tracing::debug!(elapsed = ?start.elapsed(), "read and merged");
    let patterns = facts.mine().describe(read.files);
    tracing::debug!(patterns = patterns.patterns.len(), elapsed = ?start.elapsed(), "mined");
    Ok(patterns)
}

/// The templates of plain text, one message a line, and which line has which.
pub fn patterns_of_lines(paths: &[PathBuf]) -> Result<(Found, Vec<ShapeKey>), Error> {
    let mut facts = PatternFacts::default();
    let mut keys = Vec::new();
    for path in paths {
        ingest::read_lines(path, |line| keys.push(facts.line(line)))?;
    }
    Ok((facts.mine(), keys))
}
