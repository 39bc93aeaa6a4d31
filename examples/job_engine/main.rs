//! A job engine that works links of all kinds from one queue, is killed, and goes on from its file.
//!
//! ```sh
//! cargo run --example job_engine -- [--links 20] [--jobs FILE]
//! ```
//!
//! The library never sleeps here. A pass ([`Link::reconcile_once`](heroku_data_link::link::Link) or
//! `teardown_once`) returns when to come again, and an error says so by `error.again(…)`; the queue
//! keeps that time. Every pass is made by a new driver, which gets the memory that the last one left
//! and a store for it, so nothing but the file needs to survive:
//!
//! - a job engine or a queue worker takes a job that is due, makes one pass, and puts it back;
//! - a Kubernetes controller keeps spec and memory in the resource and its status, and returns the
//!   time as its requeue;
//! - a cron job makes one pass over every link whose time has come, and ends.
//!
//! Where a link may be torn down while somebody is still establishing it, look again
//! `Settings::grace` after a teardown is done: what was made last may not have been visible.
//!
//! The clouds are simulated, and so is the time. It is a bad day: calls fail, some have had their
//! effect all the same, and the process ends at the worst moment, when AWS has made the key and
//! nobody knows it yet. `engine` knows nothing of all that, and would work real clouds as it is.

mod engine;

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use engine::{Engine, Job, JobFile, State};
use heroku_data_link::key_access::KeyAccessWorkflow;
use heroku_data_link::link::LinkSpec;
use heroku_data_link::model::{AccountId, AwsRegion};
use heroku_data_link::provider::{Clouds, ErrorKind, operation};
use heroku_data_link::reconcile::{CallHook, Goal, Refused, Sending};
use heroku_data_link_examples::{exit_code, minutes, say};
use heroku_data_link_mock::{Fault, When, World};
use serde_json::{Value, json};

const HELP: &str = "\
Works links of all kinds from one queue on simulated clouds, is killed, and goes on from its file.

usage: cargo run --example job_engine -- [options]

  --links N     how many PrivateLinks to Key-Value Stores, beside one link of every other kind
                (default: 20)
  --jobs FILE   a new file for the queue, which stays (default: one that is deleted)
  --help        print this
";

type Done = Result<(), Box<dyn Error>>;

struct Options {
    links: u16,
    jobs: Option<PathBuf>,
}

fn options() -> Result<Option<Options>, lexopt::Error> {
    use lexopt::prelude::*;
    let mut options = Options { links: 20, jobs: None };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("links") => options.links = parser.value()?.parse()?,
            Long("jobs") => options.jobs = Some(parser.value()?.into()),
            Long("help") | Short('h') => return Ok(None),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Some(options))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> Done {
    let Some(Options { links, jobs }) = options()? else {
        say(HELP);
        return Ok(());
    };
    let Some(path) = jobs else {
        let name = format!("heroku-data-link-jobs-{}.json", std::process::id());
        let path = std::env::temp_dir().join(name);
        let ran = live_through(links, &path).await;
        std::fs::remove_file(&path)?;
        return ran;
    };
    if path.exists() {
        // Its links are in a simulated world that ended with the process that wrote it.
        return Err(format!("{} is there already; name a new file", path.display()).into());
    }
    live_through(links, &path).await
}

/// The whole story: queued, killed, resumed, established, torn down.
async fn live_through(links: u16, path: &Path) -> Done {
    let world = World::of_all_procedures();
    enqueue(&world, links, path)?;
    let before = world.fingerprint();
    bad_day(&world);

    let started = world.now();
    work(&world, path).await?;
    report(&world, path, "established", started)?;

    let started = world.now();
    let file = JobFile::open(path)?;
    file.change(|jobs| jobs.values_mut().for_each(|job| job.reopen(Goal::TornDown, started)))?;
    world.crash_at(usize::from(links) + 2, When::Before);
    work(&world, path).await?;
    confirm(&world, path).await?;
    work(&world, path).await?;
    report(&world, path, "torn down", started)?;
    look_for_remains(&world, &before)
}

/// Now and then a call fails, and has had its effect all the same.
fn bad_day(world: &World) {
    world.clear_faults();
    for nth in [3, 40, 77] {
        world.fault(Fault::on_any_mutation().nth(nth).after(ErrorKind::Timeout));
    }
    world.throttle(operation::DESCRIBE_VPC_ENDPOINTS, 20, Some(Duration::from_secs(30)));
}

/// The clouds with the credentials of an account and for a region.
fn clouds(world: &World) -> impl Fn(&AccountId, &AwsRegion) -> Clouds + use<> {
    let world = world.clone();
    move |account, region| {
        Clouds::new(world.heroku(), world.aws_in(account.clone(), region.clone()))
    }
}

/// Writes the queue: so many private links to Key-Value Stores, one each to Kafka and Postgres, a
/// peering from another account, and an add-on under a key of its own.
fn enqueue(world: &World, links: u16, path: &Path) -> Done {
    let (mine, other) = ("123456789101", "435886841536");
    let mut specs: Vec<(&str, Value)> = Vec::new();
    let private_link = |link: &str, addon: &str, vpc: &str| {
        json!({ "kind": "privatelink", "link": link, "addon": addon, "vpc": vpc,
                "heroku-teardown": "delete" })
    };
    for number in 0..links {
        let site = world.add_link_site(number);
        let link = format!("site-{number}");
        specs.push((mine, private_link(&link, site.addon.as_str(), site.vpc.as_str())));
    }
    for addon in ["kafka-sushi-12345", "postgresql-cubed-12345"] {
        specs.push((mine, private_link(addon, addon, "vpc-0a1b2c3d4e5f60718")));
    }
    let peering = json!({ "kind": "peering", "link": "office", "space": "enablement-jp",
                          "vpc": "vpc-0cb1a66017eed9372" });
    specs.push((other, peering));
    let encryption = json!({ "kind": "encryption", "link": "vault", "app": "your-app-name",
                             "plan": "heroku-redis:private-7", "addon": "vaulted" });
    specs.push((mine, encryption));

    let mut queue = Vec::new();
    for (account, spec) in specs {
        let spec: LinkSpec = serde_json::from_value(spec)?;
        // The encryption comes when the others are half-way.
        let later = if matches!(spec, LinkSpec::Encryption(_)) { 300 } else { 0 };
        let home: (AccountId, AwsRegion) = (account.parse()?, "us-east-1".parse()?);
        let due = world.now() + Duration::from_secs(later);
        let clouds = clouds(world)(&home.0, &home.1);
        queue.push((spec.link().clone(), Job::new(spec, home, &clouds, due)?));
    }
    println!("{} links queued in {}", queue.len(), path.display());
    JobFile::open(path)?.change(|jobs| jobs.extend(queue))?;
    Ok(())
}

/// Works the queue to its end, with a new engine each time that one is killed: the file and the
/// clouds are all that is left of it.
async fn work(world: &World, path: &Path) -> Done {
    const KILLS: usize = 3;
    for _ in 0..=KILLS {
        let engine = Engine {
            file: Arc::new(JobFile::open(path)?),
            clock: world.clock(),
            clouds: clouds(world),
            hooks: vec![Arc::new(Killer(world.clone()))],
        };
        let calls = tokio::select! {
            worked = engine.work() => return worked,
            () = world.crashed() => world.journal(),
        };
        drop(engine);
        bad_day(world);
        let file = JobFile::open(path)?;
        let jobs = file.jobs();
        println!(
            "killed after {} passes, in {}; a new engine resumes from the file: {} of {} links are done",
            jobs.values().map(|job| job.passes).sum::<u32>(),
            calls.last().map_or("no call", |call| call.operation),
            jobs.values().filter(|job| job.state == State::Done).count(),
            jobs.len(),
        );
    }
    Err(format!("killed more than {KILLS} times").into())
}

/// Ends the program when AWS has made a key, before anybody learns of it.
#[derive(Debug)]
struct Killer(World);

#[async_trait]
impl CallHook for Killer {
    async fn before(&self, sending: &Sending<'_>) -> Result<(), Refused> {
        if sending.call.operation() == operation::CREATE_KEY {
            self.0.crash_at(1, When::After);
        }
        Ok(())
    }
}

/// What a person does about the jobs that wait for one: nobody but a person ends the use of a key.
async fn confirm(world: &World, path: &Path) -> Done {
    let file = JobFile::open(path)?;
    let parked: Vec<Job> = file
        .jobs()
        .values()
        .filter(|job| matches!(job.state, State::Parked { .. }))
        .cloned()
        .collect();
    for mut job in parked {
        let (State::Parked { why }, LinkSpec::KeyAccess(spec)) = (&job.state, &job.spec) else {
            continue;
        };
        println!("waits for a person: {why}");
        let Clouds { heroku, aws, .. } = clouds(world)(&job.account, &job.region);
        let consequences = KeyAccessWorkflow::new(spec.clone(), heroku, aws).consequences().await?;
        println!("a person confirms:\n{consequences}");
        let confirmation = consequences.confirm(spec.key.as_str())?;
        job.spec = spec.clone().confirmed(confirmation).into();
        job.reopen(Goal::TornDown, world.now());
        file.change(|jobs| drop(jobs.insert(job.spec.link().clone(), job)))?;
    }
    Ok(())
}

fn report(world: &World, path: &Path, what: &str, started: SystemTime) -> Done {
    let file = JobFile::open(path)?;
    let jobs = file.jobs();
    for (link, job) in jobs.iter() {
        if let State::Parked { why } = &job.state {
            return Err(format!("{link} is not {what}: {why}").into());
        }
    }
    println!(
        "{} links {what} in {} of simulated time: {} passes, of which {} failed",
        jobs.len(),
        minutes(world.now().duration_since(started)?),
        jobs.values().map(|job| job.passes).sum::<u32>(),
        jobs.values().map(|job| job.failed).sum::<u32>(),
    );
    Ok(())
}

/// Whether the world is as it was, but for one key, the add-on under it, and the app that has it.
fn look_for_remains(world: &World, before: &str) -> Done {
    let after = world.fingerprint();
    let before: BTreeSet<&str> = before.lines().collect();
    let mut new: Vec<&str> = after.lines().filter(|line| !before.contains(line)).collect();
    new.sort_unstable();
    let gone = before.len() + new.len() - after.lines().count();
    if !world.orphans().is_empty() {
        return Err(world.orphans().join("; ").into());
    }
    let [addon, app, key] = new[..] else {
        return Err(format!("left behind:\n{}", new.join("\n")).into());
    };
    let is_expected = addon.starts_with("add-on vaulted ")
        && app.starts_with("app your-app-name ")
        && key.starts_with("key ")
        && gone == 1;
    if !is_expected {
        return Err(format!("{gone} things are gone; left behind:\n{}", new.join("\n")).into());
    }
    println!("exactly one key was made; it and its add-on are kept, as no teardown destroys data");
    println!("nothing else is left behind");
    Ok(())
}
