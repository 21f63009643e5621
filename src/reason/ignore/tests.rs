//! Ignore files, good and broken, and the day on which they end.

use super::*;

fn parse(text: &str) -> Result<Ignore, String> {
    Ignore::parse(Path::new("team/.whydown-ignore.toml"), text).map_err(|error| error.to_string())
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

#[test]
fn an_entry_holds_through_its_day_and_not_a_nanosecond_longer() {
    for day in ["\"2026-03-31\"", "2026-03-31"] {
        let text = format!("[[ignore]]\nsignature = \"upstream/rate-limited\"\nreason = \"known\"\nexpires = {day}\n");
        let ignore = parse(&text).unwrap();
        let entry = &ignore.entries[0];
        assert_eq!(entry.expires, "2026-03-31");
        assert!(!entry.has_expired(Some(at("2026-03-31T23:59:59.999999999Z"))) && !entry.has_expired(None));
        assert!(entry.has_expired(Some(at("2026-04-01T00:00:00Z"))));
        assert!(ignore.notices(Catalog::embedded(), Some(at("2026-03-01T00:00:00Z"))).is_empty());
        let told = ignore.notices(Catalog::embedded(), Some(at("2026-04-02T00:00:00Z")));
        assert_eq!(told[0].code, "ignore-expired");
        assert!(told[0].message.contains(".whydown-ignore.toml:1: expired on 2026-03-31"), "{}", told[0].message);
    }
}

#[test]
fn a_broken_entry_is_named_with_line_key_and_remedy() {
    let whole = "# ours\n\n[[ignore]]\nfingerprint = \"1:00\"\nreason = \"known\"\nexpires = \"2026-03-31\"\n";
    assert!(parse(whole).is_ok());
    for (from, to, words) in [
        ("reason = \"known\"\n", "", ["`reason`", "missing", ":3:"]),
        ("reason = \"known\"", "reason = \" \"", ["`reason`", "missing", ":3:"]),
        ("expires = \"2026-03-31\"\n", "", ["`expires`", "2026-04-30", ":3:"]),
        ("2026-03-31", "2026-02-31", ["`expires`", "2026-02-31", ":3:"]),
        ("2026-03-31", "2026-03-31T10:00:00Z", ["`expires`", "not a day", ":3:"]),
        ("\"2026-03-31\"", "7", ["`expires`", "`7`", ":3:"]),
        ("fingerprint = \"1:00\"", "service = \"orders-api\"", ["`fingerprint`", "`signature`", ":3:"]),
        ("fingerprint = \"1:00\"", "fingerprint = \"\"", ["`fingerprint`", "empty", ":3:"]),
        ("reason =", "reson =", ["reson", "line 5", "remedy"]),
        ("[[ignore]]", "[[ignored]]", ["ignored", "line 3", "remedy"]),
    ] {
        let message = parse(&whole.replace(from, to)).unwrap_err();
        let named = message.contains(".whydown-ignore.toml") && message.contains("remedy");
        assert!(named && words.iter().all(|word| message.contains(word)), "{message}");
    }
}

#[test]
fn a_signature_that_does_not_exist_is_told() {
    let text = "[[ignore]]\nsignature = \"upstream/rate-limit\"\nreason = \"known\"\nexpires = \"2026-03-31\"\n";
    let told = parse(text).unwrap().notices(Catalog::embedded(), None);
    assert_eq!(told[0].code, "ignore-unknown-signature");
}
