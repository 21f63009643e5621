//! From a situation to staged commands: what to type now, in a safe order.
//!
//! In: a [`Situation`], the plain facts of one finding. Out: at most eight [`Action`]s, ordered inspect,
//! mitigate, fix, verify, prevent. Names from logs enter a command only after they passed the platform's naming
//! rules; the others become placeholders in capitals. Nothing here is run by this program. Behaviour of the
//! commands: Cloud SDK reference (run, logging, secrets, sql), Azure CLI reference (containerapp), `gh` manual.

pub mod canary;
pub mod collect;
mod notices;
mod plan;

pub mod logs;
pub mod names;
pub mod shell;

mod azure;
mod cloud_run;
mod functions;
mod mitigate;
mod standing;
mod step;
#[cfg(test)]
mod tests;

use crate::model::report::Action;
use crate::model::{Category, Platform, Risk, Stage, Timestamp};

pub use plan::{Advised, advise};
pub use standing::Standing;

pub use logs::{export_command, one_filter_command};

/// Most actions of one finding: what a person can take in during an incident.
pub const ACTIONS_MAX: usize = 8;

/// When in the life of a service it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// While an instance starts.
    Boot,
    /// While it answers requests or works.
    Serving,
    /// While a revision is made ready, before it has traffic.
    Deploy,
    /// In an execution of a job.
    Job,
    /// While the image is built.
    Build,
}

/// Whether going back to another revision helps, and to which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rollback<'a> {
    /// A revision that has shown it can serve.
    To {
        /// Its name.
        revision: &'a str,
        /// What shows it, with numbers.
        proof: &'a str,
    },
    /// Nothing to go back from.
    NotNeeded {
        /// Why.
        why: &'a str,
    },
    /// Every revision it could go back to fails in the same way.
    WouldNotHelp {
        /// Why.
        why: &'a str,
    },
    /// The files show no healthy revision.
    Unknown {
        /// Why.
        why: &'a str,
    },
}

/// What the stages before know about one finding. Any name may be empty, which means unknown.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "each is one independent observation about the finding")]
pub struct Situation<'a> {
    /// Where it runs; decides the commands.
    pub platform: Platform,
    /// Project id.
    pub project: &'a str,
    /// Region.
    pub location: &'a str,
    /// Service, job, function or container app.
    pub service: &'a str,
    /// Failing revisions, newest last.
    pub revisions: &'a [String],
    /// Category of the cause.
    pub category: Category,
    /// Catalogue id of the cause's signature; empty when none knows it.
    pub signature: &'a str,
    /// Named captures of the signature: `secret`, `image`, `port`, `limit`, `instance`, `account` …
    pub captures: &'a [(String, String)],
    /// The signature's own advice on the fix, in prose.
    pub advice_fix: &'a [String],
    /// The signature's own advice on what to check, in prose.
    pub advice_check: &'a [String],
    /// Start of the finding's window.
    pub from: Timestamp,
    /// End of the finding's window.
    pub to: Timestamp,
    /// One failing instance (or Azure replica) as an example.
    pub instance: &'a str,
    /// Whether going back helps.
    pub rollback: Rollback<'a>,
    /// When in the life of the service it fails.
    pub phase: Phase,
    /// Whether it still went on at the end of the files.
    pub ongoing: bool,
    /// Revision whose deploy ended it.
    pub resolved_by: Option<&'a str>,
    /// Whether minimum instances start the failing revision again and again.
    pub min_instances_keep_it_going: bool,
    /// Whether the default TCP probe passed before the crash, so that a broken revision became ready.
    pub tcp_probe_passed: bool,
    /// Whether the newest revision never became ready and an older one serves.
    pub newest_not_ready: bool,
    /// Whether traffic is pinned to a named revision, so that deploys get none.
    pub pinned: bool,
    /// Path of a failing request.
    pub path: &'a str,
    /// What else is known of the service and of the pipeline that deploys it.
    pub around: Surroundings<'a>,
}

/// What state documents and runs say beside the finding. Empty text and `None` mean that they do not say.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Surroundings<'a> {
    /// Whether a service elsewhere has its name, so that a filter must say where it runs.
    pub shares_its_name: bool,
    /// Azure resource group.
    pub group: &'a str,
    /// How many revisions of a container app may be active: `single`, `multiple` or `labels`.
    pub mode: &'a str,
    /// Revision that has the traffic and that the platform calls healthy.
    pub serving: &'a str,
    /// Revision that is active without traffic.
    pub idle: &'a str,
    /// Image of the failing revision.
    pub image: &'a str,
    /// Memory limit of the newest template, as written.
    pub memory: &'a str,
    /// Whether the proven revision is known to be active.
    pub target_is_active: bool,
    /// Port that the ingress sends requests to, and that is probed where no probe is set.
    pub target_port: Option<u16>,
    /// Number of the last run that was refused.
    pub refused_run: &'a str,
    /// Number of the run that is still in progress.
    pub running_run: &'a str,
    /// How its revisions stand to each other, where that has to do with the finding.
    pub standing: Option<&'a Standing>,
    /// Median duration of successful runs in whole minutes, rounded up, and their number.
    pub typical_minutes: Option<(u32, usize)>,
}

/// The actions for one finding, best first within each stage, at most [`ACTIONS_MAX`].
///
/// No action is both first and irreversible, no command contains a name that is not valid for its kind, and
/// every action that changes something names its precondition, its undo and what should be seen afterwards.
pub fn actions(situation: &Situation<'_>) -> Vec<Action> {
    let ladder = match situation.platform {
        Platform::AzureContainerApps => azure::ladder(situation),
        Platform::CloudFunctions => functions::ladder(situation),
        Platform::CloudRun | Platform::CloudRunJob | Platform::CloudBuild | Platform::Other => {
            cloud_run::ladder(situation)
        }
    };
    ordered(ladder)
}

/// Sorts by stage (keeping the order inside a stage) and drops the least needed steps of a long ladder.
fn ordered(mut ladder: Vec<Action>) -> Vec<Action> {
    // What cannot be undone comes after everything else of its stage.
    ladder.sort_by_key(|action| (action.stage, action.risk == Risk::Destructive));
    let mut kept: Vec<Action> = Vec::new();
    for action in ladder {
        let repeats = |other: &Action| {
            other.command == action.command
                && (other.title == action.title || (action.stage == Stage::Prevent && !action.command.is_empty()))
        };
        if !kept.iter().any(repeats) {
            kept.push(action);
        }
    }
    let limits = [
        (Stage::Prevent, 1),
        (Stage::Inspect, 2),
        (Stage::Fix, 3),
        (Stage::Verify, 2),
        (Stage::Mitigate, 3),
        (Stage::Inspect, 1),
        (Stage::Fix, 2),
        (Stage::Mitigate, 2),
        (Stage::Prevent, 0),
    ];
    for (stage, limit) in limits {
        while kept.len() > ACTIONS_MAX && kept.iter().filter(|action| action.stage == stage).count() > limit {
            let last = kept.iter().rposition(|action| action.stage == stage).expect("its count was above the limit");
            kept.remove(last);
        }
    }
    kept
}
