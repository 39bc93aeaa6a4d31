//! The mutating calls to KMS.

use serde::{Deserialize, Serialize};

use super::{Document, Returned, Sent, known, shorthand, variable};
use crate::model::{AwsRegion, KeyAlias, KeyArn};
use crate::provider::{AwsCloud, Command, NewKey, ProviderResult, Tags, Word, operation as op};

/// A mutating call to KMS. `key` is `None` until a former call has returned its ARN.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum KmsCall {
    /// Make a key.
    CreateKey(NewKey),
    /// Give a key an alias.
    CreateAlias {
        /// The alias.
        alias: KeyAlias,
        /// The key.
        key: Option<KeyArn>,
    },
    /// Add tags to a key, replacing those of the same key.
    TagKey {
        /// The key.
        key: KeyArn,
        /// The tags.
        tags: Tags,
    },
    /// Replace a key's policy.
    PutPolicy {
        /// The key.
        key: KeyArn,
        /// The new policy, a JSON document.
        policy: String,
    },
    /// Switch rotation on, or change its period.
    EnableRotation {
        /// The key.
        key: Option<KeyArn>,
        /// Days between two rotations.
        days: u32,
    },
    /// Permit the use of a key.
    EnableKey {
        /// The key.
        key: KeyArn,
    },
    /// Forbid any use of a key.
    DisableKey {
        /// The key.
        key: KeyArn,
    },
    /// Have a key deleted.
    ScheduleDeletion {
        /// The key.
        key: KeyArn,
        /// In how many days.
        days: u32,
    },
    /// Take a scheduled deletion back.
    CancelDeletion {
        /// The key.
        key: KeyArn,
    },
}

impl KmsCall {
    pub(super) fn operation(&self) -> &'static str {
        match self {
            Self::CreateKey(_) => op::CREATE_KEY,
            Self::CreateAlias { .. } => op::CREATE_ALIAS,
            Self::TagKey { .. } => op::TAG_KEY,
            Self::PutPolicy { .. } => op::PUT_KEY_POLICY,
            Self::EnableRotation { .. } => op::ENABLE_KEY_ROTATION,
            Self::EnableKey { .. } => op::ENABLE_KEY,
            Self::DisableKey { .. } => op::DISABLE_KEY,
            Self::ScheduleDeletion { .. } => op::SCHEDULE_KEY_DELETION,
            Self::CancelDeletion { .. } => op::CANCEL_KEY_DELETION,
        }
    }

    pub(super) async fn send(&self, aws: &dyn AwsCloud) -> ProviderResult<Sent> {
        let operation = self.operation();
        match self {
            Self::CreateKey(key) => return Ok(Sent::made(aws.create_key(key).await?)),
            Self::CreateAlias { alias, key } => {
                aws.create_key_alias(alias, known(key.as_ref(), operation, "the key")?).await
            }
            Self::TagKey { key, tags } => aws.tag_key(key, tags).await,
            Self::PutPolicy { key, policy } => aws.put_key_policy(key, policy).await,
            Self::EnableRotation { key, days } => {
                aws.enable_key_rotation(known(key.as_ref(), operation, "the key")?, *days).await
            }
            Self::EnableKey { key } => aws.enable_key(key).await,
            Self::DisableKey { key } => aws.disable_key(key).await,
            Self::ScheduleDeletion { key, days } => {
                aws.schedule_key_deletion(key, *days).await.map(drop)
            }
            Self::CancelDeletion { key } => aws.cancel_key_deletion(key).await,
        }?;
        Ok(Sent::default())
    }

    pub(super) fn returned(&self) -> Option<Returned> {
        match self {
            Self::CreateKey(_) => {
                Some(Returned { variable: variable::KEY, query: "KeyMetadata.Arn" })
            }
            Self::CreateAlias { .. }
            | Self::TagKey { .. }
            | Self::PutPolicy { .. }
            | Self::EnableRotation { .. }
            | Self::EnableKey { .. }
            | Self::DisableKey { .. }
            | Self::ScheduleDeletion { .. }
            | Self::CancelDeletion { .. } => None,
        }
    }

    /// What its command names by a variable.
    pub(super) fn document(&self) -> Option<Document<'_>> {
        match self {
            Self::CreateKey(key) => {
                Some(Document { variable: variable::POLICY, text: &key.policy })
            }
            Self::CreateAlias { .. }
            | Self::TagKey { .. }
            | Self::PutPolicy { .. }
            | Self::EnableRotation { .. }
            | Self::EnableKey { .. }
            | Self::DisableKey { .. }
            | Self::ScheduleDeletion { .. }
            | Self::CancelDeletion { .. } => None,
        }
    }

    pub(super) fn command(&self, region: &AwsRegion) -> Command {
        let on = |verb, key: &KeyArn| Command::aws("kms", verb, region, ["--key-id", key.as_str()]);
        let or_variable = |key: &Option<KeyArn>| Word::known_or(key.as_ref(), variable::KEY);
        match self {
            Self::CreateKey(key) => {
                let words = ["--description", &key.description];
                let command = Command::aws("kms", "create-key", region, words);
                with_tags(command.with("--policy", Word::variable(variable::POLICY)), &key.tags)
            }
            Self::CreateAlias { alias, key } => {
                let words = ["--alias-name", alias.as_str()];
                Command::aws("kms", "create-alias", region, words)
                    .with("--target-key-id", or_variable(key))
            }
            Self::TagKey { key, tags } => with_tags(on("tag-resource", key), tags),
            Self::PutPolicy { key, policy } => {
                let mut command = on("put-key-policy", key);
                command.extend(["--policy-name", "default", "--policy", policy]);
                command
            }
            Self::EnableRotation { key, days } => {
                Command::aws("kms", "enable-key-rotation", region, [])
                    .with("--key-id", or_variable(key))
                    .with("--rotation-period-in-days", days.to_string())
            }
            Self::EnableKey { key } => on("enable-key", key),
            Self::DisableKey { key } => on("disable-key", key),
            Self::ScheduleDeletion { key, days } => {
                on("schedule-key-deletion", key).with("--pending-window-in-days", days.to_string())
            }
            Self::CancelDeletion { key } => on("cancel-key-deletion", key),
        }
    }
}

/// With tags as KMS calls them.
fn with_tags(mut command: Command, tags: &Tags) -> Command {
    let tags = tags.iter();
    command.push("--tags");
    command.extend(
        tags.map(|(key, value)| format!("TagKey={},TagValue={}", shorthand(key), shorthand(value))),
    );
    command
}
