//! Whom a connection is for, and which routes and rules are the link's own.

use heroku_data_link::model::NonEmptySet;
use heroku_data_link::peering::{Inbound, PeeringChoice, PeeringSpec};
use heroku_data_link::provider::{
    GroupQuery, IngressRule, IngressSource, PeeringQuery, SecurityGroups, VpcPeerings, operation,
};
use heroku_data_link::reconcile::Goal;
use heroku_data_link::reconcile::ownership::{KIND_TAG, LINK_TAG, TARGET_NAME_TAG, TARGET_TAG};
use heroku_data_link_mock::{PeeringProcedure, World};

use super::{aws, driver, procedure, routes};
use crate::support::assert_blocker;

/// Neither direction changes anything, and the teardown says this.
async fn assert_out_of_reach(
    world: &World,
    site: &PeeringProcedure,
    spec: &PeeringSpec,
    code: &str,
    parts: &[&str],
) {
    let before = (world.fingerprint(), world.mutations());
    let link = driver(world, site, spec);
    assert_eq!(link.plan(Goal::TornDown).await.unwrap().ready().count(), 0);
    let error = link.teardown().await.unwrap_err();
    assert_blocker(error.blockers(), code, parts);
    link.establish().await.unwrap_err();
    assert_eq!((world.fingerprint(), world.mutations()), before);
}

#[tokio::test]
async fn a_link_id_does_not_reach_the_connection_of_another_space() {
    let (world, site, spec) = procedure();
    let made = driver(&world, &site, &spec).establish().await.unwrap().peering;
    let found = aws(&world, &site).peering_connections(&PeeringQuery::Id(made.clone())).await;
    let tags = found.unwrap().remove(0).tags;
    assert_eq!((tags[LINK_TAG].as_str(), tags[KIND_TAG].as_str()), ("demo", "peering"));
    assert_eq!(tags[TARGET_NAME_TAG], site.space.as_str());

    // One that does not exist, and one that does.
    let mut other = spec.clone();
    other.space = "enablement-jq".parse().unwrap();
    let parts = [made.as_str(), site.space.as_str(), "enablement-jq"];
    assert_out_of_reach(&world, &site, &other, "link-target-unclear", &parts).await;
    world.add_space("enablement-jq", "virginia").unwrap();
    assert_out_of_reach(&world, &site, &other, "link-id-in-use", &parts).await;
    assert!(tags[TARGET_TAG].len() == 36);
}

#[tokio::test]
async fn a_connection_of_the_first_version_is_recognised_by_the_vpc_that_it_leads_to() {
    let (world, site, mut spec) = procedure();
    let made = world.add_peering(&site.vpc, &site.space_vpc, &[(LINK_TAG, "demo")]).unwrap();
    let mut other = spec.clone();
    other.space = "nowhere".parse().unwrap();
    assert_out_of_reach(&world, &site, &other, "link-target-unclear", &[made.as_str()]).await;
    assert_eq!(driver(&world, &site, &spec).establish().await.unwrap().peering, made);
    let found = aws(&world, &site).peering_connections(&PeeringQuery::Id(made)).await.unwrap();
    assert_eq!(found[0].tags[TARGET_NAME_TAG], site.space.as_str());
    spec.peering = PeeringChoice::Owned;
    driver(&world, &site, &spec).teardown().await.unwrap();
    assert_eq!(world.orphans(), Vec::<String>::new());
}

fn rule(cidr: &str) -> IngressRule {
    IngressRule::tcp("443".parse().unwrap(), IngressSource::Cidr(cidr.parse().unwrap()))
}

#[tokio::test]
async fn routes_and_rules_that_were_there_before_the_link_stay() {
    for choice in [PeeringChoice::Adopt, PeeringChoice::Owned] {
        let (world, site, mut spec) = procedure();
        let group = site.group.clone();
        let ports = NonEmptySet::of("443".parse().unwrap());
        spec.inbound = Some(Inbound { security_group: group.clone(), ports });
        let aws = aws(&world, &site);
        aws.authorize_ingress(&group, &rule("10.0.16.0/20")).await.unwrap();
        if choice == PeeringChoice::Adopt {
            let by_hand = world.add_peering(&site.vpc, &site.space_vpc, &[]).unwrap();
            world.add_route(&site.tables[0], "10.0.16.0/20", by_hand.as_str()).unwrap();
        }
        spec.peering = choice.clone();
        let link = driver(&world, &site, &spec);
        link.establish().await.unwrap();
        assert_eq!(routes(&world, &site, &site.tables[0]).await.len(), 4);
        let plan = link.plan(Goal::TornDown).await.unwrap();
        let stays = plan.notes.iter().filter(|note| note.contains("it stays")).count();
        assert_eq!(stays, if choice == PeeringChoice::Adopt { 2 } else { 1 }, "{plan}");
        link.teardown().await.unwrap();
        let left = routes(&world, &site, &site.tables[0]).await;
        assert_eq!(left.len(), usize::from(choice == PeeringChoice::Adopt), "{left:?}");
        let groups = aws.security_groups(&GroupQuery::Ids([group].into())).await.unwrap();
        assert_eq!(groups[0].ingress, [rule("10.0.16.0/20")].into());
    }
}

#[tokio::test]
async fn a_route_that_somebody_makes_to_the_links_connection_is_not_the_links_own() {
    let (world, site, spec) = procedure();
    let link = driver(&world, &site, &spec);
    let made = link.establish().await.unwrap().peering;
    world.add_route(&site.tables[0], "10.0.64.0/20", made.as_str()).unwrap();
    link.teardown().await.unwrap();
    let left = routes(&world, &site, &site.tables[0]).await;
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0].destination.to_string(), "10.0.64.0/20");
}

#[tokio::test]
async fn a_table_that_is_chosen_later_is_recorded_before_its_routes_are_made() {
    let (world, site, mut spec) = procedure();
    spec.route_tables = heroku_data_link::peering::RouteTableChoice::Main;
    driver(&world, &site, &spec).establish().await.unwrap();
    spec.route_tables = heroku_data_link::peering::RouteTableChoice::All;
    driver(&world, &site, &spec).establish().await.unwrap();
    let calls = world.journal();
    let first = |name| calls.iter().position(|call| call.operation == name).unwrap();
    let last = calls.iter().rposition(|call| call.operation == operation::CREATE_ROUTE).unwrap();
    assert!(first(operation::CREATE_TAGS) < last);
    driver(&world, &site, &spec).teardown().await.unwrap();
    for table in &site.tables {
        assert_eq!(routes(&world, &site, table).await, []);
    }
}
