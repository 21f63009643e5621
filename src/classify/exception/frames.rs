//! Frames, and whether they belong to the application.

/// One place of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Function or method.
    pub function: String,
    /// File without installation prefix.
    pub file: String,
    /// Line, where printed.
    pub line: Option<u32>,
    /// Whether it is the application's own code.
    pub in_app: bool,
}

/// Folders behind which a path means the same on every machine.
const PREFIXES: [&str; 10] = [
    "site-packages/",
    "dist-packages/",
    "node_modules/",
    "/usr/src/app/",
    "/app/",
    "/workspace/",
    "/srv/",
    "/code/",
    "/home/app/",
    "/layers/",
];

/// Marks of code that is not the application's.
const FOREIGN: [&str; 12] = [
    "site-packages/",
    "dist-packages/",
    "node_modules/",
    "node:",
    "/lib/python",
    "<frozen",
    "internal/",
    "/usr/local/go/",
    "/go/pkg/mod/",
    "/rustc/",
    "/gems/",
    "/vendor/",
];

/// A frame with its path shortened.
pub(super) fn frame(function: &str, file: &str, line: Option<u32>) -> Frame {
    let in_app = !FOREIGN.iter().any(|mark| file.contains(mark)) && !file.is_empty();
    Frame { function: function.trim().to_owned(), file: shortened(file).to_owned(), line, in_app }
}

fn shortened(file: &str) -> &str {
    PREFIXES
        .iter()
        .filter_map(|prefix| file.rfind(prefix).map(|at| at + prefix.len()))
        .max()
        .map_or(file, |at| &file[at..])
}
