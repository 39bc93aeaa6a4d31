//! What was read of the two clouds: plain data.

use std::collections::BTreeMap;

use crate::home::Home;
use crate::model::{AwsRegion, ConfigVarName, ConnectionUrl, Secret};
use crate::provider::{
    Addon, CallerIdentity, EndpointService, NetworkAcl, NetworkInterface, PrivateLink,
    ProviderError, SecurityGroup, StoredCopy, Subnet, Vpc, VpcEndpoint,
};

/// What was seen of the two clouds in one pass.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(super) caller: CallerIdentity,
    /// The region that the AWS side speaks to.
    pub(super) region: AwsRegion,
    /// All add-ons that the spec may mean.
    pub(super) addons: Vec<Addon>,
    /// Where the add-on lives.
    pub(super) home: Home,
    pub(super) private_link: Option<PrivateLink>,
    pub(super) vpc: Option<Vpc>,
    pub(super) subnets: Vec<Subnet>,
    pub(super) service: Option<EndpointService>,
    /// The link's own groups, or those that the spec names.
    pub(super) groups: Vec<SecurityGroup>,
    /// A group of the name that ours would have, when we have none.
    pub(super) group_of_same_name: Option<SecurityGroup>,
    /// The groups of the endpoint that the spec names.
    pub(super) groups_of_endpoint: Vec<SecurityGroup>,
    /// The VPC's network ACLs; `None` where the caller may not read them, and for a teardown.
    pub(super) acls: Option<Vec<NetworkAcl>>,
    /// The link's own endpoints, and the one that the spec names.
    pub(super) endpoints: Vec<VpcEndpoint>,
    /// All endpoints of the VPC; read only while the link has none, in a teardown only if something
    /// still uses the link's own group then.
    pub(super) neighbours: Option<Vec<VpcEndpoint>>,
    /// Interfaces that still use the link's own group; read for a teardown only.
    pub(super) interfaces: Vec<NetworkInterface>,
    /// Other groups whose rules refer to the link's own group; read for a teardown only.
    pub(super) referring: Vec<SecurityGroup>,
    /// The variables of the endpoint. `None` for a value that is not a connection URL.
    pub(super) connections: Vec<(ConfigVarName, Option<ConnectionUrl>)>,
    /// The variables that a bundle is made from; read only where one is delivered.
    pub(super) bundle_sources: BTreeMap<ConfigVarName, Secret>,
    /// The copies that the spec asks for, in its order. `None` where it does not matter.
    pub(super) copies: Vec<Option<SeenCopy>>,
}

/// What was seen of a copy at a sink. That a sink fails is no reason not to see the rest.
#[derive(Debug, Clone)]
pub(super) enum SeenCopy {
    /// The sink told.
    Read {
        /// The copy, if there is one.
        stored: Option<StoredCopy>,
        /// How many bytes the sink takes, if that matters.
        longest: Option<usize>,
    },
    /// The sink did not tell.
    Unreadable(ProviderError),
    /// The program offers no such sink.
    NoSink,
    /// The sink cannot keep it so, by this rule.
    Refused(String),
}
