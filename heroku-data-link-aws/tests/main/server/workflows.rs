//! Whole workflows over both adapters, in virtual time: they come to what they come to in memory,
//! with the same changes, also where the answer to a change is lost.

use std::fmt::Debug;
use std::sync::Arc;

use heroku_data_link::encryption::{CopyBy, EncryptionSpec, EncryptionWorkflow, Migration};
use heroku_data_link::model::{AccountId, AwsRegion, DataService};
use heroku_data_link::peering::{PeeringSpec, PeeringWorkflow, RouteTableChoice};
use heroku_data_link::privatelink::{HerokuTeardown, PrivateLinkSpec, PrivateLinkWorkflow};
use heroku_data_link::provider::ErrorKind;
use heroku_data_link::reconcile::{Driver, Goal, Workflow};
use heroku_data_link_aws::Client as Aws;
use heroku_data_link_heroku::{Client as Heroku, Hosts, Token};
use heroku_data_link_mock::{AwsFace, Fault, HerokuFace, Outcome, Server, TOKEN, World};

/// A kind of link, the world that it begins in, and how it is made of any two clients.
trait Story {
    type Link: Workflow<Output: Debug + PartialEq>;
    /// Whether a teardown leaves the world as it was.
    const RESTORES: bool;

    fn world(&self) -> World;
    fn caller(&self) -> (AccountId, AwsRegion);
    fn in_memory(&self, heroku: Arc<HerokuFace>, aws: Arc<AwsFace>) -> Self::Link;
    fn over_http(&self, heroku: Arc<Heroku>, aws: Arc<Aws>) -> Self::Link;
}

/// What a run came to.
#[derive(Debug, PartialEq)]
struct Ending<O> {
    output: O,
    /// Everything that there was once the link stood.
    established: String,
    /// And once it was torn down.
    torn_down: String,
    /// What changed something, and how it ended, in an order of its own.
    changes: Vec<String>,
}

/// Establishes the link, looks that nothing is left to do, and tears it down.
async fn live<W>(world: &World, link: W) -> Ending<W::Output>
where
    W: Workflow<Output: Debug + PartialEq>,
{
    let link = Driver::new(link, world.clock());
    let output = link.establish().await.unwrap();
    assert!(link.plan(Goal::Established).await.unwrap().is_settled());
    assert_eq!(world.orphans(), Vec::<String>::new());
    let established = world.fingerprint();
    link.teardown().await.unwrap();
    assert_eq!(world.orphans(), Vec::<String>::new());
    let journal = world.journal();
    let changes = journal.iter().filter(|call| call.mutating).map(ToString::to_string);
    let mut changes: Vec<String> = changes.collect();
    changes.sort();
    Ending { output, established, torn_down: world.fingerprint(), changes }
}

fn heroku(server: &Server, world: &World) -> Heroku {
    Heroku::builder(Token::new(TOKEN).unwrap())
        .hosts(Hosts::from_vars(Some(&server.url()), None).unwrap())
        .clock(world.clock())
        .build()
        .unwrap()
}

async fn in_memory<S: Story>(story: &S) -> Ending<<S::Link as Workflow>::Output> {
    let world = story.world();
    let (account, region) = story.caller();
    let link = story.in_memory(world.heroku(), world.aws_in(account, region));
    live(&world, link).await
}

async fn over_http<S: Story>(story: &S, world: &World) -> Ending<<S::Link as Workflow>::Output> {
    let server = world.serve().await.unwrap();
    let (account, region) = story.caller();
    let aws = super::aws(&server, &account, &region);
    live(world, story.over_http(Arc::new(heroku(&server, world)), Arc::new(aws))).await
}

/// As in memory, and then once more for each change, whose answer is lost.
async fn check<S: Story>(story: S) {
    let expected = in_memory(&story).await;
    let world = story.world();
    let before = world.fingerprint();
    let seen = over_http(&story, &world).await;
    assert_eq!(seen, expected);
    assert_eq!(seen.torn_down == before, S::RESTORES, "{}", seen.torn_down);
    for nth in 1..=expected.changes.len() {
        let world = story.world();
        world.fault(Fault::on_any_mutation().nth(nth).after(ErrorKind::Timeout));
        let seen = over_http(&story, &world).await;
        let lost: Vec<_> =
            world.journal().into_iter().filter(|call| call.outcome != Outcome::Ok).collect();
        assert!(lost.iter().any(|call| call.mutating), "the fault {nth} was not met");
        assert_eq!(seen.output, expected.output, "{lost:?}");
        assert_eq!(seen.established, expected.established, "{lost:?}");
        assert_eq!(seen.torn_down, expected.torn_down, "{lost:?}");
    }
}

struct PrivateLink(DataService);

impl PrivateLink {
    fn spec(&self) -> PrivateLinkSpec {
        let (_, site) = World::of_the_procedures(self.0);
        let mut spec = PrivateLinkSpec::new("demo".parse().unwrap(), site.addon, site.vpc);
        spec.heroku_teardown = HerokuTeardown::Delete;
        spec.in_app(site.app)
    }
}

impl Story for PrivateLink {
    type Link = PrivateLinkWorkflow;
    const RESTORES: bool = true;

    fn world(&self) -> World {
        World::of_the_procedures(self.0).0
    }

    fn caller(&self) -> (AccountId, AwsRegion) {
        let (_, site) = World::of_the_procedures(self.0);
        (site.account, site.region)
    }

    fn in_memory(&self, heroku: Arc<HerokuFace>, aws: Arc<AwsFace>) -> PrivateLinkWorkflow {
        PrivateLinkWorkflow::new(self.spec(), heroku, aws)
    }

    fn over_http(&self, heroku: Arc<Heroku>, aws: Arc<Aws>) -> PrivateLinkWorkflow {
        PrivateLinkWorkflow::new(self.spec(), heroku, aws)
    }
}

#[tokio::test]
async fn a_private_link_of_a_key_value_store_lives_as_in_memory() {
    check(PrivateLink(DataService::KeyValueStore)).await;
}

#[tokio::test]
async fn a_private_link_of_kafka_lives_as_in_memory() {
    check(PrivateLink(DataService::Kafka)).await;
}

#[tokio::test]
async fn a_private_link_of_postgres_lives_as_in_memory() {
    check(PrivateLink(DataService::Postgres)).await;
}

struct Peering;

impl Peering {
    fn spec() -> PeeringSpec {
        let (_, site) = World::of_the_peering_procedure();
        let mut spec = PeeringSpec::new("demo".parse().unwrap(), site.space, site.vpc);
        spec.route_tables = RouteTableChoice::All;
        spec
    }
}

impl Story for Peering {
    type Link = PeeringWorkflow;
    const RESTORES: bool = true;

    fn world(&self) -> World {
        World::of_the_peering_procedure().0
    }

    fn caller(&self) -> (AccountId, AwsRegion) {
        let (_, site) = World::of_the_peering_procedure();
        (site.account, site.region)
    }

    fn in_memory(&self, heroku: Arc<HerokuFace>, aws: Arc<AwsFace>) -> PeeringWorkflow {
        PeeringWorkflow::new(Self::spec(), heroku, aws)
    }

    fn over_http(&self, heroku: Arc<Heroku>, aws: Arc<Aws>) -> PeeringWorkflow {
        PeeringWorkflow::new(Self::spec(), heroku, aws)
    }
}

#[tokio::test]
async fn a_peering_lives_as_in_memory() {
    check(Peering).await;
}

/// An add-on under a new key, with the data of another where it says how to copy it.
struct Encryption(DataService, Option<CopyBy>);

impl Encryption {
    fn spec(&self) -> EncryptionSpec {
        let (_, site) = World::of_the_encryption_procedure(self.0);
        let link = "vault".parse().unwrap();
        let spec = EncryptionSpec::new(link, site.app, site.plan, "vaulted".parse().unwrap());
        let Some(copy) = self.1 else { return spec };
        let mut migration = Migration::from(site.old_addon);
        migration.copy = copy;
        spec.migrating(migration)
    }
}

impl Story for Encryption {
    type Link = EncryptionWorkflow;
    // Keys and data stay.
    const RESTORES: bool = false;

    fn world(&self) -> World {
        World::of_the_encryption_procedure(self.0).0
    }

    fn caller(&self) -> (AccountId, AwsRegion) {
        let (_, site) = World::of_the_encryption_procedure(self.0);
        (site.account, site.region)
    }

    fn in_memory(&self, heroku: Arc<HerokuFace>, aws: Arc<AwsFace>) -> EncryptionWorkflow {
        EncryptionWorkflow::new(self.spec(), heroku, aws)
    }

    fn over_http(&self, heroku: Arc<Heroku>, aws: Arc<Aws>) -> EncryptionWorkflow {
        EncryptionWorkflow::new(self.spec(), heroku, aws)
    }
}

#[tokio::test]
async fn an_add_on_under_a_new_key_is_made_as_in_memory() {
    for service in DataService::ALL {
        check(Encryption(service, None)).await;
    }
}

#[tokio::test]
async fn data_moves_under_a_new_key_as_in_memory() {
    check(Encryption(DataService::KeyValueStore, Some(CopyBy::Fork))).await;
    check(Encryption(DataService::Postgres, Some(CopyBy::Fork))).await;
    check(Encryption(DataService::Postgres, Some(CopyBy::Follower))).await;
}
