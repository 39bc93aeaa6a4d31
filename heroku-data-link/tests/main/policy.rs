//! The derived IAM policy is exactly what the job calls.

use std::collections::BTreeSet;

use heroku_data_link::model::DataService;
use heroku_data_link::privatelink::{Clients, EndpointChoice, GroupChoice, PrivateLinkSpec};
use heroku_data_link::provider::{GroupQuery, IngressRule, IngressSource, SecurityGroups};
use heroku_data_link::reconcile::{Goal, IamPolicy, ownership};
use heroku_data_link_mock::{Procedure, World};

use crate::support::{caller, driver, procedure};

/// The IAM actions of all AWS calls from the `from`-th on.
fn called(world: &World, from: usize) -> BTreeSet<&'static str> {
    world.journal()[from..].iter().flat_map(|call| call.permissions.clone()).collect()
}

fn policy(spec: &PrivateLinkSpec, site: &Procedure) -> IamPolicy {
    spec.iam_policy(&caller(site), &site.region)
}

#[tokio::test]
async fn a_plan_needs_exactly_what_carrying_it_out_calls() {
    for service in DataService::ALL {
        let (world, _, spec) = procedure(service);
        let link = driver(&world, &spec);
        for goal in [Goal::Established, Goal::TornDown] {
            // A driver that knows nothing yet, as after a restart.
            let link = driver(&world, link.workflow().spec());
            let planned = link.plan(goal).await.unwrap().iam_policy().actions();
            let from = world.journal().len();
            let link = driver(&world, link.workflow().spec());
            match goal {
                Goal::Established => drop(link.establish().await.unwrap()),
                Goal::TornDown => link.teardown().await.unwrap(),
            }
            assert_eq!(called(&world, from), planned, "{service} {goal:?}");
        }
    }
}

#[tokio::test]
async fn the_policy_of_a_spec_covers_its_whole_life_and_no_more() {
    let (world, site, mut spec) = procedure(DataService::KeyValueStore);
    let link = driver(&world, &spec);
    link.establish().await.unwrap();

    // A life with everything in it: a foreign rule, and a change of the endpoint's groups.
    let tag = ownership::tag_of(&spec.link);
    let groups = world.aws().security_groups(&GroupQuery::Tagged(tag)).await.unwrap();
    let rule =
        IngressRule::tcp("22".parse().unwrap(), IngressSource::Cidr("0.0.0.0/0".parse().unwrap()));
    world.aws().authorize_ingress(&groups[0].id, &rule).await.unwrap();
    let one = site.subnets[0].clone();
    spec.subnets = heroku_data_link::privatelink::SubnetChoice::Among(
        heroku_data_link::model::NonEmptySet::of(one),
    );
    let link = driver(&world, &spec);
    link.establish().await.unwrap();
    link.teardown().await.unwrap();

    assert_eq!(called(&world, 0), policy(&spec, &site).actions());
}

#[test]
fn a_spec_that_uses_what_is_there_needs_fewer_rights() {
    let (_, site, mut spec) = procedure(DataService::KeyValueStore);
    let all = policy(&spec, &site).actions();
    assert_eq!(spec.security_groups, GroupChoice::owned(Clients::Vpc));
    spec.endpoint = EndpointChoice::Existing("vpce-1".parse().unwrap());
    let fewer = policy(&spec, &site).actions();
    assert!(fewer.is_subset(&all));
    for action in ["ec2:CreateVpcEndpoint", "ec2:CreateSecurityGroup", "ec2:CreateTags"] {
        assert!(all.contains(action) && !fewer.contains(action), "{action}");
    }
}

#[test]
fn every_change_is_limited_to_what_carries_the_tag() {
    let (_, site, spec) = procedure(DataService::KeyValueStore);
    let document = policy(&spec, &site).document();
    let statements = document["Statement"].as_array().unwrap();
    for action in
        ["ec2:DeleteVpcEndpoints", "ec2:DeleteSecurityGroup", "ec2:RevokeSecurityGroupIngress"]
    {
        let granting: Vec<_> = statements
            .iter()
            .filter(|s| s["Action"].as_array().unwrap().iter().any(|a| a == action))
            .collect();
        assert_eq!(granting.len(), 1, "{action}");
        let condition =
            &granting[0]["Condition"]["StringEquals"]["aws:ResourceTag/heroku-data-link:link"];
        assert_eq!(condition, &serde_json::json!(["demo"]), "{action}");
    }
}
