use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::pacing::Usual;
use super::plan::{Goal, StepName};
use super::seconds::Seconds;
use crate::model::LinkId;

/// What happened, as ids, names and states. An event has no field that could hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// The world was observed and a plan made.
    Planned {
        /// The link.
        link: LinkId,
        /// What the plan leads to.
        goal: Goal,
        /// How many of its steps are done.
        done: usize,
        /// How many it has.
        total: usize,
    },
    /// A step is about to be applied.
    Applying {
        /// The link.
        link: LinkId,
        /// The step's name.
        step: StepName,
        /// The step as a sentence.
        sentence: String,
    },
    /// A step was applied.
    Applied {
        /// The link.
        link: LinkId,
        /// The step's name.
        step: StepName,
        /// The step as a sentence.
        sentence: String,
    },
    /// A cloud is at work.
    Waiting {
        /// The link.
        link: LinkId,
        /// The step's name.
        step: StepName,
        /// What is awaited.
        what: String,
        /// For how long it has been awaited, in whole seconds when serialised.
        #[serde(with = "Seconds")]
        elapsed: Duration,
        /// How long it usually takes.
        usual: Usual,
    },
    /// A call failed.
    Failed {
        /// The link.
        link: LinkId,
        /// The step's name; `None` when the observation failed.
        step: Option<StepName>,
        /// What went wrong.
        error: String,
        /// Whether the driver, or whoever drives it, may try again.
        will_retry: bool,
    },
    /// The goal is reached.
    Done {
        /// The link.
        link: LinkId,
        /// The goal.
        goal: Goal,
    },
}

impl Event {
    /// The link that it is about.
    pub fn link(&self) -> &LinkId {
        match self {
            Self::Planned { link, .. }
            | Self::Applying { link, .. }
            | Self::Applied { link, .. }
            | Self::Waiting { link, .. }
            | Self::Failed { link, .. }
            | Self::Done { link, .. } => link,
        }
    }
}

/// A line for people.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.link())?;
        match self {
            Self::Planned { done, total, .. } => write!(f, "{done} of {total} steps are done"),
            Self::Applying { step, sentence, .. } => write!(f, "{step}: {sentence}"),
            Self::Applied { step, .. } => write!(f, "{step}: applied"),
            Self::Waiting { step, what, elapsed, usual, .. } => {
                let elapsed = elapsed.as_secs();
                write!(f, "{step}: waiting for {what}, for {elapsed} s so far (usually {usual})")
            }
            Self::Failed { step, error, will_retry, .. } => {
                let step = step.as_deref().unwrap_or("reading the clouds");
                let next = if *will_retry { "will be tried again" } else { "needs somebody" };
                write!(f, "{step} failed, and {next}: {error}")
            }
            Self::Done { goal: Goal::Established, .. } => f.write_str("established"),
            Self::Done { goal: Goal::TornDown, .. } => f.write_str("torn down"),
        }
    }
}

/// Is told what happens. Implemented for closures, and for shared observers.
pub trait Observer: Send + Sync {
    /// Called from within a pass: return quickly.
    fn on_event(&self, event: &Event);
}

impl<F: Fn(&Event) + Send + Sync> Observer for F {
    fn on_event(&self, event: &Event) {
        self(event);
    }
}

impl Observer for Arc<dyn Observer> {
    fn on_event(&self, event: &Event) {
        (**self).on_event(event);
    }
}
