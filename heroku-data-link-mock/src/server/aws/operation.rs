//! The names of calls that no link makes, and hence the core has no name for: for the journal, and
//! for faults.

pub(super) use crate::aws_calls::DELETE_TAGS;

/// EC2: read an attribute of a VPC.
pub(super) const DESCRIBE_VPC_ATTRIBUTE: &str = "ec2:DescribeVpcAttribute";
/// EC2: accept a peering connection.
pub(super) const ACCEPT_PEERING: &str = "ec2:AcceptVpcPeeringConnection";
/// EC2: reject a peering connection.
pub(super) const REJECT_PEERING: &str = "ec2:RejectVpcPeeringConnection";
/// EC2: change the options of a peering connection.
pub(super) const MODIFY_PEERING_OPTIONS: &str = "ec2:ModifyVpcPeeringConnectionOptions";
/// EC2: lead a route elsewhere.
pub(super) const REPLACE_ROUTE: &str = "ec2:ReplaceRoute";
/// KMS: list aliases.
pub(super) const LIST_ALIASES: &str = "kms:ListAliases";
/// KMS: let an alias name another key.
pub(super) const UPDATE_ALIAS: &str = "kms:UpdateAlias";
/// KMS: delete an alias.
pub(super) const DELETE_ALIAS: &str = "kms:DeleteAlias";
/// KMS: list the names of a key's policies.
pub(super) const LIST_KEY_POLICIES: &str = "kms:ListKeyPolicies";
/// KMS: take tags away from a key.
pub(super) const UNTAG_KEY: &str = "kms:UntagResource";
/// KMS: switch rotation off.
pub(super) const DISABLE_KEY_ROTATION: &str = "kms:DisableKeyRotation";

/// All of them.
pub(in crate::server) const ALL: &[&str] = &[
    DELETE_TAGS,
    DESCRIBE_VPC_ATTRIBUTE,
    ACCEPT_PEERING,
    REJECT_PEERING,
    MODIFY_PEERING_OPTIONS,
    REPLACE_ROUTE,
    LIST_ALIASES,
    UPDATE_ALIAS,
    DELETE_ALIAS,
    LIST_KEY_POLICIES,
    UNTAG_KEY,
    DISABLE_KEY_ROTATION,
];
