use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use crate::model::{AccountId, AwsRegion};

/// Where a job's AWS resources are: the part of an ARN that its policy can name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// `aws`, or another partition.
    pub partition: String,
    /// The region.
    pub region: AwsRegion,
    /// The account.
    pub account: AccountId,
}

impl Scope {
    /// The ARN of an EC2 resource such as `vpc/vpc-1` or `subnet/*`.
    pub fn ec2(&self, resource: &str) -> String {
        format!("arn:{}:ec2:{}:{}:{resource}", self.partition, self.region, self.account)
    }
}

/// One IAM action on one kind of resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Permission {
    /// The IAM action, such as `ec2:CreateVpcEndpoint`.
    pub action: &'static str,
    /// An ARN, with `*` where ids are not known beforehand, or `*` alone.
    pub resource: String,
    /// `StringEquals` conditions, key to accepted values.
    pub condition: BTreeMap<String, BTreeSet<String>>,
}

impl Permission {
    /// `action` on `resource`, without a condition.
    pub fn new(action: &'static str, resource: impl Into<String>) -> Self {
        Self { action, resource: resource.into(), condition: BTreeMap::new() }
    }

    /// Only where `key` has one of `values`.
    #[must_use]
    pub fn when<V: Into<String>>(
        mut self,
        key: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        self.condition.insert(key.into(), values.into_iter().map(Into::into).collect());
        self
    }
}

/// An identity policy that permits just some [`Permission`]s.
///
/// `Display` writes the JSON document that IAM takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IamPolicy {
    permissions: BTreeSet<Permission>,
}

impl IamPolicy {
    /// Every action that the policy names.
    pub fn actions(&self) -> BTreeSet<&'static str> {
        self.permissions.iter().map(|permission| permission.action).collect()
    }

    /// The policy document: one statement for each resource and condition.
    pub fn document(&self) -> Value {
        let mut statements: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
        for permission in &self.permissions {
            statements
                .entry((&permission.resource, &permission.condition))
                .or_default()
                .insert(permission.action);
        }
        let statements: Vec<Value> = statements
            .into_iter()
            .map(|((resource, condition), actions)| {
                let mut statement =
                    json!({ "Effect": "Allow", "Action": actions, "Resource": resource });
                if !condition.is_empty() {
                    statement["Condition"] = json!({ "StringEquals": condition });
                }
                statement
            })
            .collect();
        json!({ "Version": "2012-10-17", "Statement": statements })
    }
}

impl FromIterator<Permission> for IamPolicy {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self { permissions: permissions.into_iter().collect() }
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
        let tagged = |action| Permission::new(action, "r/*").when("aws:ResourceTag/link", ["a"]);
        let policy: IamPolicy = [
            Permission::new("ec2:DescribeVpcs", "*"),
            tagged("ec2:ModifyVpcEndpoint"),
            Permission::new("ec2:DescribeSubnets", "*"),
            tagged("ec2:DeleteVpcEndpoints"),
        ]
        .into_iter()
        .collect();
        assert_eq!(
            policy.document(),
            json!({ "Version": "2012-10-17", "Statement": [
                { "Effect": "Allow", "Resource": "*",
                  "Action": ["ec2:DescribeSubnets", "ec2:DescribeVpcs"] },
                { "Effect": "Allow", "Resource": "r/*",
                  "Action": ["ec2:DeleteVpcEndpoints", "ec2:ModifyVpcEndpoint"],
                  "Condition": { "StringEquals": { "aws:ResourceTag/link": ["a"] } } },
            ]})
        );
    }
}
