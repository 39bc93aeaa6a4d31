//! What follows from the spec and what was read: resolved once, for all that decides.

use super::snapshot::{Service, Snapshot};
use super::spec::KeyAccessSpec;
use crate::model::KeyState;
use crate::reconcile::list;

/// The spec, what was read, and what follows from both.
pub(super) struct Facts<'a> {
    pub(super) spec: &'a KeyAccessSpec,
    pub(super) seen: &'a Snapshot,
    /// What the key's state means for its use.
    pub(super) state: Use,
    /// The names of the add-ons that use the key.
    pub(super) users: String,
}

/// What a key's state means for its use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Possible,
    Disabled,
    Deleting,
    /// A state that neither of our calls leads to.
    Odd,
}

impl<'a> Facts<'a> {
    pub(super) fn of(spec: &'a KeyAccessSpec, seen: &'a Snapshot) -> Self {
        let state = match seen.key.as_ref().map(|key| &key.state) {
            Some(KeyState::Enabled) => Use::Possible,
            Some(KeyState::Disabled) => Use::Disabled,
            Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion) => Use::Deleting,
            None
            | Some(
                KeyState::Creating
                | KeyState::Updating
                | KeyState::PendingImport
                | KeyState::Unavailable
                | KeyState::Other(_),
            ) => Use::Odd,
        };
        Self { spec, seen, state, users: list(seen.used.iter().map(|used| &used.user.addon)) }
    }

    /// The names of the add-ons that use the key and whose service stands elsewhere.
    pub(super) fn other_than(&self, service: Service) -> String {
        let others = self.seen.used.iter().filter(|used| used.service != service);
        list(others.map(|used| &used.user.addon))
    }
}
