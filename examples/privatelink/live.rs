//! The same link on the real clouds.

use std::error::Error;
use std::sync::Arc;

use heroku_data_link::model::NonEmptySet;
use heroku_data_link::privatelink::{PrivateLinkSpec, PrivateLinkWorkflow, SubnetChoice};
use heroku_data_link::provider::{ConfigVars, Identity};
use heroku_data_link::reconcile::{Driver, Goal, SystemClock};
use heroku_data_link_examples::{Progress, live::clouds};
use heroku_data_link_probe::Connected;
use serde_json::json;

use crate::{Job, Options, print};

/// Plans, and goes on as the options say. What was made stays.
pub(crate) async fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let spec = spec(options)?;
    let (heroku, aws) = clouds().await?;
    let policy = spec.iam_policy(&aws.caller_identity().await?, aws.region());
    let workflow = PrivateLinkWorkflow::new(spec, heroku.clone(), aws);
    if options.job == Job::Preflight {
        let found = workflow.preflight().await?;
        if options.json {
            println!("{:#}", json!({ "preflight": found }));
        } else {
            print!("{found}");
        }
        return if found.is_clear() { Ok(()) } else { Err("IAM actions are missing".into()) };
    }
    let clock = Arc::new(SystemClock);
    let driver = Driver::new(workflow, clock.clone()).with_observer(Progress::new(clock));
    let goal = if options.teardown { Goal::TornDown } else { Goal::Established };
    let plan = driver.plan(goal).await?;
    let plan_only = options.job == Job::Plan;
    match (options.json, plan_only) {
        (true, true) => println!("{:#}", json!({ "plan": plan, "iam-policy": policy })),
        (false, true) => println!("{plan}\nIAM policy of the whole job:\n{policy}"),
        (true, false) => {}
        (false, false) => println!("{plan}"),
    }
    if plan_only {
        return Ok(());
    }
    let output = match goal {
        Goal::Established => Some(driver.establish().await?),
        Goal::TornDown => {
            driver.teardown().await?;
            None
        }
    };
    let probed = match &output {
        Some(link) if options.job == Job::Probe => {
            Some(link.probe(&heroku.config_vars(&link.app).await?).await?)
        }
        _ => None,
    };
    match &output {
        _ if options.json => {
            let mut all = json!({ "plan": plan, "iam-policy": policy, "output": output });
            if let Some(probed) = &probed {
                all["probe"] = json!(probed);
            }
            println!("{all:#}");
        }
        Some(output) => print(output),
        None => println!("torn down"),
    }
    let Some(probed) = probed else { return Ok(()) };
    if !options.json {
        print!("\n{probed}");
    }
    if probed.passed {
        Ok(())
    } else {
        Err("the link is established, and does not connect from here".into())
    }
}

fn spec(options: &Options) -> Result<PrivateLinkSpec, Box<dyn Error>> {
    let (Some(link), Some(addon), Some(vpc)) = (&options.link, &options.addon, &options.vpc) else {
        return Err("--backend live needs --link, --addon and --vpc; see --help".into());
    };
    let mut spec = PrivateLinkSpec::new(link.clone(), addon.clone(), vpc.clone());
    spec.app.clone_from(&options.app);
    spec.heroku_teardown = options.heroku_teardown;
    if !options.subnets.is_empty() {
        spec.subnets = SubnetChoice::Among(NonEmptySet::new(options.subnets.iter().cloned())?);
    }
    Ok(spec)
}
