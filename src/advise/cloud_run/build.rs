//! Builds that failed before any deploy.
//!
//! In: a target (its service is often empty). Out: actions; nothing that serves is touched.

use super::super::step;
use super::target::Target;
use crate::model::Stage;
use crate::model::report::Action;

/// The ladder of a failed build.
pub(super) fn steps(target: &Target<'_>) -> Vec<Action> {
    let region = format!("--region={}", target.region);
    let build = step::capture(target.situation, &["build"], is_build, "BUILD_ID");
    let failed = target.cloud(&["builds", "list", "--filter=status=FAILURE", "--limit=5", &region]);
    let log = target.cloud(&["builds", "log", build, &region]);
    let look_for = step::look_for(target.situation, "The first error line of the first failing step");
    vec![
        step::look(Stage::Inspect, "List the failed builds", failed, "The id of the build, and since when builds fail"),
        step::look(Stage::Inspect, "Read the log of the build", log, &look_for),
        step::note(
            Stage::Mitigate,
            "No mitigation needed: a failed build deploys nothing",
            "The service keeps the revision it had",
            "The service answers as before",
        ),
        step::repair(target.situation, "Repair what the failing step names, then build again"),
        step::look(
            Stage::Verify,
            "The next build succeeds",
            target.cloud(&["builds", "list", "--limit=3", &region]),
            "The newest build has status SUCCESS",
        ),
        step::note(
            Stage::Prevent,
            "Build the same way before merging, with locked dependency versions",
            "",
            "A change that cannot be built is refused before it is merged",
        ),
    ]
}

/// A build id: a UUID.
fn is_build(text: &str) -> bool {
    text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(i, b)| if matches!(i, 8 | 13 | 18 | 23) { b == b'-' } else { b.is_ascii_hexdigit() })
}
