//! Scalars of a record: text and HTTP status, in whatever JSON type the exporter wrote them.

use std::borrow::Cow;

use super::cursor::{Cursor, Refusal};
use super::{Status, Text};

/// Reads the value at the cursor as text; `None` for null.
#[inline]
pub(super) fn text<'a>(cursor: &mut Cursor<'a>) -> Result<Option<Text<'a>>, Refusal> {
    match cursor.peek() {
        Some(b'"') => cursor.string().map(|text| Some(Text(text))),
        Some(b'{' | b'[') => cursor.skip().map(|()| Some(Text::default())),
        _ => Ok(match cursor.scalar()? {
            "null" => None,
            written => Some(Text(Cow::Borrowed(written))),
        }),
    }
}

/// Reads the value at the cursor as an HTTP status; `None` for null.
pub(super) fn status(cursor: &mut Cursor<'_>) -> Result<Option<Status>, Refusal> {
    Ok(text(cursor)?.map(|Text(written)| {
        let number = written.trim().parse::<f64>().ok().filter(|number| (1.0..=65_535.0).contains(number));
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked first")]
        let status = number.map(|number| number as u16);
        Status(status)
    }))
}
