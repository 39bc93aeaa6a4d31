//! The published PrivateLink procedure as one call: plan, establish, verify, tear down.
//!
//! ```sh
//! cargo run --example privatelink -- [--service kvs|kafka|postgres] [--plan-only] [--json]
//! cargo run --example privatelink --features live -- --backend live \
//!     --link cache --addon redis-kvs-12345 --vpc vpc-0a1b2c3d4e5f60718 --plan-only
//! ```
//!
//! The clouds are simulated unless `--backend live` says otherwise: then they are the real ones.

#[cfg(feature = "live")]
mod live;
mod simulated;

use std::error::Error;
use std::process::ExitCode;

use heroku_data_link::model::{AddonRef, AppName, DataService, LinkId, SubnetId, VpcId};
use heroku_data_link::privatelink::{HerokuTeardown, PrivateLinkOutput};
use heroku_data_link::reconcile::Goal;
use heroku_data_link_examples::exit_code;
use heroku_data_link_examples::options::{Common, HELP_OF_LIVE};

const HELP: &str = "\
Establishes a PrivateLink: on simulated clouds, where it is also verified and torn down, or on the
real ones.

usage: cargo run --example privatelink -- [options]

  --plan-only                    print the plan and the IAM policy of the job, change nothing
  --json                         print one JSON document instead of text
  --help                         print this

on simulated clouds:
  --service kvs|kafka|postgres   which data service (default: kvs)

for a link of your own:
  --link NAME                    your name for the link, which marks everything that it owns
  --addon ADDON                  the add-on, by name, UUID, attachment or config variable
  --vpc VPC                      the VPC that gets the endpoint
  --app APP                      the app to look the add-on up in (default: the add-on's own)
  --subnet SUBNET                a subnet for the endpoint; several may be named (default: one in
                                 every common zone)
  --probe                        then connect from here, stage by stage, and print how far it got
  --preflight                    ask AWS which IAM actions are missing, change nothing
  --delete-endpoint-service      with --teardown: also on Heroku's side
";

/// What the command line says.
struct Options {
    common: Common,
    preflight: bool,
    probe: bool,
    service: DataService,
    link: Option<LinkId>,
    addon: Option<AddonRef>,
    vpc: Option<VpcId>,
    app: Option<AppName>,
    subnets: Vec<SubnetId>,
    heroku_teardown: HerokuTeardown,
}

fn options() -> Result<Option<Options>, Box<dyn Error>> {
    use lexopt::prelude::*;
    let mut options = Options {
        common: Common::default(),
        preflight: false,
        probe: false,
        service: DataService::KeyValueStore,
        link: None,
        addon: None,
        vpc: None,
        app: None,
        subnets: Vec::new(),
        heroku_teardown: HerokuTeardown::Keep,
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("service") => options.service = parser.value()?.parse()?,
            Long("link") => options.link = Some(parser.value()?.parse()?),
            Long("addon") => options.addon = Some(parser.value()?.parse()?),
            Long("vpc") => options.vpc = Some(parser.value()?.parse()?),
            Long("app") => options.app = Some(parser.value()?.parse()?),
            Long("subnet") => options.subnets.push(parser.value()?.parse()?),
            Long("probe") => options.probe = true,
            Long("preflight") => options.preflight = true,
            Long("delete-endpoint-service") => options.heroku_teardown = HerokuTeardown::Delete,
            Long("help") | Short('h') => return Ok(None),
            Long(other) => {
                let other = other.to_owned();
                options.common.take(&other, &mut parser)?;
            }
            _ => return Err(argument.unexpected().into()),
        }
    }
    let common = &options.common;
    if options.probe && !common.live {
        return Err("--probe needs --backend live: behind a simulated link is nothing".into());
    }
    if options.probe
        && (options.preflight || common.plan_only || common.script || common.goal == Goal::TornDown)
    {
        return Err("--probe needs a link that is established; see --help".into());
    }
    Ok(Some(options))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    match options()? {
        None => println!("{HELP}\n{HELP_OF_LIVE}"),
        Some(options) if options.common.live => live(&options).await?,
        Some(options) => simulated::run(&options).await?,
    }
    Ok(())
}

#[cfg(feature = "live")]
use live::run as live;

#[cfg(not(feature = "live"))]
fn live(_: &Options) -> std::future::Ready<Result<(), Box<dyn Error>>> {
    std::future::ready(Err(heroku_data_link_examples::without_live("privatelink")))
}

fn print(output: &PrivateLinkOutput) {
    println!("\nservice name   {}", output.service_name);
    println!("endpoint       {}", output.endpoint);
    for name in &output.dns_names {
        println!("DNS name       {name}");
    }
    for connection in &output.connections {
        println!("variable       {}", connection.variable);
        println!("URL            {}", connection.url);
        println!("how to connect {}", connection.advice());
    }
}
