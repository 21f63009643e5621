//! `whydown explain ID`: one signature, or one exit code, as a page.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Args;

use super::exit::{self, Failure};
use super::look::Look;
use super::nearest::or_nearest;
use super::rule_dirs::RuleDirs;
use crate::classify::matcher::{self, Catalog, Signature};
use crate::report::signature;

/// Explain one signature, or one exit code.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  whydown explain gunicorn/worker-failed-to-boot\n  whydown explain exit-137\n\n`whydown rules list` prints the ids."
)]
pub struct Explain {
    /// Id of a signature, as reports print it, or exit-N
    id: String,
    #[command(flatten)]
    rules: RuleDirs,
    #[command(flatten)]
    look: Look,
}

/// What an id names.
pub enum Found<'c> {
    /// A signature.
    Signature(&'c Signature),
    /// An exit code.
    ExitCode(&'c matcher::ExitCode),
}

impl Explain {
    /// Prints the page.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        let user = self.rules.catalog()?;
        let catalog = user.as_deref().unwrap_or_else(|| Catalog::embedded());
        let options = self.look.options(true, std::io::stdout().is_terminal());
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        match find(catalog, &self.id)? {
            Found::Signature(found) => signature::page(found, options, &mut out)?,
            Found::ExitCode(found) => signature::exit_code_page(found, options, &mut out)?,
        }
        std::io::Write::flush(&mut out)?;
        Ok(ExitCode::from(exit::ANALYSED))
    }
}

/// What an id names: a signature, `exit-137`, `exit-codes/137`, `exit(137)` or `137`.
///
/// # Errors
/// [`Failure::Usage`] with the nearest ids.
pub fn find<'c>(catalog: &'c Catalog, id: &str) -> Result<Found<'c>, Failure> {
    if let Some(signature) = catalog.get(id) {
        return Ok(Found::Signature(signature));
    }
    if let Some(code) = exit_code(id) {
        let known = || catalog.exit_codes().map(|code| code.code.to_string()).collect::<Vec<_>>().join(", ");
        return catalog
            .exit_code(code)
            .map(Found::ExitCode)
            .ok_or_else(|| Failure::Usage(format!("exit code {code} is not described; these are: {}", known())));
    }
    let ids = catalog.signatures().iter().map(|signature| signature.id.as_str());
    let remedy = or_nearest(id, ids, "`whydown rules list` prints all ids");
    Err(Failure::Usage(format!("there is no signature `{}`; {remedy}", id.escape_debug())))
}

fn exit_code(id: &str) -> Option<i64> {
    let number = ["exit-codes/", "exit-code-", "exit-", "exit("].iter().find_map(|prefix| id.strip_prefix(prefix));
    number.unwrap_or(id).trim_end_matches(')').parse().ok()
}
