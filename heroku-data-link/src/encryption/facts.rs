//! What follows from the spec and what was read: resolved once, for all that decides.

use super::snapshot::Snapshot;
use super::spec::EncryptionSpec;
use super::steps::KIND;
use crate::key_access::written_key;
use crate::key_policy::Parties;
use crate::model::{AddonState, AttachmentName, KeyArn};
use crate::provider::{Addon, Key, Readiness, ServiceInfo};
use crate::reconcile::ownership::{self, Owner};

/// The spec, what was read, and what follows from both.
pub(super) struct Facts<'a> {
    pub(super) spec: &'a EncryptionSpec,
    pub(super) seen: &'a Snapshot,
    /// The link as the owner of its key. The add-on is made after the key, so its name stands for it.
    pub(super) owner: Owner,
    /// The description that the link's own key is made with.
    pub(super) description: String,
    /// All keys that may be the one to use: those that were found, and one that is not shown.
    pub(super) candidates: Vec<&'a KeyArn>,
    /// The key, if exactly one was found.
    pub(super) key: Option<&'a Key>,
    /// Whether that is the link's own.
    pub(super) own: Own,
    /// Whether the key may be changed: one of the link's own only while it carries the link's tag,
    /// even if it was made here.
    pub(super) may_change_key: bool,
    /// Whom the key's policy is about.
    pub(super) parties: Parties,
    /// The add-on, while it is there to be used.
    pub(super) living_addon: Option<&'a Addon>,
    /// What the service behind the add-on says of itself, once it can be used, so that this is final.
    pub(super) service: Option<&'a ServiceInfo>,
    /// The key that Heroku says the add-on has, final or not.
    pub(super) addon_key: Option<&'a str>,
    /// Whether that is the key.
    pub(super) is_encrypted: bool,
    /// The old add-on, if the migration means exactly one.
    pub(super) source: Option<&'a Addon>,
    /// The attachment that the migration takes over, and the one that the old add-on keeps.
    pub(super) places: Option<(AttachmentName, AttachmentName)>,
    /// Whether the new add-on has the attachment to take over.
    pub(super) is_promoted: bool,
}

/// Whether a key is the link's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    /// It is the spec's, another link's or nobody's.
    No,
    /// Its tags alone say so, and may be copied from another key.
    ByTags,
    /// Its alias or its description says so, too.
    Surely,
}

impl<'a> Facts<'a> {
    pub(super) fn of(spec: &'a EncryptionSpec, seen: &'a Snapshot) -> Self {
        let (keys, addon) = (&seen.keys, seen.addon.as_ref());
        let key = only(&keys.found);
        let missing = keys.missing.iter().map(|(key, _)| key);
        let owner = Owner::new(&spec.link, KIND, Some(spec.addon.to_string()), spec.addon.as_str());
        let description = format!("Heroku data of link {}", spec.link);
        let shows_tag = ownership::is_owned(&spec.link, &keys.tags);
        let addon_key = seen.info.as_ref().and_then(|info| info.encryption_key.as_deref());
        let is_encrypted = match (addon_key, key) {
            (Some(has), Some(key)) => written_key::is(has, &key.arn) == Some(true),
            (Some(_) | None, _) => false,
        };
        let places = spec.migration.as_ref().and_then(|migration| {
            let service = spec.plan.service()?;
            Some((migration.target(service)?, migration.kept(service)?))
        });
        let holder = places.as_ref().and_then(|(target, _)| seen.attachment(target));
        Self {
            spec,
            seen,
            owner: owner.with_tags(&spec.tags),
            candidates: keys.found.iter().map(|key| &key.arn).chain(missing).collect(),
            key,
            own: match key.filter(|_| spec.owns_key()) {
                None => Own::No,
                Some(_) if !shows_tag && ownership::owner(&keys.tags).is_some() => Own::No,
                // One that was made here is the link's own, whoever takes tags away, unless
                // somebody gives it to another link.
                Some(_) if keys.has_alias && !keys.is_remembered && !shows_tag => Own::No,
                Some(key) if keys.has_alias || key.description == description => Own::Surely,
                Some(_) => Own::ByTags,
            },
            may_change_key: !spec.owns_key() || shows_tag,
            parties: Parties {
                owner: seen.caller.account.clone(),
                partition: seen.caller.arn.partition().to_owned(),
                heroku: spec.heroku_account.clone(),
                key: key.map(|key| key.arn.clone()),
                administrator: None,
            },
            living_addon: addon.filter(|addon| match &addon.state {
                AddonState::Provisioning | AddonState::Provisioned => true,
                AddonState::Deprovisioning | AddonState::Deprovisioned | AddonState::Other(_) => {
                    false
                }
            }),
            service: match seen.readiness {
                Some(Readiness::Ready(_)) => seen.info.as_ref(),
                Some(Readiness::Waiting(_) | Readiness::Failed(_)) | None => None,
            },
            addon_key,
            is_encrypted,
            source: only(&seen.sources),
            is_promoted: holder.is_some_and(|it| addon.is_some_and(|addon| addon.id == it.addon)),
            places,
            description,
        }
    }
}

/// What is there, if that is exactly one.
fn only<T>(all: &[T]) -> Option<&T> {
    match all {
        [one] => Some(one),
        _ => None,
    }
}
