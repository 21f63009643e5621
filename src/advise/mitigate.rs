//! What stops the harm, decided once for every platform that keeps revisions.
//!
//! In: a [`Situation`]. Out: a [`Mitigation`], which the ladder of the platform turns into its commands. The rules:
//! nothing to do where an older revision serves or the incident is over; traffic goes only to a revision with
//! evidence of health of its own; a refused deploy and a refused caller are not mended by a rollback.

use super::step;
use super::{Rollback, Situation, names};
use crate::model::report::Action;
use crate::model::{Category, Stage};

/// What to do first.
pub(super) enum Mitigation<'a> {
    /// The newest revision never became ready, and the one before it keeps serving.
    OlderServes,
    /// Nothing is to be run; the action says why.
    Nothing(Action),
    /// All traffic to this revision.
    RollBack {
        /// Its name, valid.
        good: &'a str,
        /// What shows that it can serve.
        proof: &'a str,
    },
    /// No revision is known to be healthy; find one.
    Find {
        /// Why none is known.
        why: &'a str,
    },
}

/// Title of the step where the older revision serves.
pub(super) const OLDER_SERVES: &str = "No mitigation needed: the revision before it keeps serving; fix forward";

/// Decides. `proved` says what the verify steps show once it is over.
pub(super) fn mitigation<'a>(situation: &Situation<'a>, proved: &str) -> Mitigation<'a> {
    let nothing =
        |title: &str, why: &str, expect: &str| Mitigation::Nothing(step::note(Stage::Mitigate, title, why, expect));
    if matches!(situation.category, Category::DeployConflict | Category::Client) {
        let why = "A rollback changes nothing here: the revision that serves is not the cause";
        return nothing("Do not roll back", why, "Traffic stays as it is");
    }
    if situation.newest_not_ready {
        return Mitigation::OlderServes;
    }
    if let (false, Some(by)) = (situation.ongoing, situation.resolved_by) {
        let title =
            format!("No mitigation needed: it ended with {}", step::valid_or(by, names::is_revision, "REVISION"));
        return nothing(&title, proved, "The failures do not come back");
    }
    match situation.rollback {
        Rollback::To { revision, proof } => match good(situation) {
            Some(good) if good == revision => Mitigation::RollBack { good, proof },
            _ => Mitigation::Find { why: "The proposed revision fails as well, or its name is not valid" },
        },
        Rollback::NotNeeded { why } => nothing("No rollback needed", why, "The failures do not come back"),
        Rollback::WouldNotHelp { why } => {
            nothing("Do not roll back: it would not help", why, "Traffic stays as it is until the fix is deployed")
        }
        Rollback::Unknown { why } => Mitigation::Find { why },
    }
}

/// The revision to go back to, when there is a proven one that is not itself failing.
pub(super) fn good<'a>(situation: &Situation<'a>) -> Option<&'a str> {
    match situation.rollback {
        Rollback::To { revision, .. }
            if names::is_revision(revision) && !situation.revisions.iter().any(|failing| failing == revision) =>
        {
            Some(revision)
        }
        _ => None,
    }
}
