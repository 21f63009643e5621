//! What is true about a simulation, in the words of a case label.

use whydown::eval::case::{DualRevision, Effect, Label, Outcome, Patterns, TrueCause};
use whydown::model::Category;

/// Titles that name a symptom. In a simulation whose cause is in the files none of them may be told as a cause.
const SYMPTOMS: [&str; 8] = [
    r"Container called exit",
    r"(?i)response was malformed|connection to the instance",
    r"(?i)worker failed to boot",
    r"(?i)starting new instance",
    r"(?i)startup (tcp|http)? ?probe.{0,60}failed",
    r"(?i)ready condition status",
    r"(?i)ends with code \d+",
    r"(?i)answered 5\d\d",
];

/// A label under construction.
pub struct Truth {
    label: Label,
}

impl Truth {
    fn of(title: &str, outcome: Outcome) -> Self {
        Self {
            label: Label {
                id: String::new(),
                title: title.to_owned(),
                files: vec!["logs.ndjson".to_owned()],
                snapshots: Vec::new(),
                outcome,
                verdict_max: None,
                causes: Vec::new(),
                effects: Vec::new(),
                forbidden: Patterns {
                    causes: vec!["(?i)(two|dual|both|multiple) (active |live )?revisions".to_owned()],
                },
                tolerated: Patterns::default(),
                dual_revision: None,
            },
        }
    }

    /// Something broke: the categories that are right, a pattern of the cause, and whose it is.
    pub fn incident(title: &str, category: &[Category], text: &str, service: &str) -> Self {
        let mut truth = Self::of(title, Outcome::Incident);
        truth.cause(true, category, text, service);
        truth.label.effects = SYMPTOMS.iter().map(|text| Effect { text: (*text).to_owned() }).collect();
        truth
    }

    /// Nothing broke.
    pub fn quiet(title: &str) -> Self {
        Self::of(title, Outcome::Quiet)
    }

    fn cause(&mut self, primary: bool, category: &[Category], text: &str, service: &str) {
        self.label.causes.push(TrueCause {
            primary,
            may_lead: false,
            category: category.to_vec(),
            text: text.to_owned(),
            service: service.to_owned(),
            services_any: Vec::new(),
        });
    }

    /// Another true cause, which must not lead.
    pub fn also(&mut self, category: &[Category], text: &str, service: &str) {
        if self.label.outcome == Outcome::Incident {
            self.cause(false, category, text, service);
        } else {
            self.label.tolerated.causes.push(text.to_owned());
        }
    }

    /// Another true cause, which may lead: the order is honestly debatable.
    pub fn or_lead(&mut self, category: &[Category], text: &str, service: &str) {
        self.cause(false, category, text, service);
        if let Some(cause) = self.label.causes.last_mut() {
            cause.may_lead = true;
        }
    }

    /// A true but minor statement.
    pub fn tolerate(&mut self, text: &str) {
        self.label.tolerated.causes.push(text.to_owned());
    }

    /// The symptom is all that the files hold: naming it is right.
    pub fn only_symptoms(&mut self) {
        self.label.effects.clear();
    }

    /// A false statement.
    pub fn forbid(&mut self, text: &str) {
        self.label.forbidden.causes.push(text.to_owned());
    }

    /// Two revisions do play a part, so that saying so is not false.
    pub fn dual(&mut self, service: &str, role: &str) {
        if role == "cause" {
            self.label.forbidden.causes.retain(|text| !text.contains("revisions"));
        }
        self.label.dual_revision = Some(DualRevision { service: service.to_owned(), role: role.to_owned() });
    }

    /// The label under a name.
    pub fn label(mut self, id: &str) -> Label {
        id.clone_into(&mut self.label.id);
        self.label
    }
}
