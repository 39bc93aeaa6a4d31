//! Copies as secrets of AWS Secrets Manager.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::types::Tag as SdkTag;
use heroku_data_link::bundle::Destination;
use heroku_data_link::model::{Arn, KeyArn, KeyId};
use heroku_data_link::provider::operation as op;
use heroku_data_link::provider::{
    Delivery, ErrorKind, ProviderError, ProviderResult, Sink, StoredCopy, Tags,
};

use super::{check_key, check_owner, description, has_tags};
use crate::client::{BuildError, Client};
use crate::error::Failure;
use crate::reading::Reading;

/// The label of the version that readers get.
const CURRENT: &str = "AWSCURRENT";
/// The longest value, in bytes (Secrets Manager quotas).
const LONGEST: usize = 65_536;
/// The longest name, in characters (`CreateSecret` of the API reference).
const LONGEST_NAME: usize = 512;
/// For how many days a deleted secret can be restored (`DeleteSecret` of the API reference).
const RECOVERY_DAYS: std::ops::RangeInclusive<u8> = 7..=30;
/// What Secrets Manager says of a call that the secret's state forbids.
const WRONG_STATE: &str = "InvalidRequestException";

/// AWS Secrets Manager as a [sink](Sink): each copy is a secret.
///
/// The id of a version is the stamp of its text. So a version that somebody else made is seen without
/// a look at the value, a delivery that is repeated makes no second version, and going back to a text
/// whose version is still there makes none, either. The value of a secret is never read.
///
/// A secret is replaced only while it carries the link's tag, which is looked at once more before it is
/// written. A teardown deletes it with a [recovery window](Self::with_recovery_days).
///
/// AWS tells the key of a secret as it was named: by ARN, by id, or by alias. An id is that of a key
/// of the secret's own account and region; an alias tells no key, so a secret that was made with one
/// is moved to the key of the spec once, and is named by its ARN from then on.
#[derive(Debug, Clone)]
pub struct SecretsManager {
    client: Client,
    recovery_days: u8,
}

impl SecretsManager {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, recovery_days: *RECOVERY_DAYS.end() }
    }

    /// For how many days a secret that a teardown deleted can be restored: 7 to 30, by default 30. Until
    /// then its name is taken.
    ///
    /// # Errors
    /// For another number of days.
    pub fn with_recovery_days(mut self, days: u8) -> Result<Self, BuildError> {
        if !RECOVERY_DAYS.contains(&days) {
            return Err(BuildError::RecoveryDays { days });
        }
        self.recovery_days = days;
        Ok(self)
    }

    /// What is said of the secret, and not its value.
    async fn described(&self, at: &Destination) -> ProviderResult<Option<Secret>> {
        let reading = self.client.reading(op::DESCRIBE_SECRET);
        let call = self.client.secretsmanager().describe_secret().secret_id(at.name.as_str());
        match call.send().await.map_err(|error| reading.failure(&error)) {
            Ok(answer) => Ok(Some(Secret::read(&reading, answer))),
            Err(failure) if failure.is_not_found() => Ok(None),
            Err(failure) => Err(failure.error),
        }
    }

    async fn create(&self, delivery: &Delivery<'_>) -> ProviderResult<()> {
        let reading = self.client.reading(op::CREATE_SECRET);
        let call = self
            .client
            .secretsmanager()
            .create_secret()
            .name(delivery.at.name.as_str())
            .client_request_token(delivery.stamp.to_string())
            .description(description(delivery.tags))
            .set_kms_key_id(key_of(delivery.at))
            .set_tags(Some(sdk_tags(delivery.tags)))
            .secret_string(delivery.text.expose());
        let failure = |error| reading.without(delivery.text).failure(&error);
        call.send().await.map_err(failure)?;
        Ok(())
    }

    async fn renew(&self, delivery: &Delivery<'_>, there: &Secret) -> ProviderResult<()> {
        check_owner(op::PUT_SECRET_VALUE, &there.tags, delivery)?;
        if there.is_going {
            let text = format!("{} is being deleted", delivery.at);
            return Err(ProviderError::new(op::PUT_SECRET_VALUE, ErrorKind::Conflict, text));
        }
        // First, so that the new version is kept under it.
        if delivery.at.kms_key.is_some() && delivery.at.kms_key != there.kms_key {
            self.change_key(delivery).await?;
        }
        let stamp = delivery.stamp.to_string();
        let current = there.current();
        if current != Some(&stamp) {
            // A version that has no label any more is not listed, and giving its text again is a
            // success that changes nothing.
            let is_current =
                !there.versions.contains_key(&stamp) && self.put(delivery, &stamp).await?;
            if !is_current {
                self.make_current(delivery.at, &stamp, current).await?;
            }
        }
        if !has_tags(&there.tags, delivery) {
            self.tag(delivery).await?;
        }
        Ok(())
    }

    async fn change_key(&self, delivery: &Delivery<'_>) -> ProviderResult<()> {
        let reading = self.client.reading(op::UPDATE_SECRET);
        let call = self.client.secretsmanager().update_secret();
        let call = call.secret_id(delivery.at.name.as_str()).set_kms_key_id(key_of(delivery.at));
        call.send().await.map_err(|error| reading.failure(&error))?;
        Ok(())
    }

    /// Gives the secret the version; whether readers get it now.
    async fn put(&self, delivery: &Delivery<'_>, stamp: &str) -> ProviderResult<bool> {
        let reading = self.client.reading(op::PUT_SECRET_VALUE);
        let call = self
            .client
            .secretsmanager()
            .put_secret_value()
            .secret_id(delivery.at.name.as_str())
            .client_request_token(stamp)
            .secret_string(delivery.text.expose());
        let failure = |error| reading.without(delivery.text).failure(&error);
        let answer = call.send().await.map_err(failure)?;
        Ok(answer.version_stages().iter().any(|label| label == CURRENT))
    }

    async fn make_current(
        &self,
        at: &Destination,
        stamp: &str,
        former: Option<&String>,
    ) -> ProviderResult<()> {
        let reading = self.client.reading(op::UPDATE_SECRET_VERSION_STAGE);
        let call = self
            .client
            .secretsmanager()
            .update_secret_version_stage()
            .secret_id(at.name.as_str())
            .version_stage(CURRENT)
            .move_to_version_id(stamp)
            .set_remove_from_version_id(former.cloned());
        call.send().await.map_err(|error| reading.failure(&error))?;
        Ok(())
    }

    async fn tag(&self, delivery: &Delivery<'_>) -> ProviderResult<()> {
        let reading = self.client.reading(op::TAG_SECRET);
        let call = self.client.secretsmanager().tag_resource();
        let call = call.secret_id(delivery.at.name.as_str());
        let call = call.set_tags(Some(sdk_tags(delivery.tags)));
        call.send().await.map_err(|error| reading.failure(&error))?;
        Ok(())
    }

    /// Whether a call failed as the secret is being deleted already.
    async fn is_going(&self, failure: &Failure, at: &Destination) -> ProviderResult<bool> {
        if !failure.is(&[WRONG_STATE]) {
            return Ok(false);
        }
        Ok(self.described(at).await?.is_none_or(|secret| secret.is_going))
    }
}

#[async_trait]
impl Sink for SecretsManager {
    fn check(&self, at: &Destination) -> Result<(), String> {
        check_name(at.name.as_str())?;
        check_key(&self.client, at)
    }

    fn longest(&self) -> Option<usize> {
        Some(LONGEST)
    }

    async fn stored(&self, at: &Destination) -> ProviderResult<Option<StoredCopy>> {
        let stored = |secret: Secret| StoredCopy {
            stamp: secret.current().and_then(|version| version.parse().ok()),
            tags: secret.tags,
            kms_key: secret.kms_key,
            is_going: secret.is_going,
        };
        Ok(self.described(at).await?.map(stored))
    }

    async fn deliver(&self, delivery: &Delivery<'_>) -> ProviderResult<()> {
        let there = if delivery.replaces { self.described(delivery.at).await? } else { None };
        match there {
            Some(there) => self.renew(delivery, &there).await,
            None => self.create(delivery).await,
        }
    }

    async fn remove(&self, at: &Destination) -> ProviderResult<()> {
        let reading = self.client.reading(op::DELETE_SECRET);
        let call = self.client.secretsmanager().delete_secret().secret_id(at.name.as_str());
        let call = call.recovery_window_in_days(self.recovery_days.into());
        let Err(error) = call.send().await else { return Ok(()) };
        let failure = reading.failure(&error);
        let is_done = failure.is_not_found() || self.is_going(&failure, at).await?;
        failure.unless(|_| is_done)
    }
}

/// A secret as Secrets Manager describes it.
struct Secret {
    tags: Tags,
    /// The ids of the versions that have labels, with these.
    versions: HashMap<String, Vec<String>>,
    kms_key: Option<KeyArn>,
    is_going: bool,
}

impl Secret {
    fn read(reading: &Reading, answer: DescribeSecretOutput) -> Self {
        let tag = |tag: &SdkTag| (reading.name(tag.key()), reading.name(tag.value()));
        Self {
            tags: answer.tags().iter().map(tag).collect(),
            kms_key: answer.kms_key_id().and_then(|key| named_key(key, answer.arn())),
            is_going: answer.deleted_date().is_some(),
            versions: answer.version_ids_to_stages.unwrap_or_default(),
        }
    }

    /// The version that readers get.
    fn current(&self) -> Option<&String> {
        let is_current = |labels: &Vec<String>| labels.iter().any(|label| label == CURRENT);
        self.versions.iter().find(|(_, labels)| is_current(labels)).map(|(version, _)| version)
    }
}

/// The key that a secret of this ARN names by ARN or by id; `None` for an alias, which may be any key's.
fn named_key(text: &str, secret: Option<&str>) -> Option<KeyArn> {
    if let Ok(key) = text.parse() {
        return Some(key);
    }
    let (id, secret) = (text.parse::<KeyId>().ok()?, secret?.parse::<Arn>().ok()?);
    let (partition, region, account) = (secret.partition(), secret.region()?, secret.account()?);
    format!("arn:{partition}:kms:{region}:{account}:key/{id}").parse().ok()
}

fn key_of(at: &Destination) -> Option<String> {
    at.kms_key.as_ref().map(|key| key.as_str().to_owned())
}

fn sdk_tags(tags: &Tags) -> Vec<SdkTag> {
    tags.iter().map(|(key, value)| SdkTag::builder().key(key).value(value).build()).collect()
}

fn check_name(name: &str) -> Result<(), String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte);
    if !name.bytes().all(fits) {
        return Err("it must have a name of ASCII letters, digits and /_+=.@- alone".to_owned());
    }
    if name.len() > LONGEST_NAME {
        return Err(format!("it must have a name of at most {LONGEST_NAME} characters"));
    }
    // AWS ends the ARN of a secret so, and takes such a name for the ARN of another secret.
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn names_are_those_that_aws_takes() {
        for name in ["a", "prod/cache", "/prod/a_b+c=d.e@f-g", "a-12345", "a-1234567", "abcdef"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        let (longest, longer) = ("x".repeat(512), "x".repeat(513));
        assert_eq!(check_name(&longest), Ok(()));
        for (name, rule) in [
            ("a b", "letters"),
            ("a:b", "letters"),
            ("é", "letters"),
            (longer.as_str(), "at most 512"),
        ] {
            let broken = check_name(name).unwrap_err();
            assert!(broken.starts_with("it must ") && broken.contains(rule), "{name}: {broken}");
        }
    }

    #[test]
    fn an_id_is_a_key_of_the_secrets_account_and_an_alias_is_no_key() {
        let secret = Some("arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:a-AbCdEf");
        let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
        let own = format!("arn:aws-cn:kms:cn-north-1:111122223333:key/{id}");
        let other = format!("arn:aws:kms:us-east-1:444455556666:key/{id}");
        let alias = "arn:aws-cn:kms:cn-north-1:111122223333:alias/data";
        for (text, secret, expected) in [
            (own.as_str(), secret, Some(own.as_str())),
            (other.as_str(), secret, Some(other.as_str())),
            (id, secret, Some(own.as_str())),
            (id, None, None),
            (alias, secret, None),
            ("alias/data", secret, None),
            ("", secret, None),
        ] {
            let key = named_key(text, secret);
            assert_eq!(key.as_ref().map(KeyArn::as_str), expected, "{text}");
        }
    }
}
