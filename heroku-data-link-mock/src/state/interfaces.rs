//! Network interfaces of VPC endpoints.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::time::SystemTime;

use heroku_data_link::model::{Cidr, NetworkInterfaceId, SecurityGroupId, SubnetId};
use heroku_data_link::provider::NetworkInterface;

use super::State;
use super::aws::{AwsState, Caller, SubnetRecord};
use super::endpoint::EndpointRecord;

/// The first addresses of a subnet, which AWS keeps; it keeps the last as well.
const KEPT: u32 = 4;

/// The interface of an endpoint in a subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interface {
    pub(crate) id: NetworkInterfaceId,
    pub(crate) address: Ipv4Addr,
}

impl State {
    /// An interface in each of these subnets, at the lowest address that is free.
    pub(crate) fn new_interfaces(
        &mut self,
        subnets: &BTreeSet<SubnetId>,
        now: SystemTime,
    ) -> BTreeMap<SubnetId, Interface> {
        let mut made = BTreeMap::new();
        for id in subnets {
            let address = self.aws.subnets.get(id).map(|it| self.aws.free_address(id, it, now));
            let address = address.unwrap_or(Ipv4Addr::UNSPECIFIED);
            made.insert(id.clone(), Interface { id: self.ids.interface(), address });
        }
        made
    }
}

impl AwsState {
    fn free_address(&self, id: &SubnetId, subnet: &SubnetRecord, now: SystemTime) -> Ipv4Addr {
        let taken: BTreeSet<Ipv4Addr> = self
            .endpoints_in(&subnet.vpc)
            // What is there, and what will be.
            .flat_map(|endpoint| [endpoint.history.at(now), endpoint.history.last()])
            .flatten()
            .filter_map(|version| version.interfaces.get(id))
            .map(|interface| interface.address)
            .collect();
        let (first, last) = usable(subnet.cidr);
        let mut free = (first..last).map(Ipv4Addr::from).filter(|address| !taken.contains(address));
        free.next().unwrap_or(Ipv4Addr::from(last))
    }

    /// The interfaces that carry a group.
    pub(crate) fn interfaces_using(
        &self,
        caller: &Caller,
        id: &SecurityGroupId,
        at: SystemTime,
    ) -> Vec<NetworkInterface> {
        let Some(group) = self.groups.get(id).filter(|group| group.is_visible(caller)) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for endpoint in self.endpoints_in(&group.vpc) {
            let version = endpoint.history.at(at);
            let Some(version) = version.filter(|it| it.shape.groups.contains(id)) else { continue };
            found.extend(version.interfaces.values().map(|interface| NetworkInterface {
                id: interface.id.clone(),
                description: endpoint.interface_description(),
            }));
        }
        found
    }
}

impl EndpointRecord {
    /// What AWS writes on its interfaces.
    pub(crate) fn interface_description(&self) -> String {
        format!("VPC Endpoint Interface {}", self.id)
    }
}

/// The first and the last address that can be had.
fn usable(block: Cidr) -> (u32, u32) {
    let (first, last) = (u32::from(block.first()), u32::from(block.last()));
    (first.saturating_add(KEPT), last.saturating_sub(1))
}
