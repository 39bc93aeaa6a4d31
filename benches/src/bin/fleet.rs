//! Works many links at once, and prints time, memory and requests.
//!
//! ```sh
//! cargo run --release -p heroku-data-link-benches --bin fleet -- bare 1000
//! cargo run --release -p heroku-data-link-benches --bin fleet -- fleet 1000
//! cargo run --release -p heroku-data-link-benches --bin fleet -- keep 10000
//! ```
//!
//! `bare` establishes that many links of mixed kinds with a driver each, all at once; `fleet` does the
//! same through a fleet; `keep` holds that many in sync for a simulated hour, each looked at once.

use std::collections::BTreeMap;
use std::fs;
use std::future::pending;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use heroku_data_link::fleet::{Fleet, FleetDriver, FleetSettings};
use heroku_data_link::link::{Link, LinkSpec, Options};
use heroku_data_link::provider::Clouds;
use heroku_data_link::reconcile::Clock;
use heroku_data_link_benches::{Failure, block_on, peak_kib};
use heroku_data_link_mock::{VpcSpec, World};
use serde_json::{Value, json};

/// What Heroku answers to one token in an hour.
const BUDGET: usize = 4500;
const HOUR: Duration = Duration::from_secs(3600);

fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let what = words.next().unwrap_or_else(|| "fleet".to_owned());
    let links: u16 = words.next().map_or(Ok(1000), |text| text.parse())?;
    match what.as_str() {
        "bare" => {
            establish("a driver each", links, |world, documents| block_on(bare(world, documents)))
        }
        "fleet" => {
            establish("a fleet", links, |world, documents| block_on(fleet(world, documents)))
        }
        "keep" => keep(links),
        _ => Err("it must be bare, fleet or keep".into()),
    }
}

/// So many links: of fifty, five encryptions and an endpoint to the add-on of each, a peering (AWS takes
/// 25 requests at a time), and endpoints to Key-Value Stores.
fn mixed(world: &World, links: u16) -> Result<Vec<Value>, Failure> {
    let mut specs = Vec::new();
    for number in 0..links {
        let link = format!("link-{number}");
        specs.push(match number % 10 {
            0 => {
                let (app, space) = (format!("vault-{number}"), format!("vaults-{number}"));
                world.add_space(&space, "virginia")?;
                world.add_app(&app, Some(&space))?;
                json!({ "kind": "encryption", "link": link, "app": app,
                        "plan": "heroku-redis:private-7", "addon": format!("vaulted-{number}") })
            }
            1 => {
                let addon = format!("vaulted-{}", number - 1);
                let site = world.add_link_site(number);
                json!({ "kind": "privatelink", "link": link, "addon": addon, "vpc": site.vpc })
            }
            2 if number % 50 == 2 => {
                let space = format!("space-{number}");
                world.add_space(&space, "virginia")?;
                let vpc = world.add_vpc(&VpcSpec::new(["172.20.0.0/24"]))?;
                json!({ "kind": "peering", "link": link, "space": space, "vpc": vpc })
            }
            _ => {
                let site = world.add_link_site(number);
                json!({ "kind": "privatelink", "link": link, "addon": site.addon.as_str(),
                        "vpc": site.vpc })
            }
        });
    }
    Ok(specs)
}

fn document(links: &[Value]) -> Value {
    json!({
        "targets": { "main": { "account": "123456789101", "region": "us-east-1" } },
        "links": links,
    })
}

async fn open(world: &World, links: &[Value]) -> Result<FleetDriver, Failure> {
    let fleet = Fleet::from_value(document(links))?;
    let both = Clouds::new(world.heroku(), world.aws());
    let clouds: BTreeMap<_, _> =
        fleet.targets().keys().map(|name| (name.clone(), both.clone())).collect();
    let settings = FleetSettings { passes: 64, passes_per_account: 64, ..FleetSettings::default() };
    Ok(fleet.open(&clouds, world.clock(), settings, |_| Ok(Options::default())).await?)
}

async fn fleet(world: &World, links: &[Value]) -> Result<(), Failure> {
    let report = open(world, links).await?.establish(pending()).await;
    if report.is_complete() { Ok(()) } else { Err(report.to_string().into()) }
}

/// Without a fleet somebody has to know which links come before others.
async fn bare(world: &World, links: &[Value]) -> Result<(), Failure> {
    let is_late = |link: &Value| {
        link["kind"] == "privatelink"
            && link["addon"].as_str().is_some_and(|addon| addon.starts_with("vaulted-"))
    };
    for late in [false, true] {
        let specs = links.iter().filter(|link| is_late(link) == late);
        let opened = specs.map(|spec| -> Result<Box<dyn Link>, Failure> {
            let spec: LinkSpec = serde_json::from_value(spec.clone())?;
            let clouds = Clouds::new(world.heroku(), world.aws());
            Ok(spec.open(&clouds, world.clock(), Options::default())?)
        });
        let opened = opened.collect::<Result<Vec<_>, _>>()?;
        try_join_all(opened.iter().map(|link| link.establish())).await?;
    }
    Ok(())
}

fn establish(
    name: &str,
    links: u16,
    work: impl Fn(&World, &[Value]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let world = World::new();
    world.journal_mutations_only();
    let specs = mixed(&world, links)?;
    let idle = peak_kib("self")?;
    #[allow(clippy::disallowed_methods)] // What is measured is real time.
    let began = Instant::now();
    let simulated = world.now();
    work(&world, &specs)?;
    let (seconds, peak) = (began.elapsed().as_secs_f64(), peak_kib("self")?);
    let took = world.now().duration_since(simulated)?.as_secs() / 60;
    let cpu = cpu_ms()?;
    // Once more, for what each cloud was asked.
    let world = World::new();
    let specs = mixed(&world, links)?;
    work(&world, &specs)?;
    let (heroku, aws) = requests(&world, 0);
    println!(
        "| links, worked by | seconds | CPU, ms | MiB more | simulated minutes | to Heroku | hours of one budget | to AWS |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    println!(
        "| {links}, {name} | {seconds:.2} | {cpu} | {:.1} | {took} | {heroku} | {:.1} | {aws} |",
        mib(peak.saturating_sub(idle)),
        hours(heroku),
    );
    Ok(())
}

fn keep(links: u16) -> Result<(), Failure> {
    let world = World::new();
    let specs: Vec<_> = (0..links)
        .map(|number| {
            let site = world.add_link_site(number);
            json!({ "kind": "privatelink", "link": format!("link-{number}"),
                    "addon": site.addon.as_str(), "vpc": site.vpc })
        })
        .collect();
    let (report, minutes, (heroku, aws)) = block_on(async {
        let driver = open(&world, &specs).await?;
        let report = driver.establish(pending()).await;
        if !report.is_complete() {
            return Err("not all links were established".into());
        }
        // Each has been looked at, and what does not change is known.
        let clock = world.clock();
        let (before, mut minutes, mut last) = (world.calls(), Vec::new(), world.calls());
        let watch = async {
            for _ in 0..60 {
                clock.sleep(HOUR / 60).await;
                minutes.push(world.calls() - last);
                last = world.calls();
            }
        };
        let report = driver.keep(HOUR, watch, |_| {}).await;
        Ok((report, minutes, requests(&world, before)))
    })?;
    if !report.links.iter().all(|link| link.state.is_final()) {
        return Err("not all links are in sync".into());
    }
    let (least, most) = (minutes.iter().min().unwrap_or(&0), minutes.iter().max().unwrap_or(&0));
    println!(
        "| links held for an hour | to Heroku | hours of one budget | to AWS | in a minute, least and \
         most | MiB at the peak |"
    );
    println!("| ---: | ---: | ---: | ---: | ---: | ---: |");
    println!(
        "| {links} | {heroku} | {:.1} | {aws} | {least} and {most} | {:.0} |",
        hours(heroku),
        mib(peak_kib("self")?),
    );
    Ok(())
}

/// Requests to Heroku and AWS since so many calls.
fn requests(world: &World, since: usize) -> (usize, usize) {
    let journal = world.journal().split_off(since);
    let heroku = journal.iter().filter(|call| call.operation.starts_with("heroku:")).count();
    (heroku, journal.len() - heroku)
}

#[allow(clippy::cast_precision_loss)]
fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

#[allow(clippy::cast_precision_loss)]
fn hours(requests: usize) -> f64 {
    requests as f64 / BUDGET as f64
}

/// User and system time of this process, in ticks of 10 ms.
fn cpu_ms() -> Result<u64, Failure> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The fields after the name, which is in parentheses and may hold anything.
    let (_, fields) = stat.rsplit_once(") ").ok_or("no fields")?;
    let field = |index: usize| -> Result<u64, Failure> {
        Ok(fields.split(' ').nth(index).ok_or("too few fields")?.parse()?)
    };
    Ok((field(11)? + field(12)?) * 10)
}
