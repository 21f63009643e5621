//! Keeps text that nests too deep away from readers that recurse.
//!
//! In goes the text of one record; out comes whether a recursive reader may have it.

/// Most levels that the recursive JSON reader is trusted with (see `WORKER_STACK_BYTES`). A level takes
/// at least one byte, so shorter records need no look at all, and longer ones are counted first.
const UNCHECKED_LEVELS_MAX: usize = 2048;

/// Deepest nesting of one record. Real audit entries reach 14; `serde_json` refuses 128.
const NESTING_MAX: usize = 120;

/// Whether `text` may be given to a recursive JSON reader.
pub(super) fn is_safe(text: &str) -> bool {
    let bytes = text.as_bytes();
    let openers = |byte| memchr::memchr_iter(byte, bytes).count();
    if bytes.len() <= UNCHECKED_LEVELS_MAX || openers(b'{') + openers(b'[') <= UNCHECKED_LEVELS_MAX {
        return !ends_in_deep_nesting(bytes);
    }
    nesting_within(bytes, NESTING_MAX)
}

/// Nesting that later stages could not read ends in a long run of closing brackets, which is cheap to see.
fn ends_in_deep_nesting(bytes: &[u8]) -> bool {
    let mut closers = 0;
    for byte in bytes.iter().rev() {
        match byte {
            b'}' | b']' => closers += 1,
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => break,
        }
    }
    closers > NESTING_MAX
}

/// Whether brackets outside strings never nest deeper than `limit`.
fn nesting_within(bytes: &[u8], limit: usize) -> bool {
    let (mut depth, mut index) = (0usize, 0usize);
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
