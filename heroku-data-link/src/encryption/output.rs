//! What an established encryption gives to its user.

use serde::Serialize;

use super::facts::Facts;
use crate::model::{
    AddonName, AppName, AttachmentName, DataService, KeyAlias, KeyArn, LinkId, RotationPeriod,
};

/// What an established encryption gives to its user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct EncryptionOutput {
    /// The link.
    pub link: LinkId,
    /// The app.
    pub app: AppName,
    /// The add-on, which Heroku says is encrypted under the key.
    pub addon: AddonName,
    /// Its kind.
    pub service: DataService,
    /// The key.
    pub key: KeyArn,
    /// The alias of the link's own key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<KeyAlias>,
    /// How often its material is rotated, in days; `None` when it is not, or KMS does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation: Option<RotationPeriod>,
    /// The app's attachments of the add-on; read for a migration only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentName>,
    /// The add-on whose data this one began with. It is left as it was, still costs money, and is
    /// for somebody else to destroy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced: Option<Replaced>,
}

/// The old add-on of a migration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Replaced {
    /// Its name.
    pub addon: AddonName,
    /// What of it is still attached to the app.
    pub attachments: Vec<AttachmentName>,
    /// Whether the new add-on has its place; not while the migration is on hold.
    pub promoted: bool,
}

/// The output, once there is one.
pub(super) fn of(facts: &Facts) -> Option<EncryptionOutput> {
    let (spec, seen) = (facts.spec, facts.seen);
    let addon = facts.living_addon?;
    let key = facts.key.filter(|_| facts.is_encrypted)?;
    let names = |addon| seen.attached(addon).map(|it| it.name.clone()).collect();
    let replaced = facts.source.map(|source| Replaced {
        addon: source.name.clone(),
        attachments: names(source),
        promoted: facts.is_promoted,
    });
    Some(EncryptionOutput {
        link: spec.link.clone(),
        app: addon.app.clone(),
        addon: addon.name.clone(),
        service: addon.plan.service()?,
        key: key.arn.clone(),
        alias: spec.alias(),
        rotation: seen
            .keys
            .rotation
            .filter(|rotation| rotation.enabled)
            .and_then(|rotation| rotation.period_days?.try_into().ok()),
        attachments: names(addon),
        replaced,
    })
}
