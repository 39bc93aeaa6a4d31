use std::collections::VecDeque;
use std::fmt::Display;
use std::str::FromStr;

use heroku_data_link::model::{
    AddonId, InvalidValue, KeyId, NetworkAclId, NetworkInterfaceId, PeeringConnectionId,
    RouteTableId, SecurityGroupId, SubnetId, VpcEndpointId, VpcId,
};

/// Makes ids, one counter per kind, so that every run has the same.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    addons: u64,
    vpcs: u64,
    subnets: u64,
    groups: u64,
    endpoints: u64,
    services: u64,
    interfaces: u64,
    space_vpcs: u64,
    peerings: u64,
    route_tables: u64,
    network_acls: u64,
    keys: u64,
    #[cfg_attr(not(feature = "server"), allow(dead_code))]
    pub(crate) invented_names: u64,
    pub(crate) fixed_endpoints: VecDeque<VpcEndpointId>,
    pub(crate) fixed_services: VecDeque<String>,
    pub(crate) fixed_peerings: VecDeque<PeeringConnectionId>,
}

impl Ids {
    pub(crate) fn addon(&mut self) -> AddonId {
        self.addons += 1;
        known(format!("00000000-0000-4000-8000-{:012x}", self.addons).parse())
    }

    pub(crate) fn key(&mut self) -> KeyId {
        self.keys += 1;
        known(format!("00000000-0000-4000-9000-{:012x}", self.keys).parse())
    }

    pub(crate) fn vpc(&mut self) -> VpcId {
        next("vpc-0", &mut self.vpcs)
    }

    /// The VPC of a space; of another form, so that customers' VPCs have the same ids beside any
    /// number of spaces.
    pub(crate) fn space_vpc(&mut self) -> VpcId {
        next("vpc-f", &mut self.space_vpcs)
    }

    pub(crate) fn peering(&mut self) -> PeeringConnectionId {
        let fixed = self.fixed_peerings.pop_front();
        fixed.unwrap_or_else(|| next("pcx-0", &mut self.peerings))
    }

    pub(crate) fn route_table(&mut self) -> RouteTableId {
        next("rtb-0", &mut self.route_tables)
    }

    pub(crate) fn network_acl(&mut self) -> NetworkAclId {
        next("acl-0", &mut self.network_acls)
    }

    pub(crate) fn subnet(&mut self) -> SubnetId {
        next("subnet-0", &mut self.subnets)
    }

    pub(crate) fn group(&mut self) -> SecurityGroupId {
        next("sg-0", &mut self.groups)
    }

    pub(crate) fn interface(&mut self) -> NetworkInterfaceId {
        next("eni-0", &mut self.interfaces)
    }

    pub(crate) fn endpoint(&mut self) -> VpcEndpointId {
        let fixed = self.fixed_endpoints.pop_front();
        fixed.unwrap_or_else(|| next("vpce-0", &mut self.endpoints))
    }

    /// `vpce-svc-…`.
    pub(crate) fn service(&mut self) -> String {
        self.fixed_services.pop_front().unwrap_or_else(|| {
            self.services += 1;
            text("vpce-svc-0", self.services)
        })
    }
}

fn next<T: FromStr<Err = InvalidValue>>(prefix: &str, counter: &mut u64) -> T {
    *counter += 1;
    known(text(prefix, *counter).parse())
}

fn text(prefix: &str, number: u64) -> String {
    format!("{prefix}{number:016x}")
}

/// The id of something that belongs to another resource and depends on nothing else, such as
/// `sgr-…` of a rule of a group.
pub(crate) fn derived(kind: &str, of: &str) -> String {
    text(&format!("{kind}-0"), hash(of))
}

/// FNV-1a.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// A value that the world makes from text of its own, which is always well formed.
pub(crate) fn known<T, E: Display>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => unreachable!("the world's own text is well formed: {error}"),
    }
}
