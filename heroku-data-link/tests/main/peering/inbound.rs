//! What dynos may reach in the VPC: rules of a group that is not the link's own.

use std::collections::BTreeSet;

use heroku_data_link::model::NonEmptySet;
use heroku_data_link::peering::{Inbound, PeeringSpec, RouteWidth};
use heroku_data_link::provider::{GroupQuery, IngressRule, IngressSource, SecurityGroups};
use heroku_data_link::reconcile::{Goal, Verified};
use heroku_data_link_mock::{PeeringProcedure, World};

use super::{assert_blocked, aws, driver, procedure};

fn with_inbound() -> (World, PeeringProcedure, PeeringSpec) {
    let (world, site, mut spec) = procedure();
    spec.inbound = Some(Inbound {
        security_group: site.group.clone(),
        ports: NonEmptySet::new(["443", "5432-5433"].map(|port| port.parse().unwrap())).unwrap(),
    });
    (world, site, spec)
}

async fn rules(world: &World, site: &PeeringProcedure) -> BTreeSet<String> {
    let ids = GroupQuery::Ids([site.group.clone()].into());
    let groups = aws(world, site).security_groups(&ids).await.unwrap();
    groups[0].ingress.iter().map(ToString::to_string).collect()
}

fn rule(ports: &str, cidr: &str) -> IngressRule {
    IngressRule::tcp(ports.parse().unwrap(), IngressSource::Cidr(cidr.parse().unwrap()))
}

#[tokio::test]
async fn dynos_are_let_in_by_their_own_blocks_however_wide_the_routes() {
    for width in [RouteWidth::DynoCidrs, RouteWidth::WholeVpc] {
        let (world, site, mut spec) = with_inbound();
        spec.route_width = width;
        driver(&world, &site, &spec).establish().await.unwrap();
        let expected: BTreeSet<_> =
            ["10.0.0.0/20", "10.0.16.0/20", "10.0.128.0/20", "10.0.144.0/20"]
                .iter()
                .flat_map(|cidr| {
                    [format!("tcp 443 from {cidr}"), format!("tcp 5432-5433 from {cidr}")]
                })
                .collect();
        assert_eq!(rules(&world, &site).await, expected);
    }
}

#[tokio::test]
async fn a_teardown_removes_exactly_the_rules_that_the_spec_asks_for() {
    let (world, site, mut spec) = with_inbound();
    let aws = aws(&world, &site);
    // Somebody else's: of another port, and of a wider block.
    for other in [rule("22", "10.0.0.0/20"), rule("443", "10.0.0.0/16")] {
        aws.authorize_ingress(&site.group, &other).await.unwrap();
    }
    let before = rules(&world, &site).await;
    driver(&world, &site, &spec).establish().await.unwrap();
    assert_eq!(rules(&world, &site).await.len(), 10);

    // Rules that may stay, do.
    spec.teardown.keep_inbound = true;
    let link = driver(&world, &site, &spec);
    let plan = link.plan(Goal::TornDown).await.unwrap();
    assert!(plan.notes.iter().any(|note| note.contains("stay")), "{plan}");
    link.teardown().await.unwrap();
    assert_eq!(rules(&world, &site).await.len(), 10);

    spec.teardown.keep_inbound = false;
    driver(&world, &site, &spec).teardown().await.unwrap();
    assert_eq!(rules(&world, &site).await, before);
}

#[tokio::test]
async fn a_rule_that_somebody_removed_is_a_drift() {
    let (world, site, spec) = with_inbound();
    let link = driver(&world, &site, &spec);
    link.establish().await.unwrap();
    aws(&world, &site).revoke_ingress(&site.group, &rule("443", "10.0.16.0/20")).await.unwrap();
    let Verified::Drifted(plan) = link.verify().await.unwrap() else { panic!("no drift") };
    assert_eq!(plan.open_steps().count(), 1, "{plan}");
    link.establish().await.unwrap();
    assert!(matches!(link.verify().await.unwrap(), Verified::InSync(_)));
}

#[tokio::test]
async fn the_group_must_be_the_vpcs() {
    let (world, site, mut spec) = with_inbound();
    let other = heroku_data_link_mock::VpcSpec::new(["172.30.0.0/16"]).in_account(&site.account);
    let other = world.add_vpc(&other).unwrap();
    let stray = world.add_security_group(&other, "web", &[]).unwrap();
    let ports = NonEmptySet::of("443".parse().unwrap());
    spec.inbound = Some(Inbound { security_group: stray.clone(), ports });
    let named = [stray.as_str(), other.as_str()];
    assert_blocked((&world, &site), &spec, "security-group-of-another-vpc", &named).await;
}

/// The link was established with one group, and its spec names another one since.
async fn with_another_group() -> (World, PeeringProcedure, PeeringSpec) {
    let (world, site, mut spec) = with_inbound();
    // Somebody else's.
    aws(&world, &site).authorize_ingress(&site.group, &rule("22", "10.0.0.0/20")).await.unwrap();
    driver(&world, &site, &spec).establish().await.unwrap();
    let other = world.add_security_group(&site.vpc, "jobs", &[]).unwrap();
    spec.inbound.as_mut().unwrap().security_group = other;
    (world, site, spec)
}

const FOREIGN: &str = "tcp 22 from 10.0.0.0/20";

#[tokio::test]
async fn a_group_that_the_spec_no_longer_names_loses_the_links_rules_once_the_new_ones_are_there() {
    let (world, site, spec) = with_another_group().await;
    let link = driver(&world, &site, &spec);
    let plan = link.plan(Goal::Established).await.unwrap();
    let is_noted = |note: &String| note.starts_with(site.group.as_str());
    assert!(plan.notes.iter().any(is_noted), "{plan}");
    let ready: Vec<_> = plan.ready().map(|(step, _)| step.name.to_string()).collect();
    assert!(ready.iter().all(|name| !name.contains("revoke")), "{ready:?}");
    link.establish().await.unwrap();
    assert_eq!(rules(&world, &site).await, BTreeSet::from([FOREIGN.to_owned()]));
    let new = spec.inbound.as_ref().unwrap().security_group.clone();
    let groups = aws(&world, &site).security_groups(&GroupQuery::Ids([new].into())).await.unwrap();
    assert_eq!(groups[0].ingress.len(), 8);
    assert!(matches!(link.verify().await.unwrap(), Verified::InSync(_)));
    link.teardown().await.unwrap();
    assert_eq!(world.orphans(), Vec::<String>::new());
}

#[tokio::test]
async fn a_teardown_revokes_the_links_rules_in_a_group_that_the_spec_no_longer_names() {
    for names_another in [true, false] {
        let (world, site, mut spec) = with_another_group().await;
        if !names_another {
            spec.inbound = None;
        }
        let plan = driver(&world, &site, &spec).plan(Goal::TornDown).await.unwrap();
        let policy = plan.iam_policy();
        assert!(policy.actions().contains("ec2:RevokeSecurityGroupIngress"), "{policy}");
        assert!(policy.to_string().contains("security-group/*"), "{policy}");

        // Rules that may stay, do.
        spec.teardown.keep_inbound = true;
        let plan = driver(&world, &site, &spec).plan(Goal::TornDown).await.unwrap();
        assert!(!plan.to_string().contains(site.group.as_str()), "{plan}");

        spec.teardown.keep_inbound = false;
        driver(&world, &site, &spec).teardown().await.unwrap();
        assert_eq!(rules(&world, &site).await, BTreeSet::from([FOREIGN.to_owned()]));
        assert_eq!(world.orphans(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_group_that_the_spec_no_longer_names_and_that_is_gone_is_in_nobodys_way() {
    let (world, site, spec) = with_another_group().await;
    world.delete_security_group(&site.group).unwrap();
    let link = driver(&world, &site, &spec);
    link.establish().await.unwrap();
    assert!(matches!(link.verify().await.unwrap(), Verified::InSync(_)));
    link.teardown().await.unwrap();
    assert_eq!(world.orphans(), Vec::<String>::new());
}
