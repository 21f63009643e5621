//! Deployments, readiness and traffic of one service.
//!
//! In: its audit facts, in any order, and its describe documents. Out: its [`History`].
//! `timeline` orders and joins the facts, `steps` finds the changes, `outcome` what became of each,
//! `diff` what changed; `rebuild` puts them together. `document` reads describe documents.

pub mod document;

mod diff;
mod ending;
mod outcome;
mod readiness;
mod rebuild;
mod steps;
mod timeline;
mod traffic;

#[cfg(test)]
mod tests;

pub use diff::{changes, traffic_changes, traffic_text};
pub use document::{Document, parse_document};
pub use readiness::Readiness;
pub use rebuild::{History, Refusal, TrafficChange, history};
