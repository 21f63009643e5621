//! When a finding happened, thing by thing, each with an identity that every export of it shares.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;

use super::groups::Group;
use super::units::{Unit, UnitKind};
use crate::facts::Settled;
use crate::facts::clusters::Clusters;
use crate::facts::row::Row;
use crate::facts::symbols::EMPTY;
use crate::model::Occurrences;
use crate::model::tally::{Kind, Occurrence};

/// An identity that is the same on every machine.
pub(super) fn id_of(what: &(impl Hash + ?Sized)) -> u64 {
    FixedState::with_seed(7).hash_one(what)
}

/// What failed through the group's cause; where nothing failed, the entries that tell it.
pub(super) fn occurrences(settled: &Settled, clusters: &Clusters, units: &[Unit], group: &Group) -> Vec<Occurrence> {
    let mut found: Vec<Occurrence> = if group.units.is_empty() {
        let own = group.rows.iter().filter(|row| clusters.of_row(**row) == group.root);
        own.map(|row| &settled.rows[*row])
            .map(|row| Occurrence { time: row.time, kind: Kind::Other, id: row_id(settled, row) })
            .collect()
    } else {
        group.units.iter().map(|(unit, _)| &units[*unit]).map(|unit| unit_occurrence(settled, unit)).collect()
    };
    found.sort_unstable();
    let mut seen = HashSet::with_hasher(FixedState::default());
    found.retain(|one| seen.insert(one.id));
    found
}

/// How many there are of each kind.
pub(super) fn counts(occurrences: &[Occurrence]) -> Occurrences {
    let of = |kind: Kind| occurrences.iter().filter(|one| one.kind == kind).count() as u64;
    Occurrences { instances: of(Kind::Instance), requests: of(Kind::Request), others: of(Kind::Other) }
}

/// An instance is known by its name, whichever of its last lines an export holds.
fn unit_occurrence(settled: &Settled, unit: &Unit) -> Occurrence {
    let id = if unit.kind == UnitKind::Instance && unit.instance != EMPTY {
        id_of(&("instance", settled.text(unit.service), settled.text(unit.instance)))
    } else {
        unit.rows.first().map_or(0, |row| row_id(settled, &settled.rows[*row]))
    };
    let kind = match unit.kind {
        UnitKind::Instance => Kind::Instance,
        UnitKind::Request => Kind::Request,
        UnitKind::Deploy | UnitKind::Job | UnitKind::Build | UnitKind::Worker => Kind::Other,
    };
    Occurrence { time: unit.end, kind, id }
}

/// The entry's own identity, or what it says and when where the exporter dropped the insertId.
pub(super) fn row_id(settled: &Settled, row: &Row) -> u64 {
    if row.identity != 0 {
        return row.identity;
    }
    id_of(&(row.written, settled.text(row.service), settled.text(row.instance), settled.text(row.text)))
}
