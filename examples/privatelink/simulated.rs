//! The whole life of a link on simulated clouds.

use std::error::Error;

use heroku_data_link::privatelink::{HerokuTeardown, PrivateLinkSpec, PrivateLinkWorkflow};
use heroku_data_link::provider::Identity;
use heroku_data_link::reconcile::{Driver, Goal, Verified};
use heroku_data_link_examples::{Progress, minutes};
use heroku_data_link_mock::World;
use serde_json::json;

use crate::{Job, Options, print};

/// Establishes, verifies and tears down, with half an hour taking no time.
pub(crate) async fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let (world, site) = World::of_the_procedures(options.service);
    let before = world.fingerprint();

    let mut spec = PrivateLinkSpec::new("demo".parse()?, site.addon, site.vpc).in_app(site.app);
    spec.heroku_teardown = HerokuTeardown::Delete;
    let caller = world.aws().caller_identity().await?;
    let policy = spec.iam_policy(&caller, &site.region);
    let workflow = PrivateLinkWorkflow::new(spec, world.heroku(), world.aws());
    let driver = Driver::new(workflow, world.clock()).with_observer(Progress::new(world.clock()));

    let plan = driver.plan(Goal::Established).await?;
    if options.job == Job::Preflight {
        print!("{}", driver.workflow().preflight().await?);
        return Ok(());
    }
    if options.job == Job::Plan {
        if options.json {
            println!("{:#}", json!({ "plan": plan, "iam-policy": policy }));
        } else {
            println!("{plan}\nIAM policy of the whole job:\n{policy}");
        }
        return Ok(());
    }
    if !options.json {
        println!("{plan}");
    }

    let started = world.now();
    let output = driver.establish().await?;
    let took = world.now().duration_since(started)?;
    let in_sync = matches!(driver.verify().await?, Verified::InSync(_));
    if !options.json {
        print(&output);
        println!("verified       {}", if in_sync { "nothing drifted" } else { "it drifted" });
        println!("simulated time {}\n", minutes(took));
    }

    let teardown = driver.plan(Goal::TornDown).await?;
    if !options.json {
        println!("{teardown}");
    }
    driver.teardown().await?;
    let restored = world.fingerprint() == before && world.orphans().is_empty();
    if options.json {
        let document = json!({
            "plan": plan,
            "iam-policy": policy,
            "output": output,
            "in-sync": in_sync,
            "seconds": took.as_secs(),
            "teardown": teardown,
            "world-restored": restored,
        });
        println!("{document:#}");
    } else {
        println!(
            "torn down; the world is {}",
            if restored { "as it was" } else { "not as it was" }
        );
    }
    if in_sync && restored { Ok(()) } else { Err("the example did not end as it should".into()) }
}
