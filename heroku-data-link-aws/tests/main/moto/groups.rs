//! Security groups and their rules.

use std::collections::BTreeSet;

use heroku_data_link::model::{PortRange, SecurityGroupId, VpcId};
use heroku_data_link::provider::{
    ErrorKind, GroupQuery, IngressRule, IngressSource, NewSecurityGroup, Protocol, SecurityGroups,
    Tags,
};
use heroku_data_link::reconcile::ownership::LINK_TAG;
use heroku_data_link_aws::Client;

use super::{Account, kind, tag, tags};

fn new_group(vpc: &VpcId, name: &str, tags: Tags) -> NewSecurityGroup {
    NewSecurityGroup {
        vpc: vpc.clone(),
        name: name.to_owned(),
        description: "Who may reach redis (by heroku-data-link)".to_owned(),
        tags,
    }
}

fn tcp(ports: (u16, u16), source: IngressSource) -> IngressRule {
    IngressRule::tcp(PortRange::new(ports.0, ports.1).unwrap(), source)
}

fn block(text: &str) -> IngressSource {
    IngressSource::Cidr(text.parse().unwrap())
}

async fn rules(aws: &Client, id: &SecurityGroupId) -> BTreeSet<IngressRule> {
    let found = aws.security_groups(&GroupQuery::Ids(BTreeSet::from([id.clone()]))).await.unwrap();
    assert_eq!(found.len(), 1);
    found[0].ingress.clone()
}

#[tokio::test]
async fn a_group_is_found_by_tag_and_by_id() {
    let Some(account) = Account::fresh() else { return };
    let aws = account.client();
    let vpc = account.vpc("10.0.0.0/16");
    let own = tags([(LINK_TAG, "orders"), ("Name", "orders & more")]);
    let id = aws.create_security_group(&new_group(&vpc, "orders", own.clone())).await.unwrap();
    let other = tags([(LINK_TAG, "carts")]);
    let second = aws.create_security_group(&new_group(&vpc, "carts", other)).await.unwrap();

    let wanted = tag(LINK_TAG, "orders");
    let found = aws.security_groups(&GroupQuery::Tagged(wanted)).await.unwrap();
    assert_eq!(found.len(), 1);
    let group = &found[0];
    assert_eq!((&group.id, group.name.as_str(), &group.vpc), (&id, "orders", &vpc));
    assert_eq!((&group.tags, &group.ingress), (&own, &BTreeSet::new()));

    let unknown = "sg-0123456789abcdef0".parse().unwrap();
    let ids = BTreeSet::from([id.clone(), second.clone(), unknown]);
    let found = aws.security_groups(&GroupQuery::Ids(ids)).await.unwrap();
    let found: BTreeSet<_> = found.into_iter().map(|group| group.id).collect();
    let both = BTreeSet::from([id, second]);
    assert_eq!(found, both);
    let with_tag = GroupQuery::WithTag(LINK_TAG.to_owned());
    let found = aws.security_groups(&with_tag).await.unwrap();
    assert_eq!(found.into_iter().map(|group| group.id).collect::<BTreeSet<_>>(), both);
}

#[tokio::test]
async fn a_group_is_found_by_name_whatever_its_case_and_only_in_its_vpc() {
    let Some(account) = Account::fresh() else { return };
    let aws = account.client();
    let (vpc, other) = (account.vpc("10.0.0.0/16"), account.vpc("10.5.0.0/16"));
    let id = aws.create_security_group(&new_group(&vpc, "Orders", Tags::new())).await.unwrap();
    aws.create_security_group(&new_group(&other, "orders", Tags::new())).await.unwrap();

    let named =
        |vpc: &VpcId, name: &str| GroupQuery::Named { vpc: vpc.clone(), name: name.to_owned() };
    let found = aws.security_groups(&named(&vpc, "oRDERS")).await.unwrap();
    assert_eq!(found.into_iter().map(|group| group.id).collect::<Vec<_>>(), [id]);
    assert_eq!(aws.security_groups(&named(&vpc, "order")).await.unwrap(), []);
}

/// moto compares names with their case; AWS without.
#[tokio::test]
async fn a_name_that_is_taken_is_a_conflict() {
    let Some(account) = Account::fresh() else { return };
    let aws = account.client();
    let vpc = account.vpc("10.0.0.0/16");
    let group = new_group(&vpc, "orders", Tags::new());
    aws.create_security_group(&group).await.unwrap();
    let error = aws.create_security_group(&group).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Conflict);
    assert_eq!(error.operation(), "ec2:CreateSecurityGroup");
    assert!(error.message().starts_with("InvalidGroup.Duplicate: "), "{error}");
    assert!(error.request_id().is_some());
}

#[tokio::test]
async fn rules_come_and_go_one_by_one() {
    let Some(account) = Account::fresh() else { return };
    let aws = account.client();
    let vpc = account.vpc("10.0.0.0/16");
    let id = account.security_group(&vpc, "orders");
    let clients = account.security_group(&vpc, "clients");
    let all = [
        tcp((6379, 6379), block("10.0.0.0/16")),
        tcp((6379, 6379), block("10.1.0.0/16")),
        tcp((10000, 11000), IngressSource::Group(clients)),
        // A group may let itself in.
        tcp((5432, 5432), IngressSource::Group(id.clone())),
        tcp((5432, 5432), IngressSource::Other("2001:db8::/32".to_owned())),
        IngressRule {
            protocol: Protocol::Other("udp".to_owned()),
            ports: Some(PortRange::new(53, 53).unwrap()),
            source: block("10.0.0.0/16"),
        },
    ];
    for rule in &all {
        aws.authorize_ingress(&id, rule).await.unwrap();
    }
    assert_eq!(rules(&aws, &id).await, all.iter().cloned().collect());

    for rule in &all {
        assert_eq!(kind(aws.authorize_ingress(&id, rule).await), ErrorKind::Conflict, "{rule}");
    }
    let [first, .., last] = &all;
    for gone in [first, last] {
        aws.revoke_ingress(&id, gone).await.unwrap();
        aws.revoke_ingress(&id, gone).await.unwrap();
    }
    assert_eq!(rules(&aws, &id).await, all[1..all.len() - 1].iter().cloned().collect());
}

#[tokio::test]
async fn a_rule_of_an_unknown_group_is_not_found() {
    let Some(account) = Account::fresh() else { return };
    let aws = account.client();
    let unknown = "sg-0123456789abcdef0".parse().unwrap();
    let rule = tcp((6379, 6379), block("10.0.0.0/16"));
    assert_eq!(kind(aws.authorize_ingress(&unknown, &rule).await), ErrorKind::NotFound);
    assert_eq!(kind(aws.revoke_ingress(&unknown, &rule).await), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_group_can_be_deleted_twice() {
    let Some(account) = Account::fresh() else { return };
    let aws = account.client();
    let vpc = account.vpc("10.0.0.0/16");
    let [id, other] = ["orders", "carts"].map(|name| account.security_group(&vpc, name));
    aws.delete_security_group(&id).await.unwrap();
    aws.delete_security_group(&id).await.unwrap();
    let ids = BTreeSet::from([id, other.clone()]);
    let left = aws.security_groups(&GroupQuery::Ids(ids)).await.unwrap();
    assert_eq!(left.into_iter().map(|group| group.id).collect::<Vec<_>>(), [other]);
}
