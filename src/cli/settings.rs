//! Settings: what a flag is when it is not typed. Flags beat the environment (`WHYDOWN_*`), which beats
//! `whydown.toml` in the working directory, which beats `config.toml` in the user's configuration folder.
//!
//! In: the environment and up to two files. Out: one [`Resolved`] a setting, with where it came from, and the same
//! as defaults of the flags they stand for: a subcommand that has the flag follows the setting without a line of
//! its own, and `--help` shows the value in force.

mod file;
mod table;
#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::{Arg, Command};
use etcetera::BaseStrategy;

use super::moment;
use super::nearest::or_nearest;
pub use table::{ALL, Kind, Setting};

/// The file in the working directory.
const LOCAL_FILE: &str = "whydown.toml";

/// The file below the user's configuration folder.
const USER_FILE: &str = "whydown/config.toml";

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file that is there could not be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Read {
        /// File.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is not TOML.
    #[error("{path} is not TOML: {problem}\nremedy: `whydown config show` prints settings as they are written", path = path.display())]
    Format {
        /// File.
        path: PathBuf,
        /// What the TOML reader said, with the line.
        problem: String,
    },
    /// A key that means nothing.
    #[error("{place}: unknown key `{key}`; remedy: {remedy}")]
    Unknown {
        /// `file:line`.
        place: String,
        /// Dotted key.
        key: String,
        /// The nearest known key, or how to list them.
        remedy: String,
    },
    /// A value that cannot be used.
    #[error("{place}: `{key}`: {problem}; remedy: {remedy}")]
    Value {
        /// `file:line`, or the environment variable.
        place: String,
        /// Dotted key.
        key: &'static str,
        /// What is wrong, with the value.
        problem: String,
        /// What to write.
        remedy: String,
    },
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nobody set it.
    Default,
    /// An environment variable.
    Variable(&'static str),
    /// A file and a line.
    File {
        /// Path.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
}

/// One setting with its value.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The setting.
    pub setting: &'static Setting,
    /// As a flag takes it, one item a value; empty = the flag's own default.
    pub values: Vec<OsString>,
    /// Where it came from.
    pub source: Source,
}

/// Every setting, in the order of the table.
#[derive(Debug)]
pub struct Settings(Vec<Resolved>);

impl Settings {
    /// Reads the environment and the files of this process. `command` knows the values that choices have.
    ///
    /// # Errors
    /// [`ConfigError`], with the place, the key, the value and the remedy.
    pub fn of_process(command: &Command) -> Result<Self, ConfigError> {
        let user = etcetera::choose_base_strategy().map(|strategy| strategy.config_dir().join(USER_FILE)).ok();
        let files: Vec<PathBuf> = [Some(PathBuf::from(LOCAL_FILE)), user].into_iter().flatten().collect();
        Self::load(command, &files, |name| std::env::var_os(name))
    }

    /// The same from named files, strongest first, and a look-up of variables. A file that is absent sets nothing.
    fn load(
        command: &Command,
        files: &[PathBuf],
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ConfigError> {
        let mut read = Vec::new();
        for path in files {
            match std::fs::read_to_string(path) {
                Ok(text) => read.push((path, file::parse(path, &text)?)),
                Err(source) if source.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => return Err(ConfigError::Read { path: path.clone(), source }),
            }
        }
        let mut resolved = Vec::new();
        for setting in &ALL {
            let choices = choices(command, setting);
            let mut found = Resolved { setting, values: Vec::new(), source: Source::Default };
            // Weakest first, so that the strongest stays; every place is checked, also one that is overruled.
            for (path, written) in read.iter().rev() {
                let Some(written) = written.iter().find(|written| written.key == setting.key) else { continue };
                let place = format!("{}:{}", path.display(), written.line);
                found.values = written
                    .value
                    .clone()
                    .and_then(|values| checked(setting, &choices, values))
                    .map_err(|(problem, remedy)| ConfigError::Value { place, key: setting.key, problem, remedy })?;
                if matches!(setting.kind, Kind::File | Kind::Folders) {
                    found.values = found.values.iter().map(|value| beside(path, value)).collect();
                }
                found.source = Source::File { path: (*path).clone(), line: written.line };
            }
            if let Some(text) = variable(setting.variable).filter(|text| !text.is_empty()) {
                let place = format!("environment variable {}", setting.variable);
                found.values = checked(setting, &choices, setting.kind.split(&text))
                    .map_err(|(problem, remedy)| ConfigError::Value { place, key: setting.key, problem, remedy })?;
                found.source = Source::Variable(setting.variable);
            }
            resolved.push(found);
        }
        Ok(Self(resolved))
    }

    /// Every setting, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &Resolved> {
        self.0.iter()
    }

    /// The same command line with the settings as defaults of its flags.
    pub fn as_defaults(&self, command: Command) -> Command {
        let name = command.get_name().to_owned();
        let nested = command.mut_subcommands(|below| self.as_defaults(below));
        nested.mut_args(|arg| self.with_default(&name, arg))
    }

    fn with_default(&self, subcommand: &str, arg: Arg) -> Arg {
        let fits = |one: &&Resolved| !one.values.is_empty() && one.setting.feeds(subcommand, &arg);
        let mut values: Vec<String> = Vec::new();
        let mut paths: Vec<OsString> = Vec::new();
        for one in self.0.iter().filter(fits) {
            for value in &one.values {
                match (one.setting.item, value.to_str()) {
                    (Some(item), Some(value)) => values.push(format!("{item}={value}")),
                    _ => paths.push(value.clone()),
                }
            }
        }
        paths.extend(values.into_iter().map(OsString::from));
        let known = arg.get_possible_values();
        let unfit = |value: &OsString| !known.is_empty() && !known.iter().any(|one| value == one.get_name());
        if paths.is_empty() || paths.iter().any(unfit) {
            return arg;
        }
        // clap keeps defaults as `&'static`; a run makes a handful, once.
        let kept: Vec<&'static OsStr> = paths.into_iter().map(|path| &*path.leak()).collect();
        arg.default_values(kept)
    }
}

/// The values that the flags of a choice have; empty for other kinds.
fn choices(command: &Command, setting: &Setting) -> Vec<String> {
    let mut names = Vec::new();
    if setting.kind != Kind::Choice {
        return names;
    }
    for below in command.get_subcommands() {
        for arg in below.get_arguments().filter(|arg| setting.feeds(below.get_name(), arg)) {
            names.extend(arg.get_possible_values().iter().map(|value| value.get_name().to_owned()));
        }
        names.extend(choices(below, setting));
    }
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

type Problem = (String, String);

fn checked(setting: &Setting, choices: &[String], values: Vec<OsString>) -> Result<Vec<OsString>, Problem> {
    if values.is_empty() && matches!(setting.kind, Kind::Integers { .. }) {
        return Err(("is empty".to_owned(), format!("write for example {}, or remove the key", setting.example)));
    }
    for value in &values {
        let text = value.to_string_lossy();
        match setting.kind {
            Kind::Choice if !choices.iter().any(|choice| *choice == text) => {
                let listed = format!("write one of {}", choices.join(", "));
                let remedy = or_nearest(&text, choices.iter().map(String::as_str), &listed);
                return Err((format!("`{text}` is not one of its values"), remedy));
            }
            Kind::Integer { min, max } | Kind::Integers { min, max }
                if !text.parse().is_ok_and(|number: u64| (min..=max).contains(&number)) =>
            {
                return Err((
                    format!("`{text}` is no whole number from {min} to {max}"),
                    format!("write for example {}", setting.example),
                ));
            }
            Kind::Number { min, max } if !text.parse().is_ok_and(|number: f64| (min..=max).contains(&number)) => {
                return Err((
                    format!("`{text}` is no number from {min} to {max}"),
                    format!("write for example {}", setting.example),
                ));
            }
            Kind::Time => {
                moment::duration(&text)
                    .map_err(|problem| (problem, format!("write for example {}", setting.example)))?;
            }
            Kind::Switch if text != "true" && text != "false" => {
                return Err((format!("`{text}` is neither true nor false"), "write true or false".to_owned()));
            }
            Kind::File | Kind::Folders if value.is_empty() => {
                return Err(("is empty".to_owned(), "write a path, or remove the key".to_owned()));
            }
            _ => {}
        }
    }
    Ok(values)
}

/// A path written in a file is meant from that file's folder.
fn beside(file: &Path, value: &OsStr) -> OsString {
    file.parent().map_or_else(|| value.to_owned(), |folder| folder.join(value).into_os_string())
}
