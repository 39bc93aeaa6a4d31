use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::phase::{GRACE, START, STOP};
use super::spec::Ending;
use crate::encryption::usage::KeyUser;
use crate::model::{AddonId, AddonName, KeyArn, TextFilter};
use crate::reconcile::list;

/// What comes of ending the use of a key. Look at it, show it, and [confirm](Self::confirm) it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Consequences {
    /// The key.
    pub key: KeyArn,
    /// How its use is ended.
    pub ending: Ending,
    /// The add-ons that stop.
    pub stops: Vec<KeyUser>,
    /// Add-ons whose service could not be asked, and which may stop as well.
    pub unknown: Vec<AddonName>,
}

impl Consequences {
    /// Says yes to just this: `named` must be the key's ARN or its id.
    ///
    /// # Errors
    /// When it is not.
    pub fn confirm(&self, named: &str) -> Result<Confirmation, NotConfirmed> {
        if named != self.key.as_str() && named != self.key.id().as_str() {
            return Err(NotConfirmed {
                named: TextFilter::new().show(named),
                key: self.key.clone(),
            });
        }
        let addons = self.stops.iter().map(|user| user.id).collect();
        Ok(Confirmation { key: self.key.clone(), ending: self.ending, addons })
    }
}

impl fmt::Display for Consequences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = |duration: std::time::Duration| duration.as_secs() / 60;
        writeln!(f, "{} {}", self.ending, self.key)?;
        if self.stops.is_empty() {
            writeln!(f, "  stops no add-on that these credentials can see")?;
        } else {
            writeln!(f, "  stops")?;
            for user in &self.stops {
                writeln!(f, "    {user}")?;
            }
        }
        if !self.unknown.is_empty() {
            writeln!(f, "  may stop {}, which cannot be asked", list(&self.unknown))?;
        }
        match self.ending {
            Ending::Disable => writeln!(
                f,
                "  for {} min nothing happens, and enabling the key again is harmless;\n  within \
                 about {} min Heroku stops services and servers, and their data cannot be read;\n  \
                 about {} min after the key is enabled again they are back",
                minutes(GRACE),
                minutes(STOP),
                minutes(START),
            ),
            Ending::ScheduleDeletion(window) => writeln!(
                f,
                "  the key cannot be used from now on, and is deleted in {window};\n  after that \
                 nobody can ever read what it encrypted, backups included"
            ),
        }
    }
}

/// Somebody has seen the [`Consequences`] and named the key. Good for these consequences only: it
/// does not hold for another key, another ending, or more add-ons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Confirmation {
    pub(super) key: KeyArn,
    pub(super) ending: Ending,
    pub(super) addons: BTreeSet<AddonId>,
}

/// What was written does not name the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{named:?} does not confirm anything: write the key's ARN, {key}, or its id")]
pub struct NotConfirmed {
    named: String,
    key: KeyArn,
}
