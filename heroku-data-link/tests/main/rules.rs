//! First what is wanted, then what is not: security-group rules, principals and routes. And rules
//! are compared as AWS gives them back.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use heroku_data_link::model::{DataService, NonEmptySet, SecurityGroupId};
use heroku_data_link::peering::{RouteTableChoice, RouteWidth};
use heroku_data_link::privatelink::{Client, Clients, GroupChoice, Principals, PrivateLinkSpec};
use heroku_data_link::provider::{
    ErrorKind, GroupQuery, IngressRule, IngressSource, Protocol, SecurityGroup, SecurityGroups,
    operation as op,
};
use heroku_data_link::reconcile::{Goal, Status, Verified, ownership};
use heroku_data_link_mock::{Call, Fault, Outcome, Procedure, VpcSpec, World};

use crate::support::{assert_blocker, blockers, driver, procedure};

const LAG: Duration = Duration::from_secs(20);
const OTHER_ACCOUNT: &str = "210987654321";

fn redis() -> (World, Procedure, PrivateLinkSpec) {
    procedure(DataService::KeyValueStore)
}

fn clients(texts: &[&str]) -> GroupChoice {
    let clients = texts.iter().map(|text| text.parse::<Client>().unwrap());
    GroupChoice::owned(Clients::These(NonEmptySet::new(clients).unwrap()))
}

fn blocks(count: u8) -> Vec<String> {
    (0..count).map(|n| format!("10.9.{n}.0/24")).collect()
}

async fn group(world: &World, spec: &PrivateLinkSpec) -> SecurityGroup {
    let query = GroupQuery::Tagged(ownership::tag_of(&spec.link));
    world.aws().security_groups(&query).await.unwrap().remove(0)
}

async fn shown(world: &World, spec: &PrivateLinkSpec) -> BTreeSet<String> {
    group(world, spec).await.ingress.iter().map(ToString::to_string).collect()
}

fn set(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().map(ToString::to_string).collect()
}

fn times(world: &World, from: usize, operation: &str) -> Vec<SystemTime> {
    let is_meant = |call: &&Call| call.operation == operation && call.outcome == Outcome::Ok;
    world.journal()[from..].iter().filter(is_meant).map(|call| call.at).collect()
}

/// Every removal is made when reads, which lag, can show every addition.
fn assert_added_first(world: &World, from: usize, addition: &str, removal: &str) {
    let (added, removed) = (times(world, from, addition), times(world, from, removal));
    let (last, first) = (added.iter().max().unwrap(), removed.iter().min().unwrap());
    assert!(*first >= *last + LAG, "{removal} at {first:?}, {addition} at {last:?}");
}

/// A group in the VPC of another account.
fn foreign_group(world: &World) -> SecurityGroupId {
    let vpc = world.add_vpc(&VpcSpec::new(["10.77.0.0/16"]).in_account(OTHER_ACCOUNT)).unwrap();
    world.add_security_group(&vpc, "theirs", &[]).unwrap()
}

#[tokio::test]
async fn a_rule_is_revoked_only_when_what_replaces_it_was_read_back() {
    let (world, _, mut spec) = redis();
    driver(&world, &spec).establish().await.unwrap();
    world.set_read_lag(LAG);
    spec.security_groups = clients(&["10.0.0.0/8", "192.168.0.0/16"]);
    let plan = driver(&world, &spec).plan(Goal::Established).await.unwrap();
    let of = |name: &str| {
        let steps = plan.steps.iter().filter(move |step| step.name.starts_with(name));
        steps.map(|step| step.status.clone()).collect::<Vec<_>>()
    };
    assert_eq!(of("security-group/authorize "), [Status::Ready, Status::Ready], "{plan}");
    assert_eq!(of("security-group/revoke "), [Status::Later, Status::Later], "{plan}");
    let from = world.journal().len();
    driver(&world, &spec).establish().await.unwrap();
    world.advance(LAG);
    assert_eq!(
        shown(&world, &spec).await,
        set(&["tcp 6379 from 10.0.0.0/8", "tcp 6379 from 192.168.0.0/16"])
    );
    assert_eq!(times(&world, from, op::REVOKE_SECURITY_GROUP_INGRESS).len(), 2);
    assert_added_first(
        &world,
        from,
        op::AUTHORIZE_SECURITY_GROUP_INGRESS,
        op::REVOKE_SECURITY_GROUP_INGRESS,
    );
}

#[tokio::test]
async fn nothing_is_revoked_while_a_wanted_rule_is_refused() {
    let (world, _, mut spec) = redis();
    driver(&world, &spec).establish().await.unwrap();
    let before = shown(&world, &spec).await;
    spec.security_groups = clients(&["10.0.0.0/8", "192.168.0.0/16"]);
    let refused = Fault::on(op::AUTHORIZE_SECURITY_GROUP_INGRESS).nth(2).times(100);
    world.fault(refused.before(ErrorKind::Forbidden));
    driver(&world, &spec).establish().await.unwrap_err();
    let after = shown(&world, &spec).await;
    assert!(after.is_superset(&before) && after.len() == before.len() + 1, "{after:?}");
}

#[tokio::test]
async fn rules_that_do_not_fit_beside_those_they_replace_are_a_blocker() {
    let (world, _, mut spec) = redis();
    let (old, new) = (blocks(40), (0..30).map(|n| format!("10.8.{n}.0/24")).collect::<Vec<_>>());
    let these = |texts: &[String]| clients(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    spec.security_groups = these(&old);
    driver(&world, &spec).establish().await.unwrap();
    // Those for IPv6 addresses count by themselves.
    let id = group(&world, &spec).await.id;
    let v6 =
        IngressRule::tcp("6379".parse().unwrap(), IngressSource::Other("2001:db8::/32".to_owned()));
    world.aws().authorize_ingress(&id, &v6).await.unwrap();
    spec.security_groups = these(&new);
    let found = blockers(&world, &spec).await;
    let parts = [
        id.as_str(),
        "40 inbound rules",
        "30 more",
        "allows 60",
        "L-0EA8095F",
        "revoke 10 by hand",
        "tcp 6379 from 10.9.0.0/24",
    ];
    assert_blocker(&found, "rule-quota-for-replacement", &parts);

    // The ways out that the remedy names: in several steps.
    for step in [&new[..20], &new[..]] {
        spec.security_groups = these(step);
        driver(&world, &spec).establish().await.unwrap();
        assert_eq!(group(&world, &spec).await.ingress.len(), step.len());
    }
}

#[tokio::test]
async fn a_group_of_another_account_is_one_rule_however_it_is_written() {
    let (world, _, mut spec) = redis();
    let theirs = foreign_group(&world);
    let (bare, with_account) = (theirs.to_string(), format!("{OTHER_ACCOUNT}/{theirs}"));
    // AWS gives it back with its account.
    for written in [vec![bare.as_str()], vec![&with_account], vec![&bare, &with_account]] {
        spec.security_groups = clients(&written);
        driver(&world, &spec).establish().await.unwrap();
        let expected = format!("tcp 6379 from {with_account}");
        assert_eq!(shown(&world, &spec).await, set(&[&expected]));
        let before = world.mutations();
        driver(&world, &spec).establish().await.unwrap();
        assert!(matches!(driver(&world, &spec).verify().await.unwrap(), Verified::InSync(_)));
        assert_eq!(world.mutations(), before, "{written:?}");
    }
    // It can be revoked as well.
    spec.security_groups = clients(&["10.0.0.0/8"]);
    driver(&world, &spec).establish().await.unwrap();
    assert_eq!(shown(&world, &spec).await, set(&["tcp 6379 from 10.0.0.0/8"]));
}

#[tokio::test]
async fn the_own_account_before_a_group_changes_nothing() {
    let (world, site, mut spec) = redis();
    let web = world.add_security_group(&site.vpc, "web", &[]).unwrap();
    let (bare, with_account) = (web.to_string(), format!("{}/{web}", site.account));
    spec.security_groups = clients(&[&with_account]);
    driver(&world, &spec).establish().await.unwrap();
    let before = world.mutations();
    for written in [vec![bare.as_str()], vec![&with_account], vec![&bare, &with_account]] {
        spec.security_groups = clients(&written);
        assert!(matches!(driver(&world, &spec).verify().await.unwrap(), Verified::InSync(_)));
        driver(&world, &spec).establish().await.unwrap();
    }
    assert_eq!(world.mutations(), before);
    assert_eq!(shown(&world, &spec).await, set(&[&format!("tcp 6379 from {web}")]));
}

#[tokio::test]
async fn a_prefix_list_is_a_client() {
    let (world, _, mut spec) = redis();
    spec.security_groups = clients(&["pl-0123456789abcdef0", "10.0.0.0/8"]);
    let plan = driver(&world, &spec).plan(Goal::Established).await.unwrap();
    let text = plan.to_string();
    let command = "'IpProtocol=tcp,FromPort=6379,ToPort=6379,\
                   PrefixListIds=[{PrefixListId=pl-0123456789abcdef0}]'";
    assert!(text.contains(command), "{text}");
    assert!(plan.notes.iter().any(|note| note.contains("as many rules as it may have entries")));
    driver(&world, &spec).establish().await.unwrap();
    assert_eq!(
        shown(&world, &spec).await,
        set(&["tcp 6379 from 10.0.0.0/8", "tcp 6379 from pl-0123456789abcdef0"])
    );
    assert!(matches!(driver(&world, &spec).verify().await.unwrap(), Verified::InSync(_)));
}

#[tokio::test]
async fn whatever_rule_somebody_put_into_the_links_own_group_is_revoked_as_it_came() {
    let (world, _, spec) = redis();
    let link = driver(&world, &spec);
    link.establish().await.unwrap();
    let (before, group) = (shown(&world, &spec).await, group(&world, &spec).await);
    let theirs = foreign_group(&world);
    let strange = |protocol: &str, source: IngressSource| IngressRule {
        protocol: Protocol::Other(protocol.to_owned()),
        ports: None,
        source,
    };
    let v6 = || IngressSource::Other("2001:db8::/32".to_owned());
    for rule in [
        IngressRule::tcp("6379".parse().unwrap(), v6()),
        strange("icmpv6:-1:-1", v6()),
        strange("-1", IngressSource::Group(group.id.clone())),
        strange("50", IngressSource::PrefixList("pl-1".parse().unwrap())),
        strange("udp", IngressSource::GroupOf(OTHER_ACCOUNT.parse().unwrap(), theirs)),
    ] {
        world.aws().authorize_ingress(&group.id, &rule).await.unwrap();
    }
    let Verified::Drifted(plan) = link.verify().await.unwrap() else { panic!("no drift") };
    assert_eq!(plan.open_steps().count(), 5, "{plan}");
    link.establish().await.unwrap();
    assert_eq!(shown(&world, &spec).await, before);
}

#[tokio::test]
async fn a_principal_is_disallowed_only_when_those_that_replace_it_are_active() {
    let (world, site, mut spec) = redis();
    world.add_private_link(site.addon_id, &["999999999999:role/old"]).unwrap();
    world.set_read_lag(LAG);
    let wanted = [site.account.as_str(), "999999999999:role/new"];
    let wanted = wanted.map(|text| text.parse().unwrap());
    spec.principals = Principals::These(NonEmptySet::new(wanted).unwrap());
    spec.exclusive_principals = true;
    driver(&world, &spec).establish().await.unwrap();
    assert_added_first(&world, 0, op::ALLOW_PRINCIPALS, op::DISALLOW_PRINCIPALS);
}

#[tokio::test]
async fn a_route_is_deleted_only_when_what_replaces_it_was_read_back() {
    use crate::peering;
    let (world, site, mut spec) = peering::procedure();
    peering::driver(&world, &site, &spec).establish().await.unwrap();
    world.set_read_lag(LAG);
    spec.route_width = RouteWidth::WholeVpc;
    spec.route_tables = RouteTableChoice::Main;
    spec.exclusive_routes = true;
    let from = world.journal().len();
    peering::driver(&world, &site, &spec).establish().await.unwrap();
    assert_added_first(&world, from, op::CREATE_ROUTE, op::DELETE_ROUTE);
}

#[tokio::test]
async fn rules_for_dynos_that_do_not_fit_are_a_blocker() {
    use crate::peering;
    let (world, site, mut spec) = peering::procedure();
    let ports = NonEmptySet::new(["443", "5432"].map(|port| port.parse().unwrap())).unwrap();
    spec.inbound =
        Some(heroku_data_link::peering::Inbound { security_group: site.group.clone(), ports });
    spec.quotas.rules_per_group = 7;
    let found = crate::support::blockers_of(&world, &peering::driver(&world, &site, &spec)).await;
    let named = [site.group.as_str(), "0 inbound rules", "8 more", "quota is 7"];
    assert_blocker(&found, "rule-quota", &named);
    spec.quotas.rules_per_group = 8;
    let link = peering::driver(&world, &site, &spec);
    link.establish().await.unwrap();
    assert!(matches!(link.verify().await.unwrap(), Verified::InSync(_)));
}
