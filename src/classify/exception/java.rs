//! JVM stack traces: causes, suppressed exceptions, and loggers that print the root first.

use super::frames::Frame;
use super::{Chain, Exception, LINKS_MAX, Runtime, chain_to_last, kind, push_frame};

/// Packages of the platform, of frameworks and of drivers; the application's code is in none of these.
const LIBRARY_PACKAGES: [&str; 36] = [
    "java.",
    "javax.",
    "jdk.",
    "sun.",
    "com.sun.",
    "jakarta.",
    "kotlin.",
    "kotlinx.",
    "scala.",
    "groovy.",
    "org.springframework.",
    "org.apache.",
    "org.hibernate.",
    "org.eclipse.",
    "org.postgresql.",
    "org.jboss.",
    "org.slf4j.",
    "org.gradle.",
    "org.flywaydb.",
    "org.junit.",
    "ch.qos.",
    "com.zaxxer.",
    "com.mysql.",
    "com.google.",
    "com.fasterxml.",
    "com.mongodb.",
    "com.microsoft.",
    "io.netty.",
    "io.grpc.",
    "io.lettuce.",
    "io.micronaut.",
    "io.quarkus.",
    "reactor.",
    "okhttp3.",
    "redis.",
    "feign.",
];

#[derive(Default)]
struct Reader {
    links: Vec<Exception>,
    frames_seen: bool,
    suppressed: bool,
    root_first: bool,
}

/// Reads a trace; needs at least one `at package.Class.method(File.java:1)` line.
pub(super) fn parse(text: &str) -> Option<Chain> {
    if !text.contains("at ") {
        return None;
    }
    let mut reader = Reader::default();
    let mut previous = "";
    for line in text.lines() {
        // Another trace in the same text: the first one is what this text is about.
        if reader.frames_seen && header(line).is_some() {
            break;
        }
        reader.take(line, previous);
        previous = line;
    }
    if !reader.frames_seen {
        return None;
    }
    if reader.root_first {
        reader.links.reverse();
    }
    chain_to_last(Runtime::Java, reader.links)
}

impl Reader {
    fn take(&mut self, line: &str, previous: &str) {
        let bare = line.trim_start();
        let indented = bare.len() < line.len();
        if let Some(frame) = frame(bare) {
            self.take_frame(frame, previous);
        } else if bare.starts_with("Suppressed: ") {
            self.suppressed = true;
        } else if indented && self.suppressed {
            // A suppressed exception's own causes are indented with it.
        } else if let Some(rest) = bare.strip_prefix("Caused by: ") {
            self.open(rest);
        } else if let Some(rest) = bare.strip_prefix("Wrapped by: ") {
            self.root_first = true;
            self.open(rest);
        } else if let Some(header) = header(bare).filter(|_| !indented) {
            self.links.clear();
            self.open(header);
        }
    }

    fn open(&mut self, header: &str) {
        self.suppressed = false;
        if self.links.len() >= LINKS_MAX {
            return;
        }
        // After `Caused by:` stands a class, whatever it is called.
        let (kind, message) = match kind::split(header) {
            Some((kind, message)) => (kind.into_owned(), message),
            None => {
                header.split_once(": ").map_or((header.to_owned(), ""), |(kind, message)| (kind.to_owned(), message))
            }
        };
        self.links.push(Exception::new(&kind, message));
    }

    fn take_frame(&mut self, frame: Frame, previous: &str) {
        if self.links.is_empty()
            && let Some((kind, message)) = kind::find(previous)
        {
            self.links.push(Exception::new(&kind, message));
        }
        self.frames_seen = true;
        if let Some(current) = self.links.last_mut().filter(|_| !self.suppressed) {
            push_frame(&mut current.frames, frame);
        }
    }
}

/// `Exception in thread "main" java.lang.Foo: x` or `java.lang.Foo: x`.
fn header(bare: &str) -> Option<&str> {
    let rest = match bare.strip_prefix("Exception in thread \"") {
        Some(thread) => thread.split_once("\" ")?.1,
        None => bare,
    };
    let (kind, _) = kind::split(rest)?;
    kind.contains('.').then_some(rest)
}

/// `at java.base/com.acme.Lamp.light(Lamp.java:12) ~[lamp.jar:1.0]`.
fn frame(bare: &str) -> Option<Frame> {
    let call = bare.strip_prefix("at ")?;
    let (function, rest) = call.split_once('(')?;
    let (source, _) = rest.split_once(')')?;
    let (file, line) = match source.rsplit_once(':') {
        Some((file, line)) => (file, Some(line.parse().ok()?)),
        None => (source, None),
    };
    let known = [".java", ".kt", ".scala", ".groovy", ".clj"].iter().any(|ending| file.ends_with(ending));
    if !known && !matches!(source, "Native Method" | "Unknown Source" | "<generated>") || function.contains(' ') {
        return None;
    }
    // `java.base/` names a module and `app//` a class loader.
    let function = function.rsplit('/').next().unwrap_or(function);
    let mut frame = Frame::at(function, file, line);
    frame.in_app = known && !LIBRARY_PACKAGES.iter().any(|package| function.starts_with(package));
    Some(frame)
}
