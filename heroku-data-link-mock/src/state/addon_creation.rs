//! How add-ons come to be.

use std::time::SystemTime;

use heroku_data_link::model::{
    AddonId, AppName, AttachmentName, AwsRegion, PlanName, PlanTier, Secret,
};
use heroku_data_link::provider::NewAddon;

use super::addons::{AddonRecord, Life};
use super::{Refusal, Reply, State, known, plans, zones};

/// Where apps run that are in no space.
const COMMON_RUNTIME: &str = "us-east-1";

impl State {
    /// The AWS region that an app, and what belongs to it, is in.
    pub(crate) fn region_of(&self, app: &AppName) -> AwsRegion {
        let space = self.heroku.apps.get(app).and_then(|app| app.space.as_ref());
        let space = space.and_then(|space| self.heroku.spaces.get(space));
        let region = space.and_then(|space| zones::aws_region(&space.region));
        region.unwrap_or_else(|| known(COMMON_RUNTIME.parse()))
    }

    /// An add-on, without checks.
    pub(crate) fn plant_addon(
        &mut self,
        record: AddonRecord,
        attachment: AttachmentName,
        from: SystemTime,
    ) -> AddonId {
        let id = self.ids.addon();
        let app = record.app.clone();
        self.heroku.names.insert(record.name.clone(), id);
        self.heroku.addons.insert(id, record);
        self.heroku.put_attachment(&app, attachment, id, None, from);
        id
    }

    pub(crate) fn create_addon(&mut self, now: SystemTime, new: &NewAddon) -> Reply<()> {
        let (app, plan) = (&new.app, &new.plan);
        let home = self.heroku.apps.get(app);
        let home =
            home.ok_or_else(|| Refusal::not_found(format!("Couldn't find that app: {app}")))?;
        plans::check(plan)?;
        let space = home.space.as_ref().and_then(|space| self.heroku.spaces.get(space));
        let wanted =
            space.map(|space| if space.shield { PlanTier::Shield } else { PlanTier::Private });
        check_tier(plan, wanted.as_ref())?;
        if let Some((_, other)) = self.addon_named(&new.name, now) {
            let taken = format!("Name is already taken: {}", new.name);
            let is_ours = other.app == *app;
            return Err(if is_ours { Refusal::conflict(taken) } else { Refusal::invalid(taken) });
        }
        let attachment = match &new.attachment {
            Some(name) if !new.confirm && !self.is_free(app, name, now) => {
                return Err(Refusal::invalid(format!(
                    "confirmation_required: {name} is attached to {app} already."
                )));
            }
            Some(name) => name.clone(),
            None => self.free_name(app, plan.service(), now),
        };
        let region = self.region_of(app);
        let options = self.read_options(now, app, &region, plan, &new.options)?;
        let timings = &self.timings;
        let provisioned_at = now + timings.addon_provisioning;
        let ready_after = match options.copy {
            Some(_) => timings.catching_up,
            None => timings.service_start,
        };
        let life = Life {
            created_at: now,
            listed_at: now + timings.service_listing,
            ready_at: provisioned_at + ready_after,
            destroyed_at: None,
            gone_at: provisioned_at + timings.failed_addon,
            needs_key: options.key.is_some(),
            key: options.key,
            copy: options.copy,
        };
        let record = AddonRecord {
            name: new.name.clone(),
            app: app.clone(),
            plan: plan.clone(),
            provisioned_at,
            offered: zones::offered(&region),
            region,
            zones_published: true,
            password: Secret::new(format!("p-of-{}", new.name)),
            life,
            listed_as: None,
            key_written_as: None,
        };
        self.plant_addon(record, attachment, now);
        Ok(())
    }
}

/// Plans are for a kind of space, or for none.
fn check_tier(plan: &PlanName, wanted: Option<&PlanTier>) -> Reply<()> {
    let tier = match plan.tier() {
        // Postgres Advanced has its kind of space in the second word.
        PlanTier::Advanced => match plan.plan().split_once('-') {
            Some((_, "private")) => PlanTier::Private,
            Some((_, "shield")) => PlanTier::Shield,
            Some(_) | None => PlanTier::Advanced,
        },
        tier @ (PlanTier::Private | PlanTier::Shield | PlanTier::Other(_)) => tier,
    };
    let fits = match wanted {
        Some(wanted) => tier == *wanted,
        None => !matches!(tier, PlanTier::Private | PlanTier::Shield),
    };
    if fits {
        return Ok(());
    }
    Err(Refusal::invalid(match wanted {
        Some(wanted) => format!("The space of this app needs a {wanted} plan; {plan} is another."),
        None => format!("{plan} needs an app in a space."),
    }))
}
