use std::fmt::Debug;
use std::hash::Hash;
use std::time::Duration;

use async_trait::async_trait;

use super::clock::Moment;
use super::plan::{Goal, Plan};
use crate::model::LinkId;
use crate::provider::ProviderResult;

pub(crate) mod sealed {
    #[allow(unreachable_pub)]
    pub trait Sealed {}
}

/// One kind of link. Sealed: its shape may change while the kinds of links are few.
#[async_trait]
pub trait Workflow: sealed::Sealed + Debug + Send + Sync {
    /// What was seen of the world.
    type Snapshot: Send + Sync;
    /// One mutating call, as data.
    type Action: Debug + Clone + Eq + Hash + Send + Sync;
    /// What an established link gives to its user.
    type Output: Send;

    /// The link that this workflow is about.
    fn link(&self) -> &LinkId;

    /// Looks at what a plan for `goal` needs to know of the world; changes nothing.
    ///
    /// # Errors
    /// When a read fails; absence is not a failure.
    async fn observe(&self, goal: Goal) -> ProviderResult<Self::Snapshot>;

    /// Decides what to do: pure, total, without a clock.
    fn plan(&self, goal: Goal, seen: &Self::Snapshot) -> Plan<Self::Action>;

    /// How long an action must still be held back at `now`, for the sake of its idempotency token.
    fn hold(&self, action: &Self::Action, now: Moment) -> Option<Duration>;

    /// Makes exactly one mutating call. `now` is the time at which the observation began.
    ///
    /// # Errors
    /// When the call fails.
    async fn apply(
        &self,
        action: &Self::Action,
        seen: &Self::Snapshot,
        now: Moment,
    ) -> ProviderResult<()>;

    /// What the link gives to its user, once it is established.
    fn output(&self, seen: &Self::Snapshot) -> Option<Self::Output>;
}
