use super::policy::{KeyPolicy, Parties, PolicyError};
use super::spec::{EncryptionSpec, KeyChoice};
use crate::home::Home;
use crate::model::{AddonState, AttachmentName, AwsRegion, KeyArn, KeyId};
use crate::provider::{
    Addon, Attachment, CallerIdentity, Key, Readiness, Rotation, ServiceInfo, Tags,
};
use crate::reconcile::ownership;

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
    /// All add-ons that the migration's source may mean.
    pub(super) sources: Vec<Addon>,
    /// The app's attachments; read for a migration only.
    pub(super) attachments: Vec<Attachment>,
}

/// What was seen of keys.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys {
    /// The spec's key; or the one that the link's alias names; or those that carry its tag.
    pub(super) found: Vec<Key>,
    /// The tags of the key that the alias names.
    pub(super) tags: Tags,
    /// Whether the link's alias names the key.
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
        // Without the alias it was found by its tag.
        !self.keys.has_alias || ownership::is_owned(&spec.link, &self.keys.tags)
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

impl EncryptionSpec {
    /// The ARN of the key, where the spec names it.
    pub(super) fn named_key(&self) -> Option<&KeyArn> {
        match &self.key {
            KeyChoice::Owned { .. } => None,
            KeyChoice::Existing { key, .. } => Some(key),
        }
    }
}

/// Whether what Heroku writes for an add-on's key means this one: its ARN, or its id alone.
pub(super) fn is_same_key(written: &str, key: &KeyArn) -> bool {
    match written.parse::<KeyArn>() {
        Ok(arn) => arn == *key,
        Err(_) => written.parse::<KeyId>().is_ok_and(|id| id == *key.id()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_by_arn_and_by_id() {
        let arn = "arn:aws:kms:us-east-1:123456789101:key/1234abcd";
        let key: KeyArn = arn.parse().unwrap();
        for (written, same) in [
            (arn, true),
            ("1234abcd", true),
            ("arn:aws:kms:us-east-1:123456789101:key/1234abce", false),
            ("arn:aws:kms:us-west-2:123456789101:key/1234abcd", false),
            ("alias/mine", false),
            ("", false),
        ] {
            assert_eq!(is_same_key(written, &key), same, "{written}");
        }
    }
}
