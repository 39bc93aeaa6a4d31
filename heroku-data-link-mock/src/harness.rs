use std::fmt::{Debug, Display};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use heroku_data_link::reconcile::{Driver, Event, ReconcileError, Workflow};

use crate::faults::{Answer, When};
use crate::finding::{Case, Direction, Disturbance, Finding, Report};
use crate::journal::Outcome;
use crate::passes::{MakeDriver, Passes, Runner, TextStore};
use crate::schedules::Act;
use crate::world::World;

/// How far reads lag behind writes in the disturbed runs: not at all, and as far as
/// [`Settings::grace`](heroku_data_link::reconcile::Settings::grace) tolerates by default.
const LAGS: [Duration; 2] = [Duration::ZERO, Duration::from_secs(30)];

/// A world, and how to make a driver that works in it.
pub struct Scenario<W: Workflow> {
    world: World,
    driver: Arc<MakeDriver<W>>,
    store: Option<Arc<TextStore>>,
    leaves_things_behind: bool,
    people: Vec<Act>,
    changing: Vec<String>,
    one_at_a_time: bool,
}

impl<W: Workflow> Scenario<W> {
    /// The driver is made anew after every crash, as a program that starts again does.
    pub fn new(world: World, driver: impl Fn(&World) -> Driver<W> + Send + Sync + 'static) -> Self {
        Self {
            world,
            driver: Arc::new(driver),
            store: None,
            leaves_things_behind: false,
            people: Vec::new(),
            changing: Vec::new(),
            one_at_a_time: false,
        }
    }

    /// A teardown keeps what it must not delete, such as data and the key to it. The world that it
    /// leaves must then be that which an undisturbed one leaves, not that which was before.
    #[must_use]
    pub fn leaves_things_behind(self) -> Self {
        Self { leaves_things_behind: true, ..self }
    }

    /// Every run is made of passes, each by a new driver with a new workflow that gets nothing but the
    /// memory of the former one, as the text that a [store](TextStore) keeps; what a process that
    /// died had not stored is lost. In [`random_schedules`](crate::random_schedules), no two are at
    /// work at once then.
    #[must_use]
    pub fn with_a_driver_for_each_pass(self) -> Self {
        Self { store: Some(Arc::default()), ..self }
    }

    /// In [`random_schedules`](crate::random_schedules), people do such things meanwhile, each as
    /// likely as the others. Without this: nothing.
    #[must_use]
    pub fn beside_people(self, acts: &[Act]) -> Self {
        Self { people: acts.to_vec(), ..self }
    }

    /// In [`random_schedules`](crate::random_schedules), the link may change this, though it was
    /// there before: an item by its name, as a finding gives it, such as `state of key arn:…`.
    #[must_use]
    pub fn may_change(mut self, item: impl Display) -> Self {
        self.changing.push(item.to_string());
        self
    }

    /// In [`random_schedules`](crate::random_schedules), no two drivers are at work at once, as the
    /// documents of this kind of link ask for.
    #[must_use]
    pub fn one_driver_at_a_time(self) -> Self {
        Self { one_at_a_time: true, ..self }
    }

    pub(crate) fn driver(&self) -> Driver<W> {
        (self.driver)(&self.world)
    }

    fn runner(&self) -> Runner<W> {
        runner(&self.world, Arc::clone(&self.driver), self.store.clone())
    }

    pub(crate) fn runner_watched_by(
        &self,
        observer: impl Fn(&Event) + Clone + Send + Sync + 'static,
    ) -> Runner<W>
    where
        W: 'static,
    {
        let driver = Arc::clone(&self.driver);
        let make = move |world: &World| driver(world).with_observer(observer.clone());
        runner(&self.world, Arc::new(make), self.store.clone())
    }

    /// What the store holds, where each pass has a driver of its own.
    pub(crate) fn stored(&self) -> Option<String> {
        self.store.as_ref().map(|store| store.text().unwrap_or_default())
    }

    pub(crate) fn world(&self) -> &World {
        &self.world
    }

    pub(crate) fn people(&self) -> &[Act] {
        &self.people
    }

    pub(crate) fn changing(&self) -> &[String] {
        &self.changing
    }

    pub(crate) fn leaves(&self) -> bool {
        self.leaves_things_behind
    }

    pub(crate) fn two_drivers(&self) -> bool {
        !self.one_at_a_time && self.store.is_none()
    }
}

fn runner<W: Workflow>(
    world: &World,
    make: Arc<MakeDriver<W>>,
    store: Option<Arc<TextStore>>,
) -> Runner<W> {
    match store {
        None => Runner::Driver(Box::new(make(world))),
        Some(store) => Runner::Passes(Passes { world: world.clone(), make, store }),
    }
}

/// What an undisturbed run came to, with which disturbed ones are compared.
struct Reference<T> {
    output: T,
    established: String,
    torn_down: String,
    /// Mutations that each direction takes.
    establish: usize,
    teardown: usize,
}

impl<T> Reference<T> {
    fn mutations(&self, direction: Direction) -> usize {
        match direction {
            Direction::Establish => self.establish,
            Direction::Teardown => self.teardown,
        }
    }
}

/// Crashes a workflow at every mutation, before and after its effect, with and without the effect
/// of the calls beside it, with fresh and with stale reads, in both directions; a new driver must
/// come to what an undisturbed run comes to.
///
/// After establishing: the same output, the same world, and no orphans. After tearing down: the
/// world as it was before, unless the scenario [leaves things
/// behind](Scenario::leaves_things_behind). `make` must always make the same scenario.
///
/// # Errors
/// The first case in which it does not.
pub async fn survives_every_crash<W, F>(make: F) -> Result<Report, Finding>
where
    W: Workflow,
    W::Output: PartialEq + Debug,
    F: Fn() -> Scenario<W>,
{
    let mut report = Report::default();
    let plain = undisturbed(&make, Duration::ZERO, None).await?;
    report.mutations_establish = plain.establish;
    report.mutations_teardown = plain.teardown;
    for lag in LAGS {
        let reference = undisturbed(&make, lag, Some(&plain)).await?;
        for direction in [Direction::Establish, Direction::Teardown] {
            for when in [When::Before, When::After] {
                for mutation in 1..=reference.mutations(direction) {
                    for others_arrive in [false, true] {
                        let disturbance = Disturbance::Crash { mutation, when, others_arrive };
                        let case = Case { direction, lag, disturbance, operation: None };
                        crash(make(), &plain, case).await?;
                        report.cases += 1;
                    }
                }
            }
        }
    }
    Ok(report)
}

/// Makes every mutation of a workflow twice, and gives it the first or the second answer, in both
/// directions; it must come to what an undisturbed run comes to.
///
/// # Errors
/// The first case in which it does not.
pub async fn repeats_are_harmless<W, F>(make: F) -> Result<Report, Finding>
where
    W: Workflow,
    W::Output: PartialEq + Debug,
    F: Fn() -> Scenario<W>,
{
    let mut report = Report::default();
    let plain = undisturbed(&make, Duration::ZERO, None).await?;
    report.mutations_establish = plain.establish;
    report.mutations_teardown = plain.teardown;
    for lag in LAGS {
        for answer in [Answer::First, Answer::Second] {
            let scenario = make();
            scenario.world.set_read_lag(lag);
            scenario.world.double_mutations(answer);
            for direction in [Direction::Establish, Direction::Teardown] {
                let disturbance = Disturbance::Doubled { answer };
                let case = Case { direction, lag, disturbance, operation: None };
                finish(&scenario, &plain, &case).await?;
                report.cases += 1;
            }
        }
    }
    Ok(report)
}

/// Establishes and tears down; compares with another such run, if one is given.
async fn undisturbed<W, F>(
    make: &F,
    lag: Duration,
    plain: Option<&Reference<W::Output>>,
) -> Result<Reference<W::Output>, Finding>
where
    W: Workflow,
    W::Output: PartialEq + Debug,
    F: Fn() -> Scenario<W>,
{
    let scenario = make();
    let world = &scenario.world;
    world.set_read_lag(lag);
    let initial = world.fingerprint();
    let mut case = Case {
        direction: Direction::Establish,
        lag,
        disturbance: Disturbance::None,
        operation: None,
    };
    let before = world.mutations();
    let output = scenario.runner().establish().await.map_err(|error| case.failed(&error))?;
    let established = world.fingerprint();
    let establish = world.mutations() - before;
    if let Some(plain) = plain {
        check_output(&case, &plain.output, &output)?;
        check_world(&case, &plain.established, &established)?;
    }
    check_orphans(&case, world)?;
    case.direction = Direction::Teardown;
    let before = world.mutations();
    scenario.runner().teardown().await.map_err(|error| case.failed(&error))?;
    let teardown = world.mutations() - before;
    let torn_down = world.fingerprint();
    if let Some(plain) = plain {
        check_world(&case, &plain.torn_down, &torn_down)?;
    }
    if !scenario.leaves_things_behind {
        check_world(&case, &initial, &torn_down)?;
    }
    check_orphans(&case, world)?;
    Ok(Reference { output, established, torn_down, establish, teardown })
}

/// Runs one direction into a crash, and then to its end with a new driver.
async fn crash<W>(
    scenario: Scenario<W>,
    plain: &Reference<W::Output>,
    mut case: Case,
) -> Result<(), Finding>
where
    W: Workflow,
    W::Output: PartialEq + Debug,
{
    let Disturbance::Crash { mutation, when, others_arrive } = case.disturbance else {
        return Ok(());
    };
    let world = &scenario.world;
    world.set_read_lag(case.lag);
    if case.direction == Direction::Teardown {
        scenario.runner().establish().await.map_err(|error| case.failed(&error))?;
    }
    if others_arrive {
        world.hang_at(mutation, when);
    } else {
        world.crash_at(mutation, when);
    }
    let run = async {
        let runner = scenario.runner();
        match case.direction {
            Direction::Establish => runner.establish().await.map(|_| ()),
            Direction::Teardown => runner.teardown().await,
        }
    };
    let ended = run_into_crash(world, run).await;
    let journal = world.journal();
    let crashed = journal.iter().rfind(|call| call.outcome == Outcome::NeverReturned);
    case.operation = crashed.map(|call| call.operation);
    match ended {
        None => finish(&scenario, plain, &case).await,
        Some(Ok(())) => Err(case.wrong("the run ended before it came to this mutation")),
        Some(Err(error)) => Err(case.failed(&error)),
    }
}

/// `None` when it crashed: then the run, and the driver in it, are dropped in mid-air.
async fn run_into_crash(
    world: &World,
    run: impl Future<Output = Result<(), ReconcileError>>,
) -> Option<Result<(), ReconcileError>> {
    match select(pin!(run), pin!(world.crashed())).await {
        Either::Left((ended, _)) => Some(ended),
        Either::Right(((), _)) => None,
    }
}

/// Runs one direction to its end with a new driver, and looks at what came of it.
async fn finish<W>(
    scenario: &Scenario<W>,
    plain: &Reference<W::Output>,
    case: &Case,
) -> Result<(), Finding>
where
    W: Workflow,
    W::Output: PartialEq + Debug,
{
    let world = &scenario.world;
    let runner = scenario.runner();
    match case.direction {
        Direction::Establish => {
            let output = runner.establish().await.map_err(|error| case.failed(&error))?;
            check_output(case, &plain.output, &output)?;
            check_world(case, &plain.established, &world.fingerprint())?;
        }
        Direction::Teardown => {
            runner.teardown().await.map_err(|error| case.failed(&error))?;
            check_world(case, &plain.torn_down, &world.fingerprint())?;
        }
    }
    check_orphans(case, world)
}

fn check_output<T: PartialEq + Debug>(
    case: &Case,
    expected: &T,
    output: &T,
) -> Result<(), Finding> {
    if output == expected {
        return Ok(());
    }
    Err(case.wrong(format!("the output is {output:?}, and {expected:?} without disturbance")))
}

fn check_world(case: &Case, expected: &str, world: &str) -> Result<(), Finding> {
    let differences: Vec<String> = difference("missing", expected, world)
        .chain(difference("too much", world, expected))
        .collect();
    if differences.is_empty() {
        return Ok(());
    }
    Err(case.wrong(format!("the world is not as it should be:\n{}", differences.join("\n"))))
}

fn difference<'a>(
    what: &'a str,
    one: &'a str,
    other: &'a str,
) -> impl Iterator<Item = String> + 'a {
    let absent = |line: &&str| !other.lines().any(|same| same == *line);
    one.lines().filter(absent).map(move |line| format!("{what}: {line}"))
}

fn check_orphans(case: &Case, world: &World) -> Result<(), Finding> {
    let orphans = world.orphans();
    if orphans.is_empty() {
        return Ok(());
    }
    Err(case.wrong(format!("there are orphans: {}", orphans.join("; "))))
}
