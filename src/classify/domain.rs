//! The domain that an unknown error speaks of: a last guess at a category, where no signature knows the message.
//!
//! In: the headline of an exception or the first line of a message. Out: a [`Category`], or none for what reads like a
//! bug of the program itself. Only phrases are believed that libraries of every language use alike; the error classes of
//! the languages themselves (a missing attribute, an index out of range) are bugs, whatever words the message holds.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

use crate::model::Category;

/// Error classes that name a bug, with their package or without.
const BUGS: &str = r"^(?:[\w.\\:$]*[.\\:$])?(?:TypeError|AttributeError|KeyError|IndexError|NameError|ReferenceError|AssertionError|RangeError|NoMethodError|ZeroDivisionError|UnboundLocalError|NullPointerException|NullReferenceException|IndexOutOfBoundsException|ArrayIndexOutOfBoundsException|ClassCastException|IllegalStateException|IllegalArgumentException|NoSuchElementException|UndefinedError|ArgumentError|NotImplementedError|ArgumentOutOfRangeException|InvalidCastException|JSONDecodeError|SyntaxError|Unicode\w+Error|StopIteration)\b";

/// A file or port of the container's own that it may not touch: no identity of the cloud is refused.
const OWN_FILES: &str = r"\b(?:mkdir|open|unlink|chmod|chown|rename|stat|fork/exec|exec),? '?/|\bbind\b|EACCES|EPERM|Errno 13|[Pp]ermission denied(?: on|:) '?/|open stream: Permission denied|Is a directory @|Read-only file system";

/// Phrases of each domain, asked in this order: the more telling come first.
const DOMAINS: [(Category, &str); 11] = [
    (
        Category::QuotaBilling,
        r"quota (?:has been |was |is )?exceeded|exceeded (?:your|the|its) (?:\w+ )?quota|over (?:your|the|its) (?:\w+ )?quota|insufficient quota|billing (?:is |has been )?(?:disabled|not enabled)|payment required",
    ),
    (
        Category::SecretAccess,
        r"invalid (?:api[ _-]?key|credentials?|token|client secret|signature|login)|(?:api[ _-]?key|credentials?|access token|refresh token|client secret) (?:is |are |was |has |have )?(?:been )?(?:invalid|expired|revoked|missing|rejected|not valid|incorrect)|or api key\b|expired (?:api[ _-]?key|credentials?|access token|client secret|password)|authentication (?:failed|failure|error|required)|could not authenticate|bad credentials|login failed|signature (?:we calculated )?does not match|token (?:has |is )?expired|unauthorized\b|(?:\b|_)log[io]n[ _]?(?:failure|failed|denied|rejected)|\x22status(?:code)?\x22: ?401|status code 401|\b401 unauthorized",
    ),
    (
        Category::Iam,
        r"permission[ _-]?denied|access[ _-]?denied|not authorized|not authorised|insufficient (?:permissions?|privileges)|forbidden\b|lacks? (?:the )?permission|\x22status(?:code)?\x22: ?403|status code 403",
    ),
    (
        Category::Memory,
        r"out of memory|heap (?:space|limit|exhausted)|cannot allocate memory|memory (?:limit|exhausted)",
    ),
    (
        Category::Capacity,
        r"no space left|disk (?:is )?full|too many open files|queue (?:is )?full|thread pool (?:is )?(?:full|exhausted)|resource temporarily unavailable",
    ),
    (Category::Cache, r"\bredis\b|\bmemcached?\b|\bvalkey\b"),
    (
        Category::Database,
        r"\bsql(?:state|exception|error)?\b|\bdatabase\b|\bpostgres(?:ql)?\b|\bmysql\b|\bmariadb\b|\bmongo(?:db)?\b|\bdeadlock|connection pool|\boracle\b|\bdynamodb\b|\bspanner\b|\bbigtable\b|\bcassandra\b|\bneo4j\b",
    ),
    (
        Category::Network,
        r"certificate|\btls\b|\bssl\b|name resolution|could not resolve|cannot resolve|no such host|unknown host|no route to host|network is unreachable|connection (?:was |has been )?(?:refused|reset|closed|lost)|(?:unable|failed) to (?:connect|open (?:a )?socket)|(?:could not|cannot|can't) connect|econn(?:refused|reset)|ehostunreach",
    ),
    (Category::Timeout, r"timed[ -]?out|time[ -]?out\b|timeout(?:error|exception)|deadline exceeded"),
    (
        Category::Upstream,
        r"\b(?:bad gateway|service unavailable|gateway timeout|too many requests)\b|rate[ -]?limit|throttl|status(?: code)?:? ?(?:5\d\d|429)\b|\bupstream\b|broker\b|remote (?:server|host|end) ",
    ),
    (
        Category::Config,
        r"environment variable|\bconfig(?:uration)? (?:error|value|key|option|setting|is (?:missing|invalid))|(?:missing|invalid|unknown) (?:config(?:uration)?|setting|option|flag)\b",
    ),
];

/// The domain of an error that no signature knows; `None` where it reads like a bug, or like nothing.
pub fn of_error(headline: &str) -> Option<Category> {
    static PATTERNS: OnceLock<(Regex, Vec<(Category, Regex)>)> = OnceLock::new();
    let (bugs, domains) = PATTERNS.get_or_init(|| {
        // The words are ASCII; the letters of all languages would take many times as long to compile.
        let build = |pattern: &str, is_caseless: bool| {
            let mut builder = RegexBuilder::new(pattern);
            builder.unicode(false).case_insensitive(is_caseless).build().expect("a fixed pattern")
        };
        let bugs = build(&format!("{BUGS}|{OWN_FILES}"), false);
        (bugs, DOMAINS.iter().map(|(category, pattern)| (*category, build(pattern, true))).collect())
    });
    if bugs.is_match(headline) {
        return None;
    }
    domains.iter().find(|(_, pattern)| pattern.is_match(headline)).map(|(category, _)| *category)
}

#[cfg(test)]
mod tests {
    use super::of_error;
    use crate::model::Category;

    #[test]
    fn an_unknown_error_speaks_of_its_domain() {
        for (headline, category) in [
            ("ApiError: Invalid Application-ID or API key", Category::SecretAccess),
            (
                "botocore.exceptions.ReadTimeoutError: Read timeout on endpoint URL: \"https://acme.example\"",
                Category::Timeout,
            ),
            ("delivery failed: Local: Message timed out", Category::Timeout),
            ("LedgerStoreException: database is read-only for maintenance", Category::Database),
            ("lamp.Gone: Connection refused by 10.0.0.7", Category::Network),
            ("ldap.SocketOpenError: unable to open socket to any of the specified addresses", Category::Network),
            ("posting failed: access denied for the caller", Category::Iam),
            ("partner answered: 503 Service Unavailable", Category::Upstream),
            ("QuotaError: monthly quota exceeded for tenant", Category::QuotaBilling),
            ("LampError: you are over your space quota, using 514 MB of 512 MB", Category::QuotaBilling),
            ("order rejected: {\"status\":403,\"message\":\"Invalid Account\"}", Category::Iam),
            ("billing: RFC_LOGON_FAILURE: user is locked", Category::SecretAccess),
            ("charge failed: Expired API Key provided: sk_live_x9Qd", Category::SecretAccess),
        ] {
            assert_eq!(of_error(headline), Some(category), "{headline}");
        }
    }

    #[test]
    fn a_bug_stays_a_bug() {
        for headline in [
            "TypeError: Cannot read properties of undefined (reading 'timeout')",
            "KeyError: 'database'",
            "java.lang.NullPointerException: Cannot invoke \"Redis.get()\" because \"r\" is null",
            "acme.LedgerMismatchError: totals differ by 0.01 for batch 88",
            "cannot open cache dir: mkdir /data/lamps: permission denied",
            "file_put_contents(/srv/lamps/views/1.php): Failed to open stream: Permission denied",
            "NoMethodError: undefined method `throttle' for nil:NilClass",
        ] {
            assert_eq!(of_error(headline), None, "{headline}");
        }
    }
}
