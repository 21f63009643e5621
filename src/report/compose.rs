//! Brings the results of all stages into the one report that every format is rendered from. What must not be shown
//! is taken out of it afterwards, in one place: [`super::gate`].

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::classify::{ClassKey, Classified};
use crate::facts::Settled;
use crate::facts::clusters::{Cluster, Clusters};
use crate::ingest::Damage;
use crate::model::report::{
    self as contract, Export, Finding, Generator, InputFile, Notice, Report, RevisionCount, RuledOut, Service,
    Suppressed, Window,
};
use crate::model::{Role, Timestamp};
use crate::state::alive::alive;
use crate::state::coverage::Coverage;
use crate::state::revisions::RevisionFacts;
use crate::state::{ServiceState, State};

use super::activity::{self, Windows};
use super::checks::{self, Thresholds};

/// Clusters in one report; the least important ones beyond it are left out and counted in a notice.
const CLUSTERS_MAX: usize = 400;

/// Samples of one cluster.
const SAMPLES_MAX: usize = 3;

/// What the stages found.
pub struct Parts<'a> {
    /// Inputs.
    pub files: Vec<InputFile>,
    /// What was wrong with them.
    pub damage: &'a [Damage],
    /// Facts at rest.
    pub settled: &'a Settled,
    /// Clusters.
    pub clusters: &'a Clusters,
    /// State of the services.
    pub state: &'a State,
    /// Audit of the export.
    pub coverage: &'a Coverage,
    /// Findings with actions, ranked.
    pub findings: Vec<Finding>,
    /// Findings that the ignore file takes out.
    pub suppressed: Vec<Suppressed>,
    /// Rejected hypotheses.
    pub ruled_out: Vec<RuledOut>,
    /// Notices about coverage.
    pub notices: Vec<Notice>,
    /// Limits of the checks.
    pub thresholds: &'a Thresholds,
}

/// The report.
pub fn compose(parts: Parts<'_>) -> Report {
    let paths: Vec<String> = parts.files.iter().map(|file| file.path.clone()).collect();
    let settled = parts.settled;
    let windows = Windows::over(parts.coverage.extent);
    let lives_max = activity::lives_each(parts.state);
    let stretches = &parts.coverage.stretches;
    let services = || -> Vec<Service> {
        let told = |state| Service {
            instances_alive: alive(settled, state, stretches),
            ..service(settled, state, windows, lives_max)
        };
        parts.state.services.par_iter().map(told).collect()
    };
    let checks = || checks::checks(settled, parts.state, parts.coverage, parts.thresholds);
    let (services, checks) = rayon::join(services, checks);
    let mut notices = parts.notices;
    notices.extend(parts.damage.iter().map(|damage| damage_notice(damage, &paths)));
    if parts.clusters.list.len() > CLUSTERS_MAX {
        notices.push(Notice {
            code: "clusters-left-out".to_owned(),
            message: format!("{} of {} clusters are listed", CLUSTERS_MAX, parts.clusters.list.len()),
            effect: "clusters without a role in a finding and with few entries are not shown".to_owned(),
            command: None,
        });
    }
    notices.sort();
    Report {
        schema_version: contract::SCHEMA_VERSION,
        generator: Generator { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        export: Export {
            rejected: parts.files.iter().map(|file| file.rejected).sum(),
            entries: settled.facts.entries,
            unique_entries: settled.facts.unique_entries,
            first_timestamp: parts.coverage.extent.map(|(first, _)| Timestamp(first)),
            last_timestamp: parts.coverage.extent.map(|(_, last)| Timestamp(last)),
            covered_seconds: parts.coverage.seconds(),
            distinct_instances: distinct_instances(settled),
            deployments: services.iter().map(|service| service.deployments.len() as u64).sum(),
            files: parts.files,
            notices,
            redaction: String::new(),
            redactions: Vec::new(),
        },
        checks,
        clusters: parts.clusters.list.iter().take(CLUSTERS_MAX).map(|one| cluster(settled, one, &paths)).collect(),
        services,
        findings: parts.findings,
        suppressed: parts.suppressed,
        ruled_out: parts.ruled_out,
    }
}

fn distinct_instances(settled: &Settled) -> u64 {
    let mut names: Vec<_> = settled.facts.lives.keys().map(|(_, instance)| *instance).collect();
    names.sort_unstable();
    names.dedup();
    names.len() as u64
}

fn service(settled: &Settled, state: &ServiceState, windows: Windows, lives_max: usize) -> Service {
    Service {
        platform: state.home.platform,
        project: state.home.project.clone(),
        location: state.home.location.clone(),
        name: state.name.clone(),
        revisions: state
            .revisions
            .iter()
            .map(|facts| contract::Revision {
                instance_lives: activity::lives(settled, state, facts, lives_max),
                activity: activity::activity(settled, state, facts, windows),
                ..revision(facts)
            })
            .collect(),
        deployments: state.history.deployments.clone(),
        revision_state: state.revision_state.clone(),
        traffic: activity::traffic(state),
        instances_alive: Vec::new(),
        window_seconds: u32::try_from(windows.0).unwrap_or(0),
    }
}

fn revision(facts: &RevisionFacts) -> contract::Revision {
    let health = &facts.health;
    contract::Revision {
        name: facts.name.clone(),
        first: facts.span.map(|span| Timestamp(span.first)),
        last: facts.span.map(|span| Timestamp(span.last)),
        requests: health.requests,
        errors_5xx: health.errors_5xx,
        latency_p50_ms: health.latency_ms(0.50),
        latency_p95_ms: health.latency_ms(0.95),
        latency_p99_ms: health.latency_ms(0.99),
        instances: facts.instances,
        starts: facts.starts,
        exits: facts.exits,
        crashes: facts.crashes,
        traffic_percent: facts.traffic_percent,
        image: facts.image.clone(),
        ready: facts.ready,
        verdict: facts.verdict(),
        instance_lives: Vec::new(),
        activity: Vec::new(),
    }
}

fn cluster(settled: &Settled, cluster: &Cluster, paths: &[String]) -> contract::Cluster {
    let class = &settled.classes[cluster.class.0 as usize];
    contract::Cluster {
        id: cluster.id.clone(),
        signature: (!class.signature.is_empty()).then(|| class.signature.clone()),
        template: template(class),
        role: if class.role == Role::Noise { Role::Noise } else { class.role },
        category: class.category,
        title: class.title.clone(),
        service: settled.text(cluster.service).to_owned(),
        revisions: cluster
            .revisions
            .iter()
            .map(|(revision, count)| RevisionCount { name: settled.text(*revision).to_owned(), count: *count })
            .collect(),
        count: cluster.count,
        instances: cluster.instances,
        first: Timestamp(cluster.first),
        last: Timestamp(cluster.last),
        windows: cluster
            .windows
            .iter()
            .map(|(start, count)| Window { start: Timestamp(*start), count: *count })
            .collect(),
        samples: cluster
            .rows
            .iter()
            .take(SAMPLES_MAX)
            .map(|row| settled.evidence(&settled.rows[*row], paths))
            .collect(),
    }
}

fn template(class: &Classified) -> Option<String> {
    match &class.key {
        ClassKey::Template { masked } => Some(masked.clone()),
        ClassKey::Exception { key } if class.signature.is_empty() => Some(key.clone()),
        ClassKey::FailedRequest { status, target } => Some(format!("{status} {target}")),
        _ => None,
    }
}

fn damage_notice(damage: &Damage, paths: &[String]) -> Notice {
    let path = paths.get(damage.file as usize).map_or("", String::as_str);
    Notice {
        code: damage.kind.to_owned(),
        message: format!(
            "{path}, line {}: {} {} ({})",
            damage.line,
            damage.count,
            damage.kind.replace('-', " "),
            damage.excerpt
        ),
        effect: "all readable records are used; what the damaged ones said is not known".to_owned(),
        command: None,
    }
}
