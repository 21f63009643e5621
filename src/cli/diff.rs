//! `whydown diff OLD.json NEW.json`: what changed between two reports.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::exit::{self, Failure};
use super::layout::Layout;
use crate::compare::diff;
use crate::compare::judge::Standing;
use crate::report::{compared, read};

/// Compare two reports: findings that appeared, went, or became worse, and what was deployed in between.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  whydown diff monday.json tuesday.json
  whydown diff old.json new.json --format markdown --fail-on appeared,worse")]
pub struct Diff {
    /// Older report (analyze --format json)
    old: PathBuf,
    /// Newer report
    new: PathBuf,
    #[command(flatten)]
    layout: Layout,
    /// Exit with code 3 when a finding appeared, or became worse; may be given several times
    #[arg(long, value_enum, value_name = "CHANGE", value_delimiter = ',')]
    fail_on: Vec<Change>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Change {
    Appeared,
    Worse,
}

impl Diff {
    /// Reads both, compares, prints.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        let diff = diff::diff(&read::read(&self.old)?, &read::read(&self.new)?);
        self.layout.write(u16::MAX, |format, page, out| compared::write_diff(&diff, format, page, out))?;
        let failed = self.fail_on.iter().any(|change| match change {
            Change::Appeared => !diff.appeared.is_empty(),
            Change::Worse => diff.same.iter().any(|judged| judged.standing == Standing::Worse),
        });
        Ok(ExitCode::from(if failed { exit::FINDINGS } else { exit::ANALYSED }))
    }
}
