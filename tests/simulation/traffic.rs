//! What users ask, and how it is answered.

use serde_json::json;

use super::world::{Call, Instance, Out, Runtime, SECOND, Service, World};

/// Agents of ordinary callers.
const AGENTS: [&str; 3] = [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "okhttp/4.12.0",
    "python-httpx/0.28.1",
];

/// The text of a request whose instance went away; older and newer wording.
pub const LOST: [&str; 2] = [
    "The request failed because either the HTTP response was malformed or connection to the instance had an error. Additional troubleshooting documentation can be found at: https://cloud.google.com/run/docs/troubleshooting#malformed-response-or-connection-error",
    "The request failed because the HTTP connection to the instance had an error.",
];
/// No instance could start.
pub const NO_START: &str = "The request failed because the instance could not start successfully.";
/// No instance was free.
pub const NO_INSTANCE: &str = "The request was aborted because there was no available instance. Additional troubleshooting documentation can be found at: https://cloud.google.com/run/docs/troubleshooting#abort-request";
/// The time limit was reached.
pub const TIMED_OUT: &str = "The request has been terminated because it has reached the maximum request timeout. To change this limit, see https://cloud.google.com/run/docs/configuring/request-timeout";

/// How a call is answered.
pub enum Answer {
    /// As on any other day.
    Well,
    /// With this status after this time, by the application.
    Status(u16, i64),
    /// By the platform, with its words.
    Platform(u16, i64, &'static str),
    /// By the platform before any instance had it.
    Refused(u16, &'static str),
}

impl World {
    /// Healthy traffic, about one call every `gap` microseconds.
    pub fn traffic(&mut self, service: &Service, instances: &[Instance], from: i64, to: i64, gap: i64) {
        self.calls(service, instances, from, to, gap, |_, _, _, _| Answer::Well);
    }

    /// Traffic whose answers the caller decides: it is told the arrival, the instance and the call.
    pub fn calls(
        &mut self,
        service: &Service,
        instances: &[Instance],
        from: i64,
        to: i64,
        gap: i64,
        mut decide: impl FnMut(&mut Self, i64, &Instance, &Call<'_>) -> Answer,
    ) {
        let mut at = from + self.dice.range(0, gap);
        while at < to {
            let able: Vec<&Instance> = instances.iter().filter(|instance| instance.ready <= at).collect();
            if !able.is_empty() {
                let instance = self.dice.pick(&able);
                let (method, path) = self.dice.pick(&service.routes);
                let call = Call { method, path, trace: self.trace(), agent: self.dice.pick(&AGENTS) };
                let answer = decide(self, at, instance, &call);
                self.answer(service, at, instance, &call, &answer);
            }
            at += self.dice.range(gap / 3, gap * 5 / 3);
        }
    }

    /// Writes the answer of a call.
    pub fn answer(&mut self, service: &Service, at: i64, instance: &Instance, call: &Call<'_>, answer: &Answer) {
        match answer {
            Answer::Well => {
                let latency = self.dice.range(8_000, 60_000) * self.dice.pick(&[1, 1, 1, 2, 6]);
                let status = match (call.method, self.dice.range(1, 100)) {
                    ("POST", 1..=96) => 201,
                    (_, 1..=3) => 404,
                    (_, 4..=5) => 401,
                    (_, 6..=9) => 304,
                    _ => 200,
                };
                let end = self.request(at, instance, call, status, latency, "");
                if self.dice.chance(25) {
                    self.access_line(end - 1_000, instance, service, call, status);
                }
            }
            Answer::Status(status, latency) => {
                let end = self.request(at, instance, call, *status, *latency, "");
                if self.dice.chance(60) {
                    self.access_line(end - 1_000, instance, service, call, *status);
                }
            }
            Answer::Platform(status, latency, words) => {
                self.request(at, instance, call, *status, *latency, words);
            }
            Answer::Refused(status, words) => {
                let nowhere = Instance::none(service, &instance.revision);
                self.request(at, &nowhere, call, *status, 0, words);
            }
        }
    }

    /// The server's own access log.
    fn access_line(&mut self, at: i64, instance: &Instance, service: &Service, call: &Call<'_>, status: u16) {
        let path = call.path.replace("{id}", "1207");
        let phrase = if status < 400 { "OK" } else { "Internal Server Error" };
        match service.runtime {
            Runtime::Uvicorn => {
                let port = self.dice.range(20_000, 60_000);
                let text =
                    format!("INFO:     169.254.169.126:{port} - \"{} {path} HTTP/1.1\" {status} {phrase}", call.method);
                self.line(at, instance, Out::Stdout, &text);
            }
            Runtime::Gunicorn => {
                let text = format!(
                    "169.254.169.126 - - [02/Mar/2026:06:12:44 +0000] \"{} {path} HTTP/1.1\" {status} 512 \"-\" \"{}\"",
                    call.method, call.agent
                );
                self.line(at, instance, Out::Stdout, &text);
            }
            Runtime::Node => {
                let payload = json!({"level": 30, "msg": "request completed", "req": {"method": call.method, "url": path}, "res": {"statusCode": status}});
                self.structured(at, instance, "INFO", payload, &call.trace);
            }
            Runtime::Spring | Runtime::Go => {
                let payload = json!({"message": format!("{} {path} -> {status}", call.method), "component": "access"});
                self.structured(at, instance, "INFO", payload, &call.trace);
            }
        }
    }

    /// Instances that were running before the files begin.
    pub fn fleet(&mut self, service: &Service, revision: &str, count: usize) -> Vec<Instance> {
        (0..count).map(|_| self.instance(service, revision, self.start - 600 * SECOND)).collect()
    }
}
