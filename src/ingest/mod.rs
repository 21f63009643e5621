//! Bytes to entries: every form that real exports have, streamed, in parallel, damage counted.
//!
//! In go files, directories, standard input or named bytes; out comes one folded state per worker
//! with what was read, what was damaged, and the state documents found among the inputs. The caller's
//! fold sees every entry once, in no particular order, so what it builds must not depend on order.
//!
//! ```text
//! input ─► decode ─► form ─► source (cut, table, console, transcript) ─► batches ─► work (wire, repair, yaml, canonical, azure) ─► entry
//! ```
//! Each worker opens inputs of its own while there are any, then helps with those still open. Memory
//! is one window and one batch per worker, never a whole file.

mod azure;
mod canonical;
mod console;
mod cut;
mod damage;
mod decode;
mod entry;
mod error;
mod filter;
mod form;
mod input;
mod keys;
mod lines;
mod nesting;
mod progress;
mod repair;
mod run;
mod sniff;
mod source;
mod state;
mod stream;
mod table;
#[cfg(test)]
mod tests;
mod transcript;
mod wire;
mod work;
mod yaml;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::entry::Entry;
use crate::model::report::InputFile;

pub use damage::{Damage, kind_of_damage};
pub use error::{Error, Unrecognised};
pub use filter::Filter;
pub use lines::read_lines;
pub use progress::Progress;
pub use state::{StateDocument, StateKind};

use input::{Listed, Origin};

/// How to read.
#[derive(Debug, Clone)]
pub struct Options {
    /// Worker threads; 0 means one per core.
    pub threads: usize,
    /// Most bytes that one compressed input may unpack to; the rest of it is not read.
    pub max_decompressed_bytes: u64,
    /// Longest record in bytes; a longer one is skipped and counted.
    pub max_record_bytes: usize,
    /// Which entries to keep.
    pub filter: Filter,
    /// Counters to raise while reading, for whoever watches.
    pub progress: Arc<Progress>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threads: 0,
            max_decompressed_bytes: 64 << 30,
            max_record_bytes: 64 << 20,
            filter: Filter::default(),
            progress: Arc::default(),
        }
    }
}

/// What was read.
#[derive(Debug)]
pub struct Read<T> {
    /// One state of the fold per worker, in no meaningful order.
    pub partials: Vec<T>,
    /// Every input, sorted by path; `Position.file` indexes it.
    pub files: Vec<InputFile>,
    /// Damage by file and kind.
    pub damage: Vec<Damage>,
    /// Deployment state found among the inputs, by path.
    pub state_documents: Vec<StateDocument>,
    /// Entries that the filter kept out; they are counted nowhere else.
    pub filtered_out: u64,
    /// Inputs that hold neither an entry nor a state document, by number; not yet among the damage.
    pub unrecognised: Vec<(usize, Unrecognised)>,
}

impl<T> Read<T> {
    /// The same with another state of each worker.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Read<U> {
        let Self { partials, files, damage, state_documents, filtered_out, unrecognised } = self;
        let partials = partials.into_iter().map(change).collect();
        Read { partials, files, damage, state_documents, filtered_out, unrecognised }
    }

    /// Counts inputs that are no logs among the damage.
    ///
    /// # Errors
    /// When no input holds an entry or a state document.
    pub fn judged(mut self) -> Result<Self, Error> {
        let unrecognised = std::mem::take(&mut self.unrecognised);
        if unrecognised.len() == self.files.len() && self.filtered_out == 0 {
            return Err(Error::NotLogData { inputs: unrecognised.into_iter().map(|(_, input)| input).collect() });
        }
        if self.filtered_out == 0 {
            self.damage.extend(unrecognised.iter().map(|(file, input)| Damage::not_log_data(*file, &input.looks_like)));
            self.damage.sort();
        }
        Ok(self)
    }
}

/// Reads files, directories (recursively) and standard input (`-`) and folds every entry. Entries come in small groups,
/// so that whoever looks them up can let the lookups of a group wait together.
///
/// # Errors
/// When a path cannot be opened, or when no input holds an entry or a state document.
pub fn read<T, N, F>(inputs: &[PathBuf], options: &Options, new: N, fold: F) -> Result<Read<T>, Error>
where
    T: Send,
    N: Fn() -> T + Sync,
    F: Fn(&mut T, &[Entry<'_>]) + Sync,
{
    read_part(inputs, options, new, fold)?.judged()
}

/// Reads in the same way what may be a part of the whole: that it holds no entry is not an error yet, and what is no
/// log stands in [`Read::unrecognised`].
///
/// # Errors
/// When a path cannot be opened.
pub fn read_part<T, N, F>(inputs: &[PathBuf], options: &Options, new: N, fold: F) -> Result<Read<T>, Error>
where
    T: Send,
    N: Fn() -> T + Sync,
    F: Fn(&mut T, &[Entry<'_>]) + Sync,
{
    Ok(run::run(input::list(inputs)?, options, &new, &fold))
}

/// Reads named bytes in the same way.
///
/// # Errors
/// When none of them holds an entry or a state document.
pub fn read_bytes<T, N, F>(named: &[(String, Vec<u8>)], options: &Options, new: N, fold: F) -> Result<Read<T>, Error>
where
    T: Send,
    N: Fn() -> T + Sync,
    F: Fn(&mut T, &[Entry<'_>]) + Sync,
{
    let mut listed: Vec<Listed> = named
        .iter()
        .map(|(name, bytes)| Listed {
            name: name.clone(),
            origin: Origin::Memory(bytes.clone()),
            bytes: bytes.len() as u64,
        })
        .collect();
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    run::run(listed, options, &new, &fold).judged()
}

/// Reads a file given as deployment state: JSON or YAML, any encoding, plain or compressed.
///
/// # Errors
/// When it cannot be opened or holds no known state document.
pub fn read_state_file(path: &Path) -> Result<Vec<StateDocument>, Error> {
    let listed = input::list(&[path.to_owned()])?;
    let mut documents = Vec::new();
    for input in listed {
        let name = input.name.clone();
        let mut source = source::Source::open(0, input, &Options::default());
        while source.next_batch(&mut source::Batch::default()) {}
        if source.states.is_empty() {
            return Err(Error::NotState { path: name, looks_like: source.looks_like });
        }
        documents.append(&mut source.states);
    }
    Ok(documents)
}
