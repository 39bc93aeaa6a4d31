//! What was read of the key and its users.

use super::unknown_user::UnknownUser;
use super::usage::KeyUser;
use crate::model::AwsRegion;
use crate::provider::{CallerIdentity, Key, Readiness};

/// The word of a service that is on its way down. No word is on record: any other one, too, means
/// that the service cannot be used.
const STOPPING: &str = "stopping";

/// What was seen of the key and its users in one pass.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(super) caller: CallerIdentity,
    pub(super) region: AwsRegion,
    pub(super) key: Option<Key>,
    pub(super) used: Vec<Used>,
    /// Add-ons of which it is not known whether they use the key.
    pub(super) unknown: Vec<UnknownUser>,
}

/// An add-on under the key.
#[derive(Debug, Clone)]
pub(super) struct Used {
    pub(super) user: KeyUser,
    pub(super) service: Service,
}

/// Where a service is between running and stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    Running,
    /// It says so itself.
    Stopping,
    /// It cannot be used, whatever it says.
    Down,
}

impl From<Option<Readiness>> for Service {
    fn from(readiness: Option<Readiness>) -> Self {
        match readiness {
            Some(Readiness::Ready(_)) => Self::Running,
            Some(Readiness::Waiting(word)) if word.eq_ignore_ascii_case(STOPPING) => Self::Stopping,
            Some(Readiness::Waiting(_) | Readiness::Failed(_)) | None => Self::Down,
        }
    }
}
