//! Which kind of link reaches what on Heroku.
//!
//! People expect a peering to reach the databases of a space as well. It does not: it leads to the
//! dynos, and each data add-on has a PrivateLink of its own.
//!
//! ```
//! use heroku_data_link::reach::{LinkKind, Target, reach};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let advice = reach(&Target::Addon("heroku-postgresql:private-4".parse()?), None);
//! assert_eq!(advice.link, Some(LinkKind::PrivateLink));
//! # Ok(())
//! # }
//! ```

use std::fmt;

use serde::Serialize;

use crate::model::{DataService, Generation, PlanName, PlanTier};
use crate::provider::Space;
use crate::reconcile::list;

/// What somebody wants to reach from a VPC.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// The dynos of an app, or what the dynos reach in the VPC.
    Dynos,
    /// A data add-on, by its plan.
    Addon(PlanName),
}

/// A kind of link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LinkKind {
    /// A VPC peered with a space: see [`peering`](crate::peering).
    Peering,
    /// A VPC endpoint to one data add-on: see [`privatelink`](crate::privatelink).
    PrivateLink,
}

impl fmt::Display for LinkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Peering => "peering",
            Self::PrivateLink => "PrivateLink",
        })
    }
}

/// Which link works, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Advice {
    /// The kind of link that works; `None` when there is none.
    pub link: Option<LinkKind>,
    /// Why, and what else to do where none works, as sentences for people.
    pub why: String,
}

/// What a peering leads to, and what it does not.
pub(crate) const DYNOS_ONLY: &str =
    "a peering connects a VPC with the dynos of a space, and with no data add-on";

/// Says which kind of link leads from a VPC to `target`.
///
/// `space` is the Private or Shield Space that the app or the add-on lives in; `None` on the
/// Common Runtime. What can be seen of a plan is decided here; whether the space, the region and
/// the addresses fit, a plan of that kind of link says.
pub fn reach(target: &Target, space: Option<&Space>) -> Advice {
    match target {
        Target::Dynos => dynos(space),
        Target::Addon(plan) => addon(plan),
    }
}

fn dynos(space: Option<&Space>) -> Advice {
    let Some(space) = space else {
        return Advice {
            link: None,
            why: "dynos of the Common Runtime have no private network; move the app to a Private \
                  Space on Cedar, and peer that"
                .to_owned(),
        };
    };
    match check_generation(space) {
        Ok(()) => Advice {
            link: Some(LinkKind::Peering),
            why: format!(
                "{DYNOS_ONLY}; requests from the VPC reach web dynos of apps with internal \
                 routing, and dynos reach what the VPC's security groups let in"
            ),
        },
        Err(why) => Advice { link: None, why },
    }
}

/// Whether spaces of this generation can be peered; if not, why.
pub(crate) fn check_generation(space: &Space) -> Result<(), String> {
    match &space.generation {
        // Heroku decides about a generation that this version does not know.
        Generation::Cedar | Generation::Other(_) => Ok(()),
        Generation::Fir => {
            Err(format!("space {} is of the Fir generation, which has no VPC peering", space.name))
        }
    }
}

fn addon(plan: &PlanName) -> Advice {
    if plan.service().is_none() {
        let why = format!(
            "{DYNOS_ONLY}, and {} has no PrivateLink: only {} have",
            plan.service_slug(),
            list(DataService::ALL.map(DataService::slug))
        );
        return Advice { link: None, why };
    }
    let tier = plan.tier();
    if tier.has_private_link() {
        let why = format!("{DYNOS_ONLY}; {plan} has a PrivateLink of its own");
        return Advice { link: Some(LinkKind::PrivateLink), why };
    }
    let why = match tier {
        PlanTier::Advanced => {
            format!("{DYNOS_ONLY}, and Postgres Advanced ({plan}) has no PrivateLink")
        }
        PlanTier::Private | PlanTier::Shield | PlanTier::Other(_) => format!(
            "{DYNOS_ONLY}, and {plan} has no PrivateLink; move the data to a private or shield \
             plan in a space"
        ),
    };
    Advice { link: None, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(generation: &str) -> Space {
        Space {
            id: None,
            name: "acme".parse().unwrap(),
            region: "virginia".parse().unwrap(),
            shield: false,
            generation: generation.into(),
        }
    }

    #[test]
    fn every_target_gets_a_link_or_the_reason_why_there_is_none() {
        let (cedar, fir, future) = (space("cedar"), space("fir"), space("oak"));
        let addon = |plan: &str| Target::Addon(plan.parse().unwrap());
        let peering = Some(LinkKind::Peering);
        let private_link = Some(LinkKind::PrivateLink);
        for (target, space, link, part) in [
            (Target::Dynos, Some(&cedar), peering, "internal routing"),
            (Target::Dynos, Some(&future), peering, "dynos"),
            (Target::Dynos, Some(&fir), None, "acme is of the Fir generation"),
            (Target::Dynos, None, None, "Common Runtime"),
            (addon("heroku-redis:private-7"), Some(&cedar), private_link, "no data add-on"),
            (addon("heroku-postgresql:shield-0"), Some(&fir), private_link, "of its own"),
            (addon("heroku-kafka:private-standard-2"), None, private_link, "of its own"),
            (addon("heroku-postgresql:advanced"), Some(&cedar), None, "Postgres Advanced"),
            (addon("heroku-redis:premium-0"), None, None, "private or shield plan"),
            (addon("papertrail:choklad"), Some(&cedar), None, "papertrail has no PrivateLink"),
        ] {
            let advice = reach(&target, space);
            assert_eq!(advice.link, link, "{target:?}: {}", advice.why);
            assert!(advice.why.contains(part), "{target:?}: {}", advice.why);
        }
    }
}
