//! Finds the inputs and opens them down to plain bytes: directories, stdin, gzip, zstd and tar.
//!
//! In go paths or named bytes; out come, per input, readers of unpacked bytes. Packing is told by
//! the first bytes, never by the name. What unpacking may yield is bounded, so that a compression
//! bomb ends as a counted notice and not as a full disk or a day of work.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::error::Error;
use super::progress::Progress;

/// A stream of bytes that may move between threads.
pub(super) type Bytes = Box<dyn Read + Send>;

/// Packings inside packings that are followed (`tar.gz` holding `gz` is three).
const LAYERS_MAX: usize = 3;
/// Bytes looked at to tell a packing; a tar header needs all of them.
const MAGIC_LEN: usize = 512;

/// Where the bytes of an input come from.
pub(super) enum Origin {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// Memory.
    Memory(Vec<u8>),
}

/// One input before it is opened.
pub(super) struct Listed {
    pub name: String,
    pub origin: Origin,
    pub bytes: u64,
}

/// Lists the inputs by path. Directories are walked, hidden names in them skipped, repeated paths taken once.
pub(super) fn list(paths: &[PathBuf]) -> Result<Vec<Listed>, Error> {
    let mut found = BTreeMap::new();
    for path in paths {
        if path.as_os_str() == "-" {
            found.insert("-".to_owned(), Listed { name: "-".to_owned(), origin: Origin::Stdin, bytes: 0 });
        } else {
            walk(path, &mut found)?;
        }
    }
    Ok(found.into_values().collect())
}

fn walk(path: &Path, found: &mut BTreeMap<String, Listed>) -> Result<(), Error> {
    let failed = |source| Error::Open { path: path.to_owned(), source };
    let metadata = fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        let mut children = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(failed)?;
        children.sort_by_key(fs::DirEntry::file_name);
        for child in children {
            let is_hidden = child.file_name().as_encoded_bytes().starts_with(b".");
            // A link in a directory is not followed: it could lead back up.
            let is_link = child.file_type().is_ok_and(|kind| kind.is_symlink());
            let leads_elsewhere = is_link && child.path().is_dir();
            if !is_hidden && !leads_elsewhere {
                walk(&child.path(), found)?;
            }
        }
        return Ok(());
    }
    fs::File::open(path).map_err(failed)?;
    let name = path.display().to_string();
    found.insert(name.clone(), Listed { name, origin: Origin::File(path.to_owned()), bytes: metadata.len() });
    Ok(())
}

/// What unpacking one input may still yield.
pub(super) struct Budget {
    remaining: AtomicU64,
    exceeded: AtomicBool,
}

impl Budget {
    /// Whether the bound cut the input off.
    pub(super) fn is_exceeded(&self) -> bool {
        self.exceeded.load(Ordering::Relaxed)
    }
}

/// An opened input: its members one after the other (a file that is no archive has one).
pub(super) struct Opened {
    /// `none`, `gzip`, `zstd`, `tar`, or a chain such as `tar.gzip`.
    pub compression: String,
    /// First bytes as stored.
    pub stored_head: Vec<u8>,
    pub budget: Arc<Budget>,
    first: Option<Bytes>,
    archive: Option<Arc<Mutex<Archive>>>,
    /// Bytes taken from a file or standard input so far.
    pub taken: Arc<AtomicU64>,
}

impl Opened {
    /// Opens an input and removes the packings it stands in.
    pub(super) fn open(origin: Origin, decompressed_bytes_max: u64, progress: &Arc<Progress>) -> io::Result<Self> {
        let taken = Arc::new(AtomicU64::new(0));
        let raw: Bytes = match origin {
            Origin::File(path) => Box::new(Counted::new(fs::File::open(path)?, &taken, progress)),
            Origin::Stdin => Box::new(Counted::new(io::stdin(), &taken, progress)),
            Origin::Memory(bytes) => Box::new(Cursor::new(bytes)),
        };
        let budget =
            Arc::new(Budget { remaining: AtomicU64::new(decompressed_bytes_max), exceeded: AtomicBool::new(false) });
        let peeked = Peeked::new(raw, MAGIC_LEN);
        let stored_head = peeked.head.clone();
        let (reader, layers, is_archive) = unpack(peeked, &budget, LAYERS_MAX);
        let mut names = layers;
        let (first, archive) = if is_archive {
            names.push("tar");
            (None, Some(Arc::new(Mutex::new(Archive { reader, left: 0, padding: 0 }))))
        } else {
            (Some(reader), None)
        };
        names.reverse();
        let compression = if names.is_empty() { "none".to_owned() } else { names.join(".") };
        Ok(Self { compression, stored_head, budget, first, archive, taken })
    }

    /// The next member as unpacked bytes; `None` when there is none left.
    pub(super) fn next_member(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        let archive = self.archive.as_ref()?;
        archive.lock().unwrap_or_else(PoisonError::into_inner).advance()?;
        let member: Bytes = Box::new(Member(Arc::clone(archive)));
        let (reader, _, _) = unpack(Peeked::new(member, MAGIC_LEN), &self.budget, 1);
        Some(reader)
    }
}

/// Removes up to `layers_max` compressions. Tells the layers, outermost first, and whether a tar archive is left.
fn unpack(mut peeked: Peeked, budget: &Arc<Budget>, layers_max: usize) -> (Bytes, Vec<&'static str>, bool) {
    let mut layers = Vec::new();
    loop {
        let head = &peeked.head;
        let name = match head.as_slice() {
            [0x1f, 0x8b, 8, ..] => "gzip",
            [0x28, 0xb5, 0x2f, 0xfd, ..] => "zstd",
            _ => {
                let is_archive = head.len() == MAGIC_LEN && &head[257..262] == b"ustar";
                return (Box::new(peeked), layers, is_archive);
            }
        };
        if layers.len() == layers_max {
            return (Box::new(peeked), layers, false);
        }
        layers.push(name);
        let inner: Bytes = match name {
            "gzip" => Box::new(flate2::read::MultiGzDecoder::new(io::BufReader::with_capacity(1 << 17, peeked))),
            _ => match zstd::stream::read::Decoder::new(peeked) {
                Ok(decoder) => Box::new(decoder),
                Err(error) => Box::new(Failing(Some(error))),
            },
        };
        peeked = Peeked::new(Box::new(Bounded { inner, budget: Arc::clone(budget) }), MAGIC_LEN);
    }
}

/// A reader whose first bytes have been looked at. An error met while looking is raised when reading gets there.
pub(super) struct Peeked {
    pub head: Vec<u8>,
    given: usize,
    inner: Bytes,
    error: Option<io::Error>,
}

impl Peeked {
    pub(super) fn new(mut inner: Bytes, len: usize) -> Self {
        let mut head = Vec::with_capacity(len);
        let error = (&mut inner).take(len as u64).read_to_end(&mut head).err();
        Self { head, given: 0, inner, error }
    }

    /// Leaves out the first `count` bytes.
    pub(super) fn skip(&mut self, count: usize) {
        self.given = count;
    }
}

impl Read for Peeked {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.given < self.head.len() {
            let count = (&self.head[self.given..]).read(out)?;
            self.given += count;
            return Ok(count);
        }
        match self.error.take() {
            Some(error) => Err(error),
            None => self.inner.read(out),
        }
    }
}

struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

struct Counted<R> {
    inner: R,
    taken: Arc<AtomicU64>,
    progress: Arc<Progress>,
}

impl<R> Counted<R> {
    fn new(inner: R, taken: &Arc<AtomicU64>, progress: &Arc<Progress>) -> Self {
        Self { inner, taken: Arc::clone(taken), progress: Arc::clone(progress) }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        self.taken.fetch_add(count as u64, Ordering::Relaxed);
        self.progress.add_bytes(count as u64);
        Ok(count)
    }
}

/// Ends the stream when the budget is used up.
struct Bounded {
    inner: Bytes,
    budget: Arc<Budget>,
}

impl Read for Bounded {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.budget.is_exceeded() {
            return Ok(0);
        }
        let count = self.inner.read(out)?;
        let remaining = self.budget.remaining.load(Ordering::Relaxed);
        if count as u64 > remaining {
            self.budget.exceeded.store(true, Ordering::Relaxed);
        }
        let allowed = remaining.min(count as u64);
        self.budget.remaining.store(remaining - allowed, Ordering::Relaxed);
        Ok(usize::try_from(allowed).unwrap_or(count))
    }
}

/// A tar archive that is read once, front to back.
struct Archive {
    reader: Bytes,
    left: u64,
    padding: u64,
}

impl Archive {
    /// Moves to the next plain file that is not hidden.
    fn advance(&mut self) -> Option<()> {
        loop {
            let rest = self.left + self.padding;
            if io::copy(&mut (&mut self.reader).take(rest), &mut io::sink()).ok()? < rest {
                return None;
            }
            (self.left, self.padding) = (0, 0);
            let mut block = [0; MAGIC_LEN];
            self.reader.read_exact(&mut block).ok()?;
            let header = tar::Header::from_byte_slice(&block);
            if block.iter().all(|byte| *byte == 0) {
                return None;
            }
            self.left = header.entry_size().ok()?;
            self.padding = self.left.wrapping_neg() % 512;
            let name = header.path_bytes();
            let base = name.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
            if header.entry_type().is_file() && !base.starts_with(b".") {
                return Some(());
            }
        }
    }
}

struct Member(Arc<Mutex<Archive>>);

impl Read for Member {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut archive = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let len = usize::try_from(archive.left).map_or(out.len(), |left| left.min(out.len()));
        let count = archive.reader.read(&mut out[..len])?;
        archive.left -= count as u64;
        if count == 0 && len > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(count)
    }
}
