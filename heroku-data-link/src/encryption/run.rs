//! The thin part: calls, and nothing decided.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::try_join4;

use super::memory::Memory;
use super::output::{self, EncryptionOutput};
use super::plan;
use super::snapshot::Snapshot;
use super::spec::EncryptionSpec;
use crate::home::Home;
use crate::model::LinkId;
use crate::provider::{AwsCloud, Call, CallerIdentity, Clouds, HerokuCloud, ProviderResult, Sent};
use crate::reconcile::{Goal, Moment, Plan, Remembered, Workflow, sealed};

/// The encryption workflow of one link; give it to a [`Driver`](crate::reconcile::Driver).
///
/// It remembers the key that it made or saw, so keep one for each link, and only one at a time: see
/// the [module](super).
#[derive(Debug)]
pub struct EncryptionWorkflow {
    pub(super) spec: EncryptionSpec,
    pub(super) clouds: Clouds,
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
    pub fn new(spec: EncryptionSpec, heroku: Arc<dyn HerokuCloud>, aws: Arc<dyn AwsCloud>) -> Self {
        let (clouds, known) = (Clouds::new(heroku, aws), Known::default());
        Self { spec, clouds, known, memory: Mutex::default() }
    }

    /// The spec.
    pub fn spec(&self) -> &EncryptionSpec {
        &self.spec
    }

    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl sealed::Sealed for EncryptionWorkflow {}

#[async_trait]
impl Workflow for EncryptionWorkflow {
    type Snapshot = Snapshot;
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
            region: self.clouds.key_region().clone(),
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

    fn plan(&self, goal: Goal, seen: &Snapshot) -> Plan {
        match goal {
            Goal::Established => plan::establish(&self.spec, seen),
            Goal::TornDown => plan::tear_down(&self.spec, seen),
        }
    }

    fn clouds(&self) -> &Clouds {
        &self.clouds
    }

    /// What is needed for it is kept in memory: a workflow must live for minutes to make a key and
    /// an add-on, and look often.
    fn hold(&self, call: &Call, now: Moment) -> Option<Duration> {
        self.memory().hold(call, now)
    }

    fn sending(&self, call: &Call) {
        self.memory().send(call);
    }

    fn answered(&self, call: &Call, answer: &ProviderResult<Sent>, now: Moment) {
        self.memory().answer(call, answer, now);
    }

    fn output(&self, seen: &Snapshot) -> Option<EncryptionOutput> {
        output::of(&self.spec, seen)
    }
}
