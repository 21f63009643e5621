//! The chain cause → failure → impact of one group, each link with its join, count and evidence.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::explain::Explanation;
use super::groups::{Basis, Group};
use super::units::{Unit, UnitKind};
use super::weights::lost_at_once_seconds;
use crate::facts::Settled;
use crate::facts::clusters::Clusters;
use crate::facts::symbols::{EMPTY, Symbol};
use crate::model::report::{ChainLink, Evidence};
use crate::model::{Role, Stream, Timestamp};

/// Entries quoted for one link.
const EVIDENCE_MAX: usize = 3;

/// What the chain builder looks at.
pub struct View<'a> {
    /// Facts at rest.
    pub settled: &'a Settled,
    /// Clusters of the rows.
    pub clusters: &'a Clusters,
    /// All units.
    pub units: &'a [Unit],
    /// Paths of the input files, by position.
    pub files: &'a [String],
}

impl View<'_> {
    /// An entry as proof.
    pub fn evidence(&self, row: usize) -> Evidence {
        self.settled.evidence(&self.settled.rows[row], self.files)
    }

    /// The links of a group, cause first.
    pub fn chain(&self, group: &Group) -> Vec<ChainLink> {
        let mut links = Vec::new();
        if group.basis != Basis::Unexplained {
            links.push(self.cause_link(group));
        }
        let mut by_cluster: BTreeMap<(u8, usize), Vec<(usize, usize)>> = BTreeMap::new();
        for (number, (unit, _)) in group.units.iter().enumerate() {
            let unit = &self.units[*unit];
            for row in &unit.rows {
                // An instance of which only lost requests tell is shown by these requests.
                if unit.kind != UnitKind::Request && self.settled.rows[*row].stream == Stream::Requests {
                    continue;
                }
                let cluster = self.clusters.of_row(*row);
                if cluster != group.root || group.basis == Basis::Unexplained {
                    let order = u8::from(unit.kind == UnitKind::Request);
                    by_cluster.entry((order, cluster)).or_default().push((number, *row));
                }
            }
        }
        let mut effects: Vec<ChainLink> =
            by_cluster.into_par_iter().map(|((_, cluster), rows)| self.effect_link(group, cluster, &rows)).collect();
        effects.sort_by_key(|link| {
            (link.role, link.evidence.first().map(|evidence| evidence.timestamp), link.cluster.clone())
        });
        links.extend(effects);
        links
    }

    fn cause_link(&self, group: &Group) -> ChainLink {
        let cluster = &self.clusters.list[group.root];
        let class = &self.settled.classes[cluster.class.0 as usize];
        let own: Vec<usize> =
            group.rows.iter().copied().filter(|row| self.clusters.of_row(*row) == group.root).collect();
        let other = group.rows.iter().copied().filter(|row| self.clusters.of_row(*row) != group.root);
        // A trace says more than a line about it.
        let trace = own.iter().copied().find(|row| self.settled.text(self.settled.rows[*row].text).contains('\n'));
        let mut quoted: Vec<usize> = trace.into_iter().collect();
        quoted.extend(own.iter().copied().filter(|row| Some(*row) != trace).take(EVIDENCE_MAX - 1 - quoted.len()));
        let mut quoted_clusters = vec![group.root];
        for row in other {
            let telling = self.clusters.of_row(row);
            if quoted.len() < EVIDENCE_MAX + 1 && !quoted_clusters.contains(&telling) {
                quoted_clusters.push(telling);
                quoted.push(row);
            }
        }
        ChainLink {
            role: Role::Cause,
            cluster: cluster.id.clone(),
            title: class.title.clone(),
            count: own.iter().map(|row| u64::from(self.settled.rows[*row].repeats)).sum(),
            instances: self.instances(&own),
            join: if group.rows.len() > own.len() {
                format!("told {} times in all, in {} forms", group.rows.len(), quoted_clusters.len().max(2))
            } else {
                String::new()
            },
            evidence: quoted.into_iter().map(|row| self.evidence(row)).collect(),
        }
    }

    fn effect_link(&self, group: &Group, cluster: usize, rows: &[(usize, usize)]) -> ChainLink {
        let class = &self.settled.classes[self.clusters.list[cluster].class.0 as usize];
        let only_rows: Vec<usize> = rows.iter().map(|(_, row)| *row).collect();
        let role = if class.role == Role::Impact || self.settled.rows[only_rows[0]].status > 0 {
            Role::Impact
        } else {
            Role::Failure
        };
        ChainLink {
            role,
            cluster: self.clusters.list[cluster].id.clone(),
            title: class.title.clone(),
            count: only_rows.iter().map(|row| u64::from(self.settled.rows[*row].repeats)).sum(),
            instances: self.instances(&only_rows),
            join: if role == Role::Impact { self.impact_join(group, rows) } else { self.failure_join(group, rows) },
            evidence: only_rows.iter().take(EVIDENCE_MAX).map(|row| self.evidence(*row)).collect(),
        }
    }

    /// `15 of 15 on the same instance as the cause, 0.05 to 0.43 s after it`.
    fn failure_join(&self, group: &Group, rows: &[(usize, usize)]) -> String {
        let mut seconds = Vec::new();
        let mut elsewhere = 0;
        for (number, row) in rows {
            match group.units[*number].1 {
                Some(cause) if cause.join < super::explain::Join::Revision => {
                    let from = Timestamp(self.settled.time(cause.row));
                    seconds.push(Timestamp(self.settled.time(*row)).seconds_since(from));
                }
                Some(_) => elsewhere += 1,
                None => {}
            }
        }
        // Conditions of the control plane and builds name no instance.
        let all_name_one = rows.iter().all(|(_, row)| self.settled.rows[*row].instance != EMPTY);
        let place = if all_name_one {
            "on the same instance as the cause"
        } else {
            "of the same revision, deploy or execution as the cause"
        };
        join_text(place, &seconds, rows.len(), elsewhere)
    }

    /// How many failed requests ended with the failure of their own instance.
    fn impact_join(&self, group: &Group, rows: &[(usize, usize)]) -> String {
        let deaths: HashMap<Symbol, &Unit, FixedState> = group
            .units
            .iter()
            .map(|(other, _)| &self.units[*other])
            .filter(|other| other.kind == UnitKind::Instance && other.instance != EMPTY)
            .map(|other| (other.instance, other))
            .collect();
        let mut with_death = Vec::new();
        let mut with_cause = Vec::new();
        let mut elsewhere = 0;
        for (number, _) in rows {
            let (unit, cause) = group.units[*number];
            let unit = &self.units[unit];
            let death = deaths.get(&unit.instance);
            match (cause, death) {
                (Some(Explanation { join, .. }), Some(death)) if join < super::explain::Join::Revision => {
                    with_death.push(Timestamp(unit.end).seconds_since(Timestamp(death.end)));
                }
                (Some(cause), _) if cause.join < super::explain::Join::Revision => {
                    with_cause.push(Timestamp(unit.end).seconds_since(Timestamp(self.settled.time(cause.row))));
                }
                (Some(_), _) => elsewhere += 1,
                (None, _) => {}
            }
        }
        let mut parts = Vec::new();
        if !with_death.is_empty() {
            let at_once = with_death.iter().filter(|seconds| seconds.abs() <= lost_at_once_seconds()).count();
            let text = join_text("end with the failure of their own instance", &with_death, rows.len(), 0);
            parts.push(format!("{text} ({at_once} within {} s)", lost_at_once_seconds()));
        }
        if !with_cause.is_empty() {
            parts.push(join_text("on the same instance or trace as the cause", &with_cause, rows.len(), 0));
        }
        if elsewhere > 0 {
            parts.push(format!("{elsewhere} of {} joined only by revision and window", rows.len()));
        }
        parts.join("; ")
    }

    fn instances(&self, rows: &[usize]) -> u64 {
        let mut seen: Vec<_> =
            rows.iter().map(|row| self.settled.rows[*row].instance).filter(|instance| *instance != EMPTY).collect();
        seen.sort_unstable();
        seen.dedup();
        seen.len() as u64
    }
}

fn join_text(what: &str, seconds: &[f64], of: usize, elsewhere: usize) -> String {
    if seconds.is_empty() {
        return if elsewhere > 0 {
            format!("{elsewhere} of {of} joined only by revision and window")
        } else {
            String::new()
        };
    }
    let least = seconds.iter().copied().fold(f64::INFINITY, f64::min);
    let most = seconds.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let between =
        |a: f64, b: f64| if (b - a).abs() < 0.005 { format!("{b:.2} s") } else { format!("{a:.2} to {b:.2} s") };
    let direction = if least >= 0.0 {
        format!("{} after it", between(least, most))
    } else if most <= 0.005 {
        format!("{} before it", between(most.min(0.0).abs(), -least))
    } else {
        format!("{:.2} s before to {most:.2} s after it", -least)
    };
    let rest =
        if elsewhere > 0 { format!("; {elsewhere} of {of} joined only by revision and window") } else { String::new() };
    format!("{} of {of} {what}, {direction}{rest}", seconds.len())
}
