//! Counts the Heroku requests of a link, and compares them with the official CLI's; and all
//! requests of a peering.
//!
//! `cargo run -p heroku-data-link-benches --bin requests`
//!
//! The clouds are simulated, with the durations that people report of the real ones. The CLI's
//! column is its wait loop alone, for the time that the endpoint service takes; ours is all that
//! was asked of Heroku until the link was established, long after that.

use std::time::Duration;

use heroku_data_link::model::DataService;
use heroku_data_link::reconcile::Driver;
use heroku_data_link_benches::{Failure, block_on, link, peering};
use heroku_data_link_mock::{Timings, World};

/// `heroku data:privatelink:wait` asks once in this time, until the link is operational.
const CLI_INTERVAL: Duration = Duration::from_secs(3);
/// The CLI shall need so many times our requests.
const AT_LEAST: u128 = 3;
/// A pass over an established link shall need no more.
const PASS_AT_MOST: usize = 3;
/// A pass over an established peering shall need no more, on both clouds.
const PEERING_PASS_AT_MOST: usize = 5;

fn main() -> Result<(), Failure> {
    println!("| service | simulated | requests | official CLI's wait | ratio | a pass |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    let cli = Timings::default().service_provisioning.as_millis() / CLI_INTERVAL.as_millis();
    for service in DataService::ALL {
        let (world, workflow) = link(service)?;
        let driver = Driver::new(workflow, world.clock());
        let started = world.now();
        block_on(async { Ok(driver.establish().await?) })?;
        let seconds = world.now().duration_since(started)?.as_secs();
        let establish = heroku_requests(&world);
        block_on(async { Ok(driver.verify().await?) })?;
        let pass = heroku_requests(&world) - establish;

        // In tenths, rounded down: no ratio shall look better than it is.
        let tenths = cli * 10 / establish as u128;
        let name = service.slug();
        let ratio = format!("{}.{}", tenths / 10, tenths % 10);
        println!("| {name} | {seconds} s | {establish} | {cli} | {ratio} | {pass} |");
        if tenths < AT_LEAST * 10 || pass > PASS_AT_MOST {
            return Err(format!("{name} needs more requests than it may").into());
        }
    }
    peered()
}

/// Both clouds' requests for a peering with five route tables, twenty routes in all.
fn peered() -> Result<(), Failure> {
    let (world, workflow) = peering()?;
    let driver = Driver::new(workflow, world.clock());
    let started = world.now();
    block_on(async { Ok(driver.establish().await?) })?;
    let seconds = world.now().duration_since(started)?.as_secs();
    let (all, heroku, changes) = (world.calls(), heroku_requests(&world), world.mutations());
    block_on(async { Ok(driver.verify().await?) })?;
    let pass = world.calls() - all;
    println!("\n| peering | simulated | requests | Heroku's | changes | a pass |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    println!("| five route tables | {seconds} s | {all} | {heroku} | {changes} | {pass} |");
    if pass > PEERING_PASS_AT_MOST {
        return Err("a pass over a peering needs more requests than it may".into());
    }
    Ok(())
}

fn heroku_requests(world: &World) -> usize {
    world.journal().iter().filter(|call| call.operation.starts_with("heroku:")).count()
}
