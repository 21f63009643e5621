//! Text entries: the order in which a message is recognised.

use std::borrow::Cow;
use std::sync::Arc;

use super::exception::{self, LineShape};
use super::failure_words::FAILURE_WORDS;
use super::level::{self, Level};
use super::mark::Mark;
use super::matcher::{Catalog, Match};
use super::memory::{Known, Memory, Recall, Remark, hash_of};
use super::{ClassKey, Classified, EVIDENCE_BYTES_MAX, Strength, hearsay, mask, message, prefix, redact, request};
use crate::model::{Category, Entry, Platform, Role, Severity, Stream};

/// Classifies the entries of one worker. Equal texts on equal streams are classified once.
pub struct Classifier<'c> {
    catalog: &'c Catalog,
    /// For who asks what entries are worth.
    memory: Memory,
    /// For who asks what they say, whatever it is worth.
    texts: Known<Arc<Classified>>,
    failure_words: aho_corasick::AhoCorasick,
    /// How much is kept out of what is remembered.
    pub redaction: redact::Level,
}

impl<'c> Classifier<'c> {
    /// A classifier over the given catalogue.
    pub fn new(catalog: &'c Catalog) -> Self {
        let failure_words = aho_corasick::AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(FAILURE_WORDS)
            .expect("a few short literals always build");
        Self {
            catalog,
            memory: Memory::default(),
            texts: Known::default(),
            failure_words,
            redaction: redact::Level::default(),
        }
    }

    /// The same, keeping out as much as `level` says.
    #[must_use]
    pub fn with_redaction(self, level: redact::Level) -> Self {
        Self { redaction: level, ..self }
    }

    /// What the entry says, with its text. Audit entries are classified by [`Self::classify_text`] on their message.
    pub fn classify(&mut self, entry: &Entry<'_>) -> Arc<Classified> {
        let hash = hash_of(entry);
        if let Some(known) = hash.and_then(|hash| self.texts.get(hash)) {
            return Arc::clone(known);
        }
        let class = Arc::new(self.read(entry));
        if let Some(hash) = hash {
            self.texts.keep(hash, Arc::clone(&class));
        }
        class
    }

    /// What the entry is worth. Faster than [`Self::classify`], because most entries of most exports differ from
    /// unremarkable ones in times and ids only.
    pub fn remark(&mut self, entry: &Entry<'_>) -> Remark {
        if is_healthy_request(entry) {
            return Remark::Quiet(None);
        }
        match self.memory.recall(entry) {
            Recall::Known(remark) => remark,
            Recall::New(key) => {
                let class = self.read(entry);
                self.memory.remember(key, class)
            }
            Recall::TooLong => {
                let class = self.read(entry);
                if class.is_quiet() { Remark::Quiet(None) } else { Remark::Class(Arc::new(class)) }
            }
        }
    }

    fn read(&self, entry: &Entry<'_>) -> Classified {
        let class = if is_healthy_request(entry) {
            quiet(String::new(), Level::Unknown)
        } else if entry.http.is_some() && entry.stream == Stream::Requests {
            self.classify_request(entry)
        } else {
            self.classify_application(entry)
        };
        class.redacted(self.redaction)
    }

    /// What a text says on a stream, for messages inside audit entries.
    pub fn classify_text(&self, platform: Platform, stream: Stream, severity: Severity, text: &str) -> Classified {
        let level = level_of(Some(severity), Level::Unknown);
        if let Some(found) = self.catalog.find(platform, stream, text) {
            return signature_class(&found, stream, text, level).redacted(self.redaction);
        }
        self.template_class(text, level, LineShape::Plain).redacted(self.redaction)
    }

    /// What a block of joined lines says, if it is an exception.
    pub fn classify_block(&self, platform: Platform, stream: Stream, block: &str) -> Option<Classified> {
        let clean = message::clean(block);
        let chain = exception::parse(&clean)?;
        Some(self.exception_class(platform, stream, &chain, &clean, Level::Error).redacted(self.redaction))
    }

    fn classify_request(&self, entry: &Entry<'_>) -> Classified {
        let level = level_of(entry.severity, Level::Unknown);
        let Some(http) = &entry.http else { return quiet(String::new(), level) };
        let plain = request::plain_request(entry, http, level);
        if entry.text.is_empty() {
            return plain;
        }
        match self.catalog.find(entry.platform, entry.stream, &entry.text) {
            Some(found) => Classified {
                text: plain.text,
                target: plain.target,
                ..signature_class(&found, entry.stream, &entry.text, level)
            },
            None => plain,
        }
    }

    fn classify_application(&self, entry: &Entry<'_>) -> Classified {
        let from_json = if entry.text.is_empty() {
            entry.json.as_deref().and_then(message::from_json)
        } else {
            // A payload that was not parsed on its way here; one that holds no message stays as it is.
            message::from_json(&entry.text)
                .filter(|json| !json.message.starts_with('{'))
                .or_else(|| message::from_logfmt(&entry.text))
        };
        let (raw, stack, json_level): (Cow<'_, str>, Option<String>, Level) = match from_json {
            Some(json) => (Cow::Owned(json.message), json.stack, json.level),
            None if entry.text.is_empty() => (Cow::Borrowed(entry.json.as_deref().unwrap_or("")), None, Level::Unknown),
            None => (Cow::Borrowed(&*entry.text), None, Level::Unknown),
        };
        let text = message::clean(&raw);
        let text_level = if json_level == Level::Unknown { level::from_text(&text) } else { json_level };
        let level = level_of(entry.severity, text_level);
        let whole = stack
            .as_deref()
            .map_or(Cow::Borrowed(&*text), |stack| Cow::Owned(format!("{text}\n{}", message::clean(stack))));
        let chain = exception::parse(&whole).or_else(|| stack.as_deref().and_then(exception::parse));
        if let Some(chain) = chain {
            return self.exception_class(entry.platform, entry.stream, &chain, &whole, level);
        }
        let shape = line_shape(entry.stream, &text);
        // A platform that names its reason beside the message is read as both; so is a trace that no runtime prints.
        let told = if entry.reason.is_empty() {
            Cow::Borrowed(&*whole)
        } else {
            Cow::Owned(format!("{text}\nReason {}", entry.reason))
        };
        let found = self.catalog.find(entry.platform, entry.stream, &told);
        let says_failure = |text: &str| self.failure_words.is_match(text);
        let stated = |found: &Match<'_>| !hearsay::is_hearsay(found, entry.stream, &text, level, says_failure);
        if let Some(found) = found.filter(stated) {
            let mut class = signature_class(&found, entry.stream, &text, level);
            class.shape = shape;
            return class;
        }
        if let Some((kind, what)) = exception::mention(&text)
            && level >= Level::Warning
        {
            return mention_class(&kind, &what, &text, level, shape);
        }
        self.template_class(&text, level, shape)
    }

    fn exception_class(
        &self,
        platform: Platform,
        stream: Stream,
        chain: &exception::Chain,
        whole: &str,
        level: Level,
    ) -> Classified {
        let headline = chain.headline();
        let found = self
            .catalog
            .find(platform, stream, &headline)
            .filter(|found| matches!(found.signature.role, Role::Cause | Role::Noise))
            .or_else(|| {
                self.catalog
                    .find_all(platform, stream, whole)
                    .into_iter()
                    .find(|found| found.signature.role == Role::Cause)
            });
        let noise = found.as_ref().is_some_and(|found| found.signature.role == Role::Noise);
        // What a signature identifies (a module, a setting's model, a user) is one cause in every wrapping.
        let identity = found.as_ref().map(Match::identity).filter(|identity| !identity.is_empty());
        let key = match (&found, identity) {
            (Some(found), Some(identity)) => ClassKey::Signature { id: found.signature.id.clone(), identity },
            _ => ClassKey::Exception { key: chain.key() },
        };
        Classified {
            key,
            told_as_exception: true,
            signature: found.as_ref().map_or_else(String::new, |found| found.signature.id.clone()),
            role: if noise { Role::Noise } else { Role::Cause },
            category: found.as_ref().map_or(Category::Unknown, |found| found.signature.category),
            strength: if noise { Strength::None } else { Strength::Named },
            title: headline,
            text: exception_excerpt(whole),
            level: level.max(Level::Error),
            shape: LineShape::Plain,
            mark: found.as_ref().map_or(Mark::None, |found| found.signature.mark),
            captures: found.map(|found| found.captures).unwrap_or_default(),
            target: String::new(),
            core: chain.root().message.lines().next().unwrap_or("").trim().to_owned(),
        }
    }

    fn template_class(&self, text: &str, level: Level, shape: LineShape) -> Classified {
        if shape == LineShape::Continuation {
            return stack_line(text, level, shape);
        }
        if prefix::says_nothing(text) {
            return stack_line(text, level, LineShape::Head);
        }
        let bare = prefix::strip(text);
        if request::is_request_echo(bare) {
            return quiet(bounded(text, EVIDENCE_BYTES_MAX), level);
        }
        let speaks_of_failure = self.failure_words.is_match(bare);
        let strength = match level {
            Level::Error | Level::Fatal => Strength::UnknownError,
            Level::Warning => Strength::Suspect,
            _ if speaks_of_failure => Strength::Suspect,
            _ => Strength::None,
        };
        if strength == Strength::None {
            return if shape == LineShape::Head {
                stack_line(text, level, shape)
            } else {
                quiet(bounded(text, EVIDENCE_BYTES_MAX), level)
            };
        }
        let core = bare.lines().next().unwrap_or("").trim();
        Classified {
            key: ClassKey::Template { masked: mask::mask(bare) },
            signature: String::new(),
            role: if strength == Strength::UnknownError { Role::Cause } else { Role::Noise },
            category: Category::Unknown,
            strength,
            told_as_exception: false,
            title: bounded(core, 160),
            text: bounded(text, EVIDENCE_BYTES_MAX),
            level,
            shape,
            mark: Mark::None,
            captures: Vec::new(),
            target: String::new(),
            core: core.to_owned(),
        }
    }
}

/// A request without a text that did not fail.
fn is_healthy_request(entry: &Entry<'_>) -> bool {
    let request = entry.http.as_ref().filter(|_| entry.stream == Stream::Requests && entry.text.is_empty());
    request.is_some_and(|http| !request::fails(entry, http))
}

/// The level inside the text wins; the severity stands in where the text names none.
fn level_of(severity: Option<Severity>, text_level: Level) -> Level {
    if text_level != Level::Unknown {
        return text_level;
    }
    match severity.unwrap_or(Severity::Default) {
        Severity::Default => Level::Unknown,
        Severity::Debug => Level::Debug,
        Severity::Info | Severity::Notice => Level::Info,
        Severity::Warning => Level::Warning,
        Severity::Error => Level::Error,
        Severity::Critical | Severity::Alert | Severity::Emergency => Level::Fatal,
    }
}

/// Only application output is printed line by line; the platform's messages are whole.
fn line_shape(stream: Stream, text: &str) -> LineShape {
    match stream {
        Stream::Stdout | Stream::Stderr | Stream::Application if !text.contains('\n') => exception::line_shape(text),
        _ => LineShape::Plain,
    }
}

fn signature_class(found: &Match<'_>, stream: Stream, text: &str, level: Level) -> Classified {
    let signature = found.signature;
    let platform_speaks = matches!(
        stream,
        Stream::System
            | Stream::SystemEvent
            | Stream::Activity
            | Stream::Requests
            | Stream::Policy
            | Stream::Build
            | Stream::DataAccess
    );
    let strength = match signature.role {
        Role::Cause if platform_speaks => Strength::PlatformCause,
        Role::Cause => Strength::Named,
        _ => Strength::None,
    };
    let core = prefix::strip(text).lines().next().unwrap_or("").trim().to_owned();
    Classified {
        key: ClassKey::Signature { id: signature.id.clone(), identity: found.identity() },
        signature: signature.id.clone(),
        role: signature.role,
        category: signature.category,
        strength,
        told_as_exception: false,
        title: found.title(),
        text: bounded(text, EVIDENCE_BYTES_MAX),
        level,
        shape: LineShape::Plain,
        mark: signature.mark,
        captures: found.captures.clone(),
        target: String::new(),
        core,
    }
}

fn mention_class(kind: &str, what: &str, text: &str, level: Level, shape: LineShape) -> Classified {
    Classified {
        key: ClassKey::Exception { key: format!("{kind}: {}", mask::mask(what)) },
        told_as_exception: true,
        signature: String::new(),
        role: Role::Cause,
        category: Category::Unknown,
        strength: if level >= Level::Error { Strength::Named } else { Strength::Suspect },
        title: bounded(&format!("{kind}: {what}"), 200),
        text: bounded(text, EVIDENCE_BYTES_MAX),
        level,
        shape,
        mark: Mark::None,
        captures: Vec::new(),
        target: String::new(),
        core: what.lines().next().unwrap_or("").trim().to_owned(),
    }
}

fn stack_line(text: &str, level: Level, shape: LineShape) -> Classified {
    Classified { key: ClassKey::StackLine, shape, ..quiet(bounded(text, EVIDENCE_BYTES_MAX), level) }
}

fn quiet(text: String, level: Level) -> Classified {
    Classified {
        key: ClassKey::Quiet,
        signature: String::new(),
        role: Role::Noise,
        category: Category::Unknown,
        strength: Strength::None,
        told_as_exception: false,
        title: String::new(),
        text,
        level,
        shape: LineShape::Plain,
        mark: Mark::None,
        captures: Vec::new(),
        target: String::new(),
        core: String::new(),
    }
}

/// The beginning and the end of a long trace: the head names the place, the tail names the error.
fn exception_excerpt(whole: &str) -> String {
    // Some loggers write a trace into one line; it is read, and shown, as the lines it was.
    let lines;
    let whole = if !whole.contains('\n') && whole.contains("\\n") {
        lines = whole.replace("\\n", "\n").replace("\\\"", "\"");
        &lines
    } else {
        whole
    };
    if whole.len() <= EVIDENCE_BYTES_MAX {
        return whole.trim_end().to_owned();
    }
    let head = bounded(whole, EVIDENCE_BYTES_MAX / 3);
    let mut start = whole.len() - EVIDENCE_BYTES_MAX * 2 / 3;
    while !whole.is_char_boundary(start) {
        start += 1;
    }
    format!("{head}\n…\n{}", whole[start..].trim_end())
}

/// At most `bytes_max` bytes of a text, cut at a character.
fn bounded(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let mut end = bytes_max;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &text[..end])
}
