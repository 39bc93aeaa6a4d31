//! Many things that go wrong at once, drawn from a seed.

mod act;
mod blueprint;
mod deed;
mod deeds_keys;
mod deeds_network;
mod deeds_peering;
mod dice;
mod event;
mod ledger;
mod report;
mod run;
mod stage;
mod sweep;
mod watch;

use std::fmt::Debug;

use heroku_data_link::reconcile::Workflow;

use crate::harness::Scenario;

pub use act::Act;
pub use report::{ScheduleFinding, ScheduleReport};
pub(crate) use watch::Watch;

/// Which schedules are played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedules {
    /// The seed of the first; the others follow by one.
    pub first_seed: u64,
    /// How many.
    pub count: u64,
}

impl Default for Schedules {
    /// 200, from seed 0.
    fn default() -> Self {
        Self { first_seed: 0, count: 200 }
    }
}

impl Schedules {
    /// As the environment says: `HEROKU_DATA_LINK_SCHEDULES` is how many, and
    /// `HEROKU_DATA_LINK_SEED` plays that one alone. Without them, and where they are no numbers, the
    /// default.
    pub fn from_environment() -> Self {
        let number = |name| std::env::var(name).ok()?.trim().parse().ok();
        if let Some(first_seed) = number("HEROKU_DATA_LINK_SEED") {
            return Self { first_seed, count: 1 };
        }
        let default = Self::default();
        let count = number("HEROKU_DATA_LINK_SCHEDULES").unwrap_or(default.count);
        Self { count, ..default }
    }

    fn seeds(self) -> impl Iterator<Item = u64> {
        (0..self.count).map(move |number| self.first_seed.wrapping_add(number))
    }
}

/// Plays schedules of things that go wrong.
///
/// # Errors
/// The first schedule in which something went wrong.
pub async fn random_schedules<W, F>(
    make: F,
    schedules: Schedules,
) -> Result<ScheduleReport, Box<ScheduleFinding>>
where
    W: Workflow + 'static,
    W::Output: Debug,
    F: Fn() -> Scenario<W>,
{
    let rehearsal = run::rehearse(make()).await?;
    let mut report = ScheduleReport::default();
    for seed in schedules.seeds() {
        report.add(&run::play(make(), &rehearsal, seed).await?);
    }
    Ok(report)
}
