//! KMS: the customer's own keys.

mod metadata;
mod scan;

use std::time::SystemTime;

use async_trait::async_trait;
use aws_sdk_kms::types::Tag as SdkTag;
use heroku_data_link::model::{AwsRegion, KeyAlias, KeyArn, KeyState};
use heroku_data_link::provider::operation as op;
use heroku_data_link::provider::{
    ErrorKind, Key, Keys, NewKey, ProviderError, ProviderResult, Rotation, Tag, Tags,
};

use crate::client::Client;
use crate::error::{Failure, failure};
use crate::pages::all;
use crate::reading::{needed, protocol};
use metadata::{key, time};

/// The only name that a key policy can have.
const POLICY: &str = "default";
/// What KMS says of a call that the key's state forbids.
const WRONG_STATE: &str = "KMSInvalidStateException";
/// The longest pages of aliases and of tags.
const PAGE_OF_ALIASES: i32 = 100;
const PAGE_OF_TAGS: i32 = 50;

#[async_trait]
impl Keys for Client {
    fn region(&self) -> &AwsRegion {
        Client::region(self)
    }

    async fn key(&self, arn: &KeyArn) -> ProviderResult<Option<Key>> {
        self.check_region(op::DESCRIBE_KEY, arn)?;
        absent(self.described_key(arn.as_str()).await)
    }

    async fn key_by_alias(&self, alias: &KeyAlias) -> ProviderResult<Option<Key>> {
        absent(self.described_key(alias.as_str()).await)
    }

    async fn keys_tagged(&self, tag: &Tag) -> ProviderResult<Vec<Key>> {
        self.scan(tag).await
    }

    async fn create_key(&self, new: &NewKey) -> ProviderResult<KeyArn> {
        let operation = op::CREATE_KEY;
        let tags = new.tags.iter().map(|(key, value)| {
            let tag = SdkTag::builder().tag_key(key).tag_value(value).build();
            tag.map_err(|error| {
                ProviderError::new(operation, ErrorKind::InvalidRequest, error.to_string())
            })
        });
        let call = self
            .kms()
            .create_key()
            .policy(&new.policy)
            .description(&new.description)
            .set_tags(Some(tags.collect::<Result<_, _>>()?));
        let answer = call.send().await.map_err(|error| failure(operation, &error))?;
        needed(operation, "Arn", answer.key_metadata().and_then(|key| key.arn()))
    }

    async fn key_tags(&self, key: &KeyArn) -> ProviderResult<Tags> {
        self.check_region(op::LIST_RESOURCE_TAGS, key)?;
        Ok(self.tags_of(key.id().as_str()).await?)
    }

    async fn key_policy(&self, key: &KeyArn) -> ProviderResult<String> {
        let operation = op::GET_KEY_POLICY;
        self.check_region(operation, key)?;
        let call = self.kms().get_key_policy().key_id(key.id().as_str()).policy_name(POLICY);
        let answer = call.send().await.map_err(|error| failure(operation, &error))?;
        let policy = answer.policy().map(str::to_owned);
        policy.ok_or_else(|| protocol(operation, "the answer has no Policy".to_owned()))
    }

    async fn put_key_policy(&self, key: &KeyArn, policy: &str) -> ProviderResult<()> {
        let operation = op::PUT_KEY_POLICY;
        self.check_region(operation, key)?;
        let call = self.kms().put_key_policy().key_id(key.id().as_str());
        let call = call.policy_name(POLICY).policy(policy);
        call.send().await.map_err(|error| failure(operation, &error))?;
        Ok(())
    }

    async fn key_aliases(&self, key: &KeyArn) -> ProviderResult<Vec<KeyAlias>> {
        let operation = op::LIST_ALIASES;
        self.check_region(operation, key)?;
        let call = self.kms().list_aliases().key_id(key.id().as_str());
        let pages = call.into_paginator().page_size(PAGE_OF_ALIASES).send();
        let found = absent(all(operation, pages, |page| (page.aliases, page.next_marker)).await)?;
        found
            .unwrap_or_default()
            .iter()
            .filter(|it| it.target_key_id() == Some(key.id().as_str()))
            // AWS's own names are nobody's to use or delete.
            .filter(|it| !it.alias_name().is_some_and(|name| name.starts_with("alias/aws/")))
            .map(|it| needed(operation, "AliasName", it.alias_name()))
            .collect()
    }

    async fn create_key_alias(&self, alias: &KeyAlias, key: &KeyArn) -> ProviderResult<()> {
        let operation = op::CREATE_ALIAS;
        self.check_region(operation, key)?;
        let call = self.kms().create_alias().alias_name(alias.as_str());
        let call = call.target_key_id(key.id().as_str());
        call.send().await.map_err(|error| failure(operation, &error))?;
        Ok(())
    }

    async fn delete_key_alias(&self, alias: &KeyAlias) -> ProviderResult<()> {
        match self.kms().delete_alias().alias_name(alias.as_str()).send().await {
            Ok(_) => Ok(()),
            Err(error) => failure(op::DELETE_ALIAS, &error).unless(Failure::is_not_found),
        }
    }

    async fn key_rotation(&self, key: &KeyArn) -> ProviderResult<Rotation> {
        let operation = op::GET_KEY_ROTATION_STATUS;
        self.check_region(operation, key)?;
        let call = self.kms().get_key_rotation_status().key_id(key.id().as_str());
        let answer = call.send().await.map_err(|error| failure(operation, &error))?;
        Ok(Rotation {
            enabled: answer.key_rotation_enabled(),
            period_days: answer.rotation_period_in_days().and_then(|days| days.try_into().ok()),
            next: time(answer.next_rotation_date()),
        })
    }

    async fn enable_key_rotation(&self, key: &KeyArn, period_days: u32) -> ProviderResult<()> {
        let operation = op::ENABLE_KEY_ROTATION;
        self.check_region(operation, key)?;
        let call = self.kms().enable_key_rotation().key_id(key.id().as_str());
        let call = call.rotation_period_in_days(days(operation, period_days)?);
        call.send().await.map_err(|error| failure(operation, &error))?;
        Ok(())
    }

    async fn disable_key_rotation(&self, key: &KeyArn) -> ProviderResult<()> {
        let operation = op::DISABLE_KEY_ROTATION;
        self.check_region(operation, key)?;
        let call = self.kms().disable_key_rotation().key_id(key.id().as_str());
        call.send().await.map_err(|error| failure(operation, &error))?;
        Ok(())
    }

    async fn enable_key(&self, key: &KeyArn) -> ProviderResult<()> {
        let operation = op::ENABLE_KEY;
        self.check_region(operation, key)?;
        let call = self.kms().enable_key().key_id(key.id().as_str());
        call.send().await.map_err(|error| failure(operation, &error))?;
        Ok(())
    }

    async fn disable_key(&self, key: &KeyArn) -> ProviderResult<()> {
        let operation = op::DISABLE_KEY;
        self.check_region(operation, key)?;
        let call = self.kms().disable_key().key_id(key.id().as_str());
        call.send().await.map_err(|error| failure(operation, &error))?;
        Ok(())
    }

    async fn schedule_key_deletion(&self, key: &KeyArn, window: u32) -> ProviderResult<SystemTime> {
        let operation = op::SCHEDULE_KEY_DELETION;
        self.check_region(operation, key)?;
        let call = self.kms().schedule_key_deletion().key_id(key.id().as_str());
        let call = call.pending_window_in_days(days(operation, window)?);
        let at = match call.send().await {
            Ok(answer) => time(answer.deletion_date()),
            Err(error) => {
                let failure = failure(operation, &error);
                match self.pending_deletion(&failure, key).await? {
                    Some(scheduled) => scheduled.deletion_at,
                    None => return Err(failure.error),
                }
            }
        };
        at.ok_or_else(|| protocol(operation, "the answer has no DeletionDate".to_owned()))
    }

    async fn cancel_key_deletion(&self, key: &KeyArn) -> ProviderResult<()> {
        let operation = op::CANCEL_KEY_DELETION;
        self.check_region(operation, key)?;
        match self.kms().cancel_key_deletion().key_id(key.id().as_str()).send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                let failure = failure(operation, &error);
                let nothing_to_cancel = failure.is(&[WRONG_STATE])
                    && self.pending_deletion(&failure, key).await?.is_none();
                failure.unless(|_| nothing_to_cancel)
            }
        }
    }
}

impl Client {
    /// Most calls are sent the id alone: they work in the key's own account and region only.
    fn check_region(&self, operation: &'static str, key: &KeyArn) -> ProviderResult<()> {
        if key.region() == Client::region(self) {
            return Ok(());
        }
        let text = format!("{} is not in {}", key.as_str(), Client::region(self));
        Err(ProviderError::new(operation, ErrorKind::InvalidRequest, text))
    }

    /// A key by any of its names.
    async fn described_key(&self, name: &str) -> Result<Key, Failure> {
        let operation = op::DESCRIBE_KEY;
        let call = self.kms().describe_key().key_id(name);
        let answer = call.send().await.map_err(|error| failure(operation, &error))?;
        let key = answer.key_metadata().map(|metadata| key(operation, metadata)).transpose();
        let nothing = || protocol(operation, "the answer has no KeyMetadata".to_owned());
        key.and_then(|key| key.ok_or_else(nothing)).map_err(Failure::from)
    }

    async fn tags_of(&self, id: &str) -> Result<Tags, Failure> {
        let pages = self.kms().list_resource_tags().key_id(id);
        let pages = pages.into_paginator().page_size(PAGE_OF_TAGS).send();
        let found =
            all(op::LIST_RESOURCE_TAGS, pages, |page| (page.tags, page.next_marker)).await?;
        let pair = |tag: SdkTag| (tag.tag_key, tag.tag_value);
        Ok(found.into_iter().map(pair).collect())
    }

    /// The key, if a call failed because the key's state forbids it and that state is that it is
    /// to be deleted.
    async fn pending_deletion(
        &self,
        failure: &Failure,
        key: &KeyArn,
    ) -> ProviderResult<Option<Key>> {
        if !failure.is(&[WRONG_STATE]) {
            return Ok(None);
        }
        let key = self.key(key).await?;
        Ok(key.filter(|key| key.state == KeyState::PendingDeletion))
    }
}

/// `Ok(None)` for what is not there.
fn absent<T>(result: Result<T, Failure>) -> ProviderResult<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(failure) if failure.is_not_found() => Ok(None),
        Err(failure) => Err(failure.error),
    }
}

fn days(operation: &'static str, days: u32) -> ProviderResult<i32> {
    i32::try_from(days).map_err(|_| {
        ProviderError::new(
            operation,
            ErrorKind::InvalidRequest,
            format!("{days} days are too many"),
        )
    })
}
