//! Bytes that were read, in room that is used again.
//!
//! What is behind the bytes stays written from earlier use, so that reading into it needs no clearing: a large
//! export would otherwise be written to memory twice.

use std::io::{self, ErrorKind, Read};
use std::ops::Deref;

/// Bytes in front, room behind them.
#[derive(Debug, Default)]
pub(in crate::ingest) struct Buffer {
    /// Bytes and room.
    room: Vec<u8>,
    len: usize,
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.room[..self.len]
    }
}

impl Buffer {
    /// Forgets the bytes and keeps the room, if it is not above `room_max`.
    pub(super) fn clear(&mut self, room_max: usize) {
        self.len = 0;
        if self.room.len() > room_max {
            self.room = Vec::new();
        }
    }

    /// Forgets the bytes from `len` on.
    pub(super) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Takes away the first `len` bytes.
    pub(super) fn drop_front(&mut self, len: usize) {
        let len = len.min(self.len);
        self.room.copy_within(len..self.len, 0);
        self.len -= len;
    }

    /// Appends bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.make_room(bytes.len());
        self.room[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    /// Appends up to `len` bytes of a reader; less only at its end, or before an error.
    pub(super) fn read(&mut self, reader: &mut dyn Read, len: usize) -> io::Result<usize> {
        self.make_room(len);
        let (start, end) = (self.len, self.len + len);
        while self.len < end {
            match reader.read(&mut self.room[self.len..end]) {
                Ok(0) => break,
                Ok(count) => self.len += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.len - start)
    }

    fn make_room(&mut self, len: usize) {
        let needed = self.len + len;
        if self.room.len() < needed {
            self.room.reserve(needed - self.room.len());
            let whole = self.room.capacity();
            self.room.resize(whole, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use super::Buffer;

    /// Gives one byte at a time and fails at the end.
    struct Broken(&'static [u8]);

    impl Read for Broken {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let (first, rest) = self.0.split_first().ok_or(io::ErrorKind::UnexpectedEof)?;
            out[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    #[test]
    fn room_is_used_again_and_old_bytes_never_show() {
        let mut buffer = Buffer::default();
        assert_eq!(buffer.read(&mut &b"0123456789"[..], 8).unwrap(), 8);
        buffer.drop_front(6);
        assert_eq!(&*buffer, b"67");
        buffer.push(b"ab");
        buffer.truncate(3);
        assert_eq!(&*buffer, b"67a");
        buffer.clear(usize::MAX);
        assert_eq!(&*buffer, b"");
        assert_eq!(buffer.read(&mut &b"xy"[..], 5).unwrap(), 2);
        assert_eq!(&*buffer, b"xy");
        buffer.clear(0);
        assert_eq!(buffer.room.len(), 0);
    }

    #[test]
    fn what_came_before_an_error_is_kept() {
        let mut buffer = Buffer::default();
        assert!(buffer.read(&mut Broken(b"abc"), 8).is_err());
        assert_eq!(&*buffer, b"abc");
    }
}
