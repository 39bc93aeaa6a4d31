use std::error::Error;

use heroku_data_link::model::DataService;
use heroku_data_link::provider::{SubnetQuery, Vpcs};
use heroku_data_link_mock::{AddonSpec, VpcSpec, World};

#[test]
fn what_does_not_fit_together_is_refused() {
    let world = World::new();
    world.add_space("acme", "virginia").unwrap();
    let app = world.add_app("shop", Some("acme")).unwrap();
    let addon =
        world.add_addon(&AddonSpec::new(&app, "redis-1", "heroku-redis:private-1")).unwrap();
    let vpc = world.add_vpc(&VpcSpec::new(["10.0.0.0/16"]).with_id("vpc-1")).unwrap();
    let unknown = "vpc-2".parse().unwrap();
    let messages = [
        world.add_space("a b", "virginia").err(),
        world.add_space("other", "atlantis").err(),
        world.add_app("blog", Some("nowhere")).err(),
        world.add_addon(&AddonSpec::new("nobody", "redis-2", "heroku-redis:private-1")).err(),
        world.add_addon(&AddonSpec::new(&app, "redis-1", "heroku-redis:private-1")).err(),
        world.attach(addon, &app, "REDIS").err(),
        world.add_vpc(&VpcSpec::new(["10.0.0.0/16"]).with_id("vpc-1")).err(),
        world.add_vpc(&VpcSpec::new(["10.0.0.1/16"])).err(),
        world.add_subnet(&vpc, "us-east-1z", "10.0.0.0/24").err(),
        world.add_subnet(&vpc, "eu-west-1a", "10.0.0.0/24").err(),
        world.add_subnet(&unknown, "us-east-1a", "10.0.0.0/24").err(),
        world.add_security_group(&unknown, "clients", &[]).err(),
        world.fix_next_service_id("svc-1").err(),
    ];
    for (number, error) in messages.into_iter().enumerate() {
        let error = error.unwrap_or_else(|| panic!("case {number} is not refused"));
        assert!(error.source().is_none() && !error.to_string().is_empty());
    }
}

#[tokio::test]
async fn the_procedures_begin_with_four_subnets_in_three_zones() {
    for service in DataService::ALL {
        let (world, procedure) = World::of_the_procedures(service);
        let query = SubnetQuery::InVpc(procedure.vpc.clone());
        let subnets = world.aws().subnets(&query).await.unwrap();
        assert_eq!(subnets.iter().map(|it| it.id.clone()).collect::<Vec<_>>(), procedure.subnets);
        let zones: Vec<&str> = subnets.iter().map(|subnet| subnet.zone_name.as_str()).collect();
        assert_eq!(zones, ["us-east-1a", "us-east-1a", "us-east-1b", "us-east-1c"]);
        let vpc = world.aws().vpc(&procedure.vpc).await.unwrap().unwrap();
        assert_eq!(vpc.cidrs.len(), 2);
        assert_eq!(vpc.owner, procedure.account);
    }
}
