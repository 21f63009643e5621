//! Keeps text that nests too deep away from readers that recurse.
//!
//! In goes the text of one record; out comes whether a recursive reader may have it.

use super::wire::NESTING_MAX;

/// Whether `text` may be given to a reader that recurses once a level.
pub(super) fn is_safe(text: &str) -> bool {
    nesting_within(text.as_bytes(), NESTING_MAX)
}

/// Whether brackets outside strings never nest deeper than `limit`.
fn nesting_within(bytes: &[u8], limit: u32) -> bool {
    let (mut depth, mut index) = (0u32, 0usize);
    while let Some(byte) = bytes.get(index) {
        match byte {
            b'"' => {
                index = super::cut::string_end(bytes, index + 1);
                continue;
            }
            b'{' | b'[' => {
                depth += 1;
                if depth > limit {
                    return false;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        index += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::is_safe;

    #[test]
    fn deep_nesting_is_seen_before_parsing() {
        assert!(is_safe(r#"{"a":{"b":[1,2]}}"#));
        assert!(is_safe(&format!("{{\"a\":\"{}\"}}", "[".repeat(100_000))));
        for depth in [200, 10_000, 1_000_000] {
            assert!(!is_safe(&format!("{}{}", "[".repeat(depth), "]".repeat(depth))), "{depth}");
        }
    }
}
