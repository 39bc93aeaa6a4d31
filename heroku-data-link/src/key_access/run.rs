//! The thin part: reads and calls, and nothing decided.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;

use super::consequences::Consequences;
use super::plan;
use super::spec::{Ending, KeyAccessSpec};
use super::steps::{self, KIND};
use super::unknown_user::UnknownUser;
use super::usage::{Inventory, KeyUser, ask_all, concerns_one};
use crate::model::{AddonState, AwsRegion, KeyArn, KeyState, LinkId, LinkKind};
use crate::provider::{
    Addon, AwsCloud, CallerIdentity, Clouds, HerokuCloud, Key, ProviderResult, Readiness,
};
use crate::reconcile::{Fresh, Goal, Memory, Plan, Remembered, Workflow, sealed};

/// The word of a service that is on its way down. No word is on record: any other one, too, means
/// that the service cannot be used.
const STOPPING: &str = "stopping";

/// Gives and ends the use of a key; give it to a [`Driver`](crate::reconcile::Driver).
///
/// Establishing cancels a deletion, enables the key, and waits until the services that use it are
/// back. A teardown ends its use as the spec says, and waits until they have stopped.
#[derive(Debug)]
pub struct KeyAccessWorkflow {
    spec: KeyAccessSpec,
    clouds: Clouds,
    known: Known,
}

/// What a pass need not read again.
#[derive(Debug, Default)]
struct Known {
    caller: Remembered<CallerIdentity>,
    /// Who uses the key. A key cannot be given or taken later, so only new add-ons can change it.
    users: Remembered<(Vec<KeyUser>, Vec<UnknownUser>)>,
}

/// What was seen of the key and its users in one pass.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(super) caller: CallerIdentity,
    pub(super) region: AwsRegion,
    pub(super) key: Option<Key>,
    pub(super) used: Vec<Used>,
    /// Add-ons of which it is not known whether they use the key.
    pub(super) unknown: Vec<UnknownUser>,
}

/// An add-on under the key.
#[derive(Debug, Clone)]
pub(super) struct Used {
    pub(super) user: KeyUser,
    pub(super) service: Service,
}

/// Where a service is between running and stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    Running,
    /// It says so itself.
    Stopping,
    /// It cannot be used, whatever it says.
    Down,
}

impl From<Option<Readiness>> for Service {
    fn from(readiness: Option<Readiness>) -> Self {
        match readiness {
            Some(Readiness::Ready(_)) => Self::Running,
            Some(Readiness::Waiting(word)) if word.eq_ignore_ascii_case(STOPPING) => Self::Stopping,
            Some(Readiness::Waiting(_) | Readiness::Failed(_)) | None => Self::Down,
        }
    }
}

/// A key that can be used, and whose services run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct KeyAccessOutput {
    /// The key.
    pub key: KeyArn,
    /// Its state.
    pub state: KeyState,
    /// The add-ons that use it; all of them run.
    pub users: Vec<KeyUser>,
    /// Add-ons that may use it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<UnknownUser>,
}

impl KeyAccessWorkflow {
    /// The workflow of `spec` on these two clouds. The AWS side's region must be the key's.
    pub fn new(spec: KeyAccessSpec, heroku: Arc<dyn HerokuCloud>, aws: Arc<dyn AwsCloud>) -> Self {
        Self { spec, clouds: Clouds::new(heroku, aws), known: Known::default() }
    }

    /// The spec.
    pub fn spec(&self) -> &KeyAccessSpec {
        &self.spec
    }

    /// What a teardown would come to. Changes nothing.
    ///
    /// # Errors
    /// When a read fails.
    pub async fn consequences(&self) -> ProviderResult<Consequences> {
        let (stops, unknown) = self.read_users().await?;
        let (key, ending) = (self.spec.key.clone(), self.spec.ending);
        Ok(Consequences { key, ending, stops, unknown })
    }

    async fn caller(&self) -> ProviderResult<CallerIdentity> {
        self.known.caller.get_or_read(self.clouds.aws.caller_identity()).await
    }

    async fn key(&self, caller: &CallerIdentity) -> ProviderResult<Option<Key>> {
        let key = &self.spec.key;
        // Another region's or account's cannot be asked for; the checks say so.
        if key.region() != self.clouds.key_region() || *key.account() != caller.account {
            return Ok(None);
        }
        self.clouds.aws.key(key).await
    }

    async fn read_users(&self) -> ProviderResult<(Vec<KeyUser>, Vec<UnknownUser>)> {
        let inventory = Inventory::of_heroku(&*self.clouds.heroku).await?;
        let users = (inventory.users_of(&self.spec.key), inventory.unknown);
        self.known.users.set(&users);
        Ok(users)
    }

    /// Read anew as long as it decides about ending a key's use.
    async fn users(&self, must_be_new: bool) -> ProviderResult<(Vec<KeyUser>, Vec<UnknownUser>)> {
        match self.known.users.get() {
            Some(users) if !must_be_new => Ok(users),
            Some(_) | None => self.read_users().await,
        }
    }

    async fn service(&self, user: &KeyUser) -> ProviderResult<Service> {
        let addon = Addon {
            id: user.id,
            name: user.addon.clone(),
            app: user.app.clone(),
            plan: user.plan.clone(),
            state: AddonState::Provisioned,
        };
        match self.clouds.heroku.readiness(&addon).await {
            Ok(readiness) => Ok(readiness.into()),
            // A stopped service may not even answer.
            Err(error) if concerns_one(&error) => Ok(Service::Down),
            Err(error) => Err(error),
        }
    }

    async fn used(&self, users: Vec<KeyUser>) -> ProviderResult<Vec<Used>> {
        let reads: Vec<_> = users.iter().map(|user| self.service(user)).collect();
        let services = ask_all(reads).await?;
        let used = users.into_iter().zip(services);
        Ok(used.map(|(user, service)| Used { user, service }).collect())
    }
}

impl sealed::Sealed for KeyAccessWorkflow {}

#[async_trait]
impl Workflow for KeyAccessWorkflow {
    type Snapshot = Snapshot;
    type Output = KeyAccessOutput;

    fn link(&self) -> &LinkId {
        &self.spec.link
    }

    fn kind(&self) -> LinkKind {
        KIND
    }

    fn target(&self) -> String {
        self.spec.key.to_string()
    }

    async fn observe(
        &self,
        goal: Goal,
        _: &Memory,
        _: Fresh<'_, Snapshot>,
    ) -> ProviderResult<Snapshot> {
        let caller = self.caller().await?;
        let key = self.key(&caller).await?;
        let decides = match (key.as_ref().map(|key| &key.state), self.spec.ending) {
            (Some(KeyState::Enabled), _) => true,
            (Some(KeyState::Disabled), ending) => ending != Ending::Disable,
            (Some(_) | None, _) => false,
        };
        let (users, unknown) = self.users(goal == Goal::TornDown && decides).await?;
        let used = self.used(users).await?;
        Ok(Snapshot { caller, region: self.clouds.key_region().clone(), key, used, unknown })
    }

    async fn refresh(
        &self,
        _: Goal,
        seen: &Snapshot,
        sources: &BTreeSet<&'static str>,
    ) -> ProviderResult<Snapshot> {
        let mut now = seen.clone();
        if sources.contains(steps::SERVICES) {
            let users = seen.used.iter().map(|used| used.user.clone()).collect();
            now.used = self.used(users).await?;
        }
        Ok(now)
    }

    fn plan(&self, goal: Goal, seen: &Snapshot) -> Plan {
        plan::plan(&self.spec, seen, goal)
    }

    fn clouds(&self) -> &Clouds {
        &self.clouds
    }

    fn caller(&self) -> Option<CallerIdentity> {
        self.known.caller.get()
    }

    fn output(&self, seen: &Snapshot) -> Option<KeyAccessOutput> {
        let state = seen.key.as_ref()?.state.clone();
        let users = seen.used.iter().map(|used| used.user.clone()).collect();
        let (key, unknown) = (self.spec.key.clone(), seen.unknown.clone());
        Some(KeyAccessOutput { key, state, users, unknown })
    }
}
