//! Keys and add-ons on simulated clouds.

use std::error::Error;
use std::time::Duration;

use heroku_data_link::encryption::{EncryptionSpec, EncryptionWorkflow, Migration};
use heroku_data_link::key_access::{Inventory, KeyAccessSpec, KeyAccessWorkflow, Phase};
use heroku_data_link::provider::{Identity, Keys};
use heroku_data_link::reconcile::{
    Driver, Event, Goal, Observer, ReconcileError, Verified, Workflow,
};
use heroku_data_link_examples::{Progress, minutes};
use heroku_data_link_mock::{AddonSpec, KeySpec, World};
use serde_json::json;

use crate::{Command, Done, Options, confirmed, print};

/// One story for each command, each in a world of its own.
pub(crate) async fn run(options: &Options) -> Done {
    match options.command {
        Command::Create | Command::Migrate => establish(options).await,
        Command::Status => status(options).await,
        Command::Disable => disable(options).await,
        Command::Enable => enable(options).await,
        Command::Inventory => inventory(options).await,
    }
}

/// The world of the procedure with the spec of its link, or of all of them with one from a file.
fn world_and_spec(options: &Options) -> Result<(World, EncryptionSpec), Box<dyn Error>> {
    if let Some(spec) = &options.spec {
        return Ok((World::of_all_procedures(), spec.clone()));
    }
    let (world, site) = World::of_the_encryption_procedure(options.service);
    let (link, addon) = ("vault".parse()?, "vaulted".parse()?);
    let spec = EncryptionSpec::new(link, site.app, site.plan, addon);
    Ok(match options.command {
        Command::Migrate => (world, spec.migrating(Migration::from(site.old_addon))),
        _ => (world, spec),
    })
}

fn driver(world: &World, spec: &EncryptionSpec) -> Driver<EncryptionWorkflow> {
    let workflow = EncryptionWorkflow::new(spec.clone(), world.heroku(), world.aws());
    Driver::new(workflow, world.clock()).with_observer(Progress::new(world.clock()))
}

async fn establish(options: &Options) -> Done {
    let (world, spec) = world_and_spec(options)?;
    let caller = world.aws().caller_identity().await?;
    let policy = spec.iam_policy(&caller, &"us-east-1".parse()?);
    let link = driver(&world, &spec);
    let plan = link.plan(Goal::Established).await?;
    let common = &options.common;
    if common.show_plan(&plan, &policy)? {
        return Ok(());
    }
    let started = world.now();
    let output = match link.establish().await {
        Ok(output) => output,
        Err(error @ ReconcileError::Blocked { .. }) if options.spec.is_none() => {
            println!("nothing was changed: {error}");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    if common.json {
        let document = json!({ "plan": plan, "iam-policy": policy, "output": output });
        println!("{document:#}");
    } else {
        print(&output);
        println!("simulated time {}", minutes(world.now().duration_since(started)?));
    }
    in_order(&world)
}

fn in_order(world: &World) -> Done {
    let orphans = world.orphans();
    if orphans.is_empty() { Ok(()) } else { Err(orphans.join("; ").into()) }
}

async fn status(options: &Options) -> Done {
    let (world, spec) = world_and_spec(options)?;
    let link = driver(&world, &spec);
    let output = link.establish().await?;
    show(&link).await?;
    println!("somebody switches the key's rotation off\n");
    world.set_key_rotation(&output.key, None)?;
    show(&link).await
}

async fn show(link: &Driver<EncryptionWorkflow>) -> Done {
    match link.verify().await? {
        Verified::InSync(output) => {
            print(&output);
            println!("status         as its spec wants it\n");
        }
        Verified::Drifted(plan) => {
            println!("status         not as its spec wants it:");
            plan.open_steps().for_each(|step| print!("{step}"));
        }
    }
    Ok(())
}

/// A world with two add-ons under one key, and who may end that: unless a file says otherwise, all of
/// it with the defaults.
fn encrypted(options: &Options) -> Result<(World, KeyAccessSpec), Box<dyn Error>> {
    let (world, site) = World::of_the_encryption_procedure(options.service);
    let key = world.add_key(&KeySpec::new().open_to("021876802972"))?;
    let addon = AddonSpec::new(&site.app, "vaulted", site.plan.as_str());
    world.add_addon(&addon.attached_as("VAULTED").encrypted_with(&key))?;
    world.add_app("reports", Some(site.space.as_str()))?;
    let other = AddonSpec::new("reports", "reports-db", "heroku-postgresql:private-4");
    world.add_addon(&other.encrypted_with(&key))?;
    let spec = match &options.access {
        Some(spec) => spec.clone(),
        None => KeyAccessSpec::new("vault".parse()?, key),
    };
    Ok((world, spec))
}

/// Shows steps and phases.
fn watched<W: Workflow>(world: &World, workflow: W) -> Driver<W> {
    let progress = Progress::new(world.clock());
    Driver::new(workflow, world.clock()).with_observer(move |event: &Event| {
        progress.on_event(event);
        if let Some(phase) = Phase::of(event) {
            println!("       {phase}");
        }
    })
}

fn access(world: &World, spec: &KeyAccessSpec) -> Driver<KeyAccessWorkflow> {
    watched(world, KeyAccessWorkflow::new(spec.clone(), world.heroku(), world.aws()))
}

async fn disable(options: &Options) -> Done {
    let (world, spec) = encrypted(options)?;
    let consequences = access(&world, &spec).workflow().consequences().await?;
    println!("{consequences}");
    let Some(spec) = confirmed(spec, &consequences, options)? else { return Ok(()) };
    println!("{}", access(&world, &spec).plan(Goal::TornDown).await?);
    access(&world, &spec).teardown().await?;
    in_order(&world)
}

async fn enable(options: &Options) -> Done {
    const MINUTE: Duration = Duration::from_secs(60);
    let (world, spec) = encrypted(options)?;
    world.aws().disable_key(&spec.key).await?;
    world.advance(if options.within_grace { 5 * MINUTE } else { 60 * MINUTE });
    let link = access(&world, &spec);
    println!("{}", link.plan(Goal::Established).await?);
    let output = link.establish().await?;
    println!("\nkey            {} is {}", output.key, output.state);
    for user in &output.users {
        println!("running        {user}");
    }
    in_order(&world)
}

async fn inventory(options: &Options) -> Done {
    let (world, _) = encrypted(options)?;
    print!("{}", Inventory::read(&*world.heroku(), &*world.aws()).await?);
    Ok(())
}
