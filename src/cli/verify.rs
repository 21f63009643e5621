//! `whydown verify REPORT.json NEW_EXPORT…`: did the fix hold?

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::exit::{self, Failure};
use super::inputs::Reading;
use super::layout::Layout;
use crate::compare::judge::Standing;
use crate::compare::verify::{self, CriterionStatus, Verification};
use crate::model::report::Report;
use crate::pipeline;
use crate::report::checks;
use crate::report::{compared, read};

/// Check with newer logs that what a report found is over.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  whydown verify report.json after-the-fix.json
  whydown verify report.json logs/ --fail-on persisting,criterion --expect-instances 10..15

Entries up to the end of the report's own export are left out, unless --from says otherwise.")]
pub struct Verify {
    /// Report of the incident (analyze --format json)
    report: PathBuf,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    layout: Layout,
    /// How many instances may live at once
    #[arg(long, value_name = "MIN..MAX", value_parser = range)]
    expect_instances: Option<(u64, u64)>,
    /// Exit with code 3 when this is the case; may be given several times
    #[arg(long, value_enum, value_name = "CASE", value_delimiter = ',')]
    fail_on: Vec<Case>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Case {
    /// A finding persists or is worse
    Persisting,
    /// A criterion fails
    Criterion,
    /// A finding that the report does not have
    New,
    /// Too little was seen to call a finding resolved
    NotEnoughData,
}

impl Verify {
    /// Reads the report and the logs, compares, prints.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        let old = read::read(&self.report)?;
        let mut options = self.reading.options()?;
        let filter = &mut options.ingest.filter;
        if filter.from.is_none() {
            filter.from = old.export.last_timestamp.map(|last| last.plus(1));
        }
        let scan = pipeline::scan_or_nothing(&options)?;
        options.policy.thresholds.instances_expected = self.expect_instances;
        options.policy.thresholds.services = services(&old);
        let new = pipeline::conclude(scan, &options.policy)?;
        let verified = verify::verify(&old, &new, checks::is_criterion);
        self.layout.write(u16::MAX, |format, page, out| compared::write_verification(&verified, format, page, out))?;
        let failed = self.fail_on.iter().any(|case| case.holds(&verified));
        Ok(ExitCode::from(if failed { exit::FINDINGS } else { exit::ANALYSED }))
    }
}

impl Case {
    fn holds(self, verified: &Verification) -> bool {
        let any = |standings: &[Standing]| verified.findings.iter().any(|one| standings.contains(&one.standing));
        match self {
            Self::Persisting => any(&[Standing::Persisting, Standing::Worse]),
            Self::Criterion => verified.criteria.iter().any(|one| one.status == CriterionStatus::Fail),
            Self::New => !verified.appeared.is_empty(),
            Self::NotEnoughData => any(&[Standing::NotEnoughData]),
        }
    }
}

/// The services that the report is about: those with a finding. All where no finding names one.
fn services(report: &Report) -> Vec<String> {
    let mut names: Vec<String> = report.findings.iter().map(|finding| finding.service.clone()).collect();
    names.retain(|name| !name.is_empty());
    names.sort();
    names.dedup();
    names
}

/// `10..15`, both ends included.
fn range(text: &str) -> Result<(u64, u64), String> {
    let ends = text.split_once("..").and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    ends.filter(|(fewest, most)| fewest <= most)
        .ok_or_else(|| format!("{text:?} is no range of instances: write 10..15 for 10 to 15"))
}
