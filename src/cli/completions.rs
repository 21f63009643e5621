//! `whydown completions SHELL`: a completion script.

use std::io::Write;
use std::process::ExitCode;

use clap::Args;
use clap_complete::Shell;

use super::exit::{self, Failure};

/// Print a completion script for your shell.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  whydown completions bash > ~/.local/share/bash-completion/completions/whydown\n  whydown completions fish > ~/.config/fish/completions/whydown.fish"
)]
pub struct Completions {
    /// Shell
    shell: Shell,
}

impl Completions {
    /// Prints the script.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        // Into memory first: `generate` panics where standard output is closed.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::command(), "whydown", &mut script);
        std::io::stdout().lock().write_all(&script)?;
        Ok(ExitCode::from(exit::ANALYSED))
    }
}
