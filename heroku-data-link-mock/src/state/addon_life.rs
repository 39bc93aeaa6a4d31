//! The life of the service behind an add-on.

use std::time::SystemTime;

use heroku_data_link::model::{AddonId, AddonState, DataService, PlanTier};
use heroku_data_link::provider::{Addon, Readiness, ServiceInfo};

use super::addons::AddonRecord;
use super::keys::Services;
use super::{Refusal, Reply, State};

/// The word of all services for one that can be used.
const AVAILABLE: &str = "available";

impl State {
    /// Whether an add-on was destroyed, or could not be made: at the end of its provisioning, and
    /// for ever, as the key that it is to be encrypted with was of no use to Heroku then.
    pub(crate) fn has_ended(&self, record: &AddonRecord, at: SystemTime) -> bool {
        let has_failed = || {
            record.life.needs_key
                && record.provisioned_at <= at
                && !self.can_use_key(record, record.provisioned_at)
        };
        record.life.is_destroyed(at) || has_failed()
    }

    fn can_use_key(&self, record: &AddonRecord, at: SystemTime) -> bool {
        let Some(arn) = &record.life.key else { return true };
        self.aws.kms.keys.get(arn).is_some_and(|key| key.is_usable_by_heroku(at))
    }

    /// Whether an add-on is there, and its service can be used.
    pub(crate) fn is_available(&self, record: &AddonRecord, at: SystemTime) -> bool {
        !self.has_ended(record, at) && self.word(record, at) == AVAILABLE
    }

    fn services(&self, record: &AddonRecord, at: SystemTime) -> Services {
        let key = record.life.key.as_ref().and_then(|arn| self.aws.kms.keys.get(arn));
        let services = key.and_then(|key| key.services.at(at));
        services.copied().unwrap_or(Services::Running)
    }

    pub(crate) fn readiness(&self, addon: &Addon, at: SystemTime) -> Reply<Option<Readiness>> {
        let service = check_service(addon)?;
        let Some((record, state)) = self.listed_addon(addon.id, at) else { return Ok(None) };
        if is_going(&state) {
            return Ok(match service {
                // The others do not know it any more.
                DataService::Kafka => Some(Readiness::Failed("deprovisioned".to_owned())),
                DataService::KeyValueStore | DataService::Postgres => None,
            });
        }
        Ok(Some(match self.word(record, at) {
            AVAILABLE => Readiness::Ready(AVAILABLE.to_owned()),
            word => Readiness::Waiting(word.to_owned()),
        }))
    }

    pub(crate) fn service_info(&self, addon: &Addon, at: SystemTime) -> Reply<Option<ServiceInfo>> {
        let service = check_service(addon)?;
        let Some((record, state)) = self.listed_addon(addon.id, at) else { return Ok(None) };
        if is_going(&state) {
            return Ok(None);
        }
        let copy = record.life.copy.as_ref();
        let followed = copy.filter(|copy| copy.is_following(at)).map(|copy| copy.source);
        let followed = followed.and_then(|id| self.heroku.addons.get(&id));
        let version = match service {
            DataService::KeyValueStore => "7.2.8",
            DataService::Kafka => "3.7.1",
            DataService::Postgres => "16.4",
        };
        Ok(Some(ServiceInfo {
            encryption_key: record.life.key.as_ref().map(|key| match record.key_written_as {
                None => key.to_string(),
                Some(form) => form.write(key.as_str()),
            }),
            version: Some(version.to_owned()),
            status: Some(self.word(record, at).to_owned()),
            following: followed.map(|record| record.name.to_string()),
        }))
    }

    pub(crate) fn unfollow(&mut self, now: SystemTime, addon: &Addon) -> Reply<()> {
        let refused = Refusal::invalid(format!("{} cannot be made to stop following.", addon.name));
        if check_service(addon)? != DataService::Postgres {
            return Err(refused);
        }
        let listed = self.listed_addon(addon.id, now);
        let (record, _) =
            listed.ok_or_else(|| Refusal::not_found(format!("{} is not there.", addon.name)))?;
        let is_ready = self.word(record, now) == AVAILABLE;
        let Some(record) = self.heroku.addons.get_mut(&addon.id) else { return Err(refused) };
        let Some(copy) = record.life.copy.as_mut().filter(|copy| copy.is_following(now)) else {
            return Ok(());
        };
        if !is_ready {
            return Err(refused);
        }
        copy.unfollowed_at = Some(now);
        Ok(())
    }

    /// An add-on that its service knows. Postgres Advanced has another API, which is not here.
    fn listed_addon(&self, id: AddonId, at: SystemTime) -> Option<(&AddonRecord, AddonState)> {
        let state = self.addon(id, at)?.state;
        let record = self.heroku.addons.get(&id)?;
        let is_listed = record.life.listed_at <= at && record.plan.tier() != PlanTier::Advanced;
        is_listed.then_some((record, state))
    }

    /// What a service says of itself.
    fn word(&self, record: &AddonRecord, at: SystemTime) -> &'static str {
        let life = &record.life;
        if at < record.provisioned_at || (at < life.ready_at && life.copy.is_none()) {
            return "preparing";
        }
        match self.services(record, at) {
            Services::Stopping => return "stopping",
            Services::Stopped => return "stopped",
            Services::Starting => return "starting",
            Services::Running => {}
        }
        let Some(copy) = &life.copy else { return AVAILABLE };
        if at < life.ready_at {
            return if copy.follows { "catching up" } else { "forking" };
        }
        let until = copy.unfollowed_at.map(|since| since + self.timings.unfollowing);
        if until.is_some_and(|until| at < until) {
            return "unfollowing";
        }
        AVAILABLE
    }
}

fn is_going(state: &AddonState) -> bool {
    matches!(state, AddonState::Deprovisioning | AddonState::Deprovisioned)
}

fn check_service(addon: &Addon) -> Reply<DataService> {
    let service = addon.plan.service();
    service.ok_or_else(|| Refusal::invalid(format!("{} is no data service.", addon.plan)))
}
