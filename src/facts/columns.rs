//! The kept entries as columns: the only importer of Polars.
//!
//! In: rows in numbers. Out: aggregates as plain structs; no Polars type leaves this file.
//! Every result is sorted by content, because group order is not stable in Polars.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use foldhash::fast::FixedState;
use polars::prelude::*;

use super::row::{ClassId, Row};
use super::symbols::{EMPTY, Symbol};

/// Polars refused an aggregation; this is a defect of whydown, not of the input.
#[derive(Debug, thiserror::Error)]
#[error("cannot aggregate the columns of facts: {0}; please report this")]
pub struct ColumnsError(String);

impl From<PolarsError> for ColumnsError {
    fn from(error: PolarsError) -> Self {
        Self(error.to_string())
    }
}

/// Rows of one class on one service and revision within one window. Times are nanoseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// What its entries say.
    pub class: ClassId,
    /// Their service.
    pub service: Symbol,
    /// Their revision; may be empty.
    pub revision: Symbol,
    /// Start of the window, aligned to the epoch.
    pub window: i64,
    /// Entries, weighted by repeats.
    pub count: u64,
    /// First entry.
    pub first: i64,
    /// Last entry.
    pub last: i64,
}

/// Rows as columns. Their names are numbered by what they are grouped by, so that each row has one key: a group by
/// several columns encodes every row first.
pub struct Columns {
    frame: DataFrame,
    /// Number of the pair and of the instance of each row that names one.
    instances: Vec<u64>,
    /// Class and service by number.
    pairs: Vec<(ClassId, Symbol)>,
    /// Class, service and revision by number.
    groups: Vec<(ClassId, Symbol, Symbol)>,
    /// Number of each row's pair.
    pair_of_row: Vec<u32>,
    width: i64,
}

/// Bits of a key that number the window; the others number the group. Days of 500 years are 18 bits.
const WINDOW_BITS: u32 = 24;

impl Columns {
    /// Builds the columns, with windows of `width_nanos` aligned to the epoch: at most 2²⁴ of them.
    pub fn new(rows: &[Row], width_nanos: i64) -> Result<Self, ColumnsError> {
        let width = width_nanos.max(1);
        let (mut window, mut from) = (0, i64::MAX);
        let (mut pairs, mut groups, mut recent) = (Numbers::default(), Numbers::default(), Recent::default());
        let mut pair_of_group: Vec<u32> = Vec::new();
        // One pass: rows are wide, and each pass reads all of them.
        let mut pair_of_row = Vec::with_capacity(rows.len());
        let (mut keys, mut times) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        let (mut instances, mut repeats) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for row in rows {
            let group = recent.number(row.class, (row.service, row.revision), || {
                groups.number((row.class, row.service, row.revision))
            });
            if group as usize == pair_of_group.len() {
                pair_of_group.push(pairs.number((row.class, row.service)));
            }
            let pair = pair_of_group[group as usize];
            // Rows of one window mostly follow each other.
            if row.time < from || row.time - from >= width {
                window = row.time.div_euclid(width);
                from = window * width;
            }
            // The lower bits of its number tell a window from every other one.
            keys.push(u64::from(group) << WINDOW_BITS | window.cast_unsigned() & ((1 << WINDOW_BITS) - 1));
            pair_of_row.push(pair);
            if row.instance != EMPTY {
                instances.push(u64::from(pair) << 32 | u64::from(row.instance.0));
            }
            repeats.push(u64::from(row.repeats));
            times.push(row.time);
        }
        let frame = DataFrame::new(
            rows.len(),
            vec![
                Column::new("key".into(), keys),
                Column::new("repeats".into(), repeats),
                Column::new("time".into(), times),
            ],
        )?;
        Ok(Self { frame, instances, pairs: pairs.known, groups: groups.known, pair_of_row, width })
    }

    /// Classes with their services, by number.
    pub fn pairs(&self) -> &[(ClassId, Symbol)] {
        &self.pairs
    }

    /// Number of the class and service of each row.
    pub fn pair_of_row(&self) -> &[u32] {
        &self.pair_of_row
    }

    /// Counts per class, service, revision and window; empty windows left out.
    pub fn cells(&self) -> Result<Vec<Cell>, ColumnsError> {
        let table = self
            .frame
            .clone()
            .lazy()
            .group_by([col("key")])
            .agg([
                col("repeats").sum().alias("count"),
                col("time").min().alias("first"),
                col("time").max().alias("last"),
            ])
            .collect()?;
        let (key, count) = (table.column("key")?.u64()?, table.column("count")?.u64()?);
        let (first, last) = (table.column("first")?.i64()?, table.column("last")?.i64()?);
        let cell = |i| {
            let group = usize::try_from(key.get(i)? >> WINDOW_BITS).ok()?;
            let (class, service, revision) = *self.groups.get(group)?;
            let (first, last) = (first.get(i)?, last.get(i)?);
            let window = first.div_euclid(self.width) * self.width;
            Some(Cell { class, service, revision, window, count: count.get(i)?, first, last })
        };
        let mut cells: Vec<Cell> = (0..table.height()).filter_map(cell).collect();
        cells.sort_unstable_by_key(|cell| (cell.class, cell.service, cell.revision, cell.window));
        Ok(cells)
    }

    /// Distinct named instances per class and service, by number; see [`Columns::pairs`].
    pub fn instances(&self) -> Vec<u64> {
        let mut counts = vec![0; self.pairs.len()];
        let mut known: HashSet<u64, FixedState> = HashSet::default();
        for instance in &self.instances {
            if known.insert(*instance) {
                counts[usize::try_from(instance >> 32).unwrap_or_default()] += 1;
            }
        }
        counts
    }
}

/// Numbers in the order of first sight.
struct Numbers<K> {
    known: Vec<K>,
    numbers: HashMap<K, u32, FixedState>,
}

impl<K> Default for Numbers<K> {
    fn default() -> Self {
        Self { known: Vec::new(), numbers: HashMap::default() }
    }
}

impl<K: Copy + Eq + Hash> Numbers<K> {
    fn number(&mut self, key: K) -> u32 {
        *self.numbers.entry(key).or_insert_with(|| {
            self.known.push(key);
            u32::try_from(self.known.len() - 1).unwrap_or(u32::MAX)
        })
    }
}

/// What numbers were given to lately, by class: a class mostly stands on few revisions.
#[derive(Default)]
struct Recent(Vec<Vec<((Symbol, Symbol), u32)>>);

impl Recent {
    const MOST: usize = 16;

    fn number(&mut self, class: ClassId, key: (Symbol, Symbol), number: impl FnOnce() -> u32) -> u32 {
        let class = class.0 as usize;
        if self.0.len() <= class {
            self.0.resize_with(class + 1, Vec::new);
        }
        let known = &mut self.0[class];
        if let Some((_, number)) = known.iter().find(|(other, _)| *other == key) {
            return *number;
        }
        let number = number();
        if known.len() >= Self::MOST {
            known.clear();
        }
        known.push((key, number));
        number
    }
}

#[cfg(test)]
mod tests;
