//! The published PrivateLink procedure as one call: plan, establish, verify, tear down.
//!
//! ```sh
//! cargo run --example privatelink -- [--service kvs|kafka|postgres] [--plan-only] [--json]
//! ```
//!
//! The clouds are simulated, so that half an hour takes no time.

use std::error::Error;

use heroku_data_link::model::DataService;
use heroku_data_link::privatelink::{
    HerokuTeardown, PrivateLinkOutput, PrivateLinkSpec, PrivateLinkWorkflow,
};
use heroku_data_link::provider::Identity;
use heroku_data_link::reconcile::{Driver, Goal, Verified};
use heroku_data_link_examples::{Progress, minutes};
use heroku_data_link_mock::World;
use serde_json::json;

const HELP: &str = "\
Establishes a PrivateLink on simulated clouds, verifies it and tears it down.

usage: cargo run --example privatelink -- [options]

  --service kvs|kafka|postgres   which data service (default: kvs)
  --plan-only                    print the plan and the IAM policy of the job, change nothing
  --json                         print one JSON document instead of text
  --help                         print this";

struct Options {
    service: DataService,
    plan_only: bool,
    json: bool,
}

fn options() -> Result<Option<Options>, lexopt::Error> {
    use lexopt::prelude::*;
    let mut options =
        Options { service: DataService::KeyValueStore, plan_only: false, json: false };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("service") => options.service = parser.value()?.parse()?,
            Long("plan-only") => options.plan_only = true,
            Long("json") => options.json = true,
            Long("help") | Short('h') => return Ok(None),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Some(options))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let Some(options) = options()? else {
        println!("{HELP}");
        return Ok(());
    };
    let (world, site) = World::of_the_procedures(options.service);
    let before = world.fingerprint();

    let mut spec = PrivateLinkSpec::new("demo".parse()?, site.addon, site.vpc).in_app(site.app);
    spec.heroku_teardown = HerokuTeardown::Delete;
    let caller = world.aws().caller_identity().await?;
    let policy = spec.iam_policy(&caller, &site.region);
    let workflow = PrivateLinkWorkflow::new(spec, world.heroku(), world.aws());
    let driver = Driver::new(workflow, world.clock()).with_observer(Progress::new(world.clock()));

    let plan = driver.plan(Goal::Established).await?;
    if options.plan_only {
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

fn print(output: &PrivateLinkOutput) {
    println!("\nservice name   {}", output.service_name);
    println!("endpoint       {}", output.endpoint);
    for name in &output.dns_names {
        println!("DNS name       {name}");
    }
    for connection in &output.connections {
        println!("variable       {}", connection.variable);
        println!("URL            {}", connection.url);
        println!("how to connect {}", connection.advice());
    }
}
