//! Reads a report that `whydown analyze --format json` wrote.

use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use crate::model::report::{Report, SCHEMA_VERSION};

/// Why a file is no report; the message names the file, the place and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Open {
        /// As given.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is JSON of another kind, or none.
    #[error(
        "{path} is no whydown report: {source}\n  make one with: whydown analyze EXPORT --format json > report.json"
    )]
    NoReport {
        /// As given.
        path: String,
        /// What is wrong, and where.
        source: serde_json::Error,
    },
    /// Its schema is another one.
    #[error(
        "{path} has schema version {found}, and this whydown knows version {SCHEMA_VERSION}\n  analyse the export again with this version"
    )]
    OtherSchema {
        /// As given.
        path: String,
        /// Its version.
        found: u32,
    },
}

/// Reads a report; `-` is standard input.
pub fn read(path: &Path) -> Result<Report, Error> {
    let name = path.display().to_string();
    let bytes = if name == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    let bytes = bytes.map_err(|source| Error::Open { path: name.clone(), source })?;
    parse(&name, &bytes)
}

fn parse(name: &str, bytes: &[u8]) -> Result<Report, Error> {
    #[derive(Deserialize)]
    struct Versioned {
        schema_version: u32,
    }
    let no_report = |source| Error::NoReport { path: name.to_owned(), source };
    let Versioned { schema_version: found } = serde_json::from_slice(bytes).map_err(no_report)?;
    if found != SCHEMA_VERSION {
        return Err(Error::OtherSchema { path: name.to_owned(), found });
    }
    serde_json::from_slice(bytes).map_err(no_report)
}
