use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::pacing::Pace;
use super::plan::{Plan, StepName};
use super::seconds::Seconds;

/// How a driver behaves in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How long [`Driver::establish`](super::Driver::establish) and [`Driver::teardown`](super::Driver::teardown) may take as a whole.
    pub deadline: Duration,
    /// For how long after a change a read may still show the world before it. Within it, the same
    /// step is not applied again.
    pub grace: Duration,
    /// How long one pass may take to look at the clouds, and how long to apply what is ready. A pass
    /// that takes longer is given up as timed out; what it sent counts as applied.
    pub pass_deadline: Duration,
    /// How many steps of one pass may be applied at the same time.
    pub concurrency: usize,
    /// How often to look.
    pub pace: Pace,
}

impl Default for Settings {
    /// One hour in all; 30 seconds of grace; 5 minutes for a pass; 8 steps at once.
    ///
    /// The usual times of the slowest link add up to 25 minutes. 30 s is what Crossplane uses for
    /// the same clouds.
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(3600),
            grace: Duration::from_secs(30),
            // Looking through thousands of keys, one by one and throttled, is the longest pass.
            pass_deadline: Duration::from_secs(300),
            concurrency: 8,
            pace: Pace::default(),
        }
    }
}

/// What one pass came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pass<T> {
    /// The goal is reached.
    Done(T),
    /// Come again.
    Requeue {
        /// Not before this long.
        after: Duration,
        /// Why; at least one reason.
        because: Vec<Because>,
    },
}

/// Why a pass wants another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Because {
    /// A step was applied.
    Applied {
        /// Its name.
        step: StepName,
    },
    /// A step found the world other than it was observed.
    LookAgain {
        /// Its name.
        step: StepName,
        /// What the provider said.
        error: String,
    },
    /// A step was applied a moment ago and cannot be seen yet, or must be held back for a moment.
    Settling {
        /// Its name.
        step: StepName,
        /// Why it is not applied in this pass.
        why: String,
    },
    /// A cloud is at work.
    Waiting {
        /// The step's name.
        step: StepName,
        /// What is awaited.
        what: String,
        /// For how long it has been awaited, in whole seconds when serialised.
        #[serde(with = "Seconds")]
        elapsed: Duration,
    },
}

impl Because {
    /// What is awaited until the next pass, as what follows "waiting for".
    pub fn awaited(&self) -> String {
        match self {
            Self::Applied { step } => format!("the effect of {step} to be seen"),
            Self::LookAgain { step, error } => {
                format!("a new look at the clouds, as {step} was answered with {error}")
            }
            Self::Settling { step, why } => {
                format!("the time to send {step}, which is held back: {why}")
            }
            Self::Waiting { what, .. } => what.clone(),
        }
    }
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applied { step } => write!(f, "{step} was applied"),
            Self::LookAgain { step, error } => write!(f, "{step} must look again: {error}"),
            Self::Settling { step, why } => write!(f, "{step} is held back: {why}"),
            Self::Waiting { what, elapsed, .. } => {
                write!(f, "waiting for {what}, for {} s so far", elapsed.as_secs())
            }
        }
    }
}

/// What [`Driver::verify`](super::Driver::verify) found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified<T> {
    /// The world is as the spec says.
    InSync(T),
    /// It is not; the plan's open steps say where.
    Drifted(Plan),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reconcile::ReconcileError;

    #[test]
    fn a_passed_deadline_says_what_was_awaited() {
        let step: StepName = "endpoint/create".into();
        for (because, expected) in [
            (Because::Applied { step: step.clone() }, "the effect of endpoint/create to be seen"),
            (
                Because::LookAgain { step: step.clone(), error: "x: conflict: busy".to_owned() },
                "a new look at the clouds, as endpoint/create was answered with x: conflict: busy",
            ),
            (
                Because::Settling {
                    step: step.clone(),
                    why: "everything is looked at first".to_owned(),
                },
                "the time to send endpoint/create, which is held back: everything is looked at first",
            ),
            (
                Because::Waiting {
                    step: step.clone(),
                    what: "AWS to see the endpoint service".to_owned(),
                    elapsed: Duration::from_secs(7),
                },
                "AWS to see the endpoint service",
            ),
        ] {
            let error = ReconcileError::DeadlinePassed {
                link: "cache".parse().unwrap(),
                awaiting: because.awaited(),
                waited: Duration::from_secs(60),
                source: None,
            };
            let expected = format!(
                "link cache: gave up after 60 s of waiting for {expected}; running again resumes"
            );
            assert_eq!(error.to_string(), expected);
        }
    }
}
