//! Source paths as the application's authors know them.
//!
//! In: a path as a stack trace prints it. Out: the part after the place of installation, and whether
//! the file belongs to the application. Images move their libraries between builds, so full paths
//! would split one bug in two.

/// A place inside a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Function or method; empty where the runtime prints none.
    pub function: String,
    /// File without its installation prefix; the class file in Java; empty where there is none.
    pub file: String,
    /// Line, counted from 1.
    pub line: Option<u32>,
    /// Whether the file belongs to the application rather than to a library or the runtime.
    pub in_app: bool,
}

/// Longest function or file name kept, in bytes.
const NAME_BYTES_MAX: usize = 300;

/// Everything up to and including these is the place of installation, wherever it stands; the last wins.
const LIBRARY_FOLDERS: [&str; 8] = [
    "site-packages/",
    "dist-packages/",
    "node_modules/",
    "/pkg/mod/",
    "/usr/local/go/src/",
    "/gems/",
    "/registry/src/",
    "/vendor/",
];

/// Folders into which images copy an application. Only one is removed: `/app/app/main.py` has a package `app`.
const APPLICATION_FOLDERS: [&str; 10] = [
    "/usr/src/app/",
    "/usr/app/",
    "/var/www/html/",
    "/home/node/app/",
    "/workspace/",
    "/build/",
    "/code/",
    "/app/",
    "/srv/",
    "/src/",
];

/// Anything from these is not the application's.
const FOREIGN: [&str; 14] = [
    "<",
    "node:",
    "internal/",
    "/usr/lib/",
    "/usr/local/lib/",
    "/usr/local/bin/",
    "/usr/bin/",
    "/usr/local/go/",
    "/opt/conda/",
    "/opt/venv/",
    "/opt/bitnami/",
    "/rustc/",
    "/layers/",
    "/root/.",
];

impl Frame {
    /// A frame whose file decides whether it is the application's.
    pub(super) fn at(function: &str, path: &str, line: Option<u32>) -> Self {
        let in_app = is_application(path);
        Self { function: bounded(function), file: bounded(short_path(path)), line, in_app }
    }
}

/// The path after the place of installation.
pub(super) fn short_path(path: &str) -> &str {
    let path = path.trim_start_matches("file://");
    let after_library =
        LIBRARY_FOLDERS.iter().filter_map(|folder| path.rfind(folder).map(|at| at + folder.len())).max();
    if let Some(start) = after_library {
        return &path[start..];
    }
    if let Some(start) = after_interpreter(path) {
        return &path[start..];
    }
    APPLICATION_FOLDERS.iter().find_map(|folder| path.strip_prefix(folder)).unwrap_or(path)
}

/// Whether a file is the application's own.
pub(super) fn is_application(path: &str) -> bool {
    let path = path.trim_start_matches("file://");
    !path.is_empty()
        && !FOREIGN.iter().any(|prefix| path.starts_with(prefix))
        && !LIBRARY_FOLDERS.iter().any(|folder| path.contains(folder))
        && after_interpreter(path).is_none()
        && !path.contains("/.cargo/")
        && path.strip_suffix(".pyx").is_none()
}

/// End of `…/lib/python3.11/`, the standard library's place.
fn after_interpreter(path: &str) -> Option<usize> {
    let folder = path.find("lib/python3")?;
    path[folder + 4..].find('/').map(|slash| folder + 4 + slash + 1)
}

fn bounded(text: &str) -> String {
    super::cut(text.trim(), NAME_BYTES_MAX).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_installation_is_not_part_of_a_path() {
        let cases = [
            ("/usr/local/lib/python3.11/site-packages/flask/app.py", "flask/app.py", false),
            ("/home/pat/.local/lib/python3.12/site-packages/flask/app.py", "flask/app.py", false),
            ("/usr/local/lib/python3.11/asyncio/runners.py", "asyncio/runners.py", false),
            ("/app/app/main.py", "app/main.py", true),
            ("/workspace/lamps/main.py", "lamps/main.py", true),
            ("/app/node_modules/.pnpm/zod@3/node_modules/zod/types.cjs", "zod/types.cjs", false),
            ("file:///srv/index.mjs", "index.mjs", true),
            ("node:internal/modules/cjs/loader", "node:internal/modules/cjs/loader", false),
            ("<frozen runpy>", "<frozen runpy>", false),
            ("/go/pkg/mod/github.com/acme/lamps@v1.2.0/hue.go", "github.com/acme/lamps@v1.2.0/hue.go", false),
        ];
        for (path, short, in_app) in cases {
            assert_eq!((short_path(path), is_application(path)), (short, in_app), "{path}");
        }
    }
}
