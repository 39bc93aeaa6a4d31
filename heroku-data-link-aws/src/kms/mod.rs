//! KMS: the customer's own keys.

mod metadata;
mod scan;

use std::time::SystemTime;

use async_trait::async_trait;
use aws_sdk_kms::types::Tag as SdkTag;
use heroku_data_link::model::{AwsRegion, KeyAlias, KeyArn, KeyState};
use heroku_data_link::provider::operation as op;
use heroku_data_link::provider::{Key, Keys, NewKey, ProviderResult, Rotation, Tag, Tags};

use crate::client::Client;
use crate::error::Failure;
use crate::pages::all;
use crate::reading::Reading;
use metadata::{key, time};

/// The only name that a key policy can have.
const POLICY: &str = "default";
/// What KMS says of a call that the key's state forbids.
const WRONG_STATE: &str = "KMSInvalidStateException";
/// The longest page of tags.
const PAGE_OF_TAGS: i32 = 50;

#[async_trait]
impl Keys for Client {
    fn region(&self) -> &AwsRegion {
        Client::region(self)
    }

    async fn key(&self, arn: &KeyArn) -> ProviderResult<Option<Key>> {
        self.reading_of(arn, op::DESCRIBE_KEY)?;
        absent(self.described_key(arn.as_str()).await)
    }

    async fn key_by_alias(&self, alias: &KeyAlias) -> ProviderResult<Option<Key>> {
        absent(self.described_key(alias.as_str()).await)
    }

    async fn keys_tagged(&self, tag: &Tag) -> ProviderResult<Vec<Key>> {
        let name = format!("{}={}", tag.key, tag.value);
        let found = self.scan(&name, |tags| tags.get(&tag.key) == Some(&tag.value)).await?;
        Ok(found.into_iter().map(|(key, _)| key).collect())
    }

    async fn keys_with_tag(&self, key: &str) -> ProviderResult<Vec<(Key, Tags)>> {
        self.scan(key, |tags| tags.contains_key(key)).await
    }

    async fn create_key(&self, new: &NewKey) -> ProviderResult<KeyArn> {
        let reading = self.reading(op::CREATE_KEY);
        let call = self
            .kms()
            .create_key()
            .policy(&new.policy)
            .description(&new.description)
            .set_tags(Some(sdk_tags(&reading, &new.tags)?));
        let answer = call.send().await.map_err(|error| reading.failure(&error))?;
        reading.needed("Arn", answer.key_metadata().and_then(|key| key.arn()))
    }

    async fn key_tags(&self, key: &KeyArn) -> ProviderResult<Tags> {
        self.reading_of(key, op::LIST_RESOURCE_TAGS)?;
        Ok(self.tags_of(key.id().as_str()).await?)
    }

    async fn tag_key(&self, key: &KeyArn, tags: &Tags) -> ProviderResult<()> {
        let reading = self.reading_of(key, op::TAG_KEY)?;
        let call = self.kms().tag_resource().key_id(key.id().as_str());
        let call = call.set_tags(Some(sdk_tags(&reading, tags)?));
        call.send().await.map_err(|error| reading.failure(&error))?;
        Ok(())
    }

    async fn key_policy(&self, key: &KeyArn) -> ProviderResult<String> {
        let reading = self.reading_of(key, op::GET_KEY_POLICY)?;
        let call = self.kms().get_key_policy().key_id(key.id().as_str()).policy_name(POLICY);
        let answer = call.send().await.map_err(|error| reading.failure(&error))?;
        let policy = answer.policy().map(str::to_owned);
        policy.ok_or_else(|| reading.protocol("the answer has no Policy"))
    }

    async fn put_key_policy(&self, key: &KeyArn, policy: &str) -> ProviderResult<()> {
        let reading = self.reading_of(key, op::PUT_KEY_POLICY)?;
        let call = self.kms().put_key_policy().key_id(key.id().as_str());
        let call = call.policy_name(POLICY).policy(policy);
        call.send().await.map_err(|error| reading.failure(&error))?;
        Ok(())
    }

    async fn create_key_alias(&self, alias: &KeyAlias, key: &KeyArn) -> ProviderResult<()> {
        let reading = self.reading_of(key, op::CREATE_ALIAS)?;
        let call = self.kms().create_alias().alias_name(alias.as_str());
        let call = call.target_key_id(key.id().as_str());
        call.send().await.map_err(|error| reading.failure(&error))?;
        Ok(())
    }

    async fn key_rotation(&self, key: &KeyArn) -> ProviderResult<Rotation> {
        let reading = self.reading_of(key, op::GET_KEY_ROTATION_STATUS)?;
        let call = self.kms().get_key_rotation_status().key_id(key.id().as_str());
        let answer = call.send().await.map_err(|error| reading.failure(&error))?;
        Ok(Rotation {
            enabled: answer.key_rotation_enabled(),
            period_days: answer.rotation_period_in_days().and_then(|days| days.try_into().ok()),
            next: time(answer.next_rotation_date()),
        })
    }

    async fn enable_key_rotation(&self, key: &KeyArn, period_days: u32) -> ProviderResult<()> {
        let reading = self.reading_of(key, op::ENABLE_KEY_ROTATION)?;
        let call = self.kms().enable_key_rotation().key_id(key.id().as_str());
        let call = call.rotation_period_in_days(days(&reading, period_days)?);
        call.send().await.map_err(|error| reading.failure(&error))?;
        Ok(())
    }

    async fn enable_key(&self, key: &KeyArn) -> ProviderResult<()> {
        let reading = self.reading_of(key, op::ENABLE_KEY)?;
        let call = self.kms().enable_key().key_id(key.id().as_str());
        call.send().await.map_err(|error| reading.failure(&error))?;
        Ok(())
    }

    async fn disable_key(&self, key: &KeyArn) -> ProviderResult<()> {
        let reading = self.reading_of(key, op::DISABLE_KEY)?;
        let call = self.kms().disable_key().key_id(key.id().as_str());
        call.send().await.map_err(|error| reading.failure(&error))?;
        Ok(())
    }

    async fn schedule_key_deletion(&self, key: &KeyArn, window: u32) -> ProviderResult<SystemTime> {
        let reading = self.reading_of(key, op::SCHEDULE_KEY_DELETION)?;
        let call = self.kms().schedule_key_deletion().key_id(key.id().as_str());
        let call = call.pending_window_in_days(days(&reading, window)?);
        let at = match call.send().await {
            Ok(answer) => time(answer.deletion_date()),
            Err(error) => {
                let failure = reading.failure(&error);
                match self.pending_deletion(&failure, key).await? {
                    Some(scheduled) => scheduled.deletion_at,
                    None => return Err(failure.error),
                }
            }
        };
        at.ok_or_else(|| reading.protocol("the answer has no DeletionDate"))
    }

    async fn cancel_key_deletion(&self, key: &KeyArn) -> ProviderResult<()> {
        let reading = self.reading_of(key, op::CANCEL_KEY_DELETION)?;
        match self.kms().cancel_key_deletion().key_id(key.id().as_str()).send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                let failure = reading.failure(&error);
                let nothing_to_cancel = failure.is(&[WRONG_STATE])
                    && self.pending_deletion(&failure, key).await?.is_none();
                failure.unless(|_| nothing_to_cancel)
            }
        }
    }
}

impl Client {
    /// How the answers about a key are read. Most calls are sent its id alone: they work in the key's
    /// own account and region only.
    fn reading_of(&self, key: &KeyArn, operation: &'static str) -> ProviderResult<Reading> {
        let reading = self.reading(operation);
        if key.region() == Client::region(self) {
            return Ok(reading);
        }
        let text = format!("{} is not in {}", key.as_str(), Client::region(self));
        Err(reading.refusal(&text))
    }

    /// A key by any of its names.
    async fn described_key(&self, name: &str) -> Result<Key, Failure> {
        let reading = self.reading(op::DESCRIBE_KEY);
        let call = self.kms().describe_key().key_id(name);
        let answer = call.send().await.map_err(|error| reading.failure(&error))?;
        let key = answer.key_metadata().map(|metadata| key(&reading, metadata)).transpose();
        let nothing = || reading.protocol("the answer has no KeyMetadata");
        key.and_then(|key| key.ok_or_else(nothing)).map_err(Failure::from)
    }

    async fn tags_of(&self, id: &str) -> Result<Tags, Failure> {
        let reading = self.reading(op::LIST_RESOURCE_TAGS);
        let call = self.kms().list_resource_tags().key_id(id).limit(PAGE_OF_TAGS);
        let ask = |next, meter| call.clone().set_marker(next).customize().interceptor(meter).send();
        let found = all(&reading, ask, |page| (page.tags, page.next_marker)).await?;
        let pair =
            |tag: SdkTag| (reading.name(Some(&tag.tag_key)), reading.name(Some(&tag.tag_value)));
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

fn sdk_tags(reading: &Reading, tags: &Tags) -> ProviderResult<Vec<SdkTag>> {
    let tags = tags.iter().map(|(key, value)| {
        let tag = SdkTag::builder().tag_key(key).tag_value(value).build();
        tag.map_err(|error| reading.refusal(&error.to_string()))
    });
    tags.collect()
}

fn days(reading: &Reading, days: u32) -> ProviderResult<i32> {
    i32::try_from(days).map_err(|_| reading.refusal(&format!("{days} days are too many")))
}
