//! Says what a file that holds no log entries seems to be.
//!
//! In goes the beginning of the file as stored; out comes a short noun phrase for the message.

/// Formats that are told by their first bytes.
const MAGIC: &[(&[u8], &str)] = &[
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive (unpack it first)"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x7fELF", "an executable"),
    (b"MZ", "a Windows executable"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x1f\x8b", "a damaged gzip file"),
    (b"\x28\xb5\x2f\xfd", "a damaged zstd file"),
    (b"BZh", "a bzip2 file (unpack it first)"),
    (b"\xfd7zXZ", "an xz file (unpack it first)"),
    (b"7z\xbc\xaf", "a 7z archive (unpack it first)"),
    (b"ARROW1", "an Arrow file"),
    (b"Obj\x01", "an Avro file"),
];

/// What `[]` is, which gcloud prints when nothing matches.
pub(super) const EMPTY_EXPORT: &str = "an export without any entry (the filter or the time range matched nothing)";

/// What the text, or failing that the stored bytes, look like. `text` is the decoded beginning.
pub(super) fn looks_like(stored: &[u8], text: &[u8]) -> String {
    if stored.is_empty() {
        return "an empty file".to_owned();
    }
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| stored.starts_with(magic))
        && (text.is_empty() || !name.starts_with("a damaged"))
    {
        return (*name).to_owned();
    }
    let head = String::from_utf8_lossy(&text[..text.len().min(4096)])
        .trim_start_matches(['\u{feff}', '\0'])
        .trim_start()
        .to_ascii_lowercase();
    if head.is_empty() {
        return "a file with nothing but blanks".to_owned();
    }
    if head.starts_with("<!doctype html") || head.starts_with("<html") || head.contains("<head>") {
        let login = ["sign in", "log in", "login", "accounts.google.com"].iter().any(|word| head.contains(word));
        return if login { "an HTML login page (the download was not signed in)" } else { "an HTML page" }.to_owned();
    }
    if head.starts_with("<?xml") {
        return "an XML document".to_owned();
    }
    if head.starts_with("error:") || head.starts_with("error: (gcloud") {
        return "the error message of a command, not its output".to_owned();
    }
    if matches!(head.trim_end(), "[]" | "{}") {
        return EMPTY_EXPORT.to_owned();
    }
    if head.starts_with(['{', '[']) && head.contains('"') {
        return "JSON without log entries".to_owned();
    }
    if text.iter().take(4096).filter(|byte| **byte < 9).count() > text.len().min(4096) / 50 || text.contains(&0) {
        return "binary data".to_owned();
    }
    match head.lines().next() {
        Some(first) if first.matches(',').count() >= 2 && !first.contains(". ") => {
            "a CSV table without log columns".to_owned()
        }
        Some(first) if first.starts_with("---") || first.starts_with("apiversion:") => {
            "YAML without log entries".to_owned()
        }
        _ => "plain text without log entries".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::looks_like;

    #[test]
    fn common_wrong_files_are_named() {
        for (bytes, name) in [
            (&b""[..], "an empty file"),
            (b"  \n", "a file with nothing but blanks"),
            (b"\x89PNG\r\n\x1a\n", "a PNG image"),
            (b"<!DOCTYPE html><title>Sign in</title>", "an HTML login page (the download was not signed in)"),
            (b"<html><body>x", "an HTML page"),
            (b"[]\n", super::EMPTY_EXPORT),
            (b"{\"name\": 1}", "JSON without log entries"),
            (b"hello world", "plain text without log entries"),
            (b"a,b,c\n1,2,3\n", "a CSV table without log columns"),
            (b"\x00\x01\x02\x03\x00\x00", "binary data"),
        ] {
            assert_eq!(looks_like(bytes, bytes), name);
        }
    }
}
