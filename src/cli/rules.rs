//! `whydown rules list|show|test`: the signatures in force, as a table, as their file, and against their examples.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};

use super::exit::{self, Failure};
use super::explain::{Found, find};
use super::rule_dirs::{RuleDirs, with_folders};
use crate::classify::matcher::Catalog;
use crate::report::signature;

/// List, print and test signatures: the built-in ones and your own.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  whydown rules show node/port-in-use > rules/shop/port-in-use.toml\n  whydown rules test rules/"
)]
pub struct Rules {
    #[command(subcommand)]
    command: Job,
}

#[derive(Debug, Subcommand)]
enum Job {
    /// List every signature and exit code
    #[command(after_help = "Examples:\n  whydown rules list\n  whydown rules list --rules rules/ --format json")]
    List {
        #[command(flatten)]
        rules: RuleDirs,
        /// Form of the list
        #[arg(long, value_enum, default_value_t = ListFormat::Text)]
        format: ListFormat,
    },
    /// Print the file of one signature or exit code, as a model for your own
    #[command(
        after_help = "Examples:\n  whydown rules show database/disk-full\n  whydown rules show exit-137 > rules/exit-codes/137.toml"
    )]
    Show {
        /// Id of a signature, or exit-N
        id: String,
        #[command(flatten)]
        rules: RuleDirs,
    },
    /// Try every example, every near miss, and whether one signature takes another's
    #[command(
        after_help = "Examples:\n  whydown rules test rules/\n  whydown rules test\n\nExit code 2 when an example does not do what it says."
    )]
    Test {
        /// Folder of signatures, held against the built-in ones [default: --rules or the settings; else the built-in ones]
        dir: Option<PathBuf>,
        #[command(flatten)]
        rules: RuleDirs,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ListFormat {
    Text,
    Json,
}

impl Rules {
    /// Does it.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        match &self.command {
            Job::List { rules, format } => {
                let user = rules.catalog()?;
                let catalog = user.as_deref().unwrap_or_else(|| Catalog::embedded());
                match format {
                    ListFormat::Text => signature::list(catalog, &mut out)?,
                    ListFormat::Json => signature::list_json(catalog, &mut out)?,
                }
            }
            Job::Show { id, rules } => {
                let user = rules.catalog()?;
                let text = match find(user.as_deref().unwrap_or_else(|| Catalog::embedded()), id)? {
                    Found::Signature(found) => found.source(),
                    Found::ExitCode(found) => found.source(),
                };
                writeln!(out, "{}", text.trim_end())?;
            }
            Job::Test { dir, rules } => test(dir.as_ref(), &rules.rules, &mut out)?,
        }
        out.flush()?;
        Ok(ExitCode::from(exit::ANALYSED))
    }
}

fn test(dir: Option<&PathBuf>, configured: &[PathBuf], out: &mut dyn Write) -> Result<(), Failure> {
    let folders = dir.map_or(configured, std::slice::from_ref);
    // Unreadable files of every folder are told together, before one folder meets another.
    let broken: Vec<_> = folders.iter().flat_map(|folder| Catalog::read_dir(folder).1).collect();
    if !broken.is_empty() {
        return Err(Failure::Rules(broken));
    }
    let user = with_folders(folders)?;
    let catalog = user.as_ref().unwrap_or_else(|| Catalog::embedded());
    let problems = catalog.prove();
    if !problems.is_empty() {
        return Err(Failure::Rules(problems));
    }
    let own = catalog.signatures().iter().filter(|signature| signature.file.is_some()).count();
    let own_codes = catalog.exit_codes().filter(|code| code.file.is_some()).count();
    let examples: usize = catalog.signatures().iter().map(|signature| signature.examples().len()).sum();
    writeln!(out, "signatures  {own} of yours, {} built-in", catalog.signatures().len() - own)?;
    writeln!(out, "exit codes  {own_codes} of yours, {} built-in", catalog.exit_codes().count() - own_codes)?;
    writeln!(out, "examples    {examples}, each does what it says and none is taken by another signature")?;
    Ok(())
}
