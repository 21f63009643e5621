//! Clusters: rows of one class on one service, with their windows.
//!
//! In: settled facts. Out: clusters in report order, and the cluster of each row.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::Settled;
use super::columns::{Cell, Columns, ColumnsError};
use super::row::ClassId;
use super::symbols::Symbol;
use crate::model::Role;

/// Widths that windows may have, in seconds: the smallest that needs at most [`WINDOWS_MAX`].
const WIDTHS_SECONDS: [i64; 12] = [1, 2, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 21_600, 86_400];

/// Enough for a sparkline that fits a terminal.
const WINDOWS_MAX: i64 = 60;

/// One cluster. Times are nanoseconds since the epoch.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// Id in the report, `c1` upward in report order.
    pub id: String,
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
    /// Counts per revision, by name.
    pub revisions: Vec<(Symbol, u64)>,
    /// Counts per window; empty windows left out.
    pub windows: Vec<(i64, u64)>,
    /// Its rows, in time order.
    pub rows: Vec<usize>,
}

/// All clusters of the files.
pub struct Clusters {
    /// In report order: causes, failures, impacts, state, noise; within these the larger first.
    pub list: Vec<Cluster>,
    /// Index into `list` for each row.
    of_row: Vec<u32>,
}

impl Clusters {
    /// The number of a row's cluster, by the number of the row.
    pub fn of_row(&self, row: usize) -> usize {
        self.of_row[row] as usize
    }
}

/// Groups the rows.
pub fn clusters(settled: &Settled) -> Result<Clusters, ColumnsError> {
    let columns = Columns::new(&settled.rows, window_width(settled))?;
    let (cells, instances) = rayon::join(|| columns.cells(), || columns.instances());
    let mut list: Vec<Cluster> = Vec::new();
    // Cells come sorted by class and service, then revision, then window.
    for cell in cells? {
        let is_known = list.last().is_some_and(|known| (known.class, known.service) == (cell.class, cell.service));
        if !is_known {
            list.push(Cluster::empty(cell.class, cell.service));
        }
        if let Some(cluster) = list.last_mut() {
            cluster.add(&cell);
        }
    }
    list.sort_by_cached_key(|cluster| {
        let class = &settled.classes[cluster.class.0 as usize];
        let size = u64::MAX - cluster.count;
        let (name, home) = (settled.text(cluster.service).to_owned(), settled.home(cluster.service).cloned());
        (role_order(class.role), size, cluster.first, name, class.key.clone(), home)
    });
    for (number, cluster) in list.iter_mut().enumerate() {
        cluster.id = format!("c{}", number + 1);
    }
    let index: HashMap<(ClassId, Symbol), usize, FixedState> =
        list.iter().enumerate().map(|(i, cluster)| ((cluster.class, cluster.service), i)).collect();
    let of_pair: Vec<usize> = columns.pairs().iter().map(|pair| index.get(pair).copied().unwrap_or(0)).collect();
    for (place, instances) in of_pair.iter().zip(instances) {
        list[*place].instances = instances;
    }
    let mut of_row = Vec::with_capacity(settled.rows.len());
    for (number, pair) in columns.pair_of_row().iter().enumerate() {
        let place = of_pair[*pair as usize];
        of_row.push(u32::try_from(place).unwrap_or(u32::MAX));
        list[place].rows.push(number);
    }
    for cluster in &mut list {
        cluster.windows.sort_unstable();
        cluster.revisions.sort_by_key(|(revision, _)| settled.text(*revision).to_owned());
    }
    Ok(Clusters { list, of_row })
}

impl Cluster {
    fn empty(class: ClassId, service: Symbol) -> Self {
        Self {
            id: String::new(),
            class,
            service,
            count: 0,
            instances: 0,
            first: i64::MAX,
            last: i64::MIN,
            revisions: Vec::new(),
            windows: Vec::new(),
            rows: Vec::new(),
        }
    }

    fn add(&mut self, cell: &Cell) {
        self.count += cell.count;
        self.first = self.first.min(cell.first);
        self.last = self.last.max(cell.last);
        match self.revisions.last_mut() {
            Some((revision, count)) if *revision == cell.revision => *count += cell.count,
            _ => self.revisions.push((cell.revision, cell.count)),
        }
        match self.windows.iter_mut().find(|(start, _)| *start == cell.window) {
            Some((_, count)) => *count += cell.count,
            None => self.windows.push((cell.window, cell.count)),
        }
    }
}

fn window_width(settled: &Settled) -> i64 {
    // Rows stand in time order.
    let (first, last) = settled.rows.first().zip(settled.rows.last()).map_or((0, 0), |(a, b)| (a.time, b.time));
    let seconds = last.saturating_sub(first) / 1_000_000_000 + 1;
    let width = WIDTHS_SECONDS.iter().find(|width| seconds <= **width * WINDOWS_MAX).unwrap_or(&86_400);
    width * 1_000_000_000
}

fn role_order(role: Role) -> u8 {
    match role {
        Role::Cause => 0,
        Role::Failure => 1,
        Role::Impact => 2,
        Role::State => 3,
        Role::Noise => 4,
    }
}
