//! Counts the requests of each kind of link, from nothing to its goal, and how much longer it takes
//! than the clouds themselves.
//!
//! `cargo run -p heroku-data-link-benches --bin requests`
//!
//! The clouds are simulated, with the durations that people report of the real ones. The clouds' own
//! time is what a link takes that looks every second.

use std::sync::Arc;
use std::time::Duration;

use heroku_data_link::model::DataService;
use heroku_data_link::reconcile::{Driver, Memory, Pass, Workflow};
use heroku_data_link_benches::{Failure, InProcess, block_on, encryption, link, small_peering};
use heroku_data_link_mock::World;

/// No link takes longer.
const LONGEST: Duration = Duration::from_secs(3600);

/// What a kind of link may take at most.
struct Limits {
    heroku: usize,
    aws: usize,
    /// Requests of a pass over an established link, to both.
    pass: usize,
    /// In thousandths of the clouds' own time; what a key's policy must settle for is the clouds'.
    longer: u128,
}

fn main() -> Result<(), Failure> {
    println!(
        "| link | to Heroku | to AWS | changes | simulated | the clouds' own | longer | a pass |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for service in DataService::ALL {
        let limits = Limits { heroku: 22, aws: 31, pass: 7, longer: 20 };
        let name = format!("PrivateLink, {}", service.slug());
        count(&name, &limits, || link(service))?;
    }
    let limits = Limits { heroku: 15, aws: 20, pass: 5, longer: 20 };
    count("peering, one route table", &limits, small_peering)?;
    let limits = Limits { heroku: 15, aws: 25, pass: 7, longer: 50 };
    count("encryption, with a stored memory", &limits, encryption)?;
    Ok(())
}

fn count<W: Workflow>(
    name: &str,
    limits: &Limits,
    make: impl Fn() -> Result<(World, W), Failure>,
) -> Result<(), Failure> {
    let own = own_time(&make)?.as_millis();
    let (world, workflow) = make()?;
    let driver = driver(&world, workflow)?;
    let started = world.now();
    block_on(async { Ok(driver.establish().await?) })?;
    let took = world.now().duration_since(started)?;
    let (heroku, aws, changes) =
        (heroku(&world), world.calls() - heroku(&world), world.mutations());
    let before = world.calls();
    block_on(async { Ok(driver.verify().await?) })?;
    let pass = world.calls() - before;
    let longer = (took.as_millis() - own.min(took.as_millis())) * 1000 / own;
    println!(
        "| {name} | {heroku} | {aws} | {changes} | {} s | {} s | {}.{} % | {pass} |",
        took.as_secs(),
        own / 1000,
        longer / 10,
        longer % 10
    );
    let is_within = heroku <= limits.heroku
        && aws <= limits.aws
        && pass <= limits.pass
        && longer <= limits.longer;
    if is_within { Ok(()) } else { Err(format!("{name} takes more than it may").into()) }
}

/// A driver whose memory is stored from the beginning on.
fn driver<W: Workflow>(world: &World, workflow: W) -> Result<Driver<W>, Failure> {
    let memory = Memory::begin(&workflow);
    Ok(Driver::resume(workflow, world.clock(), memory)?.with_store(Arc::new(InProcess)))
}

/// How long the clouds take when somebody looks every second.
fn own_time<W: Workflow>(
    make: &impl Fn() -> Result<(World, W), Failure>,
) -> Result<Duration, Failure> {
    let (world, workflow) = make()?;
    let started = world.now();
    let driver = driver(&world, workflow)?;
    block_on(async {
        for _ in 0..LONGEST.as_secs() {
            if let Pass::Done(_) = driver.reconcile_once().await? {
                return Ok(world.now().duration_since(started)?);
            }
            world.advance(Duration::from_secs(1));
        }
        Err("the clouds never finish".into())
    })
}

fn heroku(world: &World) -> usize {
    world.journal().iter().filter(|call| call.operation.starts_with("heroku:")).count()
}
