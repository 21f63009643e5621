//! The binary: run the command line, report the error, exit.

use std::process::ExitCode;

fn main() -> ExitCode {
    whydown::cli::run()
}
