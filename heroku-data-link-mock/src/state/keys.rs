//! KMS keys: what they are, and what is read of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use heroku_data_link::model::{AccountId, AwsRegion, KeyAlias, KeyArn, KeyState};
use heroku_data_link::provider::{ErrorKind, Key, Rotation, Tag, Tags};

use super::aws::{AwsState, Caller, carries};
use super::{Refusal, Reply};
use crate::history::History;
use crate::key_quirks::KeyQuirks;

/// What can be used for encryption and decryption, and what Heroku takes.
pub(crate) const ENCRYPT_DECRYPT: &str = "ENCRYPT_DECRYPT";
/// What can be rotated, and what Heroku takes.
pub(crate) const SYMMETRIC: &str = "SYMMETRIC_DEFAULT";
/// Material that AWS makes.
pub(crate) const AWS_KMS: &str = "AWS_KMS";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// All keys and their names.
#[derive(Debug, Default)]
pub(crate) struct Kms {
    pub(crate) keys: BTreeMap<KeyArn, KeyRecord>,
    pub(crate) aliases: BTreeMap<(AccountId, AwsRegion, KeyAlias), History<KeyArn>>,
    /// ARNs of users and roles that IAM does not know, and until when.
    pub(crate) unknown: BTreeMap<String, Option<SystemTime>>,
    pub(crate) quirks: KeyQuirks,
}

#[derive(Debug)]
pub(crate) struct KeyRecord {
    pub(crate) arn: KeyArn,
    pub(crate) usage: String,
    pub(crate) spec: String,
    pub(crate) origin: String,
    pub(crate) description: String,
    pub(crate) is_aws_managed: bool,
    pub(crate) is_multi_region: bool,
    pub(crate) created_at: SystemTime,
    /// Whether it was there before the story began.
    pub(crate) is_set_up: bool,
    pub(crate) history: History<KeyVersion>,
    /// The policy that is in force, which is that of a while ago.
    pub(crate) in_force: History<Arc<str>>,
    /// What the services do whose data is encrypted with it.
    pub(crate) services: History<Services>,
}

#[derive(Debug, Clone)]
pub(crate) struct KeyVersion {
    pub(crate) state: KeyState,
    pub(crate) deletion_at: Option<SystemTime>,
    pub(crate) policy: Arc<str>,
    pub(crate) tags: Arc<Tags>,
    pub(crate) rotation: Option<Schedule>,
}

/// An alias that names a key.
pub(crate) struct NamedKey<'a> {
    pub(crate) alias: &'a KeyAlias,
    pub(crate) key: &'a KeyArn,
    /// Since when there is the alias, and since when it names this key.
    pub(crate) dates: (SystemTime, SystemTime),
}

/// How a key is rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Schedule {
    pub(crate) period_days: u32,
    pub(crate) since: SystemTime,
}

/// What Heroku does with the services under a key, as it comes and goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Services {
    Running,
    Stopping,
    Stopped,
    Starting,
}

impl KeyRecord {
    pub(crate) fn is_visible(&self, caller: &Caller) -> bool {
        self.arn.account() == &caller.account && self.arn.region() == &caller.region
    }

    /// Whether it encrypts and decrypts with one key, which lives in one region.
    pub(crate) fn is_symmetric(&self) -> bool {
        self.spec == SYMMETRIC && self.usage == ENCRYPT_DECRYPT
    }

    fn can_be_rotated(&self) -> bool {
        self.is_symmetric() && self.origin == AWS_KMS
    }

    fn describe(&self, version: &KeyVersion) -> Key {
        Key {
            arn: self.arn.clone(),
            state: version.state.clone(),
            usage: self.usage.clone(),
            spec: self.spec.clone(),
            origin: self.origin.clone(),
            description: self.description.clone(),
            is_aws_managed: self.is_aws_managed,
            is_multi_region: self.is_multi_region,
            created_at: Some(self.created_at),
            deletion_at: version.deletion_at,
        }
    }

    /// # Errors
    /// Says why it cannot be rotated.
    pub(crate) fn check_rotation(&self) -> Reply<()> {
        if self.can_be_rotated() {
            return Ok(());
        }
        let arn = &self.arn;
        Err(Refusal::invalid(format!("UnsupportedOperationException: {arn} cannot be rotated.")))
    }
}

impl Schedule {
    fn next(self, at: SystemTime) -> Option<SystemTime> {
        let period = DAY.checked_mul(self.period_days)?;
        let gone = at.duration_since(self.since).unwrap_or_default();
        let turns = gone.as_secs().checked_div(period.as_secs())? + 1;
        self.since.checked_add(period.checked_mul(u32::try_from(turns).ok()?)?)
    }
}

impl AwsState {
    pub(crate) fn key(&self, caller: &Caller, arn: &KeyArn, at: SystemTime) -> Reply<Option<Key>> {
        match self.described_key(caller, arn, at) {
            Ok((record, version)) => Ok(Some(record.describe(version))),
            Err(refusal) if *refusal.kind() == ErrorKind::NotFound => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// A key that `DescribeKey` finds.
    pub(crate) fn described_key(
        &self,
        caller: &Caller,
        arn: &KeyArn,
        at: SystemTime,
    ) -> Reply<(&KeyRecord, &KeyVersion)> {
        if self.kms.quirks.describes_nothing {
            check_place(caller, arn)?;
            return Err(no_key(arn));
        }
        self.known_key(caller, arn, at)
    }

    /// The key of an alias that `DescribeKey` finds.
    pub(crate) fn described_alias(
        &self,
        caller: &Caller,
        alias: &KeyAlias,
        at: SystemTime,
    ) -> Reply<(&KeyRecord, &KeyVersion)> {
        let named = self.known_alias(caller, alias, at)?;
        if self.kms.quirks.describes_nothing { Err(no_key(&named.0.arn)) } else { Ok(named) }
    }

    pub(crate) fn key_by_alias(
        &self,
        caller: &Caller,
        alias: &KeyAlias,
        at: SystemTime,
    ) -> Option<Key> {
        let (record, version) = self.described_alias(caller, alias, at).ok()?;
        Some(record.describe(version))
    }

    /// The key that an alias names, and how it is.
    pub(crate) fn named_key(
        &self,
        caller: &Caller,
        alias: &KeyAlias,
        at: SystemTime,
    ) -> Option<(&KeyRecord, &KeyVersion)> {
        let name = (caller.account.clone(), caller.region.clone(), alias.clone());
        let record = self.kms.keys.get(self.kms.aliases.get(&name)?.at(at)?)?;
        Some((record, record.history.at(at)?))
    }

    /// The same, for a call that needs it.
    pub(crate) fn known_alias(
        &self,
        caller: &Caller,
        alias: &KeyAlias,
        at: SystemTime,
    ) -> Reply<(&KeyRecord, &KeyVersion)> {
        let Caller { account, region } = caller;
        self.named_key(caller, alias, at).ok_or_else(|| {
            Refusal::not_found(format!(
                "NotFoundException: Alias arn:aws:kms:{region}:{account}:{alias} is not found."
            ))
        })
    }

    /// When a key will be deleted, if that is scheduled.
    pub(crate) fn deletion_of(&self, arn: &KeyArn, at: SystemTime) -> Option<SystemTime> {
        self.kms.keys.get(arn)?.history.at(at)?.deletion_at
    }

    /// The keys that `ListKeys` lists, in the order of their ids.
    pub(crate) fn listed_keys(
        &self,
        caller: &Caller,
        at: SystemTime,
    ) -> impl Iterator<Item = (&KeyRecord, &KeyVersion)> {
        self.keys_of(caller, at).filter(|_| !self.kms.quirks.lists_nothing)
    }

    /// All keys of the caller's account and region, in the order of their ids.
    fn keys_of(
        &self,
        caller: &Caller,
        at: SystemTime,
    ) -> impl Iterator<Item = (&KeyRecord, &KeyVersion)> {
        let visible = self.kms.keys.values().filter(move |record| record.is_visible(caller));
        visible.filter_map(move |record| Some((record, record.history.at(at)?)))
    }

    /// # Errors
    /// When a key of the tag is listed and not described.
    pub(crate) fn keys_tagged(
        &self,
        caller: &Caller,
        tag: &Tag,
        at: SystemTime,
    ) -> Reply<Vec<Key>> {
        let name = format!("{}={}", tag.key, tag.value);
        let found = self.scan(caller, &name, |tags| carries(tags, tag), at)?;
        Ok(found.into_iter().map(|(key, _)| key).collect())
    }

    /// The same of those that carry a tag of this key, with their tags.
    pub(crate) fn keys_with_tag(
        &self,
        caller: &Caller,
        key: &str,
        at: SystemTime,
    ) -> Reply<Vec<(Key, Tags)>> {
        self.scan(caller, key, |tags| tags.contains_key(key), at)
    }

    fn scan(
        &self,
        caller: &Caller,
        tag: &str,
        wanted: impl Fn(&Tags) -> bool,
        at: SystemTime,
    ) -> Reply<Vec<(Key, Tags)>> {
        let listed = self.listed_keys(caller, at);
        let tagged = listed.filter(|(_, version)| wanted(&version.tags));
        let describe = |(record, version): (&KeyRecord, &KeyVersion)| {
            if self.kms.quirks.describes_nothing {
                return Err(Refusal::transient(format!(
                    "{} carries the tag {tag}, and KMS does not describe it",
                    record.arn
                )));
            }
            Ok((record.describe(version), version.tags.as_ref().clone()))
        };
        tagged.map(describe).collect()
    }

    /// A key that is there, and how it is.
    pub(crate) fn known_key(
        &self,
        caller: &Caller,
        arn: &KeyArn,
        at: SystemTime,
    ) -> Reply<(&KeyRecord, &KeyVersion)> {
        check_place(caller, arn)?;
        let record = self.kms.keys.get(arn);
        let known = record.and_then(|record| Some((record, record.history.at(at)?)));
        known.ok_or_else(|| no_key(arn))
    }

    pub(crate) fn aliases_of(
        &self,
        arn: &KeyArn,
        at: SystemTime,
    ) -> impl Iterator<Item = &KeyAlias> {
        let is_there = self.kms.keys.get(arn).is_some_and(|key| key.history.at(at).is_some());
        let named = self.kms.aliases.iter().filter(move |(_, target)| target.at(at) == Some(arn));
        named.filter(move |_| is_there).map(|((_, _, alias), _)| alias)
    }

    /// The aliases of the caller's account and region, in their order.
    pub(crate) fn named_keys(
        &self,
        caller: &Caller,
        at: SystemTime,
    ) -> impl Iterator<Item = NamedKey<'_>> {
        let is_mine = move |account: &AccountId, region: &AwsRegion| {
            *account == caller.account && *region == caller.region
        };
        self.kms.aliases.iter().filter_map(move |((account, region, alias), target)| {
            let key = target.at(at).filter(|_| is_mine(account, region))?;
            self.kms.keys.get(key)?.history.at(at)?;
            Some(NamedKey { alias, key, dates: target.dates(at)? })
        })
    }

    pub(crate) fn key_rotation(
        &self,
        caller: &Caller,
        arn: &KeyArn,
        at: SystemTime,
    ) -> Reply<Rotation> {
        let (record, version) = self.known_key(caller, arn, at)?;
        record.check_rotation()?;
        // A key that is to be deleted is not rotated, whatever was asked for before.
        let schedule = version.rotation.filter(|_| version.state != KeyState::PendingDeletion);
        Ok(Rotation {
            enabled: schedule.is_some(),
            period_days: schedule.map(|schedule| schedule.period_days),
            next: schedule.and_then(|schedule| schedule.next(at)),
        })
    }
}

/// A client of KMS speaks to one region, and its account has no rights in another's keys.
fn check_place(caller: &Caller, arn: &KeyArn) -> Reply<()> {
    if arn.region() != &caller.region {
        let region = arn.region();
        return Err(Refusal::invalid(format!("InvalidArnException: Invalid region {region}")));
    }
    if arn.account() != &caller.account {
        let account = &caller.account;
        return Err(Refusal::forbidden(format!(
            "AccessDeniedException: an identity of {account} may do nothing with {arn}"
        )));
    }
    Ok(())
}

fn no_key(arn: &KeyArn) -> Refusal {
    Refusal::not_found(format!("NotFoundException: Key '{arn}' does not exist"))
}
