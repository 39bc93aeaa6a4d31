//! What was read of the two clouds.

use std::time::Duration;

use crate::home::Home;
use crate::key_policy::{KeyPolicy, PolicyError};
use crate::model::{AttachmentName, AwsRegion, KeyArn};
use crate::provider::{
    Addon, Attachment, CallerIdentity, Key, Readiness, Rotation, ServiceInfo, Tags,
};

/// What was seen of the two clouds in one pass.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(super) caller: CallerIdentity,
    /// The region that the AWS side speaks to.
    pub(super) region: AwsRegion,
    /// Where the add-on lives, or is to live.
    pub(super) home: Home,
    /// The add-on of the spec's name.
    pub(super) addon: Option<Addon>,
    /// What its service says, once it is provisioned.
    pub(super) readiness: Option<Readiness>,
    pub(super) info: Option<ServiceInfo>,
    pub(super) keys: Keys,
    /// For how long Heroku has said that the add-on's name is taken, and shown no such add-on.
    pub(super) name_taken: Duration,
    /// All add-ons that the migration's source may mean.
    pub(super) sources: Vec<Addon>,
    /// The app's attachments; read for a migration only.
    pub(super) attachments: Vec<Attachment>,
}

/// What was seen of keys.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys {
    /// The spec's key; or the one that the link's alias names; or those that carry its tag; and the
    /// one that this workflow made or saw before.
    pub(super) found: Vec<Key>,
    /// The key that this workflow made or saw before, while it is not shown, and for how long.
    pub(super) missing: Option<(KeyArn, Duration)>,
    /// Whether the first key of those found is the one that this workflow made or saw before.
    pub(super) is_remembered: bool,
    /// The tags of the first key of those found.
    pub(super) tags: Tags,
    /// Whether the link's alias names a key: the first of those found.
    pub(super) has_alias: bool,
    /// Keys with the link's tag that are about to be deleted.
    pub(super) going: Vec<KeyArn>,
    /// The policy of the one key, as far as it can be read.
    pub(super) policy: Option<Result<KeyPolicy, PolicyError>>,
    pub(super) rotation: Option<Rotation>,
}

impl Snapshot {
    /// The app's attachments of an add-on's default credential.
    pub(super) fn attached<'a>(
        &'a self,
        addon: &'a Addon,
    ) -> impl Iterator<Item = &'a Attachment> + 'a {
        self.attachments.iter().filter(move |it| it.addon == addon.id && it.namespace.is_none())
    }

    /// The app's attachment of a name.
    pub(super) fn attachment(&self, name: &AttachmentName) -> Option<&Attachment> {
        self.attachments.iter().find(|attachment| attachment.name == *name)
    }
}
