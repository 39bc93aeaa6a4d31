use std::collections::HashMap;
use std::time::Duration;

use super::clock::Moment;
use super::plan::StepName;
use crate::provider::ProviderError;

/// What a driver remembers between passes, to be quieter; never needed to be right.
#[derive(Debug)]
pub(super) struct Memory<A> {
    pub(super) applied: HashMap<A, Moment>,
    pub(super) waiting_since: HashMap<StepName, Moment>,
    pub(super) last_error: Option<ProviderError>,
}

impl<A> Default for Memory<A> {
    fn default() -> Self {
        Self { applied: HashMap::new(), waiting_since: HashMap::new(), last_error: None }
    }
}

/// The shorter of two times, as far as there are any.
pub(super) fn sooner(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    one.into_iter().chain(other).min()
}
