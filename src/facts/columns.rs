//! The kept entries as columns: the only importer of Polars.
//!
//! In: rows in numbers. Out: aggregates as plain structs; no Polars type leaves this file.
//! Every result is sorted by content, because group order is not stable in Polars.

use polars::prelude::*;

use super::row::{ClassId, Row};
use super::symbols::Symbol;

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

/// Rows as columns.
pub struct Columns(DataFrame);

impl Columns {
    /// Builds the columns, with windows of `width_nanos` aligned to the epoch.
    pub fn new(rows: &[Row], width_nanos: i64) -> Result<Self, ColumnsError> {
        let width = width_nanos.max(1);
        let window_of = |row: &Row| row.time.div_euclid(width) * width;
        // One pass: rows are wide, and each pass reads all of them.
        let (mut names, mut repeats) = (<[Vec<u32>; 4]>::default(), Vec::with_capacity(rows.len()));
        let (mut times, mut windows) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for row in rows {
            let numbers = [row.class.0, row.service.0, row.revision.0, row.instance.0];
            names.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
            repeats.push(u64::from(row.repeats));
            times.push(row.time);
            windows.push(window_of(row));
        }
        let [class, service, revision, instance] = names;
        let frame = DataFrame::new(
            rows.len(),
            vec![
                Column::new("class".into(), class),
                Column::new("service".into(), service),
                Column::new("revision".into(), revision),
                Column::new("instance".into(), instance),
                Column::new("repeats".into(), repeats),
                Column::new("time".into(), times),
                Column::new("window".into(), windows),
            ],
        )?;
        Ok(Self(frame))
    }

    /// Counts per class, service, revision and window; empty windows left out.
    pub fn cells(&self) -> Result<Vec<Cell>, ColumnsError> {
        let table = self
            .0
            .clone()
            .lazy()
            .group_by([col("class"), col("service"), col("revision"), col("window")])
            .agg([
                col("repeats").sum().alias("count"),
                col("time").min().alias("first"),
                col("time").max().alias("last"),
            ])
            .sort(["class", "service", "revision", "window"], SortMultipleOptions::default())
            .collect()?;
        let (class, service) = (table.column("class")?.u32()?, table.column("service")?.u32()?);
        let (revision, window) = (table.column("revision")?.u32()?, table.column("window")?.i64()?);
        let (count, first, last) =
            (table.column("count")?.u64()?, table.column("first")?.i64()?, table.column("last")?.i64()?);
        let cell = |i| {
            Some(Cell {
                class: ClassId(class.get(i)?),
                service: Symbol(service.get(i)?),
                revision: Symbol(revision.get(i)?),
                window: window.get(i)?,
                count: count.get(i)?,
                first: first.get(i)?,
                last: last.get(i)?,
            })
        };
        Ok((0..table.height()).filter_map(cell).collect())
    }

    /// Distinct named instances per class and service.
    pub fn instances(&self) -> Result<Vec<(ClassId, Symbol, u64)>, ColumnsError> {
        let table = self
            .0
            .clone()
            .lazy()
            .filter(col("instance").neq(lit(0u32)))
            .group_by([col("class"), col("service")])
            .agg([col("instance").n_unique().cast(DataType::UInt64).alias("instances")])
            .sort(["class", "service"], SortMultipleOptions::default())
            .collect()?;
        let (class, service) = (table.column("class")?.u32()?, table.column("service")?.u32()?);
        let instances = table.column("instances")?.u64()?;
        let row = |i| Some((ClassId(class.get(i)?), Symbol(service.get(i)?), instances.get(i)?));
        Ok((0..table.height()).filter_map(row).collect())
    }
}

#[cfg(test)]
mod tests;
