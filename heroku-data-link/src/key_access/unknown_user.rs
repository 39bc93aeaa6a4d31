//! Add-ons that may use a key. What is not known is never taken for "no".

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::choice::{Empty, choice};
#[cfg(feature = "schemars")]
use crate::model::schema::{JsonSchema, structural};
use crate::model::{AddonId, AddonName, AppName, PlanName};
use crate::provider::{Addon, UnreadableAddon};

/// An add-on of which it is not known whether it uses a key, and which.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub struct UnknownUser {
    /// Its name, where that can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addon: Option<AddonName>,
    /// Its UUID, where that can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<AddonId>,
    /// The app that owns it, where that can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<AppName>,
    /// Its plan, where that can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanName>,
    /// Why it is not known.
    pub why: WhyUnknown,
}

/// Why it is not known which key an add-on uses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", remote = "WhyUnknown")]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub enum WhyUnknown {
    /// Heroku lists it in a form that is not understood.
    #[serde(with = "Empty")]
    Unreadable,
    /// Its service does not answer.
    #[serde(with = "Empty")]
    NoAnswer,
    /// Its service names no key, and its plan is not known to be one without.
    #[serde(with = "Empty")]
    UnknownPlan,
    /// Its service names a key in a form that is not understood: this, shortened where it is long.
    UnreadableKey(String),
}

choice!(WhyUnknown);

impl UnknownUser {
    pub(super) fn of(addon: &Addon, why: WhyUnknown) -> Self {
        Self {
            addon: Some(addon.name.clone()),
            id: Some(addon.id),
            app: Some(addon.app.clone()),
            plan: Some(addon.plan.clone()),
            why,
        }
    }

    /// Whether both look like one add-on: by id, or else by all that can be read.
    pub(super) fn is_same_addon(&self, other: &Self) -> bool {
        match (self.id, other.id) {
            (Some(id), Some(other)) => id == other,
            (None, None) => {
                (&self.addon, &self.app, &self.plan) == (&other.addon, &other.app, &other.plan)
            }
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

impl From<UnreadableAddon> for UnknownUser {
    fn from(row: UnreadableAddon) -> Self {
        let UnreadableAddon { id, name, app, plan } = row;
        Self { addon: name, id, app, plan, why: WhyUnknown::Unreadable }
    }
}

impl fmt::Display for UnknownUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.addon, self.id) {
            (Some(name), _) => write!(f, "{name}")?,
            (None, Some(id)) => write!(f, "add-on {id}")?,
            (None, None) => f.write_str("an add-on without a readable name")?,
        }
        if let Some(plan) = &self.plan {
            write!(f, " ({plan})")?;
        }
        if let Some(app) = &self.app {
            write!(f, " of app {app}")?;
        }
        match &self.why {
            WhyUnknown::Unreadable => {
                f.write_str(", which Heroku lists in a form that is not understood")
            }
            WhyUnknown::NoAnswer => f.write_str(", whose service cannot be asked"),
            WhyUnknown::UnknownPlan => {
                f.write_str(", whose service names no key, and whose plan is not known here")
            }
            WhyUnknown::UnreadableKey(written) => {
                write!(f, ", whose key Heroku writes as {written:?}")
            }
        }
    }
}
