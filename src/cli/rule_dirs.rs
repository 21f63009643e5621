//! Which signatures are in force: the built-in ones, and the folders that the user names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::exit::Failure;
use crate::classify::matcher::Catalog;

/// The argument of every subcommand that needs the catalogue.
#[derive(Debug, Args)]
pub struct RuleDirs {
    /// Folder of signatures beside the built-in ones (`whydown rules`); may be repeated
    #[arg(long = "rules", value_name = "DIR")]
    pub rules: Vec<PathBuf>,
}

impl RuleDirs {
    /// The catalogue with the user's rules; `None` = the built-in one.
    ///
    /// # Errors
    /// [`Failure::Rules`] with everything that is wrong with the files.
    pub fn catalog(&self) -> Result<Option<Arc<Catalog>>, Failure> {
        Ok(with_folders(&self.rules)?.map(Arc::new))
    }
}

/// The built-in catalogue with some folders; `None` without any.
///
/// # Errors
/// [`Failure::Rules`] with everything that is wrong with the files.
pub fn with_folders(folders: &[PathBuf]) -> Result<Option<Catalog>, Failure> {
    let mut joined: Option<Catalog> = None;
    for folder in folders {
        let user = read(folder)?;
        let base = joined.as_ref().unwrap_or_else(|| Catalog::embedded());
        joined = Some(base.with(user).map_err(|problem| Failure::Rules(vec![problem]))?);
    }
    Ok(joined)
}

fn read(folder: &Path) -> Result<Catalog, Failure> {
    let (catalog, problems) = Catalog::read_dir(folder);
    if problems.is_empty() { Ok(catalog) } else { Err(Failure::Rules(problems)) }
}
