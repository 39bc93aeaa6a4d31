//! What comes of ending the use of a key, and somebody's yes to it.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::phase::{GRACE, START, STOP};
use super::spec::Ending;
use super::unknown_user::UnknownUser;
use super::usage::KeyUser;
#[cfg(feature = "schemars")]
use crate::model::schema::{JsonSchema, structural};
use crate::model::{AddonId, KeyArn, TextFilter};

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
    /// Add-ons that could not be read or asked, and which may stop as well.
    pub unknown: Vec<UnknownUser>,
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
        let unknown = self.unknown.clone();
        Ok(Confirmation { key: self.key.clone(), ending: self.ending, addons, unknown })
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
            writeln!(f, "  may stop")?;
            for user in &self.unknown {
                writeln!(f, "    {user}")?;
            }
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
/// does not hold for another key, another ending, or more add-ons, be they known or unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
pub struct Confirmation {
    /// The key.
    pub(super) key: KeyArn,
    /// How its use is ended.
    pub(super) ending: Ending,
    /// Those that stop.
    pub(super) addons: BTreeSet<AddonId>,
    /// Those that may stop.
    #[serde(default)]
    pub(super) unknown: Vec<UnknownUser>,
}

impl Confirmation {
    /// Whether it was shown that this add-on stops, or may stop.
    pub(super) fn covers(&self, addon: AddonId) -> bool {
        self.addons.contains(&addon) || self.unknown.iter().any(|it| it.id == Some(addon))
    }

    /// Of the add-ons that may stop, those that were not shown. Two that look the same are two.
    pub(super) fn uncovered<'a>(&self, users: &'a [UnknownUser]) -> Vec<&'a UnknownUser> {
        let mut shown: Vec<_> = self.unknown.iter().collect();
        let mut is_new = |user: &&UnknownUser| {
            if user.id.is_some_and(|id| self.covers(id)) {
                return false;
            }
            let at = shown.iter().position(|it| it.is_same_addon(user));
            at.map(|at| shown.swap_remove(at)).is_none()
        };
        users.iter().filter(|user| is_new(user)).collect()
    }
}

/// What was written does not name the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{named:?} does not confirm anything: write the key's ARN, {key}, or its id")]
#[non_exhaustive]
pub struct NotConfirmed {
    named: String,
    key: KeyArn,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_unknown_addons_that_look_the_same_are_two() {
        let user = |json: &str| serde_json::from_str::<UnknownUser>(json).unwrap();
        let nameless = user(r#"{ "why": "unreadable" }"#);
        let named = user(r#"{ "addon": "a", "why": "no-answer" }"#);
        let known = user(
            r#"{ "id": "01234567-89ab-cdef-0123-456789abcdef", "addon": "a", "why": "unreadable" }"#,
        );
        let with = |unknown: &[&UnknownUser]| Confirmation {
            key: "arn:aws:kms:us-east-1:123456789101:key/1234abcd".parse().unwrap(),
            ending: Ending::Disable,
            addons: BTreeSet::new(),
            unknown: unknown.iter().map(|it| (*it).clone()).collect(),
        };
        for (shown, now, uncovered) in [
            (vec![], vec![&nameless], 1),
            (vec![&nameless], vec![&nameless], 0),
            (vec![&nameless], vec![&nameless, &nameless], 1),
            (vec![&nameless, &nameless], vec![&nameless], 0),
            (vec![&nameless], vec![&named], 1),
            (vec![&known], vec![&known, &named], 1),
            (vec![&known], vec![&known], 0),
            (vec![&named], vec![&known], 1),
        ] {
            let now: Vec<_> = now.into_iter().cloned().collect();
            assert_eq!(with(&shown).uncovered(&now).len(), uncovered, "{shown:?} {now:?}");
        }
        let covers = with(&[&known]).covers(known.id.unwrap());
        assert!(covers && !with(&[]).covers(known.id.unwrap()));
    }
}
