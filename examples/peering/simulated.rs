//! The peering on simulated clouds.

use std::error::Error;

use heroku_data_link::model::SpaceName;
use heroku_data_link::peering::{
    PeeringOutput, PeeringSpec, PeeringWorkflow, RouteTableChoice, RouteWidth,
};
use heroku_data_link::provider::{Identity, Peering, SpacePeerings};
use heroku_data_link::reconcile::{Clock, Driver, Pass};
use heroku_data_link_examples::lifetime::{self, Life};
use heroku_data_link_examples::{Progress, tables};
use heroku_data_link_mock::World;

use crate::{Options, print};

/// The whole life of the procedure's peering, or of one that a file describes.
pub(crate) async fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let (world, site) = World::of_the_peering_procedure();
    let aws = world.aws_in(site.account, site.region.clone());

    let mut spec = PeeringSpec::new("demo".parse()?, site.space, site.vpc);
    spec.route_tables = RouteTableChoice::All;
    // As the procedure has it; the default leads to the dynos' blocks alone.
    spec.route_width = RouteWidth::WholeVpc;
    let spec = options.spec.clone().unwrap_or(spec);
    let space = spec.space.clone();
    let caller = aws.caller_identity().await?;
    let policy = spec.iam_policy(&caller, &site.region);
    let workflow = PeeringWorkflow::new(spec, world.heroku(), aws);
    let driver = Driver::new(workflow, world.clock()).with_observer(Progress::new(world.clock()));

    if !options.common.json {
        let info = world.heroku().peering_info(&space).await?;
        let info = info.ok_or_else(|| format!("there is no space {space}"))?;
        println!("{}", tables::peering_info(&space, &info));
    }
    let establish = establish(&world, &space, &driver, !options.common.json);
    let life = Life {
        policy: &policy,
        options: &options.common,
        of_a_file: options.spec.is_some(),
        proof: &options.proof,
    };
    lifetime::run(&world, &driver, &life, establish, print).await
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
