//! A stored report: from the bytes of `--format json` to the report they were written from.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::escape;
use crate::model::report::{Report, SCHEMA_VERSION};

/// Why a file is no report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read.
    #[error("{}: cannot be read: {source}; name a file that `whydown analyze … --format json` wrote", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is no JSON, or JSON of something else. The message of the parser names line and column.
    #[error("{}: not a whydown report: {reason}; make one with `whydown analyze … --format json`", path.display())]
    NotAReport {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        reason: String,
    },
    /// A later version wrote it in another way.
    #[error(
        "{}: schema_version is {found}, and this whydown reads {SCHEMA_VERSION}; use the whydown that wrote it, or analyse the logs again",
        path.display()
    )]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
}

/// Only what every version has.
#[derive(Deserialize)]
struct Head {
    schema_version: u32,
}

/// Reads a report; `-` is standard input.
pub fn read(path: &Path) -> Result<Report, Error> {
    let unreadable = |source| Error::Unreadable { path: path.to_owned(), source };
    let bytes = if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes).map_err(unreadable)?;
        bytes
    } else {
        std::fs::read(path).map_err(unreadable)?
    };
    parse(path, &bytes)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Report, Error> {
    let wrong = |error: serde_json::Error| Error::NotAReport {
        path: path.to_owned(),
        reason: escape::line(&error.to_string(), 300),
    };
    // The version first: another one may lack what this one asks for.
    let head: Head = serde_json::from_slice(bytes).map_err(wrong)?;
    if head.schema_version != SCHEMA_VERSION {
        return Err(Error::OtherVersion { path: path.to_owned(), found: head.schema_version });
    }
    serde_json::from_slice(bytes).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::parse;

    #[test]
    fn the_message_names_the_file_the_place_and_the_remedy() {
        for (bytes, words) in [
            (&b"{\"schema_version\": 9}"[..], ["old.json", "schema_version is 9", "analyse the logs again"]),
            (b"{\n  \"schema_version\": 1,\n  \"x\": }", ["old.json", "line 3", "--format json"]),
            (b"[]", ["old.json", "line 1", "--format json"]),
        ] {
            let message = parse(Path::new("old.json"), bytes).unwrap_err().to_string();
            assert!(words.iter().all(|word| message.contains(word)), "{message}");
        }
    }
}
