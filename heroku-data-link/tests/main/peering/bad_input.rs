//! Every bad input gets an error that names the values, the rule and the remedy, before anything
//! is changed. What a type refuses is tested beside the type.

use heroku_data_link::model::{Generation, NonEmptySet, RouteTableId, SubnetId};
use heroku_data_link::peering::{Inbound, PeeringChoice, RouteTableChoice};
use heroku_data_link::provider::Tag;
use heroku_data_link::reconcile::Goal;
use heroku_data_link_mock::{PeeringProcedure, RouteTableSpec, SpaceSpec, VpcSpec, World};

use super::{assert_blocked, blockers, driver, procedure};

/// Another VPC of the caller's, with these blocks.
fn vpc(world: &World, site: &PeeringProcedure, cidrs: &[&str]) -> heroku_data_link::model::VpcId {
    world.add_vpc(&VpcSpec::new(cidrs).in_account(&site.account)).unwrap()
}

#[tokio::test]
async fn addresses_that_overlap_name_both_blocks_and_where_they_come_from() {
    let (world, site, mut spec) = procedure();
    for (cidrs, code, parts) in [
        // The primary block, a secondary one, and one that covers the space's.
        (&["10.0.0.0/16"][..], "addresses-of-the-space", &["10.0.0.0/16 of", "vpc-b39527d4"][..]),
        (
            &["172.16.0.0/16", "10.0.128.0/20"],
            "addresses-of-the-space",
            &["10.0.128.0/20 of", "10.0.0.0/16, the block of vpc-b39527d4"],
        ),
        (&["10.1.2.0/24"], "addresses-unavailable", &["10.1.2.0/24 of", "10.1.0.0/16, which"]),
        (&["172.17.1.0/24"], "addresses-reserved", &["172.17.1.0/24 of", "172.17.0.0/16, the"]),
        (&["100.64.0.0/16"], "addresses-not-private", &["100.64.0.0/16 of", "RFC 1918"]),
        (&["172.16.0.0/16", "198.51.100.0/24"], "addresses-not-private", &["198.51.100.0/24"]),
    ] {
        spec.vpc = vpc(&world, &site, cidrs);
        assert_blocked((&world, &site), &spec, code, &[parts, &[spec.vpc.as_str()]].concat()).await;
    }
}

#[tokio::test]
async fn all_conflicts_are_told_at_once() {
    let (world, site, mut spec) = procedure();
    let blocks = ["10.0.0.0/20", "10.0.16.0/20", "10.1.0.0/24", "172.17.0.0/24", "192.0.2.0/24"];
    spec.vpc = vpc(&world, &site, &blocks);
    spec.inbound = Some(Inbound {
        security_group: "sg-0000000000000ffff".parse().unwrap(),
        ports: NonEmptySet::of("443".parse().unwrap()),
    });
    let found = blockers(&world, &site, &spec).await;
    let codes: Vec<_> = found.iter().map(|blocker| &blocker.code).collect();
    let expected = [
        "addresses-not-private",
        "addresses-reserved",
        "addresses-of-the-space",
        "addresses-unavailable",
        "unknown-security-group",
    ];
    assert_eq!(codes, expected);
    // Both of the conflicts of one kind.
    for block in ["10.0.0.0/20", "10.0.16.0/20"] {
        assert!(found[2].problem.contains(block), "{}", found[2]);
    }
}

#[tokio::test]
async fn addresses_of_the_vpcs_other_peerings() {
    let (world, site, spec) = procedure();
    let other = vpc(&world, &site, &["10.0.0.0/18"]);
    let peering = world.add_peering(&site.vpc, &other, &[]).unwrap();
    let parts = ["10.0.0.0/20 of space", "10.0.0.0/18", other.as_str(), peering.as_str()];
    assert_blocked((&world, &site), &spec, "addresses-of-another-peering", &parts).await;
}

#[tokio::test]
async fn a_vpc_that_is_shared_unknown_or_another_accounts() {
    let (world, site, mut spec) = procedure();
    let shared = VpcSpec::new(["172.30.0.0/16"]).in_account("999999999999");
    spec.vpc = world.add_vpc(&shared.shared_with(&site.account)).unwrap();
    let parts = [spec.vpc.as_str(), "999999999999", site.account.as_ref(), "owner"];
    assert_blocked((&world, &site), &spec, "shared-vpc", &parts).await;
    let theirs = world.add_vpc(&VpcSpec::new(["172.30.0.0/16"]).in_account("999999999999"));
    for id in ["vpc-0000000000000000f".parse().unwrap(), theirs.unwrap()] {
        spec.vpc = id;
        let parts = [spec.vpc.as_str(), "us-east-1", site.account.as_ref()];
        assert_blocked((&world, &site), &spec, "unknown-vpc", &parts).await;
    }
}

#[tokio::test]
async fn a_space_that_is_unknown_or_cannot_be_peered_or_says_too_little() {
    let (world, site, mut spec) = procedure();
    spec.space = "nowhere".parse().unwrap();
    assert_blocked((&world, &site), &spec, "unknown-space", &["nowhere", "heroku spaces"]).await;

    let fir = SpaceSpec::new("firs", "virginia").of_generation(Generation::Fir);
    spec.space = world.add_space_of(&fir).unwrap();
    let parts = ["firs", "Fir generation", "Cedar"];
    assert_blocked((&world, &site), &spec, "generation-without-peering", &parts).await;

    let vague = SpaceSpec::new("vague", "virginia").without_vpc_details();
    spec.space = world.add_space_of(&vague).unwrap();
    let parts = ["AWS account, AWS region, VPC", "vague"];
    assert_blocked((&world, &site), &spec, "incomplete-peering-info", &parts).await;
}

#[tokio::test]
async fn route_tables_that_are_not_there_or_elsewhere() {
    let (world, site, mut spec) = procedure();
    let ids = |ids: &[&RouteTableId]| {
        RouteTableChoice::Ids(NonEmptySet::new(ids.iter().map(|id| (*id).clone())).unwrap())
    };
    let unknown = "rtb-0000000000000ffff".parse().unwrap();
    spec.route_tables = ids(&[&site.tables[0], &unknown]);
    assert_blocked((&world, &site), &spec, "unknown-route-table", &[unknown.as_str()]).await;

    let other = vpc(&world, &site, &["172.30.0.0/16"]);
    let stray = world.main_route_table(&other).unwrap();
    spec.route_tables = ids(&[&site.tables[0], &stray]);
    let parts = [stray.as_str(), other.as_str(), site.vpc.as_str()];
    assert_blocked((&world, &site), &spec, "route-table-of-another-vpc", &parts).await;

    let tag = Tag { key: "tier".to_owned(), value: "public".to_owned() };
    spec.route_tables = RouteTableChoice::Tagged(tag);
    assert_blocked((&world, &site), &spec, "no-route-table", &["tier=public"]).await;
}

#[tokio::test]
async fn subnets_that_are_not_there_or_elsewhere() {
    let (world, site, mut spec) = procedure();
    let of = |id: &SubnetId| RouteTableChoice::OfSubnets(NonEmptySet::of(id.clone()));
    let unknown = "subnet-0000000000000ffff".parse().unwrap();
    spec.route_tables = of(&unknown);
    assert_blocked((&world, &site), &spec, "unknown-subnet", &[unknown.as_str()]).await;
    let other = vpc(&world, &site, &["172.30.0.0/16"]);
    let stray = world.add_subnet(&other, "us-east-1a", "172.30.0.0/20").unwrap();
    spec.route_tables = of(&stray);
    let parts = [stray.as_str(), other.as_str()];
    assert_blocked((&world, &site), &spec, "subnet-of-another-vpc", &parts).await;
}

#[tokio::test]
async fn a_route_to_something_else() {
    for (destination, part) in [
        ("10.0.16.0/20", "leads 10.0.16.0/20 to vgw-1, which the space needs"),
        ("10.0.17.0/24", "leads 10.0.17.0/24 to vgw-1, a part of 10.0.16.0/20"),
    ] {
        let (world, site, mut spec) = procedure();
        world.add_route(&site.tables[1], destination, "vgw-1").unwrap();
        let parts = [part, site.tables[1].as_str()];
        assert_blocked((&world, &site), &spec, "route-to-something-else", &parts).await;
        // Other tables do not count.
        spec.route_tables = RouteTableChoice::Main;
        super::driver(&world, &site, &spec).establish().await.unwrap();
    }
    // Nor does a wider route, which the narrower ones come before.
    let (world, site, spec) = procedure();
    world.add_route(&site.tables[1], "10.0.0.0/8", "vgw-1").unwrap();
    super::driver(&world, &site, &spec).establish().await.unwrap();
}

#[tokio::test]
async fn quotas_are_checked_beforehand() {
    let (world, site, mut spec) = procedure();
    let full = RouteTableSpec::new(&site.vpc).with_unread_routes(46);
    let table = world.add_route_table(&full).unwrap();
    let parts = [table.as_str(), "47 routes and needs 4 more", "50"];
    assert_blocked((&world, &site), &spec, "route-quota", &parts).await;
    spec.quotas.routes_per_table = 51;
    let other = vpc(&world, &site, &["172.30.0.0/16"]);
    world.add_peering(&site.vpc, &other, &[]).unwrap();
    spec.quotas.peerings_per_vpc = 1;
    let parts = [site.vpc.as_str(), "1 peering connections", "quota is 1"];
    assert_blocked((&world, &site), &spec, "peering-quota", &parts).await;
}

#[tokio::test]
async fn a_connection_that_is_named_and_not_there_or_of_something_else_or_herokus_own() {
    let (world, site, mut spec) = procedure();
    let unknown = "pcx-0000000000000ffff".parse().unwrap();
    spec.peering = PeeringChoice::Existing(unknown);
    assert_blocked((&world, &site), &spec, "unknown-peering", &["pcx-0000000000000ffff"]).await;
    let other = vpc(&world, &site, &["172.30.0.0/16"]);
    let stray = world.add_peering(&site.vpc, &other, &[]).unwrap();
    spec.peering = PeeringChoice::Existing(stray.clone());
    let parts = [stray.as_str(), other.as_str(), "enablement-jp"];
    assert_blocked((&world, &site), &spec, "peering-of-something-else", &parts).await;
}

#[tokio::test]
async fn a_secondary_block_for_pods_is_noted_and_a_primary_or_public_one_refused() {
    for (cidrs, fits) in [
        (&["172.16.0.0/16", "100.64.0.0/16"][..], true),
        (&["172.16.0.0/16", "198.19.0.0/16"], true),
        (&["100.64.0.0/16"], false),
        (&["100.64.0.0/16", "100.65.0.0/16"], false),
        (&["172.16.0.0/16", "100.128.0.0/16"], false),
    ] {
        let (world, site, mut spec) = procedure();
        spec.vpc = vpc(&world, &site, cidrs);
        let plan = driver(&world, &site, &spec).plan(Goal::Established).await.unwrap();
        let refused = plan.blockers().any(|blocker| blocker.code == "addresses-not-private");
        assert_eq!(refused, !fits, "{plan}");
        let noted = plan.notes.iter().any(|note| note.contains(cidrs[cidrs.len() - 1]));
        assert_eq!(noted, fits, "{plan}");
    }
}
