//! Writes a union of shards as one Facts file, in one pass.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::columns::{RECORDS_IN_BLOCK, ROWS_IN_BLOCK, pack_records, pack_rows};
use super::error::Error;
use super::format::Writer;
use super::read::{Inputs, Kind};
use super::{Shard, Union};
use crate::facts::record::Record;

/// Items of a list in one block, where each is small.
const ITEMS_IN_BLOCK: usize = 65_536;

/// Bytes of names, classes or audit facts in one block, unless a single one is larger.
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

#[cfg(unix)]
fn make_readable(file: &std::fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_: &std::fs::File) -> io::Result<()> {
    Ok(())
}

/// Writes to any sink; `path` is for messages.
pub fn write<W: Write>(union: Union, out: W, path: &Path) -> Result<W, Error> {
    let mut writer = Writer::new(out, path)?;
    let mut records: Vec<(Record, u32)> = Vec::with_capacity(RECORDS_IN_BLOCK);
    let whole = union.finish(|record, row| {
        records.push((record, row));
        if records.len() == RECORDS_IN_BLOCK {
            writer.block(Kind::Records as u8, &pack_records(&records))?;
            records.clear();
        }
        Ok(())
    })?;
    if !records.is_empty() {
        writer.block(Kind::Records as u8, &pack_records(&records))?;
    }
    writer.end_records();
    let Shard { files, is_filtered, damage, documents, facts, origins, anonymous } = whole;
    let inputs = Inputs { files, is_filtered, damage: damage.into_iter().map(Into::into).collect() };
    list(&mut writer, Kind::Inputs, std::slice::from_ref(&inputs), path)?;
    list(&mut writer, Kind::Documents, &documents, path)?;
    let tables = facts.into_tables();
    list(&mut writer, Kind::Names, &tables.names, path)?;
    list(&mut writer, Kind::Classes, &tables.classes, path)?;
    for rows in tables.rows.chunks(ROWS_IN_BLOCK) {
        writer.block(Kind::Rows as u8, &pack_rows(rows))?;
    }
    list(&mut writer, Kind::Audit, &tables.audit, path)?;
    list(&mut writer, Kind::Counts, std::slice::from_ref(&tables.counts), path)?;
    list(&mut writer, Kind::Origins, &origins, path)?;
    list(&mut writer, Kind::Anonymous, &anonymous, path)?;
    writer.finish()
}

/// Writes a list in blocks of bounded size.
fn list<T: Serialize, W: Write>(writer: &mut Writer<W>, kind: Kind, items: &[T], path: &Path) -> Result<(), Error> {
    let (mut bytes, mut count) = (Vec::new(), 0);
    for item in items {
        let failed = |error: postcard::Error| Error::write(path)(io::Error::other(error));
        bytes = postcard::to_extend(item, bytes).map_err(failed)?;
        count += 1;
        if bytes.len() >= BLOCK_BYTES || count == ITEMS_IN_BLOCK {
            writer.block(kind as u8, &[std::mem::take(&mut bytes)])?;
            count = 0;
        }
    }
    if count > 0 {
        writer.block(kind as u8, &[bytes])?;
    }
    Ok(())
}
