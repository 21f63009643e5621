//! Entry → what it says: a signature, an exception, a stack line, or a template.
//!
//! In: one [`Entry`](crate::model::Entry). Out: one [`Classified`], shared between equal texts.
//! Severity is only a hint here, because half of real entries have none: the level inside the text,
//! the signature catalogue and the shape of the message decide.

pub mod domain;
pub mod exception;
mod hearsay;
pub mod level;
pub mod mark;
pub mod mask;
pub mod matcher;
pub mod message;
pub mod prefix;
pub mod redact;
pub mod signature;
pub mod template;

mod application;
mod failure_words;
mod kind;
mod memory;
mod request;
mod told;
mod volatile;

pub use application::Classifier;
pub use kind::shown_line;
pub use memory::Remark;
pub use request::{Caller, caller_of, is_failed_request, is_health_check, path_of, path_template, status_of};

use serde::{Deserialize, Serialize};

use crate::model::{Category, Role};
use exception::LineShape;
use level::Level;
use mark::Mark;

/// Longest text kept as evidence, in bytes; longer messages are cut at a character.
pub const EVIDENCE_BYTES_MAX: usize = 1_500;

/// How much a cluster can claim to be the root by itself, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Strength {
    /// The platform names the cause (memory limit, secret refused, image not found …).
    PlatformCause,
    /// A signature of role cause, or an exception, at any level.
    Named,
    /// An error-level message that nothing knows.
    UnknownError,
    /// A warning, or an informational line that speaks of failure.
    Suspect,
    /// Says nothing about a cause.
    None,
}

/// What makes two entries the same cluster, apart from the service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ClassKey {
    /// A catalogue signature and its identity captures (an exit code, a secret's name).
    Signature {
        /// Catalogue id.
        id: String,
        /// Captures that belong to the identity, joined.
        identity: String,
    },
    /// Root exception: type, masked message, top in-app frame.
    Exception {
        /// [`exception::Chain::key`] or the masked mention.
        key: String,
    },
    /// Text that nothing knows, masked.
    Template {
        /// Masked message.
        masked: String,
    },
    /// A request answered 5xx or 429 by the application itself.
    FailedRequest {
        /// HTTP status.
        status: u16,
        /// Method and path template.
        target: String,
    },
    /// A line of a stack trace or structured block that is still to be joined with its neighbours.
    StackLine,
    /// Recognised as unremarkable; only counted.
    Quiet,
}

impl ClassKey {
    /// The text in it that comes from the log.
    fn text_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Signature { identity: text, .. }
            | Self::Exception { key: text }
            | Self::Template { masked: text }
            | Self::FailedRequest { target: text, .. } => Some(text),
            Self::StackLine | Self::Quiet => None,
        }
    }
}

/// What one text says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Classified {
    /// Cluster identity.
    pub key: ClassKey,
    /// Signature id where one applies (also on exceptions); empty otherwise.
    pub signature: String,
    /// Role in the chain.
    pub role: Role,
    /// Category it would be as a cause.
    pub category: Category,
    /// Claim to be the root.
    pub strength: Strength,
    /// Whether it was told as an exception rather than as a line about one.
    pub told_as_exception: bool,
    /// One readable line.
    pub title: String,
    /// Cleaned message, bounded, for evidence and for joining lines.
    pub text: String,
    /// Level of the entry: of the text where it names one, of the severity otherwise.
    pub level: Level,
    /// Whether the line can start or continue a block of lines.
    pub shape: LineShape,
    /// What the signature marks.
    pub mark: Mark,
    /// Named captures of the signature.
    pub captures: Vec<(String, String)>,
    /// Method and path template of a request; empty elsewhere.
    pub target: String,
    /// The innermost message, for telling that another text only repeats it; empty if none.
    pub core: String,
}

impl Classified {
    /// The same without secrets and addresses of people, unless nothing is to be kept out. Everything that is kept
    /// passes here; what only the strict level replaces is replaced in the report.
    #[must_use]
    pub fn redacted(mut self, level: redact::Level) -> Self {
        let told = [&mut self.title, &mut self.text, &mut self.core, &mut self.target];
        let captured = self.captures.iter_mut().map(|(_, value)| value);
        for text in told.into_iter().chain(captured).chain(self.key.text_mut()) {
            if let std::borrow::Cow::Owned(clean) = level.min(redact::Level::Secrets).apply(text) {
                *text = clean;
            }
        }
        self
    }

    /// A named capture of the signature; empty where there is none.
    pub fn capture(&self, name: &str) -> &str {
        self.captures.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Whether the entry is only counted and not kept as a row.
    pub fn is_quiet(&self) -> bool {
        self.key == ClassKey::Quiet
    }
}
