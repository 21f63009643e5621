//! Keeps a digest's memory in a folder: one writer at a time, never half written, never dropped in silence.
//!
//! The state is written to a new file beside it, brought to the disk, and renamed over the old one: whenever the
//! program is killed, the state is that of before or that of after. A state that cannot be read is moved aside.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::digest::memory::{Memory, VERSION};
use crate::durable;

/// The state.
const STATE: &str = "digest.json";

/// Locked while a run reads, tells and writes.
const LOCK: &str = "digest.lock";

/// Begins the names of files that a killed run may leave behind.
const UNFINISHED: &str = ".digest-unfinished-";

/// Time between two tries for the lock.
const RETRY: Duration = Duration::from_millis(20);

/// Why the state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder or a file in it cannot be opened or written.
    #[error("{}: cannot {what}: {source}; give a folder that this user may write to with --state", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another run has it.
    #[error(
        "{}: another whydown digest holds this state, and did not end within {} s; run one at a time for each \
         --state folder, or wait longer with --lock-wait", path.display(), waited.as_secs()
    )]
    Busy {
        /// The lock file.
        path: PathBuf,
        /// How long.
        waited: Duration,
    },
    /// A newer whydown wrote it.
    #[error(
        "{}: version {found} of the state, written by a newer whydown; this one knows version {VERSION}. Upgrade it, \
         or give another folder with --state", path.display()
    )]
    Newer {
        /// The state file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// The windows of the state have another length.
    #[error(
        "{}: the state counts in windows of {known} s, not of {wanted} s; give --window {known}s, or another folder \
         with --state", path.display()
    )]
    OtherWindow {
        /// The state file.
        path: PathBuf,
        /// Length of its windows.
        known: i64,
        /// Length asked for.
        wanted: i64,
    },
}

/// The folder, locked until this is dropped.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    _lock: File,
}

impl Store {
    /// Makes the folder where it is missing and waits for the lock, at most so long. `on_wait` is called once
    /// before a wait.
    pub fn open(folder: &Path, wait: Duration, on_wait: impl FnOnce()) -> Result<Self, Error> {
        let io = |what, path: &Path| {
            let path = path.to_owned();
            move |source| Error::Io { what, path, source }
        };
        fs::create_dir_all(folder).map_err(io("make the folder of the state", folder))?;
        let path = folder.join(LOCK);
        let lock = File::options().create(true).truncate(false).write(true).open(&path).map_err(io("open", &path))?;
        let start = Instant::now();
        let mut on_wait = Some(on_wait);
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(source)) => return Err(Error::Io { what: "lock", path, source }),
                Err(TryLockError::WouldBlock) if start.elapsed() >= wait => {
                    return Err(Error::Busy { path, waited: wait });
                }
                Err(TryLockError::WouldBlock) => {
                    if let Some(on_wait) = on_wait.take() {
                        on_wait();
                    }
                    std::thread::sleep(RETRY);
                }
            }
        }
        let store = Self { folder: folder.to_owned(), _lock: lock };
        store.clean().map_err(io("read", folder))?;
        Ok(store)
    }

    /// What was remembered, and what had to be moved aside.
    pub fn load(&self, window_seconds: i64) -> Result<(Memory, Option<String>), Error> {
        let path = self.folder.join(STATE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Memory::new(window_seconds), None)),
            Err(source) => return Err(Error::Io { what: "read", path, source }),
        };
        match parse(&bytes) {
            Parsed::Known(memory) if memory.window_seconds != window_seconds => {
                Err(Error::OtherWindow { path, known: memory.window_seconds, wanted: window_seconds })
            }
            Parsed::Known(memory) => Ok((*memory, None)),
            Parsed::Newer(found) => Err(Error::Newer { path, found }),
            Parsed::Broken(why) => {
                let aside = self.set_aside(&path)?;
                let notice = format!(
                    "{} is broken ({why}); it was moved to {}, and all findings count as new",
                    path.display(),
                    aside.display()
                );
                Ok((Memory::new(window_seconds), Some(notice)))
            }
        }
    }

    /// Writes the state: all of it or none of it.
    pub fn save(&self, memory: &Memory) -> Result<(), Error> {
        let path = self.folder.join(STATE);
        self.replace(&path, memory).map_err(|source| Error::Io { what: "write", path, source })
    }

    fn replace(&self, path: &Path, memory: &Memory) -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.folder)?;
        let mut bytes = serde_json::to_vec(memory)?;
        bytes.push(b'\n');
        file.write_all(&bytes)?;
        durable::replace(file, path)
    }

    /// Moves the state to the first free name beside it.
    fn set_aside(&self, path: &Path) -> Result<PathBuf, Error> {
        let free = |aside: &PathBuf| !aside.exists();
        let names = (1..).map(|number: u32| self.folder.join(format!("digest.broken-{number}.json")));
        let aside = names.into_iter().find(free).unwrap_or_else(|| self.folder.join("digest.broken.json"));
        fs::rename(path, &aside).map_err(|source| Error::Io { what: "move aside", path: path.to_owned(), source })?;
        Ok(aside)
    }

    /// Removes what killed runs left behind.
    fn clean(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                // A leftover that stays does no harm.
                drop(fs::remove_file(entry.path()));
            }
        }
        Ok(())
    }
}

enum Parsed {
    Known(Box<Memory>),
    Newer(u32),
    Broken(String),
}

fn parse(bytes: &[u8]) -> Parsed {
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    match serde_json::from_slice::<Versioned>(bytes) {
        Err(error) => Parsed::Broken(error.to_string()),
        Ok(Versioned { version }) if version > VERSION => Parsed::Newer(version),
        Ok(Versioned { version }) if version < VERSION => Parsed::Broken(format!("version {version} never was")),
        Ok(_) => match serde_json::from_slice::<Memory>(bytes) {
            Ok(memory) if memory.window_seconds >= 60 => Parsed::Known(Box::new(memory)),
            Ok(memory) => Parsed::Broken(format!("windows of {} s", memory.window_seconds)),
            Err(error) => Parsed::Broken(error.to_string()),
        },
    }
}
