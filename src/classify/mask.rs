//! Masks what varies between equal messages: addresses, ids, times, numbers.
//!
//! In: a message. Out: its shape, at most 1 KiB. One pass over words, no regex; masking a mask changes
//! nothing. Kept, because they are the identity: exception classes, module and column names in quotes,
//! HTTP statuses written as such, exit codes. A JSON object is reduced to its keys and to the constants among
//! its values.

/// Longest shape, in bytes.
const SHAPE_BYTES_MAX: usize = 1_024;

/// Quoted names up to this long are identity; longer ones are data.
const NAME_BYTES_MAX: usize = 80;

/// Keys of a JSON object whose values may be constants that identify it.
const IDENTIFYING_KEYS: [&str; 12] =
    ["action", "code", "kind", "level", "name", "operation", "severity", "stage", "state", "status", "step", "type"];

/// Objects inside objects deeper than this are values.
const JSON_LEVELS_MAX: usize = 3;

/// The shape of a message.
pub fn mask(text: &str) -> String {
    if text.starts_with('{')
        && let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(text)
    {
        return plain_mask(&json_keys(&fields, 1));
    }
    plain_mask(text)
}

/// `{ "code": "EBUSY", "user": <str> }`: an object without what varies, keys in order.
fn json_keys(fields: &serde_json::Map<String, serde_json::Value>, level: usize) -> String {
    use serde_json::Value;
    let mut names: Vec<&String> = fields.keys().collect();
    names.sort_unstable();
    let mut parts: Vec<String> = names
        .into_iter()
        .map(|name| {
            let value = match &fields[name] {
                Value::Object(inner) if level < JSON_LEVELS_MAX => json_keys(inner, level + 1),
                Value::String(text) if IDENTIFYING_KEYS.contains(&name.as_str()) && is_constant(text) => {
                    format!("\"{text}\"")
                }
                Value::Number(_) => "<num>".to_owned(),
                _ => "<str>".to_owned(),
            };
            // Keys that are ids make one shape with each other.
            format!("\"{}\" : {value}", plain_mask(name))
        })
        .collect();
    parts.dedup();
    format!("{{ {} }}", parts.join(" , "))
}

/// `EBUSY`, `card_declined`, `shop.orders`: one word without digits.
fn is_constant(text: &str) -> bool {
    text.len() <= NAME_BYTES_MAX && text.bytes().all(|b| b.is_ascii_alphabetic() || b"._-".contains(&b))
}

fn plain_mask(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(SHAPE_BYTES_MAX));
    let mut rest = text;
    while !rest.is_empty() && out.len() < SHAPE_BYTES_MAX {
        let word_end = word_end(rest);
        if word_end == 0 {
            let mut chars = rest.chars();
            if let Some(c) = chars.next()
                && !(c.is_whitespace() && out.ends_with(' '))
            {
                out.push(if c.is_whitespace() { ' ' } else { c });
            }
            rest = chars.as_str();
            continue;
        }
        let (word, after) = rest.split_at(word_end);
        let keep_number = keeps_number(&out);
        push_word(&mut out, word, keep_number);
        rest = after;
    }
    let mut end = out.len().min(SHAPE_BYTES_MAX);
    while !out.is_char_boundary(end) {
        end -= 1;
    }
    out.truncate(end);
    out.trim().to_owned()
}

/// End of the word that a text begins with; the query of a URL belongs to its word.
fn word_end(text: &str) -> usize {
    let end = text.find(|c: char| c.is_whitespace() || ",;()[]{}=".contains(c)).unwrap_or(text.len());
    let Some(scheme) = text[..end].find("://") else { return end };
    let host = scheme + "://".len();
    let length =
        text[host..].find(|c: char| c.is_whitespace() || "\"'`<>()[]{}".contains(c)).unwrap_or(text.len() - host);
    // Punctuation at its end belongs to the sentence.
    host + text[host..host + length].trim_end_matches([',', ';', '.', ':', '!', '?']).len()
}

/// `HTTP 503`, `status code 503`, `exit(3)`, `code 3`: the number is what the message is about.
fn keeps_number(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '(', '=']);
    ["HTTP", "status", "code", "status code", "exit", "signal"].iter().any(|word| before.ends_with(word))
}

fn push_word(out: &mut String, word: &str, keep_number: bool) {
    if word.starts_with('<') && word.ends_with('>') {
        out.push_str(word);
        return;
    }
    let bare = word.trim_matches(['"', '\'', '`', '.', ':', '!', '?']);
    if bare.is_empty() {
        out.push_str(word);
        return;
    }
    let start = bare.as_ptr() as usize - word.as_ptr() as usize;
    out.push_str(&word[..start]);
    match kind_of(bare) {
        Some("<num>") if keep_number && bare.len() <= 3 => out.push_str(bare),
        Some(kind) => out.push_str(kind),
        None if bare.len() > NAME_BYTES_MAX => out.push_str("<str>"),
        None => push_name(out, bare),
    }
    out.push_str(&word[start + bare.len()..]);
}

fn kind_of(word: &str) -> Option<&'static str> {
    let bytes = word.as_bytes();
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    if word.contains("://") {
        return Some("<url>");
    }
    if digits == 0 {
        return word.contains('@').then_some("<email>").filter(|_| word.contains('.'));
    }
    if digits == bytes.len() {
        return Some("<num>");
    }
    if is_uuid(bytes) {
        return Some("<id>");
    }
    if word.contains('@') && word.contains('.') {
        return Some("<email>");
    }
    let allowed = |set: &str| bytes.iter().all(|b| b.is_ascii_digit() || set.as_bytes().contains(b));
    if allowed(".:") && word.matches('.').count() == 3 {
        return Some("<ip>");
    }
    if digits >= 4 && allowed("-:.TZ+/_") {
        return Some("<time>");
    }
    if allowed(".+-%,_/:x") {
        return Some("<num>");
    }
    if bytes.len() >= 8 && bytes.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-') {
        return Some("<id>");
    }
    // A number with a unit: 25.0s, 512MiB, 30000ms.
    let unit = bytes.iter().position(|b| !(b.is_ascii_digit() || *b == b'.'))?;
    (unit > 0 && bytes.len() - unit <= 4 && bytes[unit..].iter().all(u8::is_ascii_alphabetic)).then_some("<num>")
}

fn is_uuid(bytes: &[u8]) -> bool {
    bytes.len() == 36
        && bytes
            .iter()
            .enumerate()
            .all(|(i, b)| if matches!(i, 8 | 13 | 18 | 23) { *b == b'-' } else { b.is_ascii_hexdigit() })
}

/// A name keeps its letters; runs of digits in it are masked, and so are random parts.
fn push_name(out: &mut String, word: &str) {
    if parts(word).any(is_random) {
        for part in parts(word) {
            if is_random(part) {
                out.push_str("<id>");
            } else {
                push_letters(out, part);
            }
        }
        return;
    }
    let random = word.len() >= 20 && word.bytes().filter(u8::is_ascii_digit).count() * 4 >= word.len();
    if random {
        out.push_str("<id>");
        return;
    }
    push_letters(out, word);
}

/// Runs of letters and digits, and what stands between them.
fn parts(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let is_inside = rest.bytes().next()?.is_ascii_alphanumeric();
        let end = rest.find(|c: char| c.is_ascii_alphanumeric() != is_inside).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(part)
    })
}

/// `be405ff5`, `8sKd02kPqA`: hexadecimal of eight digits and more, or letters and digits by turns. `postgres15`, `sha256`
/// and `x86` are names.
fn is_random(part: &str) -> bool {
    let bytes = part.as_bytes();
    let is_digit = u8::is_ascii_digit;
    let digits = bytes.iter().filter(|byte| is_digit(byte)).count();
    if digits == 0 || bytes.len() < 8 {
        return false;
    }
    let groups = bytes.chunk_by(|a, b| is_digit(a) == is_digit(b)).filter(|run| is_digit(&run[0])).count();
    bytes.iter().all(u8::is_ascii_hexdigit) || (bytes.len() >= 10 && groups >= 2)
}

fn push_letters(out: &mut String, word: &str) {
    let mut digits = false;
    for c in word.chars() {
        if c.is_ascii_digit() {
            if !digits {
                out.push('#');
            }
            digits = true;
        } else {
            digits = false;
            out.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::mask;
    use proptest::prelude::*;

    #[test]
    fn what_varies_is_masked_and_what_identifies_is_kept() {
        for (text, shape) in [
            ("timeout after 25.0s on 10.2.3.4:5432", "timeout after <num> on <ip>"),
            ("No module named 'shop.loyalty'", "No module named 'shop.loyalty'"),
            ("user 0b6f0c5c-3e5d-4029-9723-b54627c7a1db not found", "user <id> not found"),
            ("answered HTTP 503 in 12 ms", "answered HTTP 503 in <num> ms"),
            ("GET https://a.example/x?y=1 failed", "GET <url> failed"),
            ("called exit(3)", "called exit(3)"),
            ("see https://a.example/x?y=1, or 'https://b.example'.", "see <url>, or '<url>'."),
            ("at 2026-03-02T10:00:00.000Z", "at <time>"),
            (
                r#"refused: {"request_id":"req_be405ff5","code":"late"}"#,
                r#"refused: {"request_id":"req_<id>","code":"late"}"#,
            ),
            ("retry of req_10983114 failed", "retry of req_<id> failed"),
            ("open(/srv/views/e155c5708f43a639509f57175b69a78e.php)", "open(/srv/views/<id>.php)"),
            ("postgres15 answers x86_64 with utf8mb4", "postgres# answers <num> with utf#mb#"),
        ] {
            assert_eq!(mask(text), shape);
        }
    }

    #[test]
    fn a_json_object_is_reduced_to_what_identifies_it() {
        let shape = r#"{ "code" : "EBUSY" , "took" : <num> , "user" : <str> }"#;
        for text in [
            r#"{"user":"ada","code":"EBUSY","took":12}"#,
            r#"{"code":"EBUSY","took":3.5,"user":"ben of acme"}"#,
            r#"{"user":["x"],"took":1,"code":"EBUSY"}"#,
        ] {
            assert_eq!(mask(text), shape);
        }
        assert_eq!(mask(shape), shape);
        assert_eq!(mask(r#"{"1a":{"x":1},"2b":{"x":2}}"#), mask(r#"{"9a":{"x":7}, "3b":{"x":5}}"#));
        assert_ne!(mask(r#"{"code":"EBUSY"}"#), mask(r#"{"code":"ENOENT"}"#));
        assert_eq!(mask("{not json} 5"), "{not json} <num>");
    }

    proptest! {
        #[test]
        fn masking_a_mask_changes_nothing(text in ".{0,200}") {
            let once = mask(&text);
            prop_assert_eq!(mask(&once), once.clone());
        }
    }
}
