//! Links of every kind, under one roof: for tools that work many of them.
//!
//! A [`LinkSpec`] is the spec of any kind of link; opened on two clouds it is a [`Link`], which plans,
//! establishes, verifies and tears down without its type being known.
//!
//! ```
//! use heroku_data_link::link::{Link, LinkSpec, Options};
//! use heroku_data_link::model::DataService;
//! use heroku_data_link::provider::Clouds;
//! use heroku_data_link_mock::World;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (world, site) = World::of_the_procedures(DataService::KeyValueStore);
//! let spec: LinkSpec = serde_json::from_value(serde_json::json!({
//!     "kind": "privatelink",
//!     "link": "cache",
//!     "addon": site.addon.to_string(),
//!     "vpc": site.vpc,
//! }))?;
//!
//! let clouds = Clouds::new(world.heroku(), world.aws());
//! let link = spec.open(&clouds, world.clock(), Options::default())?;
//! let output = link.establish().await?;
//! assert_eq!(output.kind().as_str(), "privatelink");
//! assert!(link.health().await.is_ready());
//! # Ok(())
//! # }
//! ```

/// What an enum of all kinds of links has: its kind, and a conversion from each of them.
macro_rules! of_every_kind {
    ($name:ident { $($kind:ident($of:ty)),* $(,)? }) => {
        impl $name {
            /// The kind of link.
            pub fn kind(&self) -> LinkKind {
                match self {
                    $(Self::$kind(_) => LinkKind::$kind,)*
                }
            }
        }

        $(impl From<$of> for $name {
            fn from(one: $of) -> Self {
                Self::$kind(one)
            }
        })*
    };
}

mod health;
mod output;
mod spec;

use std::fmt::{self, Debug};
use std::sync::Arc;

use async_trait::async_trait;

pub use health::{Health, HealthReport};
pub use output::LinkOutput;
pub use spec::LinkSpec;

use crate::model::{LinkId, LinkKind};
use crate::provider::{ProviderResult, Retry};
use crate::reconcile::{
    CallHook, Driver, Goal, Memory, MemoryStore, Observer, Pass, Plan, Preflight, ReconcileError,
    Settings, Verified, Workflow,
};

/// A link whose kind need not be known. Made by [`LinkSpec::open`]; every [`Driver`] is one.
#[async_trait]
pub trait Link: Debug + Send + Sync {
    /// The link's id.
    fn id(&self) -> &LinkId;

    /// Its kind.
    fn kind(&self) -> LinkKind;

    /// As [`Driver::plan`].
    ///
    /// # Errors
    /// When a read fails. Blockers are part of the plan.
    async fn plan(&self, goal: Goal) -> Result<Plan, ReconcileError>;

    /// As [`Driver::verify`].
    ///
    /// # Errors
    /// When a read fails. Blockers are part of the drift.
    async fn verify(&self) -> Result<Verified<LinkOutput>, ReconcileError>;

    /// As [`Driver::reconcile_once`].
    ///
    /// # Errors
    /// [`ReconcileError::again`] says when another pass can help.
    async fn reconcile_once(&self) -> Result<Pass<LinkOutput>, ReconcileError>;

    /// As [`Driver::teardown_once`].
    ///
    /// # Errors
    /// [`ReconcileError::again`] says when another pass can help.
    async fn teardown_once(&self) -> Result<Pass<()>, ReconcileError>;

    /// As [`Driver::establish`].
    ///
    /// # Errors
    /// A blocker, a failure that time cannot heal, or a deadline. Running again resumes.
    async fn establish(&self) -> Result<LinkOutput, ReconcileError>;

    /// As [`Driver::teardown`].
    ///
    /// # Errors
    /// A blocker, a failure that time cannot heal, or a deadline. Running again resumes.
    async fn teardown(&self) -> Result<(), ReconcileError>;

    /// Which IAM actions the caller lacks, as far as AWS rehearses calls; `None` for kinds of links
    /// whose calls it does not.
    ///
    /// # Errors
    /// When a cloud cannot be asked.
    async fn preflight(&self) -> ProviderResult<Option<Preflight>>;

    /// How the link is. Changes nothing.
    async fn health(&self) -> HealthReport;

    /// As [`Driver::memory`].
    fn memory(&self) -> Memory;
}

#[async_trait]
impl<W> Link for Driver<W>
where
    W: Workflow,
    LinkOutput: From<W::Output>,
{
    fn id(&self) -> &LinkId {
        self.workflow().link()
    }

    fn kind(&self) -> LinkKind {
        self.workflow().kind()
    }

    async fn plan(&self, goal: Goal) -> Result<Plan, ReconcileError> {
        Driver::plan(self, goal).await
    }

    async fn verify(&self) -> Result<Verified<LinkOutput>, ReconcileError> {
        Ok(match Driver::verify(self).await? {
            Verified::InSync(output) => Verified::InSync(output.into()),
            Verified::Drifted(plan) => Verified::Drifted(plan),
        })
    }

    async fn reconcile_once(&self) -> Result<Pass<LinkOutput>, ReconcileError> {
        Ok(match Driver::reconcile_once(self).await? {
            Pass::Done(output) => Pass::Done(output.into()),
            Pass::Requeue { after, because } => Pass::Requeue { after, because },
        })
    }

    async fn teardown_once(&self) -> Result<Pass<()>, ReconcileError> {
        Driver::teardown_once(self).await
    }

    async fn establish(&self) -> Result<LinkOutput, ReconcileError> {
        Driver::establish(self).await.map(Into::into)
    }

    async fn teardown(&self) -> Result<(), ReconcileError> {
        Driver::teardown(self).await
    }

    async fn preflight(&self) -> ProviderResult<Option<Preflight>> {
        self.workflow().preflight().await
    }

    async fn health(&self) -> HealthReport {
        match Driver::verify(self).await {
            Ok(Verified::InSync(_)) => HealthReport::ready(),
            Ok(Verified::Drifted(plan)) => HealthReport::of(&plan),
            Err(error) => HealthReport::unknown(&error, error.retry() == Retry::Never),
        }
    }

    fn memory(&self) -> Memory {
        Driver::memory(self)
    }
}

/// How a link is worked; all of it optional.
#[derive(Clone, Default)]
pub struct Options {
    /// How its driver behaves in time.
    pub settings: Settings,
    /// Is told what happens.
    pub observer: Option<Arc<dyn Observer>>,
    /// See each call before it is sent, in this order.
    pub hooks: Vec<Arc<dyn CallHook>>,
    /// What a former driver of the link remembered.
    pub memory: Option<Memory>,
    /// Where the memory is stored when a call is sent that must never be sent twice.
    pub store: Option<Arc<dyn MemoryStore>>,
}

impl Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("settings", &self.settings)
            .field("hooks", &self.hooks)
            .field("memory", &self.memory)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}
