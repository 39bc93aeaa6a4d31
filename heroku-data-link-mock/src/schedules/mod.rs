//! Many things that go wrong at once, drawn from a seed.

mod act;
mod blueprint;
mod deed;
mod deeds_keys;
mod deeds_network;
mod deeds_peering;
mod dice;
mod event;
mod judge;
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

/// Which schedules are played: so many, from a seed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedules {
    /// The seed of the first; the others follow by one.
    pub first_seed: u64,
    /// How many.
    pub count: u64,
}

impl Default for Schedules {
    /// 200, from seed 0 on.
    fn default() -> Self {
        Self { first_seed: 0, count: 200 }
    }
}

impl Schedules {
    /// As the environment says: `HEROKU_DATA_LINK_SCHEDULES` is how many, and
    /// `HEROKU_DATA_LINK_SEED` plays that seed alone. Without them, and where they are no numbers,
    /// the default.
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

/// Plays schedules in which many things go wrong at once, where
/// [`survives_every_crash`](crate::survives_every_crash) tries one at a time.
///
/// A schedule is drawn from a seed, and the same seed always gives the same story: calls fail before
/// or after their effect, time out, are throttled or never answered; reads lag behind by up to a
/// minute; processes die between calls and within them, and others begin without memory; two drivers
/// are at work at once, unless the scenario is of [one at a
/// time](Scenario::one_driver_at_a_time); time jumps, and the calendar is set forward or back; the
/// link is torn down in the middle; and [people](Scenario::beside_people) delete, retag or change
/// what it made, or make something alike by hand.
///
/// # Guarantees
/// After every call that changes something:
/// - nothing is changed or deleted that was there before, unless the scenario [may change
///   it](Scenario::may_change), or that is a person's: made by hand, or given away by its tags. A
///   person's act that no cloud shows yet does not count;
/// - a key is never made beside one that its maker could know of, there is one live peering
///   connection at most, and a second endpoint for a quarter of an hour at most;
/// - no password of an add-on is in any event, plan, output or error, as text or as JSON.
///
/// When the faults have ended, a new driver comes to its goal, or to a blocker that names what a
/// person did. Then people take back what they did, wait, and tear the link down and establish it
/// again, until it comes to its goal. What it then has made is what an undisturbed run makes, and a
/// teardown leaves nothing of it, unless the scenario [leaves things
/// behind](Scenario::leaves_things_behind). No run takes more than 20,000 calls, or six hours
/// without faults.
///
/// # Errors
/// The first schedule in which something went wrong, with its seed and its whole story.
///
/// ```
/// use heroku_data_link::model::DataService;
/// use heroku_data_link::privatelink::{HerokuTeardown, PrivateLinkSpec, PrivateLinkWorkflow};
/// use heroku_data_link::reconcile::Driver;
/// use heroku_data_link_mock::{Act, Scenario, Schedules, World, random_schedules};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let make = || {
///     let (world, site) = World::of_the_procedures(DataService::KeyValueStore);
///     Scenario::new(world, move |world| {
///         let link = "cache".parse().expect("it is well formed");
///         let mut spec = PrivateLinkSpec::new(link, site.addon.clone(), site.vpc.clone());
///         spec.heroku_teardown = HerokuTeardown::Delete;
///         Driver::new(PrivateLinkWorkflow::new(spec, world.heroku(), world.aws()), world.clock())
///     })
///     .beside_people(&[Act::DeleteEndpoint, Act::RetagGroup])
/// };
/// let report = random_schedules(make, Schedules { first_seed: 7, count: 3 }).await?;
/// assert_eq!(report.schedules, 3);
/// # Ok(())
/// # }
/// ```
pub async fn random_schedules<W, F>(
    make: F,
    schedules: Schedules,
) -> Result<ScheduleReport, ScheduleFinding>
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
