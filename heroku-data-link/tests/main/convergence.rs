//! A link follows its spec, whatever drifted, and tells which state a cloud refuses to leave.

use std::collections::BTreeSet;
use std::time::Duration;

use heroku_data_link::model::{AwsPrincipal, DataService, EndpointState, NonEmptySet, SubnetId};
use heroku_data_link::privatelink::{
    Client, Clients, EndpointChoice, GroupChoice, Principals, PrivateLinkSpec, SubnetChoice,
};
use heroku_data_link::provider::{
    EndpointChange, EndpointQuery, GroupQuery, IngressRule, IngressSource, PrivateLinks,
    SecurityGroup, SecurityGroups, VpcEndpoints, operation,
};
use heroku_data_link::reconcile::{ReconcileError, Verified, ownership};
use heroku_data_link_mock::{AddonSpec, Fate, World};

use crate::adoption::made_by_hand;
use crate::support::{assert_blocker, blockers, driver, procedure};

async fn group(world: &World, spec: &PrivateLinkSpec) -> SecurityGroup {
    let query = GroupQuery::Tagged(ownership::tag_of(&spec.link));
    world.aws().security_groups(&query).await.unwrap().remove(0)
}

fn rules(ports: &str, sources: &[&str]) -> BTreeSet<IngressRule> {
    let source = |text: &&str| match text.parse::<Client>().unwrap() {
        Client::Cidr(cidr) => IngressSource::Cidr(cidr),
        Client::Group(group) => IngressSource::Group(group),
        Client::GroupOf(account, group) => IngressSource::GroupOf(account, group),
        Client::PrefixList(list) => IngressSource::PrefixList(list),
        other => panic!("{other}"),
    };
    sources.iter().map(|text| IngressRule::tcp(ports.parse().unwrap(), source(text))).collect()
}

#[tokio::test]
async fn the_group_admits_just_the_vpc_to_just_the_services_ports() {
    for (service, ports) in [
        (DataService::KeyValueStore, "6379"),
        (DataService::Kafka, "10000-11000"),
        (DataService::Postgres, "5432-5433"),
    ] {
        let (world, _, spec) = procedure(service);
        driver(&world, &spec).establish().await.unwrap();
        let found = group(&world, &spec).await.ingress;
        assert_eq!(found, rules(ports, &["10.20.0.0/16", "10.21.0.0/16"]));
    }
}

#[tokio::test]
async fn clients_replace_the_vpc_and_drifted_rules_are_mended() {
    let (world, site, mut spec) = procedure(DataService::KeyValueStore);
    driver(&world, &spec).establish().await.unwrap();
    let web = world.add_security_group(&site.vpc, "web", &[]).unwrap();
    let clients = [Client::Group(web.clone()), "0.0.0.0/0".parse().unwrap()];
    spec.security_groups = GroupChoice::owned(Clients::These(NonEmptySet::new(clients).unwrap()));
    let link = driver(&world, &spec);
    let Verified::Drifted(plan) = link.verify().await.unwrap() else { panic!("no drift") };
    // Two rules to add, two to remove.
    assert_eq!(plan.open_steps().count(), 4, "{plan}");
    link.establish().await.unwrap();
    let found = group(&world, &spec).await.ingress;
    assert_eq!(found, rules("6379", &[web.as_str(), "0.0.0.0/0"]));
}

#[tokio::test]
async fn principals_are_added_and_extra_ones_stay_unless_the_spec_is_exclusive() {
    let (world, site, mut spec) = procedure(DataService::KeyValueStore);
    world.add_private_link(site.addon_id, &["999999999999:role/old"]).unwrap();
    let allowed = async || {
        let link = world.heroku().private_link(&site.addon_id).await.unwrap().unwrap();
        link.allowed_accounts
            .iter()
            .map(|account| account.principal.known().unwrap().heroku_form())
            .collect::<BTreeSet<_>>()
    };
    let set = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<_>>();

    driver(&world, &spec).establish().await.unwrap();
    assert_eq!(allowed().await, set(&["123456789101", "999999999999:role/old"]));

    // The same principals in another spelling are no drift.
    let spellings = ["arn:aws:iam::123456789101:root", "123456789101:user/abc.xyz"];
    let principals = spellings.map(|text| text.parse::<AwsPrincipal>().unwrap());
    spec.principals = Principals::These(NonEmptySet::new(principals).unwrap());
    spec.exclusive_principals = true;
    driver(&world, &spec).establish().await.unwrap();
    assert_eq!(allowed().await, set(&["123456789101", "123456789101:user/abc.xyz"]));
    let link = driver(&world, &spec);
    assert!(matches!(link.verify().await.unwrap(), Verified::InSync(_)));
}

#[tokio::test]
async fn an_endpoints_subnets_are_changed_in_place() {
    let (world, site, mut spec) = procedure(DataService::KeyValueStore);
    let first = driver(&world, &spec).establish().await.unwrap();
    // The other subnet of the zone that has two, and the one of the other zone.
    let kept: BTreeSet<SubnetId> = first.subnets.clone();
    let replacement = site.subnets[..2].iter().find(|id| !kept.contains(*id)).unwrap();
    let other_zone = kept.iter().find(|id| !site.subnets[..2].contains(*id)).unwrap();
    let wanted = [replacement.clone(), other_zone.clone()];
    spec.subnets = SubnetChoice::Among(NonEmptySet::new(wanted.clone()).unwrap());
    let second = driver(&world, &spec).establish().await.unwrap();
    assert_eq!(second.endpoint, first.endpoint);
    assert_eq!(second.subnets, wanted.into());
}

#[tokio::test]
async fn the_only_subnet_cannot_be_replaced_within_its_zone() {
    let (world, site, mut spec) = procedure(DataService::KeyValueStore);
    spec.subnets = SubnetChoice::Among(NonEmptySet::of(site.subnets[0].clone()));
    driver(&world, &spec).establish().await.unwrap();
    spec.subnets = SubnetChoice::Among(NonEmptySet::of(site.subnets[1].clone()));
    let found = blockers(&world, &spec).await;
    assert_eq!(found[0].code, "only-subnets-replaced");
    // The way out that the remedy names: by way of another zone.
    for step in [&site.subnets[1..3], &site.subnets[1..2]] {
        let wanted: BTreeSet<_> = step.iter().cloned().collect();
        spec.subnets = SubnetChoice::Among(NonEmptySet::new(wanted.clone()).unwrap());
        if step.len() == 2 {
            // First the other zone beside the old subnet, then without the old one.
            let both = [site.subnets[0].clone(), site.subnets[2].clone()];
            let mut first = spec.clone();
            first.subnets = SubnetChoice::Among(NonEmptySet::new(both).unwrap());
            driver(&world, &first).establish().await.unwrap();
        }
        assert_eq!(driver(&world, &spec).establish().await.unwrap().subnets, wanted);
    }
}

#[tokio::test]
async fn an_established_endpoint_keeps_its_subnet_when_the_vpc_gets_another_one_in_the_zone() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let first = driver(&world, &spec).establish().await.unwrap();
    world.add_subnet(&site.vpc, "us-east-1a", "10.20.9.0/24").unwrap();
    let Verified::InSync(second) = driver(&world, &spec).verify().await.unwrap() else {
        panic!("it drifted");
    };
    assert_eq!(second.subnets, first.subnets);
}

#[tokio::test]
async fn groups_that_somebody_changed_on_the_endpoint_are_mended() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let output = driver(&world, &spec).establish().await.unwrap();
    let stray = world.add_security_group(&site.vpc, "stray", &[]).unwrap();
    let change = EndpointChange { add_groups: [stray.clone()].into(), ..EndpointChange::default() };
    world.aws().modify_endpoint(&output.endpoint, &change).await.unwrap();
    world.advance(Duration::from_secs(60));
    let link = driver(&world, &spec);
    assert!(matches!(link.verify().await.unwrap(), Verified::Drifted(_)));
    assert!(!link.establish().await.unwrap().security_groups.contains(&stray));
}

#[tokio::test]
async fn an_owned_duplicate_is_removed_and_the_older_one_kept() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let output = driver(&world, &spec).establish().await.unwrap();
    let groups: Vec<_> = output.security_groups.iter().cloned().collect();
    let found = EndpointQuery::Id(output.endpoint.clone());
    let found = world.aws().endpoints(&found).await.unwrap();
    let twin = heroku_data_link::provider::NewEndpoint {
        vpc: site.vpc.clone(),
        service: output.service_name.clone(),
        subnets: output.subnets.clone(),
        groups: groups.into_iter().collect(),
        tags: found[0].tags.clone(),
        client_token: "twin".to_owned(),
    };
    world.aws().create_endpoint(&twin).await.unwrap();
    assert!(!world.orphans().is_empty());
    let again = driver(&world, &spec).establish().await.unwrap();
    assert_eq!(again.endpoint, output.endpoint);
    world.advance(Duration::from_secs(600));
    assert_eq!(world.orphans(), Vec::<String>::new());
}

#[tokio::test]
async fn states_that_lead_nowhere_are_blockers_with_awss_own_words() {
    for (fate, state) in
        [(Fate::Rejected, "rejected"), (Fate::Failed, "failed"), (Fate::Expired, "expired")]
    {
        let (world, _, spec) = procedure(DataService::KeyValueStore);
        world.next_endpoint_fate(fate);
        let link = driver(&world, &spec);
        let error = link.establish().await.unwrap_err();
        let [blocker] = error.blockers() else { panic!("{error:?}") };
        assert_eq!(blocker.code, *format!("endpoint-{state}"));
        assert!(!blocker.code.can_clear_by_itself(), "{blocker}");
        assert!(blocker.problem.contains(state), "{blocker}");
        if state == "failed" {
            assert!(blocker.problem.contains(": "), "AWS's own words are missing: {blocker}");
        }
        // The way out that the remedy names.
        link.teardown().await.unwrap();
        link.establish().await.unwrap();
        assert_eq!(world.orphans(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_endpoint_stuck_in_an_unknown_state_is_told() {
    let (world, _, spec) = procedure(DataService::KeyValueStore);
    world.next_endpoint_fate(Fate::Stuck(EndpointState::from("hibernating")));
    let error = driver(&world, &spec).establish().await.unwrap_err();
    assert!(error.to_string().contains("hibernating"), "{error}");
    assert_eq!(error.blockers()[0].code, "endpoint-state");
}

#[tokio::test]
async fn an_endpoint_of_the_spec_that_is_deleted_is_not_waited_for() {
    for state in ["deleting", "deleted"] {
        let (world, _, mut spec, endpoint, _) = made_by_hand();
        spec.endpoint = EndpointChoice::Existing(endpoint.clone());
        world.set_endpoint_state(&endpoint, &state.into());
        let found = blockers(&world, &spec).await;
        assert_blocker(&found, "unknown-endpoint", &[endpoint.as_str()]);
    }
}

#[tokio::test]
async fn an_endpoint_service_that_ends_badly_is_a_blocker_at_once() {
    for status in ["Failed", "Quarantined"] {
        let (world, _, spec) = procedure(DataService::KeyValueStore);
        world.next_private_link_sticks_at(&status.into());
        let started = world.now();
        let error = driver(&world, &spec).establish().await.unwrap_err();
        let [blocker] = error.blockers() else { panic!("{error:?}") };
        assert_eq!(blocker.code, "endpoint-service-state");
        assert!(blocker.problem.contains(status), "{blocker}");
        // Long before its deadline, and before anything was made that costs.
        let waited = world.now().duration_since(started).unwrap();
        assert!(waited < spec.deadlines.endpoint_service / 2, "{waited:?}");
        let made = |name| world.journal().iter().any(|call| call.operation == name);
        assert!(!made(operation::CREATE_VPC_ENDPOINT));
    }
}

#[tokio::test]
async fn a_wait_ends_at_its_deadline_and_running_again_resumes() {
    let (world, _, mut spec) = procedure(DataService::KeyValueStore);
    spec.deadlines.endpoint_service = Duration::from_secs(120);
    let link = driver(&world, &spec);
    let started = world.now();
    let error = link.establish().await.unwrap_err();
    let ReconcileError::DeadlinePassed { awaiting, waited, .. } = &error else {
        panic!("{error:?}");
    };
    assert!(awaiting.contains("endpoint service of redis-kvs-12345"), "{awaiting}");
    assert!(waited.as_secs() >= 120 && waited.as_secs() < 130, "{waited:?}");
    assert!(world.now().duration_since(started).unwrap().as_secs() < 140);
    assert!(error.to_string().contains("running again resumes"), "{error}");

    // Each run has its own two minutes; nothing is made anew.
    for _ in 0..10 {
        if link.establish().await.is_ok() {
            let journal = world.journal();
            let created =
                journal.iter().filter(|call| call.operation == operation::CREATE_PRIVATE_LINK);
            assert_eq!(created.count(), 1);
            return;
        }
    }
    panic!("never established");
}

#[tokio::test]
async fn an_addon_that_is_still_provisioned_is_waited_for() {
    let (world, site, mut spec) = procedure(DataService::KeyValueStore);
    let addon = AddonSpec::new(site.app.as_str(), "redis-new", "heroku-redis:private-7")
        .attached_as("NEW")
        .provisioned_after(Duration::from_secs(600));
    world.add_addon(&addon).unwrap();
    spec.addon = "redis-new".parse().unwrap();
    let output = driver(&world, &spec).establish().await.unwrap();
    assert!(output.connections[0].variable.as_str().starts_with("NEW_ENDPOINT_"));
}

#[tokio::test]
async fn an_endpoint_service_that_is_going_away_is_waited_for_and_made_anew() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    world.add_private_link(site.addon_id, &["123456789101"]).unwrap();
    world.heroku().delete_private_link(&site.addon_id).await.unwrap();
    driver(&world, &spec).establish().await.unwrap();
    assert_eq!(world.orphans(), Vec::<String>::new());
}

#[tokio::test]
async fn a_service_whose_zones_are_unknown_may_be_reached_from_any() {
    let (world, site, mut spec) = procedure(DataService::KeyValueStore);
    let addon = AddonSpec::new(site.app.as_str(), "redis-vague", "heroku-redis:private-7")
        .attached_as("VAGUE")
        .offered_in(["use1-az6", "use1-az1", "use1-az2"])
        .zones_unpublished();
    world.add_addon(&addon).unwrap();
    spec.addon = "redis-vague".parse().unwrap();
    let output = driver(&world, &spec).establish().await.unwrap();
    assert_eq!(output.subnets.len(), 3);
}

#[tokio::test]
async fn zones_are_compared_by_id_and_not_by_the_accounts_own_letters() {
    let (world, site, spec) = procedure(DataService::KeyValueStore);
    let plan = {
        let link = driver(&world, &spec);
        link.establish().await.unwrap();
        link.plan(heroku_data_link::reconcile::Goal::Established).await.unwrap()
    };
    // us-east-1c of this account is not where Heroku's us-east-1c is.
    let left_out = plan.notes.iter().find(|note| note.contains(site.subnets[3].as_str()));
    assert!(left_out.is_some_and(|note| note.contains("us-east-1c")), "{:?}", plan.notes);
}
