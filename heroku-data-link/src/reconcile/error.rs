use std::sync::Arc;
use std::time::Duration;

use super::blocker::Blocker;
use super::hook::Refused;
use super::pacing::Pace;
use super::plan::StepName;
use crate::model::LinkId;
use crate::provider::{ProviderError, Retry};

/// Why a pass, or a whole run, ended without reaching its goal.
///
/// `Display` does not print the source; walk [`source`](std::error::Error::source) for that.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ReconcileError {
    /// Somebody has to change something first. Nothing was changed in this pass.
    #[error("link {link} is blocked: {}", list(.blockers))]
    Blocked {
        /// The link.
        link: LinkId,
        /// All that is in the way, at least one.
        blockers: Vec<Blocker>,
    },
    /// A call failed.
    #[error("link {link}: {} failed", step.as_deref().unwrap_or("reading the clouds"))]
    Provider {
        /// The link.
        link: LinkId,
        /// The step that failed; `None` when the observation did.
        step: Option<StepName>,
        /// What the provider said.
        source: Box<ProviderError>,
    },
    /// The memory could not be stored, and a call that must not be sent twice was not sent; or it
    /// was, and what came of it is not stored.
    #[error("link {link}: the driver's memory could not be stored")]
    MemoryNotSaved {
        /// The link.
        link: LinkId,
        /// What the store said.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// A [hook](super::CallHook) did not let a call be sent.
    #[error("link {link}: {step} was not sent: {refused}")]
    Refused {
        /// The link.
        link: LinkId,
        /// The step.
        step: StepName,
        /// What the hook said.
        refused: Refused,
    },
    /// A deadline passed. Nothing is lost: running again resumes.
    #[error("link {link}: gave up after {} s of waiting for {awaiting}; running again resumes", waited.as_secs())]
    DeadlinePassed {
        /// The link.
        link: LinkId,
        /// What was awaited.
        awaiting: String,
        /// For how long.
        waited: Duration,
        /// The last failure on the way, if there was one.
        source: Option<Box<ProviderError>>,
    },
}

impl ReconcileError {
    /// Says whether another pass can help without anybody changing anything.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Blocked { .. } | Self::Refused { .. } => Retry::Never,
            Self::Provider { source, .. } => source.retry(),
            Self::DeadlinePassed { .. } | Self::MemoryNotSaved { .. } => Retry::BackOff,
        }
    }

    /// When to try again after `failures` failures in a row, counted from 0; `None` where somebody
    /// has to change something first.
    pub fn again(&self, pace: &Pace, failures: u32) -> Option<Duration> {
        match self.retry() {
            Retry::Never => None,
            Retry::After(pause) => Some(pause),
            Retry::LookAgain | Retry::BackOff => Some(pace.back_off(failures)),
        }
    }

    /// The failed call, if that is why it ended, or the last one before a deadline passed. It says
    /// what to do about it, where that is known.
    pub fn failed_call(&self) -> Option<&ProviderError> {
        match self {
            Self::Provider { source, .. } => Some(source),
            Self::DeadlinePassed { source, .. } => source.as_deref(),
            Self::Blocked { .. } | Self::Refused { .. } | Self::MemoryNotSaved { .. } => None,
        }
    }

    /// What is in the way, if that is why it ended.
    pub fn blockers(&self) -> &[Blocker] {
        match self {
            Self::Blocked { blockers, .. } => blockers,
            Self::Provider { .. }
            | Self::DeadlinePassed { .. }
            | Self::Refused { .. }
            | Self::MemoryNotSaved { .. } => &[],
        }
    }
}

fn list(blockers: &[Blocker]) -> String {
    blockers.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
