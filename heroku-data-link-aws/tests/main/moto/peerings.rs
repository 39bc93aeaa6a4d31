//! Peering connections, with a second account that accepts.
//!
//! moto ignores every filter of peering connections, so these tests show that the adapter filters
//! again. Connections of moto never fail or expire, and it knows no secondary blocks of their ends.

use heroku_data_link::model::{PeeringConnectionId, PeeringStatus, VpcId};
use heroku_data_link::provider::{
    ErrorKind, NewPeeringConnection, PeeringConnection, PeeringQuery, Tags, VpcPeerings,
};
use heroku_data_link::reconcile::ownership::LINK_TAG;
use heroku_data_link_aws::Client;

use super::{Account, kind, tag, tags};

/// Two VPCs that can be peered.
struct Pair {
    own: Account,
    vpc: VpcId,
    peer: Account,
    peer_vpc: VpcId,
}

impl Pair {
    fn of(own: Account, peer: Account) -> Self {
        let (vpc, peer_vpc) = (own.vpc("10.0.0.0/16"), peer.vpc("10.128.0.0/16"));
        Self { own, vpc, peer, peer_vpc }
    }

    fn request(&self, tags: Tags) -> NewPeeringConnection {
        NewPeeringConnection {
            vpc: self.vpc.clone(),
            peer_vpc: self.peer_vpc.clone(),
            peer_account: self.peer.id.clone(),
            peer_region: self.peer.region.clone(),
            tags,
        }
    }
}

async fn one(aws: &Client, id: &PeeringConnectionId) -> PeeringConnection {
    let mut found = aws.peering_connections(&PeeringQuery::Id(id.clone())).await.unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

async fn assert_finds(aws: &Client, query: PeeringQuery, expected: &[&PeeringConnectionId]) {
    let found = aws.peering_connections(&query).await.unwrap();
    assert_eq!(found.iter().map(|it| &it.id).collect::<Vec<_>>(), expected, "{query:?}");
}

#[tokio::test]
async fn another_account_accepts_a_connection() {
    let Some(own) = Account::fresh() else { return };
    let peer = own.another();
    let pair = Pair::of(own, peer);
    let aws = pair.own.client();
    let request = pair.request(tags([(LINK_TAG, "orders"), ("Name", "orders & more")]));
    let id = aws.create_peering_connection(&request).await.unwrap();

    let asked = one(&aws, &id).await;
    assert_eq!(asked.status, PeeringStatus::PendingAcceptance);
    assert_eq!(asked.message, Some(format!("Pending Acceptance by {}", pair.peer.id)));
    assert_eq!(asked.tags, request.tags);
    for (end, account, vpc, block) in [
        (&asked.requester, &pair.own, &pair.vpc, "10.0.0.0/16"),
        (&asked.accepter, &pair.peer, &pair.peer_vpc, "10.128.0.0/16"),
    ] {
        assert_eq!(end.vpc.as_ref(), Some(vpc));
        assert_eq!(end.account.as_ref(), Some(&account.id));
        assert_eq!(end.region.as_ref(), Some(&account.region));
        assert_eq!(end.cidrs, [block.parse().unwrap()].into_iter().collect());
    }

    pair.peer.accept(&id);
    let accepted = one(&aws, &id).await;
    assert_eq!(accepted.status, PeeringStatus::Active);
    assert!(accepted.is_live());
    // The other end knows it by the same id.
    assert_eq!(one(&pair.peer.client(), &id).await.status, PeeringStatus::Active);
}

#[tokio::test]
async fn a_connection_may_lead_to_another_region() {
    let Some(own) = Account::fresh() else { return };
    let peer = own.another().in_region("eu-west-1");
    let pair = Pair::of(own, peer);
    let aws = pair.own.client();
    let id = aws.create_peering_connection(&pair.request(Tags::new())).await.unwrap();
    pair.peer.accept(&id);

    let connection = one(&aws, &id).await;
    assert_eq!(connection.status, PeeringStatus::Active);
    assert_eq!(connection.requester.region, Some(pair.own.region));
    assert_eq!(connection.accepter.region, Some(pair.peer.region));
}

#[tokio::test]
async fn a_connection_is_found_by_tag_by_vpc_and_by_id() {
    let Some(own) = Account::fresh() else { return };
    let (first_peer, second_peer) = (own.another(), own.another());
    let (first, second) = (Pair::of(own.clone(), first_peer), Pair::of(own.clone(), second_peer));
    let aws = own.client();
    let request = first.request(tags([(LINK_TAG, "orders")]));
    let orders = aws.create_peering_connection(&request).await.unwrap();
    let request = second.request(tags([(LINK_TAG, "carts")]));
    let carts = aws.create_peering_connection(&request).await.unwrap();

    assert_finds(&aws, PeeringQuery::Tagged(tag(LINK_TAG, "orders")), &[&orders]).await;
    assert_finds(&aws, PeeringQuery::Tagged(tag(LINK_TAG, "baskets")), &[]).await;
    let mut both = [&orders, &carts];
    both.sort();
    assert_finds(&aws, PeeringQuery::WithTag(LINK_TAG.to_owned()), &both).await;
    assert_finds(&aws, PeeringQuery::WithTag("orders".to_owned()), &[]).await;
    assert_finds(&aws, PeeringQuery::OfVpc(first.vpc.clone()), &[&orders]).await;
    assert_finds(&aws, PeeringQuery::Id(orders.clone()), &[&orders]).await;
    assert_finds(&aws, PeeringQuery::Id("pcx-0123456789abcdef0".parse().unwrap()), &[]).await;
    // From the other end as well.
    let peer = second.peer.client();
    assert_finds(&peer, PeeringQuery::OfVpc(second.peer_vpc), &[&carts]).await;
}

#[tokio::test]
async fn tags_are_added_and_replaced() {
    let Some(own) = Account::fresh() else { return };
    let peer = own.another();
    let pair = Pair::of(own, peer);
    let aws = pair.own.client();
    let request = pair.request(tags([(LINK_TAG, "orders"), ("role", "old")]));
    let id = aws.create_peering_connection(&request).await.unwrap();
    aws.tag_peering_connection(&id, &tags([("role", "new")])).await.unwrap();
    assert_eq!(one(&aws, &id).await.tags, tags([(LINK_TAG, "orders"), ("role", "new")]));
}

#[tokio::test]
async fn a_connection_can_be_deleted_twice() {
    let Some(own) = Account::fresh() else { return };
    let peer = own.another();
    let pair = Pair::of(own, peer);
    let aws = pair.own.client();
    let id = aws.create_peering_connection(&pair.request(Tags::new())).await.unwrap();
    pair.peer.accept(&id);
    aws.delete_peering_connection(&id).await.unwrap();
    let connection = one(&aws, &id).await;
    assert_eq!(connection.status, PeeringStatus::Deleted);
    assert!(!connection.is_live());
    aws.delete_peering_connection(&id).await.unwrap();
    aws.delete_peering_connection(&"pcx-0123456789abcdef0".parse().unwrap()).await.unwrap();
}

/// AWS takes the request, and the connection comes to fail.
#[tokio::test]
async fn an_unknown_vpc_is_not_found() {
    let Some(own) = Account::fresh() else { return };
    let peer = own.another();
    let pair = Pair::of(own, peer);
    let aws = pair.own.client();
    let unknown = "vpc-0123456789abcdef0".parse().unwrap();
    let request = NewPeeringConnection { vpc: unknown, ..pair.request(Tags::new()) };
    assert_eq!(kind(aws.create_peering_connection(&request).await), ErrorKind::NotFound);
}
