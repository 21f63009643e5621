//! What a simulated project writes: entries in the shape of `gcloud logging read --format=json`, one a line.
//!
//! Times are microseconds since the epoch. Shapes and texts follow real exports: a request carries its arrival time,
//! plain text has no severity, a Python traceback is one entry with severity ERROR, other runtimes print one entry a line.

use serde_json::{Map, Value, json};
use whydown::model::Timestamp;

use super::dice::Dice;

/// One second, in microseconds.
pub const SECOND: i64 = 1_000_000;
/// One minute, in microseconds.
pub const MINUTE: i64 = 60 * SECOND;

/// Which stream a container line goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Out {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What the container runs; decides the shape of its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    /// Python, uvicorn.
    Uvicorn,
    /// Python, gunicorn.
    Gunicorn,
    /// Node.
    Node,
    /// Java, Spring Boot.
    Spring,
    /// Go.
    Go,
}

impl Runtime {
    /// Whether it is Python.
    pub fn is_python(self) -> bool {
        matches!(self, Self::Uvicorn | Self::Gunicorn)
    }
}

/// One service of the project.
#[derive(Debug, Clone)]
pub struct Service {
    /// Name.
    pub name: String,
    /// What it runs.
    pub runtime: Runtime,
    /// Number of its newest revision.
    pub number: u32,
    /// Newest revision.
    pub revision: String,
    /// Newest revision that became ready.
    pub ready: String,
    /// Generation of the service object.
    pub generation: u32,
    /// Traffic: revision (`None` = latest), percent, tag.
    pub traffic: Vec<(Option<String>, u32, Option<String>)>,
    /// Port of the container.
    pub port: u16,
    /// Memory limit as in the specification.
    pub memory: &'static str,
    /// Request timeout in seconds.
    pub timeout: i64,
    /// Most instances.
    pub maximum: u32,
    /// Fewest instances.
    pub minimum: u32,
    /// Names of the environment variables.
    pub env: Vec<&'static str>,
    /// Image reference without tag.
    pub image: String,
    /// Labels that the user put on the service, copied to every entry.
    pub labels: Map<String, Value>,
    /// Paths that users ask for.
    pub routes: Vec<(&'static str, &'static str)>,
}

/// One instance; with an empty id it stands for a request that no instance had.
#[derive(Debug, Clone)]
pub struct Instance {
    /// Its service.
    pub service: String,
    /// Its revision.
    pub revision: String,
    /// 200 or so hexadecimal digits.
    pub id: String,
    /// When it can take requests.
    pub ready: i64,
}

impl Instance {
    /// The place of a request that no instance had.
    pub fn none(service: &Service, revision: &str) -> Self {
        Self { service: service.name.clone(), revision: revision.to_owned(), id: String::new(), ready: 0 }
    }
}

/// Everything written so far.
pub struct World {
    /// Chance.
    pub dice: Dice,
    /// Project id.
    pub project: String,
    /// Region.
    pub region: &'static str,
    /// When the files begin.
    pub start: i64,
    /// How the applications of the project log errors: one way each, as real ones do.
    pub style: i64,
    /// When each revision was asked for.
    pub asked_at: std::collections::BTreeMap<String, i64>,
    labels: Vec<(String, Map<String, Value>)>,
    entries: Vec<(i64, Value)>,
}

/// RFC 3339 of a time.
pub fn time(at: i64) -> String {
    Timestamp(at * 1000).to_rfc3339()
}

impl World {
    /// An empty project.
    pub fn new(seed: u64, name: &str) -> Self {
        let mut dice = Dice::new(seed, name);
        let project = format!(
            "{}-{}",
            dice.pick(&["acme-shop", "lumen-media", "harbor-health", "pine-fleet"]),
            dice.pick(&["prod", "stage", "eu"])
        );
        let region = dice.pick(&["europe-west1", "us-central1", "asia-northeast1"]);
        // 2026-03-02 06:00 UTC and some hours.
        let start = 1_772_431_200 * SECOND + dice.range(0, 40_000) * SECOND + dice.range(0, 999_999);
        let style = dice.range(0, 2);
        Self {
            dice,
            project,
            region,
            start,
            style,
            asked_at: std::collections::BTreeMap::new(),
            labels: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// A service that has been running for a while.
    pub fn service(&mut self, name: &str, runtime: Runtime) -> Service {
        let number = u32::try_from(self.dice.range(4, 180)).expect("small");
        let revision = self.revision_name(name, number);
        let service = Service {
            name: name.to_owned(),
            runtime,
            number,
            ready: revision.clone(),
            revision,
            generation: number + 3,
            traffic: vec![(None, 100, None)],
            port: 8080,
            memory: self.dice.pick(&["512Mi", "1Gi", "2Gi"]),
            timeout: self.dice.pick(&[60, 300]),
            maximum: u32::try_from(self.dice.range(5, 40)).expect("small"),
            minimum: 0,
            env: vec!["LOG_LEVEL", "DATABASE_URL"],
            image: format!("{}-docker.pkg.dev/{}/apps/{name}", self.region, self.project),
            labels: Map::new(),
            routes: vec![
                ("GET", "/api/v1/items"),
                ("GET", "/api/v1/items/{id}"),
                ("POST", "/api/v1/orders"),
                ("GET", "/api/v1/profile"),
                ("GET", "/"),
            ],
        };
        self.labels.push((name.to_owned(), Map::new()));
        service
    }

    /// Puts a user's label on everything that a service writes from now on.
    pub fn label(&mut self, service: &mut Service, key: &str, value: &str) {
        service.labels.insert(key.to_owned(), json!(value));
        if let Some((_, labels)) = self.labels.iter_mut().find(|(name, _)| *name == service.name) {
            labels.insert(key.to_owned(), json!(value));
        }
    }

    /// `orders-api-00041-kx7`.
    pub fn revision_name(&mut self, service: &str, number: u32) -> String {
        format!("{service}-{number:05}-{}", self.dice.word("bcdfghjklmnpqrstvwxz2456789", 3))
    }

    /// A fresh instance of a revision; writes nothing.
    pub fn instance(&mut self, service: &Service, revision: &str, ready: i64) -> Instance {
        let id = format!("0069c7a9{}", self.dice.hex(150));
        Instance { service: service.name.clone(), revision: revision.to_owned(), id, ready }
    }

    /// One entry; `body` holds what is not common to all of them.
    pub fn entry(&mut self, at: i64, log: &str, place: &Instance, mut body: Value) {
        let mut labels = self
            .labels
            .iter()
            .find(|(name, _)| *name == place.service)
            .map(|(_, labels)| labels.clone())
            .unwrap_or_default();
        if let Some(own) = body.get("labels").and_then(Value::as_object) {
            labels.extend(own.clone());
        }
        if !place.id.is_empty() {
            labels.insert("instanceId".to_owned(), json!(place.id));
        }
        let kind = if body.get("kind_of_resource").is_some() {
            body["kind_of_resource"].clone()
        } else {
            json!("cloud_run_revision")
        };
        let mut resource = json!({
            "configuration_name": if place.revision.is_empty() { "" } else { place.service.as_str() },
            "location": self.region, "project_id": self.project,
            "revision_name": place.revision, "service_name": place.service,
        });
        if let Some(own) = body.get("resource_labels") {
            resource = own.clone();
        }
        let fields = body.as_object_mut().expect("a body is an object");
        fields.remove("kind_of_resource");
        fields.remove("resource_labels");
        fields.insert("labels".to_owned(), Value::Object(labels));
        fields.insert("insertId".to_owned(), json!(format!("69a{}", self.dice.hex(17))));
        fields
            .insert("logName".to_owned(), json!(format!("projects/{}/logs/{}", self.project, log.replace('/', "%2F"))));
        fields.insert("resource".to_owned(), json!({"type": kind, "labels": resource}));
        fields.insert("timestamp".to_owned(), json!(time(at)));
        let delay = self.dice.range(60_000, 400_000);
        fields.insert("receiveTimestamp".to_owned(), json!(time(at + delay)));
        self.entries.push((at, body));
    }

    /// A record of another platform, as it is.
    pub fn plain(&mut self, at: i64, record: Value) {
        self.entries.push((at, record));
    }

    /// A plain line of a container.
    pub fn line(&mut self, at: i64, place: &Instance, out: Out, text: &str) {
        self.entry(at, log_of(out), place, json!({"textPayload": text}));
    }

    /// A line of a container with a severity that the agent gave it (a joined traceback).
    pub fn joined(&mut self, at: i64, place: &Instance, text: &str) {
        let group = format!("C{}", self.dice.word("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijk0123456789", 17));
        self.entry(
            at,
            log_of(Out::Stderr),
            place,
            json!({"textPayload": text, "severity": "ERROR", "errorGroups": [{"id": group}]}),
        );
    }

    /// A structured line; `trace` may be empty.
    #[allow(clippy::needless_pass_by_value, reason = "payloads are written where they are passed")]
    pub fn structured(&mut self, at: i64, place: &Instance, severity: &str, payload: Value, trace: &str) {
        let mut body = json!({"jsonPayload": payload, "severity": severity});
        if !trace.is_empty() {
            body["trace"] = json!(trace);
        }
        self.entry(at, log_of(Out::Stdout), place, body);
    }

    /// A line of the platform about an instance.
    pub fn system(&mut self, at: i64, place: &Instance, severity: &str, text: &str) {
        self.entry(at, "run.googleapis.com/varlog/system", place, json!({"textPayload": text, "severity": severity}));
    }

    /// `Container called exit(N).`
    pub fn exit(&mut self, at: i64, place: &Instance, code: i32) {
        let container = format!("{}-1", place.service);
        self.entry(
            at,
            "run.googleapis.com/varlog/system",
            place,
            json!({"textPayload": format!("Container called exit({code})."), "severity": "WARNING", "labels": {"container_name": container}}),
        );
    }

    /// `Starting new instance. Reason: …`
    pub fn starting(&mut self, at: i64, place: &Instance, reason: &str) {
        let words = match reason {
            "AUTOSCALING" => {
                "Instance started due to configured scaling factors (e.g. CPU utilization, request throughput, etc.) or no existing capacity for current traffic."
            }
            "DEPLOYMENT_ROLLOUT" => {
                "Instance started due to traffic shifting between revisions due to deployment, traffic split adjustment, or deployment health check."
            }
            _ => "Instance started because of customer-configured min-instances or manual scaling.",
        };
        self.entry(
            at,
            "run.googleapis.com/varlog/system",
            place,
            json!({"textPayload": format!("Starting new instance. Reason: {reason} - {words}"), "severity": "INFO", "labels": {"scaling_reason": reason}}),
        );
    }

    /// The default startup probe passed.
    pub fn probe_passed(&mut self, at: i64, place: &Instance, port: u16) {
        let text = format!(
            "Default STARTUP TCP probe succeeded after 1 attempt for container \"{}-1\" on port {port}.",
            place.service
        );
        self.system(at, place, "INFO", &text);
    }

    /// A request entry. `platform` is what Cloud Run says of a request that it failed; empty otherwise. Returns when it ended.
    pub fn request(
        &mut self,
        at: i64,
        place: &Instance,
        call: &Call<'_>,
        status: u16,
        latency: i64,
        platform: &str,
    ) -> i64 {
        let severity = match status {
            500.. => "ERROR",
            400.. => "WARNING",
            _ => "INFO",
        };
        let path = self.filled(call.path);
        let latency_text =
            if latency == 0 { "0s".to_owned() } else { format!("{}.{:06}s", latency / SECOND, latency % SECOND) };
        let size = self.dice.range(60, 9_000).to_string();
        let mut body = json!({
            "severity": severity,
            "trace": call.trace,
            "spanId": self.dice.hex(16),
            "httpRequest": {
                "latency": latency_text, "protocol": "HTTP/1.1", "remoteIp": format!("203.0.113.{}", self.dice.range(2, 250)),
                "requestMethod": call.method, "requestSize": "412", "responseSize": size, "serverIp": "198.51.100.7",
                "requestUrl": format!("https://{}-x4p2qmd7ka-uc.a.run.app{path}", place.service),
                "status": status, "userAgent": call.agent,
            }
        });
        if !platform.is_empty() {
            body["textPayload"] = json!(platform);
        }
        self.entry(at, "run.googleapis.com/requests", place, body);
        at + latency
    }

    /// A path with ids in the place of `{id}`.
    fn filled(&mut self, path: &str) -> String {
        path.replace("{id}", &self.dice.range(1_000, 99_999).to_string())
    }

    /// A trace name.
    pub fn trace(&mut self) -> String {
        format!("projects/{}/traces/{}", self.project, self.dice.hex(32))
    }

    /// All entries, oldest or newest first, or as two exports of different logs would follow each other.
    pub fn lines(mut self) -> String {
        self.entries.sort_by_key(|(at, _)| *at);
        match self.dice.range(0, 2) {
            0 => self.entries.reverse(),
            1 => self.entries.sort_by_key(|(_, entry)| entry["logName"].as_str().unwrap_or("").len()),
            _ => {}
        }
        self.entries.iter().map(|(_, entry)| entry.to_string()).collect::<Vec<_>>().join("\n")
    }
}

/// One call of a user.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// Method.
    pub method: &'a str,
    /// Path; `{id}` is filled in.
    pub path: &'a str,
    /// Trace name; may be empty.
    pub trace: String,
    /// User agent.
    pub agent: &'a str,
}

fn log_of(out: Out) -> &'static str {
    match out {
        Out::Stdout => "run.googleapis.com/stdout",
        Out::Stderr => "run.googleapis.com/stderr",
    }
}
