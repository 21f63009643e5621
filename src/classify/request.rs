//! Request entries: what counts as failed, and which path they share.

use super::exception::LineShape;
use super::level::Level;
use super::mark::Mark;
use super::{ClassKey, Classified, Strength};
use crate::model::{Category, Entry, HttpRequest, Role};

/// Status of a request entry; 0 where there is none.
pub fn status_of(http: &HttpRequest<'_>) -> u16 {
    http.status.unwrap_or(0)
}

/// Whether a request failed through the service or the platform: 5xx. A 4xx is the caller's,
/// and 429 counts only where the platform itself says that it had no instance.
pub fn is_failed_request(status: u16, platform_text: bool) -> bool {
    status >= 500 || (status == 429 && platform_text)
}

/// Who sent a request, as far as a comparison of revisions needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Somebody whom the traffic split sent here.
    User,
    /// A health check or an uptime check.
    Check,
    /// Somebody who used the address of a tag, past the traffic split.
    Tag,
    /// The holder of a long connection that ended at the time limit.
    LongConnection,
}

/// Who sent a request.
pub fn caller_of(http: &HttpRequest<'_>) -> Caller {
    const CHECKS: [&str; 3] = ["GoogleHC/", "GoogleStackdriverMonitoring-UptimeChecks", "kube-probe/"];
    if CHECKS.iter().any(|check| http.user_agent.starts_with(check)) {
        return Caller::Check;
    }
    // The address of a tag is `TAG---SERVICE-….run.app`.
    let host = http.url.find("://").map_or("", |at| {
        let after = &http.url[at + 3..];
        &after[..after.find(['/', '?', '#']).unwrap_or(after.len())]
    });
    if host.contains("---") {
        return Caller::Tag;
    }
    if ends_long_connection(status_of(http), path_of(&http.url)) { Caller::LongConnection } else { Caller::User }
}

/// Whether a request asks for the health of the service: a health checker's user agent, or a health path.
pub fn is_health_check(http: &HttpRequest<'_>) -> bool {
    const AGENTS: [&str; 4] =
        ["GoogleHC/", "kube-probe/", "GoogleStackdriverMonitoring-UptimeChecks", "ELB-HealthChecker/"];
    const NAMES: [&str; 12] = [
        "health",
        "healthz",
        "_health",
        "healthcheck",
        "health-check",
        "live",
        "livez",
        "liveness",
        "ready",
        "readyz",
        "readiness",
        "ping",
    ];
    if AGENTS.iter().any(|agent| http.user_agent.starts_with(agent)) {
        return true;
    }
    let path = path_of(&http.url);
    let mut segments = path.trim_end_matches('/').rsplit('/');
    let (last, parent) = (segments.next().unwrap_or(""), segments.next().unwrap_or(""));
    NAMES.contains(&last) || matches!(parent, "health" | "healthz")
}

/// Path of a URL without host and query.
pub fn path_of(url: &str) -> &str {
    let rest = url.find("://").map_or(url, |at| {
        let after = &url[at + 3..];
        after.find('/').map_or("/", |slash| &after[slash..])
    });
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    if rest[..end].is_empty() { "/" } else { &rest[..end] }
}

/// Path with segments that look like ids replaced by `{id}`, so that one route is one target.
pub fn path_template(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for segment in path.split('/').skip(1) {
        out.push('/');
        if looks_like_id(segment) { out.push_str("{id}") } else { out.push_str(segment) }
    }
    if out.is_empty() { "/".to_owned() } else { out }
}

/// A WebSocket or an event stream is one request that ends with 504 at the time limit; clients reconnect
/// (Cloud Run docs: WebSockets). That is the normal end of it.
pub(super) fn ends_long_connection(status: u16, path: &str) -> bool {
    const LONG: [&str; 8] = ["ws", "wss", "websocket", "socket.io", "sse", "stream", "events", "subscribe"];
    status == 504 && path.split('/').any(|segment| LONG.contains(&segment.to_ascii_lowercase().as_str()))
}

/// Whether a line only repeats a request and its status (an access log, or `POST /x 500`): the request
/// entry says the same, and a request is never a cause.
pub(super) fn is_request_echo(text: &str) -> bool {
    const METHODS: [&str; 7] = ["GET ", "POST ", "PUT ", "PATCH ", "DELETE ", "HEAD ", "OPTIONS "];
    let Some(at) =
        METHODS.iter().filter_map(|method| text.find(&format!("{method}/")).map(|at| at + method.len())).min()
    else {
        return false;
    };
    // The path, perhaps a protocol in quotes, then a status and at most a few measures.
    let after = text[at..].split_once([' ', '"']).map_or("", |(_, rest)| rest);
    let words: Vec<&str> =
        after.split([' ', '"']).filter(|word| !word.is_empty() && !word.starts_with("HTTP/")).collect();
    let status = words.first().is_some_and(|word| {
        word.len() == 3 && word.starts_with(['1', '2', '3', '4', '5']) && word.bytes().all(|b| b.is_ascii_digit())
    });
    at < 120 && status && words.len() <= 8
}

fn looks_like_id(segment: &str) -> bool {
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    let hex = segment.bytes().filter(|b| b.is_ascii_hexdigit() || *b == b'-').count();
    (digits > 0 && digits == segment.len())
        || (segment.len() >= 8 && hex == segment.len() && digits > 0)
        || (segment.len() >= 16 && digits * 4 >= segment.len())
}

/// Whether the entry is a failure of the service or the platform.
pub(super) fn fails(entry: &Entry<'_>, http: &HttpRequest<'_>) -> bool {
    let status = status_of(http);
    is_failed_request(status, !entry.text.is_empty()) && !ends_long_connection(status, path_of(&http.url))
}

/// A request entry on which no platform text was recognised.
pub(super) fn plain_request(entry: &Entry<'_>, http: &HttpRequest<'_>, level: Level) -> Classified {
    let status = status_of(http);
    let path = path_of(&http.url);
    let failed = fails(entry, http);
    let target = format!("{} {}", http.method, path_template(path));
    let key = if failed { ClassKey::FailedRequest { status, target: target.clone() } } else { ClassKey::Quiet };
    Classified {
        key,
        signature: String::new(),
        role: if failed { Role::Impact } else { Role::State },
        category: Category::Unknown,
        strength: Strength::None,
        told_as_exception: false,
        title: format!("{target} answered {status}"),
        text: if entry.text.is_empty() {
            request_line(http)
        } else {
            format!("{} | {}", entry.text, request_line(http))
        },
        level,
        shape: LineShape::Plain,
        mark: Mark::None,
        captures: Vec::new(),
        target,
        core: String::new(),
    }
}

/// `HTTP 503 GET /api/x`, for evidence. How long it took is the row's and not the text's, so that equal requests
/// are one text.
pub(super) fn request_line(http: &HttpRequest<'_>) -> String {
    format!("HTTP {} {} {}", status_of(http), http.method, path_of(&http.url))
}

#[cfg(test)]
mod tests {
    use super::{Caller, caller_of, path_of, path_template};
    use crate::model::HttpRequest;

    #[test]
    fn only_requests_of_users_are_compared() {
        let request = |url: &'static str, agent: &'static str, status| {
            caller_of(&HttpRequest {
                url: url.into(),
                user_agent: agent.into(),
                status: Some(status),
                ..HttpRequest::default()
            })
        };
        let host = "https://shop-x4p2qmd7ka-uc.a.run.app/api/x?next=a---b";
        assert_eq!(request(host, "Mozilla/5.0", 200), Caller::User);
        assert_eq!(request(host, "GoogleHC/1.0", 200), Caller::Check);
        assert_eq!(request("https://canary---shop-x4p2qmd7ka-uc.a.run.app/", "curl/8", 200), Caller::Tag);
        assert_eq!(request("/a---b/c", "curl/8", 200), Caller::User);
        assert_eq!(request("https://shop.example.com/ws", "Mozilla/5.0", 504), Caller::LongConnection);
        assert_eq!(request("https://shop.example.com/api", "Mozilla/5.0", 504), Caller::User);
    }

    #[test]
    fn a_path_is_found_in_every_url_form() {
        assert_eq!(path_of("https://a.example/api/x?y=1"), "/api/x");
        assert_eq!(path_of("https://a.example"), "/");
        assert_eq!(path_of("/api/x#frag"), "/api/x");
        assert_eq!(path_of(""), "/");
    }

    #[test]
    fn ids_in_a_path_become_one_template() {
        assert_eq!(path_template("/api/orders/1234/items"), "/api/orders/{id}/items");
        assert_eq!(path_template("/jobs/016d4c7b-4f90-4090-97f7-81b339a1b9e2"), "/jobs/{id}");
        assert_eq!(path_template("/api/v1/health"), "/api/v1/health");
        assert_eq!(path_template("/"), "/");
    }
}
