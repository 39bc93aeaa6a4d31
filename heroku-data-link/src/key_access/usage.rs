//! Which add-ons of which apps use which key.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::SystemTime;

use futures_util::future::try_join;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;

use super::unknown_user::{UnknownUser, WhyUnknown};
use super::written_key::{self, WrittenKey};
use crate::model::{
    AddonId, AddonName, AddonState, AppName, DataService, KeyArn, KeyState, PlanName, PlanTier,
};
use crate::provider::{
    Addon, Attachment, ErrorKind, HerokuCloud, Keys, ProviderError, ProviderResult,
};
use crate::reconcile::{list, shortened};

/// An add-on that is encrypted under a key of the customer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct KeyUser {
    /// Its name.
    pub addon: AddonName,
    /// Its UUID.
    pub id: AddonId,
    /// Its kind.
    pub service: DataService,
    /// Its plan.
    pub plan: PlanName,
    /// The app that owns it.
    pub app: AppName,
    /// Other apps that it is attached to.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub attached_to: BTreeSet<AppName>,
}

impl fmt::Display for KeyUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}) of app {}", self.addon, self.plan, self.app)?;
        if !self.attached_to.is_empty() {
            write!(f, ", attached to {} as well", list(&self.attached_to))?;
        }
        Ok(())
    }
}

/// Who uses which key, as far as the credentials can see.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Inventory {
    /// Each key that an add-on uses: its ARN, or its id where Heroku writes no more.
    pub keys: BTreeMap<String, KeyUse>,
    /// Add-ons that could have a key of the customer and have none.
    pub without_key: Vec<AddonName>,
    /// Add-ons that may use any of the keys, or another: whatever could not be read or asked.
    pub unknown: Vec<UnknownUser>,
}

/// A key, and what it is used for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct KeyUse {
    /// Its state; `None` for a key of another account or region, and for one that KMS does not
    /// find.
    pub state: Option<KeyState>,
    /// When it will be deleted, if that is scheduled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_at: Option<SystemTime>,
    /// The add-ons that it encrypts.
    pub users: Vec<KeyUser>,
}

impl Inventory {
    /// Looks at all data add-ons that the token can see and that may have a key, and at their
    /// keys as far as they are of this KMS client's region. Two requests, one for each such
    /// add-on, and one for each key. Plans that are known to have no key are not asked.
    ///
    /// # Errors
    /// When a read fails; a single add-on that cannot be read or asked is listed as unknown.
    pub async fn read(heroku: &dyn HerokuCloud, aws: &dyn Keys) -> ProviderResult<Self> {
        let mut inventory = Self::of_heroku(heroku).await?;
        for (written, used) in &mut inventory.keys {
            let Ok(arn) = written.parse::<KeyArn>() else { continue };
            if arn.region() != aws.region() {
                continue;
            }
            let key = match aws.key(&arn).await {
                Ok(key) => key,
                // Another account's keys need not be ours to look at.
                Err(error) if *error.kind() == ErrorKind::Forbidden => None,
                Err(error) => return Err(error),
            };
            if let Some(key) = key {
                used.state = Some(key.state);
                used.deletion_at = key.deletion_at;
            }
        }
        Ok(inventory)
    }

    /// The same without the states of keys.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub async fn of_heroku(heroku: &dyn HerokuCloud) -> ProviderResult<Self> {
        let (listed, attachments) = try_join(heroku.all_addons(), heroku.all_attachments()).await?;
        let candidates: Vec<_> = listed.addons.into_iter().filter(may_have_key).collect();
        let reads: Vec<_> = candidates.iter().map(|addon| key_of(heroku, addon)).collect();
        let keys: Vec<_> = ask_all(reads).await?;
        let mut inventory = Self {
            unknown: listed.unreadable.into_iter().map(Into::into).collect(),
            ..Self::default()
        };
        for (addon, key) in candidates.into_iter().zip(keys) {
            match key {
                Found::Key(key) => {
                    let user = user(addon, &attachments);
                    inventory.keys.entry(key).or_default().users.extend(user);
                }
                Found::None => inventory.without_key.push(addon.name),
                Found::Unknown(why) => inventory.unknown.push(UnknownUser::of(&addon, why)),
            }
        }
        for used in inventory.keys.values_mut() {
            used.users.sort();
        }
        inventory.without_key.sort();
        inventory.unknown.sort();
        Ok(inventory)
    }

    /// The add-ons that use this key.
    pub fn users_of(&self, key: &KeyArn) -> Vec<KeyUser> {
        // Those that cannot be compared are unknown.
        let of_key = self.keys.iter().filter(|(has, _)| written_key::is(has, key) == Some(true));
        let mut users: Vec<_> = of_key.flat_map(|(_, used)| used.users.iter().cloned()).collect();
        users.sort();
        users
    }
}

impl fmt::Display for Inventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (key, used) in &self.keys {
            let state = used.state.as_ref().map_or("not visible from here", KeyState::as_str);
            writeln!(f, "{key}  {state}")?;
            for user in &used.users {
                writeln!(f, "  {user}")?;
            }
        }
        if !self.without_key.is_empty() {
            writeln!(f, "without a key of the customer: {}", list(&self.without_key))?;
        }
        if !self.unknown.is_empty() {
            writeln!(f, "not known, and perhaps under any of these keys")?;
        }
        for user in &self.unknown {
            writeln!(f, "  {user}")?;
        }
        Ok(())
    }
}

/// What is known of an add-on's key.
enum Found {
    Key(String),
    None,
    Unknown(WhyUnknown),
}

/// Whether a plan takes a customer's key.
enum Takes {
    Keys,
    NoKeys,
    /// Nobody here knows the tier.
    Perhaps,
}

/// The tiers of data services that run in no space, and so take no key (Heroku's catalogue).
const WITHOUT_KEYS: [&str; 8] =
    ["basic", "dev", "essential", "extended", "hobby", "mini", "premium", "standard"];

impl Takes {
    fn of(plan: &PlanName) -> Self {
        if plan.service().is_none() {
            return Self::NoKeys;
        }
        match plan.tier() {
            PlanTier::Private | PlanTier::Shield => Self::Keys,
            PlanTier::Other(word) if WITHOUT_KEYS.contains(&word.as_str()) => Self::NoKeys,
            // Postgres Advanced exists in spaces, and has another API.
            PlanTier::Advanced | PlanTier::Other(_) => Self::Perhaps,
        }
    }
}

/// Whether an add-on is there, of a data service, and on a plan that takes keys or may do so.
fn may_have_key(addon: &Addon) -> bool {
    let takes_keys = match Takes::of(&addon.plan) {
        Takes::Keys | Takes::Perhaps => true,
        Takes::NoKeys => false,
    };
    let is_there = match addon.state {
        AddonState::Provisioning | AddonState::Provisioned | AddonState::Other(_) => true,
        AddonState::Deprovisioning | AddonState::Deprovisioned => false,
    };
    takes_keys && is_there
}

/// Asks services, several at the same time but not all of them; the answers are in the order of the
/// reads.
pub(super) async fn ask_all<T>(
    reads: Vec<impl Future<Output = ProviderResult<T>>>,
) -> ProviderResult<Vec<T>> {
    const CONCURRENCY: usize = 8;
    stream::iter(reads).buffered(CONCURRENCY).try_collect().await
}

async fn key_of(heroku: &dyn HerokuCloud, addon: &Addon) -> ProviderResult<Found> {
    let info = match heroku.service_info(addon).await {
        Ok(info) => info,
        Err(error) if concerns_one(&error) => None,
        Err(error) => return Err(error),
    };
    let Some(info) = info else { return Ok(Found::Unknown(WhyUnknown::NoAnswer)) };
    let Some(written) = info.encryption_key else {
        return Ok(match Takes::of(&addon.plan) {
            Takes::Keys | Takes::NoKeys => Found::None,
            // Where such a plan would name its key is not known, either.
            Takes::Perhaps => Found::Unknown(WhyUnknown::UnknownPlan),
        });
    };
    Ok(match WrittenKey::read(&written) {
        key @ (WrittenKey::Arn(_) | WrittenKey::Id(_)) => Found::Key(key.to_string()),
        WrittenKey::Unreadable => Found::Unknown(WhyUnknown::UnreadableKey(shortened(&written))),
    })
}

/// Whether a failure is that of one service, such as a stopped one, and not of all requests.
pub(super) fn concerns_one(error: &ProviderError) -> bool {
    match error.kind() {
        ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::Forbidden
        | ErrorKind::InvalidRequest
        | ErrorKind::Transient
        | ErrorKind::Timeout
        | ErrorKind::Protocol => true,
        ErrorKind::RateLimited { .. }
        | ErrorKind::Unauthorized
        | ErrorKind::TwoFactorRequired
        | ErrorKind::QuotaExceeded => false,
    }
}

fn user(addon: Addon, attachments: &[Attachment]) -> Option<KeyUser> {
    let attached_to = attachments
        .iter()
        .filter(|attachment| attachment.addon == addon.id && attachment.app != addon.app)
        .map(|attachment| attachment.app.clone())
        .collect();
    Some(KeyUser {
        service: addon.plan.service()?,
        addon: addon.name,
        id: addon.id,
        plan: addon.plan,
        app: addon.app,
        attached_to,
    })
}
