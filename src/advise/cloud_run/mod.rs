//! Ladders for Cloud Run services and jobs, for builds, and for anything else that writes to Cloud Logging.
//!
//! In: a [`Situation`]. Out: its actions, unordered between stages and unbounded; the caller sorts and cuts.
//! Sources of behaviour: Cloud Run docs (troubleshooting, rollouts and rollbacks, health checks, minimum
//! instances, container contract), Cloud SDK reference.

mod access;
mod build;
mod code;
mod data;
mod inspect;
mod settings;
mod states;
mod target;
mod traffic;
mod verify;

use super::{Phase, Situation};
use crate::model::report::Action;
use crate::model::{Category, Platform};
use target::Target;

/// Every action that fits the situation.
pub(super) fn ladder(situation: &Situation<'_>) -> Vec<Action> {
    let target = Target::new(situation);
    let build = situation.platform == Platform::CloudBuild || situation.phase == Phase::Build;
    if build || situation.category == Category::Build {
        return build::steps(&target);
    }
    if situation.platform == Platform::Other {
        return vec![
            inspect::first(&target),
            super::step::repair(situation, "Remove the cause that the inspect step shows"),
            verify::gone(&target),
        ];
    }
    let mut ladder = vec![inspect::first(&target)];
    ladder.extend(states::first(&target));
    ladder.extend(by_category(&target));
    if !states::end_the_harm(&target) {
        ladder.extend(traffic::steps(&target));
    }
    ladder.extend(states::then(&target));
    ladder.extend(traffic::release(&target));
    ladder.extend(verify::steps(&target));
    ladder.extend(verify::prevent(&target));
    ladder
}

/// What the category of the cause asks for.
fn by_category(target: &Target<'_>) -> Vec<Action> {
    match target.situation.category {
        Category::CodeStartup | Category::CodeRuntime | Category::Build => code::program(target),
        Category::Image => code::image(target),
        Category::Upstream => code::upstream(target),
        Category::Client => code::client(target),
        Category::DeployConflict => code::deploy_conflict(target),
        Category::Platform => code::platform(target),
        Category::Unknown => code::unknown(target),
        Category::SecretAccess => access::secret(target),
        Category::Iam => access::iam(target),
        Category::Config => settings::config(target),
        Category::Memory => settings::memory(target),
        Category::Capacity => settings::capacity(target),
        Category::ProbePort => settings::probe(target),
        Category::Timeout => settings::timeout(target),
        Category::Network => settings::network(target),
        Category::TrafficState => traffic::state(target),
        Category::QuotaBilling => traffic::quota(target),
        Category::Database => data::database(target),
        Category::Schema => data::schema(target),
        Category::Cache => data::cache(target),
    }
}
