//! The published procedure for peering a Private Space with a VPC, as one call: plan, establish,
//! verify, tear down.
//!
//! ```sh
//! cargo run --example peering -- [--plan-only] [--json]
//! cargo run --example peering -- --spec examples/specs/peering.json
//! cargo run --example peering -- --plan-cidrs examples/cidrs.json
//! cargo run --example peering --features live -- --backend live \
//!     --link office --space acme --vpc vpc-0a1b2c3d4e5f60718 --plan-only
//! ```
//!
//! The clouds are simulated, so that ten minutes take no time, unless `--backend live` says
//! otherwise: then they are the real ones.

#[cfg(feature = "live")]
mod live;
mod simulated;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use heroku_data_link::addressing::CidrPlan;
use heroku_data_link::model::{LinkId, LinkKind, SpaceName, VpcId};
use heroku_data_link::peering::{PeeringOutput, PeeringSpec, RouteTableChoice, RouteWidth};
use heroku_data_link::reconcile::Goal;
use heroku_data_link_examples::given::Given;
use heroku_data_link_examples::options::{Common, HELP_OF_LIVE};
use heroku_data_link_examples::proof::{self, Proof};
use heroku_data_link_examples::{documents, exit_code, say};
use serde_json::json;

const HELP: &str = "\
Peers a Private Space with a VPC: on simulated clouds, where it is also verified and torn down, or
on the real ones.

usage: cargo run --example peering -- [options]

  --plan-only          print the plan and the IAM policy of the job, change nothing
  --json               print one JSON document instead of text
  --plan-cidrs FILE    only say which addresses of the plan in FILE (JSON or TOML) conflict, and which
                       are free for what is to be made; see examples/cidrs.json
  --help               print this

for a link of your own, on simulated clouds with their names and on the real ones:
  --spec FILE          all of its spec, in JSON or TOML: see examples/specs

for a link of your own on the real clouds, without a file:
  --link NAME          your name for the link, which marks everything that it owns
  --space SPACE        the Private Space
  --vpc VPC            the VPC that asks for the peering
  --all-route-tables   lead every route table of the VPC to the space (default: the main one)
  --whole-vpc          lead to the whole VPC of the space (default: where its dynos live)

for any link:
  --verify                       on the real clouds: only look whether the link is as its spec wants it
  --app APP                      a web app that the probe report must have; several may be named
";

/// What describes a link, and is in its spec too.
const OWN: [&str; 5] = ["link", "space", "vpc", "all-route-tables", "whole-vpc"];

#[derive(Default)]
struct Options {
    common: Common,
    verify: bool,
    proof: Proof,
    spec: Option<PeeringSpec>,
    plan_cidrs: Option<PathBuf>,
    link: Option<LinkId>,
    space: Option<SpaceName>,
    vpc: Option<VpcId>,
    route_tables: RouteTableChoice,
    route_width: RouteWidth,
}

fn options() -> Result<Option<Options>, Box<dyn Error>> {
    use lexopt::prelude::*;
    let mut options = Options::default();
    let mut spec: Option<PathBuf> = None;
    let mut given = Given::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        given.note(&argument);
        match argument {
            Long("spec") => spec = Some(parser.value()?.into()),
            Long("link") => options.link = Some(parser.value()?.parse()?),
            Long("space") => options.space = Some(parser.value()?.parse()?),
            Long("vpc") => options.vpc = Some(parser.value()?.parse()?),
            Long("all-route-tables") => options.route_tables = RouteTableChoice::All,
            Long("whole-vpc") => options.route_width = RouteWidth::WholeVpc,
            Long("verify") => options.verify = true,
            Long("probe-report") => options.proof.read(Path::new(&parser.value()?))?,
            Long("probe-report-age") => {
                options.proof.read_age(&parser.value()?.to_string_lossy())?;
            }
            Long("app") => options.proof.apps.push(parser.value()?.string()?),
            Long("plan-cidrs") => options.plan_cidrs = Some(parser.value()?.into()),
            Long("help") | Short('h') => return Ok(None),
            Long(other) => {
                let other = other.to_owned();
                options.common.take(&other, &mut parser)?;
            }
            _ => return Err(argument.unexpected().into()),
        }
    }
    let common = &options.common;
    given.check(common, &OWN, &[])?;
    options.proof.check()?;
    if options.proof.report.is_some() && options.proof.apps.is_empty() {
        return Err("--probe-report needs the apps that were probed; see --app in --help".into());
    }
    if options.verify && (common.plan_only || common.script || common.goal == Goal::TornDown) {
        return Err("--verify changes nothing, and stands alone; see --help".into());
    }
    if common.live && options.proof.report.is_some() && !options.verify {
        return Err("--probe-report needs --verify; see --help".into());
    }
    if let Some(file) = spec {
        if options.plan_cidrs.is_some() {
            return Err("--plan-cidrs and --spec exclude each other; see --help".into());
        }
        options.spec = Some(documents::spec(&file, LinkKind::Peering)?);
    }
    Ok(Some(options))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let Some(options) = options()? else {
        say(&format!("{HELP}{}\n\n{HELP_OF_LIVE}\n", proof::HELP));
        return Ok(());
    };
    match &options.plan_cidrs {
        Some(file) => plan_cidrs(file, options.common.json),
        None if options.common.live => live(&options).await,
        None => simulated::run(&options).await,
    }
}

#[cfg(feature = "live")]
use live::run as live;

#[cfg(not(feature = "live"))]
fn live(_: &Options) -> std::future::Ready<Result<(), Box<dyn Error>>> {
    std::future::ready(Err(heroku_data_link_examples::without_live("peering")))
}

/// Prints what conflicts in a plan of addresses, and which blocks to take for what is to be made.
fn plan_cidrs(file: &Path, json: bool) -> Result<(), Box<dyn Error>> {
    let plan: CidrPlan = documents::parse(file)?;
    let report = plan.report()?;
    if json {
        println!("{:#}", json!(report));
    } else {
        print!("{report}");
    }
    Ok(())
}

fn print(output: &PeeringOutput) {
    println!("\npeering        {}", output.peering);
    println!("space          {} ({} in {})", output.space, output.space_vpc, output.space_region);
    println!("VPC            {} ({})", output.vpc, output.vpc_cidrs);
    println!("routed         {}", output.routed_cidrs);
    for table in &output.route_tables {
        println!("route table    {table}");
    }
    println!("how to use it  {}", output.advice());
}
