//! The Facts of past runs, kept in a folder, so that a day is answered by joining its hours.
//!
//! In: the shard of a run. Out: a file beside those of the runs before, and which of them make up a stretch of time. A
//! file is written under another name, brought to the disk and renamed, so that whenever the program is killed, it is
//! there whole or not at all. Its name is where most of its entries lie in time, and its checksum: a run that is
//! repeated replaces its own file, and one entry with a wrong time does not make a whole hour old or new. Files that
//! cannot be read are named and left out. No clock is read: the newest file is now.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::error::Error;
use super::format::Checked;
use super::{Union, read, write};
use crate::durable;
use crate::facts::Facts;
use crate::model::Timestamp;
use crate::model::time::NANOS_PER_SECOND;

/// Folder of the kept files within that of the state.
const FOLDER: &str = "facts";

/// Files kept at most, whatever their age; three days of five minutes.
pub const FILES_MAX: usize = 864;

/// A run without entries for so long is two.
const GAP_MINUTES: u64 = 60;

/// What is told about where a run lies: the minutes of its first and last entry differ from run to run.
const GRAIN_MINUTES: i64 = 5;

/// Begins the names of files that a killed run may leave behind.
const UNFINISHED: &str = ".unfinished-";

/// The folder.
#[derive(Debug)]
pub struct Kept {
    folder: PathBuf,
}

/// A file that is written but not yet one of the kept.
#[derive(Debug)]
pub struct Draft {
    file: NamedTempFile,
    checked: Checked,
}

/// One kept file.
#[derive(Debug, Clone)]
pub struct Hour {
    /// Where most of its entries lie; see [`middle`].
    pub middle: Timestamp,
    /// The file, checked.
    pub checked: Checked,
    /// What was asked for when it was read; see [`super::Shard::scopes`].
    scopes: Vec<String>,
}

/// What is in the folder.
#[derive(Debug, Default)]
pub struct Hours {
    /// By time.
    pub list: Vec<Hour>,
    /// Files that cannot be read, and why.
    pub broken: Vec<(PathBuf, Error)>,
}

impl Kept {
    /// The folder within that of a state, made where it is missing.
    pub fn make(state: &Path) -> Result<Self, Error> {
        let folder = state.join(FOLDER);
        fs::create_dir_all(&folder).map_err(Error::keep(&folder))?;
        Ok(Self { folder })
    }

    /// The folder within that of a state, where something was kept.
    pub fn of(state: &Path) -> Result<Self, Error> {
        let folder = state.join(FOLDER);
        if folder.is_dir() { Ok(Self { folder }) } else { Err(Error::NothingKept { path: folder }) }
    }

    /// That nothing is in it.
    pub fn nothing(&self) -> Error {
        Error::NothingKept { path: self.folder.clone() }
    }

    /// Writes a shard beside the kept ones and checks it. Until it is kept it goes with its owner.
    pub fn draft(&self, union: Union) -> Result<Draft, Error> {
        let path = self.folder.as_path();
        let file = loop {
            let file =
                tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.folder).map_err(Error::keep(path))?;
            // The lock tells it from what a killed run left. Another run may have removed it before it was locked.
            file.as_file().lock().map_err(Error::keep(path))?;
            if file.path().exists() {
                break file;
            }
        };
        let out = io::BufWriter::with_capacity(1 << 18, &file);
        write::write(union, out, file.path())?;
        // A temporary file is for its owner only; who is on call may be someone else.
        drop(write::make_readable(file.as_file()));
        let checked = Checked::open(file.path())?;
        Ok(Draft { file, checked })
    }

    /// Keeps a draft; gives its name.
    pub fn keep(&self, draft: Draft, middle: Timestamp) -> Result<PathBuf, Error> {
        let (checksum, length) = (draft.checked.checksum(), draft.checked.length());
        let path = self.folder.join(format!("{}-{checksum:08x}-{length:x}.facts", minute(middle)));
        durable::replace(draft.file, &path).map_err(Error::keep(&path))?;
        Ok(path)
    }

    /// Checks every kept file. Files with other names are nobody's business here.
    pub fn hours(&self) -> Result<Hours, Error> {
        let mut hours = Hours::default();
        for (middle, path) in self.files()? {
            let opened = Checked::open(&path).and_then(|checked| {
                let scopes = read::scopes(&checked)?;
                Ok(Hour { middle, checked, scopes })
            });
            match opened {
                Ok(hour) => hours.list.push(hour),
                Err(error) => hours.broken.push((path, error)),
            }
        }
        Ok(hours)
    }

    /// Gives a broken file a name that is not looked at, and says so.
    pub fn set_aside(&self, path: &Path, why: &Error) -> String {
        let aside = path.with_extension("broken");
        let outcome = match fs::rename(path, &aside) {
            Ok(()) => format!("it was moved to {}", aside.display()),
            Err(error) => format!("it cannot be moved aside ({error})"),
        };
        format!("kept facts are left out: {why}; {outcome}")
    }

    /// Removes what is older than `seconds` before the newest file, what is more than [`FILES_MAX`], and what killed
    /// runs left behind. Gives the files that were kept until now.
    pub fn forget(&self, seconds: i64) -> Result<Vec<PathBuf>, Error> {
        let files = self.files()?;
        let since = files.last().map(|(newest, _)| since(*newest, seconds));
        let too_many = files.len().saturating_sub(FILES_MAX);
        let mut removed = Vec::new();
        for (number, (middle, path)) in files.into_iter().enumerate() {
            if number < too_many || since.is_some_and(|since| middle <= since) {
                fs::remove_file(&path).map_err(Error::keep(&path))?;
                removed.push(path);
            }
        }
        for entry in fs::read_dir(&self.folder).map_err(Error::keep(&self.folder))? {
            let entry = entry.map_err(Error::keep(&self.folder))?;
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED)
                && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok())
            {
                // A leftover that stays does no harm.
                drop(fs::remove_file(entry.path()));
            }
        }
        Ok(removed)
    }

    /// Kept files by time, then by name.
    fn files(&self) -> Result<Vec<(Timestamp, PathBuf)>, Error> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(Error::keep(&self.folder))? {
            let entry = entry.map_err(Error::keep(&self.folder))?;
            found.extend(entry.file_name().to_str().and_then(middle_of).map(|middle| (middle, entry.path())));
        }
        found.sort();
        Ok(found)
    }

    /// Refuses to join what was asked for differently: it would be the answer to no question.
    pub fn agree(&self, hours: &[Hour], wanted: Option<&str>) -> Result<(), Error> {
        let known = hours.iter().flat_map(|hour| hour.scopes.iter().map(String::as_str));
        let mut all = wanted.into_iter().chain(known);
        let Some(first) = all.next() else { return Ok(()) };
        let words = |scope: &str| if scope.is_empty() { "everything".to_owned() } else { scope.to_owned() };
        match all.find(|other| *other != first) {
            None => Ok(()),
            Some(other) => Err(Error::OtherScope { path: self.folder.clone(), one: words(first), other: words(other) }),
        }
    }
}

impl Draft {
    /// What was written.
    pub fn checked(&self) -> Checked {
        self.checked.clone()
    }
}

impl Hours {
    /// Those of the last `seconds`, counted back from the newest.
    #[must_use]
    pub fn last(mut self, seconds: i64) -> Self {
        if let Some(newest) = self.list.last() {
            let since = since(newest.middle, seconds);
            self.list.retain(|hour| hour.middle > since);
        }
        self
    }
}

/// Where most entries lie; `None` where no entry has a time. That is the middle of the stretch around the median that
/// has no gap of [`GAP_MINUTES`], to [`GRAIN_MINUTES`]: runs of equal length lie equally far apart, however their entries
/// are spread, and an entry with a wrong time moves nothing.
pub fn middle(facts: &Facts) -> Option<Timestamp> {
    let half = facts.minutes.values().sum::<u64>().div_ceil(2);
    let mut passed = 0;
    let median = facts.minutes.iter().find_map(|(minute, count)| {
        passed += count;
        (half > 0 && passed >= half).then_some(*minute)
    })?;
    let last = reach(median, facts.minutes.range(median..).map(|(minute, _)| *minute));
    let first = reach(median, facts.minutes.range(..=median).rev().map(|(minute, _)| *minute));
    let middle = first + (last - first) / 2;
    let rounded = (middle + GRAIN_MINUTES / 2).div_euclid(GRAIN_MINUTES) * GRAIN_MINUTES;
    Some(Timestamp(rounded.saturating_mul(60 * NANOS_PER_SECOND)))
}

/// The last of the minutes before the first gap.
fn reach(mut end: i64, minutes: impl Iterator<Item = i64>) -> i64 {
    for minute in minutes {
        if minute.abs_diff(end) > GAP_MINUTES {
            break;
        }
        end = minute;
    }
    end
}

fn since(newest: Timestamp, seconds: i64) -> Timestamp {
    Timestamp(newest.0.saturating_sub(seconds.saturating_mul(NANOS_PER_SECOND)))
}

/// `20260401T0930Z`.
fn minute(time: Timestamp) -> String {
    let text = time.to_rfc3339();
    text.chars().take("2026-04-01T09:30".len()).filter(|c| !"-:".contains(*c)).chain(['Z']).collect()
}

/// The time in a file's name; `None` for a file that is none of ours.
fn middle_of(name: &str) -> Option<Timestamp> {
    let (time, rest) = name.strip_suffix(".facts")?.split_once('-')?;
    let (checksum, length) = rest.split_once('-')?;
    let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !time.is_ascii() || time.len() != "20260401T0930Z".len() || !is_hex(checksum) || !is_hex(length) {
        return None;
    }
    let (date, clock) = time.split_at(8);
    let text = format!("{}-{}-{}{}:{}:00Z", &date[..4], &date[4..6], &date[6..], &clock[..3], &clock[3..5]);
    Timestamp::parse(&text)
}

#[cfg(test)]
mod tests {
    use super::{Facts, Timestamp, middle, middle_of, minute};

    #[test]
    fn the_name_of_a_file_tells_its_time() {
        let time = Timestamp::parse("2026-04-01T09:30:00Z").unwrap();
        assert_eq!(minute(time), "20260401T0930Z");
        assert_eq!(middle_of("20260401T0930Z-0011aabb-1f.facts"), Some(time));
        for name in
            ["20260401T0930Z.facts", "20261301T0930Z-00-1.facts", "é260401T0930Z-00-1.facts", "a-b-c.facts", "x"]
        {
            assert_eq!(middle_of(name), None, "{name}");
        }
    }

    #[test]
    fn one_wrong_time_does_not_move_an_hour() {
        let mut facts = Facts::default();
        assert_eq!(middle(&facts), None);
        let hour = |from: i64, spread: i64| {
            (from..from + 60).filter(move |minute| minute % spread == 0).map(|minute| (minute, 3))
        };
        for (from, spread) in [(600, 1), (600, 7), (1_200, 2)] {
            facts.minutes = hour(from, spread).chain([(99_999_999, 2), (-7, 1)]).collect();
            assert_eq!(middle(&facts), Some(Timestamp((from + 30) * 60_000_000_000)));
        }
        facts.minutes = [(i64::MIN / 60_000_000_000, 1)].into();
        assert!(middle(&facts).is_some());
    }
}
