//! What changes KMS keys. Which state allows what is KMS's own table of key states.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use heroku_data_link::model::{KeyAlias, KeyArn, KeyState};
use heroku_data_link::provider::{ErrorKind, NewKey, Tags};

use super::aws::Caller;
use super::keys::{AWS_KMS, ENCRYPT_DECRYPT, KeyRecord, KeyVersion, SYMMETRIC, Schedule, Services};
use super::tags::check_tags;
use super::{Refusal, Reply, State, known};
use crate::history::History;

/// Days between two rotations (KMS API reference).
const PERIOD: std::ops::RangeInclusive<u32> = 90..=2560;
/// Days until a deletion (KMS API reference).
const WINDOW: std::ops::RangeInclusive<u32> = 7..=30;
/// Characters of a description (KMS API reference).
const LONGEST_DESCRIPTION: usize = 8192;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl State {
    pub(crate) fn create_key(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        new: &NewKey,
    ) -> Reply<KeyArn> {
        check_key_tags(&new.tags)?;
        if new.description.chars().count() > LONGEST_DESCRIPTION {
            return Err(Refusal::invalid("ValidationException: the description is too long"));
        }
        self.aws.check_policy(caller, now, None, &new.policy)?;
        let arn = self.new_key_arn(caller);
        let cleaner = self.aws.kms.quirks.tag_cleaner;
        let record = self.plant_key(now, arn.clone(), &new.policy, &new.tags);
        record.description.clone_from(&new.description);
        if let Some(after) = cleaner {
            let bare = record.history.at(now).cloned();
            if let Some(version) = bare {
                let bare = KeyVersion { tags: Arc::default(), ..version };
                record.history.schedule(now + after, bare);
            }
        }
        Ok(arn)
    }

    pub(crate) fn new_key_arn(&mut self, caller: &Caller) -> KeyArn {
        let (account, region, id) = (&caller.account, &caller.region, self.ids.key());
        known(format!("arn:aws:kms:{region}:{account}:key/{id}").parse())
    }

    /// An enabled symmetric key, without checks.
    pub(crate) fn plant_key(
        &mut self,
        from: SystemTime,
        arn: KeyArn,
        policy: &str,
        tags: &Tags,
    ) -> &mut KeyRecord {
        let policy: Arc<str> = policy.into();
        let version = KeyVersion {
            state: KeyState::Enabled,
            deletion_at: None,
            policy: Arc::clone(&policy),
            tags: Arc::new(tags.clone()),
            rotation: None,
        };
        let record = KeyRecord {
            arn: arn.clone(),
            usage: ENCRYPT_DECRYPT.to_owned(),
            spec: SYMMETRIC.to_owned(),
            origin: AWS_KMS.to_owned(),
            description: String::new(),
            is_aws_managed: false,
            is_multi_region: false,
            created_at: from,
            is_set_up: false,
            history: History::new(from, version),
            in_force: History::new(from, policy),
            services: History::new(SystemTime::UNIX_EPOCH, Services::Running),
        };
        self.aws.kms.keys.entry(arn).or_insert(record)
    }

    pub(crate) fn put_key_policy(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        arn: &KeyArn,
        policy: &str,
    ) -> Reply<()> {
        self.changeable_key(caller, arn, now)?;
        self.aws.check_policy(caller, now, Some(arn), policy)?;
        let policy: Arc<str> = policy.into();
        let in_force = now + self.timings.key_policy;
        self.change_key(now, arn, |key| key.policy = Arc::clone(&policy));
        if let Some(record) = self.aws.kms.keys.get_mut(arn) {
            record.in_force.schedule(in_force, policy);
        }
        Ok(())
    }

    pub(crate) fn create_key_alias(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        alias: &KeyAlias,
        arn: &KeyArn,
    ) -> Reply<()> {
        let version = self.changeable_key(caller, arn, now)?;
        check_not_pending(arn, version)?;
        if self.aws.named_key(caller, alias, now).is_some() {
            return Err(Refusal::conflict(format!(
                "AlreadyExistsException: An alias with the name {alias} already exists"
            )));
        }
        self.plant_alias(now, alias, arn);
        Ok(())
    }

    /// Gives a key a name, without checks.
    pub(crate) fn plant_alias(&mut self, from: SystemTime, alias: &KeyAlias, arn: &KeyArn) {
        let name = (arn.account().clone(), arn.region().clone(), alias.clone());
        let aliases = &mut self.aws.kms.aliases;
        aliases
            .entry(name)
            .and_modify(|target| target.set(from, arn.clone()))
            .or_insert_with(|| History::new(from, arn.clone()));
    }

    /// Lets an alias name another key.
    pub(crate) fn update_key_alias(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        alias: &KeyAlias,
        arn: &KeyArn,
    ) -> Reply<()> {
        let version = self.changeable_key(caller, arn, now)?;
        check_not_pending(arn, version)?;
        let (former, _) = self.aws.known_alias(caller, alias, now)?;
        let (next, _) = self.aws.known_key(caller, arn, now)?;
        if (&former.usage, former.is_symmetric()) != (&next.usage, next.is_symmetric()) {
            return Err(Refusal::invalid(format!(
                "ValidationException: {arn} is a key of another kind than that which {alias} names"
            )));
        }
        self.plant_alias(now, alias, arn);
        Ok(())
    }

    pub(crate) fn delete_key_alias(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        alias: &KeyAlias,
    ) -> Reply<()> {
        self.aws.known_alias(caller, alias, now)?;
        let name = (caller.account.clone(), caller.region.clone(), alias.clone());
        if let Some(target) = self.aws.kms.aliases.get_mut(&name) {
            target.end(now);
        }
        Ok(())
    }

    /// Adds tags to a key, and takes tags away.
    pub(crate) fn tag_key(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        arn: &KeyArn,
        added: &Tags,
        removed: &[String],
    ) -> Reply<()> {
        let version = self.changeable_key(caller, arn, now)?;
        check_not_pending(arn, version)?;
        let mut tags = version.tags.as_ref().clone();
        tags.retain(|key, _| !removed.contains(key));
        tags.extend(added.iter().map(|(key, value)| (key.clone(), value.clone())));
        check_key_tags(&tags)?;
        let tags = Arc::new(tags);
        self.change_key(now, arn, |key| key.tags = Arc::clone(&tags));
        Ok(())
    }

    /// Switches rotation on with a period in days, or off.
    pub(crate) fn rotate_key(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        arn: &KeyArn,
        period_days: Option<u32>,
    ) -> Reply<()> {
        if let Some(days) = period_days.filter(|days| !PERIOD.contains(days)) {
            return Err(Refusal::invalid(format!(
                "ValidationException: RotationPeriodInDays is {days}, and must be 90 to 2560"
            )));
        }
        let version = self.changeable_key(caller, arn, now)?;
        check_not_pending(arn, version)?;
        if version.state == KeyState::Disabled {
            return Err(Refusal::conflict(format!("DisabledException: {arn} is disabled.")));
        }
        let (record, _) = self.aws.known_key(caller, arn, now)?;
        record.check_rotation()?;
        self.change_key(now, arn, |key| {
            key.rotation = period_days.map(|period_days| match key.rotation {
                Some(schedule) if schedule.period_days == period_days => schedule,
                _ => Schedule { period_days, since: now },
            });
        });
        Ok(())
    }

    /// Enables or disables a key.
    pub(crate) fn switch_key(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        arn: &KeyArn,
        state: &KeyState,
    ) -> Reply<()> {
        let version = self.changeable_key(caller, arn, now)?;
        check_not_pending(arn, version)?;
        self.set_key_state(now, arn, state);
        Ok(())
    }

    pub(crate) fn schedule_key_deletion(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        arn: &KeyArn,
        days: u32,
    ) -> Reply<SystemTime> {
        if !WINDOW.contains(&days) {
            return Err(Refusal::invalid(format!(
                "ValidationException: PendingWindowInDays is {days}, and must be 7 to 30"
            )));
        }
        let version = self.changeable_key(caller, arn, now)?;
        check_not_pending(arn, version)?;
        let deletion_at = now + DAY * days;
        self.set_key_state(now, arn, &KeyState::PendingDeletion);
        self.change_key(now, arn, |key| key.deletion_at = Some(deletion_at));
        if let Some(record) = self.aws.kms.keys.get_mut(arn) {
            record.history.end(deletion_at);
        }
        Ok(deletion_at)
    }

    pub(crate) fn cancel_key_deletion(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        arn: &KeyArn,
    ) -> Reply<()> {
        let version = self.changeable_key(caller, arn, now)?;
        if version.state != KeyState::PendingDeletion {
            return Err(Refusal::conflict(format!(
                "KMSInvalidStateException: {arn} is not pending deletion."
            )));
        }
        let disabled =
            KeyVersion { state: KeyState::Disabled, deletion_at: None, ..version.clone() };
        if let Some(record) = self.aws.kms.keys.get_mut(arn) {
            record.history.set(now, disabled);
        }
        Ok(())
    }

    /// Puts a key into a state, and starts what Heroku does about it.
    pub(crate) fn set_key_state(&mut self, now: SystemTime, arn: &KeyArn, state: &KeyState) {
        let timings = self.timings;
        let Some(record) = self.aws.kms.keys.get_mut(arn) else { return };
        let Some(version) = record.history.at(now) else { return };
        let was_usable = version.state == KeyState::Enabled;
        let is_usable = *state == KeyState::Enabled;
        let services = record.services.at(now).copied().unwrap_or(Services::Running);
        record.history.update(now, |key| key.state = state.clone());
        match (was_usable, is_usable, services) {
            (true, true, _) | (false, false, _) => {}
            // Within the grace: nothing has happened yet.
            (false, true, Services::Running) => record.services.set(now, Services::Running),
            (false, true, _) => {
                record.services.set(now, Services::Starting);
                record.services.schedule(now + timings.key_restart, Services::Running);
            }
            (true, false, Services::Running) => {
                record.services.schedule(now + timings.key_grace, Services::Stopping);
                record.services.schedule(now + timings.key_shutdown, Services::Stopped);
            }
            (true, false, _) => record.services.set(now, Services::Stopped),
        }
    }

    /// How a key is that its owner can change.
    fn changeable_key(&self, caller: &Caller, arn: &KeyArn, now: SystemTime) -> Reply<&KeyVersion> {
        let (record, version) = self.aws.known_key(caller, arn, now)?;
        if record.is_aws_managed {
            return Err(Refusal::forbidden(format!(
                "AccessDeniedException: {arn} is managed by AWS"
            )));
        }
        Ok(version)
    }

    fn change_key(&mut self, now: SystemTime, arn: &KeyArn, change: impl FnMut(&mut KeyVersion)) {
        if let Some(record) = self.aws.kms.keys.get_mut(arn) {
            record.history.update(now, change);
        }
    }
}

/// The rules of EC2's tags, under KMS's names.
fn check_key_tags(tags: &Tags) -> Reply<()> {
    check_tags(tags).map_err(|refusal| {
        if *refusal.kind() == ErrorKind::QuotaExceeded {
            return Refusal::quota("LimitExceededException: more than 50 tags");
        }
        Refusal::invalid("TagException: the key or value of a tag is malformed")
    })
}

fn check_not_pending(arn: &KeyArn, version: &KeyVersion) -> Reply<()> {
    if version.state != KeyState::PendingDeletion {
        return Ok(());
    }
    Err(Refusal::conflict(format!("KMSInvalidStateException: {arn} is pending deletion.")))
}
