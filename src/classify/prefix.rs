//! What loggers print before a message: timestamp, level, pid, thread, logger name, tags.
//!
//! In: one text. Out: the message behind the dress. Each pattern is the default layout of a logger, anchored at the
//! beginning; what no logger writes there stays.

use std::sync::OnceLock;

use regex::Regex;

/// A day and a time, as most loggers write them.
const STAMP: &str = r"\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z| ?[+-]\d\d:?\d\d)?\]?";
/// A time alone, and days with the name of their month: logback, Serilog, PHP-FPM, Apache.
const SHORT_STAMP: &str = r"\[?\d\d:\d\d:\d\d(?:[.,]\d{1,6})?\]?|\[\d\d-\w{3}-\d{4} [\d:]+(?: [\w/+-]+)?\]|\[\w{3} \w{3} \d\d [\d:.]+ \d{4}\]";
/// A level in any case; only believed inside the punctuation of a logger.
const LEVEL: &str = r"(?i:trace|debug|info|notice|success|warn|warning|error|critical|fatal|log)";
/// Bare levels, as NestJS and Java print them, are told from prose by their capitals.
const UPPER: &str = "(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|SEVERE|CRITICAL|FATAL|LOG)";

/// Layouts behind the timestamp, each with the logger that writes it; the first that fits counts.
fn layouts() -> [String; 20] {
    [
        // loguru
        format!(r"\| *{LEVEL} *\| *[\w.<>]+:[\w<>]+:\d+ *[|-] *"),
        // NLog
        format!(r"\|{UPPER}\|[\w.]+\|"),
        // Python: logging with dashes
        format!(r"- [\w.]+(?: - [\w.]+)? - {LEVEL} - "),
        // gunicorn
        format!(r"\[\d+\] \[{LEVEL}\] "),
        // nginx
        format!(r"\[{LEVEL}\] \d+#\d+: (?:\*\d+ )?"),
        // Apache
        format!(r"\[\w*:{LEVEL}\] \[pid \d+(?::tid \d+)?\] (?:\[client [^\]]{{1,60}}\] )?"),
        // log4j and many others in brackets; structlog pads the level
        format!(r"\[{LEVEL} *\]:? *(?:\[[^\]]{{1,60}}\] *)?"),
        // Elixir: metadata before the level
        format!(r"(?:\w+=\S+ )+\[{LEVEL}\] "),
        // Spring Boot, with or without the application's name
        format!(r"{UPPER} +\d+ --- (?:\[[^\]]{{0,60}}\] ?){{1,3}}[\w.$\[\]/-]+ *:(?:\s+|$)"),
        // logback: thread before level
        format!(r"\[[^\]]{{1,60}}\] {UPPER} +[\w.$]+(?::\d+)? -+ "),
        // log4j: level before thread
        format!(r"{UPPER} +\[[^\]]{{1,60}}\] [\w.$]+(?::\d+)? -+ "),
        // bunyan, printed
        format!(r"{UPPER}: [\w.-]+/\d+ on [\w.-]+: "),
        // pino-pretty
        format!(r"{UPPER} \((?:[\w.-]+/)?\d+(?: on [\w.-]+)?\): "),
        // zap, in columns
        format!(r"\t{UPPER}\t(?:[\w./-]+:\d+\t)?"),
        // Rust: tracing names a module path
        format!(r"{UPPER} +\w+(?:::\w+)+: "),
        // Laravel: environment and level
        format!(r"[a-z]+\.{UPPER}: "),
        // Sidekiq
        format!(r"pid=\d+ tid=\w+ (?:\w+=\S+ )*{UPPER}: "),
        // Go: file and line
        format!(r"[\w./-]+\.go:\d+: (?:{UPPER}:? )?"),
        // Python's basicConfig, Flask
        format!(r"{LEVEL}(?: in [\w.]+)?:[ ]*(?:[\w.]+:)?[ ]*"),
        // a bare level
        format!(r"{UPPER} +(?:\[[^\]]{{1,60}}\] ?)?"),
    ]
}

/// Layouts that hold their timestamp inside.
fn whole_layouts() -> [String; 6] {
    [
        // Ruby's Logger, with the tags of Rails
        format!(r"[DIWEFA], \[[\dT:.-]+ #\d+\] +{UPPER} -- [^:]{{0,40}}: (?:\[[\w.-]{{4,64}}\] )*"),
        // Celery
        format!(r"\[[\d-]+ [\d:,]+: {UPPER}/[\w-]+\] "),
        // klog
        r"[IWEF]\d{4} [\d:.]+ +\d+ [\w./-]+:\d+\] ".to_owned(),
        // Rust: env_logger
        format!(r"\[[\dT:.-]+Z {UPPER} +[\w:]+\] "),
        // Django
        format!(r"{UPPER} +[\d-]+ [\d:,.]+ [\w.]+ \d+ \d+ "),
        // Serilog, and .NET's console
        r"\[\d\d:\d\d:\d\d (?:VRB|DBG|INF|WRN|ERR|FTL)\] |(?:trce|dbug|info|warn|fail|crit): [\w.]+\[\d+\]\s*"
            .to_owned(),
    ]
}

fn pattern() -> &'static Regex {
    static PREFIX: OnceLock<Regex> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let nest = r"\[Nest\] +\d+ +- \d\d/\d\d/\d{4}, [\d:]+ [AP]M";
        let pattern = format!(
            r"^\s*(?:{whole}|(?:(?:{STAMP}|{SHORT_STAMP}|{nest})[ ]*)?(?:{layouts})?)",
            whole = whole_layouts().join("|"),
            layouts = layouts().join("|")
        );
        // Loggers are named in ASCII, and the letters of all languages, so often, would take 20 ms and 15 MB to compile.
        // Only what stands for "anything but" has to mean whole characters.
        let ascii =
            [r"[^\]]", "[^:]", r"\S"].iter().fold(pattern, |pattern, any| pattern.replace(any, &format!("(?u:{any})")));
        Regex::new(&format!("(?-u){ascii}")).expect("a fixed pattern")
    })
}

/// A dress is written within this many bytes.
const DRESS_BYTES_MAX: usize = 400;

fn head_of(text: &str) -> &str {
    let mut end = text.len().min(DRESS_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The message behind timestamp, level, pid and logger name; the whole text where nothing stands behind them.
pub fn strip(text: &str) -> &str {
    match pattern().find(head_of(text)) {
        Some(found) if found.end() < text.len() => text[found.end()..].trim_start(),
        _ => text.trim_start(),
    }
}

/// Whether a logger opened a line and said nothing in it: the message follows in lines of their own.
pub fn says_nothing(text: &str) -> bool {
    let text = text.trim_end();
    // A layout ends in white space that the end of the line took away.
    let whole = |text: &str| pattern().find(text).is_some_and(|found| found.end() == text.len());
    // Asked of every line: hardly one ends as a logger's name does.
    let ends_as_a_name = text.ends_with([':', ']']) && text.len() <= DRESS_BYTES_MAX;
    ends_as_a_name && (whole(text) || whole(&format!("{text} ")))
}

#[cfg(test)]
mod tests {
    use super::{says_nothing, strip};

    #[test]
    fn every_loggers_dress_is_taken_off() {
        for text in [
            "[2026-03-02 10:00:00 +0000] [13] [ERROR] boom",
            "2026-03-02 10:00:00,123 - orders.db - ERROR - boom",
            "2026-03-02 10:00:00.123 | ERROR    | orders.db:connect:12 - boom",
            "ERROR:    boom",
            "ERROR:orders.db:boom",
            "[Nest] 1  - 03/02/2026, 1:20:07 PM   ERROR [OrdersService] boom",
            "2026-03-02T10:00:00.000Z [error]: boom",
            "2026-03-02T10:00:00.000Z ERROR 1 --- [orders] [nio-8080-exec-3] c.a.o.OrderController    : boom",
            "2026-03-02 10:00:00.000 ERROR 1 --- [           main] o.s.b.SpringApplication   : boom",
            "10:00:00.000 [http-nio-8080-exec-1] ERROR com.acme.Orders - boom",
            "2026-03-02 10:00:00,000 ERROR [main] com.acme.Orders:71 - boom",
            "E, [2026-03-02T10:00:00.000123 #1] ERROR -- : boom",
            "E, [2026-03-02T10:00:00.000123 #1] ERROR -- : [5b1c0a77-1c1e-4d0a-9f5e-2a6a8c0d9b11] boom",
            "[2026-03-02 10:00:00,000: ERROR/ForkPoolWorker-2] boom",
            "2026-03-02T10:00:00.000Z pid=1 tid=gkx class=PostJob jid=0a1b2c ERROR: boom",
            "[2026-03-02 10:00:00] production.ERROR: boom",
            "2026/03/02 10:00:00 [error] 29#29: *800 boom",
            "2026-03-02T10:00:00.000Z\tERROR\tledger/post.go:71\tboom",
            "E0302 10:00:00.000000       1 post.go:71] boom",
            "2026/03/02 10:00:00 post.go:71: ERROR boom",
            "[2026-03-02T10:00:00Z ERROR ledger::post] boom",
            "2026-03-02T10:00:00.000000Z ERROR ledger::post: boom",
            "fail: Acme.Ledger.Poster[0]\n      boom",
            "[10:00:00 ERR] boom",
            "2026-03-02 10:00:00.0001|ERROR|Acme.Ledger.Poster|boom",
            "[2026-03-02T10:00:00.000Z] ERROR: ledger/1 on localhost: boom",
            "[10:00:00.000] ERROR (1): boom",
            "ERROR 2026-03-02 10:00:00,000 ledger 1 1402 boom",
            "10:00:00.000 [error] boom",
            "10:00:00.000 request_id=F30eb132 [error] boom",
            "[02-Mar-2026 10:00:00 UTC] boom",
            "[Mon Mar 02 10:00:00.000000 2026] [php:error] [pid 17] [client 169.254.1.1:3000] boom",
            "boom",
        ] {
            assert_eq!(strip(text), "boom", "{text}");
        }
    }

    #[test]
    fn prose_is_no_dress() {
        for text in ["order 7 of 9: late", "[cart] empty", "Logger ready", "10 lamps"] {
            assert_eq!(strip(text), text);
            assert!(!says_nothing(text), "{text}");
        }
    }

    #[test]
    fn a_line_that_only_opens_says_nothing() {
        assert!(says_nothing(
            "2026-03-02 10:00:00.000 ERROR 1 --- [  main] o.s.b.d.LoggingFailureAnalysisReporter   :"
        ));
        assert!(says_nothing("fail: Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware[1]"));
        assert!(!says_nothing("ERROR: boom"));
        assert!(!says_nothing(""));
    }
}
