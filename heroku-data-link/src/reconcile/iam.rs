use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use super::builder::StepKind;
use super::ownership::LINK_TAG;
use crate::model::{AccountId, AwsRegion, KeyId, LinkId, SecurityGroupId, TextFilter, VpcId};
use crate::provider::{CallerIdentity, operation};

/// Where a job's AWS resources are: the part of an ARN that its policy can name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Scope {
    /// `aws`, or another partition.
    pub partition: String,
    /// The region.
    pub region: AwsRegion,
    /// The account.
    pub account: AccountId,
    /// The VPC, where the job has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc: Option<VpcId>,
    /// The security group that the spec names to be changed, if it names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_group: Option<SecurityGroupId>,
    /// The KMS key, where the job has one and it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyId>,
}

impl Scope {
    /// What a caller reaches in a VPC of its own.
    pub fn new(caller: &CallerIdentity, region: &AwsRegion, vpc: &VpcId) -> Self {
        Self { vpc: Some(vpc.clone()), ..Self::of_region(caller, region) }
    }

    /// What a caller reaches of KMS: one key, or any where none is known.
    pub fn of_key(caller: &CallerIdentity, region: &AwsRegion, key: Option<&KeyId>) -> Self {
        Self { key: key.cloned(), ..Self::of_region(caller, region) }
    }

    fn of_region(caller: &CallerIdentity, region: &AwsRegion) -> Self {
        Self {
            partition: caller.arn.partition().to_owned(),
            region: region.clone(),
            account: caller.account.clone(),
            vpc: None,
            security_group: None,
            key: None,
        }
    }

    /// Who acts where, as a sentence.
    pub(crate) fn acting(&self) -> String {
        format!("acting for account {} in {}", self.account, self.region)
    }

    fn arn(&self, service: &str, resource: impl fmt::Display) -> String {
        let Self { partition, region, account, .. } = self;
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }

    fn vpc_arn(&self) -> String {
        self.arn("ec2", format_args!("vpc/{}", self.vpc.as_ref().map_or("*", VpcId::as_str)))
    }
}

/// A text of this library. The alias keeps serde from borrowing it of what it reads.
type Known = &'static str;

/// One IAM action on one kind of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Permission {
    /// The IAM action, such as `ec2:CreateVpcEndpoint`.
    #[serde(deserialize_with = "known")]
    pub action: Known,
    /// What it is about.
    pub resource: Resource,
    /// Under which condition it is needed.
    pub only: Only,
}

impl Permission {
    pub(crate) const fn on(action: &'static str, resource: Resource, only: Only) -> Self {
        Self { action, resource, only }
    }

    /// A `Describe` action.
    pub(crate) const fn read(action: &'static str) -> Self {
        Self::on(action, Resource::Any, Only::Always)
    }
}

/// What an IAM action is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Resource {
    /// Anything: `Describe` actions take no resource.
    Any,
    /// The job's VPC.
    Vpc,
    /// The security group that the job's spec names; none at all where it names none.
    NamedGroup,
    /// The job's KMS key; any key of the account and region where it is not known.
    Key,
    /// Any alias of a KMS key.
    KeyAlias,
    /// Any secret of Secrets Manager.
    Secret,
    /// Any parameter of the Parameter Store.
    Parameter,
    /// EC2 resources whose ids are not known beforehand, such as `subnet/*`.
    Ec2(#[serde(deserialize_with = "known")] Known),
}

/// A condition on an IAM action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Only {
    /// None.
    Always,
    /// The call itself sets the link's tag.
    TaggedByCall,
    /// The resource carries the link's tag.
    Owned,
    /// The resource is in the job's VPC.
    InVpc,
    /// The call sets the link's tag as part of this creating action, such as `CreateVpcEndpoint`.
    TaggedOnCreation(#[serde(deserialize_with = "known")] Known),
    /// This service of AWS, such as `secretsmanager`, makes the call on behalf of the caller.
    Through(#[serde(deserialize_with = "known")] Known),
}

/// The actions, kinds of resources and creations that a permission may name.
fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
    const OTHERS: [&str; 10] = [
        "security-group/*",
        "subnet/*",
        "vpc-endpoint/*",
        "vpc-peering-connection/*",
        "route-table/*",
        "CreateSecurityGroup",
        "CreateVpcEndpoint",
        "CreateVpcPeeringConnection",
        "secretsmanager",
        "ssm",
    ];
    let text = String::deserialize(deserializer)?;
    let mut known = operation::ALL.iter().chain(&OTHERS).copied();
    known.find(|it| *it == text).ok_or_else(|| {
        let shown = TextFilter::new().show(&text);
        serde::de::Error::custom(format!("this version knows no permission on {shown}"))
    })
}

impl Resource {
    fn arn(self, scope: &Scope) -> String {
        match self {
            Self::Any => "*".to_owned(),
            Self::Vpc => scope.vpc_arn(),
            Self::NamedGroup => {
                let group = scope.security_group.as_ref().map_or("none", AsRef::as_ref);
                scope.arn("ec2", format_args!("security-group/{group}"))
            }
            Self::Key => {
                let key = scope.key.as_ref().map_or("*", KeyId::as_str);
                scope.arn("kms", format_args!("key/{key}"))
            }
            Self::KeyAlias => scope.arn("kms", "alias/*"),
            Self::Secret => scope.arn("secretsmanager", "secret:*"),
            Self::Parameter => scope.arn("ssm", "parameter/*"),
            Self::Ec2(name) => scope.arn("ec2", name),
        }
    }
}

impl Only {
    /// Whether it is about what carries the tag of a link.
    fn names_links(self) -> bool {
        match self {
            Self::Always | Self::InVpc | Self::Through(_) => false,
            Self::TaggedByCall | Self::Owned | Self::TaggedOnCreation(_) => true,
        }
    }

    /// The VPC that it is about.
    fn vpc(self, scope: &Scope) -> Option<String> {
        (self == Self::InVpc).then(|| scope.vpc_arn())
    }

    /// The condition block, if there is one.
    fn block(self, links: &BTreeSet<&LinkId>, vpc: Option<String>) -> Option<Value> {
        let request = format!("aws:RequestTag/{LINK_TAG}");
        let condition = match self {
            Self::Always => return None,
            Self::InVpc => return Some(json!({ "ArnEquals": { "ec2:Vpc": [vpc?] } })),
            // With the region, and in China with another domain.
            Self::Through(service) => {
                return Some(
                    json!({ "StringLike": { "kms:ViaService": [format!("{service}.*")] } }),
                );
            }
            Self::TaggedByCall => json!({ request: links }),
            Self::Owned => json!({ format!("aws:ResourceTag/{LINK_TAG}"): links }),
            Self::TaggedOnCreation(action) => {
                json!({ request: links, "ec2:CreateAction": [action] })
            }
        };
        Some(json!({ "StringEquals": condition }))
    }
}

/// What a job of `spec` needs, whose workflow has these kinds of steps.
pub(super) fn permissions_of<S>(
    spec: &S,
    kinds: &[&'static StepKind<S>],
) -> impl Iterator<Item = Permission> {
    let kinds = kinds.iter().filter(move |kind| (kind.occurs)(spec));
    kinds.flat_map(|kind| kind.permissions.iter().copied())
}

/// An identity policy that permits just some [`Permission`]s of a job, or of several.
///
/// `Display` writes the JSON document that IAM takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IamPolicy(Vec<Job>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Job {
    link: LinkId,
    scope: Scope,
    permissions: BTreeSet<Permission>,
}

impl IamPolicy {
    /// The policy of a job on `link` in `scope` that needs these permissions.
    pub fn new(
        link: LinkId,
        scope: Scope,
        permissions: impl IntoIterator<Item = Permission>,
    ) -> Self {
        Self(vec![Job { link, scope, permissions: permissions.into_iter().collect() }])
    }

    /// The policy of several jobs together. What they need likewise is said once, with the ids of
    /// all their links: IAM takes 6,144 characters of a managed policy, and the whole is the shorter the
    /// more the links have in common.
    pub fn of_all(policies: impl IntoIterator<Item = Self>) -> Self {
        Self(policies.into_iter().flat_map(|policy| policy.0).collect())
    }

    /// The policy of a job of `spec`, whose workflow has these kinds of steps.
    pub(crate) fn of_kinds<S>(
        link: &LinkId,
        scope: Scope,
        spec: &S,
        kinds: &[&'static StepKind<S>],
    ) -> Self {
        Self::new(link.clone(), scope, permissions_of(spec, kinds))
    }

    /// Every action that the policy names.
    pub fn actions(&self) -> BTreeSet<&'static str> {
        self.permissions().map(|(_, permission)| permission.action).collect()
    }

    fn permissions(&self) -> impl Iterator<Item = (&Job, &Permission)> {
        self.0.iter().flat_map(|job| job.permissions.iter().map(move |it| (job, it)))
    }

    /// The policy document: one statement for what is about the same resources, under the same
    /// condition.
    pub fn document(&self) -> Value {
        // What each action needs: its resources, by condition and links.
        let mut needs: BTreeMap<_, BTreeMap<_, BTreeSet<&LinkId>>> = BTreeMap::new();
        for (job, permission) in self.permissions() {
            let Permission { action, resource, only } = *permission;
            let place = (resource, only, resource.arn(&job.scope), only.vpc(&job.scope));
            needs.entry(place).or_default().entry(action).or_default().insert(&job.link);
        }
        let mut statements: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
        for ((resource, only, arn, vpc), actions) in needs {
            for (action, links) in actions {
                let links = if only.names_links() { links } else { BTreeSet::new() };
                let place = (resource, only, arn.clone(), vpc.clone(), links);
                statements.entry(place).or_default().insert(action);
            }
        }
        // Statements that differ in account, VPC or key alone are one.
        let mut joined: Vec<((Resource, Value), Vec<String>)> = Vec::new();
        for ((resource, only, arn, vpc, links), actions) in statements {
            let mut rest = json!({ "Effect": "Allow", "Action": actions });
            if let Some(condition) = only.block(&links, vpc) {
                rest["Condition"] = condition;
            }
            let rest = (resource, rest);
            match joined.iter_mut().find(|(other, _)| *other == rest) {
                Some((_, arns)) => arns.push(arn),
                None => joined.push((rest, vec![arn])),
            }
        }
        let statements: Vec<Value> = joined
            .into_iter()
            .map(|((_, mut statement), arns)| {
                statement["Resource"] = match arns.as_slice() {
                    [only] => json!(only),
                    several => json!(several),
                };
                statement
            })
            .collect();
        json!({ "Version": "2012-10-17", "Statement": statements })
    }
}

impl Serialize for IamPolicy {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document().serialize(serializer)
    }
}

impl fmt::Display for IamPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.document())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_on_the_same_resource_share_a_statement() {
        let permission = |action, resource, only| Permission { action, resource, only };
        let endpoints = Resource::Ec2("vpc-endpoint/*");
        let policy = IamPolicy::new(
            "cache".parse().unwrap(),
            Scope {
                partition: "aws".to_owned(),
                region: "us-east-1".parse().unwrap(),
                account: "012345678901".parse().unwrap(),
                vpc: Some("vpc-1".parse().unwrap()),
                security_group: None,
                key: None,
            },
            [
                permission("ec2:DescribeVpcs", Resource::Any, Only::Always),
                permission("ec2:ModifyVpcEndpoint", endpoints, Only::Owned),
                permission("ec2:DescribeSubnets", Resource::Any, Only::Always),
                permission("ec2:DeleteVpcEndpoints", endpoints, Only::Owned),
                permission("ec2:CreateVpcEndpoint", Resource::Vpc, Only::Always),
                permission(
                    "ec2:CreateTags",
                    endpoints,
                    Only::TaggedOnCreation("CreateVpcEndpoint"),
                ),
            ],
        );
        let arn = "arn:aws:ec2:us-east-1:012345678901";
        assert_eq!(
            policy.document(),
            json!({ "Version": "2012-10-17", "Statement": [
                { "Effect": "Allow", "Resource": "*",
                  "Action": ["ec2:DescribeSubnets", "ec2:DescribeVpcs"] },
                { "Effect": "Allow", "Resource": format!("{arn}:vpc/vpc-1"),
                  "Action": ["ec2:CreateVpcEndpoint"] },
                { "Effect": "Allow", "Resource": format!("{arn}:vpc-endpoint/*"),
                  "Action": ["ec2:DeleteVpcEndpoints", "ec2:ModifyVpcEndpoint"],
                  "Condition": { "StringEquals": {
                      "aws:ResourceTag/heroku-data-link:link": ["cache"] } } },
                { "Effect": "Allow", "Resource": format!("{arn}:vpc-endpoint/*"),
                  "Action": ["ec2:CreateTags"],
                  "Condition": { "StringEquals": {
                      "aws:RequestTag/heroku-data-link:link": ["cache"],
                      "ec2:CreateAction": ["CreateVpcEndpoint"] } } },
            ]})
        );
    }
}
