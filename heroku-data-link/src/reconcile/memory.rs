use std::collections::HashMap;
use std::time::Duration;

use super::clock::Moment;
use super::plan::StepName;
use crate::provider::{Call, ProviderError};

/// What a driver remembers between passes, to be quieter; never needed to be right.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) applied: HashMap<Call, Moment>,
    pub(super) waiting_since: HashMap<StepName, Moment>,
    pub(super) last_error: Option<ProviderError>,
}

/// The shorter of two times, as far as there are any.
pub(super) fn sooner(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    one.into_iter().chain(other).min()
}
