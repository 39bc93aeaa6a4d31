//! VPC endpoints.

use std::collections::BTreeSet;
use std::time::SystemTime;

use heroku_data_link::model::{AccountId, AwsRegion, VpcEndpointId, VpcId};
use heroku_data_link::provider::{self, Tags, operation};

use super::super::xml::Element;
use super::filters::{Table, Wanted};
use super::listing::{Ids, Pages, Resource};
use super::tags::tag_set;
use crate::state::endpoint::EndpointRecord;
use crate::state::space_peerings::date_time;
use crate::state::{Caller, State};

/// What AWS calls a text that is no id of an endpoint.
pub(super) const MALFORMED: &str = "InvalidVpcEndpointId.Malformed";

/// The one kind of endpoints that there are here.
pub(super) const INTERFACE: &str = "Interface";

pub(super) struct Endpoint {
    shown: provider::VpcEndpoint,
    /// As EC2 spells it.
    state: String,
    owner: AccountId,
    region: AwsRegion,
    /// That which answers for all zones is the first.
    names: Vec<String>,
    /// With their names.
    groups: Vec<(String, String)>,
}

impl Endpoint {
    /// An endpoint as its owner sees it.
    pub(super) fn of(
        state: &State,
        caller: &Caller,
        record: &EndpointRecord,
        at: SystemTime,
    ) -> Option<Self> {
        let endpoint = record.describe(&state.aws, caller, at)?;
        let regional = record.regional_name();
        let mut names: Vec<String> = endpoint.dns_names.iter().cloned().collect();
        names.sort_by_key(|name| (*name != regional, name.clone()));
        let name_of = |id| state.aws.groups.get(id).map(|group| group.name.clone());
        let groups = endpoint.groups.iter();
        let groups = groups.map(|id| (id.to_string(), name_of(id).unwrap_or_default())).collect();
        Some(Self {
            state: record.history.at(at)?.state.to_string(),
            owner: record.owner.clone(),
            region: record.region.clone(),
            shown: endpoint,
            names,
            groups,
        })
    }
}

impl Resource for Endpoint {
    const OPERATION: &'static str = operation::DESCRIBE_VPC_ENDPOINTS;
    const SET: &'static str = "vpcEndpointSet";
    const IDS: Ids = Ids {
        parameters: &["VpcEndpointId"],
        is_id: |text| text.parse::<VpcEndpointId>().is_ok(),
        malformed: MALFORMED,
        unknown: "InvalidVpcEndpointId.NotFound",
        kind: "Vpc Endpoint Id",
    };
    const FILTERS: Table<Self> = &[
        ("vpc-endpoint-id", |it| vec![it.shown.id.to_string()]),
        ("vpc-id", |it| vec![it.shown.vpc.to_string()]),
        ("service-name", |it| vec![it.shown.service.clone()]),
        ("service-region", |it| vec![it.region.to_string()]),
        ("vpc-endpoint-state", |it| vec![it.state.clone()]),
        ("vpc-endpoint-type", |_| vec![INTERFACE.to_owned()]),
        ("ip-address-type", |_| vec!["ipv4".to_owned()]),
    ];
    const UNKNOWN_FILTER: &'static str = "InvalidFilter";
    const PAGES: Option<Pages> = Some(Pages::Capped(1000));

    fn id(&self) -> &str {
        self.shown.id.as_str()
    }

    fn tags(&self) -> &Tags {
        &self.shown.tags
    }

    fn find(state: &State, caller: &Caller, at: SystemTime, wanted: &Wanted) -> Vec<Self> {
        let aws = &state.aws;
        let ids: BTreeSet<&VpcEndpointId> =
            match (wanted.exact::<VpcId>("vpc-id"), wanted.exact_tags()) {
                (Some(vpcs), _) => {
                    let vpcs = vpcs.iter().filter_map(|id| aws.vpcs.get(id));
                    vpcs.flat_map(|vpc| &vpc.endpoints).collect()
                }
                (None, Some(tags)) => {
                    tags.iter().filter_map(|tag| aws.tagged_endpoints.get(tag)).flatten().collect()
                }
                (None, None) => {
                    wanted.keys(&aws.endpoints, "vpc-endpoint-id").into_iter().collect()
                }
            };
        ids.into_iter()
            .filter_map(|id| aws.endpoints.get(id))
            .filter(|record| record.is_visible(caller))
            .filter_map(|record| Self::of(state, caller, record, at))
            .collect()
    }

    fn fields(&self) -> Vec<Element> {
        let endpoint = &self.shown;
        let groups = self.groups.iter();
        let groups = groups
            .map(|(id, name)| [Element::text("groupId", id), Element::text("groupName", name)]);
        let zone = hosted_zone(&self.region);
        let names = self.names.iter();
        let names = names
            .map(|name| [Element::text("dnsName", name), Element::text("hostedZoneId", &zone)]);
        let mut fields = vec![
            Element::text("vpcEndpointId", &endpoint.id),
            Element::text("vpcEndpointType", INTERFACE),
            Element::text("vpcId", &endpoint.vpc),
            Element::text("serviceName", &endpoint.service),
            Element::text("serviceRegion", &self.region),
            Element::text("state", &self.state),
            Element::texts("routeTableIdSet", Vec::<String>::new()),
            Element::texts("subnetIdSet", &endpoint.subnets),
            Element::set("groupSet", groups),
            Element::text("ipAddressType", "ipv4"),
            Element::tree("dnsOptions", [Element::text("dnsRecordIpType", "ipv4")]),
            Element::text("privateDnsEnabled", false),
            Element::text("requesterManaged", false),
            Element::texts("networkInterfaceIdSet", &endpoint.interfaces),
            Element::set("dnsEntrySet", names),
            Element::text("creationTimestamp", date_time(endpoint.created_at)),
            Element::text("ownerId", &self.owner),
            tag_set(&endpoint.tags),
        ];
        if let Some(error) = &endpoint.last_error {
            let (code, message) = error.split_once(": ").unwrap_or(("", error));
            let said = [Element::text("code", code), Element::text("message", message)];
            fields.push(Element::tree("lastError", said));
        }
        fields
    }
}

/// The zone of Route 53 that AWS keeps the names of a region's endpoints in.
fn hosted_zone(region: &AwsRegion) -> String {
    let hash = crate::state::ids::hash(region.as_str());
    format!("Z{hash:X}").chars().take(14).collect()
}
