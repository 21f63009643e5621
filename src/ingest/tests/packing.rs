//! Encodings and packings change nothing about what is read.

use std::io::Write;

use super::super::{Options, read};
use super::{Seen, pretty, read_one, read_with, record};

fn sample() -> String {
    let entries: Vec<String> = (0..300).map(|index| record(&format!("id{index:03}"), "größer 🎤")).collect();
    format!("{}\n", entries.join("\n"))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn utf16(text: &str, mark: bool, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    mark.then_some(0xfeff).into_iter().chain(text.encode_utf16()).flat_map(to_bytes).collect()
}

#[test]
fn encodings_and_packings_do_not_change_the_entries() {
    let text = sample();
    let array = format!("[{}]", text.trim().replace('\n', ",\n"));
    let (expected, _) = read_one(text.as_bytes()).unwrap();
    assert_eq!(expected.len(), 300);
    let half = text.len() / 2;
    for (bytes, compression, encoding) in [
        (utf16(&text, true, u16::to_le_bytes), "none", "utf-16le"),
        (utf16(&array, true, u16::to_be_bytes), "none", "utf-16be"),
        (utf16(&text, false, u16::to_le_bytes), "none", "utf-16le"),
        (utf16(&array, false, u16::to_be_bytes), "none", "utf-16be"),
        ([b"\xef\xbb\xbf", text.as_bytes()].concat(), "none", "utf-8-bom"),
        (text.replace('\n', "\r\n").into_bytes(), "none", "utf-8"),
        (gzip(text.as_bytes()), "gzip", "utf-8"),
        ([gzip(&text.as_bytes()[..half]), gzip(&text.as_bytes()[half..])].concat(), "gzip", "utf-8"),
        (zstd::encode_all(text.as_bytes(), 1).unwrap(), "zstd", "utf-8"),
        (gzip(&utf16(&array, true, u16::to_le_bytes)), "gzip", "utf-16le"),
        (tar(&[("logs/.hidden", b"x"), ("logs/a.json", text.as_bytes())]), "tar", "utf-8"),
        (gzip(&tar(&[("logs/a.json.gz", &gzip(text.as_bytes()))])), "tar.gzip", "utf-8"),
    ] {
        let (seen, read) = read_one(&bytes).unwrap();
        assert_eq!(seen, expected, "{compression} {encoding}");
        assert_eq!(
            (read.files[0].compression.as_str(), read.files[0].encoding.as_str(), read.files[0].entries),
            (compression, encoding, 300)
        );
        assert!(read.damage.is_empty(), "{:?}", read.damage);
    }
}

#[test]
fn members_of_an_archive_may_have_different_forms_and_their_lines_count_on() {
    let archive = tar(&[
        ("a.ndjson", format!("{}\n", record("a", "x")).as_bytes()),
        ("b.json", format!("[\n{}\n]\n", pretty("b", "y")).as_bytes()),
        ("c", b"notes\n"),
    ]);
    let (seen, read) = read_one(&archive).unwrap();
    assert_eq!(seen.iter().map(|seen| (seen.id.as_str(), seen.line)).collect::<Vec<_>>(), [("a", 1), ("b", 3)]);
    assert_eq!(read.files[0].rejected, 0);
}

#[test]
fn a_cut_gzip_file_gives_what_it_still_holds() {
    let packed = gzip(sample().as_bytes());
    let (seen, read) = read_one(&packed[..packed.len() - 200]).unwrap();
    assert!(seen.len() > 200 && seen.len() < 300, "{}", seen.len());
    assert!(read.damage.iter().any(|damage| damage.kind == "cut-compression"), "{:?}", read.damage);
}

#[test]
fn a_compression_bomb_ends_at_the_limit() {
    let text = format!("{}\n{}", record("a", "x"), " ".repeat(50 << 20));
    let options = Options { max_decompressed_bytes: 1 << 20, ..Options::default() };
    for packed in [gzip(text.as_bytes()), gzip(&gzip(text.as_bytes())), zstd::encode_all(text.as_bytes(), 3).unwrap()] {
        let (seen, read) = read_with(&[("f".to_owned(), packed)], &options).unwrap();
        assert_eq!(seen.len(), 1);
        assert_eq!(read.damage[0].kind, "decompression-limit");
    }
}

#[test]
fn directories_are_walked_in_order_and_hidden_files_skipped() {
    let folder = std::env::temp_dir().join(format!("whydown-ingest-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("2025/01")).unwrap();
    for (name, bytes) in [
        ("2025/01/b.json", record("b", "x").into_bytes()),
        ("a.json.gz", gzip(record("a", "x").as_bytes())),
        (".c.json", record("c", "x").into_bytes()),
    ] {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    let result =
        read(std::slice::from_ref(&folder), &Options::default(), || 0, |count, entries| *count += entries.len())
            .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(result.partials.iter().sum::<usize>(), 2);
    let names: Vec<_> = result.files.iter().map(|file| file.path.rsplit('/').next().unwrap_or_default()).collect();
    assert_eq!(names, ["b.json", "a.json.gz"]);
    let missing = read(&[folder.join("nope")], &Options::default(), || (), |(), _| {}).unwrap_err().to_string();
    assert!(missing.starts_with("cannot read "), "{missing}");
}

#[test]
fn any_number_of_threads_reads_the_same() {
    let text = sample().repeat(60);
    let named: Vec<(String, Vec<u8>)> = (0..5)
        .map(|index| {
            (format!("f{index}"), if index % 2 == 0 { gzip(text.as_bytes()) } else { text.clone().into_bytes() })
        })
        .collect();
    let read_by = |threads| {
        let (mut seen, read) = read_with(&named, &Options { threads, ..Options::default() }).unwrap();
        seen.sort();
        (seen, read.files, read.damage)
    };
    let expected: (Vec<Seen>, _, _) = read_by(1);
    assert_eq!(expected.0.len(), 300 * 60 * 5);
    assert_eq!(read_by(2), expected);
    assert_eq!(read_by(8), expected);
}
