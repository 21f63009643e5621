//! `--output`: the file appears whole or not at all, and an interrupted run leaves nothing behind.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use crate::support::program::{CRASH, Program, fixture};
#[cfg(unix)]
use crate::support::skip;

fn crash() -> String {
    fixture(CRASH).display().to_string()
}

fn names(program: &Program) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(program.folder())
        .expect("a folder")
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn the_file_holds_what_standard_output_would() {
    let program = Program::new();
    let printed = program.run(&["analyze", &crash(), "--format", "markdown"]).out;
    let ran = program.run(&["analyze", &crash(), "--format", "markdown", "--output", "ticket.md"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", ""));
    assert_eq!(fs::read_to_string(program.folder().join("ticket.md")).expect("the report"), printed);
    assert_eq!(names(&program), ["ticket.md"]);
}

#[test]
fn a_run_that_fails_leaves_the_old_file() {
    let program = Program::new().file("report.txt", "the old one").file("page.html", "<html></html>");
    assert_eq!(program.run(&["analyze", "page.html", "--output", "report.txt"]).code, 4);
    assert_eq!(fs::read_to_string(program.folder().join("report.txt")).expect("there"), "the old one");
    assert_eq!(names(&program), ["page.html", "report.txt"]);
    // The findings are told in the file although the exit code is 3.
    assert_eq!(program.run(&["analyze", &crash(), "--output", "report.txt", "--fail-on", "likely"]).code, 3);
    assert!(fs::read_to_string(program.folder().join("report.txt")).expect("there").contains("No module named"));
    assert_eq!(names(&program), ["page.html", "report.txt"]);
}

#[cfg(unix)]
#[test]
fn links_permissions_and_devices_stay_what_they_are() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let program = Program::new().file("real/report.txt", "old");
    let (real, link) = (program.folder().join("real/report.txt"), program.folder().join("link.txt"));
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).expect("ours");
    symlink("real/report.txt", &link).expect("a link");
    assert_eq!(program.run(&["analyze", &crash(), "-o", "link.txt"]).code, 0);
    assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
    assert!(fs::read_to_string(&real).expect("there").contains("No module named"));
    assert_eq!(fs::metadata(&real).expect("there").permissions().mode() & 0o777, 0o640);
    let ran = program.run(&["analyze", &crash(), "-o", "/dev/stdout"]);
    assert!(ran.code == 0 && ran.out.contains("No module named"), "{}", ran.err);
    // A new file is as open to others as the umask lets any new file be.
    let plain = program.folder().join("plain");
    fs::write(&plain, "").expect("writable");
    assert_eq!(program.run(&["analyze", &crash(), "-o", "new.txt"]).code, 0);
    let mode = |path: &std::path::Path| fs::metadata(path).expect("there").permissions().mode();
    assert_eq!(mode(&program.folder().join("new.txt")), mode(&plain));
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_run_and_leaves_no_file() {
    use std::os::unix::process::ExitStatusExt;
    if is_interrupt_ignored() {
        return skip("whoever started the tests has interrupts ignored, and children inherit that");
    }
    let program = Program::new().file("report.txt", "the old one");
    // Standard input stays open, so the run waits for more when the signal comes.
    let mut child = program
        .command(&["analyze", "-", "--output", "report.txt"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().expect("ours").is_none(), "it waits for its input");
    let sent = std::process::Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
    assert!(sent.expect("a shell").success());
    assert_eq!(child.wait().expect("it ends").signal(), Some(2));
    assert_eq!(fs::read_to_string(program.folder().join("report.txt")).expect("there"), "the old one");
    assert_eq!(names(&program), ["report.txt"]);
}

/// Whether this process ignores interrupts, as a background job of a shell without job control does.
#[cfg(unix)]
fn is_interrupt_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 0b10 != 0)
}
