//! Data under the customer's own key: made, moved, shut off and brought back.
//!
//! ```sh
//! cargo run --example encryption -- create | migrate | status | disable | enable | inventory
//! ```
//!
//! The clouds are simulated, so that half an hour takes no time, and every run begins anew.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use heroku_data_link::encryption::{
    EncryptionOutput, EncryptionSpec, EncryptionWorkflow, Inventory, KeyAccessSpec,
    KeyAccessWorkflow, Migration, Phase,
};
use heroku_data_link::model::DataService;
use heroku_data_link::provider::{Identity, Keys};
use heroku_data_link::reconcile::{
    Driver, Event, Goal, Observer, ReconcileError, Verified, Workflow,
};
use heroku_data_link_examples::{Progress, complain, minutes};
use heroku_data_link_mock::{AddonSpec, EncryptionSite, KeySpec, World};

const HELP: &str = "\
Data under your own KMS key, on simulated clouds.

usage: cargo run --example encryption -- COMMAND [options]

  create      make a key, and an add-on under it
  migrate     move the data of an add-on without a key to one under a key
  status      look at what was made, and at what somebody changed
  disable     say what disabling the key comes to; with --confirm KEY, do it and watch
  enable      bring back what was stopped; with --within-grace, before it was stopped
  inventory   which add-ons of which apps use which key

  --service kvs|kafka|postgres   which data service (default: kvs)
  --confirm KEY                  the ARN or the id of the key to disable
  --within-grace                 enable the key five minutes after it was disabled
  --plan-only                    print plan and IAM policy, change nothing
  --help                         print this";

type Done = Result<(), Box<dyn Error>>;

#[derive(Clone, Copy)]
enum Command {
    Create,
    Migrate,
    Status,
    Disable,
    Enable,
    Inventory,
}

struct Options {
    command: Command,
    service: DataService,
    confirm: Option<String>,
    within_grace: bool,
    plan_only: bool,
}

fn options() -> Result<Option<Options>, lexopt::Error> {
    use lexopt::prelude::*;
    let (mut command, mut service) = (None, DataService::KeyValueStore);
    let (mut confirm, mut within_grace, mut plan_only) = (None, false, false);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("service") => service = parser.value()?.parse()?,
            Long("confirm") => confirm = Some(parser.value()?.string()?),
            Long("within-grace") => within_grace = true,
            Long("plan-only") => plan_only = true,
            Long("help") | Short('h') => return Ok(None),
            Value(word) if command.is_none() => {
                command = Some(match word.string()?.as_str() {
                    "create" => Command::Create,
                    "migrate" => Command::Migrate,
                    "status" => Command::Status,
                    "disable" => Command::Disable,
                    "enable" => Command::Enable,
                    "inventory" => Command::Inventory,
                    other => return Err(format!("there is no command {other}").into()),
                });
            }
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(command.map(|command| Options { command, service, confirm, within_grace, plan_only }))
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

async fn run() -> Done {
    let Some(options) = options()? else {
        println!("{HELP}");
        return Ok(());
    };
    match options.command {
        Command::Create => establish(&options, false).await,
        Command::Migrate => establish(&options, true).await,
        Command::Status => status(&options).await,
        Command::Disable => disable(&options).await,
        Command::Enable => enable(&options).await,
        Command::Inventory => inventory(&options).await,
    }
}

fn spec_for(site: &EncryptionSite) -> Result<EncryptionSpec, Box<dyn Error>> {
    let (link, addon) = ("vault".parse()?, "vaulted".parse()?);
    Ok(EncryptionSpec::new(link, site.app.clone(), site.plan.clone(), addon))
}

fn driver(world: &World, spec: &EncryptionSpec) -> Driver<EncryptionWorkflow> {
    let workflow = EncryptionWorkflow::new(spec.clone(), world.heroku(), world.aws());
    Driver::new(workflow, world.clock()).with_observer(Progress::new(world.clock()))
}

async fn establish(options: &Options, is_migration: bool) -> Done {
    let (world, site) = World::of_the_encryption_procedure(options.service);
    let mut spec = spec_for(&site)?;
    if is_migration {
        spec = spec.migrating(Migration::from(site.old_addon.clone()));
    }
    let link = driver(&world, &spec);
    println!("{}", link.plan(Goal::Established).await?);
    if options.plan_only {
        let caller = world.aws().caller_identity().await?;
        println!("IAM policy of the whole job:\n{}", spec.iam_policy(&caller, &site.region));
        return Ok(());
    }
    let started = world.now();
    let output = match link.establish().await {
        Ok(output) => output,
        Err(error @ ReconcileError::Blocked { .. }) => {
            println!("nothing was changed: {error}");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    print(&output);
    println!("simulated time {}", minutes(world.now().duration_since(started)?));
    in_order(&world)
}

fn print(output: &EncryptionOutput) {
    println!("\nadd-on         {} of app {}", output.addon, output.app);
    println!("key            {}", output.key);
    if let Some(alias) = &output.alias {
        println!("alias          {alias}");
    }
    if let Some(rotation) = output.rotation {
        println!("rotated every  {rotation}");
    }
    if let Some(old) = &output.replaced {
        let kept: Vec<_> = old.attachments.iter().map(ToString::to_string).collect();
        println!("old add-on     {}, attached as {}", old.addon, kept.join(", "));
    }
}

fn in_order(world: &World) -> Done {
    let orphans = world.orphans();
    if orphans.is_empty() { Ok(()) } else { Err(orphans.join("; ").into()) }
}

async fn status(options: &Options) -> Done {
    let (world, site) = World::of_the_encryption_procedure(options.service);
    let link = driver(&world, &spec_for(&site)?);
    let output = link.establish().await?;
    show(&link).await?;
    println!("somebody switches the key's rotation off\n");
    world.aws().disable_key_rotation(&output.key).await?;
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

/// A world with two add-ons under one key, and who may end that.
fn encrypted(service: DataService) -> Result<(World, KeyAccessSpec), Box<dyn Error>> {
    let (world, site) = World::of_the_encryption_procedure(service);
    let key = world.add_key(&KeySpec::new().open_to("021876802972"))?;
    let addon = AddonSpec::new(&site.app, "vaulted", site.plan.as_str());
    world.add_addon(&addon.attached_as("VAULTED").encrypted_with(&key))?;
    world.add_app("reports", Some(site.space.as_str()))?;
    let other = AddonSpec::new("reports", "reports-db", "heroku-postgresql:private-4");
    world.add_addon(&other.encrypted_with(&key))?;
    Ok((world, KeyAccessSpec::new("vault".parse()?, key)))
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
    let (world, spec) = encrypted(options.service)?;
    let consequences = access(&world, &spec).workflow().consequences().await?;
    println!("{consequences}");
    let Some(named) = &options.confirm else {
        println!("nothing was changed; to do it: disable --confirm {}", spec.key);
        return Ok(());
    };
    let confirmation = consequences.confirm(named).map_err(|error| error.to_string())?;
    let spec = spec.confirmed(confirmation);
    println!("{}", access(&world, &spec).plan(Goal::TornDown).await?);
    access(&world, &spec).teardown().await?;
    in_order(&world)
}

async fn enable(options: &Options) -> Done {
    const MINUTE: Duration = Duration::from_secs(60);
    let (world, spec) = encrypted(options.service)?;
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
    let (world, _) = encrypted(options.service)?;
    print!("{}", Inventory::read(&*world.heroku(), &*world.aws()).await?);
    Ok(())
}
