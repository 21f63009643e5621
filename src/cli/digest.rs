//! `whydown digest --state DIR INPUT…`: for schedulers, only what is new, ongoing, worse or resolved.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::exit::{self, Failure, say};
use super::inputs::Reading;
use super::layout::Layout;
use super::moment;
use crate::compare::digest::{self, Status};
use crate::compare::store::Store;
use crate::model::{Timestamp, Verdict};
use crate::pipeline::{self, Options, Scan};
use crate::report::compared;
use crate::shard::kept::{self, Draft, Kept};

/// Tell what changed since the last run, in one screen.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  whydown digest --state /var/lib/whydown logs/
  whydown digest --state state --fail-on new,worse --format markdown last-two-hours.json
  whydown digest --state state --keep-facts=48h last-two-hours.json

Give it more than the last window (two hours every hour): what is read twice is counted once, and what
comes late updates the past window. Nothing is remembered of a run that does not end with code 0 or 3.
Keep one --state folder for each set of logs: what one run does not read counts as not seen.
With --keep-facts, `whydown merge --kept DIR --last 24h` answers for the day without its logs.")]
pub struct Digest {
    #[command(flatten)]
    reading: Reading,
    /// Folder of what is remembered between runs; made where it is missing
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// Keep what this run read, and forget what is older than this before the newest that is kept; 0s keeps nothing
    /// [default with --keep-facts alone: 24h]
    #[arg(
        long, value_name = "TIME", default_missing_value = "24h", num_args = 0..=1, require_equals = true,
        value_parser = moment::duration
    )]
    keep_facts: Option<i64>,
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
        let (scan, mut keeping) = self.scan(&options)?;
        let seen = pipeline::conclude_with_tally(scan, &options.policy, Some(self.window))?;
        let wait = Duration::from_secs(u64::try_from(self.lock_wait).unwrap_or(0));
        let store = Store::open(&self.state, wait, || {
            say(&format!("whydown: another digest holds {}; waiting up to {} s", self.state.display(), wait.as_secs()));
        })?;
        // Refused before anything is told.
        let left_out = keeping.as_ref().map(|keeping| keeping.check(&options)).transpose()?.unwrap_or_default();
        let (memory, set_aside) = store.load(self.window)?;
        let (memory, mut told) = digest::digest(&memory, &seen.report, &seen.tally);
        for notice in left_out.into_iter().chain(set_aside) {
            say(&format!("whydown: {notice}"));
            told.notices.insert(0, notice);
        }
        // In this order: a run that is killed in between is repeated, and loses nothing.
        self.layout.write(self.lines, |format, page, out| compared::write_digest(&told, format, page, out))?;
        if let Some(keeping) = &mut keeping {
            keeping.keep()?;
        }
        store.save(&memory)?;
        if let Some(keeping) = &keeping {
            keeping.forget()?;
        }
        let failed = self.fail_on.iter().any(|fail_on| fail_on.holds(&told));
        Ok(ExitCode::from(if failed { exit::FINDINGS } else { exit::ANALYSED }))
    }
}

impl Digest {
    /// Reads the logs, and drafts what is to be kept of them.
    fn scan(&self, options: &Options) -> Result<(Scan, Option<Keeping>), Failure> {
        let Some(seconds) = self.keep_facts.filter(|seconds| *seconds > 0) else {
            return Ok((pipeline::scan_or_nothing(options)?, None));
        };
        let kept = Kept::make(&self.state).map_err(pipeline::Error::from)?;
        let (scan, draft) = pipeline::scan_to_keep(options, &kept)?;
        // A quiet hour has no entry, and nothing to add to a day.
        let draft = kept::middle(&scan.facts).map(|middle| (draft, middle));
        Ok((scan, Some(Keeping { kept, draft, path: None, seconds })))
    }
}

/// What is to be kept of a run.
struct Keeping {
    kept: Kept,
    draft: Option<(Draft, Timestamp)>,
    /// Where it is once it is kept.
    path: Option<PathBuf>,
    seconds: i64,
}

impl Keeping {
    /// Whether it goes with what is kept; says what is not fit to be.
    fn check(&self, options: &Options) -> Result<Vec<String>, pipeline::Error> {
        let hours = self.kept.hours()?;
        self.kept.agree(&hours.list, Some(&options.ingest.filter.scope()))?;
        Ok(hours.broken.iter().map(|(path, why)| self.kept.set_aside(path, why)).collect())
    }

    fn keep(&mut self) -> Result<(), pipeline::Error> {
        if let Some((draft, middle)) = self.draft.take() {
            self.path = Some(self.kept.keep(draft, middle)?);
        }
        Ok(())
    }

    fn forget(&self) -> Result<(), pipeline::Error> {
        let removed = self.kept.forget(self.seconds)?;
        if self.path.as_ref().is_some_and(|path| removed.contains(path)) {
            say("whydown: what this run read lies further back than --keep-facts reaches; nothing of it is kept");
        }
        tracing::debug!(removed = removed.len(), "old facts forgotten");
        Ok(())
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
