//! What to do about two revisions, by what they mean: each of the seven states has its own steps, in the safe order
//! (look and keep a record, decide, move traffic, wait, take stray tags off, repair, promote in steps, unpin).
//!
//! In: a target. Out: actions, or none where the state has nothing to do with the finding. The traps stand where they
//! bite: `--to-revisions` pins, `--to-latest` follows the newest ready revision, `services update` copies the newest
//! template, and a tagged revision keeps its own minimum instances (Cloud SDK: run services update-traffic; Cloud Run
//! docs: managing revisions, minimum instances).

use super::super::standing::Standing;
use super::super::step::{self, Change};
use super::super::{logs, names};
use super::target::Target;
use super::traffic::TRAFFIC_FIELDS;
use crate::model::Stage;
use crate::model::report::Action;

/// `--to-revisions` outlasts the incident.
const PINS: &str = "--to-revisions pins: later deploys get no traffic until --to-latest";
/// `--to-latest` is a promise for the future.
pub(super) const FOLLOWS: &str = "--to-latest follows the newest ready revision, now and after every later deploy";
/// A tag is enough to keep instances.
const TAG_KEEPS: &str = "a tagged revision keeps its own minimum instances, even at 0 %, and cannot be deleted";

/// What comes before the steps of the cause's category: the look at the split, and what ends the harm.
pub(super) fn first(target: &Target<'_>) -> Vec<Action> {
    let Some(standing) = target.situation.around.standing else { return Vec::new() };
    match (standing.state.as_str(), standing.role.as_str()) {
        ("tagged-at-zero", "cause") => standing.members.first().and_then(|name| untag(target, standing, name)),
        ("deliberate-split", "cause") => all_to_one(target, standing),
        ("dual-traffic", "cause") => {
            return [Some(see_split(target)), all_to_one(target, standing)].into_iter().flatten().collect();
        }
        ("dual-traffic", _) => Some(see_split(target)),
        ("raced-deploys", _) if !standing.lost.0.is_empty() => Some(see_deploys(target, standing)),
        _ => None,
    }
    .into_iter()
    .collect()
}

/// Whether the steps of the state end the harm, so that no other mitigation is needed.
pub(super) fn end_the_harm(target: &Target<'_>) -> bool {
    target.situation.around.standing.is_some_and(|standing| {
        standing.role == "cause"
            && match standing.state.as_str() {
                "tagged-at-zero" => standing.members.first().is_some_and(|name| standing.tag_of(name).is_some()),
                "deliberate-split" | "dual-traffic" => names::is_revision(&standing.keep.0),
                _ => false,
            }
    })
}

/// What comes after the traffic has been moved, or where it is not to be moved.
pub(super) fn then(target: &Target<'_>) -> Vec<Action> {
    let Some(standing) = target.situation.around.standing else { return Vec::new() };
    match standing.state.as_str() {
        "rollover-drain" => vec![leave_alone(target, standing)],
        "deliberate-split" | "dual-traffic" => {
            let stray = target.good().and_then(|_| untag(target, standing, target.revision));
            stray.into_iter().chain(in_steps(target, standing)).collect()
        }
        "tagged-at-zero" if standing.role != "cause" => {
            let tagged = standing.members.iter().find(|name| target.situation.revisions.contains(name));
            tagged.and_then(|name| untag(target, standing, name)).into_iter().collect()
        }
        "raced-deploys" if !standing.lost.0.is_empty() => vec![deploy_lost(target, standing)],
        _ => Vec::new(),
    }
}

/// The command that sets the split back as it was; a placeholder where nobody says how it was.
pub(super) fn former_split(target: &Target<'_>) -> String {
    let Some(standing) = target.situation.around.standing else {
        return if target.situation.pinned { target.pin(target.revision) } else { target.traffic("--to-latest") };
    };
    match standing.shares.as_slice() {
        [] if standing.state == "dual-traffic" => target.traffic("--to-revisions=FORMER_SPLIT"),
        [] => target.traffic("--to-latest"),
        [(revision, 100)] if revision == "LATEST" => target.traffic("--to-latest"),
        shares => {
            let one = |(revision, percent): &(String, u32)| {
                let known = revision == "LATEST" || names::is_revision(revision);
                format!("{}={percent}", if known { revision.as_str() } else { "REVISION" })
            };
            let split: Vec<String> = shares.iter().map(one).collect();
            target.traffic(&format!("--to-revisions={}", split.join(",")))
        }
    }
}

/// That `services update` builds on other code than that which serves; nothing where it does not.
pub(super) fn copies(target: &Target<'_>) -> Option<String> {
    let standing = target.situation.around.standing?;
    let serves = |name: &str| {
        standing.now.iter().any(|(revision, percent)| {
            *percent == 100 && (revision == name || (revision == "LATEST" && standing.newest_ready == name))
        })
    };
    let newest = Some(standing.newest.as_str()).filter(|name| names::is_revision(name) && !serves(name))?;
    (!standing.now.is_empty()).then(|| {
        format!(
            "services update copies the newest template, that of {newest}, and not that of the revision that serves"
        )
    })
}

fn see_split(target: &Target<'_>) -> Action {
    let record = target.run(&["services", "describe", target.name, "--format=export"]);
    let expect = format!(
        "status.traffic names both revisions with their shares, or one of them only by a tag. Keep a record before anything is changed: {record}"
    );
    step::look(Stage::Inspect, "See how traffic is split; no entry says", target.describe(TRAFFIC_FIELDS), &expect)
}

fn see_deploys(target: &Target<'_>, standing: &Standing) -> Action {
    let lost = revision(&standing.lost.0);
    let expect = format!("Two deploys seconds apart; {lost} came of one of them and wrote nothing");
    step::look(Stage::Inspect, "See who deployed when", target.read_window(logs::AUDIT), &expect)
}

/// All traffic to one of two revisions that together use more than a limit allows.
fn all_to_one(target: &Target<'_>, standing: &Standing) -> Option<Action> {
    let (keep, proof) = &standing.keep;
    if !names::is_revision(keep) {
        return None;
    }
    let record = target.run(&["services", "describe", target.name, "--format=export"]);
    let precondition = format!(
        "{}Evidence for {keep}: {}. {PINS}. Keep a record of the present state: {record}",
        only_if(standing, "both revisions serve again"),
        step::prose(proof),
    );
    Some(
        Change {
            stage: Stage::Mitigate,
            title: &format!("Let one revision have the shared limit alone: send all traffic to {keep}"),
            command: target.pin(keep),
            precondition: &precondition,
            undo: former_split(target),
            expect: &format!(
                "status.traffic shows {keep} at 100 %; when the instances of the other have stopped, nothing is refused any more"
            ),
        }
        .reversible(),
    )
}

/// Takes the tag off a revision, so that it stops running.
fn untag(target: &Target<'_>, standing: &Standing, name: &str) -> Option<Action> {
    let tag = step::valid_or(standing.tag_of(name)?, names::is_tag, "TAG");
    let name = revision(name);
    let precondition =
        format!("{}Nobody needs the address of the tag. {}", only_if(standing, "the tag is set"), capital(TAG_KEEPS));
    Some(
        Change {
            stage: Stage::Mitigate,
            title: &format!("Take the tag {tag} off {name}"),
            command: target.traffic(&format!("--remove-tags={tag}")),
            precondition: &precondition,
            undo: target.traffic(&format!("--update-tags={tag}={name}")),
            expect: &format!("status.traffic has no tag on {name}, and its instances stop"),
        }
        .reversible(),
    )
}

fn leave_alone(target: &Target<'_>, standing: &Standing) -> Action {
    let old = standing.members.first().map_or("the old revision", |name| revision(name));
    let timeout = target.describe("spec.template.spec.timeoutSeconds");
    let why = format!("It finishes the requests that it has, for the request timeout at most: {timeout}");
    step::note(
        Stage::Mitigate,
        &format!("Leave {old} alone: it drains by itself, and there is nothing to move or to delete"),
        &why,
        "No new request arrives at it",
    )
}

/// The repaired revision gets its share in steps.
fn in_steps(target: &Target<'_>, standing: &Standing) -> Option<Action> {
    let intended = standing.state == "deliberate-split" && standing.role != "cause";
    intended.then(|| {
        Change {
            stage: Stage::Fix,
            title: "Give the repaired revision traffic in steps",
            command: target.traffic("--to-tags=canary=5"),
            precondition: &format!(
                "It was deployed with --no-traffic --tag=canary and answers on the address of the tag; 300 requests without a failure before each step (20, 50, then --to-latest). {FOLLOWS}"
            ),
            undo: target.traffic("--to-tags=canary=0"),
            expect: "whydown canary says promote at each step",
        }
        .reversible()
    })
}

/// Ends a pin: look at the newest revision on an address of its own, give it a part, then follow the newest.
pub(super) fn follow_again(target: &Target<'_>) -> Vec<Action> {
    let standing = target.situation.around.standing.filter(|standing| standing.state == "pinned-old");
    let Some(standing) = standing else { return Vec::new() };
    let newest = revision(&standing.newest);
    let old =
        standing.shares.iter().find(|(_, percent)| *percent == 100).map_or("REVISION", |(name, _)| revision(name));
    let back = target.pin(old);
    let part = target.traffic(&format!("--to-revisions={newest}=10"));
    let copies = copies(target).map_or_else(String::new, |copies| {
        format!(". Mind that {copies}, and that the pin keeps what it makes without traffic")
    });
    vec![
        Change {
            stage: Stage::Fix,
            title: &format!("Try {newest} on an address of its own, without users"),
            command: target.traffic(&format!("--update-tags=candidate={newest}")),
            precondition: &format!("{newest} is Ready{copies}"),
            undo: target.traffic("--remove-tags=candidate"),
            expect: "The address of the tag answers without 5xx",
        }
        .reversible(),
        Change {
            stage: Stage::Fix,
            title: &format!("Give {newest} a part of the traffic"),
            command: part,
            precondition: &format!("The address of the tag answered. {PINS}"),
            undo: back,
            expect: "300 requests to it without a failure; whydown canary says promote",
        }
        .reversible(),
    ]
}

/// Why neither traffic nor an update brings a newest revision into service that never became ready; empty where the
/// state is another.
pub(super) fn fix_forward(target: &Target<'_>) -> String {
    let standing = target.situation.around.standing.filter(|standing| standing.state == "newest-not-ready");
    let Some(standing) = standing else { return String::new() };
    let (newest, ready) = (revision(&standing.newest), revision(&standing.newest_ready));
    let copies =
        copies(target).unwrap_or_else(|| format!("services update copies the newest template, that of {newest}"));
    format!("{FOLLOWS}, so it keeps {ready} and does not bring {newest} into service; {copies}")
}

/// Deploys again what was lost, alone and without users.
fn deploy_lost(target: &Target<'_>, standing: &Standing) -> Action {
    let (lost, image) = (revision(&standing.lost.0), step::valid_or(&standing.lost.1, names::is_image, "IMAGE"));
    let copies = copies(target)
        .unwrap_or_else(|| format!("services update copies the newest template, without what {lost} had"));
    Change {
        stage: Stage::Fix,
        title: &format!("Deploy again what was lost with {lost}, while nothing else deploys"),
        command: target.run(&[
            "deploy",
            target.name,
            &format!("--image={image}"),
            "--no-traffic",
            "--tag=candidate",
        ]),
        precondition: &format!(
            "No other deploy is in progress, and the image of {lost} is still wanted. Mind that {copies}. --no-traffic pins the present split for later deploys too, until --to-latest"
        ),
        undo: target.traffic("--remove-tags=candidate"),
        expect: &format!(
            "The address of the tag answers; then {} and, when it serves, {}",
            target.traffic("--to-tags=candidate=10"),
            target.traffic("--to-latest")
        ),
    }
    .reversible()
}

/// What has ended is acted upon only when it comes back.
fn only_if(standing: &Standing, what: &str) -> String {
    if standing.over { format!("It has ended in these files: only if {what}. ") } else { String::new() }
}

fn revision(name: &str) -> &str {
    step::valid_or(name, names::is_revision, "REVISION")
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
