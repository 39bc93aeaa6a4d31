//! The link on simulated clouds.

use std::error::Error;
use std::path::Path;

use heroku_data_link::privatelink::{HerokuTeardown, PrivateLinkSpec, PrivateLinkWorkflow};
use heroku_data_link::provider::{Clouds, Identity};
use heroku_data_link::reconcile::Driver;
use heroku_data_link_examples::Progress;
use heroku_data_link_examples::lifetime::{self, Life};
use heroku_data_link_examples::sinks::with_files;
use heroku_data_link_mock::World;

use crate::{Options, print};

/// The world of the procedure with the spec of its link, or of all of them with one from a file.
fn world_and_spec(options: &Options) -> Result<(World, PrivateLinkSpec), Box<dyn Error>> {
    if let Some(spec) = &options.spec {
        return Ok((World::of_all_procedures(), spec.clone()));
    }
    let (world, site) = World::of_the_procedures(options.service);
    let mut spec = PrivateLinkSpec::new("demo".parse()?, site.addon, site.vpc).in_app(site.app);
    spec.heroku_teardown = HerokuTeardown::Delete;
    Ok((world, spec))
}

/// The whole life of the procedure's link, or of one that a file describes.
pub(crate) async fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let (world, spec) = world_and_spec(options)?;
    let caller = world.aws().caller_identity().await?;
    let policy = spec.iam_policy(&caller, &"us-east-1".parse()?);
    let clouds = Clouds::new(world.heroku(), world.aws());
    let workflow = PrivateLinkWorkflow::on(spec, with_files(clouds, Path::new(""))?);
    let driver = Driver::new(workflow, world.clock()).with_observer(Progress::new(world.clock()));

    if options.preflight {
        print!("{}", driver.workflow().preflight().await?);
        return Ok(());
    }
    let establish = async { Ok(driver.establish().await?) };
    let life = Life {
        policy: &policy,
        options: &options.common,
        of_a_file: options.spec.is_some(),
        proof: &options.proof,
    };
    lifetime::run(&world, &driver, &life, establish, print).await
}
