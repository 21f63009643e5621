//! The program in a folder of its own: no variable, no settings file and no ignore file of the machine reaches it.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::root;

/// One confirmed finding: a missing module.
pub const CRASH: &str = "fixtures/incidents/import-error-behind-tcp-probe/logs.json";

/// A working directory with the program in it.
pub struct Program {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

/// What a run left.
pub struct Ran {
    /// Exit code; -1 where a signal ended it.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Program {
    /// An empty working directory.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), variables: Vec::new() }
    }

    /// The working directory.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into the working directory.
    pub fn file(self, path: &str, text: &str) -> Self {
        let path = self.folder().join(path);
        std::fs::create_dir_all(path.parent().expect("below the folder")).expect("writable");
        std::fs::write(path, text).expect("writable");
        self
    }

    /// Sets an environment variable.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The command, not yet run.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_whydown"));
        command.args(arguments).current_dir(self.folder()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("WHYDOWN_")) {
            command.env_remove(name);
        }
        command.env("XDG_CONFIG_HOME", self.folder().join("config")).env("HOME", self.folder());
        command.env_remove("COLUMNS").env_remove("NO_COLOR").envs(self.variables.iter().map(|(a, b)| (a, b)));
        command
    }

    /// Runs to the end.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Ran {
        Ran::of(self.command(arguments).output().expect("the binary runs"))
    }

    /// Runs with something on standard input.
    pub fn feed(&self, arguments: &[&str], input: &[u8]) -> Ran {
        let mut command = self.command(arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        // The program may refuse its arguments before it reads.
        let _ = child.stdin.take().expect("piped").write_all(input);
        Ran::of(child.wait_with_output().expect("it ends"))
    }
}

impl Ran {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Self { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// The whole path of a fixture.
pub fn fixture(path: &str) -> PathBuf {
    root().join(path)
}
