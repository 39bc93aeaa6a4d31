use std::fmt::Debug;
use std::time::SystemTime;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{ProviderResult, Tag, Tags};
use crate::model::{AwsRegion, KeyAlias, KeyArn, KeyState};

/// A KMS key, without what it is used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its ARN.
    pub arn: KeyArn,
    /// Where it is in its life.
    pub state: KeyState,
    /// What it can be used for, as KMS writes it: `ENCRYPT_DECRYPT`.
    pub usage: String,
    /// What kind of key it is, as KMS writes it: `SYMMETRIC_DEFAULT`.
    pub spec: String,
    /// Where its material comes from, as KMS writes it: `AWS_KMS`.
    pub origin: String,
    /// What its maker wrote about it.
    pub description: String,
    /// Whether AWS manages it, so that nobody can change its policy.
    pub is_aws_managed: bool,
    /// Whether copies of it can exist in other regions.
    pub is_multi_region: bool,
    /// When it was made.
    pub created_at: Option<SystemTime>,
    /// When it will be deleted, if that is scheduled.
    pub deletion_at: Option<SystemTime>,
}

/// A symmetric key for encryption and decryption, to be made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NewKey {
    /// Its policy, a JSON document of at most 32 KiB that lets the caller change it later.
    pub policy: String,
    /// At most 8192 characters.
    pub description: String,
    /// Set in the same call.
    pub tags: Tags,
}

/// The automatic rotation of a key's material. Data that was encrypted before stays readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// Whether it is on.
    pub enabled: bool,
    /// Days between two rotations, 90 to 2560; `None` where KMS does not say.
    pub period_days: Option<u32>,
    /// When the next one is due.
    pub next: Option<SystemTime>,
}

/// Manages the customer's own KMS keys, of one account and region.
///
/// Changes of policies and states take effect within minutes, not at once.
#[async_trait]
pub trait Keys: Debug + Send + Sync {
    /// The region that this client speaks to, and that everything it finds is in.
    fn region(&self) -> &AwsRegion;

    /// A key by ARN.
    ///
    /// # Errors
    /// As the [contract](super) says; `InvalidRequest` for a key of another region.
    async fn key(&self, key: &KeyArn) -> ProviderResult<Option<Key>>;

    /// The key that an alias names.
    ///
    /// # Errors
    /// As the [contract](super) says.
    async fn key_by_alias(&self, alias: &KeyAlias) -> ProviderResult<Option<Key>>;

    /// All keys of the region that carry a tag. Costs a request for every key that there is: look
    /// for an alias first.
    ///
    /// # Errors
    /// As the [contract](super) says; `Transient` when a key that carries the tag is listed and not
    /// described: "there is none" would make a second one.
    async fn keys_tagged(&self, tag: &Tag) -> ProviderResult<Vec<Key>>;

    /// All keys of the region that carry a tag of this key, whatever its value, with all of their
    /// tags. Costs as much as [`keys_tagged`](Self::keys_tagged).
    ///
    /// # Errors
    /// As [`keys_tagged`](Self::keys_tagged) says.
    async fn keys_with_tag(&self, key: &str) -> ProviderResult<Vec<(Key, Tags)>>;

    /// Makes a key. There is no idempotency token, and every key costs money until it is deleted,
    /// days later: look before, and after any failure.
    ///
    /// # Errors
    /// `InvalidRequest` for a policy that is malformed or locks the caller out; `NotFound` for one
    /// that names a principal which does not exist, perhaps not yet; `QuotaExceeded`.
    async fn create_key(&self, key: &NewKey) -> ProviderResult<KeyArn>;

    /// A key's tags.
    ///
    /// # Errors
    /// `NotFound` for an unknown key.
    async fn key_tags(&self, key: &KeyArn) -> ProviderResult<Tags>;

    /// Adds tags to a key, replacing those of the same key.
    ///
    /// # Errors
    /// `NotFound` for an unknown key; `Conflict` for one that is to be deleted; `QuotaExceeded`
    /// beyond 50 tags.
    async fn tag_key(&self, key: &KeyArn, tags: &Tags) -> ProviderResult<()>;

    /// A key's policy, a JSON document.
    ///
    /// # Errors
    /// `NotFound` for an unknown key.
    async fn key_policy(&self, key: &KeyArn) -> ProviderResult<String>;

    /// Replaces a key's policy: read, merge and write, or foreign statements are lost.
    ///
    /// # Errors
    /// As [`create_key`](Self::create_key) says of policies; `NotFound` for an unknown key, too.
    async fn put_key_policy(&self, key: &KeyArn, policy: &str) -> ProviderResult<()>;

    /// Gives a key an alias.
    ///
    /// # Errors
    /// `Conflict` when the alias is taken, and when the key is to be deleted.
    async fn create_key_alias(&self, alias: &KeyAlias, key: &KeyArn) -> ProviderResult<()>;

    /// A key's rotation.
    ///
    /// # Errors
    /// `NotFound` for an unknown key; `InvalidRequest` for one that cannot be rotated.
    async fn key_rotation(&self, key: &KeyArn) -> ProviderResult<Rotation>;

    /// Switches rotation on, or changes its period. Days between two rotations: 90 to 2560.
    ///
    /// # Errors
    /// `InvalidRequest` for another period; `Conflict` for a key that is not enabled.
    async fn enable_key_rotation(&self, key: &KeyArn, period_days: u32) -> ProviderResult<()>;

    /// Lets a key be used again.
    ///
    /// # Errors
    /// `Conflict` for a key that is to be deleted: cancel that first.
    async fn enable_key(&self, key: &KeyArn) -> ProviderResult<()>;

    /// Forbids any use of a key: data under it becomes unreadable, services stop.
    ///
    /// # Errors
    /// `Conflict` for a key that is to be deleted.
    async fn disable_key(&self, key: &KeyArn) -> ProviderResult<()>;

    /// Has a key deleted in 7 to 30 days, and forbids any use of it from now on. What it
    /// encrypted is then lost for ever. Says when.
    ///
    /// # Errors
    /// `InvalidRequest` for another number of days. A key that is to be deleted already is no
    /// error, and keeps its date.
    async fn schedule_key_deletion(&self, key: &KeyArn, days: u32) -> ProviderResult<SystemTime>;

    /// Takes a scheduled deletion back. The key is then disabled: enable it next. One that is not
    /// to be deleted stays as it is.
    ///
    /// # Errors
    /// `NotFound` for an unknown key.
    async fn cancel_key_deletion(&self, key: &KeyArn) -> ProviderResult<()>;
}
