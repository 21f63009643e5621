//! Where a report goes: standard output, or a file that appears whole or not at all.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::Failure;

/// The argument of every subcommand that can write its report to a file.
#[derive(Debug, Default, Args)]
pub struct Output {
    /// Write to this file, whole or not at all, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Output {
    /// Whether people look at it as it is written.
    pub fn is_terminal(&self) -> bool {
        self.output.is_none() && io::stdout().is_terminal()
    }

    /// Says at once that a file cannot be written, rather than after reading a gigabyte.
    ///
    /// # Errors
    /// [`Failure::OutputFile`] when the folder is not there.
    pub fn check(&self) -> Result<(), Failure> {
        match &self.output {
            Some(path) if !folder_of(path).is_dir() => {
                let source = io::Error::new(io::ErrorKind::NotFound, "its folder does not exist; create it first");
                Err(Failure::OutputFile { path: path.clone(), source })
            }
            _ => Ok(()),
        }
    }

    /// Writes what `render` writes.
    ///
    /// # Errors
    /// [`Failure::Output`] or [`Failure::OutputFile`]; the file is then what it was before.
    pub fn write(&self, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        match &self.output {
            None => {
                let mut out = BufWriter::new(io::stdout().lock());
                render(&mut out)?;
                out.flush()?;
                Ok(())
            }
            Some(path) => {
                // In memory first: no temporary file lies about while the report is made, should it be interrupted.
                let mut bytes = Vec::new();
                render(&mut bytes)
                    .and_then(|()| replace(path, &bytes))
                    .map_err(|source| Failure::OutputFile { path: path.clone(), source })
            }
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Puts `bytes` in the place of the file at once. A link keeps pointing where it points, an existing file keeps
/// its permissions, and what is no file (`/dev/stdout`, a pipe) is simply written to.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let old = std::fs::metadata(&target).ok();
    if old.as_ref().is_some_and(|old| !old.is_file()) {
        return std::fs::OpenOptions::new().write(true).open(&target)?.write_all(bytes);
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".whydown-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The umask takes its share; `tempfile` alone would keep the report from everybody else.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder_of(&target))?;
    file.write_all(bytes)?;
    if let Some(old) = old {
        file.as_file().set_permissions(old.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(&target).map_err(|error| error.error)?;
    Ok(())
}
