//! Whose access to a key is given or ended, as its user says.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::consequences::Confirmation;
use crate::model::choice::{Empty, choice};
#[cfg(feature = "schemars")]
use crate::model::schema::{JsonSchema, structural};
use crate::model::text::refuses_without_passwords;
use crate::model::{DeletionWindow, KeyArn, LinkId};
use crate::reconcile::Seconds;

/// Whose access to a key is given or ended, and how.
///
/// Plain data. Only `link` and `key` are needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, remote = "KeyAccessSpec")]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub struct KeyAccessSpec {
    /// The name that events and errors carry.
    pub link: LinkId,
    /// The key.
    pub key: KeyArn,
    /// What a teardown does. Default: disable the key.
    #[serde(default)]
    pub ending: Ending,
    /// Somebody's yes to the [`Consequences`](super::Consequences); without it nothing is ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
    /// How long to wait for services to stop. Serialised as seconds; default: one hour.
    #[serde(default = "stop_deadline", with = "Seconds")]
    pub stop_deadline: Duration,
    /// How long to wait for services to be back. Serialised as seconds; default: half an hour.
    #[serde(default = "start_deadline", with = "Seconds")]
    pub start_deadline: Duration,
}

refuses_without_passwords!(KeyAccessSpec);

/// Three times what it usually takes.
fn stop_deadline() -> Duration {
    Duration::from_secs(3600)
}

/// Six times what it usually takes.
fn start_deadline() -> Duration {
    Duration::from_secs(1800)
}

impl KeyAccessSpec {
    /// A spec with defaults for everything else.
    pub fn new(link: LinkId, key: KeyArn) -> Self {
        Self {
            link,
            key,
            ending: Ending::default(),
            confirmation: None,
            stop_deadline: stop_deadline(),
            start_deadline: start_deadline(),
        }
    }

    /// Ended in this way.
    #[must_use]
    pub fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// With somebody's yes.
    #[must_use]
    pub fn confirmed(mut self, confirmation: Confirmation) -> Self {
        self.confirmation = Some(confirmation);
        self
    }
}

/// How the use of a key is ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", remote = "Ending")]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub enum Ending {
    /// The key is disabled; enabling it brings services and data back.
    #[default]
    #[serde(with = "Empty")]
    Disable,
    /// The key is deleted after so many days, within which that can be cancelled. Refused while
    /// an add-on uses it, or may use it.
    ScheduleDeletion(DeletionWindow),
}

choice!(Ending);

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disable => "disabling",
            Self::ScheduleDeletion(_) => "scheduling the deletion of",
        })
    }
}
