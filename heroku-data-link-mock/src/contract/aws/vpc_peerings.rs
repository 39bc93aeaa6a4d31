use heroku_data_link::model::{PeeringConnectionId, PeeringStatus, SpaceName, VpcId};
use heroku_data_link::provider::{
    ErrorKind, NewPeeringConnection, PeeringConnection, PeeringEnd, PeeringQuery, SpacePeerings,
    VpcPeerings, operation,
};

use crate::contract::Start;
use crate::contract::expect::{kind, ok, only, secs, some, sorted, tag, tags, value};
use crate::contract::failures::{self, Cloud, lose_answer, probe};
use crate::{Limits, SpaceSpec, VpcSpec};

const HOUR: u64 = 60 * 60;

struct Site {
    space: SpaceName,
    new: NewPeeringConnection,
}

impl Site {
    fn new(start: &Start) -> Self {
        let world = &start.world;
        let spec = SpaceSpec::new("acme", "tokyo").in_account("012345678900");
        let space = ok(world.add_space_of(&spec));
        let new = NewPeeringConnection {
            vpc: vpc(start, "172.16.0.0/16"),
            peer_vpc: some(world.space_vpc(&space)),
            peer_account: value("012345678900"),
            peer_region: value("ap-northeast-1"),
            tags: tags([("link", "a"), ("note", "a <b> & \"c\" = d+e")]),
        };
        Self { space, new }
    }

    /// A request, which may be accepted by now.
    async fn request(&self, start: &Start, client: &dyn VpcPeerings) -> PeeringConnectionId {
        let id = ok(client.create_peering_connection(&self.new).await);
        start.world.advance(secs(180));
        id
    }

    async fn active(&self, start: &Start, client: &dyn VpcPeerings) -> PeeringConnectionId {
        let id = self.request(start, client).await;
        ok(start.world.heroku().accept_peering(&self.space, &id).await);
        start.world.advance(secs(180));
        assert_eq!(status(client, &id).await, Some(PeeringStatus::Active));
        id
    }
}

/// A VPC of the client's account and region.
fn vpc(start: &Start, block: &str) -> VpcId {
    let spec = VpcSpec::new([block]).in_account(&start.account).in_region(&start.region);
    ok(start.world.add_vpc(&spec))
}

async fn find(client: &dyn VpcPeerings, id: &PeeringConnectionId) -> Option<PeeringConnection> {
    let mut found = ok(client.peering_connections(&PeeringQuery::Id(id.clone())).await);
    assert!(found.len() <= 1, "{found:?}");
    found.pop()
}

async fn status(client: &dyn VpcPeerings, id: &PeeringConnectionId) -> Option<PeeringStatus> {
    find(client, id).await.map(|connection| connection.status)
}

async fn ids(client: &dyn VpcPeerings, query: &PeeringQuery) -> Vec<PeeringConnectionId> {
    sorted(ok(client.peering_connections(query).await).into_iter().map(|it| it.id))
}

/// Both ends, tags, and when the request lapses; what the other end knows comes with acceptance.
pub async fn what_is_made_is_read_back(start: &Start, client: &dyn VpcPeerings) {
    let site = Site::new(start);
    let made_at = start.world.now();
    let id = site.request(start, client).await;
    let made = some(find(client, &id).await);
    let requester = PeeringEnd {
        vpc: Some(site.new.vpc.clone()),
        account: Some(start.account.clone()),
        region: Some(start.region.clone()),
        cidrs: [value("172.16.0.0/16")].into_iter().collect(),
    };
    assert_eq!((&made.id, &made.status), (&id, &PeeringStatus::PendingAcceptance));
    assert_eq!((&made.requester, &made.tags), (&requester, &site.new.tags));
    assert_eq!(made.expires, Some(made_at + secs(7 * 24 * HOUR)));
    let accepter = made.accepter;
    assert_eq!(accepter.vpc, Some(site.new.peer_vpc.clone()));
    assert_eq!(accepter.account, Some(site.new.peer_account.clone()));
    assert_eq!(accepter.region, Some(site.new.peer_region.clone()));

    ok(start.world.heroku().accept_peering(&site.space, &id).await);
    start.world.advance(secs(180));
    let active = some(find(client, &id).await);
    assert_eq!(active.status, PeeringStatus::Active);
    let cidrs = [value("10.0.0.0/16")].into_iter().collect();
    assert_eq!(active.accepter, PeeringEnd { cidrs, ..accepter });
    assert_eq!(active.requester, requester);
}

/// By tag, by either end, and by id; all pages, whatever their states.
pub async fn connections_are_found_by_tag_vpc_and_id(start: &Start, client: &dyn VpcPeerings) {
    let site = Site::new(start);
    let hub = &site.new.vpc;
    let mut made = Vec::new();
    for number in 1..=6 {
        let peer = vpc(start, &format!("192.168.{number}.0/24"));
        let link = [("link", if number > 3 { "b" } else { "a" })];
        made.push((ok(start.world.add_peering(hub, &peer, &link)), peer));
    }
    let (last, last_peer) = made[5].clone();
    start.world.set_peering_status(&last, &PeeringStatus::Deleted);
    let of = |range: &[(PeeringConnectionId, VpcId)]| sorted(range.iter().map(|it| it.0.clone()));
    let tagged = |value| PeeringQuery::Tagged(tag("link", value));
    assert_eq!(ids(client, &tagged("a")).await, of(&made[..3]));
    assert_eq!(ids(client, &tagged("b")).await, of(&made[3..]));
    assert_eq!(ids(client, &PeeringQuery::WithTag("link".to_owned())).await, of(&made));
    assert_eq!(ids(client, &PeeringQuery::OfVpc(hub.clone())).await, of(&made));
    assert_eq!(ids(client, &PeeringQuery::OfVpc(last_peer)).await, std::slice::from_ref(&last));
    assert_eq!(ids(client, &PeeringQuery::Id(last.clone())).await, [last]);
    let other = vpc(start, "192.168.7.0/24");
    ok(start.world.add_peering(hub, &other, &[("other", "link")]));
    assert_eq!(ids(client, &PeeringQuery::WithTag("link".to_owned())).await, of(&made));
}

/// Absence is data; wild cards are letters like others.
pub async fn what_is_not_there_is_no_error(start: &Start, client: &dyn VpcPeerings) {
    let site = Site::new(start);
    site.request(start, client).await;
    for query in [
        PeeringQuery::Tagged(tag("link", "b")),
        PeeringQuery::Tagged(tag("link", "*")),
        PeeringQuery::WithTag("l*".to_owned()),
        PeeringQuery::OfVpc(value("vpc-0")),
        PeeringQuery::Id(value("pcx-0")),
    ] {
        assert_eq!(ids(client, &query).await, [], "{query:?}");
    }
    ok(client.delete_peering_connection(&value("pcx-0")).await);
}

/// Unless it is dead.
pub async fn a_second_live_connection_is_a_conflict(start: &Start, client: &dyn VpcPeerings) {
    let site = Site::new(start);
    let id = site.active(start, client).await;
    let again = client.create_peering_connection(&site.new).await;
    assert_eq!(kind(again), ErrorKind::Conflict);
    start.world.set_peering_status(&id, &PeeringStatus::Rejected);
    let second = ok(client.create_peering_connection(&site.new).await);
    assert_ne!(second, id);
}

/// With one text for all of its causes.
pub async fn a_wrong_request_fails_later(start: &Start, client: &dyn VpcPeerings) {
    let site = Site::new(start);
    let overlapping = vpc(start, "10.0.0.0/20");
    let wrong = [
        NewPeeringConnection { peer_account: value("111122223333"), ..site.new.clone() },
        NewPeeringConnection { peer_vpc: value("vpc-0"), ..site.new.clone() },
        NewPeeringConnection { vpc: overlapping, ..site.new.clone() },
    ];
    for new in wrong {
        let id = ok(client.create_peering_connection(&new).await);
        start.world.advance(secs(60));
        let failed = some(find(client, &id).await);
        assert_eq!(failed.status, PeeringStatus::Failed, "{new:?}");
        assert!(failed.message.is_some(), "{failed:?}");
    }
}

/// An unknown VPC of the caller's, tags that AWS does not take, and what is too many.
pub async fn what_aws_refuses_is_refused(start: &Start, client: &dyn VpcPeerings) {
    let site = Site::new(start);
    let unknown = NewPeeringConnection { vpc: value("vpc-0"), ..site.new.clone() };
    assert_eq!(kind(client.create_peering_connection(&unknown).await), ErrorKind::NotFound);
    let tagged = NewPeeringConnection { tags: tags([("aws:x", "")]), ..site.new.clone() };
    assert_eq!(kind(client.create_peering_connection(&tagged).await), ErrorKind::InvalidRequest);
    for limits in [
        Limits { peerings_per_vpc: 0, ..Limits::default() },
        Limits { peering_requests: 0, ..Limits::default() },
    ] {
        start.world.set_limits(limits);
        let one_too_many = client.create_peering_connection(&site.new).await;
        assert_eq!(kind(one_too_many), ErrorKind::QuotaExceeded, "{limits:?}");
    }
}

/// Those of the same key are replaced, others stay.
pub async fn tags_are_added(start: &Start, client: &dyn VpcPeerings) {
    let site = Site::new(start);
    let id = site.request(start, client).await;
    let more = tags([("link", "b"), ("owner", "")]);
    ok(client.tag_peering_connection(&id, &more).await);
    ok(client.tag_peering_connection(&id, &more).await);
    let mut expected = site.new.tags.clone();
    expected.extend(more.clone());
    assert_eq!(some(find(client, &id).await).tags, expected);
    let unknown = client.tag_peering_connection(&value("pcx-0"), &more).await;
    assert_eq!(kind(unknown), ErrorKind::NotFound);
}

/// And deleting it again is fine all the while.
pub async fn a_deleted_connection_is_described_for_a_while(
    start: &Start,
    client: &dyn VpcPeerings,
) {
    let site = Site::new(start);
    let id = site.active(start, client).await;
    let steps =
        [(0, Some(PeeringStatus::Deleting)), (60, Some(PeeringStatus::Deleted)), (3 * HOUR, None)];
    for (seconds, expected) in steps {
        ok(client.delete_peering_connection(&id).await);
        start.world.advance(secs(seconds));
        assert_eq!(status(client, &id).await, expected, "after {seconds} s");
    }
    ok(client.delete_peering_connection(&id).await);
}

/// AWS removes it itself.
pub async fn deleting_what_is_dead_is_fine(start: &Start, client: &dyn VpcPeerings) {
    let site = Site::new(start);
    let id = site.request(start, client).await;
    for word in ["failed", "expired", "rejected", "deleting", "deleted"] {
        start.world.set_peering_status(&id, &PeeringStatus::from(word));
        ok(client.delete_peering_connection(&id).await);
        assert_eq!(status(client, &id).await, Some(PeeringStatus::from(word)));
    }
}

/// As are those that nobody knows.
pub async fn every_status_is_told(start: &Start, client: &dyn VpcPeerings) {
    let site = Site::new(start);
    let id = site.request(start, client).await;
    for word in [
        "initiating-request",
        "pending-acceptance",
        "provisioning",
        "active",
        "deleting",
        "deleted",
        "expired",
        "failed",
        "rejected",
        "resting",
    ] {
        let expected = PeeringStatus::from(word);
        start.world.set_peering_status(&id, &expected);
        assert_eq!(status(client, &id).await, Some(expected));
    }
}

/// So that a second one is refused though the first is not seen yet.
pub async fn reads_lag_and_mutations_do_not(start: &Start, client: &dyn VpcPeerings) {
    let site = Site::new(start);
    start.world.set_read_lag(secs(30));
    let id = ok(client.create_peering_connection(&site.new).await);
    assert_eq!(find(client, &id).await, None);
    let again = client.create_peering_connection(&site.new).await;
    assert_eq!(kind(again), ErrorKind::Conflict);
    start.world.advance(secs(60));
    assert_eq!(status(client, &id).await, Some(PeeringStatus::PendingAcceptance));
}

/// Nobody learns of it but by looking again.
pub async fn a_lost_answer_leaves_its_effect(start: &Start, client: &dyn VpcPeerings) {
    let site = Site::new(start);
    lose_answer(start, async { client.create_peering_connection(&site.new).await.map(drop) }).await;
    let id = only(ids(client, &PeeringQuery::OfVpc(site.new.vpc.clone())).await);
    lose_answer(start, client.tag_peering_connection(&id, &tags([("link", "b")]))).await;
    assert_eq!(some(find(client, &id).await).tags["link"], "b");
    start.world.advance(secs(180));
    ok(start.world.heroku().accept_peering(&site.space, &id).await);
    start.world.advance(secs(180));
    lose_answer(start, client.delete_peering_connection(&id)).await;
    assert_eq!(status(client, &id).await, Some(PeeringStatus::Deleting));
}

/// In terms that a caller can act on.
pub async fn a_failed_call_says_why_and_is_one_attempt(start: &Start, client: &dyn VpcPeerings) {
    let site = Site::new(start);
    let id = site.active(start, client).await;
    let (new, more) = (site.new.clone(), tags([("link", "b")]));
    let query = PeeringQuery::Id(id.clone());
    let describe = operation::DESCRIBE_VPC_PEERING_CONNECTIONS;
    let delete = operation::DELETE_VPC_PEERING_CONNECTION;
    let create = operation::CREATE_VPC_PEERING_CONNECTION;
    let probes = [
        probe(describe, || client.peering_connections(&query)),
        probe(create, || client.create_peering_connection(&new)),
        probe(operation::CREATE_TAGS, || client.tag_peering_connection(&id, &more)),
        probe(delete, || client.delete_peering_connection(&id)),
    ];
    failures::check(start, Cloud::Aws, &probes).await;
    let connection = some(find(client, &id).await);
    assert_eq!((connection.status, connection.tags), (PeeringStatus::Active, site.new.tags));
}
