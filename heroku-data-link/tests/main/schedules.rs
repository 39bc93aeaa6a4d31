//! Random schedules of faults, deaths and people, for each kind of link.
//!
//! `HEROKU_DATA_LINK_SCHEDULES` is how many of each are played, `HEROKU_DATA_LINK_SEED` plays one.

use std::time::Duration;

use futures_util::FutureExt;
use heroku_data_link::encryption::EncryptionWorkflow;
use heroku_data_link::key_access::KeyAccessWorkflow;
use heroku_data_link::model::{DataService, NonEmptySet};
use heroku_data_link::peering::{Inbound, PeeringWorkflow, RouteTableChoice};
use heroku_data_link::privatelink::PrivateLinkWorkflow;
use heroku_data_link::provider::Keys;
use heroku_data_link_mock::{Act, Scenario, Schedules, random_schedules};

use crate::encryption::support as encryption;
use crate::{peering, support};

/// An endpoint service, a group with two rules, and an endpoint.
fn private_link() -> Scenario<PrivateLinkWorkflow> {
    let (world, _, spec) = support::procedure(DataService::KeyValueStore);
    Scenario::new(world, move |world| support::driver(world, &spec))
        .beside_people(&Act::PRIVATE_LINK)
}

/// A connection, four routes of one table, and a rule for each of the four blocks.
fn peering_link() -> Scenario<PeeringWorkflow> {
    let (world, site, mut spec) = peering::procedure();
    spec.route_tables =
        RouteTableChoice::Ids(NonEmptySet::new(site.tables[..1].iter().cloned()).unwrap());
    spec.inbound = Some(Inbound {
        security_group: site.group.clone(),
        ports: NonEmptySet::of("443".parse().unwrap()),
    });
    let group = format!("security group {}", site.group);
    Scenario::new(world, move |world| peering::driver(world, &site, &spec))
        .beside_people(&Act::PEERING)
        .may_change(group)
}

/// A key with its alias, and an add-on.
fn encrypted_addon() -> Scenario<EncryptionWorkflow> {
    let (world, _, spec) = encryption::procedure(DataService::KeyValueStore);
    Scenario::new(world, move |world| encryption::driver(world, &spec))
        .beside_people(&Act::ENCRYPTION)
        .one_driver_at_a_time()
        .leaves_things_behind()
}

/// A key that is enabled and disabled, and an add-on under it. It begins as it ends: with a disabled
/// key and a stopped service.
fn key_access() -> Scenario<KeyAccessWorkflow> {
    let (world, _, spec) = encryption::encrypted(DataService::KeyValueStore);
    let spec = encryption::confirmed(&world, spec);
    world.aws().disable_key(&spec.key).now_or_never().unwrap().unwrap();
    world.advance(Duration::from_secs(1500));
    let key = spec.key.clone();
    Scenario::new(world, move |world| encryption::access(world, &spec))
        .beside_people(&Act::KEY_ACCESS)
        .may_change(format!("state of key {key}"))
        .may_change(format!("data of add-on {}", encryption::ADDON))
}

#[tokio::test]
async fn a_private_link_survives_random_schedules() {
    let report = random_schedules(private_link, Schedules::from_environment()).await;
    println!("private link: {}", report.unwrap_or_else(|finding| panic!("{finding}")));
}

#[tokio::test]
async fn a_peering_survives_random_schedules() {
    let report = random_schedules(peering_link, Schedules::from_environment()).await;
    println!("peering: {}", report.unwrap_or_else(|finding| panic!("{finding}")));
}

#[tokio::test]
async fn an_addon_under_a_key_survives_random_schedules() {
    let report = random_schedules(encrypted_addon, Schedules::from_environment()).await;
    println!("encryption: {}", report.unwrap_or_else(|finding| panic!("{finding}")));
}

#[tokio::test]
async fn the_use_of_a_key_survives_random_schedules() {
    let report = random_schedules(key_access, Schedules::from_environment()).await;
    println!("key access: {}", report.unwrap_or_else(|finding| panic!("{finding}")));
}

/// A quarter of the schedules for each kind of link, as they were played with one driver above.
fn a_quarter() -> Schedules {
    let all = Schedules::from_environment();
    Schedules { count: all.count.div_ceil(4), ..all }
}

#[tokio::test]
async fn a_private_link_survives_random_schedules_with_a_driver_for_each_pass() {
    let make = || private_link().with_a_driver_for_each_pass();
    let report = random_schedules(make, a_quarter()).await;
    println!("private link: {}", report.unwrap_or_else(|finding| panic!("{finding}")));
}

#[tokio::test]
async fn a_peering_survives_random_schedules_with_a_driver_for_each_pass() {
    let make = || peering_link().with_a_driver_for_each_pass();
    let report = random_schedules(make, a_quarter()).await;
    println!("peering: {}", report.unwrap_or_else(|finding| panic!("{finding}")));
}

#[tokio::test]
async fn an_addon_under_a_key_survives_random_schedules_with_a_driver_for_each_pass() {
    let make = || encrypted_addon().with_a_driver_for_each_pass();
    let report = random_schedules(make, a_quarter()).await;
    println!("encryption: {}", report.unwrap_or_else(|finding| panic!("{finding}")));
}

#[tokio::test]
async fn the_use_of_a_key_survives_random_schedules_with_a_driver_for_each_pass() {
    let make = || key_access().with_a_driver_for_each_pass();
    let report = random_schedules(make, a_quarter()).await;
    println!("key access: {}", report.unwrap_or_else(|finding| panic!("{finding}")));
}

/// Somebody has taken all tags from an endpoint that leads to the endpoint service, and that Heroku
/// does not list yet.
#[tokio::test]
async fn an_endpoint_that_heroku_does_not_list_yet_keeps_its_endpoint_service() {
    let make = || private_link().with_a_driver_for_each_pass();
    let report = random_schedules(make, Schedules { first_seed: 626, count: 1 }).await;
    assert!(report.is_ok(), "{}", report.unwrap_err());
}
