//! The thin part: reads, and nothing decided.

use futures_util::future::try_join;

use super::run::EncryptionWorkflow;
use super::snapshot::Keys;
use super::spec::KeyChoice;
use crate::home::Home;
use crate::model::{AddonState, KeyAlias, KeyArn, KeyState};
use crate::provider::{
    Addon, Attachment, CallerIdentity, ErrorKind, Key, ProviderResult, Readiness, Rotation,
    ServiceInfo,
};
use crate::reconcile::{Goal, Matter, Memory, ownership};

impl EncryptionWorkflow {
    pub(super) async fn caller(&self) -> ProviderResult<CallerIdentity> {
        self.known.caller.get_or_read(self.clouds.aws.caller_identity()).await
    }

    pub(super) async fn home(&self, goal: Goal) -> ProviderResult<Home> {
        if goal == Goal::TornDown {
            return Ok(Home::default());
        }
        let read = Home::read(&*self.clouds.heroku, &self.spec.app);
        self.known.home.get_or_read_until(Home::is_complete, read).await
    }

    /// The add-on of the spec's name, wherever it is, and what its service says.
    pub(super) async fn addon(
        &self,
        goal: Goal,
    ) -> ProviderResult<(Option<Addon>, Option<Readiness>, Option<ServiceInfo>)> {
        // What resolves may be an attachment of that name, too.
        let found = self.clouds.heroku.resolve(None, &self.spec.addon.clone().into()).await?;
        let addon = found.into_iter().find(|addon| addon.name == self.spec.addon);
        if goal == Goal::TornDown {
            return Ok((addon, None, None));
        }
        let (readiness, info) = self.service(addon.as_ref()).await?;
        Ok((addon, readiness, info))
    }

    /// What the service behind an add-on says, once that is provisioned.
    pub(super) async fn service(
        &self,
        addon: Option<&Addon>,
    ) -> ProviderResult<(Option<Readiness>, Option<ServiceInfo>)> {
        let is_readable = |addon: &&Addon| {
            addon.state == AddonState::Provisioned && addon.plan.service().is_some()
        };
        let Some(there) = addon.filter(is_readable) else { return Ok((None, None)) };
        try_join(self.clouds.heroku.readiness(there), self.clouds.heroku.service_info(there)).await
    }

    /// What a migration needs to know of the old add-on.
    pub(super) async fn source(&self, goal: Goal) -> ProviderResult<(Vec<Addon>, Vec<Attachment>)> {
        let (Goal::Established, Some(migration)) = (goal, &self.spec.migration) else {
            return Ok((Vec::new(), Vec::new()));
        };
        try_join(
            self.clouds.heroku.resolve(Some(&self.spec.app), &migration.source),
            self.clouds.heroku.attachments(&self.spec.app),
        )
        .await
    }

    pub(super) async fn keys(
        &self,
        goal: Goal,
        caller: &CallerIdentity,
        memory: &Memory,
    ) -> ProviderResult<Keys> {
        let mut keys = match (&self.spec.key, self.spec.alias()) {
            (KeyChoice::Existing { key, .. }, _) => self.named(key, caller).await?,
            (KeyChoice::Owned { .. }, Some(alias)) => self.owned(&alias, memory).await?,
            // Every link's id makes an alias.
            (KeyChoice::Owned { .. }, None) => Keys::default(),
        };
        let [key] = keys.found.as_slice() else { return Ok(keys) };
        if goal == Goal::TornDown || key.state != KeyState::Enabled || key.is_aws_managed {
            return Ok(keys);
        }
        // Nothing is done with the link's own key before its alias names it.
        if self.spec.owns_key() && !keys.has_alias {
            return Ok(keys);
        }
        let (policy, rotation) =
            try_join(self.clouds.aws.key_policy(&key.arn), self.rotation(&key.arn)).await?;
        keys.policy = Some(policy.parse());
        keys.rotation = rotation;
        Ok(keys)
    }

    async fn named(&self, key: &KeyArn, caller: &CallerIdentity) -> ProviderResult<Keys> {
        // Another region's or account's cannot be asked for; the checks say so.
        if key.region() != self.clouds.key_region() || *key.account() != caller.account {
            return Ok(Keys::default());
        }
        let found = self.clouds.aws.key(key).await?;
        Ok(Keys { found: found.into_iter().collect(), ..Keys::default() })
    }

    /// The key of the link's alias; without one, the keys of its tag. Looking for a tag costs a
    /// request for every key there is, so it is done only while there is no alias. A key that was
    /// made or seen before is looked for by its ARN: lists lag, and tags are taken away.
    async fn owned(&self, alias: &KeyAlias, memory: &Memory) -> ProviderResult<Keys> {
        let mut keys = Keys::default();
        if let Some(key) = self.clouds.aws.key_by_alias(alias).await? {
            keys.has_alias = true;
            keys.found.push(key);
        } else {
            let tagged = self.clouds.aws.keys_tagged(&ownership::tag_of(&self.spec.link)).await?;
            let (going, found): (Vec<_>, Vec<_>) = tagged.into_iter().partition(is_going);
            keys.going = going.into_iter().map(|key| key.arn).collect();
            keys.found = found;
        }
        if let Some(remembered) = memory.made() {
            if !keys.found.iter().any(|key| key.arn == *remembered) {
                match self.clouds.aws.key(remembered).await? {
                    // Somebody has chosen the other one.
                    Some(key) if is_going(&key) && !keys.found.is_empty() => {}
                    Some(key) => {
                        keys.going.retain(|going| going != remembered);
                        keys.found.push(key);
                    }
                    None => {
                        keys.missing = Some((remembered.clone(), memory.spell(Matter::KeyMissing)));
                    }
                }
            }
            keys.is_remembered = keys.found.first().is_some_and(|key| key.arn == *remembered);
        }
        // In every pass: somebody may have given the key to another link, or taken its tags away.
        if let Some(key) = keys.found.first() {
            keys.tags = self.clouds.aws.key_tags(&key.arn).await?;
        }
        Ok(keys)
    }

    /// `None` for a key that cannot be rotated.
    async fn rotation(&self, key: &KeyArn) -> ProviderResult<Option<Rotation>> {
        match self.clouds.aws.key_rotation(key).await {
            Ok(rotation) => Ok(Some(rotation)),
            Err(error) if *error.kind() == ErrorKind::InvalidRequest => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn is_going(key: &Key) -> bool {
    matches!(key.state, KeyState::PendingDeletion | KeyState::PendingReplicaDeletion)
}
