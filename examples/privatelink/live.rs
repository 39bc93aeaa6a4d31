//! The same link on the real clouds.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use heroku_data_link::model::NonEmptySet;
use heroku_data_link::privatelink::{PrivateLinkSpec, PrivateLinkWorkflow, SubnetChoice};
use heroku_data_link::provider::{Clouds, ConfigVars, Identity};
use heroku_data_link_examples::live::{self, clouds};
use heroku_data_link_examples::proof;
use heroku_data_link_examples::sinks::with_files;
use heroku_data_link_probe::Connected;
use serde_json::json;

use crate::{Options, print};

/// Plans, and goes on as the options say. What was made stays.
pub(crate) async fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let spec = spec(options)?;
    let (heroku, aws) = clouds().await?;
    let policy = spec.iam_policy(&aws.caller_identity().await?, aws.region());
    let both = Clouds::new(heroku.clone(), aws);
    let workflow = PrivateLinkWorkflow::on(spec, with_files(both, Path::new(""))?);
    if options.preflight {
        let found = workflow.preflight().await?;
        if options.common.json {
            println!("{:#}", json!({ "preflight": found }));
        } else {
            print!("{found}");
        }
        return if found.is_clear() { Ok(()) } else { Err("IAM actions are missing".into()) };
    }
    if options.verify {
        let clock = Arc::new(live::LiveClock::new(options.common.speed));
        return proof::verify(workflow, clock, options.common.json, &options.proof, print).await;
    }
    let Some(mut ran) = live::carry_out(workflow, &policy, &options.common).await? else {
        return Ok(());
    };
    let probed = match &ran.output {
        Some(link) if options.probe => {
            Some(link.probe(&heroku.config_vars(&link.app).await?).await?)
        }
        _ => None,
    };
    if let Some(probed) = &probed {
        ran.document["probe"] = json!(probed);
    }
    ran.show(&options.common, print);
    let Some(probed) = probed else { return Ok(()) };
    if !options.common.json {
        print!("\n{probed}");
    }
    if probed.passed {
        Ok(())
    } else {
        Err("the link is established, and does not connect from here".into())
    }
}

fn spec(options: &Options) -> Result<PrivateLinkSpec, Box<dyn Error>> {
    if let Some(spec) = &options.spec {
        return Ok(spec.clone());
    }
    let (Some(link), Some(addon), Some(vpc)) = (&options.link, &options.addon, &options.vpc) else {
        let needed = "--backend live needs --spec, or --link, --addon and --vpc; see --help";
        return Err(needed.into());
    };
    let mut spec = PrivateLinkSpec::new(link.clone(), addon.clone(), vpc.clone());
    spec.app.clone_from(&options.app);
    spec.heroku_teardown = options.heroku_teardown;
    if !options.subnets.is_empty() {
        spec.subnets = SubnetChoice::Among(NonEmptySet::new(options.subnets.iter().cloned())?);
    }
    Ok(spec)
}
