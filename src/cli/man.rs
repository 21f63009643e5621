//! `whydown man [SUBCOMMAND…]`: a manual page in roff.

use std::io::Write;
use std::process::ExitCode;

use clap::Args;

use super::exit::{self, Failure};
use super::nearest::or_nearest;

/// Print a manual page.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  whydown man > ~/.local/share/man/man1/whydown.1\n  whydown man rules test > ~/.local/share/man/man1/whydown-rules-test.1"
)]
pub struct Man {
    /// The page of a subcommand [default: of the program]
    subcommand: Vec<String>,
}

impl Man {
    /// Prints the page.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        let mut command = super::command();
        // Gives every subcommand its whole name.
        command.build();
        for name in &self.subcommand {
            let names: Vec<String> = command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
            let Some(below) = command.find_subcommand(name) else {
                let known = names.iter().map(String::as_str);
                let remedy = or_nearest(name, known, "`whydown help` lists the subcommands");
                return Err(Failure::Usage(format!("there is no subcommand `{}`; {remedy}", name.escape_debug())));
            };
            command = below.clone();
        }
        if self.subcommand.is_empty() {
            command = command.after_help(format!("{}\n\n{}", super::EXAMPLES, super::EXIT_CODES));
        }
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        std::io::stdout().lock().write_all(&page)?;
        Ok(ExitCode::from(exit::ANALYSED))
    }
}
