//! whydown answers, offline and from exported logs: why was this service down, and what do I type now?
//!
//! ```text
//! ingest ──► classify ──► facts ──► state ──► reason ──► advise ──► report
//! bytes→Entry  Entry→     mergeable   lives,     findings,   actions,   one view,
//! (any form)   what it    counts and  revisions, chains,     notices    one renderer
//!              says       rows        traffic    verdicts               a format
//! ```
//!
//! Data flows one way, and `tests/layout.rs` holds who may import whom. [`pipeline`] calls the stages in
//! order and is the place to start reading; [`model`] holds the words that all stages share, [`stats`] the exact
//! tests that they compare counts with.
//!
//! What always holds:
//! 1. Bad input is data: a stage returns its result and what was wrong. Only an input that cannot be
//!    opened, a broken rules file or an output that cannot be written is an error.
//! 2. The same input gives the same bytes, for any thread count and any order of files and lines.
//! 3. Every claim carries evidence: insertId, time, file and line.
//! 4. Memory grows with failures and distinct names, not with raw text.
//! 5. Renderers compute nothing.

pub mod model;

pub mod stats;

pub mod durable;

pub mod pipeline;

pub mod ingest;

pub mod classify;

pub mod facts;

pub mod state;

pub mod shard;

pub mod reason;

pub mod advise;

pub mod report;

pub mod compare;

pub mod eval;

pub mod cli;
