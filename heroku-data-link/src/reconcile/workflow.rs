use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use super::clock::Moment;
use super::plan::{Goal, Plan};
use crate::model::LinkId;
use crate::provider::{Call, Clouds, ProviderResult, Sent};

pub(crate) mod sealed {
    #[allow(unreachable_pub)]
    pub trait Sealed {}
}

/// One kind of link. Sealed: its shape may change while the kinds of links are few.
#[async_trait]
pub trait Workflow: sealed::Sealed + Debug + Send + Sync {
    /// What was seen of the world.
    type Snapshot: Send + Sync;
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
    fn plan(&self, goal: Goal, seen: &Self::Snapshot) -> Plan;

    /// The clouds that calls are sent to.
    fn clouds(&self) -> &Clouds;

    /// A call was sent: what was known may not be so any more. `everything` if something that a plan
    /// counted on was not found.
    fn forget(&self, everything: bool) {
        let _ = everything;
    }

    /// How long a call must still be held back at `now`.
    fn hold(&self, call: &Call, now: Moment) -> Option<Duration> {
        let _ = (call, now);
        None
    }

    /// A call is about to be sent.
    fn sending(&self, call: &Call) {
        let _ = call;
    }

    /// What came of a call.
    fn answered(&self, call: &Call, answer: &ProviderResult<Sent>, now: Moment) {
        let _ = (call, answer, now);
    }

    /// What the link gives to its user, once it is established.
    fn output(&self, seen: &Self::Snapshot) -> Option<Self::Output>;
}
