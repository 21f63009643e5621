//! The category of a finding: of its signature, of what an unknown error speaks of, or of how it failed.

use super::Words;
use crate::classify::mark::Mark;
use crate::classify::{ClassKey, domain};
use crate::model::Category;
use crate::reason::groups::Basis;
use crate::reason::units::UnitKind;

impl Words<'_> {
    /// Category of the cause; an exception that no signature knows is the code's, at start or while serving.
    pub fn category(&self) -> Category {
        if self.group.basis == Basis::Unexplained {
            return self.unexplained_category();
        }
        if self.class().mark == Mark::PortAnnounced {
            return Category::ProbePort;
        }
        // What a job's task runs into is its work.
        let starting = self.at_boot() && self.count(UnitKind::Job) == 0;
        match self.class().category {
            // A bug that shows while the program starts keeps it from starting.
            Category::CodeRuntime if starting && self.class().told_as_exception => Category::CodeStartup,
            Category::Unknown => self.guessed(starting),
            known => known,
        }
    }

    /// Category of a cause that no signature knows: what its words speak of, or else the program's own code.
    fn guessed(&self, starting: bool) -> Category {
        let cut = !self.group.units.is_empty() && self.members().all(|unit| unit.status == 504);
        let told_as_line = !matches!(self.class().key, ClassKey::Exception { .. });
        // A title is cut; what a wrapped error ends with says most.
        let spoken_of = domain::of_error(&self.class().title).or_else(|| domain::of_error(&self.class().core));
        match spoken_of {
            Some(category) => category,
            None if told_as_line && cut => Category::Timeout,
            None if starting => Category::CodeStartup,
            None => Category::CodeRuntime,
        }
    }

    fn unexplained_category(&self) -> Category {
        let statuses: Vec<u16> = self.members().map(|unit| unit.status).collect();
        match self.class().mark {
            Mark::ProbeFailed | Mark::ProbeTried | Mark::ProbeKilled => Category::ProbePort,
            Mark::RequestTimedOut | Mark::WorkerLost => Category::Timeout,
            Mark::RequestRefused if statuses.contains(&429) => Category::Capacity,
            _ if !statuses.is_empty() && statuses.iter().all(|status| *status == 504) => Category::Timeout,
            _ if self.count(UnitKind::Build) > 0 => Category::Build,
            _ => self.class().category,
        }
    }
}
