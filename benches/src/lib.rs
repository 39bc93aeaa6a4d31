//! What the benches share: a link, a peering, and a fleet of links.

use std::error::Error;
use std::fs;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::try_join_all;
use heroku_data_link::bundle::Destination;
use heroku_data_link::encryption::{EncryptionSpec, EncryptionWorkflow};
use heroku_data_link::model::DataService;
use heroku_data_link::peering::{PeeringSpec, PeeringWorkflow, RouteTableChoice, RouteWidth};
use heroku_data_link::privatelink::{HerokuTeardown, PrivateLinkSpec, PrivateLinkWorkflow};
use heroku_data_link::provider::Clouds;
use heroku_data_link::reconcile::{Driver, Memory, MemoryStore};
use heroku_data_link_mock::{RouteTableSpec, World};

/// What a bench may fail with.
pub type Failure = Box<dyn Error>;

/// The workflow of one link in the world of a procedure.
///
/// # Errors
/// Never; the id is well-formed.
pub fn link(service: DataService) -> Result<(World, PrivateLinkWorkflow), Failure> {
    let (world, site) = World::of_the_procedures(service);
    let mut spec = PrivateLinkSpec::new("bench".parse()?, site.addon, site.vpc);
    spec.heroku_teardown = HerokuTeardown::Delete;
    let workflow = PrivateLinkWorkflow::new(spec, world.heroku(), world.aws());
    Ok((world, workflow))
}

/// The workflow of one link that also delivers its connection.
///
/// # Errors
/// Never; the names are well-formed.
pub fn delivering_link(service: DataService) -> Result<(World, PrivateLinkWorkflow), Failure> {
    let (world, workflow) = link(service)?;
    let mut spec = workflow.spec().clone();
    spec.deliver.push(Destination::new("vault".parse()?, "bench".parse()?));
    let clouds = Clouds::new(world.heroku(), world.aws());
    let clouds = clouds.with_sink("vault".parse()?, Arc::new(world.sink()));
    Ok((world, PrivateLinkWorkflow::on(spec, clouds)))
}

/// The workflow that peers the space of the procedure with a VPC of five route tables.
///
/// # Errors
/// Never; the world takes the tables.
pub fn peering() -> Result<(World, PeeringWorkflow), Failure> {
    let (world, site) = World::of_the_peering_procedure();
    for _ in site.tables.len()..5 {
        world.add_route_table(&RouteTableSpec::new(&site.vpc))?;
    }
    let mut spec = PeeringSpec::new("bench".parse()?, site.space, site.vpc);
    spec.route_tables = RouteTableChoice::All;
    let aws = world.aws_in(site.account, site.region);
    let workflow = PeeringWorkflow::new(spec, world.heroku(), aws);
    Ok((world, workflow))
}

/// The workflow that peers the space of the procedure with the main route table of a VPC.
///
/// # Errors
/// Never; the id is well-formed.
pub fn small_peering() -> Result<(World, PeeringWorkflow), Failure> {
    let (world, site) = World::of_the_peering_procedure();
    let mut spec = PeeringSpec::new("bench".parse()?, site.space, site.vpc);
    spec.route_tables = RouteTableChoice::Main;
    spec.route_width = RouteWidth::WholeVpc;
    let aws = world.aws_in(site.account, site.region);
    let workflow = PeeringWorkflow::new(spec, world.heroku(), aws);
    Ok((world, workflow))
}

/// The workflow that makes an add-on under a key of its own.
///
/// # Errors
/// Never; the names are well-formed.
pub fn encryption() -> Result<(World, EncryptionWorkflow), Failure> {
    let (world, site) = World::of_the_encryption_procedure(DataService::KeyValueStore);
    let spec = EncryptionSpec::new("bench".parse()?, site.app, site.plan, "vaulted".parse()?);
    let workflow = EncryptionWorkflow::new(spec, world.heroku(), world.aws());
    Ok((world, workflow))
}

/// A store for a driver that outlives its bench.
#[derive(Debug)]
pub struct InProcess;

#[async_trait]
impl MemoryStore for InProcess {
    async fn save(&self, _: &Memory) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(())
    }
}

/// Establishes and tears down one peering.
///
/// # Errors
/// When the workflow fails.
pub async fn life_of_a_peering() -> Result<(), Failure> {
    let (world, workflow) = peering()?;
    let driver = Driver::new(workflow, world.clock());
    driver.establish().await?;
    driver.teardown().await?;
    Ok(())
}

/// Establishes and tears down one link.
///
/// # Errors
/// When the workflow fails.
pub async fn life_of_a_link(service: DataService) -> Result<(), Failure> {
    let (world, workflow) = link(service)?;
    let driver = Driver::new(workflow, world.clock());
    driver.establish().await?;
    driver.teardown().await?;
    Ok(())
}

/// Establishes so many links at once, each with its own add-on and VPC, in one world.
///
/// # Errors
/// When a workflow fails.
pub async fn establish_fleet(links: u16) -> Result<(), Failure> {
    let world = World::new();
    // A fleet makes half a million reads; nobody here looks at them.
    world.journal_mutations_only();
    let mut fleet = Vec::with_capacity(usize::from(links));
    for number in 0..links {
        let site = world.add_link_site(number);
        let spec = PrivateLinkSpec::new(format!("site-{number}").parse()?, site.addon, site.vpc);
        let workflow = PrivateLinkWorkflow::new(spec, world.heroku(), world.aws());
        fleet.push(Driver::new(workflow, world.clock()));
    }
    try_join_all(fleet.iter().map(Driver::establish)).await?;
    Ok(())
}

/// Linux's high-water mark of the resident memory of a process, `self` or an id, in KiB.
///
/// # Errors
/// When there is no such process, or no Linux.
pub fn peak_kib(process: &str) -> Result<u64, Failure> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}

/// Runs a future to its end on one thread.
///
/// # Errors
/// When the runtime cannot be made, or the future fails.
pub fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread().build()?.block_on(future)
}
