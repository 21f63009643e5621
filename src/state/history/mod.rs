//! Deployments, readiness and traffic of one service.
//!
//! In: its audit facts, in any order, its describe documents and the runs that deploy it. Out: its [`History`].
//! `timeline` orders and joins the facts, `steps` finds the changes, `outcome` what became of each,
//! `diff` what changed; `rebuild` puts them together. `document` reads describe documents,
//! `pipeline` places the runs of a pipeline among the deployments, `weights` joins rows that together set a split.

pub mod condition;
pub mod document;
pub mod pipeline;

mod deployments;
mod diff;
mod ending;
mod outcome;
mod readiness;
mod rebuild;
mod steps;
mod timeline;
mod traffic;
mod transitions;
mod weights;

#[cfg(test)]
mod tests;

pub use condition::Condition;
pub use diff::{changes, traffic_changes, traffic_text};
pub use document::{Document, Run, parse_document};
pub use readiness::Readiness;
pub use rebuild::{History, Refusal, TrafficChange, history};
pub use transitions::Transition;
