//! The same peering on the real clouds.

use std::error::Error;
use std::sync::Arc;

use heroku_data_link::peering::{PeeringSpec, PeeringWorkflow};
use heroku_data_link::provider::Identity;
use heroku_data_link_examples::live::{self, clouds};
use heroku_data_link_examples::proof;

use crate::{Options, print};

/// Plans, and goes on as the options say. What was made stays.
pub(crate) async fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let spec = spec(options)?;
    let (heroku, aws) = clouds().await?;
    let policy = spec.iam_policy(&aws.caller_identity().await?, aws.region());
    let workflow = PeeringWorkflow::new(spec, heroku, aws);
    if options.verify {
        let clock = Arc::new(live::LiveClock::new(options.common.speed));
        return proof::verify(workflow, clock, options.common.json, &options.proof, print).await;
    }
    live::run(workflow, &policy, &options.common, print).await
}

fn spec(options: &Options) -> Result<PeeringSpec, Box<dyn Error>> {
    if let Some(spec) = &options.spec {
        return Ok(spec.clone());
    }
    let (Some(link), Some(space), Some(vpc)) = (&options.link, &options.space, &options.vpc) else {
        let needed = "--backend live needs --spec, or --link, --space and --vpc; see --help";
        return Err(needed.into());
    };
    let mut spec = PeeringSpec::new(link.clone(), space.clone(), vpc.clone());
    spec.route_tables = options.route_tables.clone();
    spec.route_width = options.route_width;
    Ok(spec)
}
