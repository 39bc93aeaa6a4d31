//! The workflow of a PrivateLink: what a driver asks of it, and who answers.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;

use super::facts::Facts;
use super::observe::Known;
use super::output::PrivateLinkOutput;
use super::snapshot::Snapshot;
use super::spec::PrivateLinkSpec;
use super::steps::{self, KIND};
use super::{output, plan, teardown};
use crate::model::{LinkId, LinkKind};
use crate::provider::{AwsCloud, CallerIdentity, Clouds, HerokuCloud, ProviderResult};
use crate::reconcile::{Fresh, Goal, Memory, Plan, Preflight, Workflow, sealed};

/// The PrivateLink workflow of one link; give it to a [`Driver`](crate::reconcile::Driver).
#[derive(Debug)]
pub struct PrivateLinkWorkflow {
    pub(super) spec: PrivateLinkSpec,
    pub(super) clouds: Clouds,
    pub(super) known: Known,
}

impl PrivateLinkWorkflow {
    /// The workflow of `spec` on these two clouds.
    ///
    /// The AWS side's region must be that of the VPC.
    pub fn new(
        spec: PrivateLinkSpec,
        heroku: Arc<dyn HerokuCloud>,
        aws: Arc<dyn AwsCloud>,
    ) -> Self {
        Self::on(spec, Clouds::new(heroku, aws))
    }

    /// The same on clouds that may have sinks, to which the spec delivers.
    pub fn on(spec: PrivateLinkSpec, clouds: Clouds) -> Self {
        Self { spec, clouds, known: Known::default() }
    }

    /// The spec.
    pub fn spec(&self) -> &PrivateLinkSpec {
        &self.spec
    }
}

impl sealed::Sealed for PrivateLinkWorkflow {}

#[async_trait]
impl Workflow for PrivateLinkWorkflow {
    type Snapshot = Snapshot;
    type Output = PrivateLinkOutput;

    fn link(&self) -> &LinkId {
        &self.spec.link
    }

    fn kind(&self) -> LinkKind {
        KIND
    }

    fn target(&self) -> String {
        format!("{} from {}", self.spec.addon, self.spec.vpc)
    }

    async fn observe(
        &self,
        goal: Goal,
        _: &Memory,
        fresh: Fresh<'_, Snapshot>,
    ) -> ProviderResult<Snapshot> {
        PrivateLinkWorkflow::observe(self, goal, &fresh).await
    }

    fn sources_of_heroku(&self) -> &'static [&'static str] {
        &[steps::ENDPOINT_SERVICE, steps::CONFIG_VARS]
    }

    async fn refresh(
        &self,
        goal: Goal,
        seen: &Snapshot,
        sources: &BTreeSet<&'static str>,
    ) -> ProviderResult<Snapshot> {
        PrivateLinkWorkflow::refresh(self, goal, seen, sources).await
    }

    fn plan(&self, goal: Goal, seen: &Snapshot) -> Plan {
        let facts = Facts::of(&self.spec, seen);
        match goal {
            Goal::Established => plan::establish(&facts),
            Goal::TornDown => teardown::tear_down(&facts),
        }
    }

    fn clouds(&self) -> &Clouds {
        &self.clouds
    }

    fn caller(&self) -> Option<CallerIdentity> {
        self.known.caller()
    }

    fn forget(&self, everything: bool) {
        self.known.forget(everything);
    }

    async fn preflight(&self) -> ProviderResult<Option<Preflight>> {
        PrivateLinkWorkflow::preflight(self).await.map(Some)
    }

    fn output(&self, seen: &Snapshot) -> Option<PrivateLinkOutput> {
        output::of(&Facts::of(&self.spec, seen))
    }
}
