use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use super::ownership::LINK_TAG;
use crate::model::{AccountId, AwsRegion, LinkId, VpcId};

/// Where a job's AWS resources are: the part of an ARN that its policy can name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scope {
    /// `aws`, or another partition.
    pub partition: String,
    /// The region.
    pub region: AwsRegion,
    /// The account.
    pub account: AccountId,
    /// The VPC.
    pub vpc: VpcId,
}

/// One IAM action on one kind of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission {
    /// The IAM action, such as `ec2:CreateVpcEndpoint`.
    pub action: &'static str,
    /// What it is about.
    pub resource: Resource,
    /// Under which condition it is needed.
    pub only: Only,
}

/// What an IAM action is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// Anything: `Describe` actions take no resource.
    Any,
    /// The job's VPC.
    Vpc,
    /// EC2 resources whose ids are not known beforehand, such as `subnet/*`.
    Ec2(&'static str),
}

/// A condition on an IAM action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Only {
    /// None.
    Always,
    /// The call itself sets the link's tag.
    TaggedByCall,
    /// The resource carries the link's tag.
    Owned,
    /// The call sets the link's tag as part of this creating action, such as `CreateVpcEndpoint`.
    TaggedOnCreation(&'static str),
}

impl Resource {
    fn arn(self, scope: &Scope) -> String {
        let Scope { partition, region, account, vpc } = scope;
        match self {
            Self::Any => "*".to_owned(),
            Self::Vpc => format!("arn:{partition}:ec2:{region}:{account}:vpc/{vpc}"),
            Self::Ec2(name) => format!("arn:{partition}:ec2:{region}:{account}:{name}"),
        }
    }
}

impl Only {
    /// The condition block, if there is one.
    fn block(self, link: &LinkId) -> Option<Value> {
        let request = format!("aws:RequestTag/{LINK_TAG}");
        let condition = match self {
            Self::Always => return None,
            Self::TaggedByCall => json!({ request: [link] }),
            Self::Owned => json!({ format!("aws:ResourceTag/{LINK_TAG}"): [link] }),
            Self::TaggedOnCreation(action) => {
                json!({ request: [link], "ec2:CreateAction": [action] })
            }
        };
        Some(json!({ "StringEquals": condition }))
    }
}

/// An identity policy that permits just some [`Permission`]s.
///
/// `Display` writes the JSON document that IAM takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IamPolicy {
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
        Self { link, scope, permissions: permissions.into_iter().collect() }
    }

    /// Every action that the policy names.
    pub fn actions(&self) -> BTreeSet<&'static str> {
        self.permissions.iter().map(|permission| permission.action).collect()
    }

    /// The policy document: one statement for each resource and condition.
    pub fn document(&self) -> Value {
        let mut statements: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
        for permission in &self.permissions {
            let key = (permission.resource, permission.only);
            statements.entry(key).or_default().insert(permission.action);
        }
        let statements: Vec<Value> = statements
            .into_iter()
            .map(|((resource, only), actions)| {
                let resource = resource.arn(&self.scope);
                let mut statement =
                    json!({ "Effect": "Allow", "Action": actions, "Resource": resource });
                if let Some(condition) = only.block(&self.link) {
                    statement["Condition"] = condition;
                }
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
                vpc: "vpc-1".parse().unwrap(),
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
