//! Times as they are typed: RFC 3339, or `-3h` back from now. The only place that reads the clock.

use std::time::UNIX_EPOCH;

use crate::model::Timestamp;
use crate::model::time::NANOS_PER_SECOND;

/// Reads a time; the message names the value and what would do.
pub fn parse(text: &str) -> Result<Timestamp, String> {
    if let Some(back) = text.strip_prefix('-').and_then(seconds) {
        return Ok(now().plus(-back * NANOS_PER_SECOND));
    }
    Timestamp::parse(text)
        .ok_or_else(|| format!("{text:?} is no time: write 2026-03-02T10:00:00Z, or -3h for three hours ago"))
}

/// Reads a length of time, in seconds; the message names the value and what would do.
pub fn duration(text: &str) -> Result<i64, String> {
    seconds(text).ok_or_else(|| format!("{text:?} is no length of time: write 90s, 15m, 1h or 2d"))
}

/// `90s`, `15m`, `3h`, `2d` in seconds.
fn seconds(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let count: i64 = text[..text.len() - unit.len_utf8()].parse().ok()?;
    let scale = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    (0..=3_650 * 86_400).contains(&(count.checked_mul(scale)?)).then_some(count * scale)
}

#[allow(clippy::disallowed_methods, reason = "a time that is typed relative to now needs to know when now is")]
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::{parse, seconds};

    #[test]
    fn a_time_is_absolute_or_a_stretch_back() {
        assert!(parse("2026-03-02T10:00:00Z").is_ok() && parse("-3h").is_ok());
        assert_eq!(
            (seconds("90s"), seconds("2d"), seconds("h"), seconds("3x"), seconds("é")),
            (Some(90), Some(172_800), None, None, None)
        );
        assert!(parse("yesterday").unwrap_err().contains("-3h"));
    }
}
