//! `whydown digest --state DIR INPUT…`: for schedulers, only what is new, ongoing, worse or resolved.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::exit::{self, Failure};
use super::inputs::Reading;
use super::layout::Layout;
use super::moment;
use crate::compare::digest::{self, Status};
use crate::compare::store::Store;
use crate::model::Verdict;
use crate::pipeline;
use crate::report::compared;

/// Tell what changed since the last run, in one screen.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  whydown digest --state /var/lib/whydown logs/
  whydown digest --state state --fail-on new,worse --format markdown last-two-hours.json

Give it more than the last window (two hours every hour): what is read twice is counted once, and what
comes late updates the past window. Nothing is remembered of a run that does not end with code 0 or 3.
Keep one --state folder for each set of logs: what one run does not read counts as not seen.")]
pub struct Digest {
    #[command(flatten)]
    reading: Reading,
    /// Folder of what is remembered between runs; made where it is missing
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// Length of the windows, a whole number of minutes
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = window)]
    window: i64,
    #[command(flatten)]
    layout: Layout,
    /// Lines of the text form
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u16).range(6..))]
    lines: u16,
    /// Exit with code 3 when a finding has this status, or (of those that happen now) this verdict or a stronger one
    #[arg(long, value_enum, value_name = "STATUS|VERDICT", value_delimiter = ',')]
    fail_on: Vec<FailOn>,
    /// How long to wait while another run holds the state
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = moment::duration)]
    lock_wait: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    New,
    Worse,
    Ongoing,
    Resolved,
    Quiet,
    Inconclusive,
    Possible,
    Likely,
    Confirmed,
}

impl Digest {
    /// Reads logs and state, tells, and only then writes the state.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        let options = self.reading.options()?;
        let scan = pipeline::scan_or_nothing(&options)?;
        let seen = pipeline::conclude_with_tally(scan, &options.policy, Some(self.window))?;
        let wait = Duration::from_secs(u64::try_from(self.lock_wait).unwrap_or(0));
        let store = Store::open(&self.state, wait, || {
            say(&format!("another digest holds {}; waiting up to {} s", self.state.display(), wait.as_secs()));
        })?;
        let (memory, set_aside) = store.load(self.window)?;
        let (memory, mut told) = digest::digest(&memory, &seen.report, &seen.tally);
        if let Some(notice) = set_aside {
            say(&notice);
            told.notices.insert(0, notice);
        }
        // In this order: a run that is killed in between is repeated, and loses nothing.
        self.layout.write(self.lines, |format, page, out| compared::write_digest(&told, format, page, out))?;
        store.save(&memory)?;
        let failed = self.fail_on.iter().any(|fail_on| fail_on.holds(&told));
        Ok(ExitCode::from(if failed { exit::FINDINGS } else { exit::ANALYSED }))
    }
}

impl FailOn {
    fn holds(self, told: &digest::Digest) -> bool {
        let has = |status: Status| told.of(status).next().is_some();
        let reaches = |verdict: Verdict| told.strongest().is_some_and(|strongest| strongest >= verdict);
        match self {
            Self::New => has(Status::New),
            Self::Worse => has(Status::Worse),
            Self::Ongoing => has(Status::Ongoing),
            Self::Resolved => has(Status::Resolved),
            Self::Quiet => has(Status::Quiet),
            Self::Inconclusive => reaches(Verdict::Inconclusive),
            Self::Possible => reaches(Verdict::Possible),
            Self::Likely => reaches(Verdict::Likely),
            Self::Confirmed => reaches(Verdict::Confirmed),
        }
    }
}

/// Windows are counted from the epoch, so a length that divides a day keeps them at the same hours.
fn window(text: &str) -> Result<i64, String> {
    let seconds = moment::duration(text)?;
    if seconds >= 60 && seconds % 60 == 0 && 86_400 % seconds == 0 {
        return Ok(seconds);
    }
    Err(format!("{text:?} is no window: it has to be whole minutes that divide a day, for example 15m, 1h or 1d"))
}

fn say(message: &str) {
    // Nothing can be done if standard error is gone.
    drop(writeln!(std::io::stderr().lock(), "whydown: {message}"));
}
