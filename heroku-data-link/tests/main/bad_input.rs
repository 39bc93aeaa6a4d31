//! Every bad input gets an error that names the value, the rule and the remedy, before anything is
//! changed. What a type refuses is tested beside the type; here is what only the clouds can tell.

use heroku_data_link::model::DataService;
use heroku_data_link::model::{
    AccountId, AddonRef, Arn, AwsPrincipal, Cidr, ConnectionUrl, InvalidValue, LinkId, NonEmptySet,
    VpcId,
};
use heroku_data_link::privatelink::{
    EndpointChoice, GroupChoice, Principals, PrivateLinkSpec, SubnetChoice,
};
use heroku_data_link_mock::{AddonSpec, VpcSpec, World};

use crate::support::{assert_blocker, blockers, procedure};

const VPC: &str = "vpc-0000000000000000a";

/// A world with one add-on of this plan and one VPC.
fn world_of(addon: &AddonSpec, vpc: &VpcSpec) -> (World, PrivateLinkSpec) {
    let world = World::new();
    world.add_space("space", "virginia").unwrap();
    world.add_app("app", Some("space")).unwrap();
    world.add_app("common", None).unwrap();
    world.add_addon(addon).unwrap();
    let vpc = world.add_vpc(vpc).unwrap();
    let spec =
        PrivateLinkSpec::new("demo".parse().unwrap(), "redis-1".parse::<AddonRef>().unwrap(), vpc);
    (world, spec)
}

fn redis(plan: &str) -> AddonSpec {
    AddonSpec::new("app", "redis-1", format!("heroku-redis:{plan}"))
}

fn vpc() -> VpcSpec {
    VpcSpec::new(["10.0.0.0/16"]).with_id(VPC)
}

/// One blocker of this code, whose text has all of these parts.
async fn assert_blocked(world: &World, spec: &PrivateLinkSpec, code: &str, parts: &[&str]) {
    assert_blocker(&blockers(world, spec).await, code, parts);
}

#[test]
fn malformed_values_are_refused_by_their_types() {
    let secret = "hunter2";
    let table: [(Result<(), InvalidValue>, &[&str]); 8] = [
        ("12345678901".parse::<AccountId>().map(drop), &["12345678901", "12 digits"]),
        ("arn:aws:s3:::bucket".parse::<AwsPrincipal>().map(drop), &["arn:aws:s3:::bucket", "iam"]),
        (
            "arn:aws:kms:us-east-1:123456789012:key/1"
                .parse::<Arn>()
                .and_then(|arn| arn.require_service("iam").map(drop)),
            &["kms", "iam"],
        ),
        ("vpce-1".parse::<VpcId>().map(drop), &["vpce-1", "vpc-"]),
        ("10.1.1.5/24".parse::<Cidr>().map(drop), &["10.1.1.5/24", "10.1.1.0/24"]),
        ("team/cache".parse::<LinkId>().map(drop), &["team/cache"]),
        (NonEmptySet::<AwsPrincipal>::new([]).map(drop), &["at least one"]),
        (format!("redis://h:{secret}@").parse::<ConnectionUrl>().map(drop), &["host"]),
    ];
    for (result, parts) in table {
        let text = result.unwrap_err().to_string();
        for part in parts {
            assert!(text.contains(part), "{part:?} is not in {text:?}");
        }
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn an_unknown_addon() {
    let (world, mut spec) = world_of(&redis("private-7"), &vpc());
    spec.addon = "redis-2".parse().unwrap();
    assert_blocked(&world, &spec, "unknown-addon", &["redis-2", "heroku addons"]).await;
}

#[tokio::test]
async fn an_ambiguous_addon_lists_the_candidates() {
    let (world, mut spec) = world_of(&redis("private-7"), &vpc());
    let other = AddonSpec::new("app", "redis-2", "heroku-redis:private-7").attached_as("CACHE");
    world.add_addon(&other).unwrap();
    // An attachment's name that is also the name of another add-on, in one app.
    world
        .add_addon(&AddonSpec::new("app", "CACHE", "heroku-redis:private-7").attached_as("X"))
        .unwrap();
    spec.addon = "CACHE".parse().unwrap();
    spec.app = Some("app".parse().unwrap());
    assert_blocked(&world, &spec, "ambiguous-addon", &["redis-2", "CACHE", "name or id"]).await;
}

#[tokio::test]
async fn a_plan_without_privatelink() {
    let table = [
        ("heroku-redis:premium-0", "plan-without-privatelink", "premium"),
        ("heroku-redis:mini", "plan-without-privatelink", "mini"),
        ("heroku-postgresql:standard-2", "plan-without-privatelink", "standard"),
        ("heroku-postgresql:advanced-private", "plan-without-privatelink", "Postgres Advanced"),
        ("memcachier:private-1", "unsupported-service", "memcachier"),
    ];
    for (plan, code, part) in table {
        let (world, spec) = world_of(&AddonSpec::new("app", "redis-1", plan), &vpc());
        assert_blocked(&world, &spec, code, &["redis-1", part]).await;
    }
}

#[tokio::test]
async fn an_addon_outside_of_a_space() {
    let addon = AddonSpec::new("common", "redis-1", "heroku-redis:private-7");
    let (world, spec) = world_of(&addon, &vpc());
    assert_blocked(&world, &spec, "not-in-a-space", &["common", "space"]).await;
}

#[tokio::test]
async fn another_region() {
    let (world, mut spec) = world_of(&redis("private-7"), &vpc());
    world.add_space("far", "dublin").unwrap();
    world.add_app("far-app", Some("far")).unwrap();
    world.add_addon(&AddonSpec::new("far-app", "redis-far", "heroku-redis:private-7")).unwrap();
    spec.addon = "redis-far".parse().unwrap();
    let parts = ["eu-west-1", "dublin", "us-east-1"];
    assert_blocked(&world, &spec, "other-region", &parts).await;
}

#[tokio::test]
async fn an_unknown_vpc_and_one_of_another_account() {
    let (world, mut spec) = world_of(&redis("private-7"), &vpc());
    let theirs = VpcSpec::new(["10.1.0.0/16"]).in_account("999999999999");
    for id in ["vpc-0000000000000000f".parse().unwrap(), world.add_vpc(&theirs).unwrap()] {
        spec.vpc = id;
        let parts = [spec.vpc.as_str(), "us-east-1", "123456789101"];
        assert_blocked(&world, &spec, "unknown-vpc", &parts).await;
    }
}

#[tokio::test]
async fn subnets_that_are_not_there_or_elsewhere_or_of_one_zone() {
    let (world, mut spec) = world_of(&redis("private-7"), &vpc());
    assert_blocked(&world, &spec, "no-subnets", &[VPC]).await;

    let other = world.add_vpc(&VpcSpec::new(["10.9.0.0/16"])).unwrap();
    let a = world.add_subnet(&spec.vpc, "us-east-1a", "10.0.1.0/24").unwrap();
    let b = world.add_subnet(&spec.vpc, "us-east-1a", "10.0.2.0/24").unwrap();
    let stray = world.add_subnet(&other, "us-east-1b", "10.9.1.0/24").unwrap();
    let among = |ids: &[&heroku_data_link::model::SubnetId]| {
        SubnetChoice::Among(NonEmptySet::new(ids.iter().map(|id| (*id).clone())).unwrap())
    };

    spec.subnets = among(&[&"subnet-0000000000000ffff".parse().unwrap()]);
    assert_blocked(&world, &spec, "unknown-subnet", &["subnet-0000000000000ffff"]).await;
    spec.subnets = among(&[&a, &stray]);
    assert_blocked(&world, &spec, "subnet-of-another-vpc", &[stray.as_str(), other.as_str(), VPC])
        .await;
    spec.subnets = among(&[&a, &b]);
    let parts = [a.as_str(), b.as_str(), "us-east-1a", "one subnet of each zone"];
    assert_blocked(&world, &spec, "subnets-of-one-zone", &parts).await;
}

#[tokio::test]
async fn no_common_zone_lists_both_sides_and_leaves_aws_as_it_was() {
    let (world, site, mut spec) = procedure(DataService::KeyValueStore);
    let addon = AddonSpec::new(site.app.as_str(), "redis-zones", "heroku-redis:private-7")
        .attached_as("ZONES")
        .offered_in(["use1-az5"]);
    let id = world.add_addon(&addon).unwrap();
    spec.addon = "redis-zones".parse().unwrap();
    // With an endpoint service that is there already, nothing at all is changed.
    world.add_private_link(id, &["123456789101"]).unwrap();
    assert_blocked(&world, &spec, "no-common-zone", &["use1-az5", "us-east-1a", "us-east-1b"])
        .await;
}

#[tokio::test]
async fn security_groups_that_are_not_there_or_elsewhere() {
    let (world, _, mut spec) = procedure(DataService::KeyValueStore);
    let other = world.add_vpc(&VpcSpec::new(["10.9.0.0/16"])).unwrap();
    let stray = world.add_security_group(&other, "web", &[]).unwrap();
    let existing = |id| GroupChoice::Existing(NonEmptySet::of(id));
    spec.security_groups = existing("sg-0000000000000ffff".parse().unwrap());
    assert_blocked(&world, &spec, "unknown-security-group", &["sg-0000000000000ffff"]).await;
    spec.security_groups = existing(stray.clone());
    let parts = [stray.as_str(), other.as_str()];
    assert_blocked(&world, &spec, "security-group-of-another-vpc", &parts).await;
}

#[tokio::test]
async fn principals_without_the_caller() {
    let (world, _, mut spec) = procedure(DataService::KeyValueStore);
    spec.principals = Principals::These(NonEmptySet::of("999999999999:user/x".parse().unwrap()));
    let parts = ["999999999999:user/x", "123456789101"];
    assert_blocked(&world, &spec, "caller-not-allowed", &parts).await;
}

#[tokio::test]
async fn an_endpoint_that_is_named_and_not_there() {
    let (world, _, mut spec) = procedure(DataService::KeyValueStore);
    spec.endpoint = EndpointChoice::Existing("vpce-0000000000000ffff".parse().unwrap());
    assert_blocked(&world, &spec, "unknown-endpoint", &["vpce-0000000000000ffff"]).await;
}

#[tokio::test]
async fn all_blockers_are_told_at_once() {
    let (world, mut spec) = world_of(&redis("premium-0"), &vpc());
    spec.security_groups =
        GroupChoice::Existing(NonEmptySet::of("sg-0000000000000ffff".parse().unwrap()));
    let found = blockers(&world, &spec).await;
    let codes: Vec<_> = found.iter().map(|blocker| &blocker.code).collect();
    assert_eq!(codes, ["no-subnets", "unknown-security-group", "plan-without-privatelink"]);
}
