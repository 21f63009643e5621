use proptest::prelude::*;
use serde_json::Value;

use super::{Cursor, NESTING_MAX, Refusal};

fn accepts(text: &str) -> Result<(), Refusal> {
    let mut cursor = Cursor::new(text);
    cursor.skip()?;
    if cursor.is_at_end() { Ok(()) } else { Err(Refusal::NotJson) }
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,9}", inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    });
    (value, any::<bool>()).prop_map(|(value, is_pretty)| {
        if is_pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() }
    })
}

proptest! {
    #[test]
    fn the_same_texts_are_json_as_for_serde_json(text in json(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        prop_assert_eq!(accepts(&text), Ok(()));
        let mut bytes = text.clone().into_bytes();
        if !bytes.is_empty() {
            let index = at.index(bytes.len());
            bytes[index] = byte;
        }
        if let Ok(damaged) = String::from_utf8(bytes) {
            // Lone halves of surrogate pairs are refused only where a string is read, not where it is skipped.
            let expected = serde_json::from_str::<serde::de::IgnoredAny>(&damaged).is_ok();
            prop_assert_eq!(accepts(&damaged).is_ok(), expected, "{}", damaged);
        }
    }

    #[test]
    fn strings_are_read_as_serde_json_reads_them(text in ".{0,60}", tail in ".{0,9}") {
        let written = format!("{}{tail}", Value::from(text.clone()));
        let mut cursor = Cursor::new(&written);
        prop_assert_eq!(cursor.string().unwrap(), text);
        prop_assert_eq!(&written[cursor.at..], tail);
    }
}

#[test]
fn numbers_follow_the_grammar() {
    for good in ["0", "-0", "10", "1.5", "1e3", "1E+3", "-1.25e-7"] {
        assert_eq!(accepts(good), Ok(()), "{good}");
    }
    for bad in ["", "-", "01", "1.", ".5", "1e", "+1", "NaN", "0x1", "tru", "nul"] {
        assert_eq!(accepts(bad), Err(Refusal::NotJson), "{bad}");
    }
}

#[test]
fn nesting_is_bounded_and_needs_no_stack() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(accepts(&nested(NESTING_MAX as usize)), Ok(()));
    for depth in [NESTING_MAX as usize + 1, 1_000_000] {
        assert_eq!(accepts(&nested(depth)), Err(Refusal::TooDeep), "{depth}");
    }
    assert_eq!(accepts("[}"), Err(Refusal::NotJson));
    assert_eq!(accepts("{\"a\":[}]"), Err(Refusal::NotJson));
    assert_eq!(accepts("[1,]"), Err(Refusal::NotJson));
    assert_eq!(accepts("{\"a\":1,}"), Err(Refusal::NotJson));
}
