//! A user's folder of signatures: the format of the built-in catalogue, read strictly.
//!
//! In: a folder. Out: a [`Catalog`] of its files alone, or what is wrong with each; [`Catalog::with`] joins two. A
//! file replaces a built-in one of the same id only when it says `override = true`: a name that two people
//! happened to choose must not change what the program says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Catalog, CatalogError, ExitCode, Signature, id_of, is_exit_code};

/// Most files read from a user's folder.
const FILES_MAX: usize = 2_000;
/// Largest file, in bytes; a signature has one or two thousand.
const FILE_BYTES_MAX: u64 = 256 * 1024;

impl Catalog {
    /// Reads a user's folder of signatures, strictly, subfolders included.
    ///
    /// # Errors
    /// The first problem found, in path order, with the file, the key and the remedy.
    pub fn from_dir(dir: &Path) -> Result<Self, CatalogError> {
        let (catalog, problems) = Self::read_dir(dir);
        problems.into_iter().next().map_or(Ok(catalog), Err)
    }

    /// The usable files of a user's folder, and the first problem of each of the others, in path order.
    pub fn read_dir(dir: &Path) -> (Self, Vec<CatalogError>) {
        let mut paths = Vec::new();
        let mut problems: Vec<CatalogError> = list_toml(dir, &mut paths).err().into_iter().collect();
        paths.sort();
        if paths.is_empty() && problems.is_empty() {
            let remedy = "name the folder that holds <family>/<name>.toml; `whydown rules show ID` prints a model";
            problems.push(invalid(dir, "folder", "holds no .toml file".to_owned(), remedy));
        }
        let mut signatures = Vec::new();
        let mut exit_codes = BTreeMap::new();
        for path in &paths {
            let read = if is_exit_code(&id_below(dir, path)) {
                exit_code(dir, path).and_then(|code| keep(&mut exit_codes, code, path))
            } else {
                signature(dir, path).map(|signature| signatures.push(signature))
            };
            problems.extend(read.err());
        }
        (Self::build(signatures, exit_codes), problems)
    }

    /// This catalogue with a user's.
    ///
    /// # Errors
    /// [`CatalogError::Invalid`] when the user's has an id or exit code that this one has, without
    /// `override = true`, or says so about one that this one lacks.
    pub fn with(&self, user: Self) -> Result<Self, CatalogError> {
        let mut by_id: BTreeMap<String, Signature> =
            self.signatures.iter().map(|signature| (signature.id.clone(), signature.clone())).collect();
        for signature in user.signatures {
            let what = format!("signature `{}`", signature.id);
            may_stand(&signature.path(), &what, signature.overrides, by_id.contains_key(&signature.id))?;
            by_id.insert(signature.id.clone(), signature);
        }
        let mut exit_codes = self.exit_codes.clone();
        for (number, code) in user.exit_codes {
            let what = format!("exit code {number}");
            may_stand(&code.path(), &what, code.overrides, exit_codes.contains_key(&number))?;
            exit_codes.insert(number, code);
        }
        Ok(Self::build(by_id.into_values().collect(), exit_codes))
    }
}

impl Signature {
    /// The user's file, or the place in the built-in catalogue.
    pub fn path(&self) -> PathBuf {
        self.file.clone().unwrap_or_else(|| PathBuf::from(format!("{}.toml", self.id)))
    }
}

impl ExitCode {
    /// The user's file, or the place in the built-in catalogue.
    pub fn path(&self) -> PathBuf {
        self.file.clone().unwrap_or_else(|| PathBuf::from(format!("{}/{}.toml", super::EXIT_CODES, self.code)))
    }
}

/// Whether a user's `what` may stand, given that one of its name exists or not.
fn may_stand(path: &Path, what: &str, says_so: bool, exists: bool) -> Result<(), CatalogError> {
    match (says_so, exists) {
        (false, true) => Err(invalid(
            path,
            "override",
            format!("there is a {what} already"),
            "rename the file, or write `override = true` at its top to replace the other one",
        )),
        (true, false) => Err(invalid(
            path,
            "override",
            format!("there is no {what} to replace"),
            "correct the name of the file, which is its id, or remove the key",
        )),
        _ => Ok(()),
    }
}

fn keep(codes: &mut BTreeMap<i64, ExitCode>, code: ExitCode, path: &Path) -> Result<(), CatalogError> {
    if codes.contains_key(&code.code) {
        let problem = format!("{} is described in another file of this folder", code.code);
        return Err(invalid(path, "code", problem, "keep one file for each exit code"));
    }
    codes.insert(code.code, code);
    Ok(())
}

fn signature(dir: &Path, path: &Path) -> Result<Signature, CatalogError> {
    let mut signature = Signature::parse(&id_below(dir, path), &text_of(path)?).map_err(|error| at(error, path))?;
    signature.file = Some(path.to_owned());
    Ok(signature)
}

fn exit_code(dir: &Path, path: &Path) -> Result<ExitCode, CatalogError> {
    let mut code = ExitCode::parse(&id_below(dir, path), &text_of(path)?).map_err(|error| at(error, path))?;
    code.file = Some(path.to_owned());
    Ok(code)
}

fn id_below(dir: &Path, path: &Path) -> String {
    id_of(path.strip_prefix(dir).unwrap_or(path))
}

fn text_of(path: &Path) -> Result<String, CatalogError> {
    let unreadable = |source| CatalogError::Read { path: path.to_owned(), source };
    let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    if bytes > FILE_BYTES_MAX {
        let problem = format!("{bytes} bytes are more than {FILE_BYTES_MAX}");
        return Err(invalid(path, "file", problem, "keep one signature a file"));
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

fn list_toml(dir: &Path, paths: &mut Vec<PathBuf>) -> Result<(), CatalogError> {
    let unreadable = |source| CatalogError::Read { path: dir.to_owned(), source };
    for entry in std::fs::read_dir(dir).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        // `file_type` does not follow links, so a folder linked into itself cannot loop.
        if entry.file_type().map_err(unreadable)?.is_dir() {
            list_toml(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
        if paths.len() > FILES_MAX {
            let problem = format!("more than {FILES_MAX} files");
            return Err(invalid(dir, "folder", problem, "name the folder that holds the rules alone"));
        }
    }
    Ok(())
}

fn invalid(path: &Path, key: &'static str, problem: String, remedy: &'static str) -> CatalogError {
    CatalogError::Invalid { path: path.to_owned(), key, problem, remedy }
}

/// The same error with the path the user knows.
fn at(error: CatalogError, path: &Path) -> CatalogError {
    let path = path.to_owned();
    match error {
        CatalogError::Read { source, .. } => CatalogError::Read { path, source },
        CatalogError::Format { problem, .. } => CatalogError::Format { path, problem },
        CatalogError::Invalid { key, problem, remedy, .. } => CatalogError::Invalid { path, key, problem, remedy },
    }
}

#[cfg(test)]
mod tests;
