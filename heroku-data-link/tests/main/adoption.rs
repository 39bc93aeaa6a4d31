//! What is there already: taken over, used as it is, or in the way. And what is nobody's business.

use std::time::Duration;

use heroku_data_link::model::{DataService, LinkKind, SecurityGroupId, VpcEndpointId};
use heroku_data_link::privatelink::{EndpointChoice, HerokuTeardown, PrivateLinkSpec};
use heroku_data_link::provider::{
    EndpointQuery, ErrorKind, GroupQuery, IngressSource, SecurityGroups, VpcEndpoints, operation,
};
use heroku_data_link::reconcile::{Goal, ownership};
use heroku_data_link_mock::{Fault, Procedure, World};

use crate::support::{allow, blockers, driver, procedure};

/// The world in which somebody has followed the manual procedure already.
pub(crate) fn made_by_hand() -> (World, Procedure, PrivateLinkSpec, VpcEndpointId, SecurityGroupId)
{
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let service = world.add_private_link(site.addon_id, &["123456789101"]).unwrap();
    let group = world.add_security_group(&site.vpc, "by-hand", &[]).unwrap();
    allow(&world, &group, "6379", IngressSource::Group(group.clone()));
    let endpoint = world
        .add_endpoint(
            &site.vpc,
            &service,
            &[site.subnets[0].clone()],
            std::slice::from_ref(&group),
            &[],
        )
        .unwrap();
    (world, site, spec, endpoint, group)
}

async fn endpoint_tags(world: &World, id: &VpcEndpointId) -> Option<String> {
    let found = world.aws().endpoints(&EndpointQuery::Id(id.clone())).await.unwrap();
    ownership::owner(&found[0].tags).map(ToOwned::to_owned)
}

#[tokio::test]
async fn an_endpoint_service_that_is_there_is_reused_and_kept() {
    let (world, site, mut spec) = procedure(DataService::KeyValueStore);
    world.add_private_link(site.addon_id, &["999999999999"]).unwrap();
    spec.heroku_teardown = HerokuTeardown::Keep;
    let link = driver(&world, &spec);
    link.establish().await.unwrap();
    link.teardown().await.unwrap();
    let calls: Vec<_> = world.journal().into_iter().filter(|call| call.mutating).collect();
    let made = |name| calls.iter().any(|call| call.operation == name);
    assert!(!made(operation::CREATE_PRIVATE_LINK) && made(operation::ALLOW_PRINCIPALS));
    assert!(!made(operation::DELETE_PRIVATE_LINK) && !made(operation::DISALLOW_PRINCIPALS));
}

#[tokio::test]
async fn an_endpoint_made_by_hand_is_in_the_way_of_a_second_one() {
    let (world, _, spec, endpoint, _) = made_by_hand();
    let found = blockers(&world, &spec).await;
    assert_eq!(found[0].code, "endpoint-not-ours");
    for part in [endpoint.as_str(), "adopt", "name it", "heroku-data-link:link=demo"] {
        assert!(found[0].to_string().contains(part), "{}", found[0]);
    }
}

#[tokio::test]
async fn an_adopted_endpoint_becomes_the_links_own() {
    let (world, _, mut spec, endpoint, group) = made_by_hand();
    spec.endpoint = EndpointChoice::Adopt;
    let link = driver(&world, &spec);
    let output = link.establish().await.unwrap();
    assert_eq!(output.endpoint, endpoint);
    assert_eq!(endpoint_tags(&world, &endpoint).await.as_deref(), Some("demo"));
    // It is brought to what the spec says: the link's own group, a subnet in each common zone.
    assert!(!output.security_groups.contains(&group));
    assert_eq!(output.subnets.len(), 2);
    link.teardown().await.unwrap();
    assert_eq!(world.orphans(), Vec::<String>::new());
    // The group made by hand stays.
    let ids = GroupQuery::Ids([group].into());
    assert_eq!(world.aws().security_groups(&ids).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_adoption_whose_answer_is_lost_is_not_taken_for_a_failure() {
    let (world, _, mut spec, endpoint, _) = made_by_hand();
    spec.endpoint = EndpointChoice::Adopt;
    world.set_read_lag(Duration::from_secs(30));
    world.fault(Fault::on(operation::CREATE_TAGS).after(ErrorKind::Timeout));
    assert_eq!(driver(&world, &spec).establish().await.unwrap().endpoint, endpoint);
    assert_eq!(world.orphans(), Vec::<String>::new());
}

#[tokio::test]
async fn an_endpoint_of_another_link_is_not_adopted() {
    let (world, _, mut spec, endpoint, _) = made_by_hand();
    let theirs = "theirs".parse().unwrap();
    let tags = ownership::Owner::new(&theirs, LinkKind::PrivateLink, None, "redis-1").tags();
    world.aws().tag_endpoint(&endpoint, &tags).await.unwrap();
    spec.endpoint = EndpointChoice::Adopt;
    let found = blockers(&world, &spec).await;
    assert_eq!(found[0].code, "endpoint-of-another-link");
    assert!(found[0].problem.contains("theirs"), "{}", found[0]);
}

#[tokio::test]
async fn a_named_endpoint_is_used_as_it_is_and_never_deleted() {
    let (world, _, mut spec, endpoint, group) = made_by_hand();
    spec.endpoint = EndpointChoice::Existing(endpoint.clone());
    spec.heroku_teardown = HerokuTeardown::Keep;
    let before = world.fingerprint();
    let link = driver(&world, &spec);
    let output = link.establish().await.unwrap();
    assert_eq!((&output.endpoint, output.security_groups.len()), (&endpoint, 1));
    assert!(output.security_groups.contains(&group));
    link.teardown().await.unwrap();
    assert_eq!(world.mutations(), 0);
    assert_eq!(world.fingerprint(), before);
}

#[tokio::test]
async fn a_teardown_refuses_to_cut_off_another_endpoint() {
    for policy in [HerokuTeardown::Delete, HerokuTeardown::Disallow] {
        let (world, _, mut spec, endpoint, _) = made_by_hand();
        spec.endpoint = EndpointChoice::Existing(endpoint.clone());
        spec.heroku_teardown = policy;
        let link = driver(&world, &spec);
        link.establish().await.unwrap();
        let before = world.fingerprint();
        let error = link.teardown().await.unwrap_err();
        assert_eq!(error.blockers()[0].code, "others-are-connected");
        assert!(error.to_string().contains(endpoint.as_str()), "{error}");
        assert_eq!(world.fingerprint(), before);
    }
}

#[tokio::test]
async fn a_link_id_that_serves_another_vpc_is_not_taken_over() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    driver(&world, &spec).establish().await.unwrap();
    let other = world.add_vpc(&heroku_data_link_mock::VpcSpec::new(["10.9.0.0/16"])).unwrap();
    world.add_subnet(&other, "us-east-1a", "10.9.1.0/24").unwrap();
    let mut moved = spec;
    moved.vpc = other;
    let found = blockers(&world, &moved).await;
    assert_eq!(found[0].code, "link-id-in-use");
    assert!(found[0].problem.contains(site.vpc.as_str()), "{}", found[0]);
    // Neither does a teardown with the wrong VPC take anything away.
    let before = world.fingerprint();
    let error = driver(&world, &moved).teardown().await.unwrap_err();
    assert_eq!(error.blockers()[0].code, "link-id-in-use");
    assert_eq!(world.fingerprint(), before);
}

#[tokio::test]
async fn a_security_group_of_our_name_without_our_tag_is_in_the_way() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let group = world.add_security_group(&site.vpc, "Heroku-Data-Link-DEMO", &[]).unwrap();
    let found = blockers(&world, &spec).await;
    assert_eq!(found[0].code, "security-group-not-ours");
    assert!(found[0].problem.contains(group.as_str()), "{}", found[0]);
}

#[tokio::test]
async fn a_teardown_leaves_what_carries_no_tag_and_says_so() {
    let (world, _, mut spec, endpoint, _) = made_by_hand();
    spec.endpoint = EndpointChoice::Existing(endpoint.clone());
    spec.heroku_teardown = HerokuTeardown::Keep;
    let plan = driver(&world, &spec).plan(Goal::TornDown).await.unwrap();
    let notes = plan.notes.join("\n");
    assert!(notes.contains(endpoint.as_str()) && notes.contains("stays"), "{notes}");
}

#[tokio::test]
async fn a_driver_that_knows_the_addon_tears_the_link_down_though_it_is_gone() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let link = driver(&world, &spec);
    link.establish().await.unwrap();
    world.destroy_addon(site.addon_id).unwrap();
    // It still knows the add-on.
    link.teardown().await.unwrap();
    assert_eq!(world.orphans(), Vec::<String>::new());
    let tag = ownership::tag_of(&spec.link);
    assert!(world.aws().security_groups(&GroupQuery::Tagged(tag)).await.unwrap().is_empty());
}
