//! Which place wins, and what is said about a broken one.

use std::fs;

use super::*;

/// A working directory and a user's folder with one file each.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new(local: &str, user: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("home")).unwrap();
        for (name, text) in [("whydown.toml", local), ("home/config.toml", user)] {
            if !text.is_empty() {
                fs::write(folder.path().join(name), text).unwrap();
            }
        }
        Self { folder }
    }

    fn load(&self, variables: &[(&str, &str)]) -> Result<Settings, String> {
        let files = [self.folder.path().join("whydown.toml"), self.folder.path().join("home/config.toml")];
        let look_up = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, text)| text.into());
        Settings::load(&crate::cli::command(), &files, look_up).map_err(|error| error.to_string())
    }
}

fn value(settings: &Settings, key: &str) -> (Vec<String>, Source) {
    let found = settings.iter().find(|one| one.setting.key == key).unwrap();
    (found.values.iter().map(|value| value.to_string_lossy().into_owned()).collect(), found.source.clone())
}

/// What a flag is after parsing a command line with the settings in place.
fn parsed(settings: &Settings, words: &[&str], flag: &str) -> Vec<String> {
    let matches = settings.as_defaults(crate::cli::command()).try_get_matches_from(words).unwrap();
    let (_, below) = matches.subcommand().unwrap();
    let raw = below.get_raw(flag).into_iter().flatten();
    raw.map(|value| value.to_string_lossy().into_owned()).collect()
}

#[test]
fn flags_beat_variables_beat_the_folder_beat_the_user() {
    let place = Place::new("width = 70\nthreads = 3\n", "width = 60\nthreads = 2\ncolor = \"never\"\n");
    let settings = place.load(&[("WHYDOWN_WIDTH", "80")]).unwrap();
    assert_eq!(value(&settings, "width"), (vec!["80".to_owned()], Source::Variable("WHYDOWN_WIDTH")));
    let local = place.folder.path().join("whydown.toml");
    assert_eq!(value(&settings, "threads"), (vec!["3".to_owned()], Source::File { path: local, line: 2 }));
    let user = place.folder.path().join("home/config.toml");
    assert_eq!(value(&settings, "color"), (vec!["never".to_owned()], Source::File { path: user, line: 3 }));
    assert_eq!(value(&settings, "format"), (vec![], Source::Default));
    let typed = ["whydown", "analyze", "x", "--width", "90"];
    assert_eq!(parsed(&settings, &typed, "width"), ["90"]);
    assert_eq!(parsed(&settings, &typed, "threads"), ["3"]);
    assert_eq!(parsed(&settings, &typed[..3], "width"), ["80"]);
    // An empty variable is as good as none.
    assert_eq!(value(&place.load(&[("WHYDOWN_WIDTH", "")]).unwrap(), "width").0, ["70"]);
}

#[test]
fn a_setting_reaches_only_flags_that_take_its_value() {
    let place = Place::new("format = \"markdown\"\nstrict = true\nfail-on = \"likely\"\n", "");
    let settings = place.load(&[]).unwrap();
    assert_eq!(parsed(&settings, &["whydown", "analyze", "x"], "format"), ["markdown"]);
    assert_eq!(parsed(&settings, &["whydown", "analyze", "x"], "strict"), ["true"]);
    assert_eq!(parsed(&settings, &["whydown", "analyze", "x", "--strict=false"], "strict"), ["false"]);
    assert_eq!(parsed(&settings, &["whydown", "analyze", "x", "--fail-on", "never"], "fail_on"), ["never"]);
    let matches =
        settings.as_defaults(crate::cli::command()).try_get_matches_from(["whydown", "rules", "list"]).unwrap();
    let (_, rules) = matches.subcommand().unwrap();
    let (_, list) = rules.subcommand().unwrap();
    assert_eq!(list.get_raw("format").unwrap().next().unwrap(), "text");
}

#[test]
fn paths_of_a_file_are_meant_from_its_folder_and_those_of_a_variable_from_here() {
    let place = Place::new("[rules]\ndirs = [\"ours\", \"/opt/rules\"]\n", "ignore = \"known.toml\"\n");
    let folder = place.folder.path();
    let settings = place.load(&[]).unwrap();
    let ours = folder.join("ours").display().to_string();
    assert_eq!(value(&settings, "rules.dirs").0, [ours.clone(), "/opt/rules".to_owned()]);
    assert_eq!(value(&settings, "ignore").0, [folder.join("home/known.toml").display().to_string()]);
    assert_eq!(parsed(&settings, &["whydown", "analyze", "x"], "rules"), [ours, "/opt/rules".to_owned()]);
    let listed = std::env::join_paths(["a", "b"]).unwrap();
    let settings = place.load(&[("WHYDOWN_RULES", listed.to_str().unwrap())]).unwrap();
    assert_eq!(value(&settings, "rules.dirs").0, ["a", "b"]);
    assert_eq!(parsed(&settings, &["whydown", "analyze", "x", "--rules", "c"], "rules"), ["c"]);
}

#[test]
fn a_broken_file_is_told_with_place_key_and_remedy() {
    for (text, words) in [
        ("\nwidht = 80\n", ["whydown.toml:2", "`widht`", "did you mean `width`"]),
        ("[rule]\ndirs = []\n", ["whydown.toml:1", "`rule`", "rules.dirs"]),
        ("[rules]\n\ndir = []\n", ["whydown.toml:3", "`rules.dir`", "did you mean `rules.dirs`"]),
        ("[canary]\nerror-rate = 1\n", ["whydown.toml:2", "`canary.error-rate`", "config show"]),
        ("[digest]\nkeep-facts = \"1x\"\n", ["whydown.toml:2", "`digest.keep-facts`", "\"1x\" is no length of time"]),
        ("[digest]\nkeep-facts = 24\n", ["whydown.toml:2", "integer", "keep-facts = \"0s\""]),
        ("[canary]\nmax-eror-rate = 1\n", ["whydown.toml:2", "`canary.max-eror-rate`", "`canary.max-error-rate`"]),
        (
            "[canary]\nmax-error-rate = 0\n",
            ["whydown.toml:2", "`canary.max-error-rate`", "`0` is no number from 0.0001"],
        ),
        ("[canary]\nconfidence = 100.0\n", ["whydown.toml:2", "`100.0`", "50 to 99.99"]),
        ("[canary]\nstages = [5, 101]\n", ["whydown.toml:2", "`101`", "1 to 100"]),
        ("[canary]\nstages = []\n", ["whydown.toml:2", "is empty", "[5, 20, 50, 100]"]),
        ("[canary]\nstages = \"5\"\n", ["whydown.toml:2", "string", "stages = [5, 20, 50, 100]"]),
        ("width = 39\n", ["whydown.toml:1", "`39`", "40 to 400"]),
        ("width = \"80\"\n", ["whydown.toml:1", "string", "width = 100"]),
        ("width = 0x1ff\n", ["whydown.toml:1", "`511`", "40 to 400"]),
        ("strict = \"yes\"\n", ["whydown.toml:1", "string", "strict = false"]),
        ("color = \"allways\"\n", ["whydown.toml:1", "`allways`", "did you mean `always`"]),
        ("rules = \"ours\"\n", ["whydown.toml:1", "`rules`", "rules.dirs"]),
        ("[rules]\ndirs = [1]\n", ["whydown.toml:2", "`rules.dirs`", "dirs = []"]),
        ("ignore = \"\"\n", ["whydown.toml:1", "`ignore`", "empty"]),
        ("width = \n", ["whydown.toml", "line 1", "config show"]),
    ] {
        let message = Place::new(text, "").load(&[]).unwrap_err();
        assert!(message.contains("remedy") && words.iter().all(|word| message.contains(word)), "{text}: {message}");
        // Overruled or not, what is broken is told.
        assert!(Place::new("width = 80\n", text).load(&[]).is_err(), "{text}");
    }
    assert!(Place::new("[canary]\n", "").load(&[]).is_ok());
    let message = Place::new("", "").load(&[("WHYDOWN_WIDTH", "wide")]).unwrap_err();
    assert!(message.contains("environment variable WHYDOWN_WIDTH") && message.contains("`wide`"), "{message}");
}
