use std::error::Error;
use std::fmt;

/// What schedules were played without finding anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScheduleReport {
    /// How many were played.
    pub schedules: usize,
    /// How many mutations their drivers made.
    pub mutations: usize,
    /// How many faults, crashes, deaths and changes of the read lag there were.
    pub disturbances: usize,
    /// How many acts of people there were.
    pub acts: usize,
    /// How many ended with a blocker that named a person's act, which was then taken back.
    pub blocked: usize,
}

impl fmt::Display for ScheduleReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} schedules with {} mutations, {} disturbances and {} acts of people; {} were blocked \
             by what a person did",
            self.schedules, self.mutations, self.disturbances, self.acts, self.blocked
        )
    }
}

impl ScheduleReport {
    pub(crate) fn add(&mut self, other: &Self) {
        self.schedules += other.schedules;
        self.mutations += other.mutations;
        self.disturbances += other.disturbances;
        self.acts += other.acts;
        self.blocked += other.blocked;
    }
}

/// A schedule in which something went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScheduleFinding {
    /// The seed that plays it again; `None` for a run that nothing disturbed.
    pub seed: Option<u64>,
    /// What was wrong.
    pub problem: String,
    /// All that happened, in order, each with its time since the beginning.
    pub story: Vec<String>,
}

impl fmt::Display for ScheduleFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seed {
            Some(seed) => writeln!(f, "seed {seed}: {}", self.problem)?,
            None => writeln!(f, "undisturbed: {}", self.problem)?,
        }
        for line in &self.story {
            writeln!(f, "  {line}")?;
        }
        Ok(())
    }
}

impl Error for ScheduleFinding {}
