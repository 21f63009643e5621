//! The command line as a whole: help, examples, and that no setting is without effect.

use super::{command, settings};

/// Every subcommand with its whole name, groups such as `rules` included.
fn subcommands(command: &clap::Command, above: &str) -> Vec<(String, clap::Command)> {
    let below = command.get_subcommands().filter(|below| below.get_name() != "help");
    below
        .flat_map(|below| {
            let name = format!("{above} {}", below.get_name());
            [vec![(name.clone(), below.clone())], subcommands(below, &name)].concat()
        })
        .collect()
}

#[test]
fn the_definition_is_sound() {
    command().debug_assert();
}

#[test]
fn every_help_begins_with_two_worked_examples_that_parse() {
    let mut all = subcommands(&command(), "whydown");
    assert!(all.len() >= 10, "{}", all.len());
    all.push(("whydown".to_owned(), command()));
    for (name, mut one) in all {
        let help = one.render_help().to_string();
        let (head, _) = help.split_once("Usage:").unwrap_or_else(|| panic!("{name}: no usage in {help}"));
        let is_ours =
            |line: &&str| line.starts_with("  ") && line.split('|').any(|part| part.trim().starts_with("whydown "));
        let examples: Vec<&str> = head.lines().filter(is_ours).collect();
        assert!(head.contains("Examples:") && examples.len() >= 2, "{name}: {help}");
        let mut own = 0;
        for example in examples {
            let typed = example.split('|').find(|part| part.trim().starts_with("whydown ")).unwrap_or_default();
            let words = shlex::split(typed.split(" > ").next().unwrap_or_default()).expect("quotes are closed");
            own += usize::from(typed.trim().starts_with(&name));
            let parsed = command().try_get_matches_from(&words);
            assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
        }
        assert!(own >= 2, "{name} is not in its own examples: {help}");
    }
}

#[test]
fn every_setting_is_a_flag_of_some_subcommand() {
    let all = subcommands(&command(), "whydown");
    for setting in &settings::ALL {
        let fed = all.iter().any(|(_, one)| one.get_arguments().any(|arg| setting.feeds(one.get_name(), arg)));
        assert!(fed, "{} has no effect", setting.key);
    }
}
