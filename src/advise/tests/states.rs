//! Steps by state where no fixture shows them: tags beside a rollback, and what a rollback is taken back to.

use super::super::{Phase, Rollback, Situation, Standing, Surroundings, actions};
use super::base;
use crate::model::report::Action;
use crate::model::{Category, Stage};

const GOOD: &str = "orders-00041-kax";
const BAD: &str = "orders-00042-b7d";

fn ladder(standing: &Standing, rollback: Rollback<'_>) -> Vec<Action> {
    let failing = vec![BAD.to_owned()];
    let around = Surroundings { standing: Some(standing), ..Surroundings::default() };
    let phase = Phase::Serving;
    let category = Category::CodeRuntime;
    actions(&Situation { revisions: &failing, rollback, around, phase, category, ..base() })
}

fn split(shares: &[(&str, u32)], tags: &[(&str, &str)]) -> Standing {
    let shares: Vec<(String, u32)> = shares.iter().map(|(name, percent)| ((*name).to_owned(), *percent)).collect();
    Standing {
        state: "deliberate-split".to_owned(),
        role: "bystander".to_owned(),
        members: vec![GOOD.to_owned(), BAD.to_owned()],
        now: shares.clone(),
        shares,
        tags: tags.iter().map(|(tag, name)| ((*tag).to_owned(), (*name).to_owned())).collect(),
        newest: BAD.to_owned(),
        newest_ready: BAD.to_owned(),
        ..Standing::default()
    }
}

fn proven() -> Rollback<'static> {
    Rollback::To { revision: GOOD, proof: "412 of 412 requests answered" }
}

fn mitigations(ladder: &[Action]) -> Vec<&Action> {
    ladder.iter().filter(|action| action.stage == Stage::Mitigate).collect()
}

#[test]
fn the_tag_of_a_bad_candidate_is_taken_off_after_traffic_has_left_it() {
    let ladder = ladder(&split(&[(GOOD, 90), (BAD, 10)], &[("canary", BAD), ("stable", GOOD)]), proven());
    let found = mitigations(&ladder);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].command.contains("--to-revisions=orders-00041-kax=100"), "{found:#?}");
    assert!(found[0].undo.contains("--to-revisions=orders-00041-kax=90,orders-00042-b7d=10"), "{found:#?}");
    assert!(found[1].command.contains("--remove-tags=canary "), "{found:#?}");
    assert!(found[1].undo.contains("--update-tags=canary=orders-00042-b7d"), "{found:#?}");
    assert!(found[1].precondition.contains("keeps its own minimum instances"), "{found:#?}");
}

#[test]
fn without_a_tag_or_a_proven_target_no_tag_is_touched() {
    for (standing, rollback) in [
        (split(&[(GOOD, 90), (BAD, 10)], &[("stable", GOOD)]), proven()),
        (split(&[(GOOD, 90), (BAD, 10)], &[("canary", BAD)]), Rollback::Unknown { why: "none answered" }),
    ] {
        let ladder = ladder(&standing, rollback);
        assert!(ladder.iter().all(|action| !action.title.starts_with("Take the tag")), "{ladder:#?}");
    }
}

#[test]
fn a_rollback_is_taken_back_to_what_was_set_before() {
    let undo_of = |shares: &[(&str, u32)], state: &str| {
        let standing = Standing { state: state.to_owned(), ..split(shares, &[]) };
        mitigations(&ladder(&standing, proven()))[0].undo.clone()
    };
    assert!(undo_of(&[("LATEST", 100)], "rollover-drain").contains("--to-latest"));
    assert!(undo_of(&[(BAD, 100)], "pinned-old").contains("--to-revisions=orders-00042-b7d=100"));
    assert!(undo_of(&[("LATEST", 80), (GOOD, 20)], "deliberate-split").contains("LATEST=80,orders-00041-kax=20"));
    assert!(undo_of(&[], "dual-traffic").contains("FORMER_SPLIT"), "nobody says how it was");
}

#[test]
fn an_update_says_whose_template_it_copies_where_another_revision_serves() {
    let memory = |now: &[(&str, u32)]| {
        let standing = split(now, &[]);
        let failing = vec![GOOD.to_owned()];
        let captures = vec![("limit".to_owned(), "512 MiB".to_owned())];
        let around = Surroundings { standing: Some(&standing), ..Surroundings::default() };
        let situation =
            Situation { revisions: &failing, captures: &captures, around, category: Category::Memory, ..base() };
        let update = actions(&situation).into_iter().find(|action| action.command.contains("services update "));
        update.expect("memory is raised by an update").precondition
    };
    let trap = "services update copies the newest template, that of orders-00042-b7d";
    assert!(memory(&[(GOOD, 100)]).contains(trap));
    assert!(memory(&[(GOOD, 90), (BAD, 10)]).contains(trap));
    assert!(!memory(&[(BAD, 100)]).contains("newest template, that of"));
    assert!(!memory(&[("LATEST", 100)]).contains("newest template, that of"));
}
