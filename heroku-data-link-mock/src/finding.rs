use std::error::Error;
use std::fmt::{self, Display};
use std::time::Duration;

use heroku_data_link::reconcile::ReconcileError;

use crate::faults::{Answer, When};

/// What was tried without finding anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// How many disturbed runs were made.
    pub cases: usize,
    /// How many mutations it takes to establish the link, undisturbed.
    pub mutations_establish: usize,
    /// How many mutations it takes to tear it down.
    pub mutations_teardown: usize,
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} cases, {} mutations to establish, {} to tear down",
            self.cases, self.mutations_establish, self.mutations_teardown
        )
    }
}

/// Which way a run leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To an established link.
    Establish,
    /// To a link torn down.
    Teardown,
}

/// What a run is disturbed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disturbance {
    /// Nothing but the read lag.
    None,
    /// A crash.
    Crash {
        /// At which mutation, counted from 1.
        mutation: usize,
        /// On which side of its effect.
        when: When,
        /// Whether the calls that were made beside it had their effect.
        others_arrive: bool,
    },
    /// Every mutation is made twice.
    Doubled {
        /// Which answer is seen.
        answer: Answer,
    },
}

/// One run of the harness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    /// Which way it leads.
    pub direction: Direction,
    /// How far reads lag behind writes.
    pub lag: Duration,
    /// What it is disturbed by.
    pub disturbance: Disturbance,
    /// The call that it crashed in.
    pub operation: Option<&'static str>,
}

impl Case {
    pub(crate) fn wrong(&self, problem: impl Into<String>) -> Finding {
        Finding { case: *self, problem: problem.into() }
    }

    pub(crate) fn failed(&self, error: &ReconcileError) -> Finding {
        let mut problem = format!("the run failed: {error}");
        let mut source = error.source();
        while let Some(error) = source {
            problem.push_str(": ");
            problem.push_str(&error.to_string());
            source = error.source();
        }
        self.wrong(problem)
    }
}

impl Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.direction {
            Direction::Establish => "establish",
            Direction::Teardown => "teardown",
        })?;
        match self.disturbance {
            Disturbance::None => f.write_str(", undisturbed")?,
            Disturbance::Crash { mutation, when, others_arrive } => {
                let side = match when {
                    When::Before => "before",
                    When::After => "after",
                };
                write!(f, ", crash {side} the effect of mutation {mutation}")?;
                if others_arrive {
                    f.write_str(", with the calls beside it")?;
                }
            }
            Disturbance::Doubled { answer } => {
                let answer = match answer {
                    Answer::First => "first",
                    Answer::Second => "second",
                };
                write!(f, ", every mutation doubled, {answer} answer")?;
            }
        }
        if let Some(operation) = self.operation {
            write!(f, " ({operation})")?;
        }
        write!(f, ", reads {} s behind", self.lag.as_secs())
    }
}

/// A run that did not come to what it should have come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which run.
    pub case: Case,
    /// What was wrong.
    pub problem: String,
}

impl Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.case, self.problem)
    }
}

impl Error for Finding {}
