//! The title of a probe that failed without a cause in the files.

use super::Words;
use crate::classify::mark::Mark;
use crate::facts::novelty::Kinds;

impl Words<'_> {
    /// What failed, where, and what the application says to that path.
    pub(super) fn probe_title(&self, place: &str) -> String {
        let row = self
            .group
            .rows
            .iter()
            .map(|row| self.settled.text(self.settled.rows[*row].text))
            .find(|text| text.contains("status"));
        let status = row.map_or("", |text| {
            if text.contains("DEADLINE_EXCEEDED") {
                " (DEADLINE_EXCEEDED: alive, but never listened in time)"
            } else {
                ""
            }
        });
        let port = self.class().capture("port");
        let port = if port.is_empty() { String::new() } else { format!(" on port {port}") };
        let kind = match self.class().mark {
            Mark::ProbeKilled => "Liveness probe",
            // The message itself says which of the probes was tried.
            Mark::ProbeTried => self.class().title.split_once(" failed").map_or("Probe", |(kind, _)| kind),
            _ => "Startup probe",
        };
        let path = self.class().capture("path");
        let told = match path {
            "" => "; no error entry says why".to_owned(),
            path if self.answers_not_found(path) => format!(", path {path}, which the application answers with 404"),
            path => format!(", path {path}; no error entry says why"),
        };
        format!("{kind} of {place} failed{port}{status}{told}")
    }

    /// Whether an access log of the application shows a 404 for a path.
    fn answers_not_found(&self, path: &str) -> bool {
        let is_answer = |text: &str| {
            let (_, rest) = text.split_once(path).unwrap_or_default();
            rest.starts_with([' ', '"', '?']) && rest.split([' ', '"', ',', ':']).any(|word| word == "404")
        };
        let kinds = self.settled.facts.novelty.of(self.group.service).into_iter().flat_map(Kinds::iter);
        kinds.map(|kind| kind.first.text.as_str()).any(is_answer)
    }
}
