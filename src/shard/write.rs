//! Writes a union of shards as one Facts file, in one pass.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::columns::lives::{self, LIVES_IN_BLOCK};
use super::columns::names;
use super::columns::records::{self, RECORDS_IN_BLOCK};
use super::columns::rows::{self, ROWS_IN_BLOCK, Told};
use super::error::Error;
use super::format::Writer;
use super::read::{Inputs, Kind};
use super::{Shard, Stands, Union};
use crate::classify::Classified;
use crate::facts::record::Record;
use crate::facts::row::Row;
use crate::facts::tables::Tables;

/// Items of a list in one block, where each is small.
const ITEMS_IN_BLOCK: usize = 65_536;

/// Bytes of classes or audit facts in one block, unless a single one is larger.
const BLOCK_BYTES: usize = 4 << 20;

/// Writes to a file that is there whole or not at all, or to standard output (`-`).
pub fn save(union: Union, path: &Path) -> Result<(), Error> {
    if path.as_os_str() == "-" {
        write(union, io::BufWriter::with_capacity(1 << 18, io::stdout().lock()), path)?;
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let draft =
        tempfile::Builder::new().prefix(".whydown-").suffix(".part").tempfile_in(folder).map_err(Error::write(path))?;
    let draft = write(union, io::BufWriter::with_capacity(1 << 18, draft), path)?;
    let draft = draft.into_inner().map_err(|error| Error::write(path)(error.into_error()))?;
    // A temporary file is for its owner only; a shard is a file like any other.
    drop(make_readable(draft.as_file()));
    draft.persist(path).map_err(|error| Error::write(path)(error.error))?;
    Ok(())
}

/// Lets everyone read a file.
#[cfg(unix)]
pub(super) fn make_readable(file: &std::fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

/// Elsewhere everyone may.
#[cfg(not(unix))]
pub(super) fn make_readable(_: &std::fs::File) -> io::Result<()> {
    Ok(())
}

/// Writes to any sink; `path` is for messages.
pub fn write<W: Write>(union: Union, out: W, path: &Path) -> Result<W, Error> {
    let mut writer = Writer::new(out, path)?;
    let mut block: Vec<(Record, u32)> = Vec::with_capacity(RECORDS_IN_BLOCK);
    let mut within: Vec<Option<Told>> = Vec::new();
    let whole = union.finish(|record, stands| {
        match stands {
            Stands::Alone => block.push((record, 0)),
            Stands::Beside(row) => block.push((record, row + 1)),
            Stands::Within(row) => {
                let row = row as usize;
                within.resize(within.len().max(row + 1), None);
                within[row] = Some(Told::of(&record.share));
            }
        }
        if block.len() == RECORDS_IN_BLOCK {
            writer.block(Kind::Records as u8, &records::pack(&block))?;
            block.clear();
        }
        Ok(())
    })?;
    if !block.is_empty() {
        writer.block(Kind::Records as u8, &records::pack(&block))?;
    }
    writer.end_records();
    let Shard { files, is_filtered, scopes, damage, documents, facts, origins, anonymous } = whole;
    let inputs = Inputs {
        files,
        is_filtered,
        scopes: scopes.into_iter().collect(),
        damage: damage.into_iter().map(Into::into).collect(),
    };
    list(&mut writer, Kind::Inputs, std::slice::from_ref(&inputs), path)?;
    list(&mut writer, Kind::Documents, &documents, path)?;
    let Tables { names, classes, rows, lives, audit, counts } = facts.into_tables();
    words(&mut writer, &names, &classes, path)?;
    // Rows are understood by names and origins, so these come first.
    list(&mut writer, Kind::Origins, &origins, path)?;
    let mut rows = rows.into_iter().zip(within.into_iter().chain(std::iter::repeat(None))).peekable();
    while rows.peek().is_some() {
        let chunk: Vec<(Row, Option<Told>)> = rows.by_ref().take(ROWS_IN_BLOCK).collect();
        writer.block(Kind::Rows as u8, &rows::pack(&chunk))?;
    }
    for lives in lives.chunks(LIVES_IN_BLOCK) {
        writer.block(Kind::Lives as u8, &lives::pack(lives))?;
    }
    list(&mut writer, Kind::Audit, &audit, path)?;
    list(&mut writer, Kind::Counts, std::slice::from_ref(&counts), path)?;
    list(&mut writer, Kind::Anonymous, &anonymous, path)?;
    writer.finish()
}

/// Writes names, and classes behind them: as many as fit in the last block of names.
fn words<W: Write>(
    writer: &mut Writer<W>,
    mut names: &[String],
    classes: &[Classified],
    path: &Path,
) -> Result<(), Error> {
    let mut classes = blocks(classes, path)?.into_iter();
    while !names.is_empty() {
        let (block, rest) = names.split_at(names::fitting(names));
        let behind = if rest.is_empty() { classes.next().unwrap_or_default() } else { Vec::new() };
        writer.block(Kind::Names as u8, &names::pack(block, &behind))?;
        names = rest;
    }
    for block in classes {
        writer.block(Kind::Classes as u8, &[block])?;
    }
    Ok(())
}

/// Writes a list in blocks of bounded size.
fn list<T: Serialize, W: Write>(writer: &mut Writer<W>, kind: Kind, items: &[T], path: &Path) -> Result<(), Error> {
    for block in blocks(items, path)? {
        writer.block(kind as u8, &[block])?;
    }
    Ok(())
}

/// A list as bytes of bounded size.
fn blocks<T: Serialize>(items: &[T], path: &Path) -> Result<Vec<Vec<u8>>, Error> {
    let (mut found, mut bytes, mut count) = (Vec::new(), Vec::new(), 0);
    for item in items {
        let failed = |error: postcard::Error| Error::write(path)(io::Error::other(error));
        bytes = postcard::to_extend(item, bytes).map_err(failed)?;
        count += 1;
        if bytes.len() >= BLOCK_BYTES || count == ITEMS_IN_BLOCK {
            found.push(std::mem::take(&mut bytes));
            count = 0;
        }
    }
    found.extend((count > 0).then_some(bytes));
    Ok(found)
}
