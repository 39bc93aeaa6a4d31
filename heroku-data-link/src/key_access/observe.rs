//! The thin part: reads, and nothing decided.

use super::run::KeyAccessWorkflow;
use super::snapshot::{Service, Used};
use super::unknown_user::UnknownUser;
use super::usage::{Inventory, KeyUser, ask_all, concerns_one};
use crate::model::AddonState;
use crate::provider::{Addon, CallerIdentity, Key, ProviderResult};

impl KeyAccessWorkflow {
    pub(super) async fn caller(&self) -> ProviderResult<CallerIdentity> {
        self.known.caller.get_or_read(self.clouds.aws.caller_identity()).await
    }

    pub(super) async fn key(&self, caller: &CallerIdentity) -> ProviderResult<Option<Key>> {
        let key = &self.spec.key;
        // Another region's or account's cannot be asked for; the checks say so.
        if key.region() != self.clouds.key_region() || *key.account() != caller.account {
            return Ok(None);
        }
        self.clouds.aws.key(key).await
    }

    pub(super) async fn read_users(&self) -> ProviderResult<(Vec<KeyUser>, Vec<UnknownUser>)> {
        let inventory = Inventory::of_heroku(&*self.clouds.heroku).await?;
        let users = (inventory.users_of(&self.spec.key), inventory.unknown);
        self.known.users.set(&users);
        Ok(users)
    }

    /// Read anew as long as it decides about ending a key's use.
    pub(super) async fn users(
        &self,
        must_be_new: bool,
    ) -> ProviderResult<(Vec<KeyUser>, Vec<UnknownUser>)> {
        match self.known.users.get() {
            Some(users) if !must_be_new => Ok(users),
            Some(_) | None => self.read_users().await,
        }
    }

    async fn service(&self, user: &KeyUser) -> ProviderResult<Service> {
        let addon = Addon {
            id: user.id,
            name: user.addon.clone(),
            app: user.app.clone(),
            plan: user.plan.clone(),
            state: AddonState::Provisioned,
        };
        match self.clouds.heroku.readiness(&addon).await {
            Ok(readiness) => Ok(readiness.into()),
            // A stopped service may not even answer.
            Err(error) if concerns_one(&error) => Ok(Service::Down),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn used(&self, users: Vec<KeyUser>) -> ProviderResult<Vec<Used>> {
        let reads: Vec<_> = users.iter().map(|user| self.service(user)).collect();
        let services = ask_all(reads).await?;
        let used = users.into_iter().zip(services);
        Ok(used.map(|(user, service)| Used { user, service }).collect())
    }
}
