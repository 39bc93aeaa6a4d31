//! The thin part: calls, and nothing decided.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::try_join4;

use super::action::{Action, Data};
use super::commands::description;
use super::memory::Memory;
use super::output::{self, EncryptionOutput};
use super::plan;
use super::policy::KeyPolicy;
use super::snapshot::{Snapshot, owner};
use super::spec::EncryptionSpec;
use crate::home::Home;
use crate::model::{AttachmentName, ConfigVarName, KeyArn, LinkId, Secret};
use crate::provider::{
    AddonLifecycle, AddonOption, Addons, Attachments, CallerIdentity, ConfigVars, ErrorKind,
    Identity, Keys, NewAddon, NewAttachment, NewKey, ProviderError, ProviderResult, Spaces,
    operation,
};
use crate::reconcile::{Goal, Moment, Plan, Remembered, Workflow, sealed};

/// What this workflow needs of Heroku. Implemented by everything that has the capabilities.
pub trait HerokuSide: Addons + AddonLifecycle + Spaces + Attachments + ConfigVars {}
impl<T: Addons + AddonLifecycle + Spaces + Attachments + ConfigVars> HerokuSide for T {}

/// What this workflow needs of AWS. Implemented by everything that has the capabilities.
pub trait AwsSide: Identity + Keys {}
impl<T: Identity + Keys> AwsSide for T {}

/// The encryption workflow of one link; give it to a [`Driver`](crate::reconcile::Driver).
///
/// It remembers the key that it made or saw, so keep one for each link, and only one at a time: see
/// the [module](super).
#[derive(Debug)]
pub struct EncryptionWorkflow {
    pub(super) spec: EncryptionSpec,
    pub(super) heroku: Arc<dyn HerokuSide>,
    pub(super) aws: Arc<dyn AwsSide>,
    pub(super) known: Known,
    memory: Mutex<Memory>,
}

/// Facts that do not change, so that a pass need not read them again.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) caller: Remembered<CallerIdentity>,
    pub(super) home: Remembered<Home>,
}

impl EncryptionWorkflow {
    /// The workflow of `spec` on these two clouds.
    ///
    /// The AWS side's region must be that of the app's space.
    pub fn new(spec: EncryptionSpec, heroku: Arc<dyn HerokuSide>, aws: Arc<dyn AwsSide>) -> Self {
        Self { spec, heroku, aws, known: Known::default(), memory: Mutex::default() }
    }

    /// The spec.
    pub fn spec(&self) -> &EncryptionSpec {
        &self.spec
    }

    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn new_key(&self, seen: &Snapshot) -> NewKey {
        NewKey {
            policy: KeyPolicy::for_heroku(&seen.parties(&self.spec)).to_string(),
            description: description(&self.spec.link),
            tags: owner(&self.spec).tags(),
        }
    }

    async fn new_addon(&self, key: &KeyArn, data: &Data) -> ProviderResult<NewAddon> {
        let spec = &self.spec;
        let key = (spec.key_option.to_string(), AddonOption::Text(key.to_string()));
        let mut options = BTreeMap::from([key]);
        let source = match data {
            Data::Empty => None,
            Data::ForkOfUrl(attachment) => {
                Some(("fork", AddonOption::Secret(self.url(attachment).await?)))
            }
            Data::ForkOf(addon) => Some(("fork", AddonOption::Text(addon.to_string()))),
            Data::FollowerOf(addon) => Some(("follow", AddonOption::Text(addon.to_string()))),
        };
        options.extend(source.map(|(name, value)| (name.to_owned(), value)));
        Ok(NewAddon {
            app: spec.app.clone(),
            plan: spec.plan.clone(),
            name: spec.addon.clone(),
            attachment: spec.attachment.clone(),
            options,
            confirm: false,
        })
    }

    /// The URL that an attachment gives to the app. Exactly that variable: those of PrivateLink
    /// begin and end like it.
    async fn url(&self, attachment: &AttachmentName) -> ProviderResult<Secret> {
        let name = format!("{attachment}_URL");
        let mut vars = self.heroku.config_vars(&self.spec.app).await?;
        let name: Option<ConfigVarName> = name.parse().ok();
        name.and_then(|name| vars.remove(&name)).ok_or_else(|| {
            let text = format!("app {} has no variable {attachment}_URL", self.spec.app);
            ProviderError::new(operation::READ_CONFIG_VARS, ErrorKind::NotFound, text)
        })
    }

    async fn unfollow(&self, seen: &Snapshot) -> ProviderResult<()> {
        match &seen.addon {
            Some(addon) => self.heroku.unfollow(addon).await,
            // The planner unfollows nothing that is not there.
            None => Ok(()),
        }
    }
}

impl sealed::Sealed for EncryptionWorkflow {}

#[async_trait]
impl Workflow for EncryptionWorkflow {
    type Snapshot = Snapshot;
    type Action = Action;
    type Output = EncryptionOutput;

    fn link(&self) -> &LinkId {
        &self.spec.link
    }

    async fn observe(&self, goal: Goal) -> ProviderResult<Snapshot> {
        let caller = self.caller().await?;
        let (home, (addon, readiness, info), keys, (sources, attachments)) = try_join4(
            self.home(goal),
            self.addon(goal),
            self.keys(goal, &caller),
            self.source(goal),
        )
        .await?;
        let name_taken = self.memory().name_taken_for();
        let seen = Snapshot {
            caller,
            region: self.aws.region().clone(),
            home,
            addon,
            readiness,
            info,
            keys,
            name_taken,
            sources,
            attachments,
        };
        self.memory().see(&self.spec, &seen);
        Ok(seen)
    }

    fn plan(&self, goal: Goal, seen: &Snapshot) -> Plan<Action> {
        match goal {
            Goal::Established => plan::establish(&self.spec, seen),
            Goal::TornDown => plan::tear_down(&self.spec, seen),
        }
    }

    /// What is needed for it is kept in memory: a workflow must live for minutes to make a key and
    /// an add-on, and look often.
    fn hold(&self, action: &Action, now: Moment) -> Option<Duration> {
        self.memory().hold(action, now)
    }

    async fn apply(&self, action: &Action, seen: &Snapshot, now: Moment) -> ProviderResult<()> {
        let (spec, heroku, aws) = (&self.spec, &self.heroku, &self.aws);
        let attach = |addon, name: &AttachmentName, replace| NewAttachment {
            addon,
            app: spec.app.clone(),
            name: Some(name.clone()),
            namespace: None,
            replace,
        };
        self.memory().send(action);
        match action {
            Action::CreateKey => {
                let made = aws.create_key(&self.new_key(seen)).await;
                self.memory().answer(&made);
                made.map(drop)
            }
            Action::CreateAlias(key) => match spec.alias() {
                Some(alias) => aws.create_key_alias(&alias, key).await,
                // The planner gives no alias to a key that the spec names.
                None => Ok(()),
            },
            Action::PutPolicy(key, policy) => aws.put_key_policy(key, policy).await,
            Action::EnableRotation(key) => aws.enable_key_rotation(key, spec.rotation.days()).await,
            Action::CreateAddon(key, data) => {
                let made = heroku.create_addon(&self.new_addon(key, data).await?).await;
                self.memory().answer_addon(&made, now);
                made
            }
            Action::Unfollow => self.unfollow(seen).await,
            Action::Keep(addon, name) => heroku.attach(&attach(addon.clone(), name, false)).await,
            Action::Promote(name) => heroku.attach(&attach(spec.addon.clone(), name, true)).await,
        }
    }

    fn output(&self, seen: &Snapshot) -> Option<EncryptionOutput> {
        output::of(&self.spec, seen)
    }
}
