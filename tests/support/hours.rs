//! Makes up hours of one service: healthy requests, crashes, failed requests. Everything belongs to nobody.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

const STARTED: &str = "Starting new instance. Reason: AUTOSCALING - Instance started due to traffic.";

/// Entries of one service, written as NDJSON.
#[derive(Debug, Clone, Default)]
pub struct Hours {
    entries: Vec<Value>,
}

impl Hours {
    /// Answered requests, `every` so many minutes, in the hour that starts at `hour`:00.
    pub fn healthy(mut self, hour: u32, every: usize) -> Self {
        for minute in (0..60).step_by(every) {
            self.entries.push(request(&format!("{}:{minute:02}:05", clock(hour)), 200, "/api/orders", "healthy"));
        }
        self
    }

    /// The same requests once more, as other entries.
    pub fn healthy_copy(mut self, hour: u32, copy: u32) -> Self {
        for minute in 0..60 {
            let time = format!("{}:{minute:02}:{:02}", clock(hour), 6 + copy);
            self.entries.push(request(&time, 200, "/api/orders", "healthy"));
        }
        self
    }

    /// An instance that starts in the given minute, is ready 3 s later, and answers.
    pub fn starts(mut self, hour: u32, minute: u32) -> Self {
        let instance = format!("good{hour:02}{minute:04}");
        let at = |second: u32| format!("{}:{minute:02}:{second:02}", clock(hour));
        self.entries.push(entry(&at(30), "varlog%2Fsystem", "INFO", STARTED, &instance));
        let ready = "Default STARTUP TCP probe succeeded after 1 attempt for container \"orders-1\" on port 8080.";
        self.entries.push(entry(&at(33), "varlog%2Fsystem", "INFO", ready, &instance));
        self.entries.push(request(&at(40), 200, "/api/orders", &instance));
        self
    }

    /// Instances that fail while starting because a module is missing, one every so many seconds from `hour`:00.
    pub fn crashes(self, hour: u32, count: u32, seconds: u32) -> Self {
        self.crashes_of(hour, count, seconds, "shop.points")
    }

    /// The same with another module.
    pub fn crashes_of(mut self, hour: u32, count: u32, seconds: u32, module: &str) -> Self {
        for number in 0..count {
            let second = 10 + number * seconds;
            let at = |more: u32| {
                let second = second + more;
                format!("{}:{:02}:{:02}", clock(hour), second / 60, second % 60)
            };
            let instance = format!("crash{hour:02}{number:04}{module}");
            let text = format!(
                "Traceback (most recent call last):\n  File \"/app/main.py\", line 3, in <module>\n    import {module}\n\
                 ModuleNotFoundError: No module named '{module}'"
            );
            self.entries.push(entry(&at(0), "varlog%2Fsystem", "INFO", STARTED, &instance));
            self.entries.push(entry(&at(2), "stderr", "ERROR", &text, &instance));
            self.entries.push(entry(&at(3), "varlog%2Fsystem", "WARNING", "Container called exit(3).", &instance));
        }
        self
    }

    /// Requests that end with 500, each with its exception, one every so many seconds from `hour`:00.
    pub fn failures(mut self, hour: u32, count: u32, seconds: u32) -> Self {
        for number in 0..count {
            let second = 20 + number * seconds;
            let time = format!("{}:{:02}:{:02}", clock(hour), second / 60, second % 60);
            let trace = format!("projects/acme-shop/traces/{hour:016x}{number:016x}");
            let mut failed = request(&time, 500, "/api/pay", "healthy");
            failed["trace"] = json!(trace);
            failed["httpRequest"]["latency"] = json!("0.4s");
            let mut told = entry(
                &time,
                "stderr",
                "ERROR",
                "Traceback (most recent call last):\n  File \"/app/pay.py\", line 8, in pay\n    return rates[code]\nKeyError: 'XAF'",
                "healthy",
            );
            told["trace"] = json!(trace);
            self.entries.push(told);
            self.entries.push(failed);
        }
        self
    }

    /// Only entries whose log name ends so, or all others.
    pub fn only(mut self, log: &str, keep: bool) -> Self {
        self.entries.retain(|entry| entry["logName"].as_str().unwrap_or("").ends_with(log) == keep);
        self
    }

    /// Only what was written before `hour`:`minute`.
    pub fn until(mut self, hour: u32, minute: u32) -> Self {
        let end = format!("{}:{minute:02}", clock(hour));
        self.entries.retain(|entry| entry["timestamp"].as_str().unwrap_or("") < end.as_str());
        self
    }

    /// Every so manieth entry, beginning with `first`: a shard.
    pub fn shard(mut self, shards: usize, first: usize) -> Self {
        let mut number = 0;
        self.entries.retain(|_| {
            number += 1;
            (number - 1) % shards == first
        });
        self
    }

    /// Both.
    pub fn and(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self
    }

    /// Writes it into `folder`.
    pub fn write(&self, folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        let lines: Vec<String> = self.entries.iter().map(Value::to_string).collect();
        std::fs::write(&path, lines.join("\n") + "\n").expect("a writable folder");
        path
    }
}

/// Hours count on over midnight.
fn clock(hour: u32) -> String {
    format!("2026-04-{:02}T{:02}", 1 + hour / 24, hour % 24)
}

fn entry(time: &str, log: &str, severity: &str, text: &str, instance: &str) -> Value {
    json!({
        "insertId": format!("{log}-{time}-{instance}"),
        "timestamp": format!("{time}.000100Z"),
        "severity": severity,
        "textPayload": text,
        "logName": format!("projects/acme-shop/logs/run.googleapis.com%2F{log}"),
        "labels": {"instanceId": instance},
        "resource": {"type": "cloud_run_revision", "labels": {
            "service_name": "orders-api", "revision_name": "orders-api-00041-kx7",
            "configuration_name": "orders-api", "location": "europe-west1", "project_id": "acme-shop"}},
    })
}

fn request(time: &str, status: u16, path: &str, instance: &str) -> Value {
    let mut request = entry(time, "requests", if status < 500 { "INFO" } else { "ERROR" }, "", instance);
    request["httpRequest"] = json!({
        "requestMethod": "GET", "requestUrl": format!("https://orders.example.com{path}"),
        "status": status, "latency": "0.020s", "userAgent": "shop/1.0"});
    request.as_object_mut().expect("an object").remove("textPayload");
    request
}
