//! Candidate causes: which clusters can be a root, and which of them tell one story.
//!
//! One crash writes its cause many times: as a log line, as a traceback, as the exception that wraps it,
//! as JSON. Clusters whose texts contain one another's innermost message on the same instance at the
//! same moment are one cause, represented by its clearest telling.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use foldhash::fast::FixedState;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::specific::Specificity;
use super::weights::{core_bytes_min, neighbours_max, same_event_nanos};
use crate::classify::mark::Mark;
use crate::classify::{Classified, Strength};
use crate::facts::Settled;
use crate::facts::clusters::{Cluster, Clusters};
use crate::facts::row::Row;
use crate::facts::symbols::{EMPTY, Symbol};
use crate::model::Role;
use crate::state::{ServiceState, State};

type Map<K, V> = HashMap<K, V, FixedState>;

/// Words by which an application says that it went on without what failed. Compared in lower case.
const HANDLED: [&str; 14] = [
    "continuing",
    "non-critical",
    "non-fatal",
    "optional",
    "falling back",
    "fallback",
    "will retry",
    "retrying",
    "skipping",
    "ignored",
    "ignoring",
    "degraded mode",
    "using cached",
    "using default",
];

/// The candidates of all services.
pub struct Causes {
    /// Cluster that represents each cluster (itself, for most).
    root_of: Vec<usize>,
    /// What each cluster can claim; see [`strength`].
    claims: Vec<Strength>,
    /// Candidate rows by (service, instance), in time order.
    pub by_instance: Map<(Symbol, Symbol), Vec<usize>>,
    /// Instances that have candidate rows, by service, in no order.
    pub instances: Map<Symbol, Vec<Symbol>>,
    /// Candidate rows by trace.
    pub by_trace: Map<Symbol, Vec<usize>>,
    /// Candidate rows by (service, revision).
    pub by_revision: Map<(Symbol, Symbol), Vec<usize>>,
    /// Candidate rows by job execution.
    pub by_execution: Map<Symbol, Vec<usize>>,
    /// Rows that announce a listening port, by (service, instance).
    pub ports: Map<(Symbol, Symbol), Vec<usize>>,
    /// Port that is probed where the probe's message does not say, by service.
    pub probed: Map<Symbol, String>,
    /// How often failed and healthy instances show each line.
    pub specificity: Specificity,
}

impl Causes {
    /// The cluster that represents the cause that a row tells.
    pub fn root(&self, clusters: &Clusters, row: usize) -> usize {
        self.root_of[clusters.of_row(row)]
    }

    /// The cluster that represents the cause that a cluster tells.
    pub fn root_of(&self, cluster: usize) -> usize {
        self.root_of[cluster]
    }

    /// How much the rows of a cluster can claim.
    pub fn claim(&self, cluster: usize) -> Strength {
        self.claims[cluster]
    }

    /// All clusters that tell the cause of `root`.
    pub fn tellings(&self, root: usize) -> Vec<usize> {
        (0..self.root_of.len()).filter(|cluster| self.root_of[*cluster] == root).collect()
    }

    /// Whether healthy instances show it too.
    pub fn is_unspecific(&self, root: usize) -> bool {
        self.specificity.is_unspecific(root)
    }
}

/// How much a row can claim, given its class: a failure that the application says it survived is only suspect.
pub fn strength(class: &Classified) -> Strength {
    let lower = class.text.to_ascii_lowercase();
    let handled = !class.told_as_exception && HANDLED.iter().any(|word| lower.contains(word));
    match class.strength {
        Strength::Named | Strength::UnknownError if handled => Strength::Suspect,
        other => other,
    }
}

fn is_candidate(class: &Classified) -> bool {
    class.strength < Strength::None && (class.role == Role::Cause || class.strength == Strength::Suspect)
}

/// Finds the candidates.
pub fn causes(settled: &Settled, clusters: &Clusters, state: &State) -> Causes {
    let rows_that = |is_wanted: &dyn Fn(&Classified) -> bool| -> Vec<Named> {
        let class_of = |cluster: &Cluster| &settled.classes[cluster.class.0 as usize];
        let wanted: Vec<bool> = clusters.list.iter().map(|cluster| is_wanted(class_of(cluster))).collect();
        let rows: Vec<usize> = (0..settled.rows.len()).filter(|row| wanted[clusters.of_row(*row)]).collect();
        rows.par_iter().map(|row| Named::of(*row, &settled.rows[*row])).collect()
    };
    let candidates = rows_that(&is_candidate);
    let (by_instance, (by_revision, by_trace, by_execution)) = rayon::join(
        || indexed(&candidates, |row| (row.instance != EMPTY).then_some((row.service, row.instance))),
        || {
            (
                indexed(&candidates, |row| Some((row.service, row.revision))),
                indexed(&candidates, |row| Some(row.trace).filter(|trace| *trace != EMPTY)),
                indexed(&candidates, |row| Some(row.execution).filter(|run| *run != EMPTY)),
            )
        },
    );
    let mut instances: Map<Symbol, Vec<Symbol>> = Map::default();
    for (service, instance) in by_instance.keys() {
        instances.entry(*service).or_default().push(*instance);
    }
    let announced = rows_that(&|class| class.mark == Mark::PortAnnounced);
    let ports = indexed(&announced, |row| Some((row.service, row.instance)));
    let root_of = join_tellings(settled, clusters, &by_instance, &by_revision);
    let described = |service: &ServiceState| service.history.target_port.map(|port| (service.symbol, port.to_string()));
    let probed = state.services.iter().filter_map(described).collect();
    let shown = |service: Symbol, instance: Symbol| -> Vec<usize> {
        // An instance shows many rows of few lines.
        let mut roots = Vec::new();
        for row in by_instance.get(&(service, instance)).into_iter().flatten() {
            let root = root_of[clusters.of_row(*row)];
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        roots
    };
    let claims: Vec<Strength> =
        clusters.list.iter().map(|cluster| strength(&settled.classes[cluster.class.0 as usize])).collect();
    let is_known = |root: usize| claims[root] <= Strength::Named;
    let specificity = Specificity::of(state, &shown, &is_known);
    Causes { root_of, claims, by_instance, instances, by_trace, by_revision, by_execution, ports, probed, specificity }
}

/// A row and the names that it is found by.
struct Named {
    row: usize,
    service: Symbol,
    revision: Symbol,
    instance: Symbol,
    trace: Symbol,
    execution: Symbol,
}

impl Named {
    fn of(number: usize, row: &Row) -> Self {
        let Row { service, revision, instance, trace, execution, .. } = *row;
        Self { row: number, service, revision, instance, trace, execution }
    }
}

/// Rows by what they have in common, in time order.
fn indexed<K: Hash + Eq>(rows: &[Named], key: impl Fn(&Named) -> Option<K>) -> Map<K, Vec<usize>> {
    // Numbers first, so that each list is made once, in its length.
    let mut numbers: Map<K, usize> = Map::default();
    let mut lengths: Vec<usize> = Vec::new();
    let mut numbered: Vec<(usize, usize)> = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(key) = key(row) {
            let number = *numbers.entry(key).or_insert(lengths.len());
            if number == lengths.len() {
                lengths.push(0);
            }
            lengths[number] += 1;
            numbered.push((number, row.row));
        }
    }
    let mut lists: Vec<Vec<usize>> = lengths.into_iter().map(Vec::with_capacity).collect();
    for (number, row) in numbered {
        lists[number].push(row);
    }
    numbers.into_iter().map(|(key, number)| (key, std::mem::take(&mut lists[number]))).collect()
}

/// Joins clusters that repeat one message; returns the representative of each cluster.
fn join_tellings(
    settled: &Settled,
    clusters: &Clusters,
    by_instance: &Map<(Symbol, Symbol), Vec<usize>>,
    by_revision: &Map<(Symbol, Symbol), Vec<usize>>,
) -> Vec<usize> {
    let mut parent: Vec<usize> = (0..clusters.list.len()).collect();
    let no_instance = by_revision
        .values()
        .map(|rows| rows.iter().copied().filter(|row| settled.rows[*row].instance == EMPTY).collect::<Vec<usize>>());
    for rows in by_instance.values().map(Cow::Borrowed).chain(no_instance.map(Cow::Owned)) {
        for (position, &later) in rows.iter().enumerate() {
            for &earlier in rows[..position].iter().rev().take(neighbours_max()) {
                if settled.time(later) - settled.time(earlier) > same_event_nanos() {
                    break;
                }
                let (a, b) = (clusters.of_row(earlier), clusters.of_row(later));
                if a != b && find(&mut parent, a) != find(&mut parent, b) && tells_the_same(settled, earlier, later) {
                    let (a, b) = (find(&mut parent, a), find(&mut parent, b));
                    parent[a.max(b)] = a.min(b);
                }
            }
        }
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for cluster in 0..parent.len() {
        groups.entry(find(&mut parent, cluster)).or_default().push(cluster);
    }
    let mut root_of = vec![0; parent.len()];
    for group in groups.values() {
        let best = group.iter().copied().min_by_key(|cluster| clarity(settled, clusters, *cluster)).unwrap_or(group[0]);
        for cluster in group {
            root_of[*cluster] = best;
        }
    }
    root_of
}

/// The clearest telling: the strongest, an exception before a line about it, with a signature before without, the earliest.
fn clarity(settled: &Settled, clusters: &Clusters, cluster: usize) -> (Strength, bool, bool, i64, usize) {
    let candidate = &clusters.list[cluster];
    let class = &settled.classes[candidate.class.0 as usize];
    (strength(class), !class.told_as_exception, class.signature.is_empty(), candidate.first, cluster)
}

fn find(parent: &mut [usize], cluster: usize) -> usize {
    let mut root = cluster;
    while parent[root] != root {
        root = parent[root];
    }
    parent[cluster] = root;
    root
}

/// Whether one of two texts contains the other's innermost message.
fn tells_the_same(settled: &Settled, a: usize, b: usize) -> bool {
    let (a, b) = (&settled.rows[a], &settled.rows[b]);
    let (class_a, class_b) = (settled.class(a), settled.class(b));
    if !class_a.signature.is_empty() && class_a.signature == class_b.signature && class_a.captures == class_b.captures {
        return true;
    }
    contains_core(settled.text(b.text), &class_a.core) || contains_core(settled.text(a.text), &class_b.core)
}

fn contains_core(text: &str, core: &str) -> bool {
    core.len() >= core_bytes_min()
        && (text.contains(core) || (core.contains('"') && text.replace("\\\"", "\"").contains(core)))
}
