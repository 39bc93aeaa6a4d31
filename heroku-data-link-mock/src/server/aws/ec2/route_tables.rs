//! Route tables.

use std::collections::BTreeSet;
use std::time::SystemTime;

use heroku_data_link::model::{AccountId, RouteTableId, SubnetId, VpcId};
use heroku_data_link::provider::{self, Route, RouteTarget, Tags, operation};

use super::super::xml::Element;
use super::filters::{Table, Wanted};
use super::listing::{Ids, Pages, Resource};
use super::tags::tag_set;
use crate::state::{Caller, State, ids};

/// What AWS calls a text that is no id of a table.
pub(super) const MALFORMED: &str = "InvalidRouteTableId.Malformed";

/// The elements for targets other than peering connections, by what their ids begin with.
const TARGETS: [(&str, &str); 8] = [
    ("nat-", "natGatewayId"),
    ("tgw-", "transitGatewayId"),
    ("lgw-", "localGatewayId"),
    ("cagw-", "carrierGatewayId"),
    ("eigw-", "egressOnlyInternetGatewayId"),
    ("i-", "instanceId"),
    ("eni-", "networkInterfaceId"),
    ("arn:", "coreNetworkArn"),
];

pub(super) struct RouteTable {
    table: provider::RouteTable,
    owner: AccountId,
    /// Prefix lists that routes lead to endpoints.
    lists: Vec<(String, String)>,
}

impl RouteTable {
    fn association(&self, subnet: Option<&SubnetId>) -> String {
        let of = subnet.map_or("main", |subnet| subnet.as_str());
        ids::derived("rtbassoc", &format!("{} {of}", self.table.id))
    }

    /// The associations: with the VPC, which has no subnet, and with subnets.
    fn associations(&self) -> Vec<Option<&SubnetId>> {
        let main = self.table.is_main.then_some(None);
        main.into_iter().chain(self.table.subnets.iter().map(Some)).collect()
    }

    fn of_routes(&self, text: impl Fn(&Route) -> Option<String>) -> Vec<String> {
        self.table.routes.iter().filter_map(text).collect()
    }

    fn of_targets(&self, wanted: &str) -> Vec<String> {
        self.of_routes(|route| {
            let (element, text) = target(&route.target);
            (element == wanted).then_some(text)
        })
    }
}

/// How a target is written.
fn target(target: &RouteTarget) -> (&'static str, String) {
    match target {
        RouteTarget::Local => ("gatewayId", "local".to_owned()),
        RouteTarget::Peering(id) => ("vpcPeeringConnectionId", id.to_string()),
        RouteTarget::Other(text) => {
            let known = TARGETS.iter().find(|(prefix, _)| text.starts_with(prefix));
            (known.map_or("gatewayId", |(_, element)| element), text.clone())
        }
    }
}

fn origin(route: &Route) -> &'static str {
    if route.target == RouteTarget::Local { "CreateRouteTable" } else { "CreateRoute" }
}

impl Resource for RouteTable {
    const OPERATION: &'static str = operation::DESCRIBE_ROUTE_TABLES;
    const SET: &'static str = "routeTableSet";
    const IDS: Ids = Ids {
        parameters: &["RouteTableId"],
        is_id: |text| text.parse::<RouteTableId>().is_ok(),
        malformed: MALFORMED,
        unknown: "InvalidRouteTableID.NotFound",
        kind: "routeTable ID",
    };
    const FILTERS: Table<Self> = &[
        ("route-table-id", |it| vec![it.table.id.to_string()]),
        ("vpc-id", |it| vec![it.table.vpc.to_string()]),
        ("owner-id", |it| vec![it.owner.to_string()]),
        ("association.main", |it| {
            it.associations().iter().map(|subnet| subnet.is_none().to_string()).collect()
        }),
        ("association.subnet-id", |it| it.table.subnets.iter().map(ToString::to_string).collect()),
        ("association.route-table-id", |it| {
            it.associations().iter().map(|_| it.table.id.to_string()).collect()
        }),
        ("association.route-table-association-id", |it| {
            it.associations().into_iter().map(|subnet| it.association(subnet)).collect()
        }),
        ("route.destination-cidr-block", |it| {
            it.of_routes(|route| Some(route.destination.to_string()))
        }),
        ("route.destination-prefix-list-id", |it| {
            it.lists.iter().map(|(list, _)| list.clone()).collect()
        }),
        ("route.state", |it| it.of_routes(|route| Some(route.state.to_string()))),
        ("route.origin", |it| it.of_routes(|route| Some(origin(route).to_owned()))),
        ("route.vpc-peering-connection-id", |it| it.of_targets("vpcPeeringConnectionId")),
        ("route.gateway-id", |it| it.of_targets("gatewayId")),
        ("route.nat-gateway-id", |it| it.of_targets("natGatewayId")),
        ("route.transit-gateway-id", |it| it.of_targets("transitGatewayId")),
        ("route.instance-id", |it| it.of_targets("instanceId")),
    ];
    const PAGES: Option<Pages> = Some(Pages::Strict(5..=100));

    fn id(&self) -> &str {
        self.table.id.as_str()
    }

    fn tags(&self) -> &Tags {
        &self.table.tags
    }

    fn find(state: &State, caller: &Caller, at: SystemTime, wanted: &Wanted) -> Vec<Self> {
        let aws = &state.aws;
        let of_subnets = wanted.exact::<SubnetId>("association.subnet-id").map(|subnets| {
            let subnets = subnets.iter().filter_map(|id| aws.subnets.get(id));
            subnets.map(|subnet| subnet.vpc.clone()).collect()
        });
        let vpcs: Option<Vec<VpcId>> = of_subnets.or_else(|| wanted.exact("vpc-id"));
        let ids: BTreeSet<&RouteTableId> = match &vpcs {
            Some(vpcs) => {
                let vpcs = vpcs.iter().filter_map(|id| aws.vpcs.get(id));
                vpcs.flat_map(|vpc| &vpc.route_tables).collect()
            }
            None => wanted.keys(&aws.route_tables, "route-table-id").into_iter().collect(),
        };
        let describe = |id: &RouteTableId| {
            let (record, vpc) = aws.route_table(caller, id)?;
            let lists = (0..record.unread_routes).map(|number| {
                let of = format!("{id} {number}");
                (ids::derived("pl", &of), ids::derived("vpce", &of))
            });
            let (table, lists) = (aws.describe_table(record, at), lists.collect());
            Some(Self { table, owner: vpc.vpc.owner.clone(), lists })
        };
        ids.into_iter().filter_map(describe).collect()
    }

    fn fields(&self) -> Vec<Element> {
        let associations = self.associations().into_iter().map(|subnet| {
            let mut fields = vec![
                Element::text("routeTableAssociationId", self.association(subnet)),
                Element::text("routeTableId", &self.table.id),
                Element::text("main", subnet.is_none()),
                Element::tree("associationState", [Element::text("state", "associated")]),
            ];
            fields.extend(subnet.map(|subnet| Element::text("subnetId", subnet)));
            fields
        });
        let routes = self.table.routes.iter().map(|route| {
            let (element, text) = target(&route.target);
            vec![
                Element::text("destinationCidrBlock", route.destination),
                Element::text(element, text),
                Element::text("state", &route.state),
                Element::text("origin", origin(route)),
            ]
        });
        let to_lists = self.lists.iter().map(|(list, endpoint)| {
            vec![
                Element::text("destinationPrefixListId", list),
                Element::text("gatewayId", endpoint),
                Element::text("state", "active"),
                Element::text("origin", "CreateRoute"),
            ]
        });
        vec![
            Element::text("routeTableId", &self.table.id),
            Element::text("vpcId", &self.table.vpc),
            Element::text("ownerId", &self.owner),
            Element::set("routeSet", routes.chain(to_lists)),
            Element::set("associationSet", associations),
            Element::set("propagatingVgwSet", Vec::<Vec<Element>>::new()),
            tag_set(&self.table.tags),
        ]
    }
}
