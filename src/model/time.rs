//! One moment in time, in nanoseconds since 1970-01-01T00:00:00Z.
//!
//! Log entries carry 0 to 9 fraction digits, `Z`, `+00:00` or (Azure) ` +0000 UTC`;
//! all of them become the same integer, so that times compare and subtract exactly.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, Timelike};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Nanoseconds since the Unix epoch, in UTC. Covers the years 1678 to 2262.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// Nanoseconds in one second.
pub const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// Nanoseconds in one minute.
pub const NANOS_PER_MINUTE: i64 = 60 * NANOS_PER_SECOND;

/// The minute since the epoch in which a moment lies, given in nanoseconds since the epoch. Counts over time are kept
/// by minute.
pub fn minute_of(nanos: i64) -> i64 {
    nanos.div_euclid(NANOS_PER_MINUTE)
}

impl Timestamp {
    /// Reads an RFC 3339 time (`T` or a blank between date and time; 0 to 9 fraction
    /// digits; `Z`, `UTC`, `+hh:mm`, `+hhmm`, ` +0000 UTC`, or nothing, which means UTC).
    /// Returns `None` for anything else and for years outside 1678 to 2262.
    pub fn parse(text: &str) -> Option<Self> {
        Clock::default().parse(text)
    }

    /// The moment `nanos` nanoseconds later (earlier when negative), saturating.
    #[must_use]
    pub fn plus(self, nanos: i64) -> Self {
        Self(self.0.saturating_add(nanos))
    }

    /// Seconds from `earlier` to `self`; negative when `self` is before it.
    pub fn seconds_since(self, earlier: Self) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "sub-nanosecond loss does not matter for a printed duration")]
        let nanos = self.0.saturating_sub(earlier.0) as f64;
        nanos / 1e9
    }

    /// `2025-09-16T01:42:17.868096Z`: as many fraction digits as needed, in groups of three.
    pub fn to_rfc3339(self) -> String {
        let Some(t) = self.datetime() else { return format!("{}ns", self.0) };
        let nanos = t.nanosecond();
        let head = format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        );
        match (nanos % 1_000 == 0, nanos % 1_000_000 == 0, nanos) {
            (_, _, 0) => format!("{head}Z"),
            (_, true, _) => format!("{head}.{:03}Z", nanos / 1_000_000),
            (true, _, _) => format!("{head}.{:06}Z", nanos / 1_000),
            _ => format!("{head}.{nanos:09}Z"),
        }
    }

    /// `01:42:17`, for prose where the date is already given.
    pub fn to_clock(self) -> String {
        self.datetime().map_or_else(String::new, |t| t.format("%H:%M:%S").to_string())
    }

    /// `2025-09-16`.
    pub fn to_date(self) -> String {
        self.datetime().map_or_else(String::new, |t| t.format("%Y-%m-%d").to_string())
    }

    fn datetime(self) -> Option<DateTime<chrono::Utc>> {
        let nanos = u32::try_from(self.0.rem_euclid(NANOS_PER_SECOND)).ok()?;
        DateTime::from_timestamp(self.0.div_euclid(NANOS_PER_SECOND), nanos)
    }
}

/// A duration as a person says it: `41.3 s`, `2 min 06 s`, `3 h 05 min`, `6 d 11 h`.
pub fn human_duration(seconds: f64) -> String {
    #[allow(clippy::cast_possible_truncation, reason = "an export covers far less than 2^63 seconds")]
    let whole = seconds.round() as i64;
    match whole {
        ..60 => format!("{seconds:.1} s"),
        60..3_600 => format!("{} min {:02} s", whole / 60, whole % 60),
        3_600..86_400 => format!("{} h {:02} min", whole / 3_600, whole % 3_600 / 60),
        _ => format!("{} d {:02} h", whole / 86_400, whole % 86_400 / 3_600),
    }
}

/// Reads times as [`Timestamp::parse`] does. Neighbouring entries of a log were mostly written in one second, so it
/// remembers which second it read last.
#[derive(Debug, Default)]
pub struct Clock {
    /// Date and time as they were written, to the second, and what they mean in seconds since the epoch, before any
    /// offset.
    last: Option<([u8; HEAD_BYTES], i64)>,
}

/// Length of `2025-09-16T01:42:17`.
const HEAD_BYTES: usize = 19;

impl Clock {
    /// See [`Timestamp::parse`].
    pub fn parse(&mut self, text: &str) -> Option<Timestamp> {
        let (head, tail) = text.trim().as_bytes().split_first_chunk::<HEAD_BYTES>()?;
        let seconds = match self.last {
            Some((known, seconds)) if known == *head => seconds,
            _ => seconds_since_epoch(head)?,
        };
        self.last = Some((*head, seconds));
        let (nanos, used) = fraction(tail)?;
        let seconds = seconds - offset(&tail[used..])?;
        seconds.checked_mul(NANOS_PER_SECOND)?.checked_add(nanos).map(Timestamp)
    }
}

/// Seconds from the epoch to a date and time.
fn seconds_since_epoch(head: &[u8; HEAD_BYTES]) -> Option<i64> {
    if head[4] != b'-' || head[7] != b'-' || !matches!(head[10], b'T' | b't' | b' ') {
        return None;
    }
    if head[13] != b':' || head[16] != b':' {
        return None;
    }
    let year = number(&head[0..4])?;
    let (month, day) = (number(&head[5..7])?, number(&head[8..10])?);
    let (hour, minute, second) = (number(&head[11..13])?, number(&head[14..16])?, number(&head[17..19])?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some(days_since_epoch(year, month, day)? * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// Days from the epoch to a civil date; `None` where the date does not exist. Years are counted from March, so that the
/// leap day is the last one (H. Hinnant, chrono-Compatible Low-Level Date Algorithms). Every entry holds two times, and
/// a calendar that can more takes several times as long; a test compares the two.
fn days_since_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_in_month = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(is_leap),
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=days_in_month).contains(&day) {
        return None;
    }
    let (march_year, march_month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era = march_year.div_euclid(400);
    let year_of_era = march_year.rem_euclid(400);
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// Nanoseconds of one unit of the last of so many fraction digits.
const NANOS_OF_LAST_DIGIT: [i64; 10] =
    [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

/// Nanoseconds of `.ddd…` and how many bytes they took; digits past the ninth are dropped.
fn fraction(rest: &[u8]) -> Option<(i64, usize)> {
    if rest.first() != Some(&b'.') {
        return Some((0, 0));
    }
    let (mut nanos, mut digits) = (0, 0);
    for byte in rest[1..].iter().take_while(|byte| byte.is_ascii_digit()) {
        if digits < 9 {
            nanos = nanos * 10 + i64::from(byte - b'0');
        }
        digits += 1;
    }
    if digits == 0 {
        return None;
    }
    Some((nanos * NANOS_OF_LAST_DIGIT[digits.min(9)], digits + 1))
}

/// Seconds east of UTC.
fn offset(rest: &[u8]) -> Option<i64> {
    if rest == b"Z" {
        return Some(0);
    }
    let rest = rest.trim_ascii();
    let rest = rest.strip_suffix(b"UTC").unwrap_or(rest).trim_ascii();
    let (sign, digits) = match rest.first() {
        None => return Some(0),
        Some(b'Z' | b'z') if rest.len() == 1 => return Some(0),
        Some(b'+') => (1, &rest[1..]),
        Some(b'-') => (-1, &rest[1..]),
        Some(_) => return None,
    };
    let (hours, minutes) = match digits.len() {
        5 if digits[2] == b':' => (&digits[0..2], &digits[3..5]),
        4 => (&digits[0..2], &digits[2..4]),
        2 => (digits, &b"00"[..]),
        _ => return None,
    };
    Some(sign * (number(hours)? * 3_600 + number(minutes)? * 60))
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_rfc3339())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("not an RFC 3339 time: {text:?}")))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Clock, Timestamp};

    #[test]
    fn every_written_form_of_one_moment_is_the_same_moment() {
        let expected = Timestamp::parse("2026-06-22T02:26:13.2372331Z").unwrap();
        for text in [
            "2026-06-22 02:26:13.2372331 +0000 UTC",
            "2026-06-22T02:26:13.237233100Z",
            "2026-06-22T04:26:13.2372331+02:00",
            "2026-06-22T02:26:13.2372331+00:00",
            "2026-06-22T02:26:13.2372331",
        ] {
            assert_eq!(Timestamp::parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn fractions_of_zero_to_nine_digits_are_read_and_written_back() {
        for text in [
            "2025-09-16T01:42:17Z",
            "2025-09-16T01:42:17.868Z",
            "2025-09-16T01:42:17.868096Z",
            "2025-09-16T01:42:17.868096001Z",
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().to_rfc3339(), text);
        }
        assert_eq!(Timestamp::parse("2025-09-16T01:42:17.8Z").unwrap().to_rfc3339(), "2025-09-16T01:42:17.800Z");
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for text in [
            "",
            "yesterday",
            "2025-13-01T00:00:00Z",
            "2025-02-30T00:00:00Z",
            "2025-09-16T25:00:00Z",
            "2025-09-16T01:42:17.Z",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_clock_reads_every_time_as_if_it_were_the_first(
            texts in prop::collection::vec("2025-09-1[67]T01:4[23]:1[78](\\.[0-9]{1,10})?(Z|[+]02:00| UTC|x)?|[0-9T:\\-Z.\0]{0,30}", 1..12)
        ) {
            let mut clock = Clock::default();
            for text in texts {
                prop_assert_eq!(clock.parse(&text), Timestamp::parse(&text), "{}", text);
            }
        }
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        use chrono::{Datelike, NaiveDate};
        for year in 1_890..2_210 {
            for month in 0..=13 {
                for day in 0..=32 {
                    let date = NaiveDate::from_ymd_opt(year, month, day);
                    let expected = date.map(|date| i64::from(date.num_days_from_ce()) - 719_163);
                    let days = super::days_since_epoch(i64::from(year), i64::from(month), i64::from(day));
                    assert_eq!(days, expected, "{year}-{month}-{day}");
                }
            }
        }
    }
}
