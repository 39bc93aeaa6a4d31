use std::time::Duration;

use serde::Serialize;

use super::pacing::Usual;
use super::plan::{Goal, StepName};
use crate::model::LinkId;

/// What happened, as ids, names and states. An event has no field that could hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
        /// For how long it has been awaited by this driver.
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

/// Is told what happens. Implemented for closures.
pub trait Observer: Send + Sync {
    /// Called from within a pass: return quickly.
    fn on_event(&self, event: &Event);
}

impl<F: Fn(&Event) + Send + Sync> Observer for F {
    fn on_event(&self, event: &Event) {
        self(event);
    }
}
