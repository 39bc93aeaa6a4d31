//! The same on the real clouds.

use std::error::Error;
use std::sync::Arc;

use heroku_data_link::encryption::{EncryptionSpec, EncryptionWorkflow, Migration};
use heroku_data_link::key_access::{Inventory, KeyAccessOutput, KeyAccessSpec, KeyAccessWorkflow};
use heroku_data_link::provider::Identity;
use heroku_data_link::reconcile::{Driver, Goal, Verified};
use heroku_data_link_examples::live::{self, LiveClock, clouds};
use heroku_data_link_examples::options::Common;
use serde_json::json;

use crate::{Command, Done, Options, confirmed, print};

/// Does what the command says. What was made stays.
pub(crate) async fn run(options: &Options) -> Done {
    match options.command {
        Command::Create | Command::Migrate => establish(options).await,
        Command::Status => status(options).await,
        Command::Disable => disable(options).await,
        Command::Enable => access(options, key_access(options)?, Goal::Established).await,
        Command::Inventory => inventory(options).await,
    }
}

fn spec(options: &Options) -> Result<EncryptionSpec, Box<dyn Error>> {
    if let Some(spec) = &options.spec {
        return Ok(spec.clone());
    }
    let named = (&options.link, &options.app, &options.plan, &options.addon);
    let (Some(link), Some(app), Some(plan), Some(addon)) = named else {
        let needed =
            "--backend live needs --spec, or --link, --app, --plan and --addon; see --help";
        return Err(needed.into());
    };
    let spec = EncryptionSpec::new(link.clone(), app.clone(), plan.clone(), addon.clone());
    match (options.command, &options.from) {
        (Command::Migrate, None) => Err("migrate needs --from; see --help".into()),
        (Command::Migrate, Some(from)) => Ok(spec.migrating(Migration::from(from.clone()))),
        (_, None) => Ok(spec),
        (_, Some(_)) => Err("--from is for migrate alone; see --help".into()),
    }
}

async fn establish(options: &Options) -> Done {
    let spec = spec(options)?;
    let (heroku, aws) = clouds().await?;
    let policy = spec.iam_policy(&aws.caller_identity().await?, aws.region());
    let workflow = EncryptionWorkflow::new(spec, heroku, aws);
    live::run(workflow, &policy, &options.common, print).await
}

async fn status(options: &Options) -> Done {
    let spec = spec(options)?;
    let (heroku, aws) = clouds().await?;
    let workflow = EncryptionWorkflow::new(spec, heroku, aws);
    let link = Driver::new(workflow, Arc::new(LiveClock::new(options.common.speed)));
    match link.verify().await? {
        Verified::InSync(output) => {
            print(&output);
            println!("status         as its spec wants it");
        }
        Verified::Drifted(plan) => {
            println!("status         not as its spec wants it:");
            plan.open_steps().for_each(|step| print!("{step}"));
        }
    }
    Ok(())
}

fn key_access(options: &Options) -> Result<KeyAccessSpec, Box<dyn Error>> {
    if let Some(spec) = &options.access {
        return Ok(spec.clone());
    }
    let (Some(link), Some(key)) = (&options.link, &options.key) else {
        return Err("--backend live needs --spec, or --link and --key; see --help".into());
    };
    Ok(KeyAccessSpec::new(link.clone(), key.clone()))
}

async fn disable(options: &Options) -> Done {
    let spec = key_access(options)?;
    let (heroku, aws) = clouds().await?;
    let workflow = KeyAccessWorkflow::new(spec.clone(), heroku, aws);
    let consequences = workflow.consequences().await?;
    if options.common.script || options.common.json {
        eprintln!("{consequences}");
    } else {
        println!("{consequences}");
    }
    match confirmed(spec, &consequences, options)? {
        Some(spec) => access(options, spec, Goal::TornDown).await,
        None => Ok(()),
    }
}

async fn access(options: &Options, spec: KeyAccessSpec, goal: Goal) -> Done {
    let (heroku, aws) = clouds().await?;
    let policy = spec.iam_policy(&aws.caller_identity().await?, aws.region());
    let common = Common { goal, ..options.common.clone() };
    let workflow = KeyAccessWorkflow::new(spec, heroku, aws);
    live::run(workflow, &policy, &common, print_access).await
}

fn print_access(output: &KeyAccessOutput) {
    println!("\nkey            {} is {}", output.key, output.state);
    for user in &output.users {
        println!("running        {user}");
    }
}

async fn inventory(options: &Options) -> Done {
    let (heroku, aws) = clouds().await?;
    let found = Inventory::read(&*heroku, &*aws).await?;
    if options.common.json {
        println!("{:#}", json!(found));
    } else {
        print!("{found}");
    }
    Ok(())
}
