//! The only test binary: everything that needs the whole program, its files or its tree.

mod analyze_command;
mod canary;
mod classify_open_cases;
mod compare;
mod deployments_open_cases;
mod determinism;
mod digest;
mod digest_facts;
mod digest_kills;
mod eval_command;
mod examples;
mod exit_codes;
mod formats;
mod ignore_file;
mod incidents;
mod ingest_open_cases;
mod layout;
mod many_lines;
mod notices;
mod open_cases;
mod output_file;
mod patterns_command;
mod revision_states;
mod robustness;
mod rules_command;
mod settings;
mod shards;
mod simulation;
#[cfg(target_os = "linux")]
mod spark;
mod state_ladders;
mod support;
mod thinned_history;
mod timeline;
