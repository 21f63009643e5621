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

/// A cluster in numbers. Times are nanoseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterCounts {
    /// What its entries say.
    pub class: ClassId,
    /// Its service.
    pub service: Symbol,
    /// Entries, weighted by repeats.
    pub count: u64,
    /// Distinct instances.
    pub instances: u64,
    /// First entry.
    pub first: i64,
    /// Last entry.
    pub last: i64,
}

/// Rows as columns.
pub struct Columns(DataFrame);

impl Columns {
    /// Builds the columns; the n-th row is the n-th of `rows`.
    pub fn new(rows: &[Row]) -> Result<Self, ColumnsError> {
        let frame = DataFrame::new(
            rows.len(),
            vec![
                Column::new("class".into(), rows.iter().map(|row| row.class.0).collect::<Vec<u32>>()),
                Column::new("service".into(), rows.iter().map(|row| row.service.0).collect::<Vec<u32>>()),
                Column::new("revision".into(), rows.iter().map(|row| row.revision.0).collect::<Vec<u32>>()),
                Column::new("instance".into(), rows.iter().map(|row| row.instance.0).collect::<Vec<u32>>()),
                Column::new("repeats".into(), rows.iter().map(|row| u64::from(row.repeats)).collect::<Vec<u64>>()),
                Column::new("time".into(), rows.iter().map(|row| row.time).collect::<Vec<i64>>()),
            ],
        )?;
        Ok(Self(frame))
    }

    /// Counts per (class, service), in the order of their first entry.
    pub fn clusters(&self) -> Result<Vec<ClusterCounts>, ColumnsError> {
        let named = col("instance").filter(col("instance").neq(lit(0u32)));
        let table = self
            .0
            .clone()
            .lazy()
            .group_by([col("class"), col("service")])
            .agg([
                col("repeats").sum().alias("count"),
                named.n_unique().cast(DataType::UInt64).alias("instances"),
                col("time").min().alias("first"),
                col("time").max().alias("last"),
            ])
            .sort(["first", "class", "service"], SortMultipleOptions::default())
            .collect()?;
        let (class, service) = (table.column("class")?.u32()?, table.column("service")?.u32()?);
        let (count, instances) = (table.column("count")?.u64()?, table.column("instances")?.u64()?);
        let (first, last) = (table.column("first")?.i64()?, table.column("last")?.i64()?);
        let clusters = (0..table.height())
            .filter_map(|i| {
                Some(ClusterCounts {
                    class: ClassId(class.get(i)?),
                    service: Symbol(service.get(i)?),
                    count: count.get(i)?,
                    instances: instances.get(i)?,
                    first: first.get(i)?,
                    last: last.get(i)?,
                })
            })
            .collect();
        Ok(clusters)
    }

    /// Counts per (class, service, revision).
    pub fn by_revision(&self) -> Result<Vec<(ClassId, Symbol, Symbol, u64)>, ColumnsError> {
        let table = self
            .0
            .clone()
            .lazy()
            .group_by([col("class"), col("service"), col("revision")])
            .agg([col("repeats").sum().alias("count")])
            .sort(["class", "service", "revision"], SortMultipleOptions::default())
            .collect()?;
        let (class, service) = (table.column("class")?.u32()?, table.column("service")?.u32()?);
        let (revision, count) = (table.column("revision")?.u32()?, table.column("count")?.u64()?);
        Ok((0..table.height())
            .filter_map(|i| {
                Some((ClassId(class.get(i)?), Symbol(service.get(i)?), Symbol(revision.get(i)?), count.get(i)?))
            })
            .collect())
    }

    /// Counts per (class, service) in windows of `width_nanos`, aligned to the epoch; empty windows left out.
    pub fn windows(&self, width_nanos: i64) -> Result<Vec<(ClassId, Symbol, i64, u64)>, ColumnsError> {
        let every = Duration::parse(&format!("{}ns", width_nanos.max(1)));
        let table = self
            .0
            .clone()
            .lazy()
            .with_column(col("time").cast(DataType::Datetime(TimeUnit::Nanoseconds, None)))
            .sort(["time"], SortMultipleOptions::default())
            .group_by_dynamic(
                col("time"),
                [col("class"), col("service")],
                DynamicGroupOptions {
                    every,
                    period: every,
                    offset: Duration::parse("0ns"),
                    start_by: StartBy::WindowBound,
                    ..Default::default()
                },
            )
            .agg([col("repeats").sum().alias("count")])
            .with_column(col("time").cast(DataType::Int64))
            .sort(["class", "service", "time"], SortMultipleOptions::default())
            .collect()?;
        let (class, service) = (table.column("class")?.u32()?, table.column("service")?.u32()?);
        let (start, count) = (table.column("time")?.i64()?, table.column("count")?.u64()?);
        Ok((0..table.height())
            .filter_map(|i| Some((ClassId(class.get(i)?), Symbol(service.get(i)?), start.get(i)?, count.get(i)?)))
            .collect())
    }
}

#[cfg(test)]
mod tests;
