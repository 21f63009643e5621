//! What a signature tells about the life of an instance, a request, a revision or a job.
//!
//! The catalogue names the mark of each signature, so that the stages behind it never ask for a
//! platform's wording or for a signature's id: another platform brings its own files with the same marks.

use serde::{Deserialize, Serialize};

/// The event that an entry of a signature marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// Nothing of the kinds below.
    #[default]
    None,
    /// The platform started an instance; capture `reason`.
    InstanceStarted,
    /// A startup probe passed.
    ProbePassed,
    /// A startup probe failed and the instance was not started.
    ProbeFailed,
    /// One try of a probe failed; the platform goes on trying, and many replicas need a few tries to come up.
    ProbeTried,
    /// A running instance was killed by its liveness probe.
    ProbeKilled,
    /// The container's process ended; capture `code`.
    ContainerExited,
    /// The container was killed or could not run.
    InstanceCrashed,
    /// The application gave up while starting, although the container may live on for a moment.
    BootFailed,
    /// A server lost one of its workers and goes on.
    WorkerLost,
    /// The platform stopped an instance on purpose.
    InstanceStopped,
    /// A request was lost together with its instance or its connection.
    RequestLost,
    /// A request was refused before any instance had it.
    RequestRefused,
    /// A request was cut at the time limit.
    RequestTimedOut,
    /// The control plane called a revision or service ready.
    BecameReady,
    /// The control plane called a revision, service or job not ready: a failed deploy.
    DeployFailed,
    /// A deploy was refused.
    DeployRefused,
    /// A job's task or execution failed.
    JobFailed,
    /// A job's execution ended well, whatever its tasks had to try again.
    JobSucceeded,
    /// A build failed.
    BuildFailed,
    /// A limit that all revisions share was reached: connection slots, a server's own maximum.
    SharedLimit,
    /// The application says on which port it listens; capture `port`.
    PortAnnounced,
}

impl Mark {
    /// Whether only the platform can know it: a container's own output cannot say so.
    pub fn is_platforms_word(self) -> bool {
        matches!(
            self,
            Self::InstanceStarted
                | Self::ProbePassed
                | Self::ProbeFailed
                | Self::ProbeKilled
                | Self::ContainerExited
                | Self::InstanceStopped
                | Self::RequestLost
                | Self::RequestRefused
                | Self::RequestTimedOut
                | Self::BecameReady
                | Self::DeployFailed
                | Self::DeployRefused
                | Self::JobFailed
                | Self::JobSucceeded
        )
    }

    /// Whether the entry shows that an instance died or never lived.
    pub fn ends_instance(self) -> bool {
        matches!(
            self,
            Self::ContainerExited
                | Self::InstanceCrashed
                | Self::BootFailed
                | Self::ProbeFailed
                | Self::ProbeTried
                | Self::ProbeKilled
        )
    }
}
