//! Rules of other groups that refer to the link's own, which EC2 then refuses to delete.

use heroku_data_link::model::{DataService, SecurityGroupId};
use heroku_data_link::privatelink::PrivateLinkSpec;
use heroku_data_link::provider::{
    GroupQuery, IngressRule, IngressSource, SecurityGroups, operation as op,
};
use heroku_data_link::reconcile::{Goal, ReconcileError, ownership};
use heroku_data_link_mock::{Procedure, VpcSpec, World};

use crate::support::{Link, assert_blocker, driver, procedure};

async fn established() -> (World, Procedure, PrivateLinkSpec, Link, SecurityGroupId) {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let link = driver(&world, &spec);
    let output = link.establish().await.unwrap();
    let group = output.security_groups.first().unwrap().clone();
    (world, site, spec, link, group)
}

fn from(group: &SecurityGroupId) -> IngressRule {
    IngressRule::tcp("5432".parse().unwrap(), IngressSource::Group(group.clone()))
}

/// A teardown that must have been refused before it changed anything.
async fn assert_refused(world: &World, link: &Link, parts: &[&str]) {
    let before = (world.fingerprint(), world.mutations());
    let error = link.teardown().await.unwrap_err();
    assert!(matches!(error, ReconcileError::Blocked { .. }), "{error:?}");
    assert_blocker(error.blockers(), "security-group-referred-to", parts);
    assert_eq!((world.fingerprint(), world.mutations()), before);
}

#[tokio::test]
async fn a_teardown_names_the_group_whose_inbound_rule_refers_to_the_links_own() {
    let (world, site, spec, link, group) = established().await;
    let web = world.add_security_group(&site.vpc, "web", &[]).unwrap();
    world.aws().authorize_ingress(&web, &from(&group)).await.unwrap();
    let named = format!("an inbound rule of {web} (web)");
    assert_refused(&world, &link, &[group.as_str(), &named]).await;

    // Establishing goes on as before, and the way out is the one that the remedy names.
    link.establish().await.unwrap();
    world.aws().revoke_ingress(&web, &from(&group)).await.unwrap();
    link.teardown().await.unwrap();
    let left = GroupQuery::Tagged(ownership::tag_of(&spec.link));
    assert_eq!(world.aws().security_groups(&left).await.unwrap(), []);
}

#[tokio::test]
async fn a_teardown_names_the_group_whose_outbound_rule_refers_to_the_links_own() {
    let (world, site, _, link, group) = established().await;
    let web = world.add_security_group(&site.vpc, "web", &[]).unwrap();
    let both = world.add_security_group(&site.vpc, "both", &[]).unwrap();
    world.add_outbound_rule(&web, &from(&group)).unwrap();
    world.add_outbound_rule(&both, &from(&group)).unwrap();
    world.aws().authorize_ingress(&both, &from(&group)).await.unwrap();
    let parts = [
        format!("an outbound rule of {web} (web)"),
        format!("and an outbound rule of {both} (both)"),
    ];
    assert_refused(&world, &link, &[group.as_str(), &parts[0], &parts[1]]).await;
}

#[tokio::test]
async fn what_does_not_hold_the_group_does_not_block_a_teardown() {
    let (world, _, _, link, group) = established().await;
    // Its own rules go with it, and a rule in another VPC becomes stale.
    world.add_outbound_rule(&group, &from(&group)).unwrap();
    let elsewhere = world.add_vpc(&VpcSpec::new(["10.88.0.0/16"])).unwrap();
    let peer = world.add_security_group(&elsewhere, "peer", &[]).unwrap();
    world.aws().authorize_ingress(&peer, &from(&group)).await.unwrap();
    let plan = link.plan(Goal::TornDown).await.unwrap();
    let named = |note: &&String| note.contains(peer.as_str()) && note.contains("stale");
    assert_eq!(plan.notes.iter().filter(named).count(), 1, "{plan}");
    link.teardown().await.unwrap();
}

#[tokio::test]
async fn who_refers_to_the_group_is_asked_only_when_it_is_torn_down() {
    let (world, _, _, link, group) = established().await;
    let asked = || {
        let about = format!("referring to {group}");
        let journal = world.journal();
        let calls = journal.iter().filter(|call| call.operation == op::DESCRIBE_SECURITY_GROUPS);
        calls.filter(|call| call.detail == about).count()
    };
    link.verify().await.unwrap();
    assert_eq!(asked(), 0);
    link.teardown().await.unwrap();
    assert!(asked() > 0);
    let before = world.journal().len();
    link.teardown().await.unwrap();
    let journal = world.journal();
    assert!(journal[before..].iter().all(|call| !call.detail.starts_with("referring")));
}
