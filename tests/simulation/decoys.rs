//! What looks like a cause and is none: each is true to life and harmless, or another story.

use serde_json::json;

use super::native::{clock, raised};
use super::truth::Truth;
use super::world::{Call, Instance, MINUTE, Out, Runtime, SECOND, Service, World};
use whydown::model::Category;

/// Paths that scanners ask for.
const SCANNED: [&str; 6] = [
    "/wp-login.php",
    "/.env",
    "/.git/config",
    "/phpmyadmin/index.php",
    "/actuator/health",
    "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
];

impl World {
    /// Three decoys out of nine, within `from..to`, on instances that live all that time.
    pub fn decoys(&mut self, truth: &mut Truth, service: &mut Service, instances: &[Instance], from: i64, to: i64) {
        let first = self.dice.range(0, 8);
        let step = self.dice.pick(&[1, 2, 4, 5, 7]);
        for turn in 0..3 {
            match (first + turn * step) % 9 {
                0 => self.other_crash(truth, from, to),
                1 => self.benign_resets(instances, from, to),
                2 => self.retries(service.runtime, instances, from, to),
                3 => self.scanners(service, instances, from, to, 25),
                4 => self.telling_labels(service),
                5 => self.words_of_users(instances, from, to),
                6 => self.stray_error(truth, instances, from, to),
                7 => self.scale_down(service, from, to),
                _ => self.deprecations(instances, from, to),
            }
        }
    }

    fn some(&mut self, instances: &[Instance], from: i64, to: i64) -> Option<(i64, Instance)> {
        let at = self.dice.range(from, to);
        let able: Vec<&Instance> = instances.iter().filter(|instance| instance.ready < at).collect();
        (!able.is_empty()).then(|| (at, self.dice.pick(&able).clone()))
    }

    /// Another service of the project loses one instance. True, and another story.
    pub fn other_crash(&mut self, truth: &mut Truth, from: i64, to: i64) {
        let runtime = self.dice.pick(&[Runtime::Node, Runtime::Gunicorn]);
        let other = self.service("thumbnailer", runtime);
        let fleet = self.fleet(&other, &other.revision, 1);
        self.traffic(&other, &fleet, from, to, 20 * SECOND);
        let at = self.dice.range(from, to);
        let limit = self.dice.pick(&["512", "1024"]);
        let dying = self.instance(&other, &other.revision, from);
        let own = [dying.clone()];
        self.traffic(&other, &own, at - 2 * MINUTE, at - SECOND, 15 * SECOND);
        self.system(at, &dying, "ERROR", &format!("Memory limit of {limit} MiB exceeded with {limit} MiB used. Consider increasing the memory limit, see https://cloud.google.com/run/docs/configuring/memory-limits"));
        truth.also(&[Category::Memory], "(?i)memory limit", &other.name);
    }

    /// Idle connections dropped by a peer, told at INFO and WARNING; nothing fails.
    pub fn benign_resets(&mut self, instances: &[Instance], from: i64, to: i64) {
        for _ in 0..4 {
            let Some((at, instance)) = self.some(instances, from, to) else { return };
            let text = self.dice.pick(&[
                "WARNING:aiohttp.client:Connection reset by peer on idle keep-alive connection, reopened",
                "INFO pool: discarding connection: read ECONNRESET",
                "WARNING: server closed the connection unexpectedly; reconnected on checkout (pre_ping)",
            ]);
            self.line(at, &instance, Out::Stderr, text);
        }
    }

    /// Calls that fail at first and succeed when repeated.
    pub fn retries(&mut self, runtime: Runtime, instances: &[Instance], from: i64, to: i64) {
        for _ in 0..5 {
            let Some((at, instance)) = self.some(instances, from, to) else { return };
            if runtime.is_python() {
                self.line(at, &instance, Out::Stderr, "WARNING:urllib3.connectionpool:Retrying (Retry(total=2, connect=None, read=None, redirect=None, status=None)) after connection broken by 'ConnectTimeoutError(<urllib3.connection.HTTPSConnection object>, 'Connection to partner.example.com timed out. (connect timeout=3)')': /v2/rates");
            } else {
                let payload = json!({"message": "attempt 1 of 3 failed: upstream answered 503, retrying in 400ms", "component": "rates-client"});
                self.structured(at, &instance, "WARNING", payload, "");
            }
            let payload = json!({"message": "rates refreshed after 2 attempts", "component": "rates-client"});
            self.structured(at + 700_000, &instance, "INFO", payload, "");
        }
    }

    /// Scanners ask for what is not there.
    pub fn scanners(&mut self, service: &Service, instances: &[Instance], from: i64, to: i64, count: usize) {
        let Some((start, instance)) = self.some(instances, from, to) else { return };
        for number in 0..count {
            let path = self.dice.pick(&SCANNED);
            let status = self.dice.pick(&[404, 404, 404, 403, 400, 405]);
            let call = Call {
                method: self.dice.pick(&["GET", "POST"]),
                path,
                trace: self.trace(),
                agent: self.dice.pick(&["Mozilla/5.0 zgrab/0.x", "Go-http-client/1.1", "curl/8.4.0"]),
            };
            let at = start + i64::try_from(number).expect("few") * 180_000;
            let latency = self.dice.range(1_000, 6_000);
            self.request(at, &instance, &call, status, latency, "");
        }
        if service.runtime == Runtime::Uvicorn {
            self.line(start, &instance, Out::Stderr, "WARNING:  Invalid HTTP request received.");
        }
    }

    /// Labels of the user that sound like causes and are on every entry.
    pub fn telling_labels(&mut self, service: &mut Service) {
        for (key, value) in [
            ("vpc-connectivity", "enabled"),
            ("incident", "database-down-2025"),
            ("oom-guard", "memory-limit-exceeded"),
        ] {
            self.label(service, key, value);
        }
    }

    /// What users typed, logged at INFO: any text may stand in it.
    pub fn words_of_users(&mut self, instances: &[Instance], from: i64, to: i64) {
        for _ in 0..4 {
            let Some((at, instance)) = self.some(instances, from, to) else { return };
            let words = self.dice.pick(&[
                "Container called exit(1).",
                "Memory limit of 512 MiB exceeded with 530 MiB used",
                "ModuleNotFoundError: No module named 'torch'",
                "permission denied for table orders",
            ]);
            match self.dice.range(0, 2) {
                0 => self.line(at, &instance, Out::Stdout, &format!("search query={words:?} hits=0")),
                1 => {
                    let payload = json!({"message": format!("customer 8123 wrote: {words}"), "component": "support"});
                    self.structured(at, &instance, "INFO", payload, "");
                }
                _ => {
                    let payload = json!({"message": format!("search query={words:?} hits=0"), "component": "search"});
                    self.structured(at, &instance, "INFO", payload, "");
                }
            }
        }
    }

    /// One handled error beside a request that went well.
    pub fn stray_error(&mut self, truth: &mut Truth, instances: &[Instance], from: i64, to: i64) {
        let Some((at, instance)) = self.some(instances, from, to) else { return };
        let payload = json!({"message": "newsletter preference could not be stored for one user, ignoring", "component": "newsletter"});
        self.structured(at, &instance, "ERROR", payload, "");
        truth.forbid("newsletter preference");
    }

    /// An instance that is no longer needed goes: shutdown noise.
    pub fn scale_down(&mut self, service: &Service, from: i64, to: i64) {
        let instance = self.instance(service, &service.ready, from);
        let at = self.dice.range(from, to);
        let call = Call { method: "GET", path: "/", trace: self.trace(), agent: "okhttp/4.12.0" };
        self.request(at - MINUTE, &instance, &call, 200, 30_000, "");
        self.stop_lines(at, &instance, service);
        if self.dice.chance(30) {
            self.exit(at + 400_000, &instance, 143);
        }
    }

    /// Warnings of libraries.
    pub fn deprecations(&mut self, instances: &[Instance], from: i64, to: i64) {
        for _ in 0..3 {
            let Some((at, instance)) = self.some(instances, from, to) else { return };
            let text = self.dice.pick(&[
                "/usr/local/lib/python3.11/site-packages/google/api_core/_python_version_support.py:234: FutureWarning: You are using a Python version (3.11) past its end of life.",
                "(node:1) [DEP0040] DeprecationWarning: The `punycode` module is deprecated. Please use a userland alternative instead.",
                "DeprecationWarning: datetime.datetime.utcnow() is deprecated and scheduled for removal in a future version.",
            ]);
            self.line(at, &instance, Out::Stderr, text);
        }
    }

    /// A deploy that goes well: new instances, a drain of the old ones, traffic as before. Returns the new fleet.
    pub fn healthy_deploy(&mut self, service: &mut Service, old: &[Instance], at: i64) -> Vec<Instance> {
        let revision = self.deploy(service, at, 14);
        let new = vec![
            self.boot(service, &revision, at + 6 * SECOND, "DEPLOYMENT_ROLLOUT"),
            self.boot(service, &revision, at + 12 * SECOND, "DEPLOYMENT_ROLLOUT"),
        ];
        for instance in old {
            let stops = at + self.dice.range(25, 60) * SECOND;
            self.stop(service, instance, stops);
        }
        new
    }

    /// A line of an application that went on without something it can do without.
    pub fn optional_missing(&mut self, at: i64, instance: &Instance) {
        let text = format!(
            "{} WARNING sentry: {} - error reporting disabled, continuing",
            clock(at),
            raised("", "SENTRY_DSN not set").message
        );
        self.line(at, instance, Out::Stderr, &text);
    }
}
