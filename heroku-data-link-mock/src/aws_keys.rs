use std::time::SystemTime;

use async_trait::async_trait;
use heroku_data_link::model::{AwsRegion, KeyAlias, KeyArn, KeyState};
use heroku_data_link::provider::{
    ErrorKind, Key, Keys, NewKey, ProviderResult, Rotation, Tag, Tags, operation,
};

use crate::aws::AwsFace;
use crate::journal::Request;

#[async_trait]
impl Keys for AwsFace {
    fn region(&self) -> &AwsRegion {
        &self.caller.region
    }

    async fn key(&self, key: &KeyArn) -> ProviderResult<Option<Key>> {
        let request = Request::new(operation::DESCRIBE_KEY, key.as_str());
        self.world.read(request, |state, at| state.aws.key(&self.caller, key, at)).settle().await
    }

    async fn key_by_alias(&self, alias: &KeyAlias) -> ProviderResult<Option<Key>> {
        let request = Request::new(operation::DESCRIBE_KEY, alias.as_str());
        let key = self
            .world
            .read(request, |state, at| Ok(state.aws.key_by_alias(&self.caller, alias, at)));
        key.settle().await
    }

    async fn keys_tagged(&self, tag: &Tag) -> ProviderResult<Vec<Key>> {
        let detail = format!("tagged {}={}", tag.key, tag.value);
        let request = Request::new(operation::LIST_KEYS, &detail);
        let keys =
            self.world.read(request, |state, at| state.aws.keys_tagged(&self.caller, tag, at));
        keys.settle().await
    }

    async fn keys_with_tag(&self, key: &str) -> ProviderResult<Vec<(Key, Tags)>> {
        let detail = format!("with the tag {key}");
        let request = Request::new(operation::LIST_KEYS, &detail);
        let keys =
            self.world.read(request, |state, at| state.aws.keys_with_tag(&self.caller, key, at));
        keys.settle().await
    }

    async fn create_key(&self, key: &NewKey) -> ProviderResult<KeyArn> {
        let request =
            Request::new(operation::CREATE_KEY, &key.description).tagging(!key.tags.is_empty());
        let create =
            self.world.mutate(request, |state, now| state.create_key(&self.caller, now, key));
        create.settle().await
    }

    async fn key_tags(&self, key: &KeyArn) -> ProviderResult<Tags> {
        let request = Request::new(operation::LIST_RESOURCE_TAGS, key.as_str());
        let tags = self.world.read(request, |state, at| {
            let (_, version) = state.aws.known_key(&self.caller, key, at)?;
            Ok(version.tags.as_ref().clone())
        });
        tags.settle().await
    }

    async fn tag_key(&self, key: &KeyArn, tags: &Tags) -> ProviderResult<()> {
        let request = Request::new(operation::TAG_KEY, key.as_str());
        let tag = self
            .world
            .mutate(request, |state, now| state.tag_key(&self.caller, now, key, tags, &[]));
        tag.settle().await
    }

    async fn key_policy(&self, key: &KeyArn) -> ProviderResult<String> {
        let request = Request::new(operation::GET_KEY_POLICY, key.as_str());
        let policy = self.world.read(request, |state, at| {
            let (_, version) = state.aws.known_key(&self.caller, key, at)?;
            Ok(version.policy.to_string())
        });
        policy.settle().await
    }

    async fn put_key_policy(&self, key: &KeyArn, policy: &str) -> ProviderResult<()> {
        let request = Request::new(operation::PUT_KEY_POLICY, key.as_str());
        let put = self
            .world
            .mutate(request, |state, now| state.put_key_policy(&self.caller, now, key, policy));
        put.settle().await
    }

    async fn create_key_alias(&self, alias: &KeyAlias, key: &KeyArn) -> ProviderResult<()> {
        let detail = format!("{alias} of {key}");
        let request = Request::new(operation::CREATE_ALIAS, &detail);
        let create = self
            .world
            .mutate(request, |state, now| state.create_key_alias(&self.caller, now, alias, key));
        create.settle().await
    }

    async fn key_rotation(&self, key: &KeyArn) -> ProviderResult<Rotation> {
        let request = Request::new(operation::GET_KEY_ROTATION_STATUS, key.as_str());
        let rotation =
            self.world.read(request, |state, at| state.aws.key_rotation(&self.caller, key, at));
        rotation.settle().await
    }

    async fn enable_key_rotation(&self, key: &KeyArn, period_days: u32) -> ProviderResult<()> {
        let detail = format!("{key} every {period_days} days");
        let request = Request::new(operation::ENABLE_KEY_ROTATION, &detail);
        let enable = self.world.mutate(request, |state, now| {
            state.rotate_key(&self.caller, now, key, Some(period_days))
        });
        enable.settle().await
    }

    async fn enable_key(&self, key: &KeyArn) -> ProviderResult<()> {
        let request = Request::new(operation::ENABLE_KEY, key.as_str());
        let enable = self.world.mutate(request, |state, now| {
            state.switch_key(&self.caller, now, key, &KeyState::Enabled)
        });
        enable.settle().await
    }

    async fn disable_key(&self, key: &KeyArn) -> ProviderResult<()> {
        let request = Request::new(operation::DISABLE_KEY, key.as_str());
        let disable = self.world.mutate(request, |state, now| {
            state.switch_key(&self.caller, now, key, &KeyState::Disabled)
        });
        disable.settle().await
    }

    async fn schedule_key_deletion(&self, key: &KeyArn, days: u32) -> ProviderResult<SystemTime> {
        let detail = format!("{key} in {days} days");
        let request = Request::new(operation::SCHEDULE_KEY_DELETION, &detail);
        let schedule = self.world.mutate(request, |state, now| {
            let scheduled = state.schedule_key_deletion(&self.caller, now, key, days);
            // One that is to be deleted already keeps its date.
            scheduled.or_else(|refusal| {
                let already = state.aws.deletion_of(key, now);
                already.filter(|_| *refusal.kind() == ErrorKind::Conflict).ok_or(refusal)
            })
        });
        schedule.settle().await
    }

    async fn cancel_key_deletion(&self, key: &KeyArn) -> ProviderResult<()> {
        let request = Request::new(operation::CANCEL_KEY_DELETION, key.as_str());
        let cancel = self.world.mutate(request, |state, now| {
            let cancelled = state.cancel_key_deletion(&self.caller, now, key);
            // One that is not to be deleted stays as it is.
            cancelled.or_else(|refusal| {
                if *refusal.kind() == ErrorKind::Conflict { Ok(()) } else { Err(refusal) }
            })
        });
        cancel.settle().await
    }
}
