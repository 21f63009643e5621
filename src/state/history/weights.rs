//! Joins rows that each set the weight of one revision into the split that they set together.
//!
//! In go facts in any order; out come the same facts, where those of one command are one. Azure writes a row for
//! each revision of a split, moments apart; a Cloud Run call holds its whole split, and is left as it is.

use std::borrow::Cow;

use crate::facts::audit::spec::ServiceStatus;
use crate::facts::audit::{AuditFact, AuditKind};
use crate::model::time::NANOS_PER_SECOND;

/// Rows of one command are written within this time.
const ONE_COMMAND_NANOS: i64 = 5 * NANOS_PER_SECOND;

/// Joins them, and tells each split which revision was the newest before it.
pub(crate) fn joined(facts: &[AuditFact]) -> Cow<'_, [AuditFact]> {
    if !facts.iter().any(sets_weight) {
        return Cow::Borrowed(facts);
    }
    let mut ordered: Vec<&AuditFact> = facts.iter().collect();
    ordered.sort_unstable();
    let mut all: Vec<AuditFact> = Vec::with_capacity(facts.len());
    let mut newest = "";
    let mut open: Option<usize> = None;
    for fact in ordered {
        if let Some(status) = fact.status_after.as_ref().filter(|status| !status.latest_created.is_empty()) {
            newest = &status.latest_created;
        }
        if !sets_weight(fact) {
            all.push(fact.clone());
            continue;
        }
        let last = open.map(|index| &mut all[index]).filter(|last| fact.time.0 - last.time.0 <= ONE_COMMAND_NANOS);
        if let (Some(spec), Some(more)) = (last.and_then(|last| last.spec.as_mut()), &fact.spec) {
            for target in &more.traffic {
                spec.traffic.retain(|known| known.revision != target.revision);
                spec.traffic.push(target.clone());
            }
        } else {
            open = Some(all.len());
            let before = ServiceStatus { latest_created: newest.to_owned(), ..ServiceStatus::default() };
            all.push(AuditFact { status_before: Some(before), ..fact.clone() });
        }
    }
    Cow::Owned(all)
}

/// Whether a row sets the weight of one revision.
pub(crate) fn sets_weight(fact: &AuditFact) -> bool {
    fact.kind == AuditKind::Request && fact.method == "UpdateTraffic"
}
