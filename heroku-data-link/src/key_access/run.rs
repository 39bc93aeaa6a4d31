//! The workflow: what the driver asks of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;

use super::consequences::Consequences;
use super::facts::Facts;
use super::output::{self, KeyAccessOutput};
use super::plan;
use super::snapshot::Snapshot;
use super::spec::{Ending, KeyAccessSpec};
use super::steps::{self, KIND};
use super::unknown_user::UnknownUser;
use super::usage::KeyUser;
use crate::model::{KeyState, LinkId, LinkKind};
use crate::provider::{AwsCloud, CallerIdentity, Clouds, HerokuCloud, ProviderResult};
use crate::reconcile::{Fresh, Goal, Memory, Plan, Remembered, Workflow, sealed};

/// Gives and ends the use of a key; give it to a [`Driver`](crate::reconcile::Driver).
///
/// Establishing cancels a deletion, enables the key, and waits until the services that use it are
/// back. A teardown ends its use as the spec says, and waits until they have stopped.
#[derive(Debug)]
pub struct KeyAccessWorkflow {
    pub(super) spec: KeyAccessSpec,
    pub(super) clouds: Clouds,
    pub(super) known: Known,
}

/// What a pass need not read again.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) caller: Remembered<CallerIdentity>,
    /// Who uses the key. A key cannot be given or taken later, so only new add-ons can change it.
    pub(super) users: Remembered<(Vec<KeyUser>, Vec<UnknownUser>)>,
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
        plan::plan(&Facts::of(&self.spec, seen), goal)
    }

    fn clouds(&self) -> &Clouds {
        &self.clouds
    }

    fn caller(&self) -> Option<CallerIdentity> {
        self.known.caller.get()
    }

    fn output(&self, seen: &Snapshot) -> Option<KeyAccessOutput> {
        output::of(&Facts::of(&self.spec, seen))
    }
}
