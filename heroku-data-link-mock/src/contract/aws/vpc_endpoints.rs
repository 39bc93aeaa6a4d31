use std::collections::BTreeSet;

use heroku_data_link::model::{EndpointState, SubnetId, VpcEndpointId};
use heroku_data_link::provider::{
    EndpointChange, EndpointQuery, ErrorKind, NewEndpoint, VpcEndpoint, VpcEndpoints, operation,
};

use crate::Fate;
use crate::contract::Start;
use crate::contract::expect::{kind, ok, refused, secs, some, sorted, tag, tags, value};
use crate::contract::failures::{self, Cloud, lose_answer, probe};
use crate::contract::sites::{Network, Store};

/// Until an endpoint that was asked for is available.
const AVAILABLE: u64 = 6 * 60;

struct Site {
    network: Network,
    new: NewEndpoint,
}

impl Site {
    fn new(start: &Start) -> Self {
        let (service, network) = (Store::new(start).service(start), Network::new(start));
        let group = ok(start.world.add_security_group(&network.vpc, "clients", &[]));
        let new = NewEndpoint {
            vpc: network.vpc.clone(),
            service,
            subnets: network.subnets[..2].iter().cloned().collect(),
            groups: [group].into(),
            tags: tags([("link", "a"), ("note", "a <b> & \"c\" = d+e")]),
            client_token: "token-1".to_owned(),
        };
        Self { network, new }
    }

    /// Another one than that of the site: tokens make it so.
    fn another(&self, token: &str) -> NewEndpoint {
        NewEndpoint { client_token: token.to_owned(), ..self.new.clone() }
    }

    async fn available(&self, start: &Start, client: &dyn VpcEndpoints) -> VpcEndpointId {
        let id = ok(client.create_endpoint(&self.new).await);
        start.world.advance(secs(AVAILABLE));
        id
    }

    fn subnets<const N: usize>(&self, indexes: [usize; N]) -> BTreeSet<SubnetId> {
        indexes.into_iter().map(|index| self.network.subnets[index].clone()).collect()
    }
}

async fn find(client: &dyn VpcEndpoints, id: &VpcEndpointId) -> Option<VpcEndpoint> {
    let mut found = ok(client.endpoints(&EndpointQuery::Id(id.clone())).await);
    assert!(found.len() <= 1, "{found:?}");
    found.pop()
}

async fn state(client: &dyn VpcEndpoints, id: &VpcEndpointId) -> Option<EndpointState> {
    find(client, id).await.map(|endpoint| endpoint.state)
}

async fn ids(client: &dyn VpcEndpoints, query: &EndpointQuery) -> Vec<VpcEndpointId> {
    sorted(ok(client.endpoints(query).await).into_iter().map(|endpoint| endpoint.id))
}

/// Interfaces and names come once it was accepted, minutes later.
pub async fn what_is_made_is_read_back(start: &Start, client: &dyn VpcEndpoints) {
    let site = Site::new(start);
    let now = start.world.now();
    let id = ok(client.create_endpoint(&site.new).await);
    let made = some(find(client, &id).await);
    let expected = VpcEndpoint {
        id: id.clone(),
        vpc: site.network.vpc.clone(),
        service: site.new.service.to_string(),
        state: EndpointState::PendingAcceptance,
        subnets: site.new.subnets.clone(),
        groups: site.new.groups.clone(),
        interfaces: BTreeSet::new(),
        dns_names: BTreeSet::new(),
        tags: site.new.tags.clone(),
        created_at: now,
        last_error: None,
    };
    assert_eq!(made, expected);
    start.world.advance(secs(4 * 60));
    assert_eq!(state(client, &id).await, Some(EndpointState::Pending));
    start.world.advance(secs(2 * 60));
    let made = some(find(client, &id).await);
    assert_eq!(made.interfaces.len(), 2, "{made:?}");
    // One of the region, and one for each zone.
    assert_eq!(made.dns_names.len(), 3, "{made:?}");
    assert!(made.dns_names.iter().all(|name| name.starts_with(id.as_str())), "{made:?}");
    let (interfaces, dns_names) = (made.interfaces.clone(), made.dns_names.clone());
    let state = EndpointState::Available;
    assert_eq!(made, VpcEndpoint { state, interfaces, dns_names, ..expected });
}

/// By tag, VPC and id; all pages.
pub async fn endpoints_are_found_by_tag_vpc_and_id(start: &Start, client: &dyn VpcEndpoints) {
    let site = Site::new(start);
    let mut made = Vec::new();
    for number in 1..=6 {
        let mut new = site.another(&format!("token-{number}"));
        new.tags = tags([("link", if number > 3 { "b" } else { "a" })]);
        made.push(ok(client.create_endpoint(&new).await));
    }
    assert_eq!(
        ids(client, &EndpointQuery::InVpc(site.network.vpc.clone())).await,
        sorted(made.clone())
    );
    let tagged = |value| EndpointQuery::Tagged(tag("link", value));
    assert_eq!(ids(client, &tagged("a")).await, sorted(made[..3].to_vec()));
    assert_eq!(ids(client, &tagged("b")).await, sorted(made[3..].to_vec()));
    assert_eq!(ids(client, &EndpointQuery::Id(made[5].clone())).await, [made[5].clone()]);
    let mut other = site.another("token-7");
    other.tags = tags([("other", "link")]);
    ok(client.create_endpoint(&other).await);
    assert_eq!(ids(client, &EndpointQuery::WithTag("link".to_owned())).await, sorted(made));
}

/// Absence is data; wild cards are letters like others.
pub async fn what_is_not_there_is_no_error(start: &Start, client: &dyn VpcEndpoints) {
    let site = Site::new(start);
    ok(client.create_endpoint(&site.new).await);
    let empty = Network::new(start).vpc;
    for query in [
        EndpointQuery::Tagged(tag("link", "b")),
        EndpointQuery::Tagged(tag("link", "*")),
        EndpointQuery::Tagged(tag("li?k", "a")),
        EndpointQuery::WithTag("li*".to_owned()),
        EndpointQuery::WithTag("a".to_owned()),
        EndpointQuery::InVpc(empty),
        EndpointQuery::InVpc(value("vpc-0")),
        EndpointQuery::Id(value("vpce-0")),
    ] {
        assert_eq!(ids(client, &query).await, [], "{query:?}");
    }
    ok(client.delete_endpoint(&value("vpce-0")).await);
}

/// A second creation with other parameters is refused.
pub async fn one_token_makes_one_endpoint(start: &Start, client: &dyn VpcEndpoints) {
    let site = Site::new(start);
    let id = ok(client.create_endpoint(&site.new).await);
    assert_eq!(ok(client.create_endpoint(&site.new).await), id);
    let mut other = site.new.clone();
    other.subnets.pop_last();
    let mismatch = client.create_endpoint(&other).await;
    assert_eq!(kind(mismatch), ErrorKind::InvalidRequest);
    assert_ne!(ok(client.create_endpoint(&site.another("token-2")).await), id);
}

/// A service that cannot be seen, a VPC, subnets and groups that are not there or do not fit.
pub async fn what_aws_refuses_is_refused(start: &Start, client: &dyn VpcEndpoints) {
    let site = Site::new(start);
    let other = Network::new(start);
    let foreign = ok(start.world.add_security_group(&other.vpc, "foreign", &[]));
    let twin = ok(start.world.add_subnet(&site.network.vpc, "us-east-1a", "10.21.0.0/24"));
    let (not_found, invalid) = (ErrorKind::NotFound, ErrorKind::InvalidRequest);
    let bad = |change: &dyn Fn(&mut NewEndpoint)| {
        let mut new = site.new.clone();
        change(&mut new);
        new
    };
    let unknown = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0";
    let same_zone = BTreeSet::from([site.network.subnets[0].clone(), twin]);
    for (new, expected) in [
        (bad(&|it| it.service = value(unknown)), &not_found),
        (bad(&|it| it.vpc = value("vpc-0")), &not_found),
        (bad(&|it| it.subnets = [value("subnet-0")].into()), &not_found),
        (bad(&|it| it.groups = [value("sg-0")].into()), &not_found),
        (bad(&|it| it.subnets.clone_from(&same_zone)), &invalid),
        // Where the service is not offered.
        (bad(&|it| it.subnets = site.subnets([3])), &invalid),
        (bad(&|it| it.groups = [foreign.clone()].into()), &invalid),
        (bad(&|it| it.tags = tags([("aws:x", "")])), &invalid),
    ] {
        let error = refused(client.create_endpoint(&new).await);
        assert_eq!(error.kind(), expected, "{error}: {new:?}");
    }
    assert_eq!(ids(client, &EndpointQuery::InVpc(site.network.vpc.clone())).await, []);
}

/// Of endpoints in a VPC.
pub async fn the_limit_is_a_quota(start: &Start, client: &dyn VpcEndpoints) {
    let site = Site::new(start);
    let Network { vpc, subnets } = &site.network;
    let groups: Vec<_> = site.new.groups.iter().cloned().collect();
    for _ in 0..50 {
        ok(start.world.add_endpoint(vpc, &site.new.service, &subnets[..1], &groups, &[]));
    }
    assert_eq!(kind(client.create_endpoint(&site.new).await), ErrorKind::QuotaExceeded);
}

/// And is pending for a while.
pub async fn subnets_and_groups_are_changed(start: &Start, client: &dyn VpcEndpoints) {
    let site = Site::new(start);
    let id = site.available(start, client).await;
    let more = ok(start.world.add_security_group(&site.network.vpc, "more", &[]));
    let change = EndpointChange {
        add_subnets: site.subnets([2]),
        remove_subnets: site.subnets([0]),
        add_groups: [more.clone()].into(),
        remove_groups: site.new.groups.clone(),
    };
    ok(client.modify_endpoint(&id, &change).await);
    let changed = some(find(client, &id).await);
    assert_eq!(changed.state, EndpointState::Pending);
    start.world.advance(secs(60));
    let changed = some(find(client, &id).await);
    assert_eq!(changed.state, EndpointState::Available);
    assert_eq!((changed.subnets, changed.groups), (site.subnets([1, 2]), [more].into()));
    ok(client.modify_endpoint(&id, &change).await);

    let twin = ok(start.world.add_subnet(&site.network.vpc, "us-east-1b", "10.21.0.0/24"));
    let none = EndpointChange { remove_subnets: site.subnets([1, 2]), ..EndpointChange::default() };
    // In the zone of one that goes in the same call.
    let swapped = EndpointChange {
        add_subnets: [twin].into(),
        remove_subnets: site.subnets([1]),
        ..EndpointChange::default()
    };
    for bad in [none, swapped] {
        let error = client.modify_endpoint(&id, &bad).await;
        assert_eq!(kind(error), ErrorKind::InvalidRequest, "{bad:?}");
    }
    let unknown = client.modify_endpoint(&value("vpce-0"), &change).await;
    assert_eq!(kind(unknown), ErrorKind::NotFound);
}

/// Those of the same key are replaced, others stay.
pub async fn tags_are_added(start: &Start, client: &dyn VpcEndpoints) {
    let site = Site::new(start);
    let id = ok(client.create_endpoint(&site.new).await);
    let more = tags([("link", "b"), ("owner", "")]);
    ok(client.tag_endpoint(&id, &more).await);
    ok(client.tag_endpoint(&id, &more).await);
    let mut expected = site.new.tags.clone();
    expected.extend(more.clone());
    assert_eq!(some(find(client, &id).await).tags, expected);
    assert_eq!(ids(client, &EndpointQuery::Tagged(tag("link", "b"))).await, [id]);
    assert_eq!(ids(client, &EndpointQuery::Tagged(tag("link", "a"))).await, []);
    let unknown = client.tag_endpoint(&value("vpce-0"), &more).await;
    assert_eq!(kind(unknown), ErrorKind::NotFound);
}

/// And deleting it again is fine all the while.
pub async fn a_deleted_endpoint_is_described_for_a_while(start: &Start, client: &dyn VpcEndpoints) {
    let site = Site::new(start);
    let id = site.available(start, client).await;
    let steps =
        [(0, Some(EndpointState::Deleting)), (60, Some(EndpointState::Deleted)), (20 * 60, None)];
    for (seconds, expected) in steps {
        ok(client.delete_endpoint(&id).await);
        start.world.advance(secs(seconds));
        assert_eq!(state(client, &id).await, expected, "after {seconds} s");
        let tagged = ids(client, &EndpointQuery::Tagged(tag("link", "a"))).await;
        assert_eq!(tagged.len(), usize::from(expected.is_some()));
    }
    ok(client.delete_endpoint(&id).await);
}

/// As are those that nobody knows, and what went wrong.
pub async fn every_state_is_told(start: &Start, client: &dyn VpcEndpoints) {
    let site = Site::new(start);
    for word in [
        "pendingAcceptance",
        "pending",
        "available",
        "deleting",
        "deleted",
        "rejected",
        "failed",
        "expired",
        "partial",
        "somethingNew",
    ] {
        let expected = EndpointState::from(word);
        start.world.next_endpoint_fate(Fate::Stuck(expected.clone()));
        let id = ok(client.create_endpoint(&site.another(word)).await);
        start.world.advance(secs(AVAILABLE));
        assert_eq!(state(client, &id).await, Some(expected));
    }
    start.world.next_endpoint_fate(Fate::Failed);
    let id = ok(client.create_endpoint(&site.another("failing")).await);
    start.world.advance(secs(AVAILABLE));
    let error = some(some(find(client, &id).await).last_error);
    assert!(error.contains("InternalError"), "{error}");
}

/// The token is remembered though nothing is seen yet.
pub async fn reads_lag_and_mutations_do_not(start: &Start, client: &dyn VpcEndpoints) {
    let site = Site::new(start);
    start.world.set_read_lag(secs(30));
    let id = ok(client.create_endpoint(&site.new).await);
    assert_eq!(find(client, &id).await, None);
    assert_eq!(ids(client, &EndpointQuery::InVpc(site.network.vpc.clone())).await, []);
    assert_eq!(ok(client.create_endpoint(&site.new).await), id);
    start.world.advance(secs(30));
    assert_eq!(state(client, &id).await, Some(EndpointState::PendingAcceptance));
}

/// Nobody learns of it but by looking again.
pub async fn a_lost_answer_leaves_its_effect(start: &Start, client: &dyn VpcEndpoints) {
    let site = Site::new(start);
    lose_answer(start, async { client.create_endpoint(&site.new).await.map(drop) }).await;
    let id = ids(client, &EndpointQuery::InVpc(site.network.vpc.clone())).await.remove(0);
    start.world.advance(secs(AVAILABLE));
    let change = EndpointChange { add_subnets: site.subnets([2]), ..EndpointChange::default() };
    lose_answer(start, client.modify_endpoint(&id, &change)).await;
    assert_eq!(some(find(client, &id).await).subnets, site.subnets([0, 1, 2]));
    lose_answer(start, client.tag_endpoint(&id, &tags([("link", "b")]))).await;
    assert_eq!(some(find(client, &id).await).tags["link"], "b");
    lose_answer(start, client.delete_endpoint(&id)).await;
    assert_eq!(state(client, &id).await, Some(EndpointState::Deleting));
}

/// In terms that a caller can act on.
pub async fn a_failed_call_says_why_and_is_one_attempt(start: &Start, client: &dyn VpcEndpoints) {
    let site = Site::new(start);
    let id = site.available(start, client).await;
    let (new, more) = (site.another("token-2"), tags([("link", "b")]));
    let change = EndpointChange { add_subnets: site.subnets([2]), ..EndpointChange::default() };
    let by_tag = EndpointQuery::Tagged(tag("link", "a"));
    let by_id = EndpointQuery::Id(id.clone());
    let probes = [
        probe(operation::DESCRIBE_VPC_ENDPOINTS, || client.endpoints(&by_tag)),
        probe(operation::DESCRIBE_VPC_ENDPOINTS, || client.endpoints(&by_id)),
        probe(operation::CREATE_VPC_ENDPOINT, || client.create_endpoint(&new)),
        probe(operation::MODIFY_VPC_ENDPOINT, || client.modify_endpoint(&id, &change)),
        probe(operation::CREATE_TAGS, || client.tag_endpoint(&id, &more)),
        probe(operation::DELETE_VPC_ENDPOINTS, || client.delete_endpoint(&id)),
    ];
    failures::check(start, Cloud::Aws, &probes).await;
    let endpoint = some(find(client, &id).await);
    assert_eq!(
        (endpoint.state, endpoint.subnets),
        (EndpointState::Available, site.subnets([0, 1]))
    );
    assert_eq!(endpoint.tags, site.new.tags);
}
