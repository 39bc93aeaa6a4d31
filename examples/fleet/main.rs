//! The links of a company in one file: planned, converged, checked and torn down.
//!
//! ```sh
//! cargo run --example fleet -- apply examples/fleet.toml
//! cargo run --example fleet -- check examples/fleet.toml
//! ```
//!
//! The clouds are simulated unless `--backend live` says otherwise. The simulated ones remember what
//! was done to them in a file beside the fleet's, so that one command finds what the last one made.

#[cfg(feature = "live")]
mod live;
mod memories;
mod options;
mod progress;
mod simulated;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Display;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use heroku_data_link::fleet::{
    Fleet, FleetDriver, FleetLink, FleetReport, FleetSettings, Importable, LinkReport, Stray,
    importable, schema,
};
use heroku_data_link::link::{LinkSpec, Options as LinkOptions};
use heroku_data_link::model::{LinkId, TargetName};
use heroku_data_link::provider::Clouds;
use heroku_data_link::reconcile::{AuditLog, CallHook, Clock, Preflight};
use heroku_data_link_examples::{complain, documents};
use serde_json::{Value, json};

use memories::Memories;
use options::{Command, Options};
use progress::Progress;

type Failure = Box<dyn Error>;

/// The clouds of all targets, and the time that they go by.
struct Backend {
    clouds: BTreeMap<TargetName, Clouds>,
    clock: Arc<dyn Clock>,
}

/// How a command ended that did what it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Well,
    /// Something differs from the file, or is not done.
    Short,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut checks = false;
    let ended = async {
        let Some(options) = options::read()? else {
            println!("{}", options::HELP);
            return Ok(Ended::Well);
        };
        checks = matches!(options.command, Command::Check);
        run(&options).await
    };
    match ended.await {
        Ok(Ended::Well) => ExitCode::SUCCESS,
        // As well-known tools have it: 1 for what failed, 2 for what differs.
        Ok(Ended::Short) => ExitCode::from(if checks { 2 } else { 1 }),
        Err(error) => {
            complain(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<Ended, Failure> {
    if matches!(options.command, Command::Schema) {
        println!("{:#}", schema());
        return Ok(Ended::Well);
    }
    let document = documents::read(&options.file)?;
    let fleet = Fleet::from_value(document.clone())?;
    let memories = Arc::new(Memories::open(&options.memory, options.command.changes())?);
    if options.common.live {
        let backend = live(&fleet, options).await?;
        return carry_out(options, fleet, backend, &memories).await;
    }
    let mut world = simulated::Simulated::open(&options.file).await?;
    let backend = world.backend(&fleet, options.folder())?;
    match &options.command {
        Command::Drift(link) => {
            world.drift(link, &document).await?;
            println!("somebody has changed what link {link} made");
            Ok(Ended::Well)
        }
        Command::Rotate(link) => {
            world.rotate(link, &fleet, &document).await?;
            println!("somebody has rotated the credentials that link {link} leads to");
            Ok(Ended::Well)
        }
        command => {
            world.record(command, &document)?;
            carry_out(options, fleet, backend, &memories).await
        }
    }
}

#[cfg(feature = "live")]
use live::backend as live;

#[cfg(not(feature = "live"))]
fn live(_: &Fleet, _: &Options) -> std::future::Ready<Result<Backend, Failure>> {
    std::future::ready(Err(heroku_data_link_examples::without_live("fleet")))
}

async fn carry_out(
    options: &Options,
    fleet: Fleet,
    backend: Backend,
    memories: &Arc<Memories>,
) -> Result<Ended, Failure> {
    let progress = Arc::new(Progress::new(Arc::clone(&backend.clock), fleet.links().len()));
    let hooks = hooks(options.audit.as_deref())?;
    let how = |link: &FleetLink| {
        let (memory, store) = memories.of(link)?;
        let (observer, hooks) = (Some(Progress::observer(&progress)), hooks.clone());
        Ok(LinkOptions { memory, store: Some(store), observer, hooks, ..LinkOptions::default() })
    };
    let clock = Arc::clone(&backend.clock);
    let driver = fleet.open(&backend.clouds, clock, FleetSettings::default(), how).await?;
    let show = |document: Value, text: String| {
        if options.common.json { println!("{document:#}") } else { print!("{text}") }
    };
    match &options.command {
        Command::Plan { script: Some(link) } => {
            let plans = driver.plan().await.links;
            let plan = plans.into_iter().find(|plan| plan.link == *link);
            let plan = plan.ok_or_else(|| format!("link {link} is not in the file"))?;
            let Some(plan) = plan.plan else { return Err(plan.to_string().into()) };
            print!("{}", plan.script()?);
            Ok(Ended::Well)
        }
        Command::Plan { script: None } => {
            let (plan, strays) = (driver.plan().await, driver.strays().await?);
            let failed = plan.failed().next().is_some();
            let text = plan.to_string() + &not_in_file(&strays);
            show(json!({ "plan": plan, "not-in-file": strays }), text);
            Ok(if failed { Ended::Short } else { Ended::Well })
        }
        Command::Apply { prune } => {
            let report = driver.establish(stopped()).await;
            progress.finish();
            let pruned = if *prune && report.is_complete() {
                let left = memories.left(driver.fleet())?;
                let how = || LinkOptions { hooks: hooks.clone(), ..LinkOptions::default() };
                let pruned = self::prune(&driver, &left, how).await?;
                memories.forget(&pruned)?;
                Some(pruned)
            } else {
                None
            };
            finish(options, &report, pruned.as_ref())
        }
        Command::Destroy => {
            let report = driver.teardown(stopped()).await;
            progress.finish();
            memories.forget(&report)?;
            finish(options, &report, None)
        }
        Command::Check => {
            let (health, strays) = (driver.health().await, driver.strays().await?);
            let is_in_sync = health.is_ready();
            let verdict = if is_in_sync { "in sync\n" } else { "not in sync\n" };
            let text = health.to_string() + &not_in_file(&strays) + verdict;
            let is_unknown = health.has_unknown();
            show(json!({ "health": health, "not-in-file": strays }), text);
            match (is_in_sync, is_unknown) {
                (true, _) => Ok(Ended::Well),
                (false, true) => Err("some links could not be looked at".into()),
                (false, false) => Ok(Ended::Short),
            }
        }
        Command::Discover => {
            let found = driver.discovered().await?;
            let text = lines(&found);
            show(json!({ "links": found }), text);
            Ok(Ended::Well)
        }
        Command::Import { target, vpcs, spaces } => {
            let clouds =
                backend.clouds.get(target).ok_or(format!("there is no target {target}"))?;
            let taken: BTreeSet<LinkId> =
                driver.fleet().links().iter().map(|link| link.spec.link().clone()).collect();
            let found = importable(clouds, vpcs, spaces, &taken).await?;
            import(options, target, &found)?;
            Ok(Ended::Well)
        }
        Command::Policy => {
            let names = driver.fleet().targets().keys();
            let policies: BTreeMap<_, _> = names
                .filter_map(|name| {
                    Some((name.clone(), driver.fleet().iam_policy(name, driver.caller(name)?)))
                })
                .collect();
            let text = lines(
                policies
                    .iter()
                    .map(|(name, policy)| format!("# IAM policy for target {name}\n{policy}")),
            );
            show(json!(policies), text);
            Ok(Ended::Well)
        }
        Command::Preflight => preflight(&driver, show).await,
        Command::Schema | Command::Drift(_) | Command::Rotate(_) => Ok(Ended::Well),
    }
}

/// Tears down what is not in the file: what is remembered, by the spec that it had, and the rest by its
/// tags.
async fn prune(
    driver: &FleetDriver,
    remembered: &[(TargetName, LinkSpec)],
    how: impl Fn() -> LinkOptions,
) -> Result<FleetReport, Failure> {
    let mut reports = Vec::new();
    for (target, spec) in remembered {
        reports.push(driver.teardown_of(target, spec.clone(), &how).await);
    }
    // What could not be torn down by its spec is not torn down without it.
    let mut strays = driver.strays().await?;
    strays.retain(|stray| {
        let is_it =
            |report: &&LinkReport| report.link == stray.found.link && report.target == stray.target;
        reports.iter().find(is_it).is_none_or(|report| report.state.is_final())
    });
    reports.extend(driver.prune(&strays, how).await.links);
    Ok(FleetReport::of(reports))
}

async fn preflight(driver: &FleetDriver, show: impl Fn(Value, String)) -> Result<Ended, Failure> {
    let mut found = BTreeMap::new();
    for (link, answer) in driver.preflight().await {
        found.insert(link, answer?);
    }
    let text = lines(found.iter().map(|(link, found)| match found {
        Some(found) => format!("link {link}\n{}", found.to_string().trim_end()),
        None => format!("link {link}\nAWS rehearses none of its calls"),
    }));
    let is_clear = found.values().flatten().all(Preflight::is_clear);
    show(json!({ "preflight": found }), text);
    Ok(if is_clear { Ended::Well } else { Ended::Short })
}

fn not_in_file(strays: &[Stray]) -> String {
    lines(strays.iter().map(|it| format!("not in the file, torn down by `apply --prune`: {it}")))
}

fn lines(texts: impl IntoIterator<Item = impl Display>) -> String {
    texts.into_iter().fold(String::new(), |text, line| text + &line.to_string() + "\n")
}

/// Shows what came of the links, and leaves it in a file if that is wanted.
fn finish(
    options: &Options,
    report: &FleetReport,
    pruned: Option<&FleetReport>,
) -> Result<Ended, Failure> {
    let document = json!({ "links": report.links, "pruned": pruned.map(|it| &it.links) });
    if let Some(path) = &options.results {
        memories::replace(path, format!("{document:#}\n").as_bytes())?;
    }
    if options.common.json {
        println!("{document:#}");
    } else {
        print!("{report}");
        if let Some(pruned) = pruned {
            print!("not in the file:\n{pruned}");
        }
    }
    let is_complete = report.is_complete() && pruned.is_none_or(FleetReport::is_complete);
    if !is_complete {
        eprintln!("not all is done; the same command goes on from here");
    }
    Ok(if is_complete { Ended::Well } else { Ended::Short })
}

/// Prints the links that adopt what was made by hand, as the file would have them.
fn import(options: &Options, target: &TargetName, found: &[Importable]) -> Result<(), Failure> {
    if options.common.json {
        println!("{:#}", json!({ "target": target, "found": found }));
        return Ok(());
    }
    if found.is_empty() {
        println!("# nothing was found that belongs to no link");
    }
    for Importable { what, spec, .. } in found {
        let mut link = without_defaults(spec)?;
        link["target"] = json!(target);
        println!("# {what}\n{}", toml::to_string(&json!({ "links": [link] }))?);
    }
    Ok(())
}

/// A spec with what it does not say by itself left out.
fn without_defaults(spec: &LinkSpec) -> Result<Value, Failure> {
    const NEEDED: [&str; 6] = ["kind", "link", "addon", "vpc", "space", "key"];
    let mut fields = json!(spec);
    let mut least = fields.clone();
    let Some(all) = least.as_object_mut() else { return Ok(fields) };
    all.retain(|field, _| NEEDED.contains(&field.as_str()));
    let default = json!(serde_json::from_value::<LinkSpec>(least)?);
    if let Some(fields) = fields.as_object_mut() {
        fields.retain(|field, value| {
            NEEDED.contains(&field.as_str()) || default.get(field) != Some(&*value)
        });
    }
    Ok(fields)
}

fn hooks(audit: Option<&Path>) -> Result<Vec<Arc<dyn CallHook>>, Failure> {
    let Some(path) = audit else { return Ok(Vec::new()) };
    let file = OpenOptions::new().create(true).append(true).open(path);
    let file = file.map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(vec![Arc::new(AuditLog::new(file))])
}

/// Ready at the first Ctrl-C. The second one ends the program: every call that was sent stands in a
/// memory already.
async fn stopped() {
    if tokio::signal::ctrl_c().await.is_err() {
        return std::future::pending().await;
    }
    eprintln!("stopping: what is under way is finished; Ctrl-C again ends at once");
    tokio::spawn(async {
        if tokio::signal::ctrl_c().await.is_ok() {
            let _ = writeln!(std::io::stderr(), "ended; the same command goes on from here");
            std::process::exit(130);
        }
    });
}
