//! Findings and clusters as one table (RFC 4180, UTF-8, one header line), for spreadsheets and joins.
//!
//! One row a finding in rank order, then one row a cluster. What does not apply to a record is empty. Columns:
//!
//! | column | finding | cluster |
//! | --- | --- | --- |
//! | `record` | `finding` | `cluster` |
//! | `id` | id of its cause's cluster | its id |
//! | `rank`, `verdict`, `score`, `fingerprint` | of the finding | |
//! | `role` | `cause` | its role |
//! | `category`, `service`, `signature`, `title` | | |
//! | `revisions` | names, joined by blanks | names, joined by blanks |
//! | `first`, `last` | RFC 3339 in UTC | RFC 3339 in UTC |
//! | `count`, `instances` | entries and instances of its cause | entries, distinct instances |
//! | `file`, `line`, `insert_id` | first entry that shows it | first sample |

use std::io::{self, Write};

use super::escape;
use crate::model::report::{Cluster, Evidence, Finding, Report};

/// Names of the columns.
const COLUMNS: [&str; 19] = [
    "record",
    "id",
    "rank",
    "verdict",
    "role",
    "category",
    "service",
    "revisions",
    "first",
    "last",
    "count",
    "instances",
    "score",
    "fingerprint",
    "signature",
    "title",
    "file",
    "line",
    "insert_id",
];

/// Longest cell made of log text, in characters; spreadsheets stop at 32,767.
const CELL_MAX: usize = 1_000;

/// Writes the table.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(COLUMNS)?;
    for finding in &report.findings {
        table.write_record(finding_row(finding))?;
    }
    for cluster in &report.clusters {
        table.write_record(cluster_row(cluster))?;
    }
    table.flush()
}

fn finding_row(finding: &Finding) -> [String; COLUMNS.len()] {
    let cause = finding.chain.first();
    let [file, line, insert_id] = place(cause.and_then(|link| link.evidence.first()));
    [
        "finding".to_owned(),
        cell(&finding.cause.cluster),
        finding.rank.to_string(),
        finding.verdict.word(),
        "cause".to_owned(),
        finding.cause.category.word(),
        cell(&finding.service),
        cell(&finding.revisions.join(" ")),
        finding.first.to_rfc3339(),
        finding.last.to_rfc3339(),
        cause.map_or_else(String::new, |link| link.count.to_string()),
        cause.map_or_else(String::new, |link| link.instances.to_string()),
        format!("{:.1}", finding.score),
        cell(&finding.fingerprint),
        cell(&finding.cause.signature),
        cell(&finding.title),
        file,
        line,
        insert_id,
    ]
}

fn cluster_row(cluster: &Cluster) -> [String; COLUMNS.len()] {
    let names: Vec<&str> =
        cluster.revisions.iter().map(|one| one.name.as_str()).filter(|name| !name.is_empty()).collect();
    let [file, line, insert_id] = place(cluster.samples.first());
    [
        "cluster".to_owned(),
        cell(&cluster.id),
        String::new(),
        String::new(),
        cluster.role.word(),
        cluster.category.word(),
        cell(&cluster.service),
        cell(&names.join(" ")),
        cluster.first.to_rfc3339(),
        cluster.last.to_rfc3339(),
        cluster.count.to_string(),
        cluster.instances.to_string(),
        String::new(),
        String::new(),
        cell(cluster.signature.as_deref().unwrap_or("")),
        cell(&cluster.title),
        file,
        line,
        insert_id,
    ]
}

fn place(evidence: Option<&Evidence>) -> [String; 3] {
    let Some(evidence) = evidence else { return Default::default() };
    [cell(&evidence.file), evidence.line.to_string(), cell(&evidence.insert_id)]
}

/// One line that no spreadsheet takes for a formula: a cell that begins like one, in ASCII or full width, gets an
/// apostrophe in front, which spreadsheets read as "this is text".
fn cell(text: &str) -> String {
    let text = escape::line(text, CELL_MAX);
    if text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '|', '%']) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn no_cell_begins_like_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =cmd|' /C calc'!A0", "\r\n=1", "＝1", "-"] {
            let shown = cell(text);
            assert!(!shown.starts_with(['=', '+', '-', '@', '＝', '\t', '\r', '\n']), "{text:?} gives {shown:?}");
        }
        assert_eq!(cell("a=b"), "a=b");
    }
}
