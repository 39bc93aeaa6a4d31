//! Where services stand between two states of their key.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::steps::{STARTED, STOPPED};
use crate::reconcile::{Event, Goal, Seconds};

/// For so long after a key was disabled Heroku does nothing (Heroku's article on keys).
pub(super) const GRACE: Duration = Duration::from_secs(600);
/// About so long after a key was disabled its services have stopped (same).
pub(super) const STOP: Duration = Duration::from_secs(1200);
/// About so long after a key was enabled its services are back (same).
pub(super) const START: Duration = Duration::from_secs(300);

/// Where services stand between two states of their key. Times left are what Heroku's article
/// says, and serialised as seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "phase", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Phase {
    /// The key is disabled, and Heroku does nothing yet: enabling it now cancels harmlessly.
    Grace {
        /// Until Heroku begins to stop services.
        #[serde(with = "Seconds")]
        left: Duration,
    },
    /// Heroku stops services and servers.
    Stopping {
        /// Until they have stopped.
        #[serde(with = "Seconds")]
        left: Duration,
    },
    /// All services have stopped. Their data cannot be read.
    Stopped,
    /// The key is enabled again, and services come back.
    Starting {
        /// Until they are back.
        #[serde(with = "Seconds")]
        left: Duration,
    },
    /// The key can be used, and all services run.
    Running,
}

impl Phase {
    /// The phase that an event of a [`KeyAccessWorkflow`](super::KeyAccessWorkflow)'s driver tells
    /// of; `None` for events that tell of none.
    ///
    /// Nothing in the clouds says when a key was disabled. So a driver that did not disable it
    /// itself counts from when it began to look, and what is left is then at most that much.
    pub fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Waiting { step, elapsed, .. } if step == STOPPED => Some(if *elapsed < GRACE {
                Self::Grace { left: GRACE.saturating_sub(*elapsed) }
            } else {
                Self::Stopping { left: STOP.saturating_sub(*elapsed) }
            }),
            Event::Waiting { step, elapsed, .. } if step == STARTED => {
                Some(Self::Starting { left: START.saturating_sub(*elapsed) })
            }
            Event::Done { goal: Goal::TornDown, .. } => Some(Self::Stopped),
            Event::Done { goal: Goal::Established, .. } => Some(Self::Running),
            Event::Waiting { .. }
            | Event::Planned { .. }
            | Event::Applying { .. }
            | Event::Applied { .. }
            | Event::Failed { .. } => None,
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |left: &Duration| format!("{}:{:02}", left.as_secs() / 60, left.as_secs() % 60);
        match self {
            Self::Grace { left } => {
                write!(f, "grace: {} left in which enabling the key is harmless", clock(left))
            }
            Self::Stopping { left } if left.is_zero() => f.write_str("stopping: due by now"),
            Self::Stopping { left } => write!(f, "stopping: about {} left", clock(left)),
            Self::Stopped => f.write_str("stopped: the data cannot be read"),
            Self::Starting { left } if left.is_zero() => f.write_str("starting: due by now"),
            Self::Starting { left } => write!(f, "starting: about {} left", clock(left)),
            Self::Running => f.write_str("running: the data can be read"),
        }
    }
}
