//! `whydown analyze PATH…`: the main job.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::exit::{self, Failure};
use super::moment;
use crate::ingest;
use crate::model::report::Report;
use crate::model::{Timestamp, Verdict};
use crate::pipeline::{self, Options};
use crate::report::{self, Format};

/// Width where standard output is no terminal and `COLUMNS` is not set.
const DEFAULT_COLUMNS: u16 = 100;

/// Find the root causes in log exports.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  whydown analyze export.json\n  whydown analyze logs/ --state service.yaml --format json"
)]
pub struct Analyze {
    /// Log exports: files, folders, or - for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// A service or revision description (`gcloud run services describe …`); may be repeated
    #[arg(long = "state", value_name = "FILE")]
    state: Vec<PathBuf>,
    /// Leave out entries before this time: RFC 3339, or -3h
    #[arg(long, value_parser = moment::parse, allow_hyphen_values = true, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Leave out entries from this time on
    #[arg(long, value_parser = moment::parse, allow_hyphen_values = true, value_name = "TIME")]
    to: Option<Timestamp>,
    /// Read only this service, job, function or container app
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Read only this revision
    #[arg(long, value_name = "NAME")]
    revision: Option<String>,
    /// Read only this project
    #[arg(long, value_name = "ID")]
    project: Option<String>,
    /// Read only this region
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
    /// Stop unpacking one compressed input after this many bytes
    #[arg(long, value_name = "BYTES", default_value_t = ingest::Options::default().max_decompressed_bytes)]
    max_decompressed_bytes: u64,
    /// Form of the report
    #[arg(long, value_enum, default_value_t = FormatName::Text)]
    format: FormatName,
    /// Show every cluster, every piece of evidence and every action
    #[arg(long)]
    full: bool,
    /// Columns of the text report [default: the terminal's, else 100]
    #[arg(long, value_name = "N", env = "WHYDOWN_WIDTH", value_parser = clap::value_parser!(u16).range(40..=400))]
    width: Option<u16>,
    /// When to colour the text report
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    color: Color,
    /// Worker threads [default: all cores]; the report does not depend on it
    #[arg(long, value_name = "N", env = "WHYDOWN_THREADS", default_value_t = 0, hide_default_value = true)]
    threads: usize,
    /// Exit with code 3 when a finding has this verdict or a stronger one
    #[arg(long, value_enum, value_name = "VERDICT")]
    fail_on: Option<VerdictName>,
    /// Exit with code 5 when the export is too incomplete to judge
    #[arg(long)]
    strict: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatName {
    Text,
    Markdown,
    Json,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum VerdictName {
    Inconclusive,
    Possible,
    Likely,
    Confirmed,
}

impl Analyze {
    /// Reads, reasons, prints.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        let options = Options { inputs: self.paths.clone(), state_files: self.state.clone(), ingest: self.reading() };
        let report = pipeline::analyze(&options)?;
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        report::render(&report, self.format.into(), &self.rendering(), &mut out)?;
        out.flush()?;
        Ok(ExitCode::from(self.exit_code(&report)))
    }

    fn reading(&self) -> ingest::Options {
        let filter = ingest::Filter {
            from: self.from,
            to: self.to,
            service: self.service.clone(),
            revision: self.revision.clone(),
            project: self.project.clone(),
            region: self.region.clone(),
        };
        ingest::Options {
            threads: self.threads,
            max_decompressed_bytes: self.max_decompressed_bytes,
            filter,
            ..ingest::Options::default()
        }
    }

    fn rendering(&self) -> report::Options {
        let terminal = std::io::stdout().is_terminal();
        let color = match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        };
        let columns = std::env::var("COLUMNS").ok().and_then(|value| value.parse().ok());
        let width = self.width.or(columns).unwrap_or(DEFAULT_COLUMNS).clamp(40, 400);
        report::Options { width, color, full: self.full }
    }

    fn exit_code(&self, report: &Report) -> u8 {
        let strongest = report.findings.iter().map(|finding| finding.verdict).max();
        if let (Some(limit), Some(strongest)) = (self.fail_on, strongest)
            && strongest >= limit.into()
        {
            return exit::FINDINGS;
        }
        let incomplete = report.export.notices.iter().any(|notice| {
            matches!(
                notice.code.as_str(),
                "export-cut-by-limit" | "capped-per-severity" | "severity-filtered" | "missing-application-output"
            )
        });
        if self.strict && incomplete && strongest.is_none_or(|verdict| verdict < Verdict::Likely) {
            return exit::INCOMPLETE;
        }
        exit::ANALYSED
    }
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Text => Self::Text,
            FormatName::Markdown => Self::Markdown,
            FormatName::Json => Self::Json,
        }
    }
}

impl From<VerdictName> for Verdict {
    fn from(name: VerdictName) -> Self {
        match name {
            VerdictName::Inconclusive => Self::Inconclusive,
            VerdictName::Possible => Self::Possible,
            VerdictName::Likely => Self::Likely,
            VerdictName::Confirmed => Self::Confirmed,
        }
    }
}
