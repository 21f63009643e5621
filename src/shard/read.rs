//! Reads a Facts file back, and finds them in folders.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::columns::rows::Told;
use super::columns::{lives, names, records, rows};
use super::error::Error;
use super::format::{Block, Checked};
use super::{FilePart, Shard, within};
use crate::facts::Facts;
use crate::facts::record::{Origin, Record, Share};
use crate::facts::row::Row;
use crate::facts::tables::Tables;
use crate::ingest::{Damage, kind_of_damage};

/// What a block holds. The numbers are those of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Columns of those records that no row holds.
    Records = 1,
    /// [`Inputs`].
    Inputs = 2,
    /// State documents.
    Documents = 3,
    /// Columns of names and texts, with classes behind them.
    Names = 4,
    /// Classes that found no room behind the names.
    Classes = 5,
    /// Columns of kept entries.
    Rows = 6,
    /// Audit facts.
    Audit = 7,
    /// Counts.
    Counts = 8,
    /// Origins of records.
    Origins = 9,
    /// Shares of entries without an identity.
    Anonymous = 10,
    /// Columns of lives.
    Lives = 11,
}

/// What is known about the files.
#[derive(Serialize, Deserialize)]
pub struct Inputs {
    /// By name.
    pub files: Vec<FilePart>,
    /// Whether a filter kept entries out.
    pub is_filtered: bool,
    /// What was asked for.
    pub scopes: Vec<String>,
    /// By file and kind.
    pub damage: Vec<DamagePart>,
}

/// [`Damage`] as it is stored.
#[derive(Serialize, Deserialize)]
pub struct DamagePart {
    file: u32,
    kind: String,
    count: u64,
    line: u32,
    excerpt: String,
}

impl From<Damage> for DamagePart {
    fn from(damage: Damage) -> Self {
        let Damage { file, kind, count, line, excerpt } = damage;
        Self { file, kind: kind.to_owned(), count, line, excerpt }
    }
}

/// Everything but the records that only they hold; and those of the rows, in the order of their identities.
pub fn head(checked: &Checked) -> Result<(Shard, Vec<Record>), Error> {
    let (mut shard, mut tables) = (Shard::default(), Tables::default());
    let mut kept = Vec::new();
    checked.head(|block| {
        let wrong = |what: &str| Error::damaged(&checked.path, block.offset, what);
        match Kind::of(block.kind) {
            Some(Kind::Inputs) => {
                for inputs in items::<Inputs>(&block).map_err(wrong)? {
                    shard.files.extend(inputs.files);
                    shard.is_filtered |= inputs.is_filtered;
                    shard.scopes.extend(inputs.scopes);
                    for DamagePart { file, kind, count, line, excerpt } in inputs.damage {
                        let kind =
                            kind_of_damage(&kind).ok_or_else(|| wrong("it tells of a damage that is unknown"))?;
                        shard.damage.push(Damage { file, kind, count, line, excerpt });
                    }
                }
            }
            Some(Kind::Documents) => shard.documents.extend(items(&block).map_err(wrong)?),
            Some(Kind::Names) => {
                let (names, behind) = names::unpack(&block.parts).map_err(wrong)?;
                tables.names.extend(names);
                tables.classes.extend(items_of(&[behind]).map_err(wrong)?);
            }
            Some(Kind::Classes) => tables.classes.extend(items(&block).map_err(wrong)?),
            Some(Kind::Rows) => {
                for (mut row, told) in rows::unpack(&block.parts).map_err(wrong)? {
                    if let Some(told) = told {
                        let record = record_of(&mut row, told, &shard.origins, &tables.names);
                        let record = record.ok_or_else(|| wrong("a kept entry has no record"))?;
                        row.identity = record.identity;
                        kept.push(record);
                    }
                    tables.rows.push(row);
                }
            }
            Some(Kind::Lives) => tables.lives.extend(lives::unpack(&block.parts).map_err(wrong)?),
            Some(Kind::Audit) => tables.audit.extend(items(&block).map_err(wrong)?),
            Some(Kind::Counts) => tables.counts = items(&block).map_err(wrong)?.pop().unwrap_or_default(),
            Some(Kind::Origins) => shard.origins.extend(items::<Origin>(&block).map_err(wrong)?),
            Some(Kind::Anonymous) => shard.anonymous.extend(items::<(u32, Share, u64)>(&block).map_err(wrong)?),
            // Records stand elsewhere; a later minor version may add kinds that mean nothing here.
            Some(Kind::Records) | None => {}
        }
        Ok(())
    })?;
    kept.sort_unstable();
    let mut offset = checked.records();
    while let Some((block, next)) = checked.record_block(offset)? {
        let wrong = |what: &str| Error::damaged(&checked.path, block.offset, what);
        for (row, identity) in records::unpack_kept(&block.parts).map_err(wrong)? {
            tables.rows.get_mut(row).ok_or_else(|| wrong("a record names no row"))?.identity = identity;
        }
        offset = next;
    }
    shard.facts = Facts::from_tables(tables).map_err(|error| Error::damaged(&checked.path, 0, error.0))?;
    Ok((shard, kept))
}

/// What was asked for when the inputs were read.
pub fn scopes(checked: &Checked) -> Result<Vec<String>, Error> {
    let Some(block) = checked.find(Kind::Inputs as u8)? else { return Ok(Vec::new()) };
    let inputs = items::<Inputs>(&block).map_err(|what| Error::damaged(&checked.path, block.offset, what))?;
    Ok(inputs.into_iter().flat_map(|inputs| inputs.scopes).collect())
}

/// The record that a row holds; gives the row the names that both have.
fn record_of(row: &mut Row, told: Told, origins: &[Origin], names: &[String]) -> Option<Record> {
    let origin = origins.get(told.origin as usize)?;
    (row.service, row.revision) = (origin.service, origin.revision);
    within::record(row, told, origin, names.get(origin.log.0 as usize)?)
}

impl Kind {
    fn of(number: u8) -> Option<Self> {
        use Kind::{Anonymous, Audit, Classes, Counts, Documents, Inputs, Lives, Names, Origins, Records, Rows};
        let all = [Records, Inputs, Documents, Names, Classes, Rows, Lives, Audit, Counts, Origins, Anonymous];
        all.into_iter().find(|kind| *kind as u8 == number)
    }
}

/// The items of a list's block.
fn items<T: DeserializeOwned>(block: &Block) -> Result<Vec<T>, &'static str> {
    items_of(&block.parts)
}

fn items_of<T: DeserializeOwned>(parts: &[Vec<u8>]) -> Result<Vec<T>, &'static str> {
    let mut found = Vec::new();
    for part in parts {
        let mut rest = part.as_slice();
        while !rest.is_empty() {
            let (item, after) = postcard::take_from_bytes(rest).map_err(|_| "a table cannot be read")?;
            found.push(item);
            rest = after;
        }
    }
    Ok(found)
}

/// Checks every file that is named, and every `.facts` file below a folder that is, in the order of their names.
pub fn list(paths: &[PathBuf]) -> Result<Vec<Checked>, Error> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = found.len();
            walk(path, &mut found)?;
            if found.len() == before {
                return Err(Error::NoShards { path: path.clone() });
            }
        } else {
            found.push(path.clone());
        }
    }
    found.sort();
    found.iter().map(|path| Checked::open(path)).collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    for child in std::fs::read_dir(folder).map_err(Error::read(folder))? {
        let path = child.map_err(Error::read(folder))?.path();
        if path.is_dir() && !path.is_symlink() {
            walk(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "facts") {
            found.push(path);
        }
    }
    Ok(())
}
