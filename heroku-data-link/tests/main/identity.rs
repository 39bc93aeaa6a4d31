//! Whom what a link made is for: a link id that is used a second time, for something else, reaches
//! nothing that the first one made.

use heroku_data_link::model::{AddonId, AddonName, AddonRef, DataService, LinkKind, VpcEndpointId};
use heroku_data_link::privatelink::{EndpointChoice, HerokuTeardown, PrivateLinkSpec};
use heroku_data_link::provider::{
    EndpointQuery, GroupQuery, IngressRule, IngressSource, NewEndpoint, NewSecurityGroup,
    SecurityGroup, SecurityGroups, Tags, VpcEndpoints, operation,
};
use heroku_data_link::reconcile::ownership::{
    self, KIND_TAG, LINK_TAG, TARGET_NAME_TAG, TARGET_TAG,
};
use heroku_data_link::reconcile::{Goal, Pass, Status, Verified};
use heroku_data_link_mock::{AddonSpec, Procedure, VpcSpec, World};

use crate::support::{assert_blocker, blockers, driver, procedure};

/// An established link, and another add-on of the same app.
async fn two_addons() -> (World, Procedure, PrivateLinkSpec, AddonId, AddonName) {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    driver(&world, &spec).establish().await.unwrap();
    let name: AddonName = "redis-other-1".parse().unwrap();
    let other = AddonSpec::new(&site.app, name.as_str(), "heroku-redis:private-7");
    let id = world.add_addon(&other).unwrap();
    (world, site, spec, id, name)
}

/// Neither direction changes anything, and both say this.
async fn assert_out_of_reach(world: &World, spec: &PrivateLinkSpec, code: &str, parts: &[&str]) {
    let before = (world.fingerprint(), world.mutations());
    let link = driver(world, spec);
    let plan = link.plan(Goal::TornDown).await.unwrap();
    assert_eq!(plan.ready().count(), 0, "{plan}");
    let error = link.teardown().await.unwrap_err();
    assert_blocker(error.blockers(), code, parts);
    assert_eq!(link.teardown_once().await.unwrap_err().blockers(), error.blockers());
    link.establish().await.unwrap_err();
    assert_eq!((world.fingerprint(), world.mutations()), before);
}

#[tokio::test]
async fn what_a_link_makes_says_whom_it_is_for() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let output = driver(&world, &spec).establish().await.unwrap();
    let endpoints = world.aws().endpoints(&EndpointQuery::Id(output.endpoint)).await.unwrap();
    let groups = GroupQuery::Ids(output.security_groups);
    let groups = world.aws().security_groups(&groups).await.unwrap();
    for tags in [&endpoints[0].tags, &groups[0].tags] {
        let said = |key| tags.get(key).map(String::as_str);
        assert_eq!(said(LINK_TAG), Some("demo"));
        assert_eq!(said(KIND_TAG), Some("privatelink"));
        assert_eq!(said(TARGET_TAG), Some(site.addon_id.to_string().as_str()));
        assert_eq!(said(TARGET_NAME_TAG), Some(site.addon.as_str()));
    }
}

#[tokio::test]
async fn a_link_id_does_not_reach_what_it_made_for_another_addon() {
    let (world, site, spec, other_id, other) = two_addons().await;
    let made = driver(&world, &spec).establish().await.unwrap().endpoint;
    for policy in [HerokuTeardown::Keep, HerokuTeardown::Delete] {
        for addon in [AddonRef::from(other.clone()), AddonRef::from(other_id)] {
            let mut second = spec.clone();
            second.addon = addon;
            second.heroku_teardown = policy;
            let parts = [made.as_str(), site.addon.as_str(), other.as_str()];
            assert_out_of_reach(&world, &second, "link-id-in-use", &parts).await;
        }
    }
    // A verification does not show the one's endpoint as the other's.
    let mut second = spec.clone();
    second.addon = other.into();
    assert!(matches!(driver(&world, &second).verify().await.unwrap(), Verified::Drifted(_)));
}

#[tokio::test]
async fn a_link_id_does_not_reach_what_it_made_when_its_addon_cannot_be_read() {
    let (world, site, spec, ..) = two_addons().await;
    let made = driver(&world, &spec).establish().await.unwrap().endpoint;
    let mut typo = spec.clone();
    typo.heroku_teardown = HerokuTeardown::Keep;
    typo.addon = "redis-kvs-12346".parse::<AddonName>().unwrap().into();
    let parts = [made.as_str(), site.addon.as_str(), "redis-kvs-12346", "UUID"];
    assert_out_of_reach(&world, &typo, "link-target-unclear", &parts).await;
    typo.addon = "00000000-0000-4000-8000-00000000dead".parse::<AddonId>().unwrap().into();
    assert_out_of_reach(&world, &typo, "link-id-in-use", &[made.as_str()]).await;
}

#[tokio::test]
async fn a_link_whose_addon_is_destroyed_is_torn_down_by_its_name_or_id() {
    for by_id in [false, true] {
        let (world, site, mut spec) = procedure(DataService::KeyValueStore);
        driver(&world, &spec).establish().await.unwrap();
        world.destroy_addon(site.addon_id).unwrap();
        if by_id {
            spec.addon = site.addon_id.into();
        }
        // What was to be done on Heroku's side cannot be looked at.
        let before = world.fingerprint();
        let error = driver(&world, &spec).teardown().await.unwrap_err();
        assert_blocker(error.blockers(), "unknown-addon", &["heroku-teardown"]);
        assert_eq!(world.fingerprint(), before);
        spec.heroku_teardown = HerokuTeardown::Keep;
        driver(&world, &spec).teardown().await.unwrap();
        assert_eq!(world.orphans(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_teardown_is_not_done_while_the_endpoint_service_it_is_to_delete_cannot_be_seen() {
    // The link was never established; the add-on is misspelt.
    let (world, site, mut spec) = procedure(DataService::KeyValueStore);
    world.add_private_link(site.addon_id, &["123456789101"]).unwrap();
    spec.addon = "redis-kvs-12346".parse::<AddonName>().unwrap().into();
    for policy in [HerokuTeardown::Delete, HerokuTeardown::Disallow] {
        spec.heroku_teardown = policy;
        let error = driver(&world, &spec).teardown().await.unwrap_err();
        assert_blocker(error.blockers(), "unknown-addon", &["redis-kvs-12346"]);
    }
    spec.heroku_teardown = HerokuTeardown::Keep;
    let link = driver(&world, &spec);
    link.teardown().await.unwrap();
    // No sentence claims that something was compared.
    let plan = link.plan(Goal::TornDown).await.unwrap().to_string();
    assert!(plan.contains("no endpoint carries the tag heroku-data-link:link=demo"), "{plan}");
}

/// An endpoint with a group, made before there were tags that say whom they are for.
async fn made_by_the_first_version(
    world: &World,
    site: &Procedure,
) -> (VpcEndpointId, SecurityGroup) {
    let service = world.add_private_link(site.addon_id, &["123456789101"]).unwrap();
    let tags = Tags::from([(LINK_TAG.to_owned(), "demo".to_owned())]);
    let group = world
        .aws()
        .create_security_group(&NewSecurityGroup {
            vpc: site.vpc.clone(),
            name: "heroku-data-link-demo".to_owned(),
            description: "by version 0.1.0".to_owned(),
            tags: tags.clone(),
        })
        .await
        .unwrap();
    world.advance(std::time::Duration::from_secs(600));
    let endpoint = NewEndpoint {
        vpc: site.vpc.clone(),
        service,
        subnets: [site.subnets[0].clone()].into(),
        groups: [group.clone()].into(),
        tags,
        client_token: "0.1.0".to_owned(),
    };
    let endpoint = world.aws().create_endpoint(&endpoint).await.unwrap();
    let group = world.aws().security_groups(&GroupQuery::Ids([group].into())).await.unwrap();
    (endpoint, group[0].clone())
}

#[tokio::test]
async fn what_the_first_version_made_is_recognised_by_where_it_leads_and_then_says_so() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let (endpoint, group) = made_by_the_first_version(&world, &site).await;
    let output = driver(&world, &spec).establish().await.unwrap();
    assert_eq!(output.endpoint, endpoint);
    assert!(output.security_groups.contains(&group.id));
    let found = world.aws().endpoints(&EndpointQuery::Id(endpoint)).await.unwrap();
    assert_eq!(found[0].tags[TARGET_TAG], site.addon_id.to_string());
    let found = world.aws().security_groups(&GroupQuery::Ids([group.id].into())).await.unwrap();
    assert_eq!(found[0].tags[TARGET_TAG], site.addon_id.to_string());
    driver(&world, &spec).teardown().await.unwrap();
    assert_eq!(world.orphans(), Vec::<String>::new());

    // A teardown recognises it as well, also when it is interrupted between endpoint and group.
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    made_by_the_first_version(&world, &site).await;
    for _ in 0..200 {
        match driver(&world, &spec).teardown_once().await.unwrap() {
            Pass::Done(()) => break,
            Pass::Requeue { after, .. } => world.advance(after),
        }
    }
    assert_eq!(world.orphans(), Vec::<String>::new());
}

#[tokio::test]
async fn what_the_first_version_made_for_another_addon_stays() {
    let (world, site, mut spec) = procedure(DataService::KeyValueStore);
    let (endpoint, group) = made_by_the_first_version(&world, &site).await;
    let other = AddonSpec::new(&site.app, "redis-other-1", "heroku-redis:private-7");
    let other = world.add_addon(&other).unwrap();
    spec.heroku_teardown = HerokuTeardown::Keep;
    spec.addon = other.into();
    // Nothing tells where a link to an add-on without an endpoint service would lead.
    assert_out_of_reach(&world, &spec, "link-target-unclear", &[endpoint.as_str()]).await;
    world.add_private_link(other, &["123456789101"]).unwrap();
    world.advance(std::time::Duration::from_secs(600));
    assert_out_of_reach(&world, &spec, "link-id-in-use", &[endpoint.as_str()]).await;
    // A group alone tells nothing.
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let tags = Tags::from([(LINK_TAG.to_owned(), "demo".to_owned())]);
    let group = NewSecurityGroup {
        vpc: site.vpc.clone(),
        name: group.name,
        description: "alone".to_owned(),
        tags,
    };
    let group = world.aws().create_security_group(&group).await.unwrap();
    let parts = [group.as_str(), "heroku-data-link:target"];
    assert_out_of_reach(&world, &spec, "link-target-unclear", &parts).await;
}

#[tokio::test]
async fn tags_that_were_copied_onto_a_foreign_group_do_not_make_it_the_links_own() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let output = driver(&world, &spec).establish().await.unwrap();
    let own = GroupQuery::Ids(output.security_groups.clone());
    let own = world.aws().security_groups(&own).await.unwrap();
    let copy = world.add_security_group(&site.vpc, "web", &[]).unwrap();
    world.aws().tag_security_group(&copy, &own[0].tags).await.unwrap();
    let rule =
        IngressRule::tcp("22".parse().unwrap(), IngressSource::Cidr("10.0.0.0/8".parse().unwrap()));
    world.aws().authorize_ingress(&copy, &rule).await.unwrap();

    let again = driver(&world, &spec).establish().await.unwrap();
    assert_eq!(again.security_groups, output.security_groups);
    let plan = driver(&world, &spec).plan(Goal::TornDown).await.unwrap();
    assert!(plan.notes.iter().any(|note| note.contains(copy.as_str())), "{plan}");
    driver(&world, &spec).teardown().await.unwrap();
    let left = world.aws().security_groups(&GroupQuery::Ids([copy].into())).await.unwrap();
    assert!(left[0].ingress.contains(&rule));
}

#[tokio::test]
async fn an_adoption_shows_what_follows_before_the_tag_is_set() {
    let (world, site, mut spec) = procedure(DataService::KeyValueStore);
    let service = world.add_private_link(site.addon_id, &["123456789101"]).unwrap();
    world.advance(std::time::Duration::from_secs(600));
    let group = world.add_security_group(&site.vpc, "by-hand", &[]).unwrap();
    let subnets = [site.subnets[0].clone()];
    let groups = std::slice::from_ref(&group);
    let endpoint = world.add_endpoint(&site.vpc, &service, &subnets, groups, &[]).unwrap();
    spec.endpoint = EndpointChoice::Adopt;
    let plan = driver(&world, &spec).plan(Goal::Established).await.unwrap();
    let step = |name: &str| plan.steps.iter().find(|step| step.name == name).unwrap();
    assert_eq!(step("endpoint/modify").status, Status::Later);
    let sentence = &step("endpoint/modify").sentence;
    for part in [
        endpoint.as_str(),
        "add subnet-",
        "add the new security group heroku-data-link-demo",
        &format!("remove {group}"),
    ] {
        assert!(sentence.contains(part), "{part}: {sentence}");
    }
    // It is what then happens.
    let output = driver(&world, &spec).establish().await.unwrap();
    assert!(output.subnets.len() == 2 && !output.security_groups.contains(&group));
}

#[tokio::test]
async fn a_vpc_that_another_account_shares_is_refused_before_heroku_is_changed() {
    let (world, site, mut spec) = procedure(DataService::KeyValueStore);
    let shared =
        VpcSpec::new(["10.5.0.0/16"]).in_account("210987654321").shared_with(&site.account);
    spec.vpc = world.add_vpc(&shared).unwrap();
    world.add_subnet(&spec.vpc, "us-east-1a", "10.5.1.0/24").unwrap();
    let found = blockers(&world, &spec).await;
    let parts = ["210987654321", site.account.as_str(), spec.vpc.as_str()];
    assert_blocker(&found, "shared-vpc", &parts);
    assert!(!world.journal().iter().any(|it| it.operation == operation::CREATE_PRIVATE_LINK));
}

#[tokio::test]
async fn an_endpoint_of_a_former_endpoint_service_is_named() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let output = driver(&world, &spec).establish().await.unwrap();
    let owner = ownership::Owner::new(
        &spec.link,
        LinkKind::PrivateLink,
        Some(site.addon_id.to_string()),
        site.addon.as_str(),
    );
    let other = AddonSpec::new(&site.app, "redis-other-1", "heroku-redis:private-7");
    let other = world.add_addon(&other).unwrap();
    let service = world.add_private_link(other, &["123456789101"]).unwrap();
    world.advance(std::time::Duration::from_secs(600));
    let subnets = [site.subnets[0].clone()];
    let groups: Vec<_> = output.security_groups.into_iter().collect();
    let tags = owner.tags();
    let tags: Vec<_> = tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let stray = world.add_endpoint(&site.vpc, &service, &subnets, &groups, &tags).unwrap();
    let found = blockers(&world, &spec).await;
    assert_blocker(&found, "endpoint-of-former-service", &[stray.as_str(), service.as_str()]);
}

#[tokio::test]
async fn an_endpoint_whose_tags_were_taken_away_holds_the_links_group_and_is_named() {
    let (world, _, mut spec) = procedure(DataService::KeyValueStore);
    spec.heroku_teardown = HerokuTeardown::Keep;
    let output = driver(&world, &spec).establish().await.unwrap();
    let tags = world.aws().endpoints(&EndpointQuery::Id(output.endpoint.clone())).await.unwrap();
    let tags = tags[0].tags.clone();
    world.replace_tags(output.endpoint.as_str(), &Tags::new()).unwrap();
    // No second one is made.
    let before = world.fingerprint();
    let found = blockers(&world, &spec).await;
    assert_blocker(&found, "endpoint-not-ours", &[output.endpoint.as_str(), "ignore_tags"]);
    let error = driver(&world, &spec).teardown().await.unwrap_err();
    let parts = [output.endpoint.as_str(), "heroku-data-link:link=demo"];
    assert_blocker(error.blockers(), "security-group-in-use", &parts);
    assert_eq!(world.fingerprint(), before);
    // What the remedies say.
    world.replace_tags(output.endpoint.as_str(), &tags).unwrap();
    driver(&world, &spec).teardown().await.unwrap();
    assert_eq!(world.orphans(), Vec::<String>::new());
}
