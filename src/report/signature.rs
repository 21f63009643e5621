//! The catalogue for people: one signature or exit code as a page, and all of them as a list.
//!
//! A rule may be anybody's file, so its texts are made harmless like those of a log.

use std::io::{self, Write};

use serde::Serialize;

use super::{Options, escape, text};
use crate::classify::matcher::{Catalog, ExitCode, Signature};

const BOLD: &str = "\u{1b}[1m";
const RESET: &str = "\u{1b}[0m";

/// Longest line of an example that is shown, in characters.
const EXAMPLE_CHARS_MAX: usize = 400;

/// Lines of one example that are shown.
const EXAMPLE_LINES_MAX: usize = 40;

struct Page<'a> {
    out: &'a mut dyn Write,
    options: Options,
}

/// Writes the page of one signature: what it means, what to check, what to do, and which texts have it.
pub fn page(signature: &Signature, options: Options, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { out, options };
    let advice = signature.advice();
    page.title(&signature.id, &signature.title)?;
    page.section("Meaning", std::slice::from_ref(&advice.meaning), "")?;
    let streams: Vec<&str> = signature.streams.iter().map(|stream| stream.word()).collect();
    let mut facts = vec![
        ("Role", signature.role.word()),
        ("Category", signature.category.word()),
        ("Platform", signature.scope.word()),
        ("Streams", if streams.is_empty() { "any".to_owned() } else { streams.join(", ") }),
        ("Priority", signature.priority.to_string()),
    ];
    if !signature.identity.is_empty() {
        facts.push(("Told apart by", signature.identity.join(", ")));
    }
    facts.push(("Comes from", origin(signature.file.is_some(), &signature.path())));
    page.facts(&facts)?;
    page.section("What to check", &advice.check, "- ")?;
    page.section("What to do", &advice.fix, "- ")?;
    page.section("Documentation", std::slice::from_ref(&advice.documentation), "")?;
    for (heading, wanted) in [("Such texts have it", true), ("Such texts do not", false)] {
        let texts: Vec<&str> =
            signature.examples().iter().filter(|one| one.matches == wanted).map(|one| one.text.as_str()).collect();
        page.examples(heading, &texts)?;
    }
    Ok(())
}

/// Writes the page of one exit code.
pub fn exit_code_page(code: &ExitCode, options: Options, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { out, options };
    page.title(&format!("exit-{}", code.code), &code.name)?;
    page.section("Meaning", std::slice::from_ref(&code.meaning), "")?;
    let word = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    page.facts(&[
        ("Signal", code.signal.map_or_else(|| "none".to_owned(), |signal| signal.to_string())),
        ("Before it served", word(code.is_boot_failure)),
        ("An ordinary stop", word(code.is_ordinary_stop)),
        ("Comes from", origin(code.file.is_some(), &code.path())),
    ])?;
    page.section("Usual causes", &code.usual_causes, "- ")?;
    page.section("Documentation", std::slice::from_ref(&code.documentation), "")
}

/// Writes one line a signature and one an exit code.
pub fn list(catalog: &Catalog, out: &mut dyn Write) -> io::Result<()> {
    let mut rows: Vec<[String; 5]> = vec![["ID", "ROLE", "CATEGORY", "ORIGIN", "TITLE"].map(str::to_owned)];
    for one in catalog.signatures() {
        let from = whose(one.file.is_some());
        rows.push([one.id.clone(), one.role.word(), one.category.word(), from, clean(&one.title)]);
    }
    for one in catalog.exit_codes() {
        let from = whose(one.file.is_some());
        rows.push([format!("exit-{}", one.code), "-".to_owned(), "-".to_owned(), from, clean(&one.name)]);
    }
    let wide = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths = [wide(0), wide(1), wide(2), wide(3)];
    for [id, role, category, from, title] in &rows {
        let [a, b, c, d] = widths;
        writeln!(out, "{id:<a$}  {role:<b$}  {category:<c$}  {from:<d$}  {title}")?;
    }
    Ok(())
}

/// What the JSON list says.
#[derive(Serialize)]
struct Listed<'a> {
    signatures: Vec<ListedSignature<'a>>,
    exit_codes: Vec<ListedExitCode<'a>>,
}

#[derive(Serialize)]
struct ListedSignature<'a> {
    id: &'a str,
    title: &'a str,
    role: String,
    category: String,
    platform: String,
    streams: Vec<&'a str>,
    priority: i32,
    meaning: &'a str,
    documentation: &'a str,
    /// The user's file; `null` for a built-in one.
    file: Option<String>,
}

#[derive(Serialize)]
struct ListedExitCode<'a> {
    code: i64,
    name: &'a str,
    meaning: &'a str,
    is_boot_failure: bool,
    is_ordinary_stop: bool,
    file: Option<String>,
}

/// Writes the same as JSON.
pub fn list_json(catalog: &Catalog, out: &mut dyn Write) -> io::Result<()> {
    let path = |file: &Option<std::path::PathBuf>| file.as_ref().map(|path| path.display().to_string());
    let signatures = catalog.signatures().iter().map(|one| ListedSignature {
        id: &one.id,
        title: &one.title,
        role: one.role.word(),
        category: one.category.word(),
        platform: one.scope.word(),
        streams: one.streams.iter().map(|stream| stream.word()).collect(),
        priority: one.priority,
        meaning: &one.advice().meaning,
        documentation: &one.advice().documentation,
        file: path(&one.file),
    });
    let exit_codes = catalog.exit_codes().map(|one| ListedExitCode {
        code: one.code,
        name: &one.name,
        meaning: &one.meaning,
        is_boot_failure: one.is_boot_failure,
        is_ordinary_stop: one.is_ordinary_stop,
        file: path(&one.file),
    });
    let listed = Listed { signatures: signatures.collect(), exit_codes: exit_codes.collect() };
    super::json::write(&listed, out)
}

impl Page<'_> {
    fn title(&mut self, id: &str, title: &str) -> io::Result<()> {
        let (on, off) = if self.options.color { (BOLD, RESET) } else { ("", "") };
        writeln!(self.out, "{on}{}{off}", clean(id))?;
        self.prose("", "", title)
    }

    fn section(&mut self, heading: &str, texts: &[String], bullet: &str) -> io::Result<()> {
        let texts: Vec<&String> = texts.iter().filter(|text| !text.trim().is_empty()).collect();
        if texts.is_empty() {
            return Ok(());
        }
        self.heading(heading)?;
        let next = " ".repeat(2 + bullet.len());
        texts.into_iter().try_for_each(|text| self.prose(&format!("  {bullet}"), &next, text))
    }

    fn facts(&mut self, facts: &[(&str, String)]) -> io::Result<()> {
        writeln!(self.out)?;
        let wide = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 2;
        facts.iter().try_for_each(|(name, value)| self.prose(&format!("{name:<wide$}"), &" ".repeat(wide), value))
    }

    fn examples(&mut self, heading: &str, texts: &[&str]) -> io::Result<()> {
        if texts.is_empty() {
            return Ok(());
        }
        self.heading(heading)?;
        for (number, text) in texts.iter().enumerate() {
            if number > 0 {
                writeln!(self.out)?;
            }
            for line in escape::lines(text, EXAMPLE_LINES_MAX, EXAMPLE_CHARS_MAX) {
                writeln!(self.out, "  > {line}")?;
            }
        }
        Ok(())
    }

    fn heading(&mut self, heading: &str) -> io::Result<()> {
        let (on, off) = if self.options.color { (BOLD, RESET) } else { ("", "") };
        writeln!(self.out, "\n{on}{heading}{off}")
    }

    fn prose(&mut self, first: &str, next: &str, words: &str) -> io::Result<()> {
        let lines = text::wrap(&clean(words), usize::from(self.options.width), first.len(), next.len());
        for (number, line) in lines.iter().enumerate() {
            writeln!(self.out, "{}{line}", if number == 0 { first } else { next })?;
        }
        Ok(())
    }
}

fn clean(text: &str) -> String {
    escape::line(text, 4_000)
}

fn whose(is_users: bool) -> String {
    if is_users { "user" } else { "built-in" }.to_owned()
}

fn origin(is_users: bool, path: &std::path::Path) -> String {
    if is_users { path.display().to_string() } else { "the built-in catalogue".to_owned() }
}
