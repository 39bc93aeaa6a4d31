use std::collections::BTreeSet;
use std::fmt::Debug;

use async_trait::async_trait;

use super::clock::Moment;
use super::memory::Memory;
use super::plan::{Goal, Plan};
use super::preflight::Preflight;
use crate::model::{LinkId, LinkKind};
use crate::provider::{CallerIdentity, Clouds, ProviderResult};

pub(crate) mod sealed {
    #[allow(unreachable_pub)]
    pub trait Sealed {}
}

/// What was read of Heroku's side a moment ago. Heroku counts requests by the hour.
#[derive(Debug)]
pub struct Fresh<'a, S>(pub(super) Option<(&'a S, &'a BTreeSet<&'static str>)>);

impl<'a, S> Fresh<'a, S> {
    /// Nothing.
    pub fn nothing() -> Self {
        Self(None)
    }

    /// The snapshot that has this part of the world, if it is fresh.
    pub(crate) fn of(&self, source: &str) -> Option<&'a S> {
        self.0.filter(|(_, sources)| sources.contains(source)).map(|(seen, _)| seen)
    }
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

    /// Looks at what a plan for `goal` needs to know of the world; changes nothing. What is `fresh` of
    /// Heroku's side need not be read again.
    ///
    /// # Errors
    /// When a read fails; absence is not a failure.
    async fn observe(
        &self,
        goal: Goal,
        memory: &Memory,
        fresh: Fresh<'_, Self::Snapshot>,
    ) -> ProviderResult<Self::Snapshot>;

    /// The parts of Heroku's side that [`observe`](Self::observe) need not read again while fresh.
    fn sources_of_heroku(&self) -> &'static [&'static str] {
        &[]
    }

    /// What was seen, with these parts of the world read anew: sources of steps.
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

    /// Who acts on AWS, once that was asked.
    fn caller(&self) -> Option<CallerIdentity>;

    /// Facts that were kept for the time of a run are to be read anew; with `everything`, also those
    /// that do not change: something that a plan counted on was not found.
    fn forget(&self, everything: bool) {
        let _ = everything;
    }

    /// Which IAM actions the caller lacks; `None` where AWS rehearses none of the calls.
    ///
    /// # Errors
    /// When a cloud cannot be asked.
    async fn preflight(&self) -> ProviderResult<Option<Preflight>> {
        Ok(None)
    }

    /// What the link gives to its user, once it is established.
    fn output(&self, seen: &Self::Snapshot) -> Option<Self::Output>;
}
