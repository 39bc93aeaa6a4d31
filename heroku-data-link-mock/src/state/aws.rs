//! Accounts, VPCs and subnets, and the indexes over everything in them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::SystemTime;

use heroku_data_link::model::{
    AccountId, AwsRegion, Cidr, CidrSet, EndpointServiceName, NetworkAclId, PeeringConnectionId,
    RouteTableId, SecurityGroupId, SubnetId, VpcEndpointId, VpcId, ZoneId,
};
use heroku_data_link::provider::{NewEndpoint, Subnet, SubnetQuery, Tag, Tags, Vpc};

use super::endpoint::EndpointRecord;
use super::groups::GroupRecord;
use super::keys::Kms;
use super::network_acls::{AclEntries, NetworkAclRecord};
use super::peering::PeeringRecord;
use super::route_tables::RouteTableRecord;
use super::{Refusal, Reply, State, zones};
use crate::Fate;

/// Addresses of a subnet that AWS keeps: the first four and the last.
const RESERVED: u64 = 5;

/// Whose credentials a call is made with, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Caller {
    pub(crate) account: AccountId,
    pub(crate) region: AwsRegion,
}

impl Caller {
    /// The ARN of the user whose credentials these are.
    pub(crate) fn user(&self) -> String {
        format!("arn:aws:iam::{}:user/abc.xyz", self.account)
    }
}

/// All of AWS.
#[derive(Debug, Default)]
pub(crate) struct AwsState {
    pub(crate) vpcs: BTreeMap<VpcId, VpcRecord>,
    pub(crate) subnets: BTreeMap<SubnetId, SubnetRecord>,
    pub(crate) groups: BTreeMap<SecurityGroupId, GroupRecord>,
    pub(crate) endpoints: BTreeMap<VpcEndpointId, EndpointRecord>,
    pub(crate) peerings: BTreeMap<PeeringConnectionId, PeeringRecord>,
    pub(crate) route_tables: BTreeMap<RouteTableId, RouteTableRecord>,
    pub(crate) network_acls: BTreeMap<NetworkAclId, NetworkAclRecord>,
    pub(crate) tokens: BTreeMap<(Caller, String), TokenRecord>,
    /// Who ever carried a tag; what they carry now is in their own records.
    pub(crate) tagged_groups: BTreeMap<Tag, BTreeSet<SecurityGroupId>>,
    pub(crate) tagged_endpoints: BTreeMap<Tag, BTreeSet<VpcEndpointId>>,
    pub(crate) tagged_peerings: BTreeMap<Tag, BTreeSet<PeeringConnectionId>>,
    pub(crate) by_service: BTreeMap<EndpointServiceName, Vec<VpcEndpointId>>,
    pub(crate) fates: VecDeque<Fate>,
    pub(crate) kms: Kms,
}

#[derive(Debug)]
pub(crate) struct VpcRecord {
    pub(crate) region: AwsRegion,
    pub(crate) vpc: Vpc,
    pub(crate) shared_with: BTreeSet<AccountId>,
    pub(crate) subnets: Vec<SubnetId>,
    pub(crate) groups: Vec<SecurityGroupId>,
    pub(crate) endpoints: Vec<VpcEndpointId>,
    /// With it at either end.
    pub(crate) peerings: Vec<PeeringConnectionId>,
    pub(crate) route_tables: Vec<RouteTableId>,
    /// The default one first.
    pub(crate) network_acls: Vec<NetworkAclId>,
    /// Whether DNS host names are switched on.
    pub(crate) dns_hostnames: bool,
}

#[derive(Debug)]
pub(crate) struct SubnetRecord {
    pub(crate) vpc: VpcId,
    pub(crate) zone: ZoneId,
    pub(crate) cidr: Cidr,
}

/// A client token that EC2 remembers.
#[derive(Debug)]
pub(crate) struct TokenRecord {
    pub(crate) request: NewEndpoint,
    pub(crate) made: VpcEndpointId,
    pub(crate) until: SystemTime,
}

impl VpcRecord {
    pub(crate) fn is_visible(&self, caller: &Caller) -> bool {
        let admitted =
            self.vpc.owner == caller.account || self.shared_with.contains(&caller.account);
        admitted && self.region == caller.region
    }

    /// Of a VPC that is shared, only the owner manages peerings and routes.
    pub(crate) fn check_owner(&self, caller: &Caller) -> Reply<()> {
        if self.vpc.owner == caller.account {
            return Ok(());
        }
        Err(Refusal::forbidden(format!(
            "UnauthorizedOperation: VPC {} is shared, and belongs to {}",
            self.vpc.id, self.vpc.owner
        )))
    }
}

impl State {
    /// A VPC with its main route table, default network ACL and default group, without checks.
    pub(crate) fn plant_vpc(
        &mut self,
        from: SystemTime,
        owner: &Caller,
        id: &VpcId,
        cidrs: CidrSet,
        shared_with: BTreeSet<AccountId>,
    ) {
        let record = VpcRecord {
            region: owner.region.clone(),
            vpc: Vpc { id: id.clone(), cidrs, owner: owner.account.clone() },
            shared_with,
            subnets: Vec::new(),
            groups: Vec::new(),
            endpoints: Vec::new(),
            peerings: Vec::new(),
            route_tables: Vec::new(),
            network_acls: Vec::new(),
            dns_hostnames: true,
        };
        self.aws.vpcs.insert(id.clone(), record);
        self.plant_route_table(from, id, None, true);
        self.plant_network_acl(from, id, true, BTreeSet::new(), AclEntries::open());
        self.plant_default_group(owner, from, id);
    }
}

impl AwsState {
    pub(crate) fn vpc(&self, caller: &Caller, id: &VpcId) -> Option<&VpcRecord> {
        self.vpcs.get(id).filter(|record| record.is_visible(caller))
    }

    /// The same, for a call that needs it.
    pub(crate) fn known_vpc(&self, caller: &Caller, id: &VpcId) -> Reply<&VpcRecord> {
        self.vpc(caller, id).ok_or_else(|| {
            Refusal::not_found(format!("InvalidVpcID.NotFound: The vpc ID '{id}' does not exist"))
        })
    }

    /// A subnet of a VPC that the caller can see.
    pub(crate) fn subnet(&self, caller: &Caller, id: &SubnetId) -> Option<&SubnetRecord> {
        self.subnets.get(id).filter(|record| self.vpc(caller, &record.vpc).is_some())
    }

    pub(crate) fn subnets(
        &self,
        caller: &Caller,
        query: &SubnetQuery,
        at: SystemTime,
    ) -> Vec<Subnet> {
        let describe = |id: &SubnetId| self.describe_subnet(caller, id, at);
        match query {
            SubnetQuery::InVpc(vpc) => self
                .vpc(caller, vpc)
                .map_or_else(Vec::new, |vpc| vpc.subnets.iter().filter_map(describe).collect()),
            SubnetQuery::Ids(ids) => ids.iter().filter_map(describe).collect(),
        }
    }

    fn describe_subnet(&self, caller: &Caller, id: &SubnetId, at: SystemTime) -> Option<Subnet> {
        let record = self.subnet(caller, id)?;
        Some(Subnet {
            id: id.clone(),
            vpc: record.vpc.clone(),
            zone_id: record.zone.clone(),
            zone_name: zones::name_of(&caller.region, &caller.account, &record.zone),
            cidr: Some(record.cidr),
            free_addresses: self.free_addresses(id, at),
        })
    }

    pub(crate) fn free_addresses(&self, id: &SubnetId, at: SystemTime) -> u32 {
        let Some(record) = self.subnets.get(id) else { return 0 };
        let taken = self
            .endpoints_in(&record.vpc)
            .filter_map(|endpoint| endpoint.history.at(at))
            .filter(|version| version.interfaces.contains_key(id))
            .count();
        let size = 1_u64 << (32 - u32::from(record.cidr.prefix_len()).min(32));
        let taken = u64::try_from(taken).unwrap_or(u64::MAX);
        u32::try_from(size.saturating_sub(RESERVED).saturating_sub(taken)).unwrap_or(u32::MAX)
    }

    pub(crate) fn endpoints_in(&self, vpc: &VpcId) -> impl Iterator<Item = &EndpointRecord> {
        let ids = self.vpcs.get(vpc).map_or(&[][..], |record| &record.endpoints);
        ids.iter().filter_map(|id| self.endpoints.get(id))
    }

    pub(crate) fn endpoints_of_service(
        &self,
        service: &EndpointServiceName,
    ) -> impl Iterator<Item = &EndpointRecord> {
        let ids = self.by_service.get(service).map_or(&[][..], Vec::as_slice);
        ids.iter().filter_map(|id| self.endpoints.get(id))
    }

    pub(crate) fn groups_in(&self, vpc: &VpcId) -> impl Iterator<Item = &GroupRecord> {
        let ids = self.vpcs.get(vpc).map_or(&[][..], |record| &record.groups);
        ids.iter().filter_map(|id| self.groups.get(id))
    }
}

/// Remembers who carries these tags.
pub(crate) fn index<T: Clone + Ord>(index: &mut BTreeMap<Tag, BTreeSet<T>>, tags: &Tags, id: &T) {
    for (key, value) in tags {
        let tag = Tag { key: key.clone(), value: value.clone() };
        index.entry(tag).or_default().insert(id.clone());
    }
}

/// Whether tags hold a tag.
pub(crate) fn carries(tags: &Tags, tag: &Tag) -> bool {
    tags.get(&tag.key) == Some(&tag.value)
}
