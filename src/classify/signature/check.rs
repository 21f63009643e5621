//! The strict checks of a signature file: every key, every capture named, every example tried.
//!
//! In: a [`Signature`] as read. Out: nothing, or the first [`CatalogError`] with key and remedy.

use super::{CatalogError, Example, Signature, Tail, compile, invalid, placeholders};

/// Shortest literal that still filters; the prefilter needs five bytes.
const LITERAL_BYTES_MIN: usize = 5;
/// Highest priority a signature may claim.
const PRIORITY_MAX: i32 = 100;

impl Signature {
    /// Whether a literal occurs and the pattern matches; what an example is held against.
    fn matches(&self, text: &str) -> Option<Vec<(String, String)>> {
        let lower = text.to_ascii_lowercase();
        let literal = self.literals.iter().any(|literal| lower.contains(&literal.to_ascii_lowercase()));
        if literal { self.captures(text).map(|(_, captures)| captures) } else { None }
    }

    pub(super) fn check(&self, tail: &Tail) -> Result<(), CatalogError> {
        let id = &self.id;
        self.check_head()?;
        if tail.advice.meaning.trim().is_empty() {
            return Err(invalid(
                id,
                "advice.meaning",
                "is missing".to_owned(),
                "say in one to three sentences what it means",
            ));
        }
        let documentation = &tail.advice.documentation;
        if !documentation.is_empty() && !documentation.starts_with("https://") {
            let problem = format!("`{documentation}` is not an https address");
            return Err(invalid(id, "advice.documentation", problem, "give an https address or leave it out"));
        }
        for expected in [true, false] {
            if !tail.examples.iter().any(|example| example.matches == expected) {
                let problem = format!("there is none with match = {expected}");
                return Err(invalid(id, "example", problem, "add a text that matches and a near miss that does not"));
            }
        }
        for example in &tail.examples {
            self.check_example(example)?;
        }
        Ok(())
    }

    fn check_head(&self) -> Result<(), CatalogError> {
        let id = &self.id;
        let well_formed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '/');
        if id.is_empty() || !id.chars().all(well_formed) {
            let problem = format!("`{id}` has other characters than a-z, 0-9, - and /");
            return Err(invalid(id, "id", problem, "rename the file"));
        }
        if !(0..=PRIORITY_MAX).contains(&self.priority) {
            let problem = format!("{} is outside 0 to {PRIORITY_MAX}", self.priority);
            return Err(invalid(id, "priority", problem, "use 50 unless it must win or lose against another"));
        }
        if let Some(short) = self.literals.iter().find(|literal| literal.len() < LITERAL_BYTES_MIN) {
            let problem = format!("`{short}` is shorter than {LITERAL_BYTES_MIN} bytes");
            return Err(invalid(id, "match.literals", problem, "use a longer part of the message"));
        }
        if self.literals.is_empty() {
            return Err(invalid(id, "match.literals", "is empty".to_owned(), "name a fixed part of the message"));
        }
        let names = self.capture_names()?;
        if let Some(unknown) = self.identity.iter().find(|name| !names.contains(name)) {
            let problem = format!("`{unknown}` is no capture of the regex");
            return Err(invalid(id, "match.identity", problem, "name a (?P<capture>…) of match.regex"));
        }
        if self.title.trim().is_empty() || self.title.ends_with('.') {
            return Err(invalid(id, "title", format!("`{}`", self.title), "say what happened, without a full stop"));
        }
        if let Some(unknown) = placeholders(&self.title).find(|name| !names.iter().any(|known| known == name)) {
            let problem = format!("`{{{unknown}}}` is no capture of the regex");
            return Err(invalid(id, "title", problem, "name a (?P<capture>…) of match.regex"));
        }
        Ok(())
    }

    fn capture_names(&self) -> Result<Vec<String>, CatalogError> {
        let Some(pattern) = &self.pattern else { return Ok(Vec::new()) };
        let regex = compile(pattern).map_err(|error| {
            invalid(&self.id, "match.regex", error.to_string(), "correct the pattern; look-around is not supported")
        })?;
        Ok(regex.capture_names().flatten().map(str::to_owned).collect())
    }

    fn check_example(&self, example: &Example) -> Result<(), CatalogError> {
        let found = self.matches(&example.text);
        let remedy = "correct the example or the pattern";
        if found.is_some() != example.matches {
            let problem = format!("match = {} does not hold for `{}`", example.matches, example.text);
            return Err(invalid(&self.id, "example.text", problem, remedy));
        }
        let found = found.unwrap_or_default();
        for (name, value) in &example.captures {
            if !found.iter().any(|pair| pair.0 == *name && pair.1 == *value) {
                let problem = format!("`{name}` is not `{value}` in `{}`", example.text);
                return Err(invalid(&self.id, "example.captures", problem, remedy));
            }
        }
        Ok(())
    }
}
