//! Rehearsals, as far as moto knows about them: it acts on most calls' rehearsals.

use std::collections::BTreeSet;

use heroku_data_link::model::PortRange;
use heroku_data_link::provider::{
    Ec2Call, ErrorKind, GroupQuery, IngressRule, IngressSource, NewSecurityGroup, Rehearsal,
    Rehearsals, SecurityGroups, Tags, Verdict,
};

use super::{Account, kind};

#[tokio::test]
async fn a_rehearsal_changes_nothing() {
    let Some(account) = Account::fresh() else { return };
    let aws = account.client();
    let vpc = account.vpc("10.0.0.0/16");
    let kept = account.security_group(&vpc, "kept");
    let rule = |port| {
        let source = IngressSource::Cidr("10.0.0.0/16".parse().unwrap());
        IngressRule::tcp(PortRange::new(port, port).unwrap(), source)
    };
    aws.authorize_ingress(&kept, &rule(6379)).await.unwrap();
    let group = NewSecurityGroup {
        vpc: vpc.clone(),
        name: "rehearsed".to_owned(),
        description: "rehearsed".to_owned(),
        tags: Tags::new(),
    };
    for call in [
        Rehearsal::DescribeVpcs,
        Rehearsal::DescribeSubnets,
        Rehearsal::DescribeNetworkInterfaces,
        Rehearsal::Call(Ec2Call::CreateSecurityGroup(group)),
        Rehearsal::Call(Ec2Call::AuthorizeIngress { group: Some(kept.clone()), rule: rule(5432) }),
        Rehearsal::Call(Ec2Call::RevokeIngress { group: kept.clone(), rule: rule(6379) }),
        Rehearsal::Call(Ec2Call::DeleteSecurityGroup { group: kept.clone() }),
    ] {
        assert_eq!(aws.rehearse(&call).await.unwrap(), Verdict::Permitted, "{call:?}");
    }
    let rehearsed = GroupQuery::Named { vpc, name: "rehearsed".to_owned() };
    assert_eq!(aws.security_groups(&rehearsed).await.unwrap(), []);
    let found = aws.security_groups(&GroupQuery::Ids(BTreeSet::from([kept]))).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].ingress, BTreeSet::from([rule(6379)]));
}

#[tokio::test]
async fn what_acts_in_the_place_of_rehearsing_is_not_aws() {
    let Some(account) = Account::fresh() else { return };
    let aws = account.client();
    for call in [
        Rehearsal::DescribeSecurityGroups,
        Rehearsal::DescribeEndpoints,
        Rehearsal::DescribeEndpointServices,
        Rehearsal::DescribeNetworkAcls,
        Rehearsal::DescribePeeringConnections,
        Rehearsal::DescribeRouteTables,
    ] {
        assert_eq!(kind(aws.rehearse(&call).await), ErrorKind::Protocol, "{call:?}");
    }
}
