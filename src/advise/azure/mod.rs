//! The ladder for Azure Container Apps.
//!
//! In: a [`Situation`]. Out: actions with `az` and `gh` commands, in the order in which they are safe.

mod conflict;
mod fix;
mod traffic;

use super::{Situation, names, shell, step};
use crate::model::report::Action;
use crate::model::{Category, Stage};

/// Names of one container app, valid or placeholders.
struct App<'a> {
    situation: &'a Situation<'a>,
    name: &'a str,
    group: &'a str,
    revision: &'a str,
}

impl App<'_> {
    /// `az containerapp WORDS -n APP -g GROUP REST`.
    fn az(&self, words: &[&str], rest: &[&str]) -> String {
        shell::command(&[&["az", "containerapp"], words, &["-n", self.name, "-g", self.group], rest].concat())
    }

    /// How many revisions may be active: `single`, `multiple`, `labels`, or empty where it is not known.
    fn mode(&self) -> &str {
        self.situation.around.mode
    }

    /// The revision that has the traffic and is called healthy, if its name is valid.
    fn serving(&self) -> Option<&str> {
        Some(self.situation.around.serving).filter(|name| names::is_revision(name))
    }

    /// A revision that is active without traffic, if its name is valid.
    fn idle(&self) -> Option<&str> {
        Some(self.situation.around.idle).filter(|name| names::is_revision(name) && Some(*name) != self.serving())
    }
}

/// Every action for a container app.
pub(super) fn ladder(situation: &Situation<'_>) -> Vec<Action> {
    let revision = situation.revisions.last().map_or("", String::as_str);
    let app = App {
        situation,
        name: step::valid_or(situation.service, names::is_service, "APP"),
        group: step::valid_or(situation.around.group, names::is_resource_group, "RESOURCE_GROUP"),
        revision: step::valid_or(revision, names::is_revision, "REVISION"),
    };
    if situation.category == Category::DeployConflict {
        let mut steps = conflict::inspect(&app);
        steps.extend(conflict::mitigate(&app));
        steps.extend(conflict::fix(&app));
        steps.push(conflict::verify(&app));
        steps.push(conflict::prevent(&app));
        return steps;
    }
    let mut steps = inspect(&app);
    steps.extend(traffic::steps(&app));
    steps.extend(fix::steps(&app));
    steps.extend(verify(&app));
    steps.extend(prevent(&app));
    steps
}

fn inspect(app: &App<'_>) -> Vec<Action> {
    let expect = step::look_for(app.situation, "Reason and Msg of the first warning; Count says how often it repeated");
    let system = app.az(&["logs", "show"], &["--type", "system", "--tail", "300", "--format", "json"]);
    let first = step::look(Stage::Inspect, "Read the platform's messages", system, &expect);
    let second = match app.situation.category {
        Category::Image => fix::tags(app),
        Category::SecretAccess => Some(step::look(
            Stage::Inspect,
            "See which secrets the app has (names and vault references only)",
            app.az(&["secret", "list"], &["-o", "table"]),
            "The reference that the message names, with the identity that fetches it",
        )),
        Category::ProbePort => {
            let query = "properties.{targetPort:configuration.ingress.targetPort,probes:template.containers[0].probes}";
            let expect = "The port and path of each probe; without probes, the platform asks the target port over TCP";
            Some(step::look(
                Stage::Inspect,
                "See what is probed",
                app.az(&["show"], &["--query", query, "-o", "json"]),
                expect,
            ))
        }
        _ => None,
    };
    let second = second.unwrap_or_else(|| {
        let command = app.az(&["revision", "list"], &["--all", "-o", "json"]);
        let expect =
            "active, trafficWeight, healthState, runningStateDetails of each; active does not mean that it has traffic";
        step::look(Stage::Inspect, "See every revision with its health and weight", command, expect)
    });
    let mut steps = vec![first, second];
    if names::is_replica(app.situation.instance) && app.revision != "REVISION" {
        let rest = [
            "--type",
            "console",
            "--revision",
            app.revision,
            "--replica",
            app.situation.instance,
            "--tail",
            "300",
            "--format",
            "json",
        ];
        let title = "Read the output of one failing replica";
        steps.insert(
            1,
            step::look(
                Stage::Inspect,
                title,
                app.az(&["logs", "show"], &rest),
                "The last error before it ends is the cause",
            ),
        );
    }
    steps
}

fn verify(app: &App<'_>) -> Vec<Action> {
    let query = "[].{name:name,active:properties.active,weight:properties.trafficWeight,health:properties.healthState,state:properties.runningState}";
    vec![
        step::look(
            Stage::Verify,
            "The revision is healthy and has the traffic",
            app.az(&["revision", "list"], &["--query", query, "-o", "table"]),
            "The intended revision is Healthy and Running with weight 100",
        ),
        step::look(
            Stage::Verify,
            "No new warnings",
            app.az(&["logs", "show"], &["--type", "system", "--tail", "50", "--format", "json"]),
            "No ProbeFailed, ProcessExited or ContainerTerminated younger than the fix, after 15 minutes",
        ),
    ]
}

fn prevent(app: &App<'_>) -> Option<Action> {
    let title = "Probe the application over HTTP at start, instead of the open port";
    let expect = "A revision that cannot start never gets traffic";
    app.situation.tcp_probe_passed.then(|| step::note(Stage::Prevent, title, "", expect))
}
