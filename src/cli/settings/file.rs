//! One settings file: TOML, in which every key must be known.

use std::ffi::OsString;
use std::path::Path;

use toml::de::{DeInteger, DeTable, DeValue};

use super::{ALL, ConfigError, Kind, Setting};
use crate::cli::nearest::or_nearest;

/// One key of a file.
#[derive(Debug)]
pub(super) struct Written {
    /// Key of the setting.
    pub key: &'static str,
    /// Line, from 1.
    pub line: usize,
    /// Its values, or what is wrong with their type and what to write.
    pub value: Result<Vec<OsString>, (String, String)>,
}

/// Reads the text of a file; `path` is for messages.
///
/// # Errors
/// [`ConfigError::Format`] and [`ConfigError::Unknown`].
pub(super) fn parse(path: &Path, text: &str) -> Result<Vec<Written>, ConfigError> {
    let table = DeTable::parse(text).map_err(|error| ConfigError::Format {
        path: path.to_owned(),
        problem: error.to_string().trim_end().to_owned(),
    })?;
    let mut found = Vec::new();
    walk(&Reading { path, text }, "", table.get_ref(), &mut found)?;
    Ok(found)
}

struct Reading<'a> {
    path: &'a Path,
    text: &'a str,
}

fn walk(reading: &Reading<'_>, above: &str, table: &DeTable<'_>, found: &mut Vec<Written>) -> Result<(), ConfigError> {
    for (name, value) in table {
        let key = if above.is_empty() { name.get_ref().to_string() } else { format!("{above}.{}", name.get_ref()) };
        let line = reading.text[..name.span().start.min(reading.text.len())].matches('\n').count() + 1;
        if let Some(setting) = ALL.iter().find(|setting| setting.key == key) {
            found.push(Written { key: setting.key, line, value: values(setting, value.get_ref()) });
            continue;
        }
        let is_section = ALL.iter().any(|setting| setting.key.starts_with(&format!("{key}.")));
        match value.get_ref() {
            DeValue::Table(below) if is_section => walk(reading, &key, below, found)?,
            _ => {
                let listed = "`whydown config show` lists every key";
                let place = format!("{}:{line}", reading.path.display());
                let remedy = or_nearest(&key, ALL.iter().map(|setting| setting.key), listed);
                return Err(ConfigError::Unknown { place, key, remedy });
            }
        }
    }
    Ok(())
}

fn values(setting: &Setting, value: &DeValue<'_>) -> Result<Vec<OsString>, (String, String)> {
    let wrong = || {
        let problem = format!("a value of type {} does not fit", value.type_str());
        Err((problem, format!("write it as {} = {}", setting.key.rsplit('.').next().unwrap_or(""), setting.example)))
    };
    match (setting.kind, value) {
        (Kind::Choice | Kind::Time | Kind::File | Kind::Folders, DeValue::String(text)) => {
            Ok(vec![OsString::from(text.as_ref())])
        }
        (Kind::Switch, DeValue::Boolean(value)) => Ok(vec![OsString::from(value.to_string())]),
        (Kind::Integer { .. } | Kind::Integers { .. } | Kind::Number { .. }, DeValue::Integer(number)) => {
            Ok(vec![whole(number)])
        }
        (Kind::Integers { .. }, DeValue::Array(items)) => {
            let number =
                |item: &DeValue<'_>| if let DeValue::Integer(number) = item { Some(whole(number)) } else { None };
            items.iter().map(|item| number(item.get_ref())).collect::<Option<_>>().map_or_else(wrong, Ok)
        }
        (Kind::Number { .. }, DeValue::Float(number)) => Ok(vec![OsString::from(number.as_str())]),
        (Kind::Folders, DeValue::Array(items)) => {
            let texts: Vec<Option<&str>> = items.iter().map(|item| item.get_ref().as_str()).collect();
            if texts.iter().any(Option::is_none) {
                wrong()
            } else {
                Ok(texts.into_iter().flatten().map(OsString::from).collect())
            }
        }
        _ => wrong(),
    }
}

/// A whole number in decimal, however it is written.
fn whole(number: &DeInteger<'_>) -> OsString {
    let value = i64::from_str_radix(number.as_str(), number.radix());
    OsString::from(value.map_or_else(|_| number.as_str().to_owned(), |value| value.to_string()))
}
