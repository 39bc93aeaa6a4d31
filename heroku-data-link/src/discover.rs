//! Which links there are in an account and region, from the tags of what they made, without specs.
//!
//! ```
//! use heroku_data_link::discover::discover;
//! use heroku_data_link::link::{Link, LinkSpec, Options};
//! use heroku_data_link::model::DataService;
//! use heroku_data_link::privatelink::PrivateLinkSpec;
//! use heroku_data_link::provider::Clouds;
//! use heroku_data_link_mock::World;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (world, site) = World::of_the_procedures(DataService::KeyValueStore);
//! let clouds = Clouds::new(world.heroku(), world.aws());
//! let spec = PrivateLinkSpec::new("cache".parse()?, site.addon, site.vpc);
//! let spec = LinkSpec::from(spec);
//! spec.open(&clouds, world.clock(), Options::default())?.establish().await?;
//!
//! // Later, and nobody knows the spec any more.
//! let found = discover(&*clouds.aws).await?;
//! println!("{}", found[0]); // the link, and a line for each resource of it
//! for spec in found[0].teardown_specs() {
//!     spec.open(&clouds, world.clock(), Options::default())?.teardown().await?;
//! }
//! assert!(discover(&*clouds.aws).await?.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! # What is found
//! Endpoints, security groups, peering connections and keys that carry the tag
//! [`LINK_TAG`], in the account and region of the credentials: whoever has
//! several asks for each. Nothing is changed, and Heroku is not asked. It takes the actions
//! `ec2:DescribeVpcEndpoints`, `ec2:DescribeSecurityGroups`, `ec2:DescribeVpcPeeringConnections`,
//! `kms:ListKeys`, `kms:ListResourceTags` and `kms:DescribeKey`; KMS is asked for the tags of every key.
//!
//! What carries no tags is not found: what a spec names to be used as it is (an endpoint, a group, a
//! connection, a key), a link of the kind `key-access`, which makes nothing, and everything on Heroku.
//! The routes and inbound rules of a peering are those that its connection
//! [records](DiscoveredResource::Peering).
//!
//! # Caveats
//! What version 0.1.0 made carries the link's id alone, and so does what had its other tags removed: it
//! is a link of its own whose [`kind`](Discovered::kind) and target are `None`, until the link's spec is
//! established again. Tags are text that anybody may write: a teardown of what was found checks
//! everything that the teardown of any spec checks, and is blocked likewise.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use futures_util::future::try_join4;
use serde::{Deserialize, Serialize};

use crate::link::LinkSpec;
use crate::model::{
    AddonId, EndpointState, KeyArn, KeyState, LinkId, LinkKind, NonEmptySet, PeeringConnectionId,
    PeeringStatus, PortRange, SecurityGroupId, SpaceName, TextFilter, VpcEndpointId, VpcId,
};
use crate::peering::{Inbound, PeeringSpec, Record};
use crate::privatelink::{HerokuTeardown, PrivateLinkSpec};
use crate::provider::{
    AwsCloud, EndpointQuery, GroupQuery, Key, PeeringConnection, PeeringQuery, ProviderResult,
    SecurityGroup, Tags, VpcEndpoint,
};
use crate::reconcile::ownership::{
    self, KIND_TAG, LINK_TAG, TARGET_NAME_TAG, TARGET_TAG, VERSION_TAG,
};

/// A link, as the tags of what it made describe it. Texts of tags are shown as [`TextFilter::show`]
/// makes them fit to be shown.
///
/// Which link it is, is said by its id, kind, target and VPC: resources that differ in one of them are
/// of different links.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Discovered {
    /// The link's id; no [`LinkId`] if somebody wrote the tag by hand.
    pub link: String,
    /// The kind of link; `None` where the tags do not name one that this version knows.
    pub kind: Option<LinkKind>,
    /// What it leads to: the add-on's UUID, the space's UUID, the name of the encrypted add-on.
    pub target: Option<String>,
    /// The name of that when the link was made.
    pub target_name: Option<String>,
    /// The customer's VPC; `None` for a key.
    pub vpc: Option<VpcId>,
    /// The versions of this crate that made the resources.
    pub versions: BTreeSet<String>,
    /// What it made, and AWS still describes; at least one of them is [there](DiscoveredResource::is_there).
    pub resources: Vec<DiscoveredResource>,
}

/// What a link made. Serialised with its `type`, such as `security-group`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", tag = "type")]
#[non_exhaustive]
pub enum DiscoveredResource {
    /// A VPC endpoint.
    Endpoint {
        /// Its id.
        id: VpcEndpointId,
        /// Where it is in its life.
        state: EndpointState,
    },
    /// A security group.
    SecurityGroup {
        /// Its id.
        id: SecurityGroupId,
        /// Its name.
        name: String,
    },
    /// A peering connection.
    Peering {
        /// Its id.
        id: PeeringConnectionId,
        /// Where it is in its life.
        state: PeeringStatus,
        /// How many routes it records as the link's own.
        routes: usize,
        /// How many inbound rules it records as the link's own.
        rules: usize,
        /// Whose rules these are.
        inbound: Vec<Inbound>,
    },
    /// A KMS key.
    Key {
        /// Its ARN.
        id: KeyArn,
        /// Where it is in its life.
        state: KeyState,
    },
}

/// All links of the account and region that `aws` speaks for, in the order of their ids.
///
/// A link of which nothing [is there](DiscoveredResource::is_there) any more is left out.
///
/// # Errors
/// As the [contract](crate::provider) says of reads; `Transient` when a key is listed and not
/// described.
pub async fn discover(aws: &dyn AwsCloud) -> ProviderResult<Vec<Discovered>> {
    let key = || LINK_TAG.to_owned();
    let (endpoints, groups, peerings) =
        (EndpointQuery::WithTag(key()), GroupQuery::WithTag(key()), PeeringQuery::WithTag(key()));
    let (endpoints, groups, peerings, keys) = try_join4(
        aws.endpoints(&endpoints),
        aws.security_groups(&groups),
        aws.peering_connections(&peerings),
        aws.keys_with_tag(LINK_TAG),
    )
    .await?;
    let mut links = Links::default();
    for endpoint in endpoints {
        links.add(&endpoint.tags, Some(&endpoint.vpc), resource_of_endpoint(&endpoint));
    }
    for group in groups {
        links.add(&group.tags, Some(&group.vpc), resource_of_group(&group));
    }
    for peering in peerings {
        links.add(&peering.tags, peering.requester.vpc.as_ref(), resource_of_peering(&peering));
    }
    for (key, tags) in keys {
        links.add(&tags, None, resource_of_key(key));
    }
    Ok(links.found())
}

/// The ids that several links have. Each link id is to be used once in an account; a pass of a spec
/// whose link id somebody else's resources carry is blocked with `link-id-in-use`.
///
/// Resources that do not say their kind and target do not count.
pub fn duplicates(found: &[Discovered]) -> BTreeSet<&str> {
    let said = found.iter().filter(|it| it.kind.is_some() && it.target.is_some());
    let mut seen = BTreeSet::new();
    said.map(|it| it.link.as_str()).filter(|link| !seen.insert(*link)).collect()
}

impl Discovered {
    /// What tears the link down: specs that are good for a teardown only, whose teardowns are to be run one after the other, with a driver
    /// of their own.
    ///
    /// One for a PrivateLink: the endpoint and its security group go, and all on Heroku's side stays. For
    /// a peering, one for each security group that the connection records rules of, and at least one:
    /// rules and routes go, then the connection. None for a key and for access to it, as the data under
    /// it needs the key; and none where the tags do not say which link it is.
    pub fn teardown_specs(&self) -> Vec<LinkSpec> {
        let (Some(kind), Ok(link), Some(vpc)) = (self.kind, self.link.parse(), &self.vpc) else {
            return Vec::new();
        };
        match kind {
            LinkKind::PrivateLink => self.private_link_spec(link, vpc).into_iter().collect(),
            LinkKind::Peering => self.peering_specs(&link, vpc),
            LinkKind::Encryption | LinkKind::KeyAccess => Vec::new(),
        }
    }

    fn private_link_spec(&self, link: LinkId, vpc: &VpcId) -> Option<LinkSpec> {
        let addon: AddonId = self.target.as_ref()?.parse().ok()?;
        let mut spec = PrivateLinkSpec::new(link, addon, vpc.clone());
        spec.heroku_teardown = HerokuTeardown::Keep;
        Some(LinkSpec::PrivateLink(spec))
    }

    fn peering_specs(&self, link: &LinkId, vpc: &VpcId) -> Vec<LinkSpec> {
        let space = self.target_name.as_ref().and_then(|name| name.parse::<SpaceName>().ok());
        let Some(space) = space else { return Vec::new() };
        let spec = |inbound: Option<Inbound>, is_last: bool| {
            let mut spec = PeeringSpec::new(link.clone(), space.clone(), vpc.clone());
            spec.inbound = inbound;
            // It has the record of what the next one deletes.
            spec.teardown.keep_connection = !is_last;
            LinkSpec::Peering(spec)
        };
        let inbound = self.inbound();
        match inbound.len() {
            0 => vec![spec(None, true)],
            count => (1..).zip(inbound).map(|(at, it)| spec(Some(it), at == count)).collect(),
        }
    }

    /// What its connections record, one for each security group.
    fn inbound(&self) -> Vec<Inbound> {
        let recorded = self.resources.iter().flat_map(|it| match it {
            DiscoveredResource::Peering { inbound, .. } => inbound.as_slice(),
            DiscoveredResource::Endpoint { .. }
            | DiscoveredResource::SecurityGroup { .. }
            | DiscoveredResource::Key { .. } => &[],
        });
        merged(
            recorded
                .flat_map(|it| it.ports.iter().map(|ports| (it.security_group.clone(), *ports))),
        )
    }
}

impl DiscoveredResource {
    /// Its id; the ARN of a key.
    pub fn id(&self) -> &str {
        match self {
            Self::Endpoint { id, .. } => id.as_str(),
            Self::SecurityGroup { id, .. } => id.as_str(),
            Self::Peering { id, .. } => id.as_str(),
            Self::Key { id, .. } => id.as_str(),
        }
    }

    /// Its state in the word of AWS; a security group has none.
    pub fn state(&self) -> Option<&str> {
        match self {
            Self::Endpoint { state, .. } => Some(state.as_str()),
            Self::SecurityGroup { .. } => None,
            Self::Peering { state, .. } => Some(state.as_str()),
            Self::Key { state, .. } => Some(state.as_str()),
        }
    }

    /// Whether it is more than what AWS shows for a while of what is no more: a deleted endpoint, a
    /// connection that was deleted or never came to be. A key whose deletion is scheduled is there.
    pub fn is_there(&self) -> bool {
        match self {
            Self::Endpoint { state, .. } => *state != EndpointState::Deleted,
            Self::Peering { state, .. } => state.is_live() || *state == PeeringStatus::Deleting,
            Self::SecurityGroup { .. } | Self::Key { .. } => true,
        }
    }
}

impl fmt::Display for Discovered {
    /// A line for the link, and one for each resource.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "link {}", self.link)?;
        match self.kind {
            Some(kind) => write!(f, " ({kind})")?,
            None => f.write_str(" (of unknown kind)")?,
        }
        if let Some(vpc) = &self.vpc {
            write!(f, " from {vpc}")?;
        }
        match (&self.target_name, &self.target) {
            (Some(name), Some(id)) if name != id => write!(f, " to {name} ({id})")?,
            (Some(name), _) | (None, Some(name)) => write!(f, " to {name}")?,
            (None, None) => f.write_str(" to an unknown target")?,
        }
        self.resources.iter().try_for_each(|resource| write!(f, "\n  {resource}"))
    }
}

impl fmt::Display for DiscoveredResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint { id, state } => write!(f, "endpoint {id}: {state}"),
            Self::SecurityGroup { id, name } => write!(f, "security group {id}: {name}"),
            Self::Peering { id, state, routes, rules, inbound: _ } => {
                write!(
                    f,
                    "peering connection {id}: {state}, routes: {routes}, inbound rules: {rules}"
                )
            }
            Self::Key { id, state } => write!(f, "key {id}: {state}"),
        }
    }
}

/// What is said of a link, in the order of the list.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Identity {
    link: String,
    kind: Option<String>,
    target: Option<String>,
    vpc: Option<VpcId>,
}

#[derive(Debug, Default)]
struct Parts {
    target_names: BTreeSet<String>,
    versions: BTreeSet<String>,
    resources: Vec<DiscoveredResource>,
}

#[derive(Debug, Default)]
struct Links(BTreeMap<Identity, Parts>);

impl Links {
    fn add(&mut self, tags: &Tags, vpc: Option<&VpcId>, resource: DiscoveredResource) {
        let said = |key| tags.get(key).map(|text| shown(text));
        let Some(link) = ownership::owner(tags) else { return };
        let identity = Identity {
            link: shown(link),
            kind: said(KIND_TAG),
            target: said(TARGET_TAG),
            vpc: vpc.cloned(),
        };
        let parts = self.0.entry(identity).or_default();
        parts.target_names.extend(said(TARGET_NAME_TAG));
        parts.versions.extend(said(VERSION_TAG));
        parts.resources.push(resource);
    }

    fn found(self) -> Vec<Discovered> {
        let links = self.0.into_iter().map(|(identity, mut parts)| {
            parts.resources.sort_by(|a, b| a.id().cmp(b.id()));
            Discovered {
                link: identity.link,
                kind: identity.kind.as_deref().and_then(LinkKind::of_name),
                target: identity.target,
                target_name: parts.target_names.pop_first(),
                vpc: identity.vpc,
                versions: parts.versions,
                resources: parts.resources,
            }
        });
        links.filter(|link| link.resources.iter().any(DiscoveredResource::is_there)).collect()
    }
}

/// Tags are text that anybody may write.
fn shown(text: &str) -> String {
    TextFilter::new().show(text)
}

fn resource_of_endpoint(it: &VpcEndpoint) -> DiscoveredResource {
    DiscoveredResource::Endpoint { id: it.id.clone(), state: it.state.clone() }
}

fn resource_of_group(it: &SecurityGroup) -> DiscoveredResource {
    DiscoveredResource::SecurityGroup { id: it.id.clone(), name: shown(&it.name) }
}

fn resource_of_peering(it: &PeeringConnection) -> DiscoveredResource {
    let record = Record::read(&it.tags);
    DiscoveredResource::Peering {
        id: it.id.clone(),
        state: it.status.clone(),
        routes: record.routes(),
        rules: record.rules(),
        inbound: merged(record.inbound()),
    }
}

fn resource_of_key(key: Key) -> DiscoveredResource {
    DiscoveredResource::Key { id: key.arn, state: key.state }
}

fn merged(rules: impl Iterator<Item = (SecurityGroupId, PortRange)>) -> Vec<Inbound> {
    let mut groups: BTreeMap<SecurityGroupId, BTreeSet<PortRange>> = BTreeMap::new();
    for (group, ports) in rules {
        groups.entry(group).or_default().insert(ports);
    }
    let inbound = |(security_group, ports): (_, BTreeSet<PortRange>)| {
        Some(Inbound { security_group, ports: NonEmptySet::new(ports).ok()? })
    };
    groups.into_iter().filter_map(inbound).collect()
}
