//! What a key that can be used gives to its user.

use serde::Serialize;

use super::facts::Facts;
use super::unknown_user::UnknownUser;
use super::usage::KeyUser;
use crate::model::{KeyArn, KeyState};

/// A key that can be used, and whose services run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct KeyAccessOutput {
    /// The key.
    pub key: KeyArn,
    /// Its state.
    pub state: KeyState,
    /// The add-ons that use it; all of them run.
    pub users: Vec<KeyUser>,
    /// Add-ons that may use it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<UnknownUser>,
}

/// The output, once there is one.
pub(super) fn of(facts: &Facts) -> Option<KeyAccessOutput> {
    let (spec, seen) = (facts.spec, facts.seen);
    let state = seen.key.as_ref()?.state.clone();
    let users = seen.used.iter().map(|used| used.user.clone()).collect();
    Some(KeyAccessOutput { key: spec.key.clone(), state, users, unknown: seen.unknown.clone() })
}
