//! Subnets.

use std::collections::BTreeSet;
use std::time::SystemTime;

use heroku_data_link::model::{AccountId, Cidr, SubnetId, VpcId};
use heroku_data_link::provider::{self, SubnetQuery, Tags, operation};

use super::super::xml::Element;
use super::filters::{Table, Wanted};
use super::listing::{Ids, Resource};
use crate::state::{Caller, State};

/// What AWS calls a text that is no id of a subnet.
pub(super) const MALFORMED: &str = "InvalidSubnetID.Malformed";

pub(super) struct Subnet {
    shown: provider::Subnet,
    cidr: Cidr,
    owner: AccountId,
    arn: String,
    tags: Tags,
}

impl Resource for Subnet {
    const OPERATION: &'static str = operation::DESCRIBE_SUBNETS;
    const SET: &'static str = "subnetSet";
    const IDS: Ids = Ids {
        parameters: &["SubnetId"],
        is_id: |text| text.parse::<SubnetId>().is_ok(),
        malformed: MALFORMED,
        unknown: "InvalidSubnetID.NotFound",
        kind: "subnet ID",
    };
    const FILTERS: Table<Self> = &[
        ("subnet-id", |it| vec![it.shown.id.to_string()]),
        ("vpc-id", |it| vec![it.shown.vpc.to_string()]),
        ("owner-id", |it| vec![it.owner.to_string()]),
        ("availability-zone", |it| vec![it.shown.zone_name.to_string()]),
        ("availabilityZone", |it| vec![it.shown.zone_name.to_string()]),
        ("availability-zone-id", |it| vec![it.shown.zone_id.to_string()]),
        ("available-ip-address-count", |it| vec![it.shown.free_addresses.to_string()]),
        ("cidr-block", |it| vec![it.cidr.to_string()]),
        ("cidr", |it| vec![it.cidr.to_string()]),
        ("subnet-arn", |it| vec![it.arn.clone()]),
        ("state", |_| vec!["available".to_owned()]),
        ("default-for-az", |_| vec!["false".to_owned()]),
        ("map-public-ip-on-launch", |_| vec!["false".to_owned()]),
        ("ipv6-native", |_| vec!["false".to_owned()]),
    ];

    fn id(&self) -> &str {
        self.shown.id.as_str()
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn find(state: &State, caller: &Caller, at: SystemTime, wanted: &Wanted) -> Vec<Self> {
        let aws = &state.aws;
        let ids: BTreeSet<SubnetId> = match wanted.exact::<VpcId>("vpc-id") {
            Some(vpcs) => {
                let vpcs = vpcs.iter().filter_map(|id| aws.vpcs.get(id));
                vpcs.flat_map(|vpc| &vpc.subnets).cloned().collect()
            }
            None => wanted.keys(&aws.subnets, "subnet-id").into_iter().cloned().collect(),
        };
        let with_facts = |subnet: provider::Subnet| {
            let record = aws.subnet(caller, &subnet.id)?;
            let owner = aws.vpcs.get(&subnet.vpc)?.vpc.owner.clone();
            let arn = format!("arn:aws:ec2:{}:{owner}:subnet/{}", caller.region, subnet.id);
            Some(Self { shown: subnet, cidr: record.cidr, owner, arn, tags: Tags::new() })
        };
        aws.subnets(caller, &SubnetQuery::Ids(ids), at).into_iter().filter_map(with_facts).collect()
    }

    fn fields(&self) -> Vec<Element> {
        let subnet = &self.shown;
        vec![
            Element::text("subnetId", &subnet.id),
            Element::text("subnetArn", &self.arn),
            Element::text("state", "available"),
            Element::text("ownerId", &self.owner),
            Element::text("vpcId", &subnet.vpc),
            Element::text("cidrBlock", self.cidr),
            Element::text("availableIpAddressCount", subnet.free_addresses),
            Element::text("availabilityZone", &subnet.zone_name),
            Element::text("availabilityZoneId", &subnet.zone_id),
            Element::text("defaultForAz", false),
            Element::text("mapPublicIpOnLaunch", false),
            Element::text("assignIpv6AddressOnCreation", false),
            Element::text("ipv6Native", false),
        ]
    }
}
