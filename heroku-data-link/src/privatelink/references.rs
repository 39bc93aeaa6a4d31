//! Rules of other security groups that refer to the link's own.

use crate::provider::{AwsCloud, GroupQuery, ProviderResult, SecurityGroup};
use crate::reconcile::{Blocker, list};

/// The other groups whose rules refer to this one.
pub(super) async fn read(
    aws: &dyn AwsCloud,
    group: &SecurityGroup,
) -> ProviderResult<Vec<SecurityGroup>> {
    aws.security_groups(&GroupQuery::ReferringTo(group.id.clone())).await
}

/// No other group of the VPC refers to this one: EC2 would refuse to delete it, again and again.
pub(super) fn check(group: &SecurityGroup, referring: &[SecurityGroup]) -> Result<(), Blocker> {
    let in_the_way: Vec<_> = referring.iter().filter(|other| other.vpc == group.vpc).collect();
    if in_the_way.is_empty() {
        return Ok(());
    }
    let ids = list(in_the_way.iter().map(|other| &other.id));
    let rules = list(in_the_way.iter().map(|other| reference(group, other)));
    Err(Blocker::new(
        "security-group-referred-to",
        format!(
            "{} is referred to by {rules}, and EC2 deletes no security group that a rule of \
             another one refers to",
            group.id
        ),
        format!("revoke these rules of {ids}, and tear the link down again"),
    ))
}

/// What the deletion leaves behind in other VPCs, for people.
pub(super) fn stale<'a>(
    group: &'a SecurityGroup,
    referring: &'a [SecurityGroup],
) -> impl Iterator<Item = String> + 'a {
    referring.iter().filter(|other| other.vpc != group.vpc).map(|other| {
        let rules = reference(group, other);
        format!("once {} is deleted, AWS calls {rules} in {} stale", group.id, other.vpc)
    })
}

fn reference(group: &SecurityGroup, other: &SecurityGroup) -> String {
    let inbound = other.ingress.iter().any(|rule| rule.source.group() == Some(&group.id));
    let rules = match (inbound, other.egress_groups.contains(&group.id)) {
        (true, true) => "an inbound and an outbound rule",
        (true, false) => "an inbound rule",
        (false, true) => "an outbound rule",
        (false, false) => "a rule",
    };
    format!("{rules} of {} ({})", other.id, other.name)
}
