//! The bytes of a Facts file: a header, blocks, a trailer; written front to back, checked before it is believed.
//!
//! ```text
//! header   magic (8), major (2), minor (2), length of the writer's version (1), that version
//! block    kind (1), length of its parts (4), parts
//! part     raw length, stored length (both as variable-length integers: seven bits a byte, lowest first),
//!          bytes: zstd, or raw where that is not smaller
//! trailer  offset of the first block behind the records (8), length of the file (8), magic (8), CRC-32 of all before (4)
//! ```
//! Names and origins stand before the rows that are told by them. Numbers are little-endian. A major version is another
//! format; a minor one adds kinds of blocks, which a reader that does not know them skips. The identities of records are
//! hashes: when they change, so does the major version.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::error::Error;

/// Version of the format; see above for what it promises.
pub const MAJOR: u16 = 2;
/// See [`MAJOR`].
pub const MINOR: u16 = 0;

/// No text file begins like this, and a transfer that treats it as text shows at once.
const MAGIC: [u8; 8] = *b"\x89wdf\r\n\x1a\n";
const END_MAGIC: [u8; 8] = *b"\nend wdf";
const TRAILER_BYTES: u64 = 8 + 8 + 8 + 4;
/// Raw size of one part that a reader accepts; a writer stays far below.
const PART_BYTES_MAX: usize = 256 << 20;
/// Higher levels gain less than a percent on what is mostly hashes and ids, and little on the few texts.
const LEVEL: i32 = 9;

/// Writes one Facts file.
pub struct Writer<W> {
    out: W,
    path: PathBuf,
    crc: flate2::Crc,
    length: u64,
    head_offset: u64,
}

impl<W: Write> Writer<W> {
    /// Begins a file; `path` is for messages.
    pub fn new(out: W, path: &Path) -> Result<Self, Error> {
        let mut writer = Self { out, path: path.to_owned(), crc: flate2::Crc::new(), length: 0, head_offset: 0 };
        let version = env!("CARGO_PKG_VERSION").as_bytes();
        writer.put(&MAGIC)?;
        writer.put(&MAJOR.to_le_bytes())?;
        writer.put(&MINOR.to_le_bytes())?;
        writer.put(&[u8::try_from(version.len()).unwrap_or(0)])?;
        writer.put(version)?;
        Ok(writer)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.crc.update(bytes);
        self.length += bytes.len() as u64;
        self.out.write_all(bytes).map_err(Error::write(&self.path))
    }

    /// Adds a block.
    pub fn block(&mut self, kind: u8, parts: &[Vec<u8>]) -> Result<(), Error> {
        let mut body = Vec::new();
        for part in parts {
            let packed = zstd::bulk::compress(part, LEVEL).map_err(Error::write(&self.path))?;
            let stored = if packed.len() < part.len() { &packed } else { part };
            for length in [part.len(), stored.len()] {
                let length = u32::try_from(length).map_err(|_| too_large()).map_err(Error::write(&self.path))?;
                let failed = |error: postcard::Error| Error::write(&self.path)(std::io::Error::other(error));
                body = postcard::to_extend(&length, body).map_err(failed)?;
            }
            body.extend_from_slice(stored);
        }
        let length = u32::try_from(body.len()).map_err(|_| too_large()).map_err(Error::write(&self.path))?;
        self.put(&[kind])?;
        self.put(&length.to_le_bytes())?;
        self.put(&body)
    }

    /// Says that the records are written; what follows is read first.
    pub fn end_records(&mut self) {
        self.head_offset = self.length;
    }

    /// Ends the file and gives the sink back, flushed.
    pub fn finish(mut self) -> Result<W, Error> {
        self.put(&self.head_offset.to_le_bytes())?;
        self.put(&(self.length + TRAILER_BYTES - 8).to_le_bytes())?;
        self.put(&END_MAGIC)?;
        let sum = self.crc.sum();
        self.put(&sum.to_le_bytes())?;
        self.out.flush().map_err(Error::write(&self.path))?;
        Ok(self.out)
    }
}

fn too_large() -> std::io::Error {
    std::io::Error::other("a part of the facts is larger than 4 GiB; scan fewer inputs into one shard")
}

/// A Facts file whose every byte was checked. It is opened again for each read, so that a thousand shards
/// need no thousand file descriptors.
#[derive(Debug, Clone)]
pub struct Checked {
    /// As given.
    pub path: PathBuf,
    first_block: u64,
    head_offset: u64,
    end: u64,
    checksum: u32,
}

/// One block as read.
pub struct Block {
    /// What it holds.
    pub kind: u8,
    /// Where it begins.
    pub offset: u64,
    /// Its parts, unpacked.
    pub parts: Vec<Vec<u8>>,
}

impl Checked {
    /// Reads a whole file once and refuses it unless it is a Facts file of this major version, whole and unchanged.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let mut file = BufReader::with_capacity(1 << 18, File::open(path).map_err(Error::read(path))?);
        let length = file.get_ref().metadata().map_err(Error::read(path))?.len();
        let mut crc = flate2::Crc::new();
        let mut head = Vec::new();
        (&mut file).take(13).read_to_end(&mut head).map_err(Error::read(path))?;
        if !head.starts_with(&MAGIC) {
            let cut = !head.is_empty() && head.len() < MAGIC.len() && MAGIC.starts_with(&head);
            return Err(if cut { cut_at(path, length) } else { not_facts(path, &head) });
        }
        if head.len() < 13 {
            return Err(cut_at(path, length));
        }
        (&mut file).take(u64::from(head[12])).read_to_end(&mut head).map_err(Error::read(path))?;
        let (major, minor) = (u16::from_le_bytes([head[8], head[9]]), u16::from_le_bytes([head[10], head[11]]));
        if major != MAJOR {
            let writer = String::from_utf8_lossy(&head[13..]);
            let writer = writer.chars().filter(|c| c.is_ascii_alphanumeric() || ".-+".contains(*c)).collect();
            return Err(Error::Version { path: path.to_owned(), major, minor, writer });
        }
        let first_block = head.len() as u64;
        if length < first_block + TRAILER_BYTES {
            return Err(cut_at(path, length));
        }
        crc.update(&head);
        let mut left = length - first_block - 4;
        let mut trailer = Vec::new();
        let mut buffer = vec![0; 1 << 18];
        while left > 0 {
            let wanted = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
            let count = file.read(&mut buffer[..wanted]).map_err(Error::read(path))?;
            if count == 0 {
                return Err(cut_at(path, length - left));
            }
            crc.update(&buffer[..count]);
            trailer.extend_from_slice(&buffer[count.saturating_sub(24)..count]);
            trailer.drain(..trailer.len().saturating_sub(24));
            left -= count as u64;
        }
        let mut sum = [0; 4];
        file.read_exact(&mut sum).map_err(Error::read(path))?;
        let [head_offset, told_length] = [0, 8].map(|at| number(&trailer[at..]));
        if trailer[16..] != END_MAGIC {
            return Err(cut_at(path, length));
        }
        if u32::from_le_bytes(sum) != crc.sum() || told_length != length {
            let what = format!("its checksum is {:08x}, its bytes have {:08x}", u32::from_le_bytes(sum), crc.sum());
            return Err(Error::damaged(path, length - 4, what));
        }
        let end = length - TRAILER_BYTES;
        if !(first_block..=end).contains(&head_offset) {
            return Err(Error::damaged(path, end, "its trailer points outside"));
        }
        Ok(Self { path: path.to_owned(), first_block, head_offset, end, checksum: crc.sum() })
    }

    /// Sum over its bytes.
    pub fn checksum(&self) -> u32 {
        self.checksum
    }

    /// Its length in bytes.
    pub fn length(&self) -> u64 {
        self.end + TRAILER_BYTES
    }

    /// Where the records begin.
    pub fn records(&self) -> u64 {
        self.first_block
    }

    /// The block of records at an offset, and where the next one begins; `None` behind the last.
    pub fn record_block(&self, offset: u64) -> Result<Option<(Block, u64)>, Error> {
        if offset >= self.head_offset {
            return Ok(None);
        }
        let mut file = File::open(&self.path).map_err(Error::read(&self.path))?;
        file.seek(SeekFrom::Start(offset)).map_err(Error::read(&self.path))?;
        self.block(&mut file, offset, self.head_offset).map(Some)
    }

    /// Gives every block behind the records to `take`, in order.
    pub fn head(&self, mut take: impl FnMut(Block) -> Result<(), Error>) -> Result<(), Error> {
        let mut file = BufReader::new(File::open(&self.path).map_err(Error::read(&self.path))?);
        file.seek(SeekFrom::Start(self.head_offset)).map_err(Error::read(&self.path))?;
        let mut offset = self.head_offset;
        while offset < self.end {
            let (block, next) = self.block(&mut file, offset, self.end)?;
            take(block)?;
            offset = next;
        }
        Ok(())
    }

    /// The first block of a kind behind the records.
    pub fn find(&self, kind: u8) -> Result<Option<Block>, Error> {
        let mut file = File::open(&self.path).map_err(Error::read(&self.path))?;
        let mut offset = self.head_offset;
        while offset < self.end {
            file.seek(SeekFrom::Start(offset)).map_err(Error::read(&self.path))?;
            let mut head = [0; 5];
            file.read_exact(&mut head).map_err(Error::read(&self.path))?;
            if head[0] == kind {
                file.seek(SeekFrom::Start(offset)).map_err(Error::read(&self.path))?;
                return Ok(Some(self.block(&mut file, offset, self.end)?.0));
            }
            offset += 5 + u64::from(u32::from_le_bytes([head[1], head[2], head[3], head[4]]));
        }
        Ok(None)
    }

    fn block(&self, file: &mut impl Read, offset: u64, end: u64) -> Result<(Block, u64), Error> {
        let wrong = |what: &str| Error::damaged(&self.path, offset, what);
        let mut head = [0; 5];
        file.read_exact(&mut head).map_err(Error::read(&self.path))?;
        let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]);
        let next = offset + 5 + u64::from(length);
        if next > end {
            return Err(wrong("a block is longer than the file"));
        }
        let mut body = vec![0; length as usize];
        file.read_exact(&mut body).map_err(Error::read(&self.path))?;
        let (mut rest, mut parts) = (body.as_slice(), Vec::new());
        while !rest.is_empty() {
            let ((raw, stored), after) =
                postcard::take_from_bytes::<(u32, u32)>(rest).map_err(|_| wrong("a block ends within a part"))?;
            let [raw, stored] = [raw, stored].map(|length| length as usize);
            let (bytes, after) =
                after.split_at_checked(stored).ok_or_else(|| wrong("a part is longer than its block"))?;
            if raw > PART_BYTES_MAX {
                return Err(wrong("a part is larger than any that whydown writes"));
            }
            let part = if raw == stored {
                bytes.to_vec()
            } else {
                zstd::bulk::decompress(bytes, raw)
                    .map_err(|error| wrong(&format!("a part cannot be unpacked ({error})")))?
            };
            if part.len() != raw {
                return Err(wrong("a part has another length than it says"));
            }
            parts.push(part);
            rest = after;
        }
        Ok((Block { kind: head[0], offset, parts }, next))
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn cut_at(path: &Path, length: u64) -> Error {
    Error::Cut { path: path.to_owned(), length }
}

fn not_facts(path: &Path, head: &[u8]) -> Error {
    let begins = match head {
        [] => "nothing: it is empty".to_owned(),
        _ => format!("\"{}\"", head[..head.len().min(8)].escape_ascii()),
    };
    Error::NotFacts { path: path.to_owned(), begins }
}
