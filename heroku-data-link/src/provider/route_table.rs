use std::collections::BTreeSet;
use std::fmt::{self, Debug, Display};

use async_trait::async_trait;
use serde::Serialize;

use super::{ProviderResult, Tags};
use crate::model::{Cidr, PeeringConnectionId, RouteState, RouteTableId, SubnetId, VpcId};

/// Where a route's traffic goes to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteTarget {
    /// The VPC itself.
    Local,
    /// A peering connection.
    Peering(PeeringConnectionId),
    /// A gateway, an interface or anything else, as AWS writes it.
    Other(String),
}

impl fmt::Display for RouteTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local"),
            Self::Peering(id) => Display::fmt(id, f),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// A route to an IPv4 block. Those to IPv6 blocks and prefix lists are not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The block, unique in its table.
    pub destination: Cidr,
    /// Where its traffic goes to.
    pub target: RouteTarget,
    /// Whether the target is there.
    pub state: RouteState,
}

/// A route table of a VPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteTable {
    /// Its id.
    pub id: RouteTableId,
    /// The VPC that it belongs to.
    pub vpc: VpcId,
    /// Whether it serves the subnets that are associated with no table.
    pub is_main: bool,
    /// The subnets that are associated with it.
    pub subnets: BTreeSet<SubnetId>,
    /// Its routes to IPv4 blocks.
    pub routes: Vec<Route>,
    /// How many routes it has, those to IPv6 blocks and prefix lists included: what counts for
    /// its quota.
    pub route_count: usize,
    /// Its tags.
    pub tags: Tags,
}

/// Which route tables to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteTableQuery {
    /// All of a VPC.
    InVpc(VpcId),
    /// Those that exist among these, in any VPC.
    Ids(BTreeSet<RouteTableId>),
}

/// A route to a peering connection, to be made.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NewRoute {
    /// The table.
    pub table: RouteTableId,
    /// The block.
    pub destination: Cidr,
    /// The connection.
    pub peering: PeeringConnectionId,
}

/// Manages route tables.
#[async_trait]
pub trait RouteTables: Debug + Send + Sync {
    /// The tables that the query selects.
    ///
    /// # Errors
    /// As the [contract](super) says.
    async fn route_tables(&self, query: &RouteTableQuery) -> ProviderResult<Vec<RouteTable>>;

    /// Makes a route. It carries traffic once its connection is active.
    ///
    /// # Errors
    /// `Conflict` when the table has a route to that block; `NotFound` for an unknown table or
    /// connection; `QuotaExceeded` at the limit of routes per table.
    async fn create_route(&self, route: &NewRoute) -> ProviderResult<()>;

    /// Deletes the route to a block; one that is not there is no error.
    ///
    /// # Errors
    /// `NotFound` for an unknown table.
    async fn delete_route(&self, table: &RouteTableId, destination: &Cidr) -> ProviderResult<()>;
}
