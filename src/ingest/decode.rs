//! Brings text of any encoding to UTF-8, while it streams.
//!
//! In go unpacked bytes; out comes a reader of UTF-8 bytes without byte-order mark, and the name of
//! the encoding. PowerShell redirects write UTF-16, so a quarter of real exports have it. Invalid
//! UTF-8 passes through here; it is found and counted where records are parsed.

use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, UTF_16BE, UTF_16LE};

use super::input::{Bytes, Peeked};

/// Bytes looked at to tell the encoding.
const LOOK_LEN: usize = 512;
/// Bytes decoded at a time.
const BLOCK_BYTES: usize = 1 << 16;

/// The text as UTF-8 and the name of its encoding.
pub(super) fn decode(reader: Bytes) -> (Bytes, &'static str) {
    let mut peeked = Peeked::new(reader, LOOK_LEN);
    let (encoding, mark_len) = encoding_of(&peeked.head);
    peeked.skip(mark_len);
    match encoding {
        "utf-16le" => (Box::new(Utf16::new(peeked, UTF_16LE.new_decoder_without_bom_handling())), encoding),
        "utf-16be" => (Box::new(Utf16::new(peeked, UTF_16BE.new_decoder_without_bom_handling())), encoding),
        _ => (Box::new(peeked), encoding),
    }
}

/// The encoding by its mark, or by where the NUL bytes of ASCII text stand; and the length of the mark.
fn encoding_of(head: &[u8]) -> (&'static str, usize) {
    match head {
        [0xef, 0xbb, 0xbf, ..] => return ("utf-8-bom", 3),
        [0xff, 0xfe, ..] => return ("utf-16le", 2),
        [0xfe, 0xff, ..] => return ("utf-16be", 2),
        _ => {}
    }
    let pairs = head.len() / 2;
    let nul_pairs =
        |offset: usize| head.chunks_exact(2).filter(|pair| pair[offset] == 0 && pair[1 - offset] != 0).count();
    if pairs >= 2 && nul_pairs(1) * 10 >= pairs * 7 {
        ("utf-16le", 0)
    } else if pairs >= 2 && nul_pairs(0) * 10 >= pairs * 7 {
        ("utf-16be", 0)
    } else {
        ("utf-8", 0)
    }
}

/// Decodes UTF-16; what cannot be decoded becomes U+FFFD.
struct Utf16 {
    inner: Peeked,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_used: usize,
    decoded: Vec<u8>,
    given: usize,
    finished: bool,
}

impl Utf16 {
    fn new(inner: Peeked, decoder: Decoder) -> Self {
        Self { inner, decoder, raw: Vec::new(), raw_used: 0, decoded: Vec::new(), given: 0, finished: false }
    }

    fn refill(&mut self) -> io::Result<()> {
        let mut is_last = false;
        if self.raw_used == self.raw.len() {
            self.raw.clear();
            self.raw_used = 0;
            (&mut self.inner).take(BLOCK_BYTES as u64).read_to_end(&mut self.raw)?;
            is_last = self.raw.is_empty();
        }
        self.decoded.resize(BLOCK_BYTES * 3, 0);
        let (result, read, written, _) =
            self.decoder.decode_to_utf8(&self.raw[self.raw_used..], &mut self.decoded, is_last);
        self.raw_used += read;
        self.decoded.truncate(written);
        self.given = 0;
        self.finished = is_last && result == CoderResult::InputEmpty;
        Ok(())
    }
}

impl Read for Utf16 {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.given == self.decoded.len() {
            if self.finished {
                return Ok(0);
            }
            self.refill()?;
        }
        let count = (&self.decoded[self.given..]).read(out)?;
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use super::decode;

    fn decoded(bytes: Vec<u8>) -> (String, &'static str) {
        let (mut reader, encoding) = decode(Box::new(Cursor::new(bytes)));
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        (text, encoding)
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "{\"textPayload\": \"größer 🎤 中\"}\r\n".repeat(9_000);
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decoded(text.clone().into_bytes()), (text.clone(), "utf-8"));
        assert_eq!(decoded([b"\xef\xbb\xbf", text.as_bytes()].concat()), (text.clone(), "utf-8-bom"));
        assert_eq!(decoded([b"\xff\xfe", &le[..]].concat()), (text.clone(), "utf-16le"));
        assert_eq!(decoded([b"\xfe\xff", &be[..]].concat()), (text.clone(), "utf-16be"));
        assert_eq!(decoded(le), (text.clone(), "utf-16le"));
        assert_eq!(decoded(be), (text, "utf-16be"));
    }

    #[test]
    fn a_cut_utf_16_text_ends_in_a_replacement_character() {
        assert_eq!(decoded(b"\xff\xfea\0b\0c".to_vec()).0, "ab\u{fffd}");
    }
}
