//! The published PrivateLink procedure as one call: plan, establish, verify, tear down.
//!
//! ```sh
//! cargo run --example privatelink -- [--service kvs|kafka|postgres] [--plan-only] [--json]
//! cargo run --example privatelink -- --spec examples/specs/privatelink.toml
//! cargo run --example privatelink --features live -- --backend live \
//!     --link cache --addon redis-kvs-12345 --vpc vpc-0a1b2c3d4e5f60718 --plan-only
//! ```
//!
//! The clouds are simulated unless `--backend live` says otherwise: then they are the real ones.

#[cfg(feature = "live")]
mod live;
mod simulated;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use heroku_data_link::model::{AddonRef, AppName, DataService, LinkId, LinkKind, SubnetId, VpcId};
use heroku_data_link::privatelink::{HerokuTeardown, PrivateLinkOutput, PrivateLinkSpec};
use heroku_data_link::reconcile::Goal;
use heroku_data_link_examples::given::Given;
use heroku_data_link_examples::options::{Common, HELP_OF_LIVE};
use heroku_data_link_examples::proof::{self, Proof};
use heroku_data_link_examples::{documents, exit_code, say};

const HELP: &str = "\
Establishes a PrivateLink: on simulated clouds, where it is also verified and torn down, or on the
real ones.

usage: cargo run --example privatelink -- [options]

  --plan-only                    print the plan and the IAM policy of the job, change nothing
  --json                         print one JSON document instead of text
  --help                         print this

on simulated clouds:
  --service kvs|kafka|postgres   which data service (default: kvs)

for a link of your own, on simulated clouds with their names and on the real ones:
  --spec FILE                    all of its spec, in JSON or TOML: see examples/specs

for a link of your own on the real clouds, without a file:
  --link NAME                    your name for the link, which marks everything that it owns
  --addon ADDON                  the add-on, by name, UUID, attachment or config variable
  --vpc VPC                      the VPC that gets the endpoint
  --app APP                      the app to look the add-on up in (default: the add-on's own)
  --subnet SUBNET                a subnet for the endpoint; several may be named (default: one in
                                 every common zone)
  --delete-endpoint-service      with --teardown: also on Heroku's side

for any link:
  --preflight                    ask AWS which IAM actions are missing, change nothing
  --probe                        on the real clouds: then connect from here, stage by stage, and print
                                 how far it got
  --verify                       on the real clouds: only look whether the link is as its spec wants it
";

/// What describes a link, and is in its spec too.
const OWN: [&str; 6] = ["link", "addon", "vpc", "app", "subnet", "delete-endpoint-service"];

/// What the command line says.
struct Options {
    common: Common,
    preflight: bool,
    probe: bool,
    verify: bool,
    proof: Proof,
    service: DataService,
    spec: Option<PrivateLinkSpec>,
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
        verify: false,
        proof: Proof::default(),
        service: DataService::KeyValueStore,
        spec: None,
        link: None,
        addon: None,
        vpc: None,
        app: None,
        subnets: Vec::new(),
        heroku_teardown: HerokuTeardown::Keep,
    };
    let mut spec: Option<PathBuf> = None;
    let mut given = Given::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        given.note(&argument);
        match argument {
            Long("spec") => spec = Some(parser.value()?.into()),
            Long("service") => options.service = parser.value()?.parse()?,
            Long("link") => options.link = Some(parser.value()?.parse()?),
            Long("addon") => options.addon = Some(parser.value()?.parse()?),
            Long("vpc") => options.vpc = Some(parser.value()?.parse()?),
            Long("app") => options.app = Some(parser.value()?.parse()?),
            Long("subnet") => options.subnets.push(parser.value()?.parse()?),
            Long("probe") => options.probe = true,
            Long("verify") => options.verify = true,
            Long("probe-report") => options.proof.read(Path::new(&parser.value()?))?,
            Long("probe-report-age") => {
                options.proof.read_age(&parser.value()?.to_string_lossy())?;
            }
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
    given.check(common, &OWN, &["service"])?;
    if options.probe && !common.live {
        return Err("--probe needs --backend live: behind a simulated link is nothing".into());
    }
    if options.probe
        && (options.preflight || common.plan_only || common.script || common.goal == Goal::TornDown)
    {
        return Err("--probe needs a link that is established; see --help".into());
    }
    options.proof.check()?;
    if options.verify
        && (options.probe
            || options.preflight
            || common.plan_only
            || common.script
            || common.goal == Goal::TornDown)
    {
        return Err("--verify changes nothing, and stands alone; see --help".into());
    }
    if common.live && options.proof.report.is_some() && !options.verify {
        return Err("--probe-report needs --verify; see --help".into());
    }
    if let Some(file) = spec {
        options.spec = Some(documents::spec(&file, LinkKind::PrivateLink)?);
    }
    Ok(Some(options))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    match options()? {
        None => say(&format!("{HELP}{}\n\n{HELP_OF_LIVE}\n", proof::HELP)),
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
    for copy in &output.delivered {
        println!("delivered to   {} {} (stamp {})", copy.to, copy.name, copy.stamp);
    }
}
