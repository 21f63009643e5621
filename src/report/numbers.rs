//! Numbers, durations and moments as a person reads them.
//!
//! In go counts, seconds and timestamps; out come short English words. One place, so that the same
//! number looks the same in every section and every format.

use crate::model::Timestamp;

/// Eight heights of one character cell.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Stands for a window without entries.
const NO_BAR: char = '·';

/// `12,345`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 entry`, `2,000 entries`.
pub fn counted(number: u64, singular: &str, plural: &str) -> String {
    format!("{} {}", count(number), if number == 1 { singular } else { plural })
}

/// `310 ms`, `12.4 s`, `2 min 06 s`, `3 h 05 min`, `2 d 04 h`; `–` for what is no duration.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "–".to_owned();
    }
    if seconds == 0.0 {
        return "0 s".to_owned();
    }
    if seconds < 0.0005 {
        return "under 1 ms".to_owned();
    }
    if seconds < 0.9995 {
        return format!("{:.0} ms", seconds * 1_000.0);
    }
    if seconds < 59.95 {
        let text = format!("{seconds:.1}");
        return format!("{} s", text.strip_suffix(".0").unwrap_or(&text));
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above; `as` saturates")]
    let whole = seconds.round() as u64;
    match whole {
        0..3_600 => format!("{} min {:02} s", whole / 60, whole % 60),
        3_600..86_400 => format!("{} h {:02} min", whole / 3_600, whole % 3_600 / 60),
        _ => format!("{} d {:02} h", whole / 86_400, whole % 86_400 / 3_600),
    }
}

/// A latency in milliseconds; `–` where there is none.
pub fn latency(milliseconds: Option<f64>) -> String {
    milliseconds.map_or_else(|| "–".to_owned(), |value| duration(value / 1_000.0))
}

/// `2025-09-16 01:42:17Z`.
pub fn moment(time: Timestamp) -> String {
    format!("{} {}Z", time.to_date(), time.to_clock())
}

/// `2025-09-16 01:42:17Z to 2025-09-16 01:44:23Z (2 min 06 s)`, or the one moment.
pub fn span(first: Timestamp, last: Timestamp) -> String {
    if first == last {
        return moment(first);
    }
    format!("{} to {} ({})", moment(first), moment(last), duration(last.seconds_since(first)))
}

/// The shortest form of two moments that leaves no doubt: clock times where all of the report is one day.
pub fn short_span(first: Timestamp, last: Timestamp, one_day: bool) -> String {
    match (one_day, first == last) {
        (true, true) => first.to_clock(),
        (true, false) => format!("{}–{}", first.to_clock(), last.to_clock()),
        (false, true) => moment(first),
        (false, false) => format!("{} – {}", moment(first), moment(last)),
    }
}

/// One character for each window: its height is the share of the largest window, rounded up.
pub fn sparkline(counts: &[u64]) -> String {
    let largest = u128::from(counts.iter().copied().max().unwrap_or(0));
    let bar = |&count: &u64| {
        let height = (u128::from(count) * 8).div_ceil(largest.max(1));
        usize::try_from(height).ok().and_then(|height| height.checked_sub(1)).map_or(NO_BAR, |index| BARS[index.min(7)])
    };
    counts.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::{count, duration, latency, moment, short_span, span, sparkline};
    use crate::model::Timestamp;

    #[test]
    fn durations_read_as_people_say_them() {
        let cases = [
            (0.0, "0 s"),
            (0.0001, "under 1 ms"),
            (0.31, "310 ms"),
            (0.9999, "1 s"),
            (12.44, "12.4 s"),
            (59.96, "1 min 00 s"),
            (126.0, "2 min 06 s"),
            (3_599.7, "1 h 00 min"),
            (11_100.0, "3 h 05 min"),
            (187_200.0, "2 d 04 h"),
            (f64::NAN, "–"),
            (-1.0, "–"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(duration(seconds), expected, "{seconds}");
        }
        assert_eq!(latency(Some(1_530.0)), "1.5 s");
        assert_eq!(latency(None), "–");
    }

    #[test]
    fn counts_are_grouped_by_three() {
        assert_eq!([count(0), count(999), count(1_000), count(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn moments_are_utc_and_spans_carry_their_length() {
        let first = Timestamp::parse("2025-09-16T01:42:17.868Z").unwrap();
        let last = Timestamp::parse("2025-09-16T01:44:23.868Z").unwrap();
        assert_eq!(moment(first), "2025-09-16 01:42:17Z");
        assert_eq!(span(first, last), "2025-09-16 01:42:17Z to 2025-09-16 01:44:23Z (2 min 06 s)");
        assert_eq!(short_span(first, last, true), "01:42:17–01:44:23");
    }

    #[test]
    fn a_sparkline_shows_small_windows_and_tells_none_from_few() {
        assert_eq!(sparkline(&[0, 1, 500, 1_000]), "·▁▄█");
        assert_eq!(sparkline(&[0, 0]), "··");
        assert_eq!(sparkline(&[u64::MAX, 1]), "█▁");
        assert_eq!(sparkline(&[]), "");
    }
}
