//! Builders of single actions, and the look-up of names and captures that go into them.
//!
//! In: a [`Situation`] and words. Out: an [`Action`] whose fields are all filled as its risk demands, and
//! names that are valid for their kind or placeholders in capitals.

use super::{Situation, names, shell};
use crate::model::report::Action;
use crate::model::{Risk, Stage};

/// Longest reason, proof or advice shown, in characters.
const PROSE_CHARS_MAX: usize = 300;

/// A step that reads.
pub(super) fn look(stage: Stage, title: &str, command: String, expect: &str) -> Action {
    Action {
        stage,
        title: title.to_owned(),
        command,
        precondition: String::new(),
        undo: String::new(),
        expect: expect.to_owned(),
        risk: Risk::ReadOnly,
    }
}

/// A step without a command that changes nothing: a statement the reader must not miss.
pub(super) fn note(stage: Stage, title: &str, precondition: &str, expect: &str) -> Action {
    Action { precondition: prose(precondition), ..look(stage, title, String::new(), expect) }
}

/// A step that changes something and can be taken back.
pub(super) struct Change<'a> {
    /// When it belongs.
    pub(super) stage: Stage,
    /// What it does.
    pub(super) title: &'a str,
    /// Shell line; empty for work by hand.
    pub(super) command: String,
    /// What must be true before.
    pub(super) precondition: &'a str,
    /// Command or step that takes it back.
    pub(super) undo: String,
    /// What should be seen after.
    pub(super) expect: &'a str,
}

impl Change<'_> {
    /// The action.
    pub(super) fn reversible(self) -> Action {
        self.with(Risk::Reversible)
    }

    /// The action, marked as one that nothing brings back.
    pub(super) fn destructive(self) -> Action {
        self.with(Risk::Destructive)
    }

    fn with(self, risk: Risk) -> Action {
        Action {
            stage: self.stage,
            title: self.title.to_owned(),
            command: self.command,
            precondition: self.precondition.to_owned(),
            undo: self.undo,
            expect: self.expect.to_owned(),
            risk,
        }
    }
}

/// Work by hand in the repository or settings, with the signature's own advice where it has one.
pub(super) fn repair(situation: &Situation<'_>, otherwise: &str) -> Action {
    let advice: Vec<String> = situation.advice_fix.iter().map(|text| filled(situation, text)).collect();
    let title = if advice.is_empty() { otherwise.to_owned() } else { advice.join("; ") };
    Change {
        stage: Stage::Fix,
        title: &title,
        command: String::new(),
        precondition: "The inspect step confirms the cause",
        undo: "Revert the change in the repository or setting".to_owned(),
        expect: "The verify steps pass",
    }
    .reversible()
}

/// What to look for in an inspect step: the signature's advice, or a general sentence.
pub(super) fn look_for(situation: &Situation<'_>, otherwise: &str) -> String {
    let checks: Vec<String> = situation.advice_check.iter().map(|text| filled(situation, text)).collect();
    if checks.is_empty() { otherwise.to_owned() } else { format!("{otherwise}. Look for: {}", checks.join("; ")) }
}

/// Text for people, without characters that act on a terminal, and of bounded length.
pub(super) fn prose(text: &str) -> String {
    shell::prose(text, PROSE_CHARS_MAX)
}

/// Advice with its `{capture}` marks filled in; a capture that is no plain identifier is shown in capitals.
fn filled(situation: &Situation<'_>, advice: &str) -> String {
    let mut text = advice.to_owned();
    for (name, value) in situation.captures {
        let mark = format!("{{{name}}}");
        if text.contains(&mark) {
            let shown =
                if names::is_identifier(value) || names::is_image(value) { value.clone() } else { name.to_uppercase() };
            text = text.replace(&mark, &shown);
        }
    }
    prose(&text)
}

/// The first capture of one of these names whose value is valid, or the placeholder.
pub(super) fn capture<'a>(
    situation: &Situation<'a>,
    keys: &[&str],
    valid: fn(&str) -> bool,
    placeholder: &'static str,
) -> &'a str {
    known(situation, keys, valid).unwrap_or(placeholder)
}

/// The first capture of one of these names whose value is valid. A sentence's full stop is not part of a name.
pub(super) fn known<'a>(situation: &Situation<'a>, keys: &[&str], valid: fn(&str) -> bool) -> Option<&'a str> {
    keys.iter().find_map(|key| {
        let values = situation.captures.iter().filter(|(name, _)| name == key);
        values.map(|(_, value)| value.trim_end_matches(['.', ',', '\'', '"'])).find(|value| valid(value))
    })
}

/// The text when it is valid, or the placeholder.
pub(super) fn valid_or<'a>(text: &'a str, valid: fn(&str) -> bool, placeholder: &'a str) -> &'a str {
    if valid(text) { text } else { placeholder }
}

/// Whether the catalogue id of the cause speaks of one of these things.
pub(super) fn speaks_of(situation: &Situation<'_>, words: &[&str]) -> bool {
    words.iter().any(|word| situation.signature.contains(word))
}

/// Size written as `512 MiB`, `512M`, `1.5Gi` … in mebibytes; decimal units count as binary, as Cloud Run prints them.
pub(super) fn mebibytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let whole: u64 = text[..end].split('.').next()?.parse().ok()?;
    match text[end..].trim() {
        "M" | "MB" | "Mi" | "MiB" => Some(whole),
        "G" | "GB" | "Gi" | "GiB" => whole.checked_mul(1_024),
        _ => None,
    }
}

/// The failing memory limit and twice as much, as flags take them (`512Mi`, `2Gi`).
pub(super) fn memory_step(situation: &Situation<'_>) -> Option<(u64, u64)> {
    let (_, text) = situation.captures.iter().find(|(name, value)| {
        matches!(name.as_str(), "limit" | "memory")
            && mebibytes(value).is_some_and(|size| (64..=16_384).contains(&size))
    })?;
    mebibytes(text).map(|size| (size, size * 2))
}
