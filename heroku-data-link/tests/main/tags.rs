//! The spec's own tags, and the name and description of the link's security group.

use std::collections::BTreeSet;

use heroku_data_link::model::{DataService, OwnTags};
use heroku_data_link::peering::PeeringChoice;
use heroku_data_link::privatelink::{Clients, EndpointChoice, GroupChoice};
use heroku_data_link::provider::{
    EndpointQuery, GroupQuery, Keys, PeeringQuery, SecurityGroup, SecurityGroups, Tags,
    VpcEndpoint, VpcEndpoints, VpcPeerings, operation,
};
use heroku_data_link::reconcile::{Goal, Plan, Status, ownership};
use heroku_data_link_mock::{Scenario, World, survives_every_crash};

use crate::support::{assert_blocker, blockers, caller, driver, procedure};
use crate::{encryption::support as encryption, peering};

fn own<const N: usize>(tags: [(&str, &str); N]) -> OwnTags {
    OwnTags::new(tags).unwrap()
}

fn team() -> OwnTags {
    own([("team", "data"), ("cost center", "1=2/x")])
}

fn with<const N: usize>(tags: &Tags, more: [(&str, &str); N]) -> Tags {
    let mut all = tags.clone();
    all.extend(more.map(|(key, value)| (key.to_owned(), value.to_owned())));
    all
}

async fn endpoint(world: &World) -> VpcEndpoint {
    let tag = ownership::tag_of(&"demo".parse().unwrap());
    let mut found = world.aws().endpoints(&EndpointQuery::Tagged(tag)).await.unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

async fn groups(world: &World) -> Vec<SecurityGroup> {
    let tag = ownership::tag_of(&"demo".parse().unwrap());
    world.aws().security_groups(&GroupQuery::Tagged(tag)).await.unwrap()
}

async fn group(world: &World) -> SecurityGroup {
    let mut found = groups(world).await;
    assert_eq!(found.len(), 1);
    found.remove(0)
}

fn calls(world: &World, operation: &str) -> usize {
    world.journal().iter().filter(|call| call.operation == operation).count()
}

/// The names of the steps that are not done.
fn open(plan: &Plan) -> Vec<&str> {
    let open = plan.steps.iter().filter(|step| step.status != Status::Done);
    open.map(|step| step.name.as_ref()).collect()
}

#[tokio::test]
async fn own_tags_are_set_in_the_call_that_creates() {
    for (tags, name) in [(team(), "demo"), (own([("Name", "shop cache")]), "shop cache")] {
        let (world, _, mut spec) = procedure(DataService::KeyValueStore);
        spec.tags = tags.clone();
        let link = driver(&world, &spec);
        link.establish().await.unwrap();
        for found in [endpoint(&world).await.tags, group(&world).await.tags] {
            assert_eq!(found["Name"], name);
            for (key, value) in &tags {
                assert_eq!(&found[key], value);
            }
        }
        assert_eq!(calls(&world, operation::CREATE_TAGS), 0);

        let (world, site, mut spec) = peering::procedure();
        spec.tags = tags.clone();
        peering::driver(&world, &site, &spec).establish().await.unwrap();
        let query = PeeringQuery::Tagged(ownership::tag_of(&spec.link));
        let found = peering::aws(&world, &site).peering_connections(&query).await.unwrap();
        assert_eq!(found[0].tags["Name"], name);
        assert!(tags.iter().all(|(key, value)| found[0].tags[key] == *value));
        assert_eq!(calls(&world, operation::CREATE_TAGS), 0);

        let (world, _, mut spec) = encryption::procedure(DataService::Postgres);
        spec.tags = tags.clone();
        encryption::driver(&world, &spec).establish().await.unwrap();
        let key = encryption::own_keys(&world).await.remove(0);
        let found = world.aws().key_tags(&key).await.unwrap();
        assert_eq!(found["Name"], if name == "demo" { "vault" } else { name });
        assert!(tags.iter().all(|(key, value)| found[key] == *value));
        assert_eq!(calls(&world, operation::TAG_KEY), 0);
    }
}

#[tokio::test]
async fn own_tags_that_drift_are_set_again_and_those_of_others_are_left_alone() {
    let (world, _, mut spec) = procedure(DataService::KeyValueStore);
    spec.tags = team();
    driver(&world, &spec).establish().await.unwrap();
    let (endpoint_id, group_id) = (endpoint(&world).await.id, group(&world).await.id);
    let mut drifted = with(
        &endpoint(&world).await.tags,
        [("team", "web"), ("Team", "x"), ("Name", "theirs"), ("of", "others")],
    );
    drifted.remove("cost center");
    for id in [endpoint_id.as_str(), group_id.as_str()] {
        world.replace_tags(id, &drifted).unwrap();
    }
    let link = driver(&world, &spec);
    let plan = link.plan(Goal::Established).await.unwrap();
    assert_eq!(open(&plan), [&*format!("endpoint/tag {endpoint_id}"), "security-group/tag"]);
    let text = plan.to_string();
    let said = format!("tag {endpoint_id} as the spec says: cost center=1=2/x, team=data");
    assert!(text.contains(&said), "{text}");
    let before = world.mutations();
    link.establish().await.unwrap();
    assert_eq!((world.mutations() - before, calls(&world, operation::CREATE_TAGS)), (2, 2));
    let mended = with(&drifted, [("team", "data"), ("cost center", "1=2/x")]);
    assert_eq!(endpoint(&world).await.tags, mended);
    assert_eq!(group(&world).await.tags, mended);
    // A tag that the spec no longer names stays.
    spec.tags = own([("team", "data")]);
    let plan = driver(&world, &spec).plan(Goal::Established).await.unwrap();
    assert_eq!(open(&plan), [""; 0]);
}

#[tokio::test]
async fn own_tags_of_a_peering_that_drift_are_set_again() {
    let (world, site, mut spec) = peering::procedure();
    let established = peering::driver(&world, &site, &spec).establish().await.unwrap();
    let id = established.peering;
    let query = PeeringQuery::Tagged(ownership::tag_of(&spec.link));
    let aws = peering::aws(&world, &site);
    let before = aws.peering_connections(&query).await.unwrap().remove(0).tags;
    spec.tags = team();
    let link = peering::driver(&world, &site, &spec);
    assert_eq!(open(&link.plan(Goal::Established).await.unwrap()), ["peering/tag"]);
    link.establish().await.unwrap();
    let after = aws.peering_connections(&query).await.unwrap().remove(0).tags;
    assert_eq!(after, with(&before, [("team", "data"), ("cost center", "1=2/x")]));
    world.replace_tags(id.as_str(), &with(&after, [("team", "web"), ("of", "others")])).unwrap();
    peering::driver(&world, &site, &spec).establish().await.unwrap();
    let mended = aws.peering_connections(&query).await.unwrap().remove(0).tags;
    assert_eq!(mended, with(&after, [("of", "others")]));
}

#[tokio::test]
async fn own_tags_of_a_key_that_drift_are_set_again() {
    let (world, _, mut spec) = encryption::procedure(DataService::Postgres);
    encryption::driver(&world, &spec).establish().await.unwrap();
    let key = encryption::own_keys(&world).await.remove(0);
    let before = world.aws().key_tags(&key).await.unwrap();
    spec.tags = team();
    let link = encryption::driver(&world, &spec);
    let plan = link.plan(Goal::Established).await.unwrap();
    assert_eq!(open(&plan), ["key/tag"]);
    let command = format!(
        "aws kms tag-resource --region us-east-1 --key-id {key} --tags \
         'TagKey=cost center,TagValue=1=2/x' TagKey=team,TagValue=data"
    );
    assert!(plan.to_string().contains(&command), "{plan}");
    link.establish().await.unwrap();
    let after = world.aws().key_tags(&key).await.unwrap();
    assert_eq!(after, with(&before, [("team", "data"), ("cost center", "1=2/x")]));
    world.replace_tags(key.as_str(), &with(&after, [("team", "web"), ("of", "others")])).unwrap();
    encryption::driver(&world, &spec).establish().await.unwrap();
    let mended = world.aws().key_tags(&key).await.unwrap();
    assert_eq!(mended, with(&after, [("of", "others")]));
    assert_eq!(calls(&world, operation::TAG_KEY), 2);
    // One that does not carry the link's tag is not changed.
    world.replace_tags(key.as_str(), &Tags::new()).unwrap();
    let plan = link.plan(Goal::Established).await.unwrap();
    assert!(!open(&plan).contains(&"key/tag"), "{plan}");
}

#[tokio::test]
async fn what_an_earlier_version_made_without_a_name_has_not_drifted() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    driver(&world, &spec).establish().await.unwrap();
    let mut tags = endpoint(&world).await.tags;
    tags.remove(ownership::NAME_TAG);
    for id in [endpoint(&world).await.id.as_str(), group(&world).await.id.as_str()] {
        world.replace_tags(id, &tags).unwrap();
    }
    let before = world.mutations();
    let link = driver(&world, &spec);
    assert_eq!(open(&link.plan(Goal::Established).await.unwrap()), [""; 0]);
    link.establish().await.unwrap();
    assert_eq!(world.mutations(), before);
}

#[tokio::test]
async fn what_is_adopted_gets_the_own_tags_and_keeps_its_name() {
    let (world, site, mut spec) = procedure(DataService::KeyValueStore);
    let service = world.add_private_link(site.addon_id, &["123456789101"]).unwrap();
    let theirs = world.add_security_group(&site.vpc, "by-hand", &[]).unwrap();
    let subnets = [site.subnets[0].clone()];
    let tags = [("Name", "by hand"), ("team", "web")];
    world.add_endpoint(&site.vpc, &service, &subnets, &[theirs], &tags).unwrap();
    (spec.endpoint, spec.tags) = (EndpointChoice::Adopt, team());
    driver(&world, &spec).establish().await.unwrap();
    let found = endpoint(&world).await.tags;
    assert_eq!((found["Name"].as_str(), found["team"].as_str()), ("by hand", "data"));
    assert_eq!(calls(&world, operation::CREATE_TAGS), 1);

    let (world, site, mut spec) = peering::procedure();
    peering::driver(&world, &site, &spec).establish().await.unwrap();
    let aws = peering::aws(&world, &site);
    let query = PeeringQuery::Tagged(ownership::tag_of(&spec.link));
    let made = aws.peering_connections(&query).await.unwrap().remove(0);
    let stripped = Tags::from([("Name".to_owned(), "by hand".to_owned())]);
    world.replace_tags(made.id.as_str(), &stripped).unwrap();
    (spec.peering, spec.tags) = (PeeringChoice::Adopt, team());
    peering::driver(&world, &site, &spec).establish().await.unwrap();
    let found = aws.peering_connections(&query).await.unwrap().remove(0).tags;
    assert_eq!((found["Name"].as_str(), found["team"].as_str()), ("by hand", "data"));
}

#[tokio::test]
async fn a_resource_without_room_for_the_own_tags_is_named() {
    let (world, _, mut spec) = procedure(DataService::KeyValueStore);
    driver(&world, &spec).establish().await.unwrap();
    let mut tags = endpoint(&world).await.tags;
    tags.extend((tags.len()..49).map(|n| (format!("of-others-{n}"), String::new())));
    let id = endpoint(&world).await.id;
    world.replace_tags(id.as_str(), &tags).unwrap();
    spec.tags = team();
    let found = blockers(&world, &spec).await;
    let parts = [id.as_str(), "49 tags", "lacks 2 of the spec's", "AWS allows 50"];
    assert_blocker(&found, "too-many-tags", &parts);
    tags.retain(|key, _| key != "of-others-48");
    world.replace_tags(id.as_str(), &tags).unwrap();
    driver(&world, &spec).establish().await.unwrap();
    assert_eq!(endpoint(&world).await.tags.len(), 50);
}

/// The IAM actions of all AWS calls.
fn called(world: &World) -> BTreeSet<&'static str> {
    world.journal().iter().flat_map(|call| call.permissions.clone()).collect()
}

#[tokio::test]
async fn the_policy_of_a_spec_covers_its_own_tags() {
    let (world, site, mut spec) = procedure(DataService::KeyValueStore);
    spec.tags = team();
    let policy = spec.iam_policy(&caller(&site), &site.region);
    let link = driver(&world, &spec);
    link.establish().await.unwrap();
    let drifted = with(&endpoint(&world).await.tags, [("team", "web")]);
    world.replace_tags(endpoint(&world).await.id.as_str(), &drifted).unwrap();
    world.replace_tags(group(&world).await.id.as_str(), &drifted).unwrap();
    let plan = driver(&world, &spec).plan(Goal::Established).await.unwrap();
    assert!(plan.iam_policy().actions().contains(operation::CREATE_TAGS));
    driver(&world, &spec).establish().await.unwrap();
    driver(&world, &spec).teardown().await.unwrap();
    assert!(called(&world).is_subset(&policy.actions()));

    // A key is tagged later only for own tags, and only where it carries the link's tag.
    let (_, _, mut spec) = encryption::procedure(DataService::Postgres);
    let caller = caller(&site);
    for (tags, granted) in [(OwnTags::default(), false), (team(), true)] {
        spec.tags = tags;
        let document = spec.iam_policy(&caller, &site.region).document();
        let statements = document["Statement"].as_array().unwrap();
        let on_owned = statements.iter().any(|it| {
            it["Action"].to_string().contains(operation::TAG_KEY)
                && it["Condition"]["StringEquals"]["aws:ResourceTag/heroku-data-link:link"]
                    == serde_json::json!(["vault"])
        });
        assert_eq!(on_owned, granted);
    }
}

#[tokio::test]
async fn every_crash_is_survived_with_own_tags_and_a_chosen_group() {
    let report = survives_every_crash(|| {
        let (world, _, mut spec) = procedure(DataService::KeyValueStore);
        spec.tags = team();
        spec.security_groups = chosen("shop cache");
        Scenario::new(world, move |world| driver(world, &spec))
    });
    let report = report.await.unwrap();
    // As many as without: the tags are set in the calls that create.
    assert_eq!((report.mutations_establish, report.mutations_teardown), (5, 3));
    survives_every_crash(|| {
        let (world, site, mut spec) = peering::procedure();
        spec.tags = team();
        Scenario::new(world, move |world| peering::driver(world, &site, &spec))
    })
    .await
    .unwrap();
    let report = survives_every_crash(|| {
        let (world, _, mut spec) = encryption::procedure(DataService::KeyValueStore);
        spec.tags = team();
        let driver = move |world: &World| encryption::driver(world, &spec);
        Scenario::new(world, driver).leaves_things_behind()
    });
    assert_eq!(report.await.unwrap().mutations_establish, 4);
}

fn chosen(name: &str) -> GroupChoice {
    GroupChoice::Owned {
        clients: Clients::Vpc,
        name: Some(name.parse().unwrap()),
        description: Some("Clients of the cache, see wiki:/x".parse().unwrap()),
    }
}

#[tokio::test]
async fn the_name_and_description_of_the_group_are_the_specs() {
    let (world, _, mut spec) = procedure(DataService::KeyValueStore);
    spec.security_groups = chosen("shop cache");
    let link = driver(&world, &spec);
    let plan = link.plan(Goal::Established).await.unwrap().to_string();
    let command = "--group-name 'shop cache' --description 'Clients of the cache, see wiki:/x'";
    assert!(plan.contains(command), "{plan}");
    link.establish().await.unwrap();
    assert_eq!(group(&world).await.name, "shop cache");
    link.teardown().await.unwrap();
    assert_eq!(world.orphans(), Vec::<String>::new());
}

#[tokio::test]
async fn a_group_stays_the_links_own_when_the_spec_calls_it_otherwise() {
    let default = GroupChoice::default;
    for (before, after) in [
        (default(), chosen("shop cache")),
        (chosen("shop cache"), default()),
        (chosen("shop cache"), chosen("cache of the shop")),
    ] {
        let (world, _, mut spec) = procedure(DataService::KeyValueStore);
        spec.security_groups = before;
        driver(&world, &spec).establish().await.unwrap();
        let made = group(&world).await;
        spec.security_groups = after;
        let mutations = world.mutations();
        let link = driver(&world, &spec);
        let plan = link.plan(Goal::Established).await.unwrap();
        let note = format!("{} stays {}, as AWS renames no", made.id, made.name);
        assert!(plan.notes.iter().any(|it| it.starts_with(&note)), "{:?}", plan.notes);
        link.establish().await.unwrap();
        assert_eq!((world.mutations(), group(&world).await.id), (mutations, made.id));
        link.teardown().await.unwrap();
        assert_eq!(world.orphans(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_group_to_which_the_tags_were_copied_is_not_the_links_own() {
    let (world, site, mut spec) = procedure(DataService::KeyValueStore);
    spec.security_groups = chosen("shop cache");
    driver(&world, &spec).establish().await.unwrap();
    let made = group(&world).await;
    let tags: Vec<_> =
        made.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let copy = world.add_security_group(&site.vpc, "copy", &tags).unwrap();
    let mut renamed = spec.clone();
    renamed.security_groups = chosen("another");
    for spec in [&spec, &renamed] {
        driver(&world, spec).establish().await.unwrap();
        assert_eq!(endpoint(&world).await.groups, BTreeSet::from([made.id.clone()]));
    }
    driver(&world, &renamed).teardown().await.unwrap();
    let left = groups(&world).await;
    assert_eq!(left.iter().map(|it| &it.id).collect::<Vec<_>>(), [&copy]);
}
