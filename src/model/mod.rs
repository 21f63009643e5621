//! The words of the program as plain data, spoken by every stage.
//!
//! Nothing here reads a file, knows a library's types or decides anything: these are
//! structs with public, documented fields, the closed lists of the report contract,
//! and the one clock type. Every other folder may import this one; it imports none.

pub mod canary;
pub mod entry;
pub mod patterns;
pub mod report;
pub mod tally;
pub mod time;
pub mod timeline;
pub mod words;

pub use entry::{Entry, HttpRequest, Position, Resource, Severity, Stream};
pub use tally::Occurrences;
pub use time::Timestamp;
pub use words::{Category, Platform, Risk, Role, Stage, Verdict};
