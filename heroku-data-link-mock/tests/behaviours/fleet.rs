use std::collections::BTreeSet;

use futures_util::future::join_all;
use heroku_data_link::privatelink::{HerokuTeardown, PrivateLinkSpec, PrivateLinkWorkflow};
use heroku_data_link::provider::{SubnetQuery, Vpcs};
use heroku_data_link::reconcile::Driver;
use heroku_data_link_mock::World;

#[tokio::test]
async fn sites_of_a_fleet_are_alike_and_apart() {
    let world = World::new();
    let sites: Vec<_> = (0..300).map(|number| world.add_link_site(number)).collect();
    let vpcs: BTreeSet<_> = sites.iter().map(|site| &site.vpc).collect();
    assert_eq!(vpcs.len(), sites.len());
    let query = SubnetQuery::InVpc(sites[299].vpc.clone());
    let subnets = world.aws().subnets(&query).await.unwrap();
    let zones: BTreeSet<_> = subnets.iter().map(|subnet| &subnet.zone_id).collect();
    assert_eq!(zones.len(), 3);
}

#[tokio::test]
async fn a_fleet_comes_up_and_goes_down_together() {
    const SITES: u16 = 100;
    let world = World::new();
    let sites: Vec<_> = (0..SITES).map(|number| world.add_link_site(number)).collect();
    let initial = world.fingerprint();
    let drivers: Vec<_> = sites
        .iter()
        .map(|site| {
            let link = site.app.as_str().parse().unwrap();
            let mut spec = PrivateLinkSpec::new(link, site.addon.clone(), site.vpc.clone());
            spec.heroku_teardown = HerokuTeardown::Delete;
            let workflow = PrivateLinkWorkflow::new(spec, world.heroku(), world.aws());
            Driver::new(workflow, world.clock())
        })
        .collect();
    let began = world.now();
    for output in join_all(drivers.iter().map(Driver::establish)).await {
        assert_eq!(output.unwrap().subnets.len(), 3);
    }
    let took = world.now().duration_since(began).unwrap();
    assert!(took.as_secs() < 30 * 60, "together, not one after the other: {took:?}");
    assert!(world.orphans().is_empty());
    for done in join_all(drivers.iter().map(Driver::teardown)).await {
        done.unwrap();
    }
    assert_eq!(world.fingerprint(), initial);
}
