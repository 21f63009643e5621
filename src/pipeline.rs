//! The whole program in one function: seven stages, in order.

use std::path::PathBuf;

use crate::classify::Classifier;
use crate::classify::matcher::Catalog;
use crate::facts::seen::Seen;
use crate::facts::{Facts, clusters};
use crate::model::report::Report;
use crate::state::history;
use crate::{advise, ingest, reason, report, state};

/// What to read and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Log files, folders, or `-` for standard input.
    pub inputs: Vec<PathBuf>,
    /// `gcloud run services describe` and the like.
    pub state_files: Vec<PathBuf>,
    /// How to read.
    pub ingest: ingest::Options,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An input could not be read, or none of them is a log.
    #[error(transparent)]
    Ingest(#[from] ingest::Error),
    /// A defect of whydown.
    #[error(transparent)]
    Columns(#[from] crate::facts::columns::ColumnsError),
}

/// Reads everything and says why it broke.
pub fn analyze(options: &Options) -> Result<Report, Error> {
    let start = std::time::Instant::now();
    let catalog = Catalog::embedded();
    let seen = Seen::default();
    let worker = || (Classifier::new(catalog), Facts::default());
    let read = ingest::read(&options.inputs, &options.ingest, worker, |(classifier, facts), entry| {
        facts.observe(classifier, &seen, entry);
    })?;
    let mut documents = read.state_documents;
    for path in &options.state_files {
        documents.extend(ingest::read_state_file(path)?);
    }
    let documents: Vec<_> = documents.iter().flat_map(|document| history::parse_document(&document.json)).collect();
    let facts = read.partials.into_iter().map(|(_, facts)| facts).fold(Facts::default(), Facts::merge);
    tracing::debug!(entries = facts.entries, rows = facts.rows.len(), elapsed = ?start.elapsed(), "read and merged");
    let settled = facts.settle(&Classifier::new(catalog));
    let clusters = clusters::clusters(&settled)?;
    tracing::debug!(clusters = clusters.list.len(), elapsed = ?start.elapsed(), "clustered");
    let state = state::rebuild(&settled, &documents);
    let coverage = state::coverage::coverage(&settled);
    let paths: Vec<String> = read.files.iter().map(|file| file.path.clone()).collect();
    let reasoned = reason::reason(&settled, &clusters, &state, catalog, &paths);
    tracing::debug!(findings = reasoned.drafts.len(), elapsed = ?start.elapsed(), "reasoned");
    let advised = advise::advise(&reasoned, &state, &coverage, catalog, &paths);
    let parts = report::compose::Parts {
        files: read.files,
        damage: &read.damage,
        settled: &settled,
        clusters: &clusters,
        state: &state,
        coverage: &coverage,
        ruled_out: reasoned.ruled_out,
        findings: advised.findings,
        notices: advised.notices,
    };
    Ok(report::compose::compose(parts))
}
