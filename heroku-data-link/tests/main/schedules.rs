//! Random schedules of faults, deaths and people, for each kind of link.

use heroku_data_link::encryption::{EncryptionWorkflow, KeyAccessWorkflow};
use heroku_data_link::model::{DataService, NonEmptySet};
use heroku_data_link::peering::{Inbound, PeeringWorkflow, RouteTableChoice};
use heroku_data_link::privatelink::PrivateLinkWorkflow;
use heroku_data_link::provider::Keys;
use heroku_data_link_mock::{Act, Scenario, Schedules, random_schedules};

use crate::encryption::support as encryption;
use crate::{peering, support};

fn private_link() -> Scenario<PrivateLinkWorkflow> {
    let (world, _, spec) = support::procedure(DataService::KeyValueStore);
    let people = acts(&Act::PRIVATE_LINK);
    Scenario::new(world, move |world| support::driver(world, &spec)).beside_people(&people)
}

/// One table with four routes, and a rule for each of the four blocks.
fn peering_link() -> Scenario<PeeringWorkflow> {
    let (world, site, mut spec) = peering::procedure();
    spec.route_tables =
        RouteTableChoice::Ids(NonEmptySet::new(site.tables[..1].iter().cloned()).unwrap());
    spec.inbound = Some(Inbound {
        security_group: site.group.clone(),
        ports: NonEmptySet::new(["443"].map(|port| port.parse().unwrap())).unwrap(),
    });
    let people = acts(&Act::PEERING);
    let group = format!("security group {}", site.group);
    Scenario::new(world, move |world| peering::driver(world, &site, &spec))
        .beside_people(&people)
        .may_change(group)
}

fn encryption_link() -> Scenario<EncryptionWorkflow> {
    let (world, _, spec) = encryption::procedure(DataService::KeyValueStore);
    let people = acts(&Act::ENCRYPTION);
    Scenario::new(world, move |world| encryption::driver(world, &spec))
        .beside_people(&people)
        .leaves_things_behind()
}

fn key_access() -> Scenario<KeyAccessWorkflow> {
    use futures_util::FutureExt;
    let (world, _, spec) = encryption::encrypted(DataService::KeyValueStore);
    let spec = encryption::confirmed(&world, spec);
    world.aws().disable_key(&spec.key).now_or_never().unwrap().unwrap();
    world.advance(std::time::Duration::from_secs(1500));
    let key = spec.key.clone();
    let people = acts(&Act::KEY_ACCESS);
    Scenario::new(world, move |world| encryption::access(world, &spec))
        .beside_people(&people)
        .may_change(format!("state of key {key}"))
        .may_change(format!("data of add-on {}", encryption::ADDON))
}

/// Those that the environment names, or all.
fn acts(all: &[Act]) -> Vec<Act> {
    let Ok(named) = std::env::var("ACTS") else { return all.to_vec() };
    all.iter().copied().filter(|act| named.split(',').any(|it| it == act.to_string())).collect()
}

macro_rules! played {
    ($make:expr) => {
        if std::env::var("SURVEY").is_ok() {
            let all = Schedules::from_environment();
            let mut found = 0;
            for seed in all.first_seed..all.first_seed + all.count {
                let one = Schedules { first_seed: seed, count: 1 };
                if let Err(finding) = random_schedules($make, one).await {
                    found += 1;
                    println!("SEED {seed}: {}", finding.problem.lines().next().unwrap());
                }
            }
            println!("SURVEY {found} of {}", all.count);
            return;
        }
        let report = random_schedules($make, Schedules::from_environment()).await;
        println!("{}", report.unwrap_or_else(|finding| panic!("{finding}")));
    };
}

#[tokio::test]
async fn a_private_link_survives_random_schedules() {
    played!(private_link);
}

#[tokio::test]
async fn a_peering_survives_random_schedules() {
    played!(peering_link);
}

#[tokio::test]
async fn an_encryption_survives_random_schedules() {
    played!(encryption_link);
}

#[tokio::test]
async fn the_use_of_a_key_survives_random_schedules() {
    played!(key_access);
}
