//! Security groups.

use std::collections::{BTreeMap, BTreeSet};

use heroku_data_link::model::{PortRange, SecurityGroupId};
use heroku_data_link::provider::{
    ErrorKind, GroupQuery, IngressRule, IngressSource, NewSecurityGroup, SecurityGroups, Tag,
};

use heroku_data_link_mock::VpcSpec;

use crate::fixture::{ACCOUNT, Site, kind};

fn group(site: &Site, name: &str) -> NewSecurityGroup {
    NewSecurityGroup {
        vpc: site.vpc.clone(),
        name: name.to_owned(),
        description: "clients".to_owned(),
        tags: BTreeMap::from([("heroku-data-link:link".to_owned(), name.to_owned())]),
    }
}

fn rule(port: u16, source: IngressSource) -> IngressRule {
    IngressRule::tcp(PortRange::new(port, port).unwrap(), source)
}

fn from_cidr(port: u16) -> IngressRule {
    rule(port, IngressSource::Cidr("10.20.0.0/16".parse().unwrap()))
}

#[tokio::test]
async fn group_names_are_unique_ignoring_case() {
    let site = Site::new();
    let aws = site.world.aws();
    let id = aws.create_security_group(&group(&site, "Clients")).await.unwrap();
    assert_eq!(
        kind(aws.create_security_group(&group(&site, "cLIENTS")).await),
        ErrorKind::Conflict
    );
    let named = GroupQuery::Named { vpc: site.vpc.clone(), name: "CLIENTS".to_owned() };
    let [found] = aws.security_groups(&named).await.unwrap().try_into().unwrap();
    assert_eq!((found.id, found.name.as_str()), (id.clone(), "Clients"));
    aws.delete_security_group(&id).await.unwrap();
    assert_eq!(aws.security_groups(&named).await.unwrap(), []);
    assert_ne!(aws.create_security_group(&group(&site, "clients")).await.unwrap(), id);
}

#[tokio::test]
async fn create_security_group_refuses_what_ec2_refuses() {
    let site = Site::new();
    let aws = site.world.aws();
    let long = "x".repeat(256);
    for name in ["default", "Default", "sg-mine", "", "a<b", "naïve", long.as_str()] {
        let created = aws.create_security_group(&group(&site, name)).await;
        assert_eq!(kind(created), ErrorKind::InvalidRequest, "{name}");
    }
    let bad = NewSecurityGroup { description: "a\nb".to_owned(), ..group(&site, "ok") };
    assert_eq!(kind(aws.create_security_group(&bad).await), ErrorKind::InvalidRequest);
    let bad = NewSecurityGroup { vpc: "vpc-0".parse().unwrap(), ..group(&site, "ok") };
    assert_eq!(kind(aws.create_security_group(&bad).await), ErrorKind::NotFound);
}

#[tokio::test]
async fn rules_are_unique_in_their_group() {
    let site = Site::new();
    let aws = site.world.aws();
    let id = aws.create_security_group(&group(&site, "clients")).await.unwrap();
    aws.authorize_ingress(&id, &from_cidr(6379)).await.unwrap();
    assert_eq!(kind(aws.authorize_ingress(&id, &from_cidr(6379)).await), ErrorKind::Conflict);
    let query = GroupQuery::Ids(BTreeSet::from([id.clone(), "sg-0".parse().unwrap()]));
    let [found] = aws.security_groups(&query).await.unwrap().try_into().unwrap();
    assert_eq!(found.ingress, BTreeSet::from([from_cidr(6379)]));
    aws.revoke_ingress(&id, &from_cidr(6379)).await.unwrap();
    aws.revoke_ingress(&id, &from_cidr(6379)).await.unwrap();

    for port in 1..=60 {
        aws.authorize_ingress(&id, &from_cidr(port)).await.unwrap();
    }
    assert_eq!(kind(aws.authorize_ingress(&id, &from_cidr(61)).await), ErrorKind::QuotaExceeded);
    let unknown: SecurityGroupId = "sg-0".parse().unwrap();
    assert_eq!(kind(aws.authorize_ingress(&unknown, &from_cidr(1)).await), ErrorKind::NotFound);
    assert_eq!(kind(aws.revoke_ingress(&unknown, &from_cidr(1)).await), ErrorKind::NotFound);
    aws.delete_security_group(&unknown).await.unwrap();
}

#[tokio::test]
async fn rules_for_ipv6_count_by_themselves() {
    let site = Site::new();
    let aws = site.world.aws();
    let id = aws.create_security_group(&group(&site, "clients")).await.unwrap();
    let v6 = |port| rule(port, IngressSource::Other("2001:db8::/32".to_owned()));
    for port in 1..=60 {
        aws.authorize_ingress(&id, &from_cidr(port)).await.unwrap();
        aws.authorize_ingress(&id, &v6(port)).await.unwrap();
    }
    for full in [from_cidr(61), v6(61)] {
        assert_eq!(kind(aws.authorize_ingress(&id, &full).await), ErrorKind::QuotaExceeded);
    }
}

#[tokio::test]
async fn a_group_of_another_account_comes_back_with_its_account() {
    let site = Site::new();
    let aws = site.world.aws();
    let id = aws.create_security_group(&group(&site, "clients")).await.unwrap();
    let (one, other) = ("210987654321", "111111111111");
    let vpc = site.world.add_vpc(&VpcSpec::new(["10.77.0.0/16"]).in_account(one)).unwrap();
    let theirs = site.world.add_security_group(&vpc, "theirs", &[]).unwrap();
    let of = |account: &str| {
        rule(6379, IngressSource::GroupOf(account.parse().unwrap(), theirs.clone()))
    };
    assert_eq!(kind(aws.authorize_ingress(&id, &of(other)).await), ErrorKind::NotFound);
    aws.authorize_ingress(&id, &rule(6379, IngressSource::Group(theirs.clone()))).await.unwrap();
    let [found] =
        aws.security_groups(&GroupQuery::Ids([id].into())).await.unwrap().try_into().unwrap();
    assert_eq!(found.ingress, BTreeSet::from([of(one)]));
}

#[tokio::test]
async fn a_group_cannot_go_while_outbound_rules_refer_to_it() {
    let site = Site::new();
    let aws = site.world.aws();
    let link = aws.create_security_group(&group(&site, "link")).await.unwrap();
    let clients = aws.create_security_group(&group(&site, "clients")).await.unwrap();
    let to_link = rule(6379, IngressSource::Group(link.clone()));
    // A reference in another VPC does not hold it: that rule becomes stale.
    let elsewhere = site.world.add_vpc(&VpcSpec::new(["10.88.0.0/16"])).unwrap();
    let peer = site.world.add_security_group(&elsewhere, "peer", &[]).unwrap();
    for group in [&link, &clients, &peer] {
        site.world.add_outbound_rule(group, &to_link).unwrap();
    }
    assert_eq!(kind(aws.delete_security_group(&link).await), ErrorKind::Conflict);
    aws.delete_security_group(&clients).await.unwrap();
    aws.delete_security_group(&link).await.unwrap();
    assert!(site.world.add_outbound_rule(&"sg-0".parse().unwrap(), &to_link).is_err());
}

#[tokio::test]
async fn a_group_cannot_go_while_rules_refer_to_it() {
    let site = Site::new();
    let aws = site.world.aws();
    let clients = aws.create_security_group(&group(&site, "clients")).await.unwrap();
    let link = aws.create_security_group(&group(&site, "link")).await.unwrap();
    let from_clients = rule(6379, IngressSource::Group(clients.clone()));
    let from_nobody = rule(6379, IngressSource::Group("sg-0".parse().unwrap()));
    assert_eq!(kind(aws.authorize_ingress(&link, &from_nobody).await), ErrorKind::NotFound);
    aws.authorize_ingress(&link, &from_clients).await.unwrap();
    assert_eq!(kind(aws.delete_security_group(&clients).await), ErrorKind::Conflict);
    aws.delete_security_group(&link).await.unwrap();
    aws.delete_security_group(&clients).await.unwrap();
}

#[tokio::test]
async fn groups_are_found_by_tag_in_their_account_and_region() {
    let site = Site::new();
    let aws = site.world.aws();
    let id = aws.create_security_group(&group(&site, "clients")).await.unwrap();
    let tag = |value: &str| {
        GroupQuery::Tagged(Tag { key: "heroku-data-link:link".to_owned(), value: value.to_owned() })
    };
    let [found] = aws.security_groups(&tag("clients")).await.unwrap().try_into().unwrap();
    assert_eq!(found.id, id);
    assert_eq!(aws.security_groups(&tag("others")).await.unwrap(), []);
    for (account, region) in [("111111111111", "us-east-1"), (ACCOUNT, "eu-west-1")] {
        let other = site.world.aws_in(account.parse().unwrap(), region.parse().unwrap());
        assert_eq!(other.security_groups(&tag("clients")).await.unwrap(), []);
        other.delete_security_group(&id).await.unwrap();
    }
    assert_eq!(aws.security_groups(&tag("clients")).await.unwrap().len(), 1);
}
