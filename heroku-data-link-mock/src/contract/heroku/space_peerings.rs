use std::collections::BTreeSet;

use heroku_data_link::model::{
    CidrSet, Generation, PeeringConnectionId, PeeringStatus, PeeringType, SpaceName, VpcId,
};
use heroku_data_link::provider::{ErrorKind, Peering, PeeringInfo, SpacePeerings, operation};

use crate::contract::Start;
use crate::contract::expect::{kind, ok, secs, some, sorted, value};
use crate::contract::failures::{self, Cloud, lose_answer, probe};
use crate::{SpaceSpec, VpcSpec};

/// A space in Tokyo, its VPC, and a VPC of the client's account elsewhere.
struct Site {
    space: SpaceName,
    space_vpc: VpcId,
    vpc: VpcId,
}

impl Site {
    fn new(start: &Start) -> Self {
        let world = &start.world;
        let spec = SpaceSpec::new("acme", "tokyo").in_account("012345678900");
        let space = ok(world.add_space_of(&spec.with_vpc("vpc-b39527d4")));
        let spec = VpcSpec::new(["172.16.0.0/16"]).in_account(&start.account);
        let vpc = ok(world.add_vpc(&spec.in_region(&start.region)));
        Self { space_vpc: some(world.space_vpc(&space)), space, vpc }
    }

    /// A request that Heroku lists.
    fn request(&self, start: &Start) -> PeeringConnectionId {
        let made = ok(start.world.add_peering_request(&self.vpc, &self.space_vpc, &[]));
        start.world.advance(secs(180));
        made
    }

    async fn rows(&self, client: &dyn SpacePeerings) -> Vec<Peering> {
        ok(client.peerings(&self.space).await)
    }

    async fn row(&self, client: &dyn SpacePeerings, id: &PeeringConnectionId) -> Peering {
        some(self.rows(client).await.into_iter().find(|row| row.id.as_ref() == Some(id)))
    }

    async fn managed(&self, client: &dyn SpacePeerings) -> Peering {
        let rows = self.rows(client).await;
        some(rows.into_iter().find(|row| row.kind == PeeringType::HerokuManaged))
    }
}

fn cidrs<const N: usize>(texts: [&str; N]) -> CidrSet {
    texts.into_iter().map(value::<heroku_data_link::model::Cidr>).collect()
}

/// Account, region, VPC and blocks; the blocks alone where Heroku tells no more.
pub async fn a_space_tells_what_a_vpc_needs_to_know(start: &Start, client: &dyn SpacePeerings) {
    let site = Site::new(start);
    let told = PeeringInfo {
        account: Some(value("012345678900")),
        region: Some(value("ap-northeast-1")),
        vpc: Some(value("vpc-b39527d4")),
        vpc_cidr: Some(value("10.0.0.0/16")),
        space_cidrs: cidrs(["10.0.0.0/20", "10.0.16.0/20", "10.0.128.0/20", "10.0.144.0/20"]),
        unavailable_cidrs: cidrs(["10.1.0.0/16"]),
    };
    assert_eq!(ok(client.peering_info(&site.space).await), Some(told.clone()));
    let spec = SpaceSpec::new("old", "tokyo").without_vpc_details();
    let old = ok(start.world.add_space_of(&spec));
    let expected = PeeringInfo { account: None, region: None, vpc: None, ..told };
    assert_eq!(ok(client.peering_info(&old).await), Some(expected));
}

/// Absence is data; a space of Fir has no VPC to peer with.
pub async fn what_is_not_there_is_no_error(start: &Start, client: &dyn SpacePeerings) {
    let spec = SpaceSpec::new("fir-1", "dublin").of_generation(Generation::Fir);
    let fir = ok(start.world.add_space_of(&spec));
    for space in [fir, value("nowhere")] {
        assert_eq!(ok(client.peering_info(&space).await), None, "{space}");
        assert_eq!(ok(client.peerings(&space).await), [], "{space}");
    }
    let site = Site::new(start);
    let accepted = client.accept_peering(&site.space, &value("pcx-0")).await;
    assert_eq!(kind(accepted), ErrorKind::NotFound);
}

/// Heroku's own among them, and none of another space.
pub async fn all_peerings_of_a_space_are_listed(start: &Start, client: &dyn SpacePeerings) {
    let site = Site::new(start);
    ok(start.world.add_space_of(&SpaceSpec::new("other", "tokyo")));
    let mut expected = BTreeSet::from([site.managed(client).await.id]);
    for number in 1..=6 {
        let spec = VpcSpec::new([format!("192.168.{number}.0/24")]).in_account(&start.account);
        let vpc = ok(start.world.add_vpc(&spec.in_region(&start.region)));
        expected.insert(Some(ok(start.world.add_peering(&vpc, &site.space_vpc, &[]))));
    }
    let found = sorted(site.rows(client).await.into_iter().map(|row| row.id));
    assert_eq!(found, sorted(expected));
}

/// A request has no type and no account yet, and lapses; what was accepted is a customer's.
pub async fn a_peering_is_read_in_every_field(start: &Start, client: &dyn SpacePeerings) {
    let site = Site::new(start);
    let id = ok(start.world.add_peering_request(&site.vpc, &site.space_vpc, &[]));
    assert_eq!(site.rows(client).await.len(), 1, "it is listed minutes later");
    start.world.advance(secs(180));
    let request = Peering {
        id: Some(id.clone()),
        kind: PeeringType::Unknown,
        status: PeeringStatus::PendingAcceptance,
        cidrs: cidrs(["172.16.0.0/16"]),
        vpc: Some(site.vpc.clone()),
        region: Some(start.region.clone()),
        account: None,
        expires: Some("2026-01-08T00:00:00Z".to_owned()),
    };
    assert_eq!(site.row(client, &id).await, request);
    ok(client.accept_peering(&site.space, &id).await);
    let accepted = Peering {
        kind: PeeringType::CustomerManaged,
        account: Some(start.account.clone()),
        expires: None,
        ..request
    };
    let at = |status| Peering { status, ..accepted.clone() };
    assert_eq!(site.row(client, &id).await, at(PeeringStatus::Provisioning));
    start.world.advance(secs(180));
    assert_eq!(site.row(client, &id).await, at(PeeringStatus::Active));
}

/// Not before Heroku lists it, and once.
pub async fn only_a_request_that_is_listed_is_accepted(start: &Start, client: &dyn SpacePeerings) {
    let site = Site::new(start);
    let id = ok(start.world.add_peering_request(&site.vpc, &site.space_vpc, &[]));
    let accept = async || client.accept_peering(&site.space, &id).await;
    assert_eq!(kind(accept().await), ErrorKind::NotFound);
    start.world.advance(secs(180));
    let elsewhere = client.accept_peering(&value("nowhere"), &id).await;
    assert_eq!(kind(elsewhere), ErrorKind::NotFound);
    ok(accept().await);
    for minutes in [0, 10] {
        start.world.advance(secs(minutes * 60));
        let refused = kind(accept().await);
        let known = [ErrorKind::Conflict, ErrorKind::InvalidRequest];
        assert!(known.contains(&refused), "{refused} after {minutes} minutes");
    }
}

/// It is listed with its block, perhaps without its id.
pub async fn herokus_own_peering_is_told_apart(start: &Start, client: &dyn SpacePeerings) {
    let site = Site::new(start);
    let managed = site.managed(client).await;
    assert_eq!((managed.status, managed.vpc), (PeeringStatus::Active, None));
    assert_eq!(managed.cidrs, cidrs(["10.1.0.0/16"]));
}

/// As are those that nobody knows.
pub async fn every_status_is_told(start: &Start, client: &dyn SpacePeerings) {
    let site = Site::new(start);
    let id = site.request(start);
    for word in [
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
        let status = PeeringStatus::from(word);
        start.world.set_peering_status(&id, &status);
        assert_eq!(site.row(client, &id).await.status, status);
    }
}

/// Nobody learns of it but by looking again.
pub async fn a_lost_answer_leaves_its_effect(start: &Start, client: &dyn SpacePeerings) {
    let site = Site::new(start);
    let id = site.request(start);
    lose_answer(start, client.accept_peering(&site.space, &id)).await;
    assert_eq!(site.row(client, &id).await.status, PeeringStatus::Provisioning);
}

/// In terms that a caller can act on.
pub async fn a_failed_call_says_why_and_is_one_attempt(start: &Start, client: &dyn SpacePeerings) {
    let site = Site::new(start);
    let id = site.request(start);
    let probes = [
        probe(operation::READ_PEERING_INFO, || client.peering_info(&site.space)),
        probe(operation::READ_PEERINGS, || client.peerings(&site.space)),
        probe(operation::ACCEPT_PEERING, || client.accept_peering(&site.space, &id)),
    ];
    failures::check(start, Cloud::Heroku, &probes).await;
    assert_eq!(site.row(client, &id).await.status, PeeringStatus::PendingAcceptance);
}
