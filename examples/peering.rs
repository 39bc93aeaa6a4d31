//! The published procedure for peering a Private Space with a VPC, as one call: plan, establish,
//! verify, tear down.
//!
//! ```sh
//! cargo run --example peering -- [--plan-only] [--json]
//! cargo run --example peering -- --plan-cidrs examples/cidrs.json
//! ```
//!
//! The clouds are simulated, so that ten minutes take no time.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use heroku_data_link::addressing::CidrPlan;
use heroku_data_link::model::SpaceName;
use heroku_data_link::peering::{
    PeeringOutput, PeeringSpec, PeeringWorkflow, RouteTableChoice, RouteWidth,
};
use heroku_data_link::provider::{Identity, Peering, SpacePeerings};
use heroku_data_link::reconcile::{Clock, Driver, Pass};
use heroku_data_link_examples::lifetime::{self, Show};
use heroku_data_link_examples::{Progress, complain, tables};
use heroku_data_link_mock::World;
use serde_json::json;

const HELP: &str = "\
Peers a Private Space with a VPC on simulated clouds, verifies it and tears it down.

usage: cargo run --example peering -- [options]

  --plan-only          print the plan and the IAM policy of the job, change nothing
  --json               print one JSON document instead of text
  --plan-cidrs FILE    only say which addresses of the plan in FILE conflict, and which are free
                       for what is to be made; see examples/cidrs.json
  --help               print this";

struct Options {
    plan_only: bool,
    json: bool,
    plan_cidrs: Option<PathBuf>,
}

fn options() -> Result<Option<Options>, lexopt::Error> {
    use lexopt::prelude::*;
    let mut options = Options { plan_only: false, json: false, plan_cidrs: None };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("plan-only") => options.plan_only = true,
            Long("json") => options.json = true,
            Long("plan-cidrs") => options.plan_cidrs = Some(parser.value()?.into()),
            Long("help") | Short('h') => return Ok(None),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Some(options))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let Some(options) = options()? else {
        println!("{HELP}");
        return Ok(());
    };
    if let Some(file) = &options.plan_cidrs {
        return plan_cidrs(file, options.json);
    }
    let (world, site) = World::of_the_peering_procedure();
    let aws = world.aws_in(site.account, site.region.clone());

    let mut spec = PeeringSpec::new("demo".parse()?, site.space.clone(), site.vpc);
    spec.route_tables = RouteTableChoice::All;
    // As the procedure has it; the default leads to the dynos' blocks alone.
    spec.route_width = RouteWidth::WholeVpc;
    let caller = aws.caller_identity().await?;
    let policy = spec.iam_policy(&caller, &site.region);
    let workflow = PeeringWorkflow::new(spec, world.heroku(), aws);
    let driver = Driver::new(workflow, world.clock()).with_observer(Progress::new(world.clock()));

    if !options.json {
        let info = world.heroku().peering_info(&site.space).await?.ok_or("no such space")?;
        println!("{}", tables::peering_info(&site.space, &info));
    }
    let show = Show { json: options.json, plan_only: options.plan_only };
    let establish = establish(&world, &site.space, &driver, !options.json);
    lifetime::run(&world, &driver, &policy, show, establish, print).await
}

/// What `Driver::establish` does, with a look at Heroku's list in between.
async fn establish(
    world: &World,
    space: &SpaceName,
    driver: &Driver<PeeringWorkflow>,
    show: bool,
) -> Result<PeeringOutput, Box<dyn Error>> {
    /// The procedure takes five minutes; a pass is rarely further from the next than ten seconds.
    const PASSES: usize = 1000;
    let mut shown = String::new();
    for _ in 0..PASSES {
        let peerings: Vec<Peering> = world.heroku().peerings(space).await?;
        let table = tables::peerings(space, &peerings);
        if show && table != shown {
            println!("\n{table}");
            shown = table;
        }
        match driver.reconcile_once().await? {
            Pass::Done(output) => return Ok(output),
            Pass::Requeue { after, .. } => world.clock().sleep(after).await,
        }
    }
    Err("the peering takes longer than it should".into())
}

/// Prints what conflicts in a plan of addresses, and which blocks to take for what is to be made.
fn plan_cidrs(file: &Path, json: bool) -> Result<(), Box<dyn Error>> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    let plan = CidrPlan::from_json(&text)?;
    let report = plan.report()?;
    if json {
        println!("{:#}", json!(report));
    } else {
        print!("{report}");
    }
    Ok(())
}

fn print(output: &PeeringOutput) {
    println!("\npeering        {}", output.peering);
    println!("space          {} ({} in {})", output.space, output.space_vpc, output.space_region);
    println!("VPC            {} ({})", output.vpc, output.vpc_cidrs);
    println!("routed         {}", output.routed_cidrs);
    for table in &output.route_tables {
        println!("route table    {table}");
    }
    println!("how to use it  {}", output.advice());
}
