//! Network interfaces: those of VPC endpoints.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::SystemTime;

use heroku_data_link::model::{
    AccountId, NetworkInterfaceId, SecurityGroupId, SubnetId, VpcId, ZoneId, ZoneName,
};
use heroku_data_link::provider::{Tags, operation};

use super::super::xml::Element;
use super::filters::{Table, Wanted};
use super::listing::{Ids, Resource};
use crate::state::endpoint::EndpointRecord;
use crate::state::{Caller, State, zones};

/// Who keeps the interfaces of endpoints.
const REQUESTER: &str = "727180483921";
const STATUS: &str = "in-use";
const KIND: &str = "vpc_endpoint";

pub(super) struct Interface {
    id: NetworkInterfaceId,
    description: String,
    owner: AccountId,
    vpc: VpcId,
    subnet: SubnetId,
    zone: ZoneId,
    zone_name: ZoneName,
    address: Ipv4Addr,
    /// With their names.
    groups: Vec<(SecurityGroupId, String)>,
    tags: Tags,
}

impl Interface {
    fn name(&self) -> String {
        format!("ip-{}.ec2.internal", self.address.to_string().replace('.', "-"))
    }

    fn all_of(state: &State, caller: &Caller, it: &EndpointRecord, at: SystemTime) -> Vec<Self> {
        let Some(version) = it.history.at(at) else { return Vec::new() };
        let name_of = |id| state.aws.groups.get(id).map(|group| group.name.clone());
        let groups = version.shape.groups.iter();
        let groups: Vec<_> =
            groups.map(|id| (id.clone(), name_of(id).unwrap_or_default())).collect();
        let each = version.interfaces.iter().filter_map(|(subnet, interface)| {
            let zone = state.aws.subnets.get(subnet)?.zone.clone();
            Some(Self {
                id: interface.id.clone(),
                description: it.interface_description(),
                owner: it.owner.clone(),
                vpc: it.vpc.clone(),
                subnet: subnet.clone(),
                zone_name: zones::name_of(&it.region, &caller.account, &zone),
                zone,
                address: interface.address,
                groups: groups.clone(),
                tags: Tags::new(),
            })
        });
        each.collect()
    }
}

impl Resource for Interface {
    const OPERATION: &'static str = operation::DESCRIBE_NETWORK_INTERFACES;
    const SET: &'static str = "networkInterfaceSet";
    const IDS: Ids = Ids {
        parameters: &["NetworkInterfaceId"],
        is_id: |text| text.parse::<NetworkInterfaceId>().is_ok(),
        malformed: "InvalidNetworkInterfaceId.Malformed",
        unknown: "InvalidNetworkInterfaceID.NotFound",
        kind: "networkInterface ID",
    };
    const FILTERS: Table<Self> = &[
        ("network-interface-id", |it| vec![it.id.to_string()]),
        ("description", |it| vec![it.description.clone()]),
        ("group-id", |it| it.groups.iter().map(|(id, _)| id.to_string()).collect()),
        ("group-name", |it| it.groups.iter().map(|(_, name)| name.clone()).collect()),
        ("subnet-id", |it| vec![it.subnet.to_string()]),
        ("vpc-id", |it| vec![it.vpc.to_string()]),
        ("owner-id", |it| vec![it.owner.to_string()]),
        ("availability-zone", |it| vec![it.zone_name.to_string()]),
        ("availability-zone-id", |it| vec![it.zone.to_string()]),
        ("private-ip-address", |it| vec![it.address.to_string()]),
        ("addresses.private-ip-address", |it| vec![it.address.to_string()]),
        ("private-dns-name", |it| vec![it.name()]),
        ("requester-id", |_| vec![REQUESTER.to_owned()]),
        ("requester-managed", |_| vec!["true".to_owned()]),
        ("interface-type", |_| vec![KIND.to_owned()]),
        ("status", |_| vec![STATUS.to_owned()]),
    ];

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn find(state: &State, caller: &Caller, at: SystemTime, wanted: &Wanted) -> Vec<Self> {
        let aws = &state.aws;
        let of_groups = wanted.exact::<SecurityGroupId>("group-id").map(|groups| {
            let groups = groups.iter().filter_map(|id| aws.groups.get(id));
            groups.map(|group| group.vpc.clone()).collect()
        });
        let vpcs: Option<BTreeSet<VpcId>> =
            of_groups.or_else(|| Some(wanted.exact::<VpcId>("vpc-id")?.into_iter().collect()));
        let endpoints: Vec<&EndpointRecord> = match &vpcs {
            Some(vpcs) => vpcs.iter().flat_map(|vpc| aws.endpoints_in(vpc)).collect(),
            None => aws.endpoints.values().collect(),
        };
        let visible = endpoints.into_iter().filter(|endpoint| endpoint.is_visible(caller));
        visible.flat_map(|endpoint| Self::all_of(state, caller, endpoint, at)).collect()
    }

    fn fields(&self) -> Vec<Element> {
        let groups = self.groups.iter();
        let groups = groups
            .map(|(id, name)| [Element::text("groupId", id), Element::text("groupName", name)]);
        let address = [
            Element::text("privateIpAddress", self.address),
            Element::text("privateDnsName", self.name()),
            Element::text("primary", true),
        ];
        let [_, b, c, d] = self.address.octets();
        vec![
            Element::text("networkInterfaceId", &self.id),
            Element::text("subnetId", &self.subnet),
            Element::text("vpcId", &self.vpc),
            Element::text("availabilityZone", &self.zone_name),
            Element::text("availabilityZoneId", &self.zone),
            Element::text("description", &self.description),
            Element::text("ownerId", &self.owner),
            Element::text("requesterId", REQUESTER),
            Element::text("requesterManaged", true),
            Element::text("status", STATUS),
            Element::text("interfaceType", KIND),
            Element::text("macAddress", format!("0e:00:00:{b:02x}:{c:02x}:{d:02x}")),
            Element::text("privateIpAddress", self.address),
            Element::text("privateDnsName", self.name()),
            Element::text("sourceDestCheck", false),
            Element::set("groupSet", groups),
            Element::set("privateIpAddressesSet", [address]),
            Element::set("tagSet", Vec::<Vec<Element>>::new()),
        ]
    }
}
