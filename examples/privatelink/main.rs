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
use heroku_data_link_examples::complain;

const HELP: &str = "\
Establishes a PrivateLink: on simulated clouds, where it is also verified and torn down, or on the
real ones.

usage: cargo run --example privatelink -- [options]

  --plan-only                    print the plan and the IAM policy of the job, change nothing
  --json                         print one JSON document instead of text
  --help                         print this

on simulated clouds:
  --service kvs|kafka|postgres   which data service (default: kvs)

on the real clouds (cargo run --example privatelink --features live -- --backend live ...), found
as the official CLIs find them: HEROKU_API_KEY or netrc, HEROKU_HOST, HEROKU_DATA_HOST; AWS_PROFILE
and its kin, AWS_REGION, AWS_ENDPOINT_URL:
  --backend live
  --link NAME                    your name for the link, which marks everything that it owns
  --addon ADDON                  the add-on, by name, UUID, attachment or config variable
  --vpc VPC                      the VPC that gets the endpoint
  --app APP                      the app to look the add-on up in (default: the add-on's own)
  --subnet SUBNET                a subnet for the endpoint; several may be named (default: one in
                                 every common zone)
  --probe                        then connect from here, stage by stage, and print how far it got
  --preflight                    ask AWS which IAM actions are missing, change nothing
  --teardown                     take the link apart instead
  --delete-endpoint-service      with --teardown: also on Heroku's side";

/// How far to go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Job {
    /// Ask what the caller may do.
    Preflight,
    /// Print the plan.
    Plan,
    /// Carry it out.
    Everything,
    /// Carry it out, and connect.
    Probe,
}

/// What the command line says.
struct Options {
    live: bool,
    job: Job,
    teardown: bool,
    json: bool,
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
        live: false,
        job: Job::Everything,
        teardown: false,
        json: false,
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
            Long("backend") => {
                options.live = match parser.value()?.string()?.as_str() {
                    "live" => true,
                    "mock" => false,
                    other => return Err(format!("--backend is live or mock, not {other}").into()),
                }
            }
            Long("service") => options.service = parser.value()?.parse()?,
            Long("link") => options.link = Some(parser.value()?.parse()?),
            Long("addon") => options.addon = Some(parser.value()?.parse()?),
            Long("vpc") => options.vpc = Some(parser.value()?.parse()?),
            Long("app") => options.app = Some(parser.value()?.parse()?),
            Long("subnet") => options.subnets.push(parser.value()?.parse()?),
            Long("plan-only") => options.job = Job::Plan,
            Long("probe") => options.job = Job::Probe,
            Long("preflight") => options.job = Job::Preflight,
            Long("teardown") => options.teardown = true,
            Long("delete-endpoint-service") => options.heroku_teardown = HerokuTeardown::Delete,
            Long("json") => options.json = true,
            Long("help") | Short('h') => return Ok(None),
            _ => return Err(argument.unexpected().into()),
        }
    }
    if options.job == Job::Probe && (!options.live || options.teardown) {
        return Err("--probe needs --backend live, and a link that is not torn down".into());
    }
    Ok(Some(options))
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

async fn run() -> Result<(), Box<dyn Error>> {
    match options()? {
        None => println!("{HELP}"),
        Some(options) if options.live => live(&options).await?,
        Some(options) => simulated::run(&options).await?,
    }
    Ok(())
}

#[cfg(feature = "live")]
use live::run as live;

#[cfg(not(feature = "live"))]
fn live(_: &Options) -> std::future::Ready<Result<(), Box<dyn Error>>> {
    std::future::ready(Err(
        "this build knows simulated clouds only: cargo run --example privatelink \
                            --features live -- --backend live …"
            .into(),
    ))
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
