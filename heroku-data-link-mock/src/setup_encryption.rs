//! Keys, and the world of Heroku's procedures for them, before the story begins.

use std::sync::Arc;
use std::time::Duration;

use heroku_data_link::model::{
    AccountId, AddonId, AddonName, AppName, AttachmentName, AwsPrincipal, AwsRegion, DataService,
    KeyAlias, KeyArn, KeyState, PlanName, SpaceName,
};
use heroku_data_link::provider::Tags;

use crate::history::History;
use crate::key_quirks::KeyQuirks;
use crate::key_spec::{KeySpec, console_policy};
use crate::odd_rows::{KeyForm, OddRow};
use crate::setup::{ALWAYS, parse};
use crate::setup_error::SetupError;
use crate::specs::AddonSpec;
use crate::state::addons::AddonRecord;
use crate::state::keys::{Schedule, Services};
use crate::state::{Caller, known};
use crate::world::{World, default_caller};

/// Until a key is deleted that was put here as pending deletion.
const LAST_WINDOW: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What Heroku's article on one's own key starts from.
#[derive(Debug, Clone)]
pub struct EncryptionSite {
    /// The data service.
    pub service: DataService,
    /// The space, in Heroku's region `virginia`.
    pub space: SpaceName,
    /// The app in the space.
    pub app: AppName,
    /// The AWS account of [`World::aws`].
    pub account: AccountId,
    /// The region of the space, and of [`World::aws`].
    pub region: AwsRegion,
    /// The plan of the add-on that is to be made.
    pub plan: PlanName,
    /// The name of an add-on of that plan which has no key.
    pub old_addon: AddonName,
    /// Its id.
    pub old_addon_id: AddonId,
    /// Its only attachment: `REDIS`, `KAFKA` or `DATABASE`.
    pub attachment: AttachmentName,
}

impl World {
    /// The world before one follows Heroku's articles on encrypting data with one's own key: an
    /// app with an add-on that has no key, and an AWS account without keys.
    pub fn of_the_encryption_procedure(service: DataService) -> (Self, EncryptionSite) {
        let world = Self::new();
        let mut sites = world.begin_encryption(&[service]);
        let site = known(sites.pop().ok_or("one for each service"));
        (world, site)
    }

    /// One app, with an add-on of each service.
    pub(crate) fn begin_encryption(&self, services: &[DataService]) -> Vec<EncryptionSite> {
        let (space, app) = self.begin_in_space("your-app-name");
        let sites = services.iter().map(|service| {
            let (old, plan, attachment) = match service {
                DataService::KeyValueStore => {
                    ("redis-old-12345", "heroku-redis:private-7", "REDIS")
                }
                DataService::Kafka => {
                    ("kafka-old-12345", "heroku-kafka:private-standard-2", "KAFKA")
                }
                DataService::Postgres => {
                    ("postgresql-old-12345", "heroku-postgresql:private-4", "DATABASE")
                }
            };
            let caller = default_caller();
            EncryptionSite {
                service: *service,
                space: space.clone(),
                app: app.clone(),
                account: caller.account,
                region: caller.region,
                plan: known(plan.parse()),
                old_addon: known(old.parse()),
                old_addon_id: known(self.add_addon(&AddonSpec::new(&app, old, plan))),
                attachment: known(attachment.parse()),
            }
        });
        sites.collect()
    }

    /// A KMS key that has been there for long.
    ///
    /// # Errors
    /// When a text is malformed, or id or alias are taken.
    pub fn add_key(&self, spec: &KeySpec) -> Result<KeyArn, SetupError> {
        let default = default_caller();
        let account = spec.account.as_ref().map_or(Ok(default.account), parse)?;
        let region = spec.region.as_ref().map_or(Ok(default.region), parse)?;
        let alias: Option<KeyAlias> = spec.alias.as_ref().map(parse).transpose()?;
        let user: Option<AccountId> = spec.opens_to.as_ref().map(parse).transpose()?;
        let fixed = spec.id.as_ref();
        let fixed =
            fixed.map(|id| parse::<KeyArn>(format!("arn:aws:kms:{region}:{account}:key/{id}")));
        let fixed = fixed.transpose()?;
        let policy = spec.policy.clone().unwrap_or_else(|| console_policy(&account, user.as_ref()));
        let deletion_at = self.now() + LAST_WINDOW;
        let now = self.now();
        let mut inner = self.lock();
        let state = &mut inner.state;
        let caller = Caller { account, region };
        let arn = fixed.unwrap_or_else(|| state.new_key_arn(&caller));
        if state.aws.kms.keys.contains_key(&arn) {
            return Err(SetupError::taken("key id", arn.id()));
        }
        if let Some(alias) = &alias {
            if state.aws.named_key(&caller, alias, now).is_some() {
                return Err(SetupError::taken("alias", alias));
            }
            state.plant_alias(ALWAYS, alias, &arn);
        }
        let tags: Tags = spec.tags.iter().cloned().collect();
        let record = state.plant_key(ALWAYS, arn.clone(), &policy, &tags);
        record.is_set_up = true;
        record.is_aws_managed = spec.is_aws_managed;
        record.is_multi_region = spec.is_multi_region;
        record.usage = spec.usage.clone().unwrap_or_else(|| record.usage.clone());
        record.spec = spec.spec.clone().unwrap_or_else(|| record.spec.clone());
        record.origin = spec.origin.clone().unwrap_or_else(|| record.origin.clone());
        let rotation =
            spec.rotation_days.map(|period_days| Schedule { period_days, since: ALWAYS });
        let is_pending = spec.state == KeyState::PendingDeletion;
        record.history.update(ALWAYS, |key| {
            key.state = spec.state.clone();
            key.rotation = rotation;
            key.deletion_at = is_pending.then_some(deletion_at);
        });
        if is_pending {
            record.history.end(deletion_at);
        }
        if spec.state != KeyState::Enabled {
            record.services = History::new(ALWAYS, Services::Stopped);
        }
        Ok(arn)
    }

    /// A user or role that IAM does not know: a policy that names it is refused. With a time it was
    /// made a moment ago, and is known after that.
    pub fn add_unknown_principal(&self, principal: &AwsPrincipal, known_after: Option<Duration>) {
        let until = known_after.map(|after| self.now() + after);
        self.lock().state.aws.kms.unknown.insert(principal.arn(), until);
    }

    /// What is odd about KMS from now on.
    pub fn set_key_quirks(&self, quirks: KeyQuirks) {
        self.lock().state.aws.kms.quirks = quirks;
    }

    /// From now on Heroku lists an add-on in this form among all add-ons.
    ///
    /// # Errors
    /// When there is no such add-on.
    pub fn list_addon_as(&self, addon: AddonId, row: OddRow) -> Result<(), SetupError> {
        self.change_addon(addon, |record| record.listed_as = Some(row))
    }

    /// From now on the service behind an add-on writes the key that it is under in this form.
    ///
    /// # Errors
    /// When there is no such add-on.
    pub fn write_addon_key_as(&self, addon: AddonId, form: KeyForm) -> Result<(), SetupError> {
        self.change_addon(addon, |record| record.key_written_as = Some(form))
    }

    fn change_addon(
        &self,
        addon: AddonId,
        change: impl FnOnce(&mut AddonRecord),
    ) -> Result<(), SetupError> {
        let mut inner = self.lock();
        let record = inner.state.heroku.addons.get_mut(&addon);
        change(record.ok_or_else(|| SetupError::unknown("add-on", addon))?);
        Ok(())
    }

    /// Somebody replaces a key's policy, which is in force at once. It is not checked.
    ///
    /// # Errors
    /// When there is no such key.
    pub fn set_key_policy(&self, key: &KeyArn, policy: &str) -> Result<(), SetupError> {
        let now = self.now();
        let mut inner = self.lock();
        let record = inner.state.aws.kms.keys.get_mut(key);
        let record = record.ok_or_else(|| SetupError::unknown("key", key))?;
        let policy: Arc<str> = policy.into();
        record.history.update(now, |version| version.policy = Arc::clone(&policy));
        record.in_force.set(now, policy);
        Ok(())
    }
}
