//! Where an add-on lives.

use crate::model::{AwsRegion, PlanTier};
use crate::provider::{App, Space};
use crate::reconcile::Blocker;

/// Where the add-on lives, or is to live; as much of it as was found.
#[derive(Debug, Clone, Default)]
pub(super) struct Home {
    pub(super) app: Option<App>,
    pub(super) space: Option<Space>,
    pub(super) region: Option<AwsRegion>,
}

impl Home {
    /// The app is in a space of this region, and of the plan's kind.
    pub(super) fn check(&self, region: &AwsRegion, tier: &PlanTier) -> Result<(), Blocker> {
        let Some(app) = &self.app else {
            return Err(Blocker::new(
                "unknown-app",
                "the app cannot be read with these credentials",
                "check its name, and use a token of a member of the app's team",
            ));
        };
        let Some(space) = &self.space else {
            return Err(match &app.space {
                None => Blocker::new(
                    "not-in-a-space",
                    format!("app {} is not in a Private or Shield Space", app.name),
                    "a customer's key needs an add-on in a space",
                ),
                Some(space) => Blocker::new(
                    "unknown-space",
                    format!("space {space} cannot be read with these credentials"),
                    "use a token of a member of the space's team",
                ),
            });
        };
        let Some(there) = &self.region else {
            return Err(Blocker::new(
                "unknown-region",
                format!("Heroku does not say which AWS region {} is", space.region),
                "report this: the region is new",
            ));
        };
        if there != region {
            return Err(Blocker::new(
                "other-region",
                format!(
                    "space {} is in {there} (Heroku: {}), and these AWS credentials speak to \
                     {region}",
                    space.name, space.region
                ),
                format!("use a key in {there}: Heroku takes one of the add-on's own region only"),
            ));
        }
        let fits = match tier {
            PlanTier::Private => !space.shield,
            PlanTier::Shield => space.shield,
            // Refused for itself, before.
            PlanTier::Advanced | PlanTier::Other(_) => true,
        };
        if fits {
            return Ok(());
        }
        let (kind, other) =
            if space.shield { ("Shield", "shield") } else { ("Private", "private") };
        Err(Blocker::new(
            "plan-of-another-space",
            format!("space {} is a {kind} Space, and the plan is a {tier} plan", space.name),
            format!("use a {other} plan"),
        ))
    }
}
