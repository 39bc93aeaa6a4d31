//! Conditions that several kinds of links have.

use std::fmt::Display;

use super::blocker::Blocker;
use super::code::Code;
use super::iam::Scope;
use super::text::list;
use crate::model::{NonEmptySet, RouteTableId, SecurityGroupId, SubnetId, VpcId};
use crate::provider::{CallerIdentity, RouteTable, SecurityGroup, Subnet, Vpc};

/// The VPC is there.
pub(crate) fn vpc(found: Option<&Vpc>, scope: &Scope) -> Result<(), Blocker> {
    if found.is_some() {
        return Ok(());
    }
    Err(Blocker::new(
        Code::UnknownVpc,
        format!(
            "{} cannot be found in {} of account {}",
            scope.vpc.as_ref().map_or("the VPC", VpcId::as_str),
            scope.region,
            scope.account
        ),
        "check the id, the region and the credentials",
    ))
}

/// The VPC belongs to the caller, and is not shared by another account. `only` says what its owner
/// alone can do.
pub(crate) fn owned_vpc(
    found: Option<&Vpc>,
    caller: &CallerIdentity,
    only: &str,
) -> Result<(), Blocker> {
    match found {
        Some(vpc) if vpc.owner != caller.account => Err(Blocker::new(
            Code::SharedVpc,
            format!(
                "{} belongs to account {}, which shares it with {}; only its owner can {only}",
                vpc.id, vpc.owner, caller.account
            ),
            format!("use credentials of account {}", vpc.owner),
        )),
        Some(_) | None => Ok(()),
    }
}

/// What a spec can name, and a VPC can have.
pub(crate) trait InVpc {
    type Id: Ord + Display;
    /// The code of the blocker for what is not there.
    const UNKNOWN: Code;
    /// The code of the blocker for what belongs to another VPC.
    const STRAY: Code;
    /// What it is called, in the plural.
    const NAME: &'static str;
    fn id(&self) -> &Self::Id;
    fn vpc(&self) -> &VpcId;
}

impl InVpc for SecurityGroup {
    type Id = SecurityGroupId;
    const UNKNOWN: Code = Code::UnknownSecurityGroup;
    const STRAY: Code = Code::SecurityGroupOfAnotherVpc;
    const NAME: &'static str = "security groups";

    fn id(&self) -> &SecurityGroupId {
        &self.id
    }

    fn vpc(&self) -> &VpcId {
        &self.vpc
    }
}

impl InVpc for Subnet {
    type Id = SubnetId;
    const UNKNOWN: Code = Code::UnknownSubnet;
    const STRAY: Code = Code::SubnetOfAnotherVpc;
    const NAME: &'static str = "subnets";

    fn id(&self) -> &SubnetId {
        &self.id
    }

    fn vpc(&self) -> &VpcId {
        &self.vpc
    }
}

impl InVpc for RouteTable {
    type Id = RouteTableId;
    const UNKNOWN: Code = Code::UnknownRouteTable;
    const STRAY: Code = Code::RouteTableOfAnotherVpc;
    const NAME: &'static str = "route tables";

    fn id(&self) -> &RouteTableId {
        &self.id
    }

    fn vpc(&self) -> &VpcId {
        &self.vpc
    }
}

/// All that a spec names is there, and in the VPC.
pub(crate) fn in_vpc<T: InVpc>(
    ids: &NonEmptySet<T::Id>,
    found: &[T],
    vpc: &VpcId,
) -> Result<(), Blocker> {
    let unknown: Vec<_> = ids.iter().filter(|id| !found.iter().any(|it| it.id() == *id)).collect();
    if !unknown.is_empty() {
        return Err(Blocker::new(
            T::UNKNOWN,
            format!("{} cannot be found in this account and region", list(unknown)),
            "check the ids and the credentials",
        ));
    }
    let strays: Vec<_> = found
        .iter()
        .filter(|it| ids.as_set().contains(it.id()) && it.vpc() != vpc)
        .map(|it| format!("{} belongs to {}", it.id(), it.vpc()))
        .collect();
    if !strays.is_empty() {
        return Err(Blocker::new(
            T::STRAY,
            format!("{}, not to {vpc}", list(strays)),
            format!("name {} of {vpc}", T::NAME),
        ));
    }
    Ok(())
}
