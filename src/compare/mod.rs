//! Runs compared: what changed, whether a fix held, what is new since the last hour.
//!
//! In: reports, tallies and what was remembered. Out: plain data for the renderers. Nothing here reads logs.
//!
//! `findings` makes reports comparable, `judge` says what became of a finding, by the exact tests of `stats::rates`;
//! `diff`, `verify` and `digest` ask it. `store` keeps what a digest remembers.

pub mod diff;
pub mod digest;
pub mod findings;
pub mod judge;
pub mod store;
pub mod verify;
