//! `whydown eval CASES_DIR`: how well the reports fit labelled cases.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use comfy_table::{CellAlignment, Table, presets};

use super::exit::{self, Failure};
use crate::eval;
use crate::eval::scores::{CaseScore, Scores, Totals};
use crate::report;

/// Titles and complaints are cut after this many characters.
const TEXT_CHARS_MAX: usize = 120;

/// Score the reports on labelled cases
#[derive(Debug, Args)]
#[command(after_help = "\
A case is a folder with case.toml (id, title, files, outcome, [[cause]], [[effect]], [forbidden]) and log files.

AC@k: share of incidents whose cause is among the first k findings. False-confident: cases with a wrong
statement at likely or confirmed. Chance: what clusters drawn at random would reach.

Examples:
  whydown eval cases/
  whydown eval cases/ --format json | jq .totals")]
pub struct Eval {
    /// Folder of case folders
    #[arg(value_name = "CASES_DIR")]
    folder: PathBuf,
    /// Form of the scores
    #[arg(long, value_enum, default_value_t = FormatName::Text)]
    format: FormatName,
    /// Worker threads [default: all cores]; the scores do not depend on it
    #[arg(long, value_name = "N", env = "WHYDOWN_THREADS", default_value_t = 0, hide_default_value = true)]
    threads: usize,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatName {
    Text,
    Json,
}

impl Eval {
    /// Analyses each case, scores it, prints.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        let scores = eval::evaluate(&self.folder, self.threads)?;
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        match self.format {
            FormatName::Text => out.write_all(text(&scores).as_bytes())?,
            FormatName::Json => {
                serde_json::to_writer_pretty(&mut out, &scores).map_err(std::io::Error::from)?;
                out.write_all(b"\n")?;
            }
        }
        out.flush()?;
        Ok(ExitCode::from(exit::ANALYSED))
    }
}

/// Three parts: each case, each kind, the sum.
fn text(scores: &Scores) -> String {
    let mut text = format!("{}\n\n{}\n\n", cases(&scores.cases), kinds(scores));
    let totals = &scores.totals;
    text.push_str(&format!("cases {}  incidents {}  quiet {}\n", totals.cases, totals.incidents, totals.quiet));
    text.push_str(&format!(
        "AC@1 {}  AC@3 {}  Avg@5 {}   (chance: AC@1 {}  AC@3 {})\n",
        share(totals.ac_1),
        share(totals.ac_3),
        share(totals.avg_5),
        share(totals.chance_1),
        share(totals.chance_3)
    ));
    text.push_str(&format!(
        "false-confident {:.2} % ({} of {} cases)   effects ranked as causes {}\n",
        totals.false_confident_rate() * 100.0,
        totals.false_confident,
        totals.cases,
        totals.effects_as_causes
    ));
    text.push_str(&format!(
        "quiet cases silent {} of {} (no finding at all {})   role of two revisions as labelled {} of {}\n",
        totals.quiet_silent, totals.quiet, totals.quiet_empty, totals.dual_agrees, totals.dual
    ));
    text
}

fn cases(cases: &[CaseScore]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "case",
        "rank",
        "all",
        "false",
        "effects",
        "two revisions",
        "rank 1",
    ]);
    for case in cases {
        let rank = match case.rank {
            _ if !case.incident => "-".to_owned(),
            Some(rank) => rank.to_string(),
            None => "none".to_owned(),
        };
        let dual = case.dual.as_ref().map_or_else(String::new, |dual| {
            let told = dual.told.as_deref().unwrap_or("nothing");
            if dual.agrees() { told.to_owned() } else { format!("{told} instead of {}", dual.wanted) }
        });
        let first = case
            .findings
            .first()
            .map_or_else(|| "(no finding)".to_owned(), |(verdict, title)| format!("[{}] {title}", verdict.word()));
        table.add_row([
            report::one_line(&case.id, TEXT_CHARS_MAX),
            rank,
            if !case.incident {
                "-"
            } else if case.found_all {
                "yes"
            } else {
                "no"
            }
            .to_owned(),
            case.false_confident.len().to_string(),
            case.effects_as_causes.len().to_string(),
            report::one_line(&dual, TEXT_CHARS_MAX),
            report::one_line(&first, TEXT_CHARS_MAX),
        ]);
        for complaint in case.false_confident.iter().chain(&case.effects_as_causes) {
            let said = report::one_line(complaint, TEXT_CHARS_MAX);
            table.add_row(["", "", "", "", "", "", &format!("  ! {said}")]);
        }
    }
    trimmed(&table)
}

fn kinds(scores: &Scores) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(["kind", "cases", "AC@1", "AC@3", "Avg@5", "chance@1", "chance@3", "false", "effects", "silent"]);
    let total = ("all".to_owned(), scores.totals.clone());
    for (kind, totals) in scores.kinds.iter().chain([(&total.0, &total.1)]) {
        table.add_row(kind_row(kind, totals));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    trimmed(&table)
}

fn kind_row(kind: &str, totals: &Totals) -> Vec<String> {
    let silent = if totals.quiet > 0 { format!("{}/{}", totals.quiet_silent, totals.quiet) } else { "-".to_owned() };
    vec![
        kind.to_owned(),
        totals.cases.to_string(),
        share(totals.ac_1),
        share(totals.ac_3),
        share(totals.avg_5),
        share(totals.chance_1),
        share(totals.chance_3),
        totals.false_confident.to_string(),
        totals.effects_as_causes.to_string(),
        silent,
    ]
}

/// Two decimals; `-` where there is nothing to take a share of.
fn share(value: f64) -> String {
    if value.is_nan() { "-".to_owned() } else { format!("{value:.2}") }
}

fn trimmed(table: &Table) -> String {
    table
        .lines()
        .map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}
