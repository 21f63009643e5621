//! Lines of an application that only repeat what somebody else said: users type anything, and applications log it.
//!
//! In: a signature's match in a line. Out: whether the line states it. A line that calls itself informational states a
//! cause where it opens with it, or says before it that something failed; one that names no level does not state what
//! it puts into quotes; a warning or an error states whatever it says.

use super::level::Level;
use super::matcher::Match;
use super::{exception, prefix};
use crate::model::{Role, Stream};

/// Whether the line only repeats it. `says_failure` knows the words by which a text speaks of failure.
pub(super) fn is_hearsay(
    found: &Match<'_>,
    stream: Stream,
    text: &str,
    level: Level,
    says_failure: impl Fn(&str) -> bool,
) -> bool {
    let own = stream.is_output();
    if !own || found.signature.role > Role::Failure || level >= Level::Warning {
        return false;
    }
    let before = text.get(..found.start).unwrap_or("");
    let quote = before.rfind('"').filter(|_| before.matches('"').count() % 2 == 1 && !text.starts_with('{'));
    let outside = exception::before_kind(&before[..quote.unwrap_or(before.len())]);
    if says_failure(outside) {
        return false;
    }
    if level == Level::Unknown {
        return quote.is_some();
    }
    let dress = text.len() - prefix::strip(text).len();
    let opening = outside.get(dress..).unwrap_or("").trim_end();
    !opening.is_empty() && !opening.ends_with(']')
}

#[cfg(test)]
mod tests {
    use super::is_hearsay;
    use crate::classify::level::Level;
    use crate::classify::matcher::Catalog;
    use crate::model::{Platform, Stream};

    fn hearsay(text: &str, level: Level) -> bool {
        let found = Catalog::embedded().find(Platform::CloudRun, Stream::Stdout, text).expect("a signature");
        is_hearsay(&found, Stream::Stdout, text, level, |text| text.to_lowercase().contains("fail"))
    }

    #[test]
    fn what_users_typed_is_hearsay() {
        let typed = "permission denied for table orders";
        assert!(hearsay(&format!("search query=\"{typed}\" hits=0"), Level::Info));
        assert!(hearsay(&format!("search query=\"{typed}\" hits=0"), Level::Unknown));
        assert!(hearsay(&format!("customer 8 wrote: {typed}"), Level::Info));
        assert!(hearsay("customer 8 wrote: ModuleNotFoundError: No module named 'torch'", Level::Info));
    }

    #[test]
    fn what_the_application_says_itself_is_none() {
        let said = "permission denied for table orders";
        assert!(!hearsay(said, Level::Info));
        assert!(!hearsay(&format!("2026-03-04 01:22:34,772 - app.db - INFO - [Db] {said}"), Level::Info));
        assert!(!hearsay(&format!("could not save, insert failed: {said}"), Level::Info));
        assert!(!hearsay(&format!("orders: {said}"), Level::Error));
        assert!(!hearsay(&format!("orders: {said}"), Level::Unknown));
        assert!(!hearsay("ModuleNotFoundError: No module named 'torch'", Level::Info));
    }
}
