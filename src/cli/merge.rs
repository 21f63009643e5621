//! `whydown merge SHARD…`: the report over all parts, or a larger part.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::analyze::Printing;
use super::exit::{self, Failure, say};
use super::moment;
use super::output::Output;
use super::policy::Policy;
use crate::classify::redact::Level;
use crate::shard::Union;
use crate::shard::kept::{Hour, Kept};
use crate::{pipeline, shard};

/// How often kept facts are listed again when one of them goes while it is read: a digest forgets the oldest.
const TRIES: usize = 3;

/// Join Facts files into the report that one machine would have made.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  whydown merge shards/ --format markdown\n  whydown merge 00.facts 01.facts -o morning.facts\n  whydown merge --kept /var/lib/whydown --last 24h\n\nThe report is that of `whydown analyze` over all inputs, for any split, order, nesting and repetition of shards."
)]
pub struct Merge {
    /// Facts files of `whydown scan` or `whydown merge -o`, and folders with .facts files
    #[arg(required_unless_present = "kept", value_name = "SHARD")]
    shards: Vec<PathBuf>,
    /// Join what `whydown digest --keep-facts` keeps in this --state folder; a file that is broken is named and left out
    #[arg(long, value_name = "DIR")]
    kept: Option<PathBuf>,
    /// Of what is kept, take only so much, counted back from the newest [default: all of it]
    #[arg(long, value_name = "TIME", requires = "kept", value_parser = moment::duration)]
    last: Option<i64>,
    /// A service or revision description that no shard has; may be repeated
    #[arg(long = "state", value_name = "FILE")]
    state: Vec<PathBuf>,
    /// Write one larger Facts file instead of the report; - for standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    policy: Policy,
    #[command(flatten)]
    printing: Printing,
}

impl Merge {
    /// Joins and prints or writes.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        let policy = self.policy.read()?;
        let Some(output) = &self.output else {
            // Shards hold no secrets, so nothing less can be kept out of the report.
            let redaction = self.printing.redaction().max(Level::Secrets);
            let scan = pipeline::Scan { redaction, ..self.joined(pipeline::whole)? };
            return self.printing.print(&pipeline::conclude(scan, &policy)?, &Output::default());
        };
        self.joined(|union| Ok(shard::save(union, output)?))?;
        Ok(ExitCode::from(exit::ANALYSED))
    }

    /// Does something with the union of everything.
    fn joined<T>(&self, work: impl Fn(Union) -> Result<T, pipeline::Error>) -> Result<T, pipeline::Error> {
        let mut tries = 1;
        loop {
            let union = self.hours().and_then(|hours| pipeline::join_with(&self.shards, &hours, &self.state));
            match union.and_then(&work) {
                Err(pipeline::Error::Shard(error)) if error.is_gone() && self.kept.is_some() && tries < TRIES => {}
                outcome => return outcome,
            }
            tries += 1;
        }
    }

    /// What is kept of the stretch that is asked for.
    fn hours(&self) -> Result<Vec<Hour>, pipeline::Error> {
        let Some(state) = &self.kept else { return Ok(Vec::new()) };
        let kept = Kept::of(state)?;
        let hours = kept.hours()?;
        for (_, why) in &hours.broken {
            say(&format!("whydown: kept facts are left out: {why}"));
        }
        let hours = hours.last(self.last.unwrap_or(i64::MAX)).list;
        kept.agree(&hours, None)?;
        if hours.is_empty() && self.shards.is_empty() { Err(kept.nothing().into()) } else { Ok(hours) }
    }
}
