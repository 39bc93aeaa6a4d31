//! VPC peering connections.

use std::collections::BTreeSet;
use std::time::SystemTime;

use heroku_data_link::model::{CidrSet, PeeringConnectionId, VpcId};
use heroku_data_link::provider::{PeeringConnection, PeeringEnd, Tags, operation};

use super::super::xml::Element;
use super::filters::{Table, Wanted};
use super::listing::{Ids, Resource};
use super::tags::tag_set;
use crate::state::peering::Side;
use crate::state::space_peerings::date_time;
use crate::state::{Caller, State};

/// What AWS calls a text that is no id of a connection.
pub(super) const MALFORMED: &str = "InvalidVpcPeeringConnectionId.Malformed";

/// A connection, and whether the requester's and the accepter's end resolve names.
pub(super) struct Peering(PeeringConnection, [Option<bool>; 2]);

impl Peering {
    /// A connection as one of its ends sees it, if it does.
    pub(super) fn at(
        state: &State,
        side: Side,
        id: &PeeringConnectionId,
        at: SystemTime,
    ) -> Option<Self> {
        let record = state.aws.peerings.get(id)?;
        Some(Self(record.describe(&state.aws, side, at)?, record.resolves_dns(side, at)))
    }
}

fn blocks(cidrs: &CidrSet) -> Vec<String> {
    cidrs.iter().map(ToString::to_string).collect()
}

fn text(value: Option<&impl ToString>) -> Vec<String> {
    value.map(ToString::to_string).into_iter().collect()
}

impl Resource for Peering {
    const OPERATION: &'static str = operation::DESCRIBE_VPC_PEERING_CONNECTIONS;
    const SET: &'static str = "vpcPeeringConnectionSet";
    const IDS: Ids = Ids {
        parameters: &["VpcPeeringConnectionId"],
        is_id: |text| text.parse::<PeeringConnectionId>().is_ok(),
        malformed: MALFORMED,
        unknown: "InvalidVpcPeeringConnectionID.NotFound",
        kind: "vpcPeeringConnection ID",
    };
    const FILTERS: Table<Self> = &[
        ("vpc-peering-connection-id", |it| vec![it.0.id.to_string()]),
        ("status-code", |it| vec![it.0.status.to_string()]),
        ("status-message", |it| text(it.0.message.as_ref())),
        ("expiration-time", |it| it.0.expires.map(date_time).into_iter().collect()),
        ("requester-vpc-info.vpc-id", |it| text(it.0.requester.vpc.as_ref())),
        ("requester-vpc-info.owner-id", |it| text(it.0.requester.account.as_ref())),
        ("requester-vpc-info.cidr-block", |it| blocks(&it.0.requester.cidrs)),
        ("accepter-vpc-info.vpc-id", |it| text(it.0.accepter.vpc.as_ref())),
        ("accepter-vpc-info.owner-id", |it| text(it.0.accepter.account.as_ref())),
        ("accepter-vpc-info.cidr-block", |it| blocks(&it.0.accepter.cidrs)),
    ];
    const UNKNOWN_FILTER: &'static str = "InvalidFilter";

    fn id(&self) -> &str {
        self.0.id.as_str()
    }

    fn tags(&self) -> &Tags {
        &self.0.tags
    }

    fn find(state: &State, caller: &Caller, at: SystemTime, wanted: &Wanted) -> Vec<Self> {
        let aws = &state.aws;
        let at_ends = ["requester-vpc-info.vpc-id", "accepter-vpc-info.vpc-id"];
        let vpcs = at_ends.into_iter().find_map(|name| wanted.exact::<VpcId>(name));
        // One may have asked for a VPC that does not exist.
        let vpcs = vpcs.filter(|vpcs| vpcs.iter().all(|vpc| aws.vpcs.contains_key(vpc)));
        let ids: BTreeSet<&PeeringConnectionId> = match (vpcs, wanted.exact_tags()) {
            (Some(vpcs), _) => {
                let vpcs = vpcs.iter().filter_map(|id| aws.vpcs.get(id));
                vpcs.flat_map(|vpc| &vpc.peerings).collect()
            }
            (None, Some(tags)) => {
                tags.iter().filter_map(|tag| aws.tagged_peerings.get(tag)).flatten().collect()
            }
            (None, None) => {
                wanted.keys(&aws.peerings, "vpc-peering-connection-id").into_iter().collect()
            }
        };
        let side_of = |id| aws.peerings.get(id).and_then(|record| record.side_of(caller));
        ids.into_iter().filter_map(|id| Self::at(state, side_of(id)?, id, at)).collect()
    }

    fn fields(&self) -> Vec<Element> {
        let Self(it, [requesters, accepters]) = self;
        let status = [
            Element::text("code", &it.status),
            Element::text("message", it.message.as_deref().unwrap_or_default()),
        ];
        let mut fields = vec![
            Element::text("vpcPeeringConnectionId", &it.id),
            Element::tree("requesterVpcInfo", end(&it.requester, *requesters)),
            Element::tree("accepterVpcInfo", end(&it.accepter, *accepters)),
            Element::tree("status", status),
            tag_set(&it.tags),
        ];
        fields.extend(it.expires.map(|time| Element::text("expirationTime", date_time(time))));
        fields
    }
}

fn end(end: &PeeringEnd, resolves_dns: Option<bool>) -> Vec<Element> {
    let mut fields = Vec::new();
    let blocks = blocks(&end.cidrs);
    fields.extend(end.account.as_ref().map(|account| Element::text("ownerId", account)));
    fields.extend(end.vpc.as_ref().map(|vpc| Element::text("vpcId", vpc)));
    fields.extend(end.region.as_ref().map(|region| Element::text("region", region)));
    if let Some(first) = blocks.first() {
        fields.push(Element::text("cidrBlock", first));
        let set = blocks.iter().map(|block| [Element::text("cidrBlock", block)]);
        fields.push(Element::set("cidrBlockSet", set));
    }
    fields.extend(resolves_dns.map(|on| Element::tree("peeringOptions", options(on))));
    fields
}

/// What an end allows the other.
pub(super) fn options(resolves_dns: bool) -> [Element; 3] {
    [
        Element::text("allowDnsResolutionFromRemoteVpc", resolves_dns),
        Element::text("allowEgressFromLocalClassicLinkToRemoteVpc", false),
        Element::text("allowEgressFromLocalVpcToRemoteClassicLink", false),
    ]
}
