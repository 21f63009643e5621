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
    use super::{path_of, path_template};

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
