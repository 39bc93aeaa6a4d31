//! The names of the calls, one spelling for errors, journals, plans and IAM policies.
//!
//! The AWS names are the IAM actions that permit the call; the Heroku names say host family and
//! verb.

/// STS: who is calling. Needs no permission and cannot be denied.
pub const GET_CALLER_IDENTITY: &str = "sts:GetCallerIdentity";
/// EC2: read VPCs.
pub const DESCRIBE_VPCS: &str = "ec2:DescribeVpcs";
/// EC2: read subnets.
pub const DESCRIBE_SUBNETS: &str = "ec2:DescribeSubnets";
/// EC2: read endpoint services.
pub const DESCRIBE_VPC_ENDPOINT_SERVICES: &str = "ec2:DescribeVpcEndpointServices";
/// EC2: read security groups with their rules.
pub const DESCRIBE_SECURITY_GROUPS: &str = "ec2:DescribeSecurityGroups";
/// EC2: make a security group.
pub const CREATE_SECURITY_GROUP: &str = "ec2:CreateSecurityGroup";
/// EC2: add an ingress rule.
pub const AUTHORIZE_SECURITY_GROUP_INGRESS: &str = "ec2:AuthorizeSecurityGroupIngress";
/// EC2: remove an ingress rule.
pub const REVOKE_SECURITY_GROUP_INGRESS: &str = "ec2:RevokeSecurityGroupIngress";
/// EC2: delete a security group.
pub const DELETE_SECURITY_GROUP: &str = "ec2:DeleteSecurityGroup";
/// EC2: read VPC endpoints.
pub const DESCRIBE_VPC_ENDPOINTS: &str = "ec2:DescribeVpcEndpoints";
/// EC2: make a VPC endpoint.
pub const CREATE_VPC_ENDPOINT: &str = "ec2:CreateVpcEndpoint";
/// EC2: change an endpoint's subnets or security groups.
pub const MODIFY_VPC_ENDPOINT: &str = "ec2:ModifyVpcEndpoint";
/// EC2: delete VPC endpoints.
pub const DELETE_VPC_ENDPOINTS: &str = "ec2:DeleteVpcEndpoints";
/// EC2: read network interfaces.
pub const DESCRIBE_NETWORK_INTERFACES: &str = "ec2:DescribeNetworkInterfaces";
/// EC2: tag a resource, on creation or afterwards.
pub const CREATE_TAGS: &str = "ec2:CreateTags";
/// EC2: read VPC peering connections.
pub const DESCRIBE_VPC_PEERING_CONNECTIONS: &str = "ec2:DescribeVpcPeeringConnections";
/// EC2: ask for a VPC peering connection.
pub const CREATE_VPC_PEERING_CONNECTION: &str = "ec2:CreateVpcPeeringConnection";
/// EC2: change the options of a VPC peering connection.
pub const MODIFY_VPC_PEERING_CONNECTION_OPTIONS: &str = "ec2:ModifyVpcPeeringConnectionOptions";
/// EC2: delete a VPC peering connection.
pub const DELETE_VPC_PEERING_CONNECTION: &str = "ec2:DeleteVpcPeeringConnection";
/// EC2: read route tables.
pub const DESCRIBE_ROUTE_TABLES: &str = "ec2:DescribeRouteTables";
/// EC2: make a route.
pub const CREATE_ROUTE: &str = "ec2:CreateRoute";
/// EC2: delete a route.
pub const DELETE_ROUTE: &str = "ec2:DeleteRoute";

/// KMS: read a key.
pub const DESCRIBE_KEY: &str = "kms:DescribeKey";
/// KMS: list all keys.
pub const LIST_KEYS: &str = "kms:ListKeys";
/// KMS: read a key's tags.
pub const LIST_RESOURCE_TAGS: &str = "kms:ListResourceTags";
/// KMS: make a key.
pub const CREATE_KEY: &str = "kms:CreateKey";
/// KMS: tag a key, on creation or afterwards.
pub const TAG_KEY: &str = "kms:TagResource";
/// KMS: read a key's policy.
pub const GET_KEY_POLICY: &str = "kms:GetKeyPolicy";
/// KMS: replace a key's policy; a creation with a policy needs it as well.
pub const PUT_KEY_POLICY: &str = "kms:PutKeyPolicy";
/// KMS: list aliases.
pub const LIST_ALIASES: &str = "kms:ListAliases";
/// KMS: give a key an alias.
pub const CREATE_ALIAS: &str = "kms:CreateAlias";
/// KMS: delete an alias.
pub const DELETE_ALIAS: &str = "kms:DeleteAlias";
/// KMS: read a key's rotation.
pub const GET_KEY_ROTATION_STATUS: &str = "kms:GetKeyRotationStatus";
/// KMS: switch rotation on.
pub const ENABLE_KEY_ROTATION: &str = "kms:EnableKeyRotation";
/// KMS: switch rotation off.
pub const DISABLE_KEY_ROTATION: &str = "kms:DisableKeyRotation";
/// KMS: let a key be used.
pub const ENABLE_KEY: &str = "kms:EnableKey";
/// KMS: forbid the use of a key.
pub const DISABLE_KEY: &str = "kms:DisableKey";
/// KMS: have a key deleted, days later.
pub const SCHEDULE_KEY_DELETION: &str = "kms:ScheduleKeyDeletion";
/// KMS: take a scheduled deletion back.
pub const CANCEL_KEY_DELETION: &str = "kms:CancelKeyDeletion";

/// Heroku Platform API: resolve an add-on.
pub const RESOLVE_ADDON: &str = "heroku:addons/resolve";
/// Heroku Platform API: read an app.
pub const READ_APP: &str = "heroku:apps/read";
/// Heroku Platform API: read a space.
pub const READ_SPACE: &str = "heroku:spaces/read";
/// Heroku Platform API: read a region.
pub const READ_REGION: &str = "heroku:regions/read";
/// Heroku Platform API: read an app's config variables.
pub const READ_CONFIG_VARS: &str = "heroku:config-vars/read";
/// Heroku Data API: read an add-on's endpoint service.
pub const READ_PRIVATE_LINK: &str = "heroku:privatelink/read";
/// Heroku Data API: create an add-on's endpoint service.
pub const CREATE_PRIVATE_LINK: &str = "heroku:privatelink/create";
/// Heroku Data API: allow principals.
pub const ALLOW_PRINCIPALS: &str = "heroku:privatelink/allow";
/// Heroku Data API: disallow principals.
pub const DISALLOW_PRINCIPALS: &str = "heroku:privatelink/disallow";
/// Heroku Data API: delete an add-on's endpoint service.
pub const DELETE_PRIVATE_LINK: &str = "heroku:privatelink/delete";
/// Heroku Platform API: read what a VPC needs to know of a space.
pub const READ_PEERING_INFO: &str = "heroku:peering-info/read";
/// Heroku Platform API: read the peerings of a space.
pub const READ_PEERINGS: &str = "heroku:peerings/read";
/// Heroku Platform API: accept a peering.
pub const ACCEPT_PEERING: &str = "heroku:peerings/accept";
/// Heroku Platform API: delete a peering.
pub const DELETE_PEERING: &str = "heroku:peerings/delete";
/// Heroku Platform API: read an add-on.
pub const READ_ADDON: &str = "heroku:addons/read";
/// Heroku Platform API: read the add-ons of an app.
pub const READ_ADDONS: &str = "heroku:addons/list";
/// Heroku Platform API: read the add-ons of all apps.
pub const READ_ALL_ADDONS: &str = "heroku:addons/list-all";
/// Heroku Platform API: make an add-on.
pub const CREATE_ADDON: &str = "heroku:addons/create";
/// Heroku Data API: read whether the service behind an add-on is ready.
pub const READ_READINESS: &str = "heroku:service/wait";
/// Heroku Data API: read what the service behind an add-on tells.
pub const READ_SERVICE_INFO: &str = "heroku:service/read";
/// Heroku Data API: make a follower independent of what it follows.
pub const UNFOLLOW: &str = "heroku:service/unfollow";
/// Heroku Platform API: read the attachments of all apps.
pub const READ_ALL_ATTACHMENTS: &str = "heroku:attachments/list-all";
/// Heroku Platform API: read the attachments of an app.
pub const READ_ATTACHMENTS: &str = "heroku:attachments/read";
/// Heroku Platform API: attach an add-on to an app.
pub const CREATE_ATTACHMENT: &str = "heroku:attachments/create";
/// Heroku Platform API: read the account behind the token.
pub const READ_ACCOUNT: &str = "heroku:account/read";
