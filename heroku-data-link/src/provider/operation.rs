//! The names of the calls, one spelling for errors, journals, plans and IAM policies.
//!
//! The AWS names are the IAM actions that permit the call; the Heroku names say host family and
//! verb.

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        $($(#[$doc])* pub const $name: &str = $text;)*

        /// Every name.
        pub const ALL: &[&str] = &[$($name),*];
    };
}

operations! {
    /// STS: who is calling. Needs no permission and cannot be denied.
    GET_CALLER_IDENTITY = "sts:GetCallerIdentity",
    /// EC2: read VPCs.
    DESCRIBE_VPCS = "ec2:DescribeVpcs",
    /// EC2: read subnets.
    DESCRIBE_SUBNETS = "ec2:DescribeSubnets",
    /// EC2: read endpoint services.
    DESCRIBE_VPC_ENDPOINT_SERVICES = "ec2:DescribeVpcEndpointServices",
    /// EC2: read security groups with their rules.
    DESCRIBE_SECURITY_GROUPS = "ec2:DescribeSecurityGroups",
    /// EC2: make a security group.
    CREATE_SECURITY_GROUP = "ec2:CreateSecurityGroup",
    /// EC2: add an ingress rule.
    AUTHORIZE_SECURITY_GROUP_INGRESS = "ec2:AuthorizeSecurityGroupIngress",
    /// EC2: remove an ingress rule.
    REVOKE_SECURITY_GROUP_INGRESS = "ec2:RevokeSecurityGroupIngress",
    /// EC2: delete a security group.
    DELETE_SECURITY_GROUP = "ec2:DeleteSecurityGroup",
    /// EC2: read VPC endpoints.
    DESCRIBE_VPC_ENDPOINTS = "ec2:DescribeVpcEndpoints",
    /// EC2: make a VPC endpoint.
    CREATE_VPC_ENDPOINT = "ec2:CreateVpcEndpoint",
    /// EC2: change an endpoint's subnets or security groups.
    MODIFY_VPC_ENDPOINT = "ec2:ModifyVpcEndpoint",
    /// EC2: delete VPC endpoints.
    DELETE_VPC_ENDPOINTS = "ec2:DeleteVpcEndpoints",
    /// EC2: read network ACLs.
    DESCRIBE_NETWORK_ACLS = "ec2:DescribeNetworkAcls",
    /// EC2: read network interfaces.
    DESCRIBE_NETWORK_INTERFACES = "ec2:DescribeNetworkInterfaces",
    /// EC2: tag a resource, on creation or afterwards.
    CREATE_TAGS = "ec2:CreateTags",
    /// EC2: read VPC peering connections.
    DESCRIBE_VPC_PEERING_CONNECTIONS = "ec2:DescribeVpcPeeringConnections",
    /// EC2: ask for a VPC peering connection.
    CREATE_VPC_PEERING_CONNECTION = "ec2:CreateVpcPeeringConnection",
    /// EC2: delete a VPC peering connection.
    DELETE_VPC_PEERING_CONNECTION = "ec2:DeleteVpcPeeringConnection",
    /// EC2: read route tables.
    DESCRIBE_ROUTE_TABLES = "ec2:DescribeRouteTables",
    /// EC2: make a route.
    CREATE_ROUTE = "ec2:CreateRoute",
    /// EC2: delete a route.
    DELETE_ROUTE = "ec2:DeleteRoute",

    /// KMS: read a key.
    DESCRIBE_KEY = "kms:DescribeKey",
    /// KMS: list all keys.
    LIST_KEYS = "kms:ListKeys",
    /// KMS: read a key's tags.
    LIST_RESOURCE_TAGS = "kms:ListResourceTags",
    /// KMS: make a key.
    CREATE_KEY = "kms:CreateKey",
    /// KMS: tag a key, on creation or afterwards.
    TAG_KEY = "kms:TagResource",
    /// KMS: read a key's policy.
    GET_KEY_POLICY = "kms:GetKeyPolicy",
    /// KMS: replace a key's policy; a creation with a policy needs it as well.
    PUT_KEY_POLICY = "kms:PutKeyPolicy",
    /// KMS: give a key an alias.
    CREATE_ALIAS = "kms:CreateAlias",
    /// KMS: read a key's rotation.
    GET_KEY_ROTATION_STATUS = "kms:GetKeyRotationStatus",
    /// KMS: switch rotation on.
    ENABLE_KEY_ROTATION = "kms:EnableKeyRotation",
    /// KMS: let a key be used.
    ENABLE_KEY = "kms:EnableKey",
    /// KMS: forbid the use of a key.
    DISABLE_KEY = "kms:DisableKey",
    /// KMS: have a key deleted, days later.
    SCHEDULE_KEY_DELETION = "kms:ScheduleKeyDeletion",
    /// KMS: take a scheduled deletion back.
    CANCEL_KEY_DELETION = "kms:CancelKeyDeletion",

    /// KMS: make a key for a text. Secrets Manager and the advanced Parameter Store ask for it on behalf
    /// of their caller.
    GENERATE_DATA_KEY = "kms:GenerateDataKey",
    /// KMS: encrypt. Secrets Manager and the Parameter Store ask for it on behalf of their caller.
    ENCRYPT = "kms:Encrypt",
    /// KMS: decrypt. Secrets Manager asks for it on behalf of its caller.
    DECRYPT = "kms:Decrypt",

    /// Secrets Manager: read what is said of a secret, and not its value.
    DESCRIBE_SECRET = "secretsmanager:DescribeSecret",
    /// Secrets Manager: make a secret.
    CREATE_SECRET = "secretsmanager:CreateSecret",
    /// Secrets Manager: give a secret a new version.
    PUT_SECRET_VALUE = "secretsmanager:PutSecretValue",
    /// Secrets Manager: make a version that exists the current one.
    UPDATE_SECRET_VERSION_STAGE = "secretsmanager:UpdateSecretVersionStage",
    /// Secrets Manager: change a secret's key.
    UPDATE_SECRET = "secretsmanager:UpdateSecret",
    /// Secrets Manager: tag a secret, on creation or afterwards.
    TAG_SECRET = "secretsmanager:TagResource",
    /// Secrets Manager: have a secret deleted, days later.
    DELETE_SECRET = "secretsmanager:DeleteSecret",
    /// Systems Manager: read a parameter's tags.
    LIST_PARAMETER_TAGS = "ssm:ListTagsForResource",
    /// Systems Manager: make a parameter, or give it a new value.
    PUT_PARAMETER = "ssm:PutParameter",
    /// Systems Manager: tag a parameter.
    TAG_PARAMETER = "ssm:AddTagsToResource",
    /// Systems Manager: delete a parameter.
    DELETE_PARAMETER = "ssm:DeleteParameter",

    /// Any sink: look at a copy.
    READ_COPY = "sink:copies/read",
    /// Any sink: deliver a copy.
    DELIVER_COPY = "sink:copies/deliver",
    /// Any sink: delete a copy.
    REMOVE_COPY = "sink:copies/remove",

    /// Heroku Platform API: resolve an add-on.
    RESOLVE_ADDON = "heroku:addons/resolve",
    /// Heroku Platform API: read an app.
    READ_APP = "heroku:apps/read",
    /// Heroku Platform API: read a space.
    READ_SPACE = "heroku:spaces/read",
    /// Heroku Platform API: read a region.
    READ_REGION = "heroku:regions/read",
    /// Heroku Platform API: read an app's config variables.
    READ_CONFIG_VARS = "heroku:config-vars/read",
    /// Heroku Data API: read an add-on's endpoint service.
    READ_PRIVATE_LINK = "heroku:privatelink/read",
    /// Heroku Data API: create an add-on's endpoint service.
    CREATE_PRIVATE_LINK = "heroku:privatelink/create",
    /// Heroku Data API: allow principals.
    ALLOW_PRINCIPALS = "heroku:privatelink/allow",
    /// Heroku Data API: disallow principals.
    DISALLOW_PRINCIPALS = "heroku:privatelink/disallow",
    /// Heroku Data API: delete an add-on's endpoint service.
    DELETE_PRIVATE_LINK = "heroku:privatelink/delete",
    /// Heroku Platform API: read what a VPC needs to know of a space.
    READ_PEERING_INFO = "heroku:peering-info/read",
    /// Heroku Platform API: read the peerings of a space.
    READ_PEERINGS = "heroku:peerings/read",
    /// Heroku Platform API: accept a peering.
    ACCEPT_PEERING = "heroku:peerings/accept",
    /// Heroku Platform API: read the add-ons of all apps.
    READ_ALL_ADDONS = "heroku:addons/list-all",
    /// Heroku Platform API: make an add-on.
    CREATE_ADDON = "heroku:addons/create",
    /// Heroku Data API: read whether the service behind an add-on is ready.
    READ_READINESS = "heroku:service/wait",
    /// Heroku Data API: read what the service behind an add-on tells.
    READ_SERVICE_INFO = "heroku:service/read",
    /// Heroku Data API: make a follower independent of what it follows.
    UNFOLLOW = "heroku:service/unfollow",
    /// Heroku Platform API: read the attachments of all apps.
    READ_ALL_ATTACHMENTS = "heroku:attachments/list-all",
    /// Heroku Platform API: read the attachments of an app.
    READ_ATTACHMENTS = "heroku:attachments/read",
    /// Heroku Platform API: attach an add-on to an app.
    CREATE_ATTACHMENT = "heroku:attachments/create",
    /// Heroku Platform API: read the account behind the token.
    READ_ACCOUNT = "heroku:account/read",
}
