use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::quotas::Quotas;
use crate::bundle::{CopyTeardown, Destination};
use crate::model::choice::{Empty, choice};
#[cfg(feature = "schemars")]
use crate::model::schema::{JsonSchema, structural};
use crate::model::text::refuses_without_passwords;
use crate::model::{
    AccountId, AddonRef, AppName, AwsPrincipal, Cidr, InvalidValue, LinkId, NonEmptySet, OwnTags,
    PrefixListId, SecurityGroupDescription, SecurityGroupId, SecurityGroupName, SubnetId,
    VpcEndpointId, VpcId,
};
use crate::provider::IngressSource;
use crate::reconcile::Seconds;

/// Which add-on and which VPC belong together, and how.
///
/// Plain data: it can be written down as JSON and read again. Only `link`, `addon` and `vpc` are
/// needed; everything else has the default that its type documents.
///
/// # Identity
/// `link`, `addon` and `vpc`, and the account and region of the credentials, say which link it is.
/// They are in the [tags](crate::reconcile::ownership) of whatever the link makes, the add-on by its
/// UUID. A spec that changes one of them is another link: it is blocked while the first one stands,
/// and reaches nothing of it. Everything else can be changed at any time; the name and description of
/// the link's security group count for the next one that is made, as AWS changes neither. The spec's
/// own `tags` say nothing of whose a resource is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, remote = "PrivateLinkSpec")]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub struct PrivateLinkSpec {
    /// Our name for this link. It marks everything that the link owns, so it must stay the same
    /// for the life of the link and differ between links of one AWS account.
    pub link: LinkId,
    /// The add-on, by name, UUID, attachment or config variable.
    pub addon: AddonRef,
    /// The app in which the add-on is looked up, and whose config variables are read.
    /// Default: the app that owns the add-on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<AppName>,
    /// The VPC that gets the endpoint.
    pub vpc: VpcId,
    /// Where the endpoint has its interfaces.
    #[serde(default)]
    pub subnets: SubnetChoice,
    /// Who may connect to the endpoint service.
    #[serde(default)]
    pub principals: Principals,
    /// Whether principals that are not named above are removed. Default: they stay.
    ///
    /// What Heroku lists beside accounts, users and roles, such as `*`, cannot be removed by this
    /// library: with this it is a blocker, without it a note of the plan.
    #[serde(default)]
    pub exclusive_principals: bool,
    /// What guards the endpoint.
    #[serde(default)]
    pub security_groups: GroupChoice,
    /// What to do about an endpoint that is there already.
    #[serde(default)]
    pub endpoint: EndpointChoice,
    /// Where copies of the connection are delivered, for those who connect. The link is in sync only
    /// when each has what the config variables say now. Default: nowhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deliver: Vec<Destination>,
    /// Tags that the endpoint and the security group of the link's own get, when they are made or
    /// adopted and whenever they lack one. Default: none.
    #[serde(default, skip_serializing_if = "OwnTags::is_empty")]
    pub tags: OwnTags,
    /// What a teardown does on Heroku's side.
    #[serde(default)]
    pub heroku_teardown: HerokuTeardown,
    /// How long to wait for each part before giving up.
    #[serde(default)]
    pub deadlines: Deadlines,
    /// AWS's limits for the account, where they are not the usual ones.
    #[serde(default)]
    pub quotas: Quotas,
}

refuses_without_passwords!(PrivateLinkSpec);

impl PrivateLinkSpec {
    /// A spec with defaults for everything else.
    pub fn new(link: LinkId, addon: impl Into<AddonRef>, vpc: VpcId) -> Self {
        Self {
            link,
            addon: addon.into(),
            app: None,
            vpc,
            subnets: SubnetChoice::default(),
            principals: Principals::default(),
            exclusive_principals: false,
            security_groups: GroupChoice::default(),
            endpoint: EndpointChoice::default(),
            deliver: Vec::new(),
            tags: OwnTags::default(),
            heroku_teardown: HerokuTeardown::default(),
            deadlines: Deadlines::default(),
            quotas: Quotas::default(),
        }
    }

    /// Whether the endpoint is the link's own to make, change and delete.
    pub(super) fn owns_endpoint(&self) -> bool {
        match self.endpoint {
            EndpointChoice::Owned | EndpointChoice::Adopt => true,
            EndpointChoice::Existing(_) => false,
        }
    }

    /// Whether the link has a security group of its own.
    pub(super) fn owns_group(&self) -> bool {
        match self.security_groups {
            GroupChoice::Owned { .. } => self.owns_endpoint(),
            GroupChoice::Existing(_) => false,
        }
    }

    /// Whether copies of the connection are delivered.
    pub(super) fn delivers(&self) -> bool {
        !self.deliver.is_empty()
    }

    /// Whether a copy is delivered to this sink.
    pub(super) fn delivers_to(&self, sink: &str) -> bool {
        self.deliver.iter().any(|at| at.to.as_str() == sink)
    }

    /// Whether a copy is kept under a customer's key at this sink.
    pub(super) fn encrypts_in(&self, sink: &str) -> bool {
        self.deliver.iter().any(|at| at.to.as_str() == sink && at.kms_key.is_some())
    }

    /// Whether a teardown deletes copies.
    pub(super) fn removes_copies(&self) -> bool {
        self.deliver.iter().any(|at| at.on_teardown == CopyTeardown::Delete)
    }

    /// Whether a teardown deletes copies from this sink.
    pub(super) fn removes_from(&self, sink: &str) -> bool {
        let mut removed = self.deliver.iter().filter(|at| at.on_teardown == CopyTeardown::Delete);
        removed.any(|at| at.to.as_str() == sink)
    }

    /// Looks the add-on up in `app`.
    #[must_use]
    pub fn in_app(mut self, app: AppName) -> Self {
        self.app = Some(app);
        self
    }
}

/// Where the endpoint has its interfaces: at most one subnet of each zone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", remote = "SubnetChoice")]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub enum SubnetChoice {
    /// One subnet in every zone that the VPC and the endpoint service have in common.
    #[default]
    #[serde(with = "Empty")]
    EveryZone,
    /// Among these only. Two that are all in one zone are refused.
    Among(NonEmptySet<SubnetId>),
}

choice!(SubnetChoice);

/// Who may connect to the endpoint service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", remote = "Principals")]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub enum Principals {
    /// The account of the AWS credentials.
    #[default]
    #[serde(with = "Empty")]
    Caller,
    /// These. They must include a principal of the caller's account, or the endpoint cannot be
    /// made, and be of the caller's partition; a short form means the partition `aws`.
    These(NonEmptySet<AwsPrincipal>),
}

choice!(Principals);

/// What guards the endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, remote = "GroupChoice")]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub enum GroupChoice {
    /// A security group of the link's own, open for just the service's ports.
    Owned {
        /// Who may reach the endpoint.
        clients: Clients,
        /// Its name. Default: `heroku-data-link-` and the link's id.
        ///
        /// AWS renames no security group: another name in the spec counts for the next one that is
        /// made, and the plan notes it. The link's own group is recognised by its tags.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<SecurityGroupName>,
        /// Its description. Default: `Clients of the endpoint of link` and the link's id.
        ///
        /// AWS changes it no more than the name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<SecurityGroupDescription>,
    },
    /// These security groups, used as they are.
    Existing(NonEmptySet<SecurityGroupId>),
}

choice!(GroupChoice);

impl GroupChoice {
    /// A group of the link's own for these clients, with the default name and description.
    pub fn owned(clients: Clients) -> Self {
        Self::Owned { clients, name: None, description: None }
    }
}

impl Default for GroupChoice {
    fn default() -> Self {
        Self::owned(Clients::Vpc)
    }
}

/// Who may reach the endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", remote = "Clients")]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub enum Clients {
    /// Every address of the VPC, the secondary blocks included.
    #[default]
    #[serde(with = "Empty")]
    Vpc,
    /// These. The whole internet is only meant when `0.0.0.0/0` is written out.
    These(NonEmptySet<Client>),
}

choice!(Clients);

/// Who may reach the endpoint: a block of addresses, what carries a security group, or the blocks
/// of a prefix list.
///
/// Written as `10.0.0.0/16`, `sg-0123456789abcdef0`, `123456789012/sg-0123456789abcdef0` for a
/// group of another account, and `pl-0123456789abcdef0`. The account before a group may be the
/// caller's own as well.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub enum Client {
    /// A block of addresses.
    Cidr(Cidr),
    /// What carries this security group.
    Group(SecurityGroupId),
    /// What carries this security group of an account, in a VPC that is peered with the
    /// endpoint's.
    GroupOf(AccountId, SecurityGroupId),
    /// The blocks of this prefix list. AWS counts as many rules as the list may have entries.
    PrefixList(PrefixListId),
}

impl Client {
    /// Where its traffic comes from, as AWS writes it for a caller of the account `own`.
    pub(super) fn source(&self, own: &AccountId) -> IngressSource {
        match self {
            Self::Cidr(cidr) => IngressSource::Cidr(*cidr),
            Self::Group(group) => IngressSource::Group(group.clone()),
            Self::GroupOf(account, group) if account == own => IngressSource::Group(group.clone()),
            Self::GroupOf(account, group) => IngressSource::GroupOf(account.clone(), group.clone()),
            Self::PrefixList(list) => IngressSource::PrefixList(list.clone()),
        }
    }
}

impl FromStr for Client {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        if text.starts_with("sg-") {
            return text.parse().map(Self::Group);
        }
        if text.starts_with("pl-") {
            return text.parse().map(Self::PrefixList);
        }
        match text.split_once('/') {
            Some((account, group)) if group.starts_with("sg-") => {
                Ok(Self::GroupOf(account.parse()?, group.parse()?))
            }
            Some(_) | None => text.parse().map(Self::Cidr),
        }
    }
}

impl TryFrom<String> for Client {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        text.parse()
    }
}

impl From<Client> for String {
    fn from(client: Client) -> Self {
        client.to_string()
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cidr(cidr) => cidr.fmt(f),
            Self::Group(group) => group.fmt(f),
            Self::GroupOf(account, group) => write!(f, "{account}/{group}"),
            Self::PrefixList(list) => list.fmt(f),
        }
    }
}

/// What to do about an endpoint that is there already.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", remote = "EndpointChoice")]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub enum EndpointChoice {
    /// The link has an endpoint of its own. Another one between the same VPC and service is a
    /// blocker, as it does the same job and costs the same money.
    #[default]
    #[serde(with = "Empty")]
    Owned,
    /// An endpoint that connects the VPC with the service already is tagged, and from then on the
    /// link's own: kept as the spec says, and deleted by a teardown. Without one, one is made.
    #[serde(with = "Empty")]
    Adopt,
    /// This endpoint is used as it is; it is never changed and never deleted.
    Existing(VpcEndpointId),
}

choice!(EndpointChoice);

/// What a teardown does on Heroku's side, where nothing carries a tag.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub enum HerokuTeardown {
    /// Nothing: the endpoint service and its principals stay.
    #[default]
    Keep,
    /// The spec's principals are disallowed. Refused while another endpoint of theirs is connected.
    Disallow,
    /// The endpoint service is deleted. Refused while another endpoint is connected to it.
    Delete,
}

/// How long to wait for each part of a link before giving up. Serialised as seconds.
///
/// Each default is at least twice the time that the part usually takes. Running again after a
/// deadline resumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline, transform = structural))]
#[non_exhaustive]
pub struct Deadlines {
    /// For an add-on that is still being provisioned.
    #[serde(with = "Seconds")]
    pub addon: Duration,
    /// For the endpoint service to be operational.
    #[serde(with = "Seconds")]
    pub endpoint_service: Duration,
    /// For the principals to be active.
    #[serde(with = "Seconds")]
    pub principals: Duration,
    /// For AWS to see the service's name.
    #[serde(with = "Seconds")]
    pub visibility: Duration,
    /// For the endpoint to be accepted and available.
    #[serde(with = "Seconds")]
    pub endpoint: Duration,
    /// For Heroku to list the connection.
    #[serde(with = "Seconds")]
    pub connection: Duration,
    /// For the config variables to appear.
    #[serde(with = "Seconds")]
    pub config_vars: Duration,
    /// For a sink that does not answer, and for what is to be delivered to it.
    #[serde(with = "Seconds")]
    pub delivery: Duration,
    /// For the endpoint to be gone.
    #[serde(with = "Seconds")]
    pub endpoint_deletion: Duration,
    /// For the endpoint's network interfaces to be gone.
    #[serde(with = "Seconds")]
    pub interfaces: Duration,
    /// For the endpoint service to be gone.
    #[serde(with = "Seconds")]
    pub endpoint_service_deletion: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        const MINUTE: Duration = Duration::from_secs(60);
        Self {
            // A Kafka add-on has been seen to need more than 20 minutes.
            addon: 60 * MINUTE,
            endpoint_service: 30 * MINUTE,
            principals: 15 * MINUTE,
            visibility: 10 * MINUTE,
            endpoint: 30 * MINUTE,
            connection: 15 * MINUTE,
            config_vars: 15 * MINUTE,
            delivery: 15 * MINUTE,
            endpoint_deletion: 20 * MINUTE,
            // Interfaces have been seen to linger for 20 minutes.
            interfaces: 40 * MINUTE,
            endpoint_service_deletion: 30 * MINUTE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_is_read_from_its_three_needed_fields() {
        let spec: PrivateLinkSpec = serde_json::from_str(
            r#"{ "link": "cache", "addon": "redis-kvs-12345", "vpc": "vpc-0a1b2c3d" }"#,
        )
        .unwrap();
        let expected = PrivateLinkSpec::new(
            "cache".parse().unwrap(),
            "redis-kvs-12345".parse::<AddonRef>().unwrap(),
            "vpc-0a1b2c3d".parse().unwrap(),
        );
        assert_eq!(spec, expected);
        let text = serde_json::to_string(&spec).unwrap();
        assert_eq!(serde_json::from_str::<PrivateLinkSpec>(&text).unwrap(), spec);
    }

    #[test]
    fn a_client_reads_as_it_is_written() {
        for text in ["10.0.0.0/8", "sg-1", "123456789012/sg-1", "pl-63a5400a"] {
            assert_eq!(text.parse::<Client>().unwrap().to_string(), text);
        }
        for (text, expected) in [
            ("12345678901/sg-1", "12345678901"),
            ("123456789012/sg-", "sg-"),
            ("123456789012/pl-1", "123456789012/pl-1"),
            ("PL-1", "PL-1"),
        ] {
            let error = text.parse::<Client>().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn bad_input_is_refused_with_the_value_and_the_rule() {
        let with = |field: &str| {
            let text = format!(r#"{{ "link": "a", "addon": "redis", "vpc": "vpc-1", {field} }}"#);
            serde_json::from_str::<PrivateLinkSpec>(&text).unwrap_err().to_string()
        };
        let table = [
            (r#""principals": { "these": [] }"#, "at least one"),
            (r#""principals": { "these": ["12345678901"] }"#, "12345678901"),
            (r#""subnets": { "among": ["vpc-1"] }"#, "vpc-1"),
            (
                r#""security-groups": { "owned": { "clients": { "these": ["10.0.0.1/8"] } } }"#,
                "10.0.0.0/8",
            ),
            (
                r#""security-groups": { "owned": { "clients": { "vpc": {} }, "name": "sg-a" } }"#,
                "must not begin with \"sg-\"",
            ),
            (r#""tags": { "aws:team": "data" }"#, "must not begin with \"aws:\""),
            (r#""tags": { "team": 1 }"#, "expected a string"),
            (r#""principal": "x""#, "unknown field `principal`"),
        ];
        for (field, expected) in table {
            let error = with(field);
            assert!(error.contains(expected), "{field}: {error}");
        }
    }
}
