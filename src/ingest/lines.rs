//! Plain text, one message a line: no form is sought in it.

use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::error::Error;

/// Longest line that is read; the rest of it is passed over.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// Calls `fold` with every line of a file, or of standard input (`-`), without its end. Bytes that are not
/// UTF-8 are replaced.
///
/// # Errors
/// When the file cannot be opened or read.
pub fn read_lines(path: &Path, mut fold: impl FnMut(&str)) -> Result<(), Error> {
    each(path, &mut fold).map_err(|source| Error::Open { path: PathBuf::from(path), source })
}

fn each(path: &Path, fold: &mut dyn FnMut(&str)) -> io::Result<()> {
    let mut reader: Box<dyn BufRead> = if path.as_os_str() == "-" {
        Box::new(BufReader::new(io::stdin()))
    } else {
        Box::new(BufReader::with_capacity(1 << 18, std::fs::File::open(path)?))
    };
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut reader).take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        if !line.ends_with(b"\n") && read as u64 == LINE_BYTES_MAX {
            reader.skip_until(b'\n')?;
        }
        fold(&String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(&line)));
    }
}

#[cfg(test)]
mod tests {
    use super::{LINE_BYTES_MAX, read_lines};

    #[test]
    fn every_line_is_read_and_a_long_one_is_cut() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let long = "x".repeat(usize::try_from(LINE_BYTES_MAX).unwrap() + 5);
        std::fs::write(file.path(), [b"a\n\n", long.as_bytes(), b"\n\xff\nlast"].concat()).unwrap();
        let mut lines = Vec::new();
        read_lines(file.path(), |line| lines.push(line.to_owned())).unwrap();
        assert_eq!(lines.len(), 5);
        assert_eq!((lines[1].as_str(), lines[3].as_str(), lines[4].as_str()), ("", "\u{fffd}", "last"));
        assert_eq!(lines[2].len() as u64, LINE_BYTES_MAX);
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = read_lines("/no/such/file".as_ref(), |_| {}).unwrap_err();
        assert!(error.to_string().contains("/no/such/file"));
    }
}
