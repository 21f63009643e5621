//! Replacing a file so that a program or a machine that stops at any moment leaves the old one or the new one, whole.
//!
//! In: a temporary file, written, in the folder of its target. Out: the target.

use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

/// Brings the bytes to the disk, gives the file its name, and brings the name to the disk.
pub fn replace(file: NamedTempFile, target: &Path) -> io::Result<()> {
    // The name must not reach the disk before the bytes.
    file.as_file().sync_all()?;
    file.persist(target)?;
    target.parent().map_or(Ok(()), sync_folder)
}

/// Brings a rename to the disk.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

/// Elsewhere the file system does it by itself.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::replace;

    #[test]
    fn a_target_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("state");
        for text in ["old", "new"] {
            let mut file = tempfile::NamedTempFile::new_in(folder.path()).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            replace(file, &target).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
