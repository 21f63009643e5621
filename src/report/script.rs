//! The actions of all findings as one bash script, to copy from or to run step by step.
//!
//! Prose stands only in comments, one line each, so that log text can never be a command. What changes something asks
//! first; what cannot be undone is commented out. A placeholder becomes a variable that is to be filled in at the
//! top: a step whose variable is empty stops the script before its command.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::{escape, view};
use crate::model::Risk;
use crate::model::report::{Action, Finding, Report};

/// Words in capitals that stand in a command for a name that the files do not hold. A test compares them with
/// those that `advise` writes.
pub const PLACEHOLDERS: [&str; 57] = [
    "APP",
    "BASELINE",
    "BUILD_ID",
    "CALLER",
    "CANDIDATE",
    "CONCURRENCY",
    "CONNECTOR",
    "DEPLOYER",
    "EXECUTION",
    "FORMER_CONCURRENCY",
    "FORMER_CONNECTION",
    "FORMER_CPU",
    "FORMER_IMAGE",
    "FORMER_MAX",
    "FORMER_MEMORY",
    "FORMER_PORT",
    "FORMER_PROBE",
    "FORMER_SPLIT",
    "FORMER_TIMEOUT",
    "FORMER_VERSION",
    "FUNCTION",
    "IDLE_REVISION",
    "IMAGE",
    "JOB",
    "KEY",
    "LOCATION",
    "MAX_INSTANCES",
    "MAX_REPLICAS",
    "MEMORY",
    "MIGRATION_JOB",
    "NETWORK",
    "PORT",
    "PRINCIPAL_ID",
    "PROJECT",
    "PROJECT_NUMBER",
    "REFUSED",
    "REGION",
    "REGISTRY",
    "REPOSITORY",
    "RESOURCE_GROUP",
    "REVISION",
    "ROLE",
    "RUN_ID",
    "SECRET",
    "SECRET_VALUE",
    "SERVER",
    "SERVICE",
    "SERVICE_ACCOUNT",
    "SQL_INSTANCE",
    "SUBNET",
    "TAG",
    "TASK_TIMEOUT",
    "TIMEOUT",
    "VALUE",
    "VAULT_ID",
    "VERSION",
    "WORKSPACE_ID",
];

/// Longest comment line, in characters.
const COMMENT_MAX: usize = 1_200;

const HELPERS: &str = r#"
set -euo pipefail

# Stops the script while a variable above is empty.
need() {
  local name
  for name in "$@"; do
    if [ -z "${!name:-}" ]; then
      printf 'fill in %s at the top of this script first\n' "$name" >&2
      exit 64
    fi
  done
}

# Asks before a change; without a terminal to ask on, the answer is no.
agree() {
  local answer=''
  printf '\n%s changes something. Its precondition, risk and undo stand in the script. Go on? [y/N] ' "$1" >&2
  read -r answer </dev/tty || true
  [ "$answer" = y ]
}
"#;

/// Writes the script.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let steps: Vec<(&Finding, Vec<Step<'_>>)> = report
        .findings
        .iter()
        .map(|finding| {
            (finding, finding.actions.iter().enumerate().map(|(n, action)| Step::new(finding, n, action)).collect())
        })
        .collect();
    writeln!(out, "#!/usr/bin/env bash")?;
    comment(out, "", &view::program(report))?;
    comment(
        out,
        "",
        "Read before you run. Nothing in here has been run, and the steps of one finding can be alternatives.",
    )?;
    if steps.iter().all(|(_, steps)| steps.iter().all(|step| step.command.is_empty())) {
        return comment(out, "", "No finding names a command.");
    }
    let names: BTreeSet<&str> = steps
        .iter()
        .flat_map(|(_, steps)| steps)
        .filter(|step| step.runs())
        .flat_map(|step| &step.fill)
        .copied()
        .collect();
    if !names.is_empty() {
        writeln!(out)?;
        comment(out, "", "Fill in what the files do not hold.")?;
        for name in names {
            writeln!(out, "{name}=''")?;
        }
    }
    out.write_all(HELPERS.as_bytes())?;
    for (finding, steps) in steps {
        writeln!(out)?;
        comment(out, "", &format!("==== {}. {}: {}", finding.rank, finding.verdict.word(), finding.title))?;
        if !finding.service.is_empty() {
            comment(out, "service: ", &finding.service)?;
        }
        for step in steps {
            step.write(out)?;
        }
    }
    Ok(())
}

/// One action as a piece of script.
struct Step<'a> {
    /// `1.2`: finding and step.
    number: String,
    action: &'a Action,
    /// Command with variables in the place of placeholders.
    command: String,
    /// Placeholders in it that are filled in at the top.
    fill: BTreeSet<&'static str>,
    /// Shell variables that the command itself reads.
    read: BTreeSet<&'static str>,
}

impl<'a> Step<'a> {
    fn new(finding: &Finding, number: usize, action: &'a Action) -> Self {
        let (command, fill, read) = with_variables(&escape::command(&action.command));
        Self { number: format!("{}.{}", finding.rank, number + 1), action, command, fill, read }
    }

    /// Whether it stands in the script as a command.
    fn runs(&self) -> bool {
        !self.command.is_empty() && self.action.risk != Risk::Destructive
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let action = self.action;
        writeln!(out)?;
        comment(out, "", &format!("{} {}: {}", self.number, action.stage.word(), action.title))?;
        comment(out, "  risk: ", &action.risk.word())?;
        for (word, text) in [("before", &action.precondition), ("expect", &action.expect), ("undo", &action.undo)] {
            if !text.is_empty() {
                comment(out, &format!("  {word}: "), text)?;
            }
        }
        if self.command.is_empty() {
            return comment(out, "  ", "by hand: no command");
        }
        if action.risk == Risk::Destructive {
            comment(out, "  ", "DESTRUCTIVE, commented out:")?;
            // As it was written: variables of lines that nobody runs need no values.
            for line in escape::command(&action.command).lines() {
                writeln!(out, "#   {line}")?;
            }
            return Ok(());
        }
        let names: Vec<&str> = self.fill.union(&self.read).copied().collect();
        if !names.is_empty() {
            writeln!(out, "need {}", names.join(" "))?;
        }
        if action.risk == Risk::ReadOnly {
            return writeln!(out, "{}", self.command);
        }
        writeln!(out, "if agree {}; then\n{}\nfi", self.number, self.command)
    }
}

/// One comment line. Line breaks and hidden characters are escaped, so nothing can leave it.
fn comment(out: &mut dyn Write, lead: &str, text: &str) -> io::Result<()> {
    writeln!(out, "# {lead}{}", escape::line(text, COMMENT_MAX))
}

/// Where in a shell line a character stands.
#[derive(Clone, Copy, PartialEq)]
enum Quote {
    None,
    Single,
    Double,
}

/// The command with `"$NAME"` in the place of each placeholder, whatever quotes it stands in; the placeholders, and
/// those among them that the command reads as variables already.
fn with_variables(command: &str) -> (String, BTreeSet<&'static str>, BTreeSet<&'static str>) {
    let (mut fill, mut read) = (BTreeSet::new(), BTreeSet::new());
    let mut out = String::with_capacity(command.len() + 16);
    let mut quote = Quote::None;
    let mut rest = command;
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if is_word(c) && !is_word(before) {
            let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            let known = PLACEHOLDERS.iter().find(|name| **name == word);
            match known {
                Some(name) if before == '$' => {
                    read.insert(*name);
                    out.push_str(word);
                }
                // A word of a quoted sentence is no name.
                Some(name) if quote == Quote::None || before != ' ' => {
                    fill.insert(*name);
                    out.push_str(&match quote {
                        Quote::None => format!("\"${name}\""),
                        Quote::Single => format!("'\"${name}\"'"),
                        Quote::Double => format!("${{{name}}}"),
                    });
                }
                _ => out.push_str(word),
            }
            before = word.chars().next_back().unwrap_or(' ');
            rest = after;
            continue;
        }
        quote = match (quote, c) {
            (Quote::None, '\'') if before != '\\' => Quote::Single,
            (Quote::None, '"') if before != '\\' => Quote::Double,
            (Quote::Single, '\'') => Quote::None,
            (Quote::Double, '"') if before != '\\' => Quote::None,
            (same, _) => same,
        };
        out.push(c);
        before = c;
        rest = &rest[c.len_utf8()..];
    }
    (out, fill, read)
}

#[cfg(test)]
mod tests {
    use super::with_variables;

    #[test]
    fn a_placeholder_becomes_a_variable_in_any_quotes() {
        let cases = [
            ("gcloud run deploy web --image=IMAGE", "gcloud run deploy web --image=\"$IMAGE\""),
            ("read 'name=\"SERVICE\" AND x'", "read 'name=\"'\"$SERVICE\"'\" AND x'"),
            ("printf %s \"$SECRET_VALUE\" | x", "printf %s \"$SECRET_VALUE\" | x"),
            ("read 'a OR \"WORKER TIMEOUT\"'", "read 'a OR \"WORKER TIMEOUT\"'"),
            ("run it'\\''s IMAGE_X web-IMAGES", "run it'\\''s IMAGE_X web-IMAGES"),
        ];
        for (command, expected) in cases {
            assert_eq!(with_variables(command).0, expected);
        }
        let (_, fill, read) = with_variables("printf \"$SECRET_VALUE\" | add SECRET --project=PROJECT");
        assert_eq!(fill.into_iter().collect::<Vec<_>>(), ["PROJECT", "SECRET"]);
        assert_eq!(read.into_iter().collect::<Vec<_>>(), ["SECRET_VALUE"]);
    }
}
