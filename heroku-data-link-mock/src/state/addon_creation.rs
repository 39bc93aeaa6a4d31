//! How add-ons come to be.

use std::time::SystemTime;

use heroku_data_link::model::{
    AddonId, AppName, AttachmentName, AwsRegion, DataService, PlanName, PlanTier, Secret,
};
use heroku_data_link::provider::NewAddon;

use super::addons::{AddonRecord, Life};
use super::attachments::AttachmentRecord;
use super::{Refusal, Reply, State, known, zones};

/// The last size of any plan.
const LARGEST: u8 = 14;

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
        let attachment =
            AttachmentRecord { name: attachment, addon: id, namespace: None, from, until: None };
        self.heroku.names.insert(record.name.clone(), id);
        self.heroku.put_attachment(&record.app, attachment);
        self.heroku.addons.insert(id, record);
        id
    }

    pub(crate) fn create_addon(&mut self, now: SystemTime, new: &NewAddon) -> Reply<()> {
        let (app, plan) = (&new.app, &new.plan);
        let home = self.heroku.apps.get(app);
        let home =
            home.ok_or_else(|| Refusal::not_found(format!("Couldn't find that app: {app}")))?;
        check_plan(plan)?;
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
        };
        self.plant_addon(record, attachment, now);
        Ok(())
    }
}

fn check_plan(plan: &PlanName) -> Reply<()> {
    let families: &[&str] = match plan.service() {
        Some(DataService::KeyValueStore) => &["mini", "premium-", "private-", "shield-"],
        Some(DataService::Kafka) => &[
            "basic-",
            "standard-",
            "extended-",
            "private-standard-",
            "private-extended-",
            "shield-standard-",
            "shield-extended-",
        ],
        Some(DataService::Postgres) => {
            &["essential-", "standard-", "premium-", "private-", "shield-"]
        }
        None => &[],
    };
    let is_of = |family: &&str| match plan.plan().strip_prefix(family) {
        Some("") => !family.ends_with('-'),
        Some(size) => family.ends_with('-') && size.parse().is_ok_and(|size: u8| size <= LARGEST),
        None => false,
    };
    if families.iter().any(is_of) {
        return Ok(());
    }
    Err(Refusal::invalid(format!(
        "Couldn't find either the add-on service or the add-on plan of {:?}.",
        plan.as_str()
    )))
}

/// Plans are for a kind of space, or for none.
fn check_tier(plan: &PlanName, wanted: Option<&PlanTier>) -> Reply<()> {
    let tier = plan.tier();
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
