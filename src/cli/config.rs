//! `whydown config show`: every setting, its value and where it came from, in the form of a settings file.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use super::exit::{self, Failure};
use super::settings::{Kind, Resolved, Settings, Source};

/// Show the settings in force, and where each came from.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  whydown config show\n  whydown config show --format json\n\nFlags beat variables (WHYDOWN_*), which beat whydown.toml in the working directory, which beats\nwhydown/config.toml in your configuration folder."
)]
pub struct Config {
    #[command(subcommand)]
    command: Job,
}

#[derive(Debug, Subcommand)]
enum Job {
    /// Print every setting, its value and where it came from
    #[command(after_help = "Examples:\n  whydown config show\n  whydown config show --format json")]
    Show {
        /// Form of the list; text is a valid whydown.toml
        #[arg(long, value_enum, default_value_t = ShowFormat::Text)]
        format: ShowFormat,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ShowFormat {
    Text,
    Json,
}

/// One setting of the JSON form.
#[derive(Serialize)]
struct Shown<'a> {
    key: &'a str,
    /// As text; `null` where nobody set it and the default depends on the place.
    value: Option<Vec<String>>,
    source: String,
    variable: &'a str,
    about: &'a str,
}

impl Config {
    /// Prints the settings.
    pub fn run(&self) -> Result<ExitCode, Failure> {
        let Job::Show { format } = self.command;
        let settings = Settings::of_process(&super::command())?;
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        match format {
            ShowFormat::Text => text(&settings, &mut out)?,
            ShowFormat::Json => {
                let shown: Vec<Shown<'_>> = settings.iter().map(shown).collect();
                serde_json::to_writer_pretty(&mut out, &shown).map_err(std::io::Error::from)?;
                writeln!(out)?;
            }
        }
        out.flush()?;
        Ok(ExitCode::from(exit::ANALYSED))
    }
}

fn shown(one: &Resolved) -> Shown<'_> {
    let values = || one.values.iter().map(|value| value.to_string_lossy().into_owned()).collect();
    Shown {
        key: one.setting.key,
        value: (one.source != Source::Default).then(values),
        source: source(one),
        variable: one.setting.variable,
        about: one.setting.about,
    }
}

fn text(settings: &Settings, out: &mut dyn Write) -> std::io::Result<()> {
    let mut section = "";
    for one in settings.iter() {
        let (above, name) = one.setting.key.rsplit_once('.').unwrap_or(("", one.setting.key));
        if above != section {
            section = above;
            writeln!(out, "\n[{section}]")?;
        }
        // A default is written as a comment: the file says the same when it is saved.
        let (mark, value) = match one.source {
            Source::Default => ("# ", one.setting.example.to_owned()),
            _ => ("", toml(one)),
        };
        writeln!(out, "# {}", one.setting.about)?;
        writeln!(out, "{mark}{name} = {value}  # {} ({})", source(one), one.setting.variable)?;
    }
    Ok(())
}

/// The value as a file has it.
fn toml(one: &Resolved) -> String {
    let quoted = |value: &OsString| toml::Value::String(value.to_string_lossy().into_owned()).to_string();
    let first = || one.values.first().map_or_else(String::new, |value| value.to_string_lossy().into_owned());
    match one.setting.kind {
        Kind::Folders => format!("[{}]", one.values.iter().map(quoted).collect::<Vec<_>>().join(", ")),
        Kind::Integers { .. } => {
            let numbers: Vec<_> = one.values.iter().map(|value| value.to_string_lossy()).collect();
            format!("[{}]", numbers.join(", "))
        }
        Kind::Choice | Kind::Time | Kind::File => one.values.first().map_or_else(String::new, quoted),
        Kind::Integer { .. } | Kind::Number { .. } | Kind::Switch => first(),
    }
}

fn source(one: &Resolved) -> String {
    match &one.source {
        Source::Default => "default".to_owned(),
        Source::Variable(name) => format!("environment variable {name}"),
        // A path may hold anything; it stands in a comment and on a terminal.
        Source::File { path, line } => format!("{}:{line}", path.display().to_string().escape_debug()),
    }
}
