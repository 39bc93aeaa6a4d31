use std::time::Duration;

use super::spec::{EncryptionSpec, KeyChoice};
use super::steps::KIND;
use crate::home::Home;
use crate::key_policy::{KeyPolicy, Parties, PolicyError};
use crate::model::{AddonState, AttachmentName, AwsRegion, KeyArn, LinkId};
use crate::provider::{
    Addon, Attachment, CallerIdentity, Key, Readiness, Rotation, ServiceInfo, Tags,
};
use crate::reconcile::ownership::{self, Owner};

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
    /// The key, if there is exactly one.
    pub(super) fn key(&self) -> Option<&Key> {
        match self.keys.found.as_slice() {
            [key] => Some(key),
            _ => None,
        }
    }

    /// Whether the key that was found is the link's own.
    pub(super) fn is_own_key(&self, spec: &EncryptionSpec) -> bool {
        // Without the alias it was found by its tag. One that was made here is the link's own,
        // whoever takes tags away, unless somebody gives it to another link.
        let is_foreign = ownership::owner(&self.keys.tags).is_some() && !self.shows_tag(spec);
        !is_foreign && (!self.keys.has_alias || self.keys.is_remembered || self.shows_tag(spec))
    }

    /// Whether the only key that was found carries the link's tag. What does not is not changed, even
    /// if it was made here.
    pub(super) fn shows_tag(&self, spec: &EncryptionSpec) -> bool {
        ownership::is_owned(&spec.link, &self.keys.tags)
    }

    /// Whom the key's policy is about.
    pub(super) fn parties(&self, spec: &EncryptionSpec) -> Parties {
        Parties {
            owner: self.caller.account.clone(),
            partition: self.caller.arn.partition().to_owned(),
            heroku: spec.heroku_account.clone(),
            key: self.key().map(|key| key.arn.clone()),
            administrator: None,
        }
    }

    /// The add-on, while it is there to be used.
    pub(super) fn living_addon(&self) -> Option<&Addon> {
        self.addon.as_ref().filter(|addon| match &addon.state {
            AddonState::Provisioning | AddonState::Provisioned => true,
            AddonState::Deprovisioning | AddonState::Deprovisioned | AddonState::Other(_) => false,
        })
    }

    /// Whether the service behind the add-on can be used, so that what it says of itself counts.
    pub(super) fn is_ready(&self) -> bool {
        matches!(self.readiness, Some(Readiness::Ready(_)))
    }

    /// The key that Heroku says the add-on has.
    pub(super) fn addon_key(&self) -> Option<&str> {
        self.info.as_ref()?.encryption_key.as_deref()
    }

    /// The old add-on, if the migration means exactly one.
    pub(super) fn source(&self) -> Option<&Addon> {
        match self.sources.as_slice() {
            [source] => Some(source),
            _ => None,
        }
    }

    /// The app's attachments of an add-on's default credential.
    pub(super) fn attached<'a>(
        &'a self,
        addon: &'a Addon,
    ) -> impl Iterator<Item = &'a Attachment> + 'a {
        self.attachments.iter().filter(move |it| it.addon == addon.id && it.namespace.is_none())
    }

    /// Whether the new add-on has this attachment of the app.
    pub(super) fn is_promoted(&self, target: &AttachmentName) -> bool {
        let holder = self.attachment(target).map(|attachment| attachment.addon);
        holder.is_some() && holder == self.addon.as_ref().map(|addon| addon.id)
    }

    /// The app's attachment of a name.
    pub(super) fn attachment(&self, name: &AttachmentName) -> Option<&Attachment> {
        self.attachments.iter().find(|attachment| attachment.name == *name)
    }
}

/// The link as the owner of its key. The add-on is made after the key, so its name stands for it.
pub(super) fn owner(spec: &EncryptionSpec) -> Owner {
    let target = spec.addon.to_string();
    Owner::new(&spec.link, KIND, Some(target), spec.addon.as_str()).with_tags(&spec.tags)
}

/// The description of a link's own key.
pub(super) fn description(link: &LinkId) -> String {
    format!("Heroku data of link {link}")
}

impl EncryptionSpec {
    /// The ARN of the key, where the spec names it.
    pub(super) fn named_key(&self) -> Option<&KeyArn> {
        match &self.key {
            KeyChoice::Owned { .. } => None,
            KeyChoice::Existing { key, .. } => Some(key),
        }
    }
}
