//! Words by which a line without a level is suspected to speak of a failure.

/// Words that make an informational line worth keeping until it is known whether something failed
/// beside it. Compared in lower case.
pub(super) const FAILURE_WORDS: [&str; 20] = [
    "fail",
    "error",
    "exception",
    "denied",
    "refused",
    "timeout",
    "timed out",
    "unable to",
    "cannot",
    "could not",
    "fatal",
    "panic",
    "unavailable",
    "unreachable",
    "aborted",
    "forbidden",
    // What applications in German and French say.
    "fehler",
    "fehlgeschlagen",
    "erreur",
    "échec",
];
