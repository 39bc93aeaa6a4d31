//! VPC endpoints.
//!
//! moto checks neither service nor zones nor groups, has an endpoint available at once, ignores the
//! client token, and describes deleted ones for ever.

use std::collections::BTreeSet;

use heroku_data_link::model::{EndpointState, SecurityGroupId, SubnetId, VpcEndpointId, VpcId};
use heroku_data_link::provider::{
    EndpointChange, EndpointQuery, ErrorKind, NewEndpoint, Tags, VpcEndpoint, VpcEndpoints,
};
use heroku_data_link::reconcile::ownership::LINK_TAG;
use heroku_data_link_aws::Client;

use super::{Account, kind, tag, tags};

/// Where endpoints can be made.
struct Site {
    account: Account,
    vpc: VpcId,
    subnets: [SubnetId; 2],
    groups: [SecurityGroupId; 2],
}

impl Site {
    fn of(account: Account) -> Self {
        let vpc = account.vpc("10.0.0.0/16");
        let zones = [("use1-az4", "10.0.0.0/24"), ("use1-az6", "10.0.1.0/24")];
        Self {
            subnets: zones.map(|(zone, block)| account.subnet(&vpc, zone, block)),
            groups: ["first", "second"].map(|name| account.security_group(&vpc, name)),
            vpc,
            account,
        }
    }

    fn new_endpoint(&self, token: &str, tags: Tags) -> NewEndpoint {
        NewEndpoint {
            vpc: self.vpc.clone(),
            service: self.account.endpoint_service(&[&self.subnets[0]]),
            subnets: BTreeSet::from([self.subnets[0].clone()]),
            groups: BTreeSet::from([self.groups[0].clone()]),
            tags,
            client_token: token.to_owned(),
        }
    }
}

async fn one(aws: &Client, id: &VpcEndpointId) -> VpcEndpoint {
    let mut found = aws.endpoints(&EndpointQuery::Id(id.clone())).await.unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

async fn assert_finds(aws: &Client, query: EndpointQuery, expected: &[&VpcEndpointId]) {
    let found = aws.endpoints(&query).await.unwrap();
    assert_eq!(found.iter().map(|it| &it.id).collect::<Vec<_>>(), expected, "{query:?}");
}

#[tokio::test]
async fn an_endpoint_is_described_as_it_was_made() {
    let Some(account) = Account::fresh() else { return };
    let site = Site::of(account);
    let aws = site.account.client();
    let new =
        site.new_endpoint("orders-1", tags([(LINK_TAG, "orders"), ("Name", "orders & more")]));
    let id = aws.create_endpoint(&new).await.unwrap();

    let endpoint = one(&aws, &id).await;
    assert_eq!(endpoint.id, id);
    assert_eq!(endpoint.vpc, site.vpc);
    assert_eq!(endpoint.service, new.service.as_str());
    // The SDK's own enum does not know the word that EC2 writes.
    assert_eq!(endpoint.state, EndpointState::Available);
    assert_eq!(endpoint.subnets, new.subnets);
    assert_eq!(endpoint.groups, new.groups);
    assert_eq!(endpoint.tags, new.tags);
    assert_eq!(endpoint.interfaces.len(), 1);
    assert!(!endpoint.dns_names.is_empty());
    assert_eq!(endpoint.last_error, None);
    assert!(endpoint.created_at > std::time::UNIX_EPOCH);
}

#[tokio::test]
async fn an_endpoint_is_found_by_tag_by_vpc_and_by_id() {
    let Some(account) = Account::fresh() else { return };
    let site = Site::of(account);
    let aws = site.account.client();
    let new = site.new_endpoint("orders-1", tags([(LINK_TAG, "orders")]));
    let orders = aws.create_endpoint(&new).await.unwrap();
    let elsewhere = Site::of(site.account.clone());
    let new = NewEndpoint {
        vpc: elsewhere.vpc.clone(),
        subnets: BTreeSet::from([elsewhere.subnets[0].clone()]),
        groups: BTreeSet::from([elsewhere.groups[0].clone()]),
        tags: tags([(LINK_TAG, "carts")]),
        client_token: "carts-1".to_owned(),
        ..new
    };
    let carts = aws.create_endpoint(&new).await.unwrap();
    // One of another type, which does not count for the same quota.
    site.account.ec2(
        "CreateVpcEndpoint",
        &[
            ("VpcId", &site.vpc),
            ("ServiceName", &"com.amazonaws.us-east-1.s3"),
            ("VpcEndpointType", &"Gateway"),
        ],
    );

    let tagged = |value| EndpointQuery::Tagged(tag(LINK_TAG, value));
    assert_finds(&aws, tagged("orders"), &[&orders]).await;
    assert_finds(&aws, tagged("carts"), &[&carts]).await;
    assert_finds(&aws, tagged("baskets"), &[]).await;
    assert_finds(&aws, EndpointQuery::InVpc(site.vpc), &[&orders]).await;
    assert_finds(&aws, EndpointQuery::InVpc(elsewhere.vpc), &[&carts]).await;
    let unknown = "vpce-0123456789abcdef0".parse().unwrap();
    assert_finds(&aws, EndpointQuery::Id(unknown), &[]).await;
}

#[tokio::test]
async fn tags_are_added_and_replaced() {
    let Some(account) = Account::fresh() else { return };
    let site = Site::of(account);
    let aws = site.account.client();
    let new = site.new_endpoint("orders-1", tags([(LINK_TAG, "orders"), ("role", "old")]));
    let id = aws.create_endpoint(&new).await.unwrap();
    aws.tag_endpoint(&id, &tags([("role", "new"), ("team", "shop")])).await.unwrap();
    let expected = tags([(LINK_TAG, "orders"), ("role", "new"), ("team", "shop")]);
    assert_eq!(one(&aws, &id).await.tags, expected);
}

/// moto gives an added subnet no interface.
#[tokio::test]
async fn subnets_and_groups_are_added_and_removed() {
    let Some(account) = Account::fresh() else { return };
    let site = Site::of(account);
    let aws = site.account.client();
    let id = aws.create_endpoint(&site.new_endpoint("orders-1", Tags::new())).await.unwrap();
    let ([first, second], [old, new]) = (site.subnets, site.groups);

    let change = EndpointChange {
        add_subnets: BTreeSet::from([second.clone()]),
        add_groups: BTreeSet::from([new.clone()]),
        remove_groups: BTreeSet::from([old]),
        ..EndpointChange::default()
    };
    aws.modify_endpoint(&id, &change).await.unwrap();
    let endpoint = one(&aws, &id).await;
    assert_eq!(endpoint.subnets, BTreeSet::from([first.clone(), second.clone()]));
    assert_eq!(endpoint.groups, BTreeSet::from([new.clone()]));

    let change =
        EndpointChange { remove_subnets: BTreeSet::from([first]), ..EndpointChange::default() };
    aws.modify_endpoint(&id, &change).await.unwrap();
    let endpoint = one(&aws, &id).await;
    assert_eq!(endpoint.subnets, BTreeSet::from([second]));
    assert_eq!(endpoint.groups, BTreeSet::from([new]));
}

#[tokio::test]
async fn a_deleted_endpoint_is_described_as_deleted() {
    let Some(account) = Account::fresh() else { return };
    let site = Site::of(account);
    let aws = site.account.client();
    let new = site.new_endpoint("orders-1", tags([(LINK_TAG, "orders")]));
    let id = aws.create_endpoint(&new).await.unwrap();
    aws.delete_endpoint(&id).await.unwrap();
    assert_eq!(one(&aws, &id).await.state, EndpointState::Deleted);
    let found = aws.endpoints(&EndpointQuery::Tagged(tag(LINK_TAG, "orders"))).await.unwrap();
    assert_eq!(found.iter().map(|it| &it.state).collect::<Vec<_>>(), [&EndpointState::Deleted]);
    aws.delete_endpoint(&id).await.unwrap();
}

/// AWS reports an unknown one inside a success; moto says nothing.
#[tokio::test]
async fn an_unknown_endpoint_is_gone_already_and_cannot_be_changed() {
    let Some(account) = Account::fresh() else { return };
    let aws = account.client();
    let unknown: VpcEndpointId = "vpce-0123456789abcdef0".parse().unwrap();
    aws.delete_endpoint(&unknown).await.unwrap();
    let change = EndpointChange {
        add_groups: BTreeSet::from(["sg-1".parse().unwrap()]),
        ..EndpointChange::default()
    };
    assert_eq!(kind(aws.modify_endpoint(&unknown, &change).await), ErrorKind::NotFound);
}
