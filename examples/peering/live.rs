//! The same peering on the real clouds.

use std::error::Error;

use heroku_data_link::peering::{PeeringSpec, PeeringWorkflow};
use heroku_data_link::provider::Identity;
use heroku_data_link_examples::live::{self, clouds};

use crate::{Options, print};

/// Plans, and goes on as the options say. What was made stays.
pub(crate) async fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let spec = spec(options)?;
    let (heroku, aws) = clouds().await?;
    let policy = spec.iam_policy(&aws.caller_identity().await?, aws.region());
    live::run(PeeringWorkflow::new(spec, heroku, aws), &policy, &options.common, print).await
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
