//! The closed lists of the report contract: platform, role, category, verdict, stage, risk.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the service runs; decides the words and the commands of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    /// A Cloud Run service (`cloud_run_revision`).
    CloudRun,
    /// A Cloud Run job (`cloud_run_job`).
    CloudRunJob,
    /// A first-generation function (`cloud_function`); second-generation ones are Cloud Run services.
    CloudFunctions,
    /// A Cloud Build build (`build`).
    CloudBuild,
    /// An Azure container app.
    AzureContainerApps,
    /// Anything else that writes to Cloud Logging.
    Other,
}

impl Platform {
    /// Whether two entries of these platforms can be one service's. A second-generation function is a Cloud Run service;
    /// builds and unknown resources name the service that they are about; a job is not the service of its name.
    pub fn may_be(self, other: Self) -> bool {
        let is_about = |platform| matches!(platform, Self::CloudBuild | Self::Other);
        let is_service = |platform| matches!(platform, Self::CloudRun | Self::CloudFunctions);
        let is_azure = |platform| platform == Self::AzureContainerApps;
        self == other
            || (is_about(self) && !is_azure(other))
            || (is_about(other) && !is_azure(self))
            || (is_service(self) && is_service(other))
    }

    /// One letter, the same in every version.
    pub(crate) fn letter(self) -> &'static str {
        match self {
            Self::CloudRun => "R",
            Self::CloudRunJob => "J",
            Self::CloudFunctions => "F",
            Self::CloudBuild => "B",
            Self::AzureContainerApps => "A",
            Self::Other => "O",
        }
    }

    /// What makes traffic follow the newest ready revision again, in the words of its command line.
    pub fn follow_latest(self) -> &'static str {
        match self {
            Self::AzureContainerApps => "`--revision-weight latest=100`",
            _ => "`--to-latest`",
        }
    }
}

/// What a cluster is in the chain cause → failure → impact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Internal evidence of what went wrong: an exception, a missing module, a limit, a refused permission.
    Cause,
    /// The first visible failure: an exit, a failed probe, a worker that did not boot.
    Failure,
    /// What users or callers felt: 5xx, 429, 504, lost connections.
    Impact,
    /// Context that is neither good nor bad: starts, deploys, readiness.
    State,
    /// Recognised and of no interest.
    Noise,
}

/// The closed list of cause categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// The program ends or hangs while importing, wiring or starting, because of its code or dependencies.
    CodeStartup,
    /// A bug or unhandled condition while serving requests or work items.
    CodeRuntime,
    /// A setting, environment variable, flag or connection string is missing or wrong.
    Config,
    /// A secret is missing, may not be read, or its value is unusable.
    SecretAccess,
    /// An identity lacks a permission.
    Iam,
    /// The image is absent, cannot be pulled, or lacks a file, entrypoint or command.
    Image,
    /// The build failed before any deploy.
    Build,
    /// The database refuses, is not reachable, or rejects the statement.
    Database,
    /// Tables, columns or constraints do not fit the code.
    Schema,
    /// Redis, Memcached and the like fail.
    Cache,
    /// An external service or model answers with an error or unusable content.
    Upstream,
    /// DNS, firewall, route, private endpoint or egress.
    Network,
    /// No instance, concurrency or own rate limits reached, CPU starvation.
    Capacity,
    /// Memory limit exceeded.
    Memory,
    /// A startup, readiness or liveness probe fails; wrong port or path.
    ProbePort,
    /// A request, probe or start-up time limit is reached.
    Timeout,
    /// A deploy is refused or undone by another deploy.
    DeployConflict,
    /// Traffic split or routing sends users to a bad revision.
    TrafficState,
    /// Quota, billing or project state.
    QuotaBilling,
    /// The cloud platform itself.
    Platform,
    /// Requests that are wrong by themselves.
    Client,
    /// The cause is not in the files.
    Unknown,
}

/// How far a finding is proven; ordered from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The files do not decide it; the finding says what is missing.
    Inconclusive,
    /// Co-occurrence only.
    Possible,
    /// A chain with a gap; the alternatives were tested and rejected.
    Likely,
    /// A named platform cause, or a complete chain inside one instance, not contradicted.
    Confirmed,
}

/// When an action belongs in the response to an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Look; changes nothing.
    Inspect,
    /// Stop the harm.
    Mitigate,
    /// Remove the cause.
    Fix,
    /// Prove that it worked.
    Verify,
    /// Keep it from coming back.
    Prevent,
}

/// What a command can do to a live system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Risk {
    /// Reads only.
    ReadOnly,
    /// Changes something that the named undo brings back.
    Reversible,
    /// Cannot be undone.
    Destructive,
}

/// Gives each closed list the word it has in the report, for text renderers.
macro_rules! as_word {
    ($($kind:ty),+ $(,)?) => {$(
        impl $kind {
            /// The word of the report contract, for example `code-startup`.
            pub fn word(self) -> String {
                match serde_json::to_value(self) {
                    Ok(serde_json::Value::String(word)) => word,
                    _ => String::new(),
                }
            }
        }
    )+};
}
as_word!(Platform, Role, Category, Verdict, Stage, Risk);
