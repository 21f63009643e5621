//! Transcripts of a deployment pipeline: lines of GitHub Actions with the errors of the Azure CLI in them.
//!
//! In go lines, as `gh run view --log` prints them (`JOB⇥STEP⇥TIME text`) or as a downloaded log holds them
//! (`TIME text`); out come the errors with their times. The app is the one that the error names, else the one
//! that the last `az containerapp` command before it names. Everything else a pipeline prints is no log entry.

use serde_json::json;

use crate::model::Timestamp;

/// Length of the time that every line of a runner begins with: seven fraction digits and `Z`.
const TIME_BYTES: usize = 28;

/// Lines of one error: the CLI prints its code, its message and seldom more.
const ERROR_LINES_MAX: usize = 12;

/// Longest error kept, in bytes.
const ERROR_BYTES_MAX: usize = 8 << 10;

/// Most errors of one transcript: a pipeline ends with its first.
const ERRORS_MAX: usize = 10_000;

/// Collects errors while a transcript streams by.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    line: u32,
    app: String,
    /// Whether the command goes on in the next line.
    in_command: bool,
    open: Option<(u32, String, String, usize)>,
    /// First line of each error, and the error as a canonical record.
    pub entries: Vec<(u32, String)>,
}

/// Time and text of a line of a transcript.
pub(super) fn parts(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start_matches('\u{feff}');
    let rest = line.splitn(3, '\t').nth(2).unwrap_or(line).trim_start_matches('\u{feff}');
    let time = rest.get(..TIME_BYTES)?;
    let is_runner = time.as_bytes()[19] == b'.' && time.ends_with('Z');
    (is_runner && Timestamp::parse(time).is_some()).then(|| (time, rest[TIME_BYTES..].trim_start_matches(' ')))
}

impl Transcript {
    /// Takes whole lines; `first` is the number of the first.
    pub(super) fn feed(&mut self, lines: &[u8], first: u32) {
        self.line = first;
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            let text = String::from_utf8_lossy(line);
            if let Some((time, text)) = parts(text.trim_end()) {
                self.take(time, &plain(text));
            }
            self.line = self.line.saturating_add(1);
        }
    }

    /// Ends an open error.
    pub(super) fn finish(&mut self) {
        if let Some((line, time, text, _)) = self.open.take()
            && is_of_azure(&text)
            && self.entries.len() < ERRORS_MAX
        {
            let named = named_app(&text).map(str::to_owned);
            let record = json!({
                "timestamp": time, "severity": "ERROR", "textPayload": text,
                "resource": {"type": "azure_container_app", "labels": {"service_name": named.unwrap_or_else(|| self.app.clone())}},
                "whydown.azure": {"stream": "activity"},
            });
            self.entries.push((line, record.to_string()));
        }
    }

    fn take(&mut self, time: &str, text: &str) {
        let begins = text.starts_with("ERROR:") || (text.starts_with("##[error]") && !text.contains("exit code"));
        if begins {
            self.finish();
            let text = text.trim_start_matches("##[error]").to_owned();
            self.open = Some((self.line, time.to_owned(), text, 1));
        } else if let Some((_, _, known, lines)) = &mut self.open {
            let ends = text.trim().is_empty() || text.starts_with("##[") || text.starts_with("WARNING:");
            if ends || *lines >= ERROR_LINES_MAX || known.len() + text.len() > ERROR_BYTES_MAX {
                self.finish();
            } else {
                *lines += 1;
                known.push('\n');
                known.push_str(text);
            }
        }
        self.learn_names(text);
    }

    /// The app, from a command line that may go on over several lines.
    fn learn_names(&mut self, text: &str) {
        let starts = text.contains("az containerapp ");
        if !starts && !self.in_command {
            return;
        }
        self.in_command = text.trim_end().ends_with('\\');
        let mut words = text.split_whitespace();
        while let Some(word) = words.next() {
            let (flag, value) = word.split_once('=').map_or((word, None), |(flag, value)| (flag, Some(value)));
            if !matches!(flag, "--name" | "-n") {
                continue;
            }
            let value = value.or_else(|| words.next()).unwrap_or_default().trim_matches(['"', '\'']);
            // A variable, or a value that the runner masks, names nothing.
            if !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
            {
                value.clone_into(&mut self.app);
            }
        }
    }
}

/// Without the colours that the CLI prints.
fn plain(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        clean.push_str(before);
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        rest = rest.strip_prefix(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest);
    }
    clean.push_str(rest);
    clean
}

/// Whether an error is one of Azure's: it carries a code in its own spelling, or names a container app.
fn is_of_azure(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    if lower.contains("(gcloud.") {
        return false;
    }
    let code = |word: &str| {
        let capitals = word.bytes().filter(u8::is_ascii_uppercase).count();
        let letters = word.bytes().all(|b| b.is_ascii_alphabetic());
        letters
            && (6..=64).contains(&word.len())
            && capitals >= 2
            && capitals * 2 < word.len()
            && word.as_bytes()[0].is_ascii_uppercase()
    };
    let first = text.trim_start_matches("ERROR:").trim_start().trim_start_matches('(');
    let end = first.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(first.len());
    code(&first[..end])
        || lower.contains("container app")
        || lower.contains("containerapp")
        || lower.contains("\"code\"")
}

/// The app in `container app 'NAME'`.
fn named_app(text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    let at = ["container app '", "containerapp '"].into_iter().find_map(|mark| Some(lower.find(mark)? + mark.len()))?;
    let name = text.get(at..)?.split('\'').next()?;
    let valid = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    (!name.is_empty() && valid).then_some(name)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{Transcript, parts};

    fn read(lines: &[&str]) -> Vec<(u32, Value)> {
        let mut transcript = Transcript::default();
        let lines: Vec<String> =
            lines.iter().map(|line| format!("deploy\tRun az\t2026-03-02T10:00:01.1234567Z {line}")).collect();
        let text = lines.join("\n");
        transcript.feed(text.as_bytes(), 1);
        transcript.finish();
        transcript.entries.iter().map(|(line, json)| (*line, serde_json::from_str(json).unwrap())).collect()
    }

    #[test]
    fn lines_of_a_runner_are_told_from_other_text() {
        let time = "2026-03-02T10:00:01.1234567Z";
        assert_eq!(parts(&format!("deploy\tRun az\t{time} boom")), Some((time, "boom")));
        assert_eq!(parts(&format!("\u{feff}{time} boom")), Some((time, "boom")));
        assert_eq!(parts("2026-03-02T10:00:01.123456Z boom"), None);
        assert_eq!(parts("ERROR 2026-03-02T10:00:01.1234567Z boom"), None);
        assert_eq!(parts("é"), None);
    }

    #[test]
    fn an_error_has_all_its_lines_and_the_app_of_the_command_before_it() {
        let found = read(&[
            "##[group]Run az containerapp update \\",
            "  --name shop-api --resource-group \"shop-rg\" \\",
            "  --image $IMAGE",
            "##[endgroup]",
            "npm ERROR: not of Azure",
            "\u{1b}[31mERROR: ServerIsBusy\u{1b}[0m",
            "Cannot complete operation while server 'shop-db' is busy processing another operation.",
            "##[error]Process completed with exit code 1.",
        ]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, 6);
        assert_eq!(found[0].1["resource"]["labels"]["service_name"], "shop-api");
        let text = found[0].1["textPayload"].as_str().unwrap();
        assert!(text.starts_with("ERROR: ServerIsBusy\nCannot complete") && !text.contains("exit code"), "{text}");
    }

    #[test]
    fn the_app_that_an_error_names_goes_first_and_a_variable_names_none() {
        let found = read(&[
            "az containerapp update -n $APP -g ***",
            "ERROR: (ContainerAppOperationInProgress) Cannot modify a container app 'cart' because there is an active provisioning operation",
            "",
            "ERROR: (gcloud.run.deploy) ABORTED: Conflict for resource 'x'",
            "",
            "ERROR: failed to solve: process did not complete",
        ]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].1["resource"]["labels"]["service_name"], "cart");
    }
}
