//! The level that a message gives itself.
//!
//! In: a text line, or a JSON payload. Out: a [`Level`]; `Unknown` where it names none. Only the beginning
//! of a text is looked at, and only for a level written as a level: "0 errors" is not one.

use serde::{Deserialize, Serialize};
use serde_json::Value;

mod opening;

/// How bad a message says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Level {
    /// It does not say.
    Unknown,
    /// Detail for developers.
    Debug,
    /// Routine.
    Info,
    /// Might matter.
    Warning,
    /// Something failed.
    Error,
    /// The program cannot go on.
    Fatal,
}

/// A level stands within this many bytes of the beginning.
const HEAD_BYTES: usize = 140;

/// The level of a word, in any case.
pub fn of_word(word: &str) -> Level {
    match word.to_ascii_lowercase().as_str() {
        "trace" | "debug" | "verbose" | "silly" | "dbg" => Level::Debug,
        "info" | "information" | "notice" | "log" | "success" | "inf" => Level::Info,
        "warn" | "warning" | "wrn" => Level::Warning,
        "error" | "err" | "severe" => Level::Error,
        "fatal" | "ftl" | "critical" | "crit" | "alert" | "emergency" | "panic" => Level::Fatal,
        _ => Level::Unknown,
    }
}

/// Reads the level inside a text: `[ERROR]`, `ERROR:`, `- ERROR -`, `| ERROR |`, `level=error`, `E0101`, …
pub fn from_text(text: &str) -> Level {
    let mut end = text.len().min(HEAD_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = &text[..end];
    let bytes = head.as_bytes();
    if let Some(level) = opening::of_line(head).or_else(|| numbered(head)) {
        return level;
    }
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphabetic() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_') {
            at += 1;
        }
        let level = of_word(&head[start..at]);
        if level != Level::Unknown && is_written_as_level(bytes, start, at) {
            return level;
        }
    }
    Level::Unknown
}

/// Whether the word at `start..end` stands where a level stands.
fn is_written_as_level(bytes: &[u8], start: usize, end: usize) -> bool {
    let word = &bytes[start..end];
    let before = bytes[..start].iter().rev().copied().find(|b| *b != b' ');
    let touching = start.checked_sub(1).map(|i| bytes[i]);
    let after = bytes[end..].iter().copied().find(|b| *b != b' ');
    let touching_after = bytes.get(end).copied();
    let upper = word.iter().all(u8::is_ascii_uppercase);
    let bracketed = matches!((touching, after), (Some(b'[' | b'('), Some(b']' | b')')))
        || (before == Some(b'[') && after == Some(b']'));
    let field = matches!((before, after), (Some(b'-'), Some(b'-')) | (Some(b'|'), Some(b'|')));
    let key = touching == Some(b'=') && start >= 6 && bytes[..start].ends_with(b"level=");
    let quoted_key = touching == Some(b'"') && contains(&bytes[..start], b"evel\":");
    // Serilog's `[10:00:00 ERR]`, Apache's `[php:error]`.
    let closes = touching_after == Some(b']')
        && (touching == Some(b':') || (upper && bytes[0] == b'[' && is_clock(&bytes[1..start])));
    // Celery's `: ERROR/MainProcess]`, Laravel's `production.ERROR:`, Sidekiq's `tid=gkx ERROR:`.
    let named = upper
        && matches!(
            (touching, touching_after),
            (Some(b' '), Some(b'/')) | (Some(b'.'), Some(b':')) | (Some(b'\t'), Some(b'\t'))
        )
        || (upper && touching_after == Some(b':') && contains(&bytes[..start], b" tid="));
    // `ERROR: …` and `INFO:     …` open a line, perhaps after a timestamp.
    let opens = touching_after == Some(b':') && is_stamp(&bytes[..start]) && (upper || start == 0);
    // `ERROR could not …`: in capitals and first, it is no word of the sentence.
    let first = upper
        && start == 0
        && matches!(word, b"ERROR" | b"FATAL" | b"CRITICAL" | b"WARN" | b"WARNING")
        && touching_after == Some(b' ');
    // `2026-03-02 10:00:00 ERROR …`, `… ERROR [thread]`, Nest's `  ERROR [Context]`.
    let alone = upper
        && is_stamp(&bytes[..start])
        && start > 0
        && touching == Some(b' ')
        && matches!(touching_after, None | Some(b' '));
    bracketed || field || key || quoted_key || closes || named || opens || first || alone
}

/// Whether everything before a level is a timestamp, a pid or a logger's name in brackets.
fn is_stamp(bytes: &[u8]) -> bool {
    let mut depth = 0;
    let mut letters = 0;
    for byte in bytes {
        match byte {
            b'[' => depth += 1,
            b']' => depth -= 1,
            b'T' | b'Z' => {}
            b if b.is_ascii_alphabetic() && depth <= 0 => letters += 1,
            _ => {}
        }
    }
    letters <= 8
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    memchr::memmem::find(bytes, what).is_some()
}

/// `{"level":50,…`: a JSON line that reached the log as text.
fn numbered(head: &str) -> Option<Level> {
    let inside = head.trim_start().strip_prefix('{')?;
    let keys = [("\"level\":", Scale::Pino), ("\"level_value\":", Scale::Logback)];
    keys.iter().find_map(|(key, scale)| {
        let number = inside.split_once(key)?.1.trim_start();
        let end = number.find(|c: char| !c.is_ascii_digit())?;
        Some(scale.level(number[..end].parse().ok()?)).filter(|level| *level != Level::Unknown)
    })
}

/// Whether bytes are a time of day and a blank: `10:00:00 `.
fn is_clock(bytes: &[u8]) -> bool {
    bytes.contains(&b':') && bytes.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b' '))
}

/// Reads the level of a JSON payload: a word, or a number on the scale that its key or its neighbours tell.
pub fn from_json(value: &Value) -> Level {
    for key in [
        "severity",
        "level",
        "levelname",
        "lvl",
        "level_name",
        "severityText",
        "log.level",
        "loglevel",
        "LogLevel",
        "Level",
        "@l",
    ] {
        let level = match value.get(key) {
            Some(Value::String(word)) => of_string(word, Scale::of_level(value)),
            Some(Value::Number(number)) => {
                number.as_i64().map_or(Level::Unknown, |it| Scale::of_level(value).level(it))
            }
            _ => Level::Unknown,
        };
        if level != Level::Unknown {
            return level;
        }
    }
    let nested = value.get("log").and_then(|log| log.get("level")).and_then(Value::as_str);
    if let Some(level) = nested.map(of_word).filter(|level| *level != Level::Unknown) {
        return level;
    }
    from_numbered_key(value)
}

/// What the numbers of a logger mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    /// pino and bunyan: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal.
    Pino,
    /// Python's `levelno`: 10 debug, 20 info, 30 warning, 40 error, 50 critical.
    Python,
    /// logback's `level_value`: 5000 trace, 10000 debug, 20000 info, 30000 warn, 40000 error; log4j's fatal is 50000.
    Logback,
    /// syslog (RFC 5424): 0 emergency, 1 alert, 2 critical, 3 error, 4 warning, 5 notice, 6 informational, 7 debug.
    Syslog,
    /// OpenTelemetry's `SeverityNumber`: 1 to 24 in steps of four from trace to fatal.
    OpenTelemetry,
}

/// Keys whose name tells the scale of their number.
const NUMBERED_KEYS: [(&str, Scale); 12] = [
    ("level_value", Scale::Logback),
    ("levelValue", Scale::Logback),
    ("levelno", Scale::Python),
    ("syslog_severity", Scale::Syslog),
    ("syslog.severity", Scale::Syslog),
    ("syslog_severity_code", Scale::Syslog),
    ("log.syslog.severity.code", Scale::Syslog),
    // journald's name, always in capitals.
    ("PRIORITY", Scale::Syslog),
    ("severityNumber", Scale::OpenTelemetry),
    ("severity_number", Scale::OpenTelemetry),
    ("SeverityNumber", Scale::OpenTelemetry),
    ("levelNumber", Scale::Pino),
];

impl Scale {
    /// The scale of a number under `level`. GELF writes syslog's there, and is known by its own keys; every other
    /// small number has no known meaning.
    fn of_level(payload: &Value) -> Self {
        let is_gelf = payload.get("short_message").is_some() && payload.get("version").is_some();
        if is_gelf { Self::Syslog } else { Self::Pino }
    }

    /// The level from each number on, ascending.
    fn steps(self) -> &'static [(i64, Level)] {
        use Level::{Debug, Error, Fatal, Info, Unknown, Warning};
        match self {
            Self::Pino => &[(10, Debug), (30, Info), (40, Warning), (50, Error), (60, Fatal), (70, Unknown)],
            Self::Python => &[(1, Debug), (20, Info), (30, Warning), (40, Error), (50, Fatal), (60, Unknown)],
            Self::Logback => {
                &[(1, Debug), (20_000, Info), (30_000, Warning), (40_000, Error), (50_000, Fatal), (50_001, Unknown)]
            }
            Self::Syslog => &[(0, Fatal), (3, Error), (4, Warning), (5, Info), (7, Debug), (8, Unknown)],
            Self::OpenTelemetry => &[(1, Debug), (9, Info), (13, Warning), (17, Error), (21, Fatal), (25, Unknown)],
        }
    }

    fn level(self, number: i64) -> Level {
        // Somebody wrote logback's numbers under `level`.
        if self == Self::Pino && matches!(number, 10_000 | 20_000 | 30_000 | 40_000 | 50_000) {
            return Self::Logback.level(number);
        }
        self.steps().iter().rev().find(|(from, _)| number >= *from).map_or(Level::Unknown, |(_, level)| *level)
    }
}

/// A word, with terminal colours or not, or a number in quotes.
fn of_string(text: &str, scale: Scale) -> Level {
    let plain = strip_ansi(text);
    let plain = plain.trim();
    plain.parse().map_or_else(|_| of_word(plain), |number| scale.level(number))
}

fn from_numbered_key(value: &Value) -> Level {
    let number = |value: &Value| match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    };
    let told = NUMBERED_KEYS.iter().find_map(|(key, scale)| Some(scale.level(value.get(key).and_then(number)?)));
    let nested = || value.pointer("/log/syslog/severity/code").and_then(number).map(|it| Scale::Syslog.level(it));
    told.or_else(nested).unwrap_or(Level::Unknown)
}

fn strip_ansi(text: &str) -> String {
    super::message::clean(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Level, from_json, from_text};

    #[test]
    fn a_level_is_read_where_loggers_write_it() {
        for (text, level) in [
            ("[2026-03-02 10:00:00 +0000] [13] [ERROR] Exception in worker process", Level::Error),
            ("[2026-03-02 10:00:00 +0000] [13] [INFO] Booting worker", Level::Info),
            ("2026-03-02 10:00:00,123 - orders.db - ERROR - cannot connect", Level::Error),
            ("2026-03-02 10:00:00.123 | WARNING  | orders.db:connect:12 - slow", Level::Warning),
            ("INFO:     Application startup complete.", Level::Info),
            ("ERROR:orders.db:cannot connect", Level::Error),
            ("ERROR: build step 0 failed", Level::Error),
            ("[Nest] 1  - 03/02/2026, 1:20:07 PM   ERROR [OrdersService] boom", Level::Error),
            ("2026-03-02T10:00:00.000Z [error]: boom", Level::Error),
            ("time=2026 level=warn msg=\"slow\"", Level::Warning),
            ("E0302 10:00:00.000000       1 main.go:10] boom", Level::Error),
            ("2026-03-02 10:00:00 ERROR [main] boom", Level::Error),
            ("[2026-03-02 10:00:00,000: ERROR/ForkPoolWorker-2] boom", Level::Error),
            ("[2026-03-02 10:00:00] production.ERROR: boom", Level::Error),
            ("2026-03-02T10:00:00.000Z pid=1 tid=gkx class=PostJob ERROR: boom", Level::Error),
            ("2026-03-02T10:00:00.000Z\tERROR\tledger/post.go:71\tboom", Level::Error),
            ("[10:00:00 ERR] boom", Level::Error),
            ("[Mon Mar 02 10:00:00.000000 2026] [php:error] [pid 17] boom", Level::Error),
            ("fail: Acme.Ledger.Poster[0]", Level::Error),
            ("ERROR could not post", Level::Error),
            ("❌ could not post", Level::Error),
            (r#"{"level":50,"time":1772445600000,"msg":"boom"}"#, Level::Error),
            (r#"{"@timestamp":"2026-03-02","level_value": 30000,"message":"slow"}"#, Level::Warning),
        ] {
            assert_eq!(from_text(text), level, "{text}");
        }
    }

    #[test]
    fn prose_has_no_level() {
        for text in [
            "finished with 0 errors",
            "Error handling is configured",
            "registered error handler",
            "info page rendered",
            "ERRORS are counted below",
            "fail: the lamp [7] is out",
            r#"saved {"level":50} of the game"#,
            r#"{"level":5}"#,
            "",
        ] {
            assert_eq!(from_text(text), Level::Unknown, "{text}");
        }
    }

    #[test]
    fn json_levels_are_words_or_pino_numbers() {
        assert_eq!(from_json(&serde_json::json!({"level": 50})), Level::Error);
        assert_eq!(from_json(&serde_json::json!({"level": "warn"})), Level::Warning);
        assert_eq!(from_json(&serde_json::json!({"levelname": "CRITICAL"})), Level::Fatal);
    }

    #[test]
    fn a_number_means_what_its_key_says() {
        use Level::{Debug, Error, Fatal, Info, Unknown, Warning};
        for (payload, level) in [
            (r#"{"level_value": 40000}"#, Error),
            (r#"{"level_value": 10000}"#, Debug),
            (r#"{"level_value": 20000}"#, Info),
            (r#"{"level_value": 30000}"#, Warning),
            (r#"{"level_value": 50000}"#, Fatal),
            (r#"{"level_value": 60000}"#, Unknown),
            (r#"{"level": 40000}"#, Error),
            (r#"{"syslog_severity": 3}"#, Error),
            (r#"{"PRIORITY": "3"}"#, Error),
            (r#"{"PRIORITY": "6"}"#, Info),
            (r#"{"PRIORITY": "12"}"#, Unknown),
            (r#"{"log.syslog.severity.code": 0}"#, Fatal),
            (r#"{"log": {"syslog": {"severity": {"code": 4}}}}"#, Warning),
            (r#"{"version": "1.1", "short_message": "boom", "level": 3}"#, Error),
            (r#"{"version": "1.1", "short_message": "boom", "level": 7}"#, Debug),
            (r#"{"levelno": 40}"#, Error),
            (r#"{"levelno": 50}"#, Fatal),
            (r#"{"severityNumber": 17}"#, Error),
            (r#"{"severityNumber": 9}"#, Info),
            (r#"{"severityNumber": 0}"#, Unknown),
        ] {
            assert_eq!(from_json(&serde_json::from_str(payload).unwrap()), level, "{payload}");
        }
    }

    #[test]
    fn pino_and_bunyan_numbers_are_read_in_quotes_and_between_the_steps() {
        use Level::{Debug, Error, Fatal, Info, Unknown, Warning};
        for (number, level) in
            [(10, Debug), (20, Debug), (30, Info), (35, Info), (40, Warning), (50, Error), (60, Fatal)]
        {
            assert_eq!(from_json(&serde_json::json!({"level": number})), level, "{number}");
            assert_eq!(from_json(&serde_json::json!({"level": number.to_string()})), level, "{number}");
        }
        // Nobody's scale, or somebody's whose name is not told: not a debug line.
        for number in [0, 3, 7, 70, 100, -1] {
            assert_eq!(from_json(&serde_json::json!({"level": number})), Unknown, "{number}");
        }
    }

    #[test]
    fn a_word_beats_a_number_beside_it() {
        let both = serde_json::json!({"level": "WARN", "level_value": 40_000});
        assert_eq!(from_json(&both), Level::Warning);
        assert_eq!(from_json(&serde_json::json!({"level": 3, "levelno": 40})), Level::Error);
    }
}
