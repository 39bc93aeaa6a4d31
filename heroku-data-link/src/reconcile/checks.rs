//! Conditions that several kinds of links have.

use super::iam::Scope;
use super::plan::Blocker;
use super::text::list;
use crate::model::{NonEmptySet, SecurityGroupId, VpcId};
use crate::provider::{SecurityGroup, Vpc};

/// The VPC is there.
pub(crate) fn vpc(found: Option<&Vpc>, scope: &Scope) -> Result<(), Blocker> {
    if found.is_some() {
        return Ok(());
    }
    Err(Blocker::new(
        "unknown-vpc",
        format!(
            "{} cannot be found in {} of account {}",
            scope.vpc.as_ref().map_or("the VPC", VpcId::as_str),
            scope.region,
            scope.account
        ),
        "check the id, the region and the credentials",
    ))
}

/// The groups that a spec names are there, and in the VPC.
pub(crate) fn groups(
    ids: &NonEmptySet<SecurityGroupId>,
    found: &[SecurityGroup],
    vpc: &VpcId,
) -> Result<(), Blocker> {
    let unknown: Vec<_> =
        ids.iter().filter(|id| !found.iter().any(|group| group.id == **id)).collect();
    if !unknown.is_empty() {
        return Err(Blocker::new(
            "unknown-security-group",
            format!("{} cannot be found in this account and region", list(unknown)),
            "check the ids and the credentials",
        ));
    }
    let strays: Vec<_> = found
        .iter()
        .filter(|group| ids.as_set().contains(&group.id) && group.vpc != *vpc)
        .map(|group| format!("{} belongs to {}", group.id, group.vpc))
        .collect();
    if !strays.is_empty() {
        return Err(Blocker::new(
            "security-group-of-another-vpc",
            format!("{}, not to {vpc}", list(strays)),
            format!("name security groups of {vpc}"),
        ));
    }
    Ok(())
}
