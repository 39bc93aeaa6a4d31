use std::collections::BTreeSet;
use std::fmt::Debug;

use async_trait::async_trait;

use super::clock::Moment;
use super::memory::Memory;
#[cfg(doc)]
use super::plan::Step;
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

    /// What was seen, with these parts of the world read anew: [sources](Step::source) of steps.
    ///
    /// # Errors
    /// When a read fails.
    async fn refresh(
        &self,
        goal: Goal,
        seen: &Self::Snapshot,
        sources: &BTreeSet<&'static str>,
    ) -> ProviderResult<Self::Snapshot>;

    /// Takes into the memory what was seen of what the link made.
    fn notice(&self, seen: &Self::Snapshot, memory: &mut Memory, now: Moment) {
        let _ = (seen, memory, now);
    }

    /// Decides what to do: pure, total, without a clock.
    fn plan(&self, goal: Goal, seen: &Self::Snapshot) -> Plan;

    /// The clouds that calls are sent to.
    fn clouds(&self) -> &Clouds;

    /// Facts that were kept for the time of a run are to be read anew; with `everything`, also those
    /// that do not change: something that a plan counted on was not found.
    fn forget(&self, everything: bool) {
        let _ = everything;
    }

    /// What the link gives to its user, once it is established.
    fn output(&self, seen: &Self::Snapshot) -> Option<Self::Output>;
}
