use std::fmt::Debug;

use async_trait::async_trait;

use super::clock::Moment;
use super::memory::Memory;
use super::plan::{Goal, Plan};
use crate::model::{LinkId, LinkKind};
use crate::provider::{Clouds, ProviderResult};

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

    /// The kind of link.
    fn kind(&self) -> LinkKind;

    /// What the link joins, as its spec says: what a [`Memory`] is bound to.
    fn target(&self) -> String;

    /// Looks at what a plan for `goal` needs to know of the world; changes nothing.
    ///
    /// # Errors
    /// When a read fails; absence is not a failure.
    async fn observe(&self, goal: Goal, memory: &Memory) -> ProviderResult<Self::Snapshot>;

    /// Takes into the memory what was seen of what the link made.
    fn notice(&self, seen: &Self::Snapshot, memory: &mut Memory, now: Moment) {
        let _ = (seen, memory, now);
    }

    /// Decides what to do: pure, total, without a clock.
    fn plan(&self, goal: Goal, seen: &Self::Snapshot) -> Plan;

    /// The clouds that calls are sent to.
    fn clouds(&self) -> &Clouds;

    /// A call was sent: what was known may not be so any more. `everything` if something that a plan
    /// counted on was not found.
    fn forget(&self, everything: bool) {
        let _ = everything;
    }

    /// What the link gives to its user, once it is established.
    fn output(&self, seen: &Self::Snapshot) -> Option<Self::Output>;
}
