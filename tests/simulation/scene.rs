//! A service on an ordinary day, and the few courses that most incidents take from there.

use super::native::{Raised, raised};
use super::traffic::{Answer, LOST, NO_START};
use super::world::{Instance, MINUTE, Runtime, SECOND, Service, World};

/// Every runtime.
pub const ANY: [Runtime; 5] = [Runtime::Uvicorn, Runtime::Gunicorn, Runtime::Node, Runtime::Spring, Runtime::Go];

/// A service with instances that serve, and when things happen.
pub struct Scene {
    /// The service.
    pub service: Service,
    /// Instances that live all the time unless the kind says otherwise.
    pub fleet: Vec<Instance>,
    /// First entry.
    pub from: i64,
    /// When it breaks.
    pub onset: i64,
    /// Last entry.
    pub to: i64,
}

/// One cause in the words of each runtime.
pub struct Told {
    /// Python.
    pub python: Raised,
    /// Node.
    pub node: Raised,
    /// Java.
    pub java: Raised,
    /// Go; its class is not printed.
    pub go: Raised,
}

impl Told {
    /// As the runtime says it.
    pub fn by(&self, runtime: Runtime) -> &Raised {
        match runtime {
            Runtime::Uvicorn | Runtime::Gunicorn => &self.python,
            Runtime::Node => &self.node,
            Runtime::Spring => &self.java,
            Runtime::Go => &self.go,
        }
    }
}

/// Four tellings: Python, Node, Java as (class, message), Go as a message.
pub fn told(python: (&str, &str), node: (&str, &str), java: (&str, &str), go: &str) -> Told {
    Told {
        python: raised(python.0, python.1),
        node: raised(node.0, node.1),
        java: raised(java.0, java.1),
        go: raised("", go),
    }
}

/// What Cloud Run says of a revision whose container did not listen; newer and older wording.
pub fn not_listening(world: &mut World, port: u16) -> String {
    let newer = world.dice.chance(60);
    if newer {
        format!(
            "Revision 'REVISION' is not ready and cannot serve traffic. The user-provided container failed to start and listen on the port defined provided by the PORT={port} environment variable within the allocated timeout. This can happen when the container port is misconfigured or if the timeout is too short. The health check timeout can be extended. Logs for this revision might contain more information."
        )
    } else {
        format!(
            "Revision 'REVISION' is not ready and cannot serve traffic. The user-provided container failed to start and listen on the port defined provided by the PORT={port} environment variable. Logs for this revision might contain more information."
        )
    }
}

impl World {
    /// An ordinary day of one service, some ten minutes before it breaks.
    pub fn scene(&mut self, runtimes: &[Runtime]) -> Scene {
        let name = self.dice.pick(&["orders-api", "billing", "catalog-web", "search-svc", "booking-backend"]);
        let runtime = self.dice.pick(runtimes);
        let service = self.service(name, runtime);
        let count = usize::try_from(self.dice.range(2, 4)).expect("few");
        let fleet = self.fleet(&service, &service.revision, count);
        let onset = self.start + self.dice.range(8, 11) * MINUTE;
        let to = onset + self.dice.range(8, 12) * MINUTE;
        Scene { service, fleet, from: self.start, onset, to }
    }

    /// Users are served all the time by the instances of the scene.
    pub fn served(&mut self, scene: &Scene) {
        let gap = self.dice.range(2_000_000, 3_500_000);
        self.traffic(&scene.service, &scene.fleet, scene.from, scene.to, gap);
    }

    /// Before the onset all is well; from then on `percent` of the calls fail with `status` and what was raised.
    pub fn failing(
        &mut self,
        scene: &Scene,
        told: &Told,
        function: &str,
        percent: i64,
        status: u16,
        latency: (i64, i64),
    ) {
        let (runtime, onset) = (scene.service.runtime, scene.onset);
        let gap = self.dice.range(2_000_000, 3_500_000);
        self.calls(&scene.service, &scene.fleet, scene.from, scene.to, gap, |world, at, instance, call| {
            if at < onset || !world.dice.chance(percent) {
                return Answer::Well;
            }
            let latency = world.dice.range(latency.0, latency.1);
            world.raise(at + latency - 4_000, instance, runtime, told.by(runtime), function, &call.trace);
            Answer::Status(status, latency)
        });
    }

    /// A new revision whose instances die of `told` before they listen: the deploy fails, the old revision serves on.
    pub fn dead_deploy(&mut self, scene: &mut Scene, told: &Told, function: &str) -> String {
        let runtime = scene.service.runtime;
        let message = not_listening(self, scene.service.port);
        let revision = self.failing_deploy(&mut scene.service, scene.onset, 28, &message);
        for number in 0..self.dice.range(1, 2) {
            let at = scene.onset + (7 + number * 9) * SECOND;
            self.crash_at_boot(&scene.service.clone(), &revision, at, "DEPLOYMENT_ROLLOUT", told.by(runtime), function);
        }
        revision
    }

    /// Instances of one revision are started and die, one after another; requests that come meanwhile fail.
    pub fn crash_loop(
        &mut self,
        service: &Service,
        revision: &str,
        (from, to): (i64, i64),
        reason: &str,
        told: &Told,
        function: &str,
    ) {
        let lost = self.dice.pick(&LOST);
        let mut at = from;
        while at < to {
            let holds_request = self.dice.chance(45);
            let call = |world: &mut Self| {
                let (method, path) = world.dice.pick(&service.routes);
                super::world::Call { method, path, trace: world.trace(), agent: "okhttp/4.12.0" }
            };
            if holds_request && service.runtime == Runtime::Gunicorn {
                // The master has bound the port, so the platform hands the request over; it dies with the instance, and no
                // exit is written.
                let (instance, end, _) =
                    self.dying(service, revision, at, "AUTOSCALING", told.by(service.runtime), function);
                let arrival = at - 2_000;
                let call = call(self);
                self.answer(service, arrival, &instance, &call, &Answer::Platform(503, end - arrival, lost));
            } else {
                self.crash_at_boot(service, revision, at, reason, told.by(service.runtime), function);
                if holds_request {
                    let call = call(self);
                    let nowhere = Instance::none(service, revision);
                    self.answer(service, at - 3_000, &nowhere, &call, &Answer::Refused(500, NO_START));
                }
            }
            at += self.dice.range(7, 14) * SECOND;
        }
    }
}
