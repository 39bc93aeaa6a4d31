//! The workflow: what the driver asks of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::try_join4;

use super::facts::Facts;
use super::output::{self, EncryptionOutput};
use super::plan;
use super::remembered;
use super::snapshot::Snapshot;
use super::spec::EncryptionSpec;
use super::steps::{self, KIND};
use crate::home::Home;
use crate::model::{LinkId, LinkKind};
use crate::provider::{AwsCloud, CallerIdentity, Clouds, HerokuCloud, ProviderResult};
use crate::reconcile::{Fresh, Goal, Matter, Memory, Moment, Plan, Remembered, Workflow, sealed};

/// The encryption workflow of one link; give it to a [`Driver`](crate::reconcile::Driver).
///
/// Its driver remembers the key that was made or seen, so keep one driver for each link, or hand its
/// [memory](crate::reconcile::Memory) on, and only one at a time: see the [module](super).
#[derive(Debug)]
pub struct EncryptionWorkflow {
    pub(super) spec: EncryptionSpec,
    pub(super) clouds: Clouds,
    pub(super) known: Known,
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
        Self { spec, clouds: Clouds::new(heroku, aws), known: Known::default() }
    }

    /// The spec.
    pub fn spec(&self) -> &EncryptionSpec {
        &self.spec
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

    fn kind(&self) -> LinkKind {
        KIND
    }

    fn target(&self) -> String {
        self.spec.addon.to_string()
    }

    async fn observe(
        &self,
        goal: Goal,
        memory: &Memory,
        fresh: Fresh<'_, Snapshot>,
    ) -> ProviderResult<Snapshot> {
        let caller = self.caller().await?;
        let (home, (addon, readiness, info), keys, (sources, attachments)) = try_join4(
            self.home(goal),
            async {
                match fresh.of(steps::ADDON) {
                    Some(seen) => {
                        Ok((seen.addon.clone(), seen.readiness.clone(), seen.info.clone()))
                    }
                    None => self.addon(goal).await,
                }
            },
            self.keys(goal, &caller, memory),
            self.source(goal),
        )
        .await?;
        let name_taken = memory.spell(Matter::NameTaken);
        Ok(Snapshot {
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
        })
    }

    fn sources_of_heroku(&self) -> &'static [&'static str] {
        &[steps::ADDON]
    }

    async fn refresh(
        &self,
        goal: Goal,
        seen: &Snapshot,
        sources: &BTreeSet<&'static str>,
    ) -> ProviderResult<Snapshot> {
        let mut now = seen.clone();
        for source in sources {
            match *source {
                steps::ADDON => {
                    (now.addon, now.readiness, now.info) = self.addon(goal).await?;
                }
                steps::SERVICE => {
                    (now.readiness, now.info) = self.service(now.addon.as_ref()).await?;
                }
                _ => {}
            }
        }
        Ok(now)
    }

    fn notice(&self, seen: &Snapshot, memory: &mut Memory, now: Moment) {
        remembered::notice(&Facts::of(&self.spec, seen), memory, now);
    }

    fn plan(&self, goal: Goal, seen: &Snapshot) -> Plan {
        let facts = Facts::of(&self.spec, seen);
        match goal {
            Goal::Established => plan::establish(&facts),
            Goal::TornDown => plan::tear_down(&facts),
        }
    }

    fn clouds(&self) -> &Clouds {
        &self.clouds
    }

    fn caller(&self) -> Option<CallerIdentity> {
        self.known.caller.get()
    }

    fn output(&self, seen: &Snapshot) -> Option<EncryptionOutput> {
        output::of(&Facts::of(&self.spec, seen))
    }
}
