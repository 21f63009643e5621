//! The meaning of an exit code, where it is known whose it is.

use super::Words;
use crate::classify::signature::ExitCode;

impl Words<'_> {
    /// Whether an exit code means what the catalogue says: codes of one server or runtime do where it speaks itself.
    pub(super) fn means(&self, code: &ExitCode) -> bool {
        let own = self.clusters.list.iter().filter(|cluster| cluster.service == self.group.service);
        let mut folders =
            own.filter_map(|cluster| self.settled.classes[cluster.class.0 as usize].signature.split_once('/'));
        code.told_by.is_empty() || folders.any(|(folder, _)| code.told_by.iter().any(|one| one == folder))
    }
}
