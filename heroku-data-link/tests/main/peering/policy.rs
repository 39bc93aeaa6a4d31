//! The derived IAM policy is exactly what the job calls, and what an established link costs.

use std::collections::BTreeSet;

use heroku_data_link::model::NonEmptySet;
use heroku_data_link::peering::{Inbound, PeeringChoice, PeeringSpec, RouteTableChoice};
use heroku_data_link::provider::operation as op;
use heroku_data_link::reconcile::{Goal, IamPolicy, Pass};
use heroku_data_link_mock::{PeeringProcedure, RouteTableSpec, World};

use super::{caller, driver, procedure};

/// The IAM actions of all AWS calls from the `from`-th on.
fn called(world: &World, from: usize) -> BTreeSet<&'static str> {
    world.journal()[from..].iter().flat_map(|call| call.permissions.clone()).collect()
}

fn policy(spec: &PeeringSpec, site: &PeeringProcedure) -> IamPolicy {
    spec.iam_policy(&caller(site), &site.region)
}

fn with_everything() -> (World, PeeringProcedure, PeeringSpec) {
    let (world, site, mut spec) = procedure();
    let subnets = site.subnets.iter().cloned();
    spec.route_tables = RouteTableChoice::OfSubnets(NonEmptySet::new(subnets).unwrap());
    spec.inbound = Some(Inbound {
        security_group: site.group.clone(),
        ports: NonEmptySet::of("443".parse().unwrap()),
    });
    (world, site, spec)
}

#[tokio::test]
async fn a_plan_needs_exactly_what_carrying_it_out_calls() {
    let (world, site, spec) = with_everything();
    for goal in [Goal::Established, Goal::TornDown] {
        // A driver that knows nothing yet, as after a restart.
        let link = driver(&world, &site, &spec);
        let planned = link.plan(goal).await.unwrap().iam_policy().actions();
        let from = world.journal().len();
        let link = driver(&world, &site, &spec);
        match goal {
            Goal::Established => drop(link.establish().await.unwrap()),
            Goal::TornDown => link.teardown().await.unwrap(),
        }
        assert_eq!(called(&world, from), planned, "{goal:?}");
    }
}

#[tokio::test]
async fn the_policy_of_a_spec_covers_its_whole_life_and_no_more() {
    let (world, site, mut spec) = with_everything();
    spec.peering = PeeringChoice::Adopt;
    world.add_peering(&site.vpc, &site.space_vpc, &[]).unwrap();
    let link = driver(&world, &site, &spec);
    link.establish().await.unwrap();
    link.teardown().await.unwrap();
    link.establish().await.unwrap();
    assert_eq!(called(&world, 0), policy(&spec, &site).actions());
}

#[test]
fn a_spec_that_asks_for_less_needs_fewer_rights() {
    let (_, site, mut spec) = with_everything();
    let all = policy(&spec, &site).actions();
    spec.teardown.keep_inbound = true;
    let fewer = policy(&spec, &site).actions();
    assert!(all.contains(op::REVOKE_SECURITY_GROUP_INGRESS));
    assert!(!fewer.contains(op::REVOKE_SECURITY_GROUP_INGRESS));
    spec.inbound = None;
    spec.route_tables = RouteTableChoice::Main;
    spec.peering = PeeringChoice::Existing("pcx-1".parse().unwrap());
    let fewer = policy(&spec, &site).actions();
    for action in [
        op::AUTHORIZE_SECURITY_GROUP_INGRESS,
        op::DESCRIBE_SECURITY_GROUPS,
        op::DESCRIBE_SUBNETS,
        op::CREATE_VPC_PEERING_CONNECTION,
        op::CREATE_TAGS,
    ] {
        assert!(all.contains(action) && !fewer.contains(action), "{action}");
    }
}

#[test]
fn changes_are_limited_to_the_links_own_its_vpc_and_its_group() {
    let (_, site, spec) = with_everything();
    let document = policy(&spec, &site).document();
    let statements = document["Statement"].as_array().unwrap();
    let granting = |action: &str| {
        let mut granting = statements
            .iter()
            .filter(|s| s["Action"].as_array().unwrap().iter().any(|it| it == action));
        let statement = granting.next().unwrap();
        assert!(granting.next().is_none(), "{action}");
        statement.clone()
    };
    let delete = granting(op::DELETE_VPC_PEERING_CONNECTION);
    let tag = &delete["Condition"]["StringEquals"]["aws:ResourceTag/heroku-data-link:link"];
    assert_eq!(tag, &serde_json::json!(["demo"]));
    for action in [op::CREATE_ROUTE, op::DELETE_ROUTE] {
        let vpc = &granting(action)["Condition"]["ArnEquals"]["ec2:Vpc"][0];
        assert!(vpc.as_str().unwrap().ends_with(site.vpc.as_str()), "{action}");
    }
    for action in [op::AUTHORIZE_SECURITY_GROUP_INGRESS, op::REVOKE_SECURITY_GROUP_INGRESS] {
        let group = &granting(action)["Resource"];
        assert!(group.as_str().unwrap().ends_with(site.group.as_str()), "{action}");
    }
}

#[tokio::test]
async fn a_pass_over_an_established_peering_makes_at_most_five_requests() {
    let (world, site, mut spec) = procedure();
    for _ in 0..2 {
        world.add_route_table(&RouteTableSpec::new(&site.vpc)).unwrap();
    }
    spec.inbound = Some(Inbound {
        security_group: site.group.clone(),
        ports: NonEmptySet::of("443".parse().unwrap()),
    });
    let link = driver(&world, &site, &spec);
    assert_eq!(link.establish().await.unwrap().route_tables.len(), 5);
    let from = world.journal().len();
    assert!(matches!(link.reconcile_once().await.unwrap(), Pass::Done(_)));
    let calls: BTreeSet<_> = world.journal()[from..].iter().map(|call| call.operation).collect();
    let expected = [
        op::DESCRIBE_VPCS,
        op::DESCRIBE_VPC_PEERING_CONNECTIONS,
        op::DESCRIBE_ROUTE_TABLES,
        op::DESCRIBE_SECURITY_GROUPS,
        op::READ_PEERINGS,
    ];
    assert_eq!((world.journal().len() - from, calls), (5, expected.into()));
}
