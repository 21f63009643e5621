//! Java and Kotlin stack traces: the last `Caused by` is the root.

use super::frames::{Frame, frame};
use super::{Chain, Exception, Runtime, exception};

/// Reads a trace; needs at least one `at package.Class.method(File.java:1)` line.
pub(super) fn parse(text: &str) -> Option<Chain> {
    if !text.contains("\tat ") && !text.contains("    at ") {
        return None;
    }
    let mut links: Vec<Exception> = Vec::new();
    let mut frames: Vec<Frame> = Vec::new();
    let mut seen_java_frame = false;
    for line in text.lines() {
        let bare = line.trim_start();
        if let Some(rest) = bare.strip_prefix("at ") {
            if let Some(read) = read_frame(rest) {
                seen_java_frame = true;
                frames.push(read);
            }
            continue;
        }
        let head = bare.strip_prefix("Caused by: ").or_else(|| after_thread(bare)).unwrap_or(bare);
        let (kind, message) = head.split_once(": ").unwrap_or((head, ""));
        if is_class(kind) && !bare.starts_with("Suppressed:") {
            close(&mut links, &mut frames);
            links.push(exception(kind, message, Vec::new()));
        }
    }
    close(&mut links, &mut frames);
    let root = links.len().checked_sub(1)?;
    seen_java_frame.then_some(Chain { runtime: Runtime::Java, links, root })
}

fn close(links: &mut [Exception], frames: &mut Vec<Frame>) {
    if let Some(last) = links.last_mut() {
        last.frames = std::mem::take(frames).into_iter().take(super::FRAMES_MAX).collect();
    }
    frames.clear();
}

fn after_thread(line: &str) -> Option<&str> {
    line.strip_prefix("Exception in thread ").and_then(|rest| rest.split_once("\" ")).map(|(_, rest)| rest)
}

/// `com.example.ThingException`: a package in lower case, then a class.
fn is_class(kind: &str) -> bool {
    let Some((package, class)) = kind.rsplit_once('.') else { return false };
    package.starts_with(|c: char| c.is_ascii_lowercase())
        && class.starts_with(|c: char| c.is_ascii_uppercase())
        && kind.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'$'))
        && ["Exception", "Error", "Throwable", "Failure"].iter().any(|end| class.ends_with(end))
}

/// `com.example.Orders.load(Orders.java:42)`.
fn read_frame(rest: &str) -> Option<Frame> {
    let (method, place) =
        rest.strip_suffix(')').or_else(|| rest.split(") ").next()).and_then(|rest| rest.split_once('('))?;
    let (file, line) = place.trim_end_matches(')').split_once(':').unwrap_or((place, ""));
    if method.contains(' ')
        || !(file.ends_with(".java")
            || file.ends_with(".kt")
            || file.ends_with(".scala")
            || file.contains("Native Method")
            || file.contains("Unknown Source"))
    {
        return None;
    }
    let mut read = frame(method, file, line.parse().ok());
    read.in_app = ![
        "java.",
        "javax.",
        "jdk.",
        "sun.",
        "org.springframework.",
        "org.apache.",
        "com.zaxxer.",
        "kotlin.",
        "io.netty.",
        "org.hibernate.",
    ]
    .iter()
    .any(|prefix| method.starts_with(prefix));
    Some(read)
}
