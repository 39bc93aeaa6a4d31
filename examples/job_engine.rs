//! A queue of many links, driven by `reconcile_once`: the way a job engine, a Kubernetes controller
//! or a cron job would do it.
//!
//! ```sh
//! cargo run --example job_engine -- [--links 100]
//! ```
//!
//! The library never sleeps here: a pass returns when to come again, and the queue keeps it. The
//! workers' clock is the simulated world's.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use heroku_data_link::privatelink::{HerokuTeardown, PrivateLinkSpec, PrivateLinkWorkflow};
use heroku_data_link::provider::{ErrorKind, Retry, operation};
use heroku_data_link::reconcile::{Driver, Pass, ReconcileError};
use heroku_data_link_examples::{exit_code, minutes};
use heroku_data_link_mock::{Fault, World};

type Link = Driver<PrivateLinkWorkflow>;

fn number_of_links() -> Result<u16, lexopt::Error> {
    use lexopt::prelude::*;
    let mut links = 100;
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("links") => links = parser.value()?.parse()?,
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(links)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let links = number_of_links()?;
    let world = World::new();
    let mut fleet = Vec::new();
    for number in 0..links {
        let site = world.add_link_site(number);
        let link = format!("site-{number}").parse()?;
        let mut spec = PrivateLinkSpec::new(link, site.addon, site.vpc);
        spec.heroku_teardown = HerokuTeardown::Delete;
        let workflow = PrivateLinkWorkflow::new(spec, world.heroku(), world.aws());
        fleet.push(Driver::new(workflow, world.clock()));
    }
    // A bad day: now and then a call fails, and some have had their effect all the same.
    for nth in [3, 40, 77] {
        world.fault(Fault::on_any_mutation().nth(nth).after(ErrorKind::Timeout));
    }
    world.throttle(operation::DESCRIBE_VPC_ENDPOINTS, 20, Some(Duration::from_secs(30)));

    let before = world.fingerprint();
    let tally = drain(&world, &fleet, async |link: &Link| link.reconcile_once().await).await?;
    tally.print("established", &world);
    let tally = drain(&world, &fleet, async |link: &Link| link.teardown_once().await).await?;
    tally.print("torn down", &world);

    if world.fingerprint() == before && world.orphans().is_empty() {
        println!("nothing is left behind");
        Ok(())
    } else {
        Err("something was left behind".into())
    }
}

/// What a queue came to.
#[derive(Default)]
struct Tally {
    done: usize,
    passes: usize,
    retries: usize,
    started: Option<SystemTime>,
    calls: usize,
}

impl Tally {
    fn print(&self, what: &str, world: &World) {
        let took = self
            .started
            .and_then(|started| world.now().duration_since(started).ok())
            .unwrap_or_default();
        println!(
            "{} links {what} in {} of simulated time: {} passes, {} calls, {} failed passes tried again",
            self.done,
            minutes(took),
            self.passes,
            self.calls,
            self.retries
        );
    }
}

/// Works the queue until it is empty: the link that is due first, one pass, back into the queue.
async fn drain<T>(
    world: &World,
    fleet: &[Link],
    pass: impl AsyncFn(&Link) -> Result<Pass<T>, ReconcileError>,
) -> Result<Tally, ReconcileError> {
    let calls = world.calls();
    let mut tally = Tally { started: Some(world.now()), ..Tally::default() };
    let mut queue: BinaryHeap<Reverse<(SystemTime, usize)>> =
        (0..fleet.len()).map(|index| Reverse((world.now(), index))).collect();
    while let Some(Reverse((due, index))) = queue.pop() {
        if let Ok(early) = due.duration_since(world.now()) {
            world.advance(early);
        }
        tally.passes += 1;
        let again = match pass(&fleet[index]).await {
            Ok(Pass::Done(_)) => {
                tally.done += 1;
                continue;
            }
            Ok(Pass::Requeue { after, .. }) => after,
            Err(error) => {
                tally.retries += 1;
                match error.retry() {
                    Retry::Never => return Err(error),
                    Retry::After(pause) => pause,
                    Retry::LookAgain | Retry::BackOff => Duration::from_secs(10),
                }
            }
        };
        queue.push(Reverse((world.now() + again, index)));
    }
    tally.calls = world.calls() - calls;
    Ok(tally)
}
