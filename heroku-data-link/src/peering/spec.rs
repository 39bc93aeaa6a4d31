use std::collections::BTreeSet;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::model::choice::{Empty, choice};
#[cfg(feature = "schemars")]
use crate::model::schema::{JsonSchema, structural};
use crate::model::text::refuses_without_passwords;
use crate::model::{
    LinkId, NonEmptySet, OwnTags, PeeringConnectionId, PortRange, RouteTableId, SecurityGroupId,
    SpaceName, SubnetId, VpcId,
};
use crate::provider::Tag;
use crate::reach::DYNOS_ONLY;
use crate::reconcile::Seconds;

/// Which space and which VPC belong together, and how.
///
/// Plain data: it can be written down as JSON and read again. Only `link`, `space` and `vpc` are
/// needed; everything else has the default that its type documents.
///
/// A peering reaches no data add-on, so a document with a field `addon` is refused.
///
/// # Identity
/// `link`, `space` and `vpc`, and the account and region of the credentials, say which link it is.
/// They are in the [tags](crate::reconcile::ownership) of the connection, the space by its UUID. A
/// spec that changes one of them is another link: it is blocked while the first one stands, and
/// reaches nothing of it. Everything else can be changed at any time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, remote = "PeeringSpec")]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub struct PeeringSpec {
    /// Our name for this link. It marks what the link owns, so it must stay the same for the life
    /// of the link and differ between links of one AWS account.
    pub link: LinkId,
    /// The space. It must be of the Cedar generation.
    pub space: SpaceName,
    /// The VPC that asks for the peering. It must belong to the caller's account.
    pub vpc: VpcId,
    /// Which route tables lead to the space.
    #[serde(default)]
    pub route_tables: RouteTableChoice,
    /// How much of the space they lead to.
    #[serde(default)]
    pub route_width: RouteWidth,
    /// Whether other routes to the link's own connection are removed. Default: they stay, and the
    /// plan notes them.
    #[serde(default)]
    pub exclusive_routes: bool,
    /// What dynos may reach in the VPC. Default: what its security groups let in already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbound: Option<Inbound>,
    /// What to do about a connection that is there already.
    #[serde(default)]
    pub peering: PeeringChoice,
    /// Requests of this link that failed, expired or were rejected, and that a new one may follow.
    ///
    /// AWS shows such a request for hours or days. While it does, no new one is made, as the new
    /// one would most likely end in the same way; whoever has removed the cause names it here.
    /// A name that is no longer needed does no harm.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub replaces: BTreeSet<PeeringConnectionId>,
    /// Tags that the connection gets when it is made or adopted, and whenever it lacks one.
    ///
    /// A connection has room for 50 tags. With more than 4 of these the record of routes and rules has
    /// less than its 40, and what is not recorded stays when the link is torn down. Default: none.
    #[serde(default, skip_serializing_if = "OwnTags::is_empty")]
    pub tags: OwnTags,
    /// What a teardown leaves in place.
    #[serde(default)]
    pub teardown: PeeringTeardown,
    /// Limits of the AWS account.
    #[serde(default)]
    pub quotas: Quotas,
    /// How long to wait for each part before giving up.
    #[serde(default)]
    pub deadlines: PeeringDeadlines,
    #[serde(default, skip_serializing)]
    #[cfg_attr(feature = "schemars", schemars(skip))]
    addon: NoAddon,
}

refuses_without_passwords!(PeeringSpec);

impl PeeringSpec {
    /// A spec with defaults for everything else.
    pub fn new(link: LinkId, space: SpaceName, vpc: VpcId) -> Self {
        Self {
            link,
            space,
            vpc,
            route_tables: RouteTableChoice::default(),
            route_width: RouteWidth::default(),
            exclusive_routes: false,
            inbound: None,
            peering: PeeringChoice::default(),
            replaces: BTreeSet::new(),
            tags: OwnTags::default(),
            teardown: PeeringTeardown::default(),
            quotas: Quotas::default(),
            deadlines: PeeringDeadlines::default(),
            addon: NoAddon,
        }
    }

    /// Whether the connection is the link's own to make and delete.
    pub(super) fn owns_connection(&self) -> bool {
        match self.peering {
            PeeringChoice::Owned | PeeringChoice::Adopt => true,
            PeeringChoice::Existing(_) => false,
        }
    }
}

/// Stands where a spec of another kind of link names its add-on, to say why this one cannot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct NoAddon;

impl<'de> Deserialize<'de> for NoAddon {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(D::Error::custom(format!(
            "a peering has no `addon`: {DYNOS_ONLY}; describe a PrivateLink for the add-on"
        )))
    }
}

/// Which route tables of the VPC lead to the space.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", remote = "RouteTableChoice")]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub enum RouteTableChoice {
    /// The main one, which serves every subnet without a table of its own.
    ///
    /// The default, as every VPC has exactly one and nothing that somebody set apart is opened by
    /// accident: a firewall's or an isolated subnet's table is led to the space only when it is
    /// named. The plan notes the tables that are left alone.
    #[default]
    #[serde(with = "Empty")]
    Main,
    /// All, also those that are made later.
    #[serde(with = "Empty")]
    All,
    /// These.
    Ids(NonEmptySet<RouteTableId>),
    /// Those of the VPC that carry this tag.
    Tagged(Tag),
    /// Those that serve these subnets: the main one for a subnet without a table of its own.
    OfSubnets(NonEmptySet<SubnetId>),
}

choice!(RouteTableChoice);

/// How much of the space the route tables lead to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub enum RouteWidth {
    /// The blocks that dynos live in, one route each: nothing else in the space answers.
    #[default]
    DynoCidrs,
    /// The whole block of the space's VPC, one route: as the manual procedures do it.
    WholeVpc,
}

/// What dynos may reach in the VPC: rules of a security group, one for each block that dynos live
/// in and each range of ports.
///
/// The group is not the link's own, and its rules carry no tags. Those that the link is about to add
/// are recorded in the tags of its connection; a teardown removes just these, and names others that
/// the spec asks for. See [`PeeringTeardown`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
pub struct Inbound {
    /// The group that guards what dynos reach. It must be of the VPC.
    pub security_group: SecurityGroupId,
    /// TCP ports.
    pub ports: NonEmptySet<PortRange>,
}

/// What to do about a connection that is there already.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", remote = "PeeringChoice")]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub enum PeeringChoice {
    /// The link has a connection of its own. Another one between the two VPCs is a blocker, as AWS
    /// allows one.
    #[default]
    #[serde(with = "Empty")]
    Owned,
    /// A connection between the two VPCs that is there already is tagged, and from then on the
    /// link's own: a teardown deletes it, and the routes to it that the link has made. Without one,
    /// one is made.
    #[serde(with = "Empty")]
    Adopt,
    /// This connection is used as it is, and never deleted. If it waits to be accepted, Heroku is
    /// told to. Nothing is recorded in it, so a teardown deletes no routes and rules unless
    /// [`PeeringTeardown::delete_unrecorded`] is set.
    Existing(PeeringConnectionId),
}

choice!(PeeringChoice);

/// What a teardown leaves in place. By default, nothing of the link's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
pub struct PeeringTeardown {
    /// Whether the connection stays, without routes; establishing the link again uses it.
    pub keep_connection: bool,
    /// Whether the inbound rules stay, also those in a group that the spec no longer names.
    pub keep_inbound: bool,
    /// Whether routes and rules that the spec asks for are deleted although nothing records that
    /// the link made them: those that were there before the link, and all of a connection that the
    /// spec names, in which nothing is recorded. Default: they stay, and the plan names them.
    pub delete_unrecorded: bool,
}

/// Limits of the AWS account, checked before anything is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub struct Quotas {
    /// Peering connections of a VPC.
    pub peerings_per_vpc: usize,
    /// Routes of a route table.
    pub routes_per_table: usize,
    /// Inbound IPv4 rules of a security group.
    pub rules_per_group: usize,
}

impl Quotas {
    /// AWS's default of "Active VPC peering connections per VPC" (Service Quotas L-7E9ECCDB),
    /// which can be raised to 125.
    pub const PEERINGS_PER_VPC: usize = 50;
    /// AWS's default of "Routes per route table" (Service Quotas L-93826ACB), which can be raised
    /// to 1000.
    pub const ROUTES_PER_TABLE: usize = 50;
    /// AWS's default of "Inbound or outbound rules per security group" (Service Quotas L-0EA8095F).
    pub const RULES_PER_GROUP: usize = 60;
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            peerings_per_vpc: Self::PEERINGS_PER_VPC,
            routes_per_table: Self::ROUTES_PER_TABLE,
            rules_per_group: Self::RULES_PER_GROUP,
        }
    }
}

/// How long to wait for each part of a link before giving up. Serialised as seconds.
///
/// Each default is at least twice the time that the part usually takes. Running again after a
/// deadline resumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub struct PeeringDeadlines {
    /// For AWS to pass the request on.
    #[serde(with = "Seconds")]
    pub request: Duration,
    /// For Heroku to list the request.
    #[serde(with = "Seconds")]
    pub listing: Duration,
    /// For both clouds to call the connection active.
    #[serde(with = "Seconds")]
    pub activation: Duration,
    /// For a deleted connection to be gone.
    #[serde(with = "Seconds")]
    pub deletion: Duration,
}

impl Default for PeeringDeadlines {
    fn default() -> Self {
        const MINUTE: Duration = Duration::from_secs(60);
        Self {
            request: 10 * MINUTE,
            listing: 15 * MINUTE,
            // The Terraform provider for Heroku gives it 20 minutes.
            activation: 40 * MINUTE,
            deletion: 20 * MINUTE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> PeeringSpec {
        PeeringSpec::new(
            "net".parse().unwrap(),
            "enablement-jp".parse().unwrap(),
            "vpc-0a1b2c3d".parse().unwrap(),
        )
    }

    fn with(field: &str) -> Result<PeeringSpec, serde_json::Error> {
        serde_json::from_str(&format!(
            r#"{{ "link": "net", "space": "enablement-jp", "vpc": "vpc-0a1b2c3d" {field} }}"#
        ))
    }

    #[test]
    fn a_spec_is_read_from_its_three_needed_fields() {
        assert_eq!(with("").unwrap(), spec());
        let text = serde_json::to_string(&spec()).unwrap();
        assert_eq!(serde_json::from_str::<PeeringSpec>(&text).unwrap(), spec());
    }

    #[test]
    fn everything_can_be_written_down() {
        let mut expected = spec();
        expected.route_tables =
            RouteTableChoice::OfSubnets(NonEmptySet::of("subnet-1".parse().unwrap()));
        expected.route_width = RouteWidth::WholeVpc;
        expected.exclusive_routes = true;
        expected.inbound = Some(Inbound {
            security_group: "sg-1".parse().unwrap(),
            ports: NonEmptySet::of("5432".parse().unwrap()),
        });
        expected.peering = PeeringChoice::Existing("pcx-1".parse().unwrap());
        expected.replaces = BTreeSet::from(["pcx-0".parse().unwrap()]);
        expected.teardown.keep_inbound = true;
        expected.quotas.routes_per_table = 200;
        expected.deadlines.listing = Duration::from_secs(90);
        let read = with(
            r#", "route-tables": { "of-subnets": ["subnet-1"] }, "route-width": "whole-vpc",
               "exclusive-routes": true,
               "inbound": { "security-group": "sg-1", "ports": ["5432"] },
               "peering": { "existing": "pcx-1" }, "replaces": ["pcx-0"],
               "teardown": { "keep-inbound": true }, "quotas": { "routes-per-table": 200 },
               "deadlines": { "listing": 90 }"#,
        );
        assert_eq!(read.unwrap(), expected);
        let text = serde_json::to_string(&expected).unwrap();
        assert_eq!(serde_json::from_str::<PeeringSpec>(&text).unwrap(), expected);
        let tagged = with(r#", "route-tables": { "tagged": { "key": "tier", "value": "app" } }"#);
        let tag = Tag { key: "tier".to_owned(), value: "app".to_owned() };
        assert_eq!(tagged.unwrap().route_tables, RouteTableChoice::Tagged(tag));
    }

    #[test]
    fn bad_input_is_refused_with_the_value_and_the_rule() {
        for (field, expected) in [
            (r#", "addon": "redis-kvs-12345""#, "describe a PrivateLink"),
            (r#", "addon": null"#, "describe a PrivateLink"),
            (r#", "route-tables": { "ids": [] }"#, "at least one"),
            (r#", "route-tables": { "ids": ["vpc-1"] }"#, "vpc-1"),
            (r#", "inbound": { "security-group": "sg-1", "ports": ["0"] }"#, "ports start at 1"),
            (r#", "peering": { "existing": "vpce-1" }"#, "vpce-1"),
            (r#", "routes": "all""#, "unknown field `routes`"),
        ] {
            let error = with(field).unwrap_err().to_string();
            assert!(error.contains(expected), "{field}: {error}");
        }
    }
}
