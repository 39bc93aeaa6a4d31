use std::collections::BTreeSet;

use heroku_data_link::model::{AccountId, PortRange, SecurityGroupId, VpcId};
use heroku_data_link::provider::{
    ErrorKind, GroupQuery, IngressRule, IngressSource, NewSecurityGroup, Protocol, SecurityGroup,
    SecurityGroups, VpcEndpoints, operation,
};

use crate::VpcSpec;
use crate::contract::Start;
use crate::contract::expect::{kind, ok, only, secs, some, sorted, tag, tags, value};
use crate::contract::failures::{self, Cloud, lose_answer, probe};
use crate::contract::sites::{Network, Store};

fn new(vpc: &VpcId, name: &str) -> NewSecurityGroup {
    NewSecurityGroup {
        vpc: vpc.clone(),
        name: name.to_owned(),
        description: "clients: a, b (c)".to_owned(),
        tags: tags([("link", "a"), ("note", "a <b> & \"c\" = d+e")]),
    }
}

fn tcp(ports: (u16, u16), source: &str) -> IngressRule {
    let source = match source.parse() {
        Ok(cidr) => IngressSource::Cidr(cidr),
        Err(_) => IngressSource::Group(value(source)),
    };
    IngressRule::tcp(ok(PortRange::new(ports.0, ports.1)), source)
}

async fn find(client: &dyn SecurityGroups, id: &SecurityGroupId) -> Option<SecurityGroup> {
    let mut found = ok(client.security_groups(&GroupQuery::Ids([id.clone()].into())).await);
    assert!(found.len() <= 1, "{found:?}");
    found.pop()
}

async fn ids(client: &dyn SecurityGroups, query: &GroupQuery) -> Vec<SecurityGroupId> {
    sorted(ok(client.security_groups(query).await).into_iter().map(|group| group.id))
}

/// Name, tags and VPC; its rules are none.
pub async fn what_is_made_is_read_back(start: &Start, client: &dyn SecurityGroups) {
    let vpc = Network::new(start).vpc;
    let wanted = new(&vpc, "Clients of a, b");
    let id = ok(client.create_security_group(&wanted).await);
    let expected = SecurityGroup {
        id: id.clone(),
        name: wanted.name,
        vpc,
        tags: wanted.tags,
        ingress: BTreeSet::new(),
        egress_groups: BTreeSet::new(),
    };
    assert_eq!(find(client, &id).await, Some(expected));
}

/// A tag of the same key is replaced, the others stay.
pub async fn a_tag_replaces_the_one_of_its_key(start: &Start, client: &dyn SecurityGroups) {
    let vpc = Network::new(start).vpc;
    let id = ok(client.create_security_group(&new(&vpc, "one")).await);
    let more = tags([("link", "b"), ("team", "shop")]);
    ok(client.tag_security_group(&id, &more).await);
    ok(client.tag_security_group(&id, &more).await);
    let expected = tags([("link", "b"), ("note", "a <b> & \"c\" = d+e"), ("team", "shop")]);
    assert_eq!(some(find(client, &id).await).tags, expected);
    let unknown = client.tag_security_group(&value("sg-0"), &more).await;
    assert_eq!(kind(unknown), ErrorKind::NotFound);
}

/// By tag, by name whatever its case, and by ids; all pages.
pub async fn groups_are_found_by_tag_name_and_id(start: &Start, client: &dyn SecurityGroups) {
    let (one, other) = (Network::new(start).vpc, Network::new(start).vpc);
    let mut made = Vec::new();
    for number in 1..=6 {
        let group = new(&one, &format!("clients-{number}"));
        made.push(ok(client.create_security_group(&group).await));
    }
    let mut second = new(&other, "clients-1");
    second.tags = tags([("link", "b")]);
    let second = ok(client.create_security_group(&second).await);
    let all = sorted(made.clone());
    assert_eq!(ids(client, &GroupQuery::Tagged(tag("link", "a"))).await, all);
    assert_eq!(
        ids(client, &GroupQuery::Tagged(tag("link", "b"))).await,
        std::slice::from_ref(&second)
    );
    let mut untagged = new(&other, "clients-2");
    untagged.tags = tags([("other", "link")]);
    ok(client.create_security_group(&untagged).await);
    let both = sorted(made.iter().chain([&second]).cloned());
    assert_eq!(ids(client, &GroupQuery::WithTag("link".to_owned())).await, both);
    let named =
        |vpc: &VpcId, name: &str| GroupQuery::Named { vpc: vpc.clone(), name: name.to_owned() };
    assert_eq!(ids(client, &named(&one, "CLIENTS-1")).await, [made[0].clone()]);
    assert_eq!(ids(client, &named(&other, "clients-1")).await, std::slice::from_ref(&second));
    let mut some: BTreeSet<_> = made.iter().skip(1).cloned().collect();
    some.extend([second, value("sg-0")]);
    let found = ids(client, &GroupQuery::Ids(some.clone())).await;
    some.remove(&value("sg-0"));
    assert_eq!(found, sorted(some));
}

/// Absence is data; wild cards are letters like others.
pub async fn what_is_not_there_is_no_error(start: &Start, client: &dyn SecurityGroups) {
    let vpc = Network::new(start).vpc;
    ok(client.create_security_group(&new(&vpc, "clients")).await);
    let named = |name: &str| GroupQuery::Named { vpc: vpc.clone(), name: name.to_owned() };
    let queries = [
        GroupQuery::Tagged(tag("link", "b")),
        GroupQuery::Tagged(tag("link", "*")),
        GroupQuery::Tagged(tag("l*", "a")),
        GroupQuery::WithTag("l*".to_owned()),
        GroupQuery::WithTag("a".to_owned()),
        named("client*"),
        named("client"),
        GroupQuery::Ids([value("sg-0")].into()),
        GroupQuery::Ids(BTreeSet::new()),
        GroupQuery::Named { vpc: value("vpc-0"), name: "clients".to_owned() },
    ];
    for query in queries {
        assert_eq!(ids(client, &query).await, [], "{query:?}");
    }
    ok(client.delete_security_group(&value("sg-0")).await);
}

/// Ignoring case.
pub async fn a_name_that_is_taken_is_a_conflict(start: &Start, client: &dyn SecurityGroups) {
    let vpc = Network::new(start).vpc;
    let id = ok(client.create_security_group(&new(&vpc, "clients")).await);
    for name in ["clients", "CLIENTS"] {
        let taken = client.create_security_group(&new(&vpc, name)).await;
        assert_eq!(kind(taken), ErrorKind::Conflict, "{name}");
    }
    ok(client.delete_security_group(&id).await);
    ok(client.create_security_group(&new(&vpc, "CLIENTS")).await);
}

/// An unknown VPC, and names, descriptions and tags that AWS does not take.
pub async fn what_aws_refuses_is_refused(start: &Start, client: &dyn SecurityGroups) {
    let vpc = Network::new(start).vpc;
    let good = new(&vpc, "clients");
    let bad_name = NewSecurityGroup { name: "sg-clients".to_owned(), ..good.clone() };
    let bad_text = NewSecurityGroup { description: "umläut".to_owned(), ..good.clone() };
    let bad_tag = NewSecurityGroup { tags: tags([("aws:x", "")]), ..good.clone() };
    for bad in [bad_name, bad_text, bad_tag] {
        let refused = client.create_security_group(&bad).await;
        assert_eq!(kind(refused), ErrorKind::InvalidRequest, "{bad:?}");
    }
    let nowhere = NewSecurityGroup { vpc: value("vpc-0"), ..good };
    let refused = client.create_security_group(&nowhere).await;
    assert_eq!(kind(refused), ErrorKind::NotFound);
}

/// Each once, from blocks, groups and prefix lists; what is not there is removed without an error.
pub async fn rules_are_a_set(start: &Start, client: &dyn SecurityGroups) {
    let vpc = Network::new(start).vpc;
    let id = ok(client.create_security_group(&new(&vpc, "clients")).await);
    let source = ok(client.create_security_group(&new(&vpc, "source")).await);
    let mut rules = BTreeSet::from([
        tcp((6379, 6379), "10.0.0.0/8"),
        tcp((6379, 6379), "10.20.0.0/16"),
        tcp((9096, 9098), "10.20.0.0/16"),
        tcp((6379, 6379), source.as_str()),
    ]);
    rules.insert(IngressRule {
        protocol: Protocol::Other("-1".to_owned()),
        ports: None,
        source: IngressSource::Cidr(value("192.168.0.0/24")),
    });
    let redis = ok(PortRange::new(6379, 6379));
    for other in [
        IngressSource::PrefixList(value("pl-0123456789abcdef0")),
        IngressSource::Other("2001:db8::/32".to_owned()),
    ] {
        rules.insert(IngressRule::tcp(redis, other));
    }
    for rule in &rules {
        ok(client.authorize_ingress(&id, rule).await);
        assert_eq!(kind(client.authorize_ingress(&id, rule).await), ErrorKind::Conflict, "{rule}");
    }
    assert_eq!(some(find(client, &id).await).ingress, rules);
    let gone = some(rules.pop_first());
    ok(client.revoke_ingress(&id, &gone).await);
    ok(client.revoke_ingress(&id, &gone).await);
    assert_eq!(some(find(client, &id).await).ingress, rules);
    assert_eq!(some(find(client, &source).await).ingress, BTreeSet::new());
    let unknown = value("sg-0");
    assert_eq!(kind(client.authorize_ingress(&unknown, &gone).await), ErrorKind::NotFound);
    assert_eq!(kind(client.revoke_ingress(&unknown, &gone).await), ErrorKind::NotFound);
}

/// It comes back with its account, and the client's own account is left out; one rule each.
pub async fn a_group_of_another_account_is_known_by_its_id(
    start: &Start,
    client: &dyn SecurityGroups,
) {
    let (world, redis) = (&start.world, ok(PortRange::new(6379, 6379)));
    let id = ok(client.create_security_group(&new(&Network::new(start).vpc, "clients")).await);
    let account: AccountId = value("210987654321");
    let spec = VpcSpec::new(["10.77.0.0/16"]).in_account(&account).in_region(&start.region);
    let theirs = ok(world.add_security_group(&ok(world.add_vpc(&spec)), "theirs", &[]));
    let from = |account: &AccountId, group: &SecurityGroupId| {
        IngressRule::tcp(redis, IngressSource::GroupOf(account.clone(), group.clone()))
    };
    let (bare, full) = (tcp((6379, 6379), theirs.as_str()), from(&account, &theirs));
    for written in [&bare, &full] {
        ok(client.authorize_ingress(&id, written).await);
        assert_eq!(only(some(find(client, &id).await).ingress.into_iter().collect()), full);
        let again = client.authorize_ingress(&id, &full).await;
        assert_eq!(kind(again), ErrorKind::Conflict, "{written}");
        ok(client.revoke_ingress(&id, &full).await);
        assert_eq!(some(find(client, &id).await).ingress, BTreeSet::new());
    }
    let own = from(&start.account, &id);
    ok(client.authorize_ingress(&id, &own).await);
    let expected = tcp((6379, 6379), id.as_str());
    assert_eq!(only(some(find(client, &id).await).ingress.into_iter().collect()), expected);
    ok(client.revoke_ingress(&id, &own).await);
    assert_eq!(some(find(client, &id).await).ingress, BTreeSet::new());
}

/// In whichever direction, but for its own rules.
pub async fn groups_whose_rules_refer_to_a_group_are_found_and_hold_it(
    start: &Start,
    client: &dyn SecurityGroups,
) {
    let vpc = Network::new(start).vpc;
    let mut made = Vec::new();
    for name in ["target", "inbound", "outbound", "both", "neither"] {
        made.push(ok(client.create_security_group(&new(&vpc, name)).await));
    }
    let [target, inbound, outbound, both, neither] = made.as_slice() else {
        panic!("{made:?}");
    };
    let rule = tcp((6379, 6379), target.as_str());
    for group in [target, inbound, both] {
        ok(client.authorize_ingress(group, &rule).await);
    }
    for group in [target, outbound, both] {
        ok(start.world.add_outbound_rule(group, &rule));
    }
    let query = GroupQuery::ReferringTo(target.clone());
    let expected = sorted([inbound.clone(), outbound.clone(), both.clone()]);
    assert_eq!(ids(client, &query).await, expected);
    for group in ok(client.security_groups(&query).await) {
        let leads = [outbound, both].contains(&&group.id);
        assert_eq!(group.egress_groups.contains(target), leads, "{}", group.id);
        assert_eq!(group.ingress.contains(&rule), [inbound, both].contains(&&group.id));
    }
    for nobody in [neither, &value("sg-0")] {
        assert_eq!(ids(client, &GroupQuery::ReferringTo(nobody.clone())).await, []);
    }
    for group in [inbound, both, outbound] {
        assert_eq!(kind(client.delete_security_group(target).await), ErrorKind::Conflict);
        ok(client.delete_security_group(group).await);
    }
    ok(client.delete_security_group(target).await);
}

/// As long as an interface carries it; afterwards deleting it again is fine.
pub async fn a_group_in_use_is_not_deleted(start: &Start, client: &dyn SecurityGroups) {
    let (service, network) = (Store::new(start).service(start), Network::new(start));
    let id = ok(client.create_security_group(&new(&network.vpc, "clients")).await);
    let (subnets, groups) = (&network.subnets[..1], [id.clone()]);
    let world = &start.world;
    let endpoint = ok(world.add_endpoint(&network.vpc, &service, subnets, &groups, &[]));
    assert_eq!(kind(client.delete_security_group(&id).await), ErrorKind::Conflict);
    let aws = world.aws_in(start.account.clone(), start.region.clone());
    ok(aws.delete_endpoint(&endpoint).await);
    world.advance(secs(60));
    assert_eq!(kind(client.delete_security_group(&id).await), ErrorKind::Conflict, "lingering");
    world.advance(secs(5 * 60));
    ok(client.delete_security_group(&id).await);
    ok(client.delete_security_group(&id).await);
    assert_eq!(find(client, &id).await, None);
}

/// So that a name is refused though nobody is seen to have it yet.
pub async fn reads_lag_and_mutations_do_not(start: &Start, client: &dyn SecurityGroups) {
    let vpc = Network::new(start).vpc;
    start.world.set_read_lag(secs(30));
    let id = ok(client.create_security_group(&new(&vpc, "clients")).await);
    let rule = tcp((6379, 6379), "10.0.0.0/8");
    ok(client.authorize_ingress(&id, &rule).await);
    assert_eq!(find(client, &id).await, None);
    let again = client.create_security_group(&new(&vpc, "clients")).await;
    assert_eq!(kind(again), ErrorKind::Conflict);
    start.world.advance(secs(30));
    assert_eq!(only(some(find(client, &id).await).ingress.into_iter().collect()), rule);
}

/// Nobody learns of it but by looking again.
pub async fn a_lost_answer_leaves_its_effect(start: &Start, client: &dyn SecurityGroups) {
    let vpc = Network::new(start).vpc;
    let wanted = new(&vpc, "clients");
    lose_answer(start, async { client.create_security_group(&wanted).await.map(drop) }).await;
    let id = only(ids(client, &GroupQuery::Tagged(tag("link", "a"))).await);
    let rule = tcp((6379, 6379), "10.0.0.0/8");
    lose_answer(start, client.authorize_ingress(&id, &rule)).await;
    assert_eq!(some(find(client, &id).await).ingress.len(), 1);
    lose_answer(start, client.revoke_ingress(&id, &rule)).await;
    assert_eq!(some(find(client, &id).await).ingress.len(), 0);
    lose_answer(start, client.delete_security_group(&id)).await;
    assert_eq!(find(client, &id).await, None);
}

/// In terms that a caller can act on.
pub async fn a_failed_call_says_why_and_is_one_attempt(start: &Start, client: &dyn SecurityGroups) {
    let vpc = Network::new(start).vpc;
    let id = ok(start.world.add_security_group(&vpc, "others", &[]));
    let (wanted, rule) = (new(&vpc, "clients"), tcp((6379, 6379), "10.0.0.0/8"));
    let by_id = GroupQuery::Ids([id.clone()].into());
    let probes = [
        probe(operation::DESCRIBE_SECURITY_GROUPS, || client.security_groups(&by_id)),
        probe(operation::CREATE_SECURITY_GROUP, || client.create_security_group(&wanted)),
        probe(operation::AUTHORIZE_SECURITY_GROUP_INGRESS, || client.authorize_ingress(&id, &rule)),
        probe(operation::REVOKE_SECURITY_GROUP_INGRESS, || client.revoke_ingress(&id, &rule)),
        probe(operation::DELETE_SECURITY_GROUP, || client.delete_security_group(&id)),
    ];
    failures::check(start, Cloud::Aws, &probes).await;
    assert_eq!(some(find(client, &id).await).ingress, BTreeSet::new());
    assert_eq!(ids(client, &GroupQuery::Tagged(tag("link", "a"))).await, []);
}
